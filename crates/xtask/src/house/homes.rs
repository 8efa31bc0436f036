//! One home for each heavy library: who else needs what it does asks the crate that holds it.

use super::room;
use crate::metadata::{Kind, Workspace};

/// Libraries, and the rooms that may use them; a name with a slash at the end is a whole floor.
const HOMES: &[(&[&str], &[&str])] = &[
    (&["sqlx", "sea-query", "sea-query-sqlx", "pco"], &["infrastructure/sql-store"]),
    (&["tantivy"], &["infrastructure/event-store"]),
    (&["moka", "redb"], &["infrastructure/cache"]),
    (&["redis"], &["infrastructure/redis"]),
    (&["lettre"], &["infrastructure/notification"]),
    (&["tar"], &["infrastructure/backup"]),
    (&["russh", "russh-sftp", "rusty-s3"], &["infrastructure/offsite"]),
    (&["surge-ping"], &["infrastructure/probe"]),
    (&["async-snmp"], &["infrastructure/snmp", "lab"]),
    (&["reqwest", "ring", "rcgen", "argon2", "x509-parser", "rustls-native-certs"], &["foundation"]),
    (&["axum", "utoipa-swagger-ui"], &["presentation/", "vigie"]),
    (&["async-graphql"], &["presentation/graphql"]),
    (&["clap"], &["vigie", "lab"]),
    (&["axum-server"], &["presentation/listener"]),
    (&["metrics-exporter-prometheus"], &["vigie", "presentation/rest"]),
];

pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for package in workspace.members() {
        let room = room(workspace, &package.folder);
        for (to, kind) in &package.dependencies {
            let library = workspace.packages[*to].name.as_str();
            let home = HOMES.iter().find(|(libraries, _)| libraries.contains(&library));
            if let Some((_, rooms)) = home
                && *kind != Kind::Dev
                && !rooms.iter().any(|allowed| *allowed == room || (allowed.ends_with('/') && room.starts_with(allowed)))
            {
                faults.push(format!("{}: {library} is at home in {}", package.name, rooms.join(" and ")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_outside_its_home_is_a_fault_unless_for_tests() {
        let uses = |room, library, kind| check(&Workspace::of(&[("crate", room, None)], &[(library, "MIT")], &[(0, 1, kind)]));
        assert_eq!(uses("infrastructure/snmp", "sqlx", Kind::Normal), ["crate: sqlx is at home in infrastructure/sql-store"]);
        assert_eq!(uses("application", "axum", Kind::Build), ["crate: axum is at home in presentation/ and vigie"]);
        assert!(uses("presentation/rest", "axum", Kind::Normal).is_empty());
        assert!(uses("infrastructure/sql-store", "sqlx", Kind::Normal).is_empty());
        assert!(uses("infrastructure/snmp", "sqlx", Kind::Dev).is_empty());
    }
}
