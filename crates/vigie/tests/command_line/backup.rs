//! A backup of a server at work, checked and brought back elsewhere.

use std::fs;

use serde_json::Value as Json;
use vigie_testkit::offsite::OffsiteServer;

use super::server::Server;

#[test]
fn a_server_at_work_is_kept_checked_and_brought_back_with_its_secrets() {
    let mut server = Server::signed_in();
    let allowed = [("VIGIE__DISCOVERY__ALLOW_LOCAL", "true")];
    for words in [
        &["sites", "add", "Lyon"][..],
        &["devices", "add", "192.0.2.7", "--set", "name=core-1", "--set", "site=Lyon"],
        &["credentials", "add", "routers", "--community", "public"],
    ] {
        assert_eq!(server.vigie(words).code, 0, "{words:?}");
    }
    let (state, elsewhere) = (server.beside("state"), server.beside("elsewhere"));
    let (open, sealed, passphrase) = (server.beside("open.vigie"), server.beside("sealed.vigie"), server.beside("passphrase"));
    fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let under = |words: &[&str]| server.vigie(&[words, &["--passphrase-file", &passphrase]].concat());

    let line = found_line(&server);
    let made = server.vigie(&["backup", "create", &open, "--state-dir", &state]);
    assert_eq!(made.code, 0, "{}", made.said);
    assert!(made.text.contains(" events kept in "), "{}", made.text);
    assert!(made.text.contains("the master key is not in it: keep a copy of "), "{}", made.text);
    let again = server.vigie(&["backup", "create", &open, "--state-dir", &state]);
    assert!(again.code == 73 && again.said.contains("is there already"), "{}", again.said);
    let made = under(&["backup", "create", &sealed, "--state-dir", &state]);
    assert!(made.code == 0 && made.text.contains("the master key is in it"), "{made:?}");

    let whole = server.vigie(&["backup", "verify", &open]);
    assert!(whole.code == 0 && whole.text.contains("open.vigie is whole") && whole.text.contains("from sqlite"), "{whole:?}");
    assert!(whole.text.contains(" tables and ") && whole.text.contains(" events, made "), "{whole:?}");
    assert_eq!(under(&["backup", "verify", &sealed]).code, 0);
    let closed = server.vigie(&["backup", "verify", &sealed]);
    assert!(closed.code == 78 && closed.said.contains("give the file that holds it with --passphrase-file"), "{closed:?}");
    let mut bytes = fs::read(&open).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let altered = server.beside("altered.vigie");
    fs::write(&altered, bytes).unwrap();
    let drilled = server.vigie(&["backup", "drill", &open]);
    assert!(
        drilled.code == 0 && drilled.text.contains(" comes back: ") && drilled.text.contains(" events were brought back"),
        "{drilled:?}"
    );
    assert_eq!(under(&["backup", "drill", &sealed]).code, 0);
    for words in
        [&["backup", "verify", &altered][..], &["backup", "drill", &altered], &["backup", "restore", &altered, "--state-dir", &elsewhere]]
    {
        let told = server.vigie(words);
        assert!(told.code == 65 && told.said.contains("cannot be opened"), "{told:?}");
    }

    let busy = under(&["backup", "restore", &sealed, "--state-dir", &state]);
    assert!(busy.code == 75 && busy.said.contains("in use by another vigie"), "{busy:?}");
    // without the key its secrets stay shut, which is told
    let keyless = server.vigie(&["backup", "restore", &open, "--state-dir", &server.beside("keyless")]);
    assert!(keyless.code == 0 && keyless.text.contains("before the server starts"), "{keyless:?}");
    let back = under(&["backup", "restore", &sealed, "--state-dir", &elsewhere]);
    assert!(back.code == 0 && back.text.contains("the master key was written to "), "{back:?}");
    assert!(back.text.contains(" events brought back from "), "{back:?}");
    assert!(back.text.contains("the local authority and the certificate were written to "), "{back:?}");
    for file in ["master.key", "tls/ca.pem", "tls/ca.key", "tls/server.pem", "tls/server.key"] {
        let read = |folder: &str| fs::read(format!("{folder}/{file}")).unwrap();
        assert_eq!(read(&state), read(&elsewhere), "{file}");
    }
    let twice = under(&["backup", "restore", &sealed, "--state-dir", &elsewhere]);
    assert!(twice.code != 0 && twice.said.contains("is not empty"), "{twice:?}");

    // whoever stood here is gone, what was kept serves in its place
    server.stop();
    fs::remove_dir_all(&state).unwrap();
    fs::rename(&elsewhere, &state).unwrap();
    server.start_again(&allowed);
    let password = server.password_file();
    assert_eq!(server.vigie(&["login", "--username", "admin", "--password-file", password.to_str().unwrap()]).code, 0);
    assert_eq!(server.vigie(&["devices", "get", "core-1", "-o", "json"]).json()["site"]["name"], "Lyon");
    assert_eq!(found_line(&server), line, "the log came along");
    // a community that did not open could not be asked with
    let tried = server.vigie(&["credentials", "test", "routers", "127.0.0.1", "--port", "9", "-o", "json"]);
    let answer: Json = serde_json::from_str(&tried.text).unwrap();
    assert_eq!(answer["access"]["state"], "refused", "{tried:?}");
}

/// The line that tells of the key, once it is found.
fn found_line(server: &Server) -> Json {
    loop {
        let found = server.vigie(&["search", "\"made the master key\"", "-o", "json"]).json();
        match found.as_array().unwrap().as_slice() {
            [] => {}
            [line] => return line.clone(),
            more => panic!("it is there more than once: {more:?}"),
        }
    }
}

#[test]
fn logs_are_left_out_where_they_are_not_wanted_or_not_here() {
    let server = Server::signed_in();
    found_line(&server);
    let state = server.beside("state");
    let create = |name: &str, words: &[&str], variables: &[(&str, &str)]| {
        let file = server.beside(name);
        let made = server.with(&[&["backup", "create", &file, "--state-dir", &state], words].concat(), variables);
        assert_eq!(made.code, 0, "{made:?}");
        (made, server.vigie(&["backup", "verify", &file]), file)
    };
    let cluster = [("VIGIE__EVENT_STORE__NODES", "https://search.example.net:9200")];
    for (name, words, variables, says) in [
        ("unwanted.vigie", &["--without-events"][..], &[][..], "the logs are not in it\n"),
        ("off.vigie", &[], &[("VIGIE__BACKUP__EVENTS", "false")], "the logs are not in it\n"),
        ("cluster.vigie", &[], &cluster, "the logs are in the cluster of event_store.nodes and not in it"),
    ] {
        let (made, checked, _) = create(name, words, variables);
        assert!(made.text.contains(says) && !made.text.contains(" events kept"), "{made:?}");
        assert!(checked.text.contains(says) && !checked.text.contains(" events, made"), "{checked:?}");
    }

    let (_, _, file) = create("with.vigie", &[], &[]);
    let restore = |to: &str, words: &[&str], variables: &[(&str, &str)]| {
        server.with(&[&["backup", "restore", &file, "--state-dir", &server.beside(to)], words].concat(), variables)
    };
    let without = restore("without", &["--without-events"], &[]);
    assert!(without.code == 0 && !without.text.contains("events"), "{without:?}");
    assert!(!fs::exists(server.beside("without/events")).unwrap());
    let beside = restore("beside", &[], &cluster);
    assert!(beside.code == 0 && beside.text.contains("carry them there with vigie db move-events --to cluster"), "{beside:?}");
    fs::create_dir_all(server.beside("taken/events/partitions/log-2026-11-28")).unwrap();
    let taken = restore("taken", &[], &[]);
    assert!(taken.code == 65 && taken.said.contains("events/partitions is not empty: move the folder "), "{taken:?}");
}

#[test]
fn without_a_file_it_goes_to_the_folder_of_the_configuration() {
    let server = Server::signed_in();
    let (state, passphrase) = (server.beside("state"), server.beside("passphrase"));
    fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let here =
        |words: &[&str]| server.with(&[words, &["--state-dir", &state]].concat(), &[("VIGIE__BACKUP__PASSPHRASE_FILE", &passphrase)]);
    let none = here(&["backup", "list"]);
    assert!(none.code == 0 && none.text.contains("there are no backups in "), "{none:?}");
    let made = here(&["backup", "create"]);
    assert!(made.code == 0 && made.text.contains("the keys and certificates are in it"), "{made:?}");
    let listed = here(&["backup", "list"]);
    let (heading, row) = listed.text.trim_end().split_once('\n').unwrap();
    assert!(
        heading.starts_with("NAME ") && row.starts_with("vigie-") && row.ends_with(" yes        manual  unknown  unknown"),
        "{listed:?}"
    );
    let drilled = here(&["backup", "drill"]);
    assert!(drilled.code == 0 && drilled.text.contains(" comes back: "), "{drilled:?}");
    assert!(here(&["backup", "list"]).text.trim_end().ends_with(" unknown  passed"), "the list tells of it");
    // the server shows the same folder
    let shown = server.vigie(&["api", "backups"]).json();
    assert_eq!((&shown["results"][0]["encrypted"], &shown["results"][0]["origin"]), (&true.into(), &"manual".into()), "{shown}");
}

#[test]
fn a_key_of_others_is_not_replaced() {
    let server = Server::signed_in();
    let (file, passphrase, other) = (server.beside("kept.vigie"), server.beside("passphrase"), server.beside("other"));
    fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let made = server.vigie(&["backup", "create", &file, "--state-dir", &server.beside("state"), "--passphrase-file", &passphrase]);
    assert_eq!(made.code, 0, "{}", made.said);
    // a server that was started once has a key of its own
    let begun = Server::start();
    fs::create_dir(&other).unwrap();
    fs::copy(format!("{}/master.key", begun.beside("state")), format!("{other}/master.key")).unwrap();
    let refused = server.vigie(&["backup", "restore", &file, "--state-dir", &other, "--passphrase-file", &passphrase]);
    assert!(refused.code == 78 && refused.said.contains("the secrets of this backup open with "), "{refused:?}");
    assert!(!fs::exists(format!("{other}/vigie.db")).unwrap(), "nothing was begun");
}

#[test]
fn a_copy_elsewhere_is_sent_listed_and_fetched_where_there_is_nothing_yet() {
    let Some(bucket) = OffsiteServer::start("s3") else { return };
    let server = Server::signed_in();
    let ca = bucket.file("ca.pem");
    let settings = [
        ("VIGIE__BACKUP__S3__ENDPOINT", bucket.url.as_str()),
        ("VIGIE__BACKUP__S3__BUCKET", "backups"),
        ("VIGIE__BACKUP__S3__ACCESS_KEY", "access"),
        ("VIGIE__BACKUP__S3__SECRET_KEY", "secret-of-tests"),
        ("VIGIE__BACKUP__S3__CA_FILE", ca.to_str().unwrap()),
    ];
    let here = |words: &[&str]| server.with(&[words, &["--state-dir", &server.beside("state")]].concat(), &settings);
    // of a fresh host, without state
    let there = |words: &[&str]| server.with(&[words, &["--state-dir", "/nowhere"]].concat(), &settings);
    let none = there(&["backup", "list", "--at", "s3"]);
    assert!(none.code == 0 && none.text.contains("there are no backups in s3://backups/vigie"), "{none:?}");
    let none = there(&["backup", "fetch", "newest", "--from", "s3"]);
    assert!(none.code == 65 && none.said.contains("there is no whole backup at s3://backups/vigie"), "{none:?}");
    let unknown = there(&["backup", "list", "--at", "sftp"]);
    assert!(unknown.code == 78 && unknown.said.contains("no destination sftp is configured: there is s3"), "{unknown:?}");

    assert_eq!(here(&["backup", "create"]).code, 0);
    let name = server.vigie(&["api", "backups"]).json()["results"][0]["name"].as_str().unwrap().to_owned();
    let file = format!("{}/backups/{name}", server.beside("state"));
    let sent = here(&["backup", "send", &file, "--to", "s3"]);
    assert!(sent.code == 0 && sent.text.contains("is copied to s3://backups/vigie"), "{sent:?}");
    let copies = server.vigie(&["api", "backups"]).json()["results"][0]["copies"].clone();
    assert_eq!((&copies[0]["destination"], &copies[0]["state"]), (&"s3".into(), &"copied".into()), "{copies}");
    let listed = there(&["backup", "list", "--at", "s3"]);
    assert!(listed.text.contains(&name) && listed.text.trim_end().ends_with(" no         manual  passed  unknown"), "{listed:?}");

    let fetched = server.beside("fetched.vigie");
    let got = there(&["backup", "fetch", "newest", "--from", "s3", &fetched]);
    assert!(got.code == 0 && got.text.contains(&name), "{got:?}");
    assert!(fs::read(&fetched).unwrap() == fs::read(&file).unwrap());
    assert_eq!(server.vigie(&["backup", "verify", &fetched]).code, 0);
    let twice = there(&["backup", "fetch", &name, "--from", "s3", &fetched]);
    assert!(twice.code == 73 && twice.said.contains("is there already"), "{twice:?}");

    // what was altered there is not taken for a backup
    let copy = bucket.file(&format!("data/backups/vigie/{name}"));
    let mut octets = fs::read(&copy).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    fs::write(&copy, octets).unwrap();
    let altered = server.beside("altered.vigie");
    let refused = there(&["backup", "fetch", &name, "--from", "s3", &altered]);
    assert!(refused.code == 65 && refused.said.contains("is damaged: its SHA-256 is "), "{refused:?}");
    assert!(!fs::exists(&altered).unwrap() && !fs::exists(format!("{altered}.part")).unwrap());
}
