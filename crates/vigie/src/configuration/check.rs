//! Rules between values, after each is right by itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::Environment;
use super::load::Source;
use super::problem::Problem;
use super::sections::{AllowLocal, BackupS3, BackupSftp, Configuration, MetricsAccess, SmtpSecurity, TlsMode};
use tracing_subscriber::EnvFilter;

/// Everything that does not go together. `source` tells where the value of a path comes from.
pub fn check(configuration: &Configuration, source: impl Fn(&str) -> Source) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut complain = |path: &str, message: &str| found.push(Problem::new(source(path), format!("{path}: {message}")));
    listeners(configuration, &mut complain);
    certificate(configuration, &mut complain);
    smtp(configuration, &mut complain);
    let store = configuration.store.url.as_ref().map(|url| url.0.expose());
    if store.is_some_and(|url| !url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
        complain("store.url", "expected the address of a postgresql database, such as postgres://user:password@host:5432/name");
    }
    if configuration.store.standby && store.is_none() {
        complain("store.standby", "set store.url too: of files in the state folder there is one server");
    }
    let cache_schedules =
        [("cache.warm_dashboards", &configuration.cache.warm_dashboards), ("cache.warm_searches", &configuration.cache.warm_searches)];
    for (path, schedule) in cache_schedules {
        if let Err(why) = vigie_application::schedule::check(schedule)
            && !schedule.is_empty()
        {
            complain(path, &why);
        }
    }
    cache(configuration, &mut complain);
    event_store(configuration, &mut complain);
    let backup = &configuration.backup;
    for (path, schedule) in [("backup.schedule", &backup.schedule), ("backup.drill_schedule", &backup.drill_schedule)] {
        if let Some(Err(why)) = schedule.as_deref().map(vigie_application::schedule::check) {
            complain(path, &why);
        }
    }
    s3(&configuration.backup.s3, &mut complain);
    sftp(&configuration.backup.sftp, &mut complain);
    if configuration.log.filter.as_ref().is_some_and(|filter| EnvFilter::try_new(filter).is_err()) {
        complain("log.filter", "expected levels by part such as vigie_snmp=debug,vigie_rest=warn");
    }
    if configuration.metrics.allow == MetricsAccess::Key && configuration.metrics.scrape_key.is_none() {
        complain("metrics.allow", "with key, set metrics.scrape_key or metrics.scrape_key_file too");
    }
    if configuration.auth.session_idle_seconds > configuration.auth.session_absolute_seconds {
        complain("auth.session_idle_seconds", "must not be longer than auth.session_absolute_seconds");
    }
    let polling = &configuration.polling;
    if polling.timeout_ms * (u64::from(polling.retries) + 1) > u64::from(polling.interval_seconds) * 1_000 {
        complain("polling.timeout_ms", "all tries of one request must fit into polling.interval_seconds: lower it, or polling.retries");
    }
    found
}

/// What is allowed and most likely not meant.
pub fn warnings(configuration: &Configuration) -> Vec<String> {
    let mut found = Vec::new();
    let server = &configuration.server;
    if server.tls.mode == TlsMode::Off && !configuration.is_local() && server.trusted_proxies.is_empty() {
        found.push(
            "server.tls.mode is off and a listener is not on loopback: passwords travel unprotected unless a proxy ends tls".to_owned(),
        );
    }
    if configuration.backup.schedule.is_some() && configuration.backup.passphrase.is_none() {
        found.push(
            "backup.passphrase is unset: the master key and the certificates are not in backups, keep copies of them apart".to_owned(),
        );
    }
    if configuration.store.standby && configuration.event_store.nodes.is_empty() {
        found.push("event_store.nodes is unset: each of the servers keeps the logs that it takes in to itself".to_owned());
    }
    let (s3, sftp) = (&configuration.backup.s3, &configuration.backup.sftp);
    if (s3.bucket.is_some() || sftp.host.is_some()) && configuration.backup.passphrase.is_none() {
        found.push("backup.passphrase is unset: whoever may read where backups are copied to reads all that is in them".to_owned());
    }
    if s3.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http") {
        found.push("backup.s3.endpoint begins with http: copies of backups travel unprotected".to_owned());
    }
    let smtp = &configuration.notifications.smtp;
    if smtp.host.is_none() && (smtp.username.is_some() || smtp.from.is_some()) {
        found.push("notifications.smtp.host is unset: nothing is mailed".to_owned());
    }
    if smtp.security == SmtpSecurity::None && smtp.password.is_some() {
        found.push("notifications.smtp.security is none: the password of the mail server travels unprotected".to_owned());
    }
    found
}

fn listeners(configuration: &Configuration, complain: &mut impl FnMut(&str, &str)) {
    let server = &configuration.server;
    if server.listen.is_empty() {
        complain("server.listen", "needs at least one address, such as 127.0.0.1:8000");
    }
    if server.proxy_protocol && server.trusted_proxies.is_empty() {
        complain("server.proxy_protocol", "name the proxies that send it in server.trusted_proxies");
    }
    let Some(url) = &server.public_url else { return };
    if !matches!(url.scheme(), "https" | "http") || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        complain("server.public_url", "expected an address such as https://vigie.example.net/, without user, query or fragment");
    }
    if !matches!(url.path(), "" | "/") {
        complain("server.public_url", "expected an address without a path: Vigie has its host for itself");
    }
}

fn cache(configuration: &Configuration, complain: &mut impl FnMut(&str, &str)) {
    let redis = &configuration.cache.redis;
    let begins = |url: &str| ["redis://", "rediss://", "unix://", "redis+unix://"].iter().any(|scheme| url.starts_with(scheme));
    for (name, url) in [("cache.redis.url", &redis.url), ("cache.redis.state_url", &redis.state_url)] {
        if url.as_ref().is_some_and(|url| !begins(url.0.expose())) {
            complain(name, "expected the address of a redis server, such as redis://:password@localhost:6379/0");
        }
    }
    if redis.url.is_none() && redis.state_url.is_some() {
        complain("cache.redis.state_url", "keeps the state of a cache in redis: set cache.redis.url too, or unset this");
    }
    if redis.prefix.is_empty() || redis.prefix.len() > 64 || redis.prefix.contains(['{', '}']) {
        complain("cache.redis.prefix", "expected 1 to 64 characters, without braces");
    }
}

fn event_store(configuration: &Configuration, complain: &mut impl FnMut(&str, &str)) {
    let store = &configuration.event_store;
    if store.nodes.iter().any(|node| !matches!(node.scheme(), "http" | "https") || !node.username().is_empty() || node.password().is_some())
    {
        complain(
            "event_store.nodes",
            "expected addresses such as https://search-1.example.net:9200; who Vigie is stands in event_store.username",
        );
    }
    let is_prefix = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if !store.prefix.starts_with(|c: char| c.is_ascii_lowercase()) || store.prefix.len() > 64 || !store.prefix.chars().all(is_prefix) {
        complain("event_store.prefix", "expected 1 to 64 lower-case letters, digits, - and _, a letter first");
    }
    match (&store.username, &store.password) {
        (Some(_), None) => complain("event_store.username", "set event_store.password or .password_file too"),
        (None, Some(_)) => complain("event_store.password", "set event_store.username too"),
        _ => {}
    }
    if store.api_key.is_some() && store.username.is_some() {
        complain("event_store.api_key", "is used in place of event_store.username: set one of them");
    }
    let is_of_cluster = store.username.is_some() || store.api_key.is_some() || store.ca_file.is_some();
    if store.nodes.is_empty() && is_of_cluster {
        complain("event_store.nodes", "set it too: without nodes there is no cluster to sign in to");
    }
}

fn s3(s3: &BackupS3, complain: &mut impl FnMut(&str, &str)) {
    let is_address = |url: &url::Url| {
        let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "https" | "http") && is_plain
    };
    if s3.endpoint.as_ref().is_some_and(|url| !is_address(url)) {
        complain("backup.s3.endpoint", "expected an address such as https://s3.eu-west-3.amazonaws.com, without user or query");
    }
    let is_name =
        |name: &String| (3..=63).contains(&name.len()) && !name.contains(|c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c));
    if s3.bucket.as_ref().is_some_and(|bucket| !is_name(bucket)) {
        complain("backup.s3.bucket", "expected the name of a bucket: 3 to 63 letters, digits, - and .");
    }
    let is_prefix = s3.prefix.is_empty() || (s3.prefix.len() <= 512 && s3.prefix.split('/').all(|part| !matches!(part, "" | "." | "..")));
    if !is_prefix {
        complain("backup.s3.prefix", "expected a text such as vigie or backups/vigie-1, without a slash at either end, . or ..");
    }
    if s3.region.is_empty() {
        complain("backup.s3.region", "expected a region such as eu-west-3; us-east-1 where the service has none");
    }
    if s3.access_key.as_ref().is_some_and(String::is_empty) {
        complain("backup.s3.access_key", "expected the id of a key");
    }
    let needed = [
        ("backup.s3.endpoint", s3.endpoint.is_some()),
        ("backup.s3.access_key", s3.access_key.is_some()),
        ("backup.s3.secret_key", s3.secret_key.is_some()),
    ];
    together(("backup.s3.bucket", s3.bucket.is_some()), &needed, complain);
}

fn sftp(sftp: &BackupSftp, complain: &mut impl FnMut(&str, &str)) {
    // 32 octets in base64 without padding
    let is_fingerprint = |key: &String| key.strip_prefix("SHA256:").is_some_and(|sum| sum.len() == 43);
    if sftp.host_key.as_ref().is_some_and(|key| !is_fingerprint(key)) {
        complain(
            "backup.sftp.host_key",
            "expected a fingerprint such as SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU, see ssh-keygen -lf",
        );
    }
    if sftp.folder.trim_end_matches('/').is_empty() {
        complain("backup.sftp.folder", "expected a folder such as vigie or /srv/backups/vigie-1");
    }
    for (name, text) in [("backup.sftp.host", &sftp.host), ("backup.sftp.username", &sftp.username)] {
        if text.as_ref().is_some_and(String::is_empty) {
            complain(name, "is empty: set it, or leave it out");
        }
    }
    if sftp.private_key.is_some() && sftp.password.is_some() {
        complain("backup.sftp.password", "is used in place of backup.sftp.private_key: set one of them");
    }
    let needed = [
        ("backup.sftp.username", sftp.username.is_some()),
        ("backup.sftp.host_key", sftp.host_key.is_some()),
        ("backup.sftp.private_key or .password", sftp.private_key.is_some() || sftp.password.is_some()),
    ];
    together(("backup.sftp.host", sftp.host.is_some()), &needed, complain);
}

/// What a setting needs beside it, and what is nothing without it.
fn together(main: (&str, bool), needed: &[(&str, bool)], complain: &mut impl FnMut(&str, &str)) {
    let (path, is_set) = main;
    for (name, _) in needed.iter().filter(|(_, needed_is_set)| is_set && !needed_is_set) {
        complain(path, &format!("set {name} too"));
    }
    if let Some((name, _)) = needed.iter().find(|(_, needed_is_set)| !is_set && *needed_is_set) {
        complain(path, &format!("set it too: without it {name} is not used"));
    }
}

fn certificate(configuration: &Configuration, complain: &mut impl FnMut(&str, &str)) {
    let tls = &configuration.server.tls;
    let files = [("server.tls.certificate_file", &tls.certificate_file), ("server.tls.key_file", &tls.key_file)];
    for (path, file) in files {
        if tls.mode == TlsMode::Files && file.is_none() {
            complain("server.tls.mode", &format!("with files, set {path} too"));
        }
        if tls.mode != TlsMode::Files && file.is_some() {
            complain(path, "is used only when server.tls.mode is files");
        }
    }
}

fn smtp(configuration: &Configuration, complain: &mut impl FnMut(&str, &str)) {
    let smtp = &configuration.notifications.smtp;
    if smtp.host.is_some() && smtp.from.is_none() {
        complain("notifications.smtp.host", "set notifications.smtp.from too: the address that mails come from");
    }
    if smtp.from.as_ref().is_some_and(|from| !from.contains('@')) {
        complain("notifications.smtp.from", "expected a mail address such as vigie@example.net or Vigie <vigie@example.net>");
    }
    match (&smtp.username, &smtp.password) {
        (Some(_), None) => complain("notifications.smtp.username", "set notifications.smtp.password or .password_file too"),
        (None, Some(_)) => complain("notifications.smtp.password", "set notifications.smtp.username too"),
        _ => {}
    }
}

/// What follows from several values.
impl Configuration {
    /// Whether every listener is on loopback.
    pub fn is_local(&self) -> bool {
        self.server.listen.iter().all(|address| address.ip().to_canonical().is_loopback())
    }

    /// Whether loopback and link-local targets may be discovered.
    pub fn allows_local_discovery(&self) -> bool {
        match self.discovery.allow_local {
            AllowLocal::Auto => self.is_local(),
            AllowLocal::True => true,
            AllowLocal::False => false,
        }
    }

    /// Where state is kept; `None` when nothing is configured and the user has no home.
    pub fn state_directory(&self, environment: &Environment) -> Option<PathBuf> {
        self.state.directory.clone().or_else(|| environment.state_directory())
    }

    /// The master key's file, in the state folder unless configured.
    pub fn master_key_file(&self, state_directory: &Path) -> PathBuf {
        self.secrets.master_key_file.clone().unwrap_or_else(|| state_directory.join("master.key"))
    }

    /// Names for the certificate of the local authority, beside the usual ones.
    pub fn certificate_names(&self) -> Vec<String> {
        let public = self.server.public_url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
        let listened = self.server.listen.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
        self.server.tls.names.iter().cloned().chain(public).chain(listened).collect()
    }

    /// The address people reach Vigie at, without a slash at the end.
    pub fn public_url(&self) -> Option<String> {
        self.server.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned())
    }
}
