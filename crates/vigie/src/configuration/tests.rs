//! The configuration as operators meet it.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A loader with a file of this text and these variables. The folder lives as long as the test.
fn loader(text: &str, variables: &[(&'static str, &'static str)]) -> (TempDir, Loader) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vigie.toml");
    fs::write(&file, text).unwrap();
    let loader = Loader::new(Environment::of(variables.iter().copied(), false)).file(Some(file));
    (folder, loader)
}

/// Problems of a file, without the folder's name.
fn problems(text: &str, variables: &[(&'static str, &'static str)]) -> String {
    let (folder, loader) = loader(text, variables);
    let problems = loader.load().unwrap_err().to_string();
    problems.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn nothing_configured_is_the_default() {
    let loaded = Loader::new(Environment::default()).load().unwrap();
    assert_eq!(loaded.configuration, Configuration::default());
    assert_eq!(loaded.configuration.server.listen, ["127.0.0.1:8000".parse().unwrap()]);
    assert!(loaded.sources.is_empty() && loaded.warnings.is_empty());
    assert!(loaded.configuration.allows_local_discovery());
}

#[test]
fn the_example_and_the_reference_are_fresh_and_the_example_equals_the_defaults() {
    let (example, reference) = (include_str!("../../../../deploy/vigie.example.toml"), include_str!("../../../../docs/configuration.md"));
    assert!(example == super::example(), "stale: run cargo xtask generate");
    assert!(reference == super::reference(), "stale: run cargo xtask generate");
    let (_folder, loader) = loader(example, &[]);
    assert_eq!(loader.load().unwrap().configuration, Configuration::default());
}

#[test]
fn the_environment_wins_over_the_file_and_a_flag_over_both() {
    let text = "[server]\nlisten = [\"127.0.0.1:1\"]\nrequest_timeout_seconds = 10\n[polling]\nretries = 1\n[server.tls]\nmode = \"off\"\n";
    let variables = [("VIGIE__SERVER__LISTEN", "127.0.0.1:2, [::1]:2"), ("VIGIE__SERVER__REQUEST_TIMEOUT_SECONDS", "20")];
    let (_folder, loader) = loader(text, &variables);
    let loaded = loader
        .flag("server.listen", "--listen", Some("127.0.0.1:3"))
        .flag("state.directory", "--state-dir", None::<String>)
        .load()
        .unwrap();
    let configuration = &loaded.configuration;
    assert_eq!(configuration.server.listen, ["127.0.0.1:3".parse().unwrap()]);
    assert_eq!(configuration.server.request_timeout_seconds, 20);
    assert_eq!((configuration.polling.retries, configuration.server.tls.mode), (1, TlsMode::Off));
    assert_eq!(loaded.source("server.listen"), Source::Flag("--listen"));
    assert_eq!(loaded.source("server.request_timeout_seconds").to_string(), "environment VIGIE__SERVER__REQUEST_TIMEOUT_SECONDS");
    assert!(loaded.source("server.tls.mode").to_string().ends_with("vigie.toml:7"));
    assert_eq!(loaded.source("log.level"), Source::Default);
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_valid_name_and_the_line() {
    let text = "[server]\nlistn = []\n\n[sevrer]\n[polling]\nlevel = \"debug\"\nfoo = 1\n";
    let said = problems(text, &[("VIGIE__SERVER__LISTN", "x"), ("VIGIE_LISTEN", "ignored"), ("VIGIE__LOG__LEVL", "x")]);
    let expected = "\
vigie.toml:2: unknown key server.listn; did you mean server.listen?
vigie.toml:6: unknown key polling.level; did you mean log.level?
vigie.toml:7: unknown key polling.foo; valid here: interval_seconds, timeout_ms, retries, max_in_flight, lanes
vigie.toml:4: unknown key sevrer; did you mean server?
environment VIGIE__LOG__LEVL: unknown key VIGIE__LOG__LEVL; did you mean VIGIE__LOG__LEVEL?
environment VIGIE__SERVER__LISTN: unknown key VIGIE__SERVER__LISTN; did you mean VIGIE__SERVER__LISTEN?";
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&said), sorted(expected));
}

#[test]
fn wrong_kinds_are_told_with_what_was_expected_and_found() {
    for (text, said) in [
        (
            "[server]\nlisten = 8000",
            "vigie.toml:2: server.listen: expected a list, each of it an address and a port such as 127.0.0.1:8000 or [::]:8000, found the number 8000",
        ),
        ("[server]\nlisten = [\"localhost\"]", "such as 127.0.0.1:8000 or [::]:8000, found a list"),
        ("[log]\n\nlevel = \"loud\"", "vigie.toml:3: log.level: expected error, warn, info, debug or trace, found the text \"loud\""),
        ("[polling]\ninterval_seconds = 1", "expected a whole number from 5 to 86400, found the number 1"),
        ("[polling]\ninterval_seconds = -5", "expected a whole number from 5 to 86400, found the number -5"),
        ("[polling]\ninterval_seconds = 99999999999", "found the number 99999999999"),
        ("[polling]\ninterval_seconds = 1.5", "found a number with a fraction"),
        ("[server]\nproxy_protocol = \"yes\"", "expected true or false, found the text \"yes\""),
        ("server = 3", "vigie.toml:1: server: expected a section, found the number 3"),
        ("[server.listen]\na = 1", "vigie.toml:1: server.listen: expected a list"),
        ("[server]\npublic_url = \"vigie\"", "expected an address such as https://vigie.example.net/"),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/40\"]", "a network such as 10.0.0.0/8"),
        ("[server\n", "vigie.toml:1: not valid TOML: "),
        ("[log]\nlevel = \"info\"\nlevel = \"warn\"", "vigie.toml:3: not valid TOML: duplicate key"),
    ] {
        let found = problems(text, &[]);
        assert!(found.contains(said), "{text}\nexpected: {said}\nfound:    {found}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn a_variable_of_the_wrong_kind_is_told_and_an_empty_one_unsets() {
    let said = problems("", &[("VIGIE__POLLING__RETRIES", "many"), ("VIGIE__DISCOVERY__ALLOW_LOCAL", "maybe")]);
    assert_eq!(
        said,
        "environment VIGIE__DISCOVERY__ALLOW_LOCAL: discovery.allow_local: expected auto, true or false, found the text \"maybe\"\n\
         environment VIGIE__POLLING__RETRIES: polling.retries: expected a whole number from 0 to 10, found the text \"many\""
    );
    let (_folder, loader) =
        loader("[server]\npublic_url = \"https://a/\"", &[("VIGIE__SERVER__PUBLIC_URL", ""), ("VIGIE__DISCOVERY__ALLOW_LOCAL", "false")]);
    let configuration = loader.load().unwrap().configuration;
    assert_eq!((configuration.server.public_url, configuration.discovery.allow_local), (None, AllowLocal::False));
}

#[test]
fn a_choice_that_reads_as_a_boolean_may_be_one() {
    let (_folder, loader) = loader("[discovery]\nallow_local = true", &[]);
    assert_eq!(loader.load().unwrap().configuration.discovery.allow_local, AllowLocal::True);
}

#[test]
fn secrets_may_stand_in_files_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("password");
    fs::write(&secret, "s3cret!\n").unwrap();
    let smtp = format!(
        "[notifications.smtp]\nhost = \"mail\"\nfrom = \"a@b\"\nusername = \"u\"\npassword_file = {:?}\n",
        secret.display().to_string()
    );
    let (_folder, loader) = loader(&smtp, &[]);
    let loaded = loader.load().unwrap();
    assert_eq!(loaded.configuration.notifications.smtp.password.as_ref().unwrap().0.expose(), "s3cret!");
    for text in [show(&loaded), format!("{loaded:?}"), format!("{:?}", entries(&loaded))] {
        assert!(!text.contains("s3cret!"), "{text}");
    }
    assert!(show(&loaded).contains("notifications.smtp.password = \"***\""));
}

#[test]
fn what_is_wrong_with_a_secret_is_told_without_it() {
    let both = "[metrics]\nscrape_key = \"s3cret\"\nscrape_key_file = \"/nowhere\"";
    assert!(problems(both, &[]).contains("metrics.scrape_key and metrics.scrape_key_file are both set: leave one out"));
    let missing = problems("[metrics]\nscrape_key_file = \"/nowhere\"", &[]);
    assert!(missing.contains("vigie.toml:2: metrics.scrape_key_file: /nowhere cannot be read"), "{missing}");
    assert_eq!(problems("[metrics]\nscrape_key = 12345", &[]), "vigie.toml:2: metrics.scrape_key: expected a text, found something else");
    // a variable over a file of the lower layer is no conflict
    let (_folder, loader) = loader("[metrics]\nscrape_key_file = \"/nowhere\"", &[("VIGIE__METRICS__SCRAPE_KEY", "k")]);
    assert_eq!(loader.load().unwrap().configuration.metrics.scrape_key.unwrap().0.expose(), "k");
}

#[test]
fn values_must_go_together() {
    for (text, said) in [
        ("[server]\nlisten = []", "vigie.toml:2: server.listen: needs at least one address"),
        ("[server]\npublic_url = \"https://a/vigie\"", "expected an address without a path"),
        ("[server]\npublic_url = \"ftp://a/\"", "expected an address such as https://"),
        ("[server]\nproxy_protocol = true", "name the proxies"),
        (
            "[server.tls]\nmode = \"files\"\ncertificate_file = \"/a\"",
            "vigie.toml:2: server.tls.mode: with files, set server.tls.key_file too",
        ),
        ("[server.tls]\nkey_file = \"/a\"", "is used only when server.tls.mode is files"),
        ("[metrics]\nallow = \"key\"", "metrics.scrape_key"),
        ("[log]\nfilter = \"vigie=loud\"", "log.filter: expected levels by part"),
        ("[notifications.smtp]\nfrom = \"vigie\"", "expected a mail address"),
        ("[notifications.smtp]\nhost = \"mail\"", "set notifications.smtp.from too"),
        ("[notifications.smtp]\nusername = \"u\"", "password"),
        ("[auth]\nsession_idle_seconds = 1_000_000", "auth.session_absolute_seconds"),
        ("[polling]\ninterval_seconds = 5\ntimeout_ms = 2000", "vigie.toml:3: polling.timeout_ms: all tries"),
    ] {
        let found = problems(text, &[]);
        assert!(found.contains(said), "{text}\nexpected: {said}\nfound:    {found}");
    }
}

#[test]
fn what_is_most_likely_not_meant_is_warned_of() {
    let (_folder, open) = loader("[server]\nlisten = [\"[::]:80\"]\n[server.tls]\nmode = \"off\"", &[]);
    let loaded = open.load().unwrap();
    assert!(loaded.warnings[0].contains("passwords travel unprotected"), "{:?}", loaded.warnings);
    assert!(!loaded.configuration.allows_local_discovery());
}

#[test]
fn a_missing_file_is_a_problem_and_says_its_name() {
    let environment = Environment::of([("VIGIE_CONFIG", "/nowhere/vigie.toml")], false);
    let said = Loader::new(environment).load().unwrap_err().to_string();
    assert!(said.starts_with("/nowhere/vigie.toml: cannot be read: "), "{said}");
}

#[test]
fn places_follow_from_the_configuration() {
    let text = "[server]\nlisten = [\"192.0.2.7:443\", \"[::]:80\"]\npublic_url = \"https://vigie.example.net:8443/\"\n[state]\ndirectory = \"/data\"";
    let (_folder, loader) = loader(text, &[]);
    let configuration = loader.load().unwrap().configuration;
    assert_eq!(configuration.certificate_names(), ["vigie.example.net", "192.0.2.7"]);
    assert_eq!(configuration.public_url().as_deref(), Some("https://vigie.example.net:8443"));
    let state = configuration.state_directory(&Environment::default()).unwrap();
    assert_eq!(configuration.master_key_file(&state), PathBuf::from("/data/master.key"));
}

#[test]
fn the_schema_describes_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let loaded = Loader::new(Environment::default()).load().unwrap();
    for entry in entries(&loaded) {
        let pointer = entry.path.split('.').fold(String::new(), |pointer, name| pointer + "/properties/" + name);
        let about = schema.pointer(&pointer).unwrap_or_else(|| panic!("no schema of {}", entry.path));
        assert!(about["description"].as_str().is_some_and(|text| text.ends_with('.')), "{}", entry.path);
        assert!(entry.value.is_null() || about["default"] == entry.value, "{}", entry.path);
    }
    assert_eq!(schema.pointer("/properties/polling/properties/retries/maximum"), Some(&10.into()));
    assert_eq!(schema.pointer("/properties/server/additionalProperties"), Some(&false.into()));
}

#[test]
fn what_is_shown_can_be_read_back() {
    let text = "[server]\nlisten = [\"127.0.0.1:1\", \"[::1]:2\"]\n[polling]\nmax_in_flight = 60000\n[log]\nfilter = \"vigie[a{b=\\\"c\\\"}]=info\"";
    let (_folder, first) = loader(text, &[]);
    let loaded = first.load().unwrap();
    let (_folder, again) = loader(&show(&loaded), &[]);
    assert_eq!(again.load().unwrap().configuration, loaded.configuration);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", value in "\\PC{0,20}") {
        let _ = loader(&text, &[]).1.load();
        let (_folder, loader) = loader(&format!("[server]\nlisten = {value}\n[server.tls]\n{value} = 1"), &[]);
        let _ = loader.load();
    }

    #[test]
    fn numbers_are_taken_within_their_range_alone(number in any::<i64>()) {
        let (_folder, loader) = loader(&format!("[retention]\nsamples_days = {number}"), &[]);
        prop_assert_eq!(loader.load().is_ok(), (1..=3_650).contains(&number));
    }
}

#[test]
fn the_store_is_the_address_of_a_database_and_never_shown() {
    assert!(
        problems("[store]\nurl = \"mysql://root@db/vigie\"\n", &[])
            .contains("vigie.toml:2: store.url: expected the address of a postgresql database")
    );
    let (folder, loader) = loader("[store]\nurl_file = \"URL\"\n", &[]);
    let file = folder.path().join("url");
    fs::write(&file, "postgres://vigie:hunter2@db/vigie\n").unwrap();
    let loaded = loader.flag("store.url_file", "", Some(file.to_string_lossy())).load().unwrap();
    assert_eq!(loaded.configuration.store.url.as_ref().unwrap().0.expose(), "postgres://vigie:hunter2@db/vigie");
    assert!(!super::show(&loaded).contains("hunter2"));
}

#[test]
fn what_a_copy_of_a_backup_needs_is_told() {
    let said = problems(
        "[backup.s3]\nbucket = \"b\"\nprefix = \"/vigie\"\nendpoint = \"ftp://s3.example.net\"\n\
         [backup.sftp]\nhost = \"vault.example.net\"\nhost_key = \"SHA256:short\"\nprivate_key = \"k\"\npassword = \"p\"\n",
        &[],
    );
    for expected in [
        "backup.s3.endpoint: expected an address such as ",
        "backup.s3.bucket: expected the name of a bucket",
        "backup.s3.bucket: set backup.s3.access_key too",
        "backup.s3.bucket: set backup.s3.secret_key too",
        "backup.s3.prefix: expected a text such as ",
        "backup.sftp.host_key: expected a fingerprint such as ",
        "backup.sftp.host: set backup.sftp.username too",
        "backup.sftp.password: is used in place of backup.sftp.private_key",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let said = problems("[backup.s3]\naccess_key = \"a\"\n[backup.sftp]\nhost_keys = \"x\"\nusername = \"vigie\"\n", &[]);
    assert!(said.contains("unknown key backup.sftp.host_keys; did you mean backup.sftp.host_key?"), "{said}");
    let said = problems("[backup.s3]\naccess_key = \"a\"\n[backup.sftp]\nusername = \"vigie\"\n", &[]);
    assert!(said.contains("backup.s3.bucket: set it too: without it backup.s3.access_key is not used"), "{said}");
    assert!(said.contains("backup.sftp.host: set it too: without it backup.sftp.username is not used"), "{said}");
    let whole = "[backup.s3]\nbucket = \"backups\"\nendpoint = \"http://s3.example.net\"\naccess_key = \"a\"\nsecret_key = \"s\"\n";
    let (_folder, loader) = loader(whole, &[]);
    let warnings = loader.load().unwrap().warnings.join("\n");
    assert!(
        warnings.contains("backup.passphrase is unset: whoever") && warnings.contains("backup.s3.endpoint begins with http"),
        "{warnings}"
    );
}
