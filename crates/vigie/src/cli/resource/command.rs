//! The commands of resources, made of the table.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand, parser::ValueSource};

use super::catalogue::{RESOURCES, Resource, Verbs};
use super::input::InputArgs;
use super::list::ListArgs;
use crate::cli::commands::{
    AlertAction, ChannelAction, CredentialAction, DeviceAction, DiscoveryAction, EventAction, InterfaceAction, JobAction, KeyAction,
    RuleAction, UserAction,
};
use crate::cli::connection::ConnectionArgs;
use crate::cli::show::OutputArgs;

/// A command on a resource.
#[derive(Debug)]
pub struct ResourceCommand {
    /// Which.
    pub resource: &'static Resource,
    /// What to do.
    pub verb: Verb,
    /// Which server.
    pub connection: ConnectionArgs,
    /// In which form.
    pub output: OutputArgs,
}

/// What to do with a resource.
#[derive(Debug)]
pub enum Verb {
    /// List.
    List(ListArgs),
    /// Get.
    Get(GetArgs),
    /// Add.
    Add(AddArgs),
    /// Edit.
    Edit(EditArgs),
    /// Delete.
    Delete(DeleteArgs),
    /// Something of its own.
    Action(Action),
}

/// Which objects to show.
#[derive(Args, Clone, Debug)]
pub struct GetArgs {
    /// By name or id.
    #[arg(required = true, value_name = "WHICH")]
    pub which: Vec<String>,
    /// Related objects to show with it, such as interfaces.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub include: Vec<String>,
}

/// What to add.
#[derive(Args, Clone, Debug)]
pub struct AddArgs {
    /// Its main value.
    #[arg(id = "main", value_name = "NAME")]
    pub main: Option<String>,
    /// Its fields.
    #[command(flatten)]
    pub input: InputArgs,
}

/// What to change.
#[derive(Args, Clone, Debug)]
pub struct EditArgs {
    /// By name or id.
    #[arg(value_name = "WHICH")]
    pub which: String,
    /// The fields that change; null removes.
    #[command(flatten)]
    pub input: InputArgs,
    /// Changes it only if it still has this version; else the one that was just read.
    #[arg(long, value_name = "VERSION")]
    pub if_version: Option<i64>,
}

/// What to delete.
#[derive(Args, Clone, Debug)]
pub struct DeleteArgs {
    /// By name or id.
    #[arg(required = true, value_name = "WHICH")]
    pub which: Vec<String>,
    /// Does not ask.
    #[arg(short, long)]
    pub yes: bool,
    /// Puts its address on the list that discovery leaves alone.
    #[arg(long)]
    pub ignore: bool,
}

macro_rules! actions {
    ($($name:ident($kind:ty)),* $(,)?) => {
        /// Which actions a resource has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Actions {
            /// None.
            None,
            $(#[doc = concat!("Those of ", stringify!($kind), ".")] $name,)*
        }

        /// An action of a resource.
        #[derive(Debug)]
        pub enum Action {
            $(#[doc = concat!("One of ", stringify!($kind), ".")] $name($kind),)*
        }

        impl Actions {
            fn augment(self, command: Command) -> Command {
                match self {
                    Self::None => command,
                    $(Self::$name => <$kind>::augment_subcommands(command),)*
                }
            }

            fn read(self, matches: &ArgMatches) -> Result<Action, Error> {
                match self {
                    Self::None => Err(Error::new(clap::error::ErrorKind::InvalidSubcommand)),
                    $(Self::$name => <$kind>::from_arg_matches(matches).map(Action::$name),)*
                }
            }
        }
    };
}

actions! {
    Devices(DeviceAction),
    Interfaces(InterfaceAction),
    Discoveries(DiscoveryAction),
    Alerts(AlertAction),
    Rules(RuleAction),
    Channels(ChannelAction),
    Credentials(CredentialAction),
    Jobs(JobAction),
    Events(EventAction),
    Users(UserAction),
    Keys(KeyAction),
}

impl Verbs {
    fn can_get(self) -> bool {
        self != Self::List
    }

    fn can_add(self) -> bool {
        self == Self::All
    }

    fn can_edit(self) -> bool {
        matches!(self, Self::All | Self::AllButAdd | Self::ReadEdit)
    }

    fn can_delete(self) -> bool {
        matches!(self, Self::All | Self::AllButAdd | Self::ReadDelete)
    }
}

fn command_of(resource: &'static Resource) -> Command {
    let mut command = Command::new(resource.name).about(resource.about).visible_aliases(resource.aliases.iter().copied());
    command = OutputArgs::augment_args(ConnectionArgs::augment_args(ListArgs::augment_args(command)));
    command = command
        .about(resource.about)
        .long_about(None::<&str>)
        .subcommand_value_name("VERB")
        .subcommand_help_heading("Verbs (list, unless given)");
    let verb = |name: &'static str, alias: &'static str, about: String| Command::new(name).visible_alias(alias).about(about);
    let (noun, article) = (resource.noun, article(resource.noun));
    let list = ListArgs::augment_args(verb("list", "ls", format!("Lists {}", plural(noun))));
    command = command.subcommand(list.about(format!("Lists {}", plural(noun))));
    let which = noun.to_uppercase().replace(' ', "_");
    if resource.verbs.can_get() {
        let about = format!("Shows {article} {noun}");
        let get =
            GetArgs::augment_args(verb("get", "show", String::new())).about(about).mut_arg("which", |arg| arg.value_name(which.clone()));
        command = command.subcommand(get);
    }
    if resource.verbs.can_add() {
        let about = format!("Adds {article} {noun}");
        let main = resource.positional.unwrap_or("name").to_uppercase();
        command = command.subcommand(
            AddArgs::augment_args(verb("add", "create", String::new())).about(about).mut_arg("main", |arg| arg.value_name(main)),
        );
    }
    if resource.verbs.can_edit() {
        let about = format!("Changes {article} {noun}");
        let edit = EditArgs::augment_args(verb("edit", "update", String::new()))
            .about(about)
            .mut_arg("which", |arg| arg.value_name(which.clone()));
        command = command.subcommand(edit);
    }
    if resource.verbs.can_delete() {
        let about = format!("Deletes {}", plural(noun));
        let delete = DeleteArgs::augment_args(verb("delete", "rm", String::new()))
            .about(about)
            .mut_arg("which", |arg| arg.value_name(which.clone()));
        command = command.subcommand(delete.mut_arg("ignore", |arg| arg.hide(resource.name != "devices")));
    }
    // a flattened enum brings its own description
    resource.actions.augment(command).about(resource.about).long_about(None::<&str>)
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o']) || noun.starts_with("API") { "an" } else { "a" }
}

/// The plural of a noun.
pub fn plural(noun: &str) -> String {
    if noun.ends_with("address") {
        return format!("{noun}es");
    }
    match noun.strip_suffix('y').filter(|head| !head.ends_with(['a', 'e', 'o'])) {
        Some(head) => format!("{head}ies"),
        None => format!("{noun}s"),
    }
}

impl Subcommand for ResourceCommand {
    fn augment_subcommands(command: Command) -> Command {
        RESOURCES.iter().fold(command, |command, resource| command.subcommand(command_of(resource)))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        RESOURCES.iter().any(|resource| resource.name == name)
    }
}

impl FromArgMatches for ResourceCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let unknown = || Error::new(clap::error::ErrorKind::InvalidSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(unknown)?;
        let resource = super::catalogue::resource_of(name).ok_or_else(unknown)?;
        Ok(Self {
            resource,
            verb: verb_of(resource, matches)?,
            connection: ConnectionArgs::from_arg_matches(matches)?,
            output: OutputArgs::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn verb_of(resource: &'static Resource, matches: &ArgMatches) -> Result<Verb, Error> {
    let Some((name, inner)) = matches.subcommand() else { return ListArgs::from_arg_matches(matches).map(Verb::List) };
    let misplaced = ["filter", "ordering", "search", "fields", "limit", "all"]
        .into_iter()
        .find(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
    if let Some(flag) = misplaced {
        let text = format!("--{flag} stands before {name}; write: vigie {} {name} --{flag} …\n", resource.name);
        return Err(Error::raw(clap::error::ErrorKind::ArgumentConflict, text));
    }
    match name {
        "list" => ListArgs::from_arg_matches(inner).map(Verb::List),
        "get" if resource.verbs.can_get() => GetArgs::from_arg_matches(inner).map(Verb::Get),
        "add" if resource.verbs.can_add() => AddArgs::from_arg_matches(inner).map(Verb::Add),
        "edit" if resource.verbs.can_edit() => EditArgs::from_arg_matches(inner).map(Verb::Edit),
        "delete" if resource.verbs.can_delete() => DeleteArgs::from_arg_matches(inner).map(Verb::Delete),
        _ => resource.actions.read(matches).map(Verb::Action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_plurals() {
        for (one, many) in [
            ("device", "devices"),
            ("discovery", "discoveries"),
            ("address", "addresses"),
            ("API key", "API keys"),
            ("delivery", "deliveries"),
            ("audit entry", "audit entries"),
        ] {
            assert_eq!(plural(one), many);
        }
    }
}
