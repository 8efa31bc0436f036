//! The catalogue of permissions, and the roles that come with Vigie.

use vigie_domain::identity::Role;
use vigie_domain::{Id, Permission, PermissionSet, Timestamp};

/// Every permission there is, with what it allows.
pub const CATALOGUE: &[(Permission, &str)] = &[
    (Permission::new("devices", "read"), "see devices, interfaces, addresses, neighbours, sites, tags, groups and realms"),
    (Permission::new("devices", "write"), "add, change and remove devices and what they are gathered by"),
    (Permission::new("devices", "act"), "poll, identify, ping and read devices"),
    (Permission::new("credentials", "read"), "see credentials without their secrets"),
    (Permission::new("credentials", "write"), "add, change and remove credentials"),
    (Permission::new("credentials", "use"), "discover and test with stored credentials"),
    (Permission::new("topology", "read"), "see the map, links and discoveries"),
    (Permission::new("topology", "write"), "run discoveries and arrange the map"),
    (Permission::new("dashboards", "read"), "see dashboards"),
    (Permission::new("alerts", "read"), "see alerts and rules"),
    (Permission::new("alerts", "act"), "acknowledge, resolve, silence and comment on alerts"),
    (Permission::new("alerts", "write"), "change rules"),
    (Permission::new("notifications", "read"), "see channels and deliveries"),
    (Permission::new("notifications", "write"), "change and test channels"),
    (Permission::new("events", "read"), "see events"),
    (Permission::new("logs", "read"), "search logs"),
    (Permission::new("jobs", "read"), "see jobs"),
    (Permission::new("jobs", "act"), "cancel and retry jobs"),
    (Permission::new("services", "read"), "see the state of services"),
    (Permission::new("users", "read"), "see users and roles"),
    (Permission::new("users", "write"), "change users and roles"),
    (Permission::new("api_keys", "read"), "see API keys"),
    (Permission::new("api_keys", "write"), "make, change and remove API keys"),
    (Permission::new("audit", "read"), "see the audit"),
    (Permission::new("system", "read"), "see configuration, storage, cache and version"),
    (Permission::new("system", "write"), "empty the cache"),
    (Permission::new("backups", "read"), "see backups"),
    (Permission::new("backups", "write"), "make, check and delete backups"),
    (Permission::new("backups", "download"), "carry backups away, and so see all that is in them"),
];

/// All permissions without their descriptions.
pub fn all() -> impl Iterator<Item = &'static Permission> {
    CATALOGUE.iter().map(|(p, _)| p)
}

/// The roles that come with Vigie.
pub fn built_in_roles(now: Timestamp) -> Vec<Role> {
    let role = |number, name: &str, description: &str, permissions: PermissionSet| Role {
        id: Id::fixed(number),
        version: 1,
        name: name.to_owned(),
        description: Some(description.to_owned()),
        permissions,
        built_in: true,
        created_at: now,
        updated_at: now,
    };
    let viewer = ["devices", "topology", "dashboards", "alerts", "events", "logs", "jobs", "services"].map(|area| format!("{area}:read"));
    let operator = [
        "devices:write",
        "devices:act",
        "credentials:read",
        "credentials:use",
        "topology:write",
        "alerts:act",
        "alerts:write",
        "notifications:read",
        "jobs:act",
        "system:read",
        "backups:read",
    ];
    let operator = viewer.iter().cloned().chain(operator.map(str::to_owned));
    vec![
        role(11, "viewer", "sees the network", viewer.iter().cloned().collect()),
        role(12, "operator", "sees the network and acts on it", operator.collect()),
        role(13, "admin", "may do everything", PermissionSet::from_iter(["*:*"])),
    ]
}
