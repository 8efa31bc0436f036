//! Every resource of the command line: where it stands in the API, how it is called, which columns a table shows.

use super::command::Actions;

/// What can be done with a resource besides its actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbs {
    /// List alone.
    List,
    /// List and get.
    Read,
    /// List, get and delete.
    ReadDelete,
    /// List, get and edit.
    ReadEdit,
    /// List, get, edit and delete; adding has a command of its own.
    AllButAdd,
    /// List, get, add, edit and delete.
    All,
}

/// How an object is found by what people call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// By this field, which holds text.
    Name(&'static str),
    /// By this field, which holds an address.
    Address(&'static str),
    /// As `DEVICE:PORT`.
    Port,
}

/// A resource.
#[derive(Debug)]
pub struct Resource {
    /// The command.
    pub name: &'static str,
    /// Other names of the command.
    pub aliases: &'static [&'static str],
    /// What one of them is called.
    pub noun: &'static str,
    /// What the command is for.
    pub about: &'static str,
    /// Path below `/api/v1/`.
    pub path: &'static str,
    /// Columns of its table.
    pub columns: &'static str,
    /// How one is found besides by its id.
    pub keys: &'static [Key],
    /// The field that `add` takes without `--set`.
    pub positional: Option<&'static str>,
    /// What can be done with it.
    pub verbs: Verbs,
    /// What else can be done with it.
    pub actions: Actions,
}

const fn resource(name: &'static str, noun: &'static str, path: &'static str, about: &'static str, columns: &'static str) -> Resource {
    Resource {
        name,
        aliases: &[],
        noun,
        about,
        path,
        columns,
        keys: &[Key::Name("name")],
        positional: Some("name"),
        verbs: Verbs::All,
        actions: Actions::None,
    }
}

const fn read_only(name: &'static str, noun: &'static str, path: &'static str, about: &'static str, columns: &'static str) -> Resource {
    Resource { keys: &[], positional: None, verbs: Verbs::Read, ..resource(name, noun, path, about, columns) }
}

/// All of them, in the order of the help.
pub static RESOURCES: &[Resource] = &[
    Resource {
        aliases: &["device"],
        keys: &[Key::Name("name"), Key::Address("primary_ip")],
        positional: Some("address"),
        actions: Actions::Devices,
        ..resource(
            "devices",
            "device",
            "devices",
            "Devices: list, add, poll, ping, read",
            "name address status role vendor model site=site.name latency=state.latency_ms cpu=state.cpu_ratio \
             up=state.interfaces_up ports=state.interfaces_total alerts=state.alerts_active polled=state.last_polled_at",
        )
    },
    Resource {
        aliases: &["ports"],
        keys: &[Key::Port],
        verbs: Verbs::ReadEdit,
        actions: Actions::Interfaces,
        ..read_only(
            "interfaces",
            "interface",
            "interfaces",
            "Interfaces of all devices, with their rates",
            "device=device.name name alias admin=admin_status oper=oper_status speed=speed_bps in=state.in_bps out=state.out_bps \
             use=state.utilisation_ratio peer=peer.device_name peer_port=peer.interface_name",
        )
    },
    read_only(
        "addresses",
        "address",
        "addresses",
        "Addresses and the interfaces that hold them",
        "address prefix=prefix_length device=device.name interface=interface_name first_seen last_seen",
    ),
    read_only(
        "links",
        "link",
        "topology/links",
        "Links between devices, with what told of them",
        "from=source.name port=source.interface_name to=target.name port=target.interface_name status speed=speed_bps \
         use=utilisation_ratio confidence protocols last_seen",
    ),
    Resource {
        aliases: &["discovery"],
        verbs: Verbs::AllButAdd,
        actions: Actions::Discoveries,
        ..resource(
            "discoveries",
            "discovery",
            "discoveries",
            "Discoveries and their runs (`vigie discover` makes one)",
            "name mode targets schedule status=last_run.status done=last_run.progress.done total=last_run.progress.total \
             devices=last_run.found.devices new=last_run.found.new finished=last_run.finished_at next=next_run_at",
        )
    },
    Resource {
        aliases: &["alert"],
        actions: Actions::Alerts,
        ..read_only(
            "alerts",
            "alert",
            "alerts",
            "Alerts: see, take, end, silence",
            "id severity status title device=device.name value raised=raised_at acknowledged_by",
        )
    },
    Resource {
        aliases: &["rule", "alert-rules"],
        actions: Actions::Rules,
        ..resource(
            "rules",
            "alert rule",
            "alert-rules",
            "Rules that raise alerts",
            "name enabled severity subject when=condition for=for_seconds clear_for=clear_for_seconds built_in",
        )
    },
    Resource {
        actions: Actions::Channels,
        ..resource(
            "channels",
            "channel",
            "notifications/channels",
            "Channels that tell people of alerts",
            "name kind enabled recipients minimum_severity send_resolved",
        )
    },
    read_only(
        "deliveries",
        "delivery",
        "notifications/deliveries",
        "What was told, and whether it arrived",
        "created_at channel=channel_name event status attempts sent_at error",
    ),
    Resource {
        aliases: &["check"],
        ..resource(
            "checks",
            "check",
            "checks",
            "Checks by ping and TCP",
            "name kind address port enabled interval=interval_seconds status=state.status latency=state.latency_ms loss=state.loss_ratio \
             last=state.last_at message=state.message",
        )
    },
    Resource {
        aliases: &["credential"],
        positional: None,
        verbs: Verbs::AllButAdd,
        actions: Actions::Credentials,
        ..resource(
            "credentials",
            "credential",
            "credentials",
            "SNMP credentials; secrets are write-only",
            "name kind username auth=auth_protocol privacy=privacy_protocol has_secret description updated_at",
        )
    },
    resource("sites", "site", "sites", "Sites and buildings", "name id parent_id address latitude longitude"),
    resource("tags", "tag", "tags", "Words on devices", "name color description"),
    resource("realms", "realm", "realms", "Spaces in which addresses are unique", "name id is_default description"),
    Resource {
        aliases: &["device-groups"],
        ..resource("groups", "device group", "device-groups", "Groups of devices", "name id device_ids description")
    },
    Resource {
        keys: &[Key::Address("address")],
        positional: Some("address"),
        ..resource("ignored", "ignored address", "ignored", "Addresses that discovery leaves alone", "address reason created_at")
    },
    Resource {
        aliases: &["job"],
        actions: Actions::Jobs,
        ..read_only(
            "jobs",
            "job",
            "jobs",
            "Long work: see, watch, cancel, retry",
            "id kind status done=progress.done total=progress.total requested_by created_at finished_at error",
        )
    },
    Resource {
        aliases: &["event"],
        actions: Actions::Events,
        ..read_only(
            "events",
            "event",
            "events",
            "What happened; --follow shows it as it happens",
            "occurred_at severity type subject=subject.name data",
        )
    },
    read_only(
        "audit",
        "audit entry",
        "audit",
        "Who did what",
        "at actor=actor.name action on=resource.type name=resource.name outcome address",
    ),
    Resource {
        aliases: &["user"],
        keys: &[Key::Name("username")],
        positional: None,
        verbs: Verbs::AllButAdd,
        actions: Actions::Users,
        ..resource("users", "user", "users", "Users", "username display_name email roles disabled last_sign_in_at")
    },
    resource("roles", "role", "roles", "Roles: named sets of permissions", "name built_in permissions description"),
    Resource {
        aliases: &["key", "api-keys"],
        verbs: Verbs::AllButAdd,
        actions: Actions::Keys,
        ..resource(
            "keys",
            "API key",
            "api-keys",
            "API keys of programs",
            "name hint permissions expires_at allowed_addresses last_used_at created_by",
        )
    },
    Resource {
        verbs: Verbs::ReadDelete,
        ..read_only(
            "sessions",
            "session",
            "auth/sessions",
            "Your own sign-ins",
            "id kind address user_agent created_at last_seen_at current",
        )
    },
    read_only(
        "services",
        "service",
        "services",
        "Services that Vigie stands on and beside",
        "kind instance status detail response=response_ms checked_at solution",
    ),
];

/// The resource of this name.
pub fn resource_of(name: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.name == name)
}

impl Resource {
    /// What its columns are when none are asked for.
    pub fn table(&self) -> Vec<crate::cli::show::Column> {
        crate::cli::show::columns(self.columns)
    }

    /// The path of one of them.
    pub fn one(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let mut names: Vec<&str> = RESOURCES.iter().flat_map(|r| r.aliases.iter().chain([&r.name])).copied().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
