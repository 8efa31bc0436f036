//! The argument tree as scripts use it.

use clap::CommandFactory;

use super::*;
use crate::cli::resource::Verb;

fn parse(words: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once(&"vigie").chain(words))
}

fn resource(words: &[&str]) -> ResourceCommand {
    match parse(words).unwrap_or_else(|error| panic!("{words:?}: {error}")).command {
        Command::Resource(command) => *command,
        other => panic!("{words:?} is {other:?}"),
    }
}

#[test]
fn the_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_of_the_guide_is_there() {
    for words in [
        "serve --state-dir d --listen 127.0.0.1:8000 --config f",
        "serve --listen 127.0.0.1:8000 --listen [::1]:8000",
        "lab --listen 127.0.10.0/24 --port 1161 --devices 20",
        "lab fail sw-3 --port 7",
        "config check",
        "config show --config f",
        "config schema",
        "config reference",
        "db status",
        "db migrate --config f",
        "db move --to postgres://vigie@db/vigie",
        "db move --to-file f --state-dir d",
        "db dump d",
        "db restore d --state-dir s",
        "openapi",
        "login --server https://a --username admin --password-file f --ca-file c",
        "login --api-key-file f --insecure",
        "logout",
        "whoami -o json",
        "discover 10.0.0.0/24 192.0.2.7 --crawl --credential a --credential b --community c --exclude 10.0.0.1 --port 1161 --confirm-large --watch",
        "discover 10.0.0.0/24 --schedule * --detach",
        "devices",
        "devices list --filter status=down --ordering -name --search x --fields name,address --limit 5 -o csv",
        "devices --all -o ndjson",
        "devices get core-1 --include interfaces",
        "devices add 192.0.2.7 --set name=core-1 --set tags=a,b",
        "devices edit core-1 --set notes=x",
        "devices delete core-1 --yes --ignore",
        "devices poll core-1",
        "devices ping core-1 -c 3",
        "devices interfaces core-1 --filter oper_status=down",
        "devices neighbours core-1",
        "devices events core-1",
        "devices metrics core-1 --metrics cpu_ratio --from -1h --step 60",
        "devices snmp-get core-1 sysName.0",
        "interfaces get core-1:Gi1/0/1",
        "interfaces metrics core-1:Gi1/0/1 --from -6h",
        "links",
        "topology export --format dot",
        "alerts",
        "alerts ack 1 2 --note x --until 2h",
        "alerts resolve 1",
        "alerts silence 1 --until 2h",
        "alerts comment 1 text",
        "rules list",
        "rules enable a",
        "rules disable a",
        "rules preview a --from -7d",
        "dashboards system",
        "dashboards network -o json",
        "users",
        "users reset-password admin --state-dir d",
        "roles",
        "keys create ci --permission devices:read --expires 90d",
        "keys rotate ci",
        "keys delete ci --yes",
        "credentials add lab --community-file -",
        "credentials add v3 --user vigie --auth sha256 --privacy aes128",
        "credentials test lab 192.0.2.7",
        "sites add Lyon",
        "tags",
        "checks add web --set kind=tcp",
        "jobs watch 1",
        "jobs log 1",
        "events follow --type alert.*",
        "audit",
        "services",
        "logs --follow",
        "completions bash",
        "api devices?status=down",
        "system storage",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        if let Err(error) = parse(&words) {
            panic!("{words:?}: {error}");
        }
    }
}

#[test]
fn flags_of_the_connection_stand_before_or_after_the_verb() {
    for words in [
        ["devices", "--server", "https://a", "get", "x"],
        ["devices", "get", "--server", "https://a", "x"],
        ["devices", "get", "x", "--server", "https://a"],
    ] {
        assert_eq!(resource(&words).connection.server.as_deref(), Some("https://a"), "{words:?}");
    }
}

#[test]
fn a_resource_alone_lists() {
    let command = resource(&["links", "--filter", "present=true"]);
    assert!(matches!(&command.verb, Verb::List(args) if args.filter == ["present=true"]));
    assert!(matches!(resource(&["devices", "ls"]).verb, Verb::List(_)));
    let error = parse(&["devices", "--filter", "a=b", "get", "x"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn what_a_resource_cannot_do_is_no_command() {
    for words in [&["links", "delete", "x"][..], &["audit", "add"], &["interfaces", "add", "x"], &["credentials", "ping"]] {
        assert_eq!(parse(words).unwrap_err().exit_code(), 2, "{words:?}");
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "vigie", &mut script);
        assert!(String::from_utf8_lossy(&script).contains("discover"), "{shell}");
    }
}
