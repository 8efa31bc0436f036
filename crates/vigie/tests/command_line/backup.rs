//! A backup of a server at work, checked and brought back elsewhere.

use std::fs;

use serde_json::Value as Json;

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

    let made = server.vigie(&["backup", "create", &open, "--state-dir", &state]);
    assert_eq!(made.code, 0, "{}", made.said);
    assert!(made.text.contains("the master key is not in it: keep a copy of "), "{}", made.text);
    let again = server.vigie(&["backup", "create", &open, "--state-dir", &state]);
    assert!(again.code == 73 && again.said.contains("is there already"), "{}", again.said);
    let made = under(&["backup", "create", &sealed, "--state-dir", &state]);
    assert!(made.code == 0 && made.text.contains("the master key is in it"), "{made:?}");

    let whole = server.vigie(&["backup", "verify", &open]);
    assert!(whole.code == 0 && whole.text.contains("open.vigie is whole") && whole.text.contains("from sqlite"), "{whole:?}");
    assert_eq!(under(&["backup", "verify", &sealed]).code, 0);
    let closed = server.vigie(&["backup", "verify", &sealed]);
    assert!(closed.code == 78 && closed.said.contains("give the file that holds it with --passphrase-file"), "{closed:?}");
    let mut bytes = fs::read(&open).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let altered = server.beside("altered.vigie");
    fs::write(&altered, bytes).unwrap();
    for words in [&["backup", "verify", &altered][..], &["backup", "restore", &altered, "--state-dir", &elsewhere]] {
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
    // a community that did not open could not be asked with
    let tried = server.vigie(&["credentials", "test", "routers", "127.0.0.1", "--port", "9", "-o", "json"]);
    let answer: Json = serde_json::from_str(&tried.text).unwrap();
    assert_eq!(answer["access"]["state"], "refused", "{tried:?}");
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
    assert!(heading.starts_with("NAME ") && row.starts_with("vigie-") && row.ends_with(" yes        manual  unknown"), "{listed:?}");
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
