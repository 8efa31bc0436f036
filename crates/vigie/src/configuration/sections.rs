//! The sections, with their defaults and documentation. This is the one place where a setting is declared.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use url::Url;

use super::kind::{SecretText, choice};
use super::node::section;

section! {
    /// Vigie's configuration.
    Configuration {
        /// Listeners.
        server: Server;
        /// State.
        state: State;
        /// Store.
        store: Store;
        /// Store of events.
        event_store: EventStore;
        /// Secrets.
        secrets: Secrets;
        /// Log.
        log: Log;
        /// Metrics.
        metrics: Metrics;
        /// Discovery.
        discovery: Discovery;
        /// Polling.
        polling: Polling;
        /// Retention.
        retention: Retention;
        /// Notifications.
        notifications: Notifications;
        /// Sign-in.
        auth: Auth;
        /// Limits.
        limits: Limits;
        /// Cache.
        cache: Cache;
        /// Backups.
        backup: Backup;
    }
}

section! {
    /// Where Vigie listens, and how it is reached from outside.
    Server {
        /// Addresses and ports to listen on. `[::]:8000` is every address of this host, IPv4 and IPv6.
        listen: Vec<SocketAddr> = vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8000)];
        /// The address people type, where it differs from the one listened on: behind a proxy, or by a name. Links in mails begin with it.
        public_url: Option<Url>;
        /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        trusted_proxies: Vec<IpNet>;
        /// Whether each connection begins with a PROXY protocol header (version 1 or 2), as HAProxy sends it. Taken from trusted proxies alone.
        proxy_protocol: bool = false;
        /// Longest time for one request, streams apart.
        request_timeout_seconds: u64 = 30, in 1..=600;
        /// Certificate.
        tls: Tls;
    }
}

section! {
    /// The certificate of the server.
    Tls {
        /// `local_ca` makes an authority and a certificate at first start and renews it by itself; `files` uses the operator's; `off` speaks plain
        /// HTTP, for a proxy on the same host that ends TLS.
        mode: TlsMode = TlsMode::LocalCa;
        /// With `files`: the certificate chain in PEM, the server's first. Read again when it changes.
        certificate_file: Option<PathBuf>;
        /// With `files`: the private key in PEM.
        key_file: Option<PathBuf>;
        /// With `local_ca`: further names and addresses for the certificate, beside `localhost`, the loopback addresses, the host's name and that of
        /// `server.public_url`.
        names: Vec<String>;
    }
}

choice! {
    /// Where the server's certificate comes from.
    TlsMode {
        /// An authority of our own.
        LocalCa = "local_ca",
        /// The operator's files.
        Files = "files",
        /// No TLS.
        Off = "off",
    }
}

section! {
    /// Where Vigie keeps its state.
    State {
        /// Folder of the database, the certificates and the master key. Unset: `$XDG_STATE_HOME/vigie` or `~/.local/state/vigie`, for root
        /// `/var/lib/vigie`.
        directory: Option<PathBuf>;
    }
}

section! {
    /// The database of state and samples.
    Store {
        /// A database of PostgreSQL 15 or newer, such as `postgres://vigie:password@db.example.net:5432/vigie?sslmode=verify-full`. Unset: SQLite,
        /// in files of the state folder. `vigie db move` carries the data from one to the other.
        url: Option<SecretText>;
        /// Whether this server stands by while another one works on the database, and takes over when that one ends. It needs the master key of
        /// the other.
        standby: bool = false;
        /// Room on the disk of the state folder for samples while the database server is away. When it is full, samples are dropped and counted.
        spool_bytes: u64 = 1_073_741_824, in 1_048_576..=1_099_511_627_776;
        /// The most that samples in files of the state folder may take, in bytes; zero: as much as there is. At the limit the oldest samples go,
        /// state never does.
        samples_quota_bytes: u64 = 0;
        /// What stays free on the disk of the state folder, in bytes. When less is free, the oldest samples go.
        free_floor_bytes: u64 = 536_870_912;
    }
}

section! {
    /// Where logs are kept and searched.
    EventStore {
        /// Nodes of a cluster of Elasticsearch (7.17, 8, 9) or OpenSearch (1, 2, 3), such as `https://search-1.example.net:9200`. Unset: an engine
        /// within Vigie, in files of the state folder.
        nodes: Vec<Url>;
        /// User of the cluster.
        username: Option<String>;
        /// Its password.
        password: Option<SecretText>;
        /// In place of both: a key of the cluster, as it gave it encoded.
        api_key: Option<SecretText>;
        /// Certificates in PEM of authorities to trust in place of the system's.
        ca_file: Option<PathBuf>;
        /// Begins the name of every index.
        prefix: String = "vigie".to_owned();
        /// Primary shards of an index; there is one for each kind of event and day.
        shards: u32 = 1, in 1..=128;
        /// Copies of each.
        replicas: u32 = 0, in 0..=16;
        /// Number of this server among those that share a cluster: part of the id of each event, so no two may have the same.
        node_number: u32 = 1, in 1..=1_000_000;
        /// Room on the disk of the state folder for what was taken in and is not searchable yet: what waits while the cluster is away. When it is
        /// full, events are dropped and counted.
        spool_bytes: u64 = 1_073_741_824, in 134_217_728..=1_099_511_627_776;
        /// The most that the engine within Vigie may take on disk, in bytes; zero: as much as there is. At the limit the oldest day goes, as it
        /// does when less is free than `store.free_floor_bytes`; the last day never does.
        quota_bytes: u64 = 0;
    }
}

section! {
    /// The key that seals secrets.
    Secrets {
        /// File of the master key, made at first start for its owner alone. Unset: `master.key` in the state folder; better kept apart from it.
        master_key_file: Option<PathBuf>;
    }
}

section! {
    /// What Vigie says of itself.
    Log {
        /// The least that is logged.
        level: LogLevel = LogLevel::Info;
        /// More or less for single parts, such as `vigie_snmp=debug,vigie_rest=warn`.
        filter: Option<String>;
        /// `text` for people, `json` for machines (an object a line).
        format: LogFormat = LogFormat::Text;
        /// Whether it is kept among the logs too, where it is searched.
        searchable: bool = true;
    }
}

choice! {
    /// How much is logged.
    LogLevel {
        /// Failures alone.
        Error = "error",
        /// And what may become one.
        Warn = "warn",
        /// And what happens rarely.
        Info = "info",
        /// And what happens often.
        Debug = "debug",
        /// And everything.
        Trace = "trace",
    }
}

choice! {
    /// How a log line looks.
    LogFormat {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }
}

section! {
    /// Who may read `/metrics`.
    Metrics {
        /// `loopback` lets programs on this host read without a key; `key` asks everybody for the key; a key, once set, is good from anywhere.
        allow: MetricsAccess = MetricsAccess::Loopback;
        /// Key for scrapers, sent as `Authorization: Bearer …`.
        scrape_key: Option<SecretText>;
    }
}

choice! {
    /// Who may read metrics.
    MetricsAccess {
        /// Programs on this host.
        Loopback = "loopback",
        /// Whoever has the key.
        Key = "key",
    }
}

section! {
    /// How networks are discovered.
    Discovery {
        /// Whether loopback and link-local targets may be discovered. `auto` allows it while every listener is on loopback.
        allow_local: AllowLocal = AllowLocal::Auto;
        /// Addresses probed in a second by one discovery.
        rate_per_second: u32 = 200, in 1..=100_000;
        /// Addresses that one discovery may have without being confirmed.
        max_addresses: u64 = 65_536, in 1..=4_294_967_296;
    }
}

choice! {
    /// Whether loopback and link-local targets may be discovered.
    AllowLocal {
        /// While every listener is on loopback.
        Auto = "auto",
        /// Yes.
        True = "true",
        /// No.
        False = "false",
    }
}

section! {
    /// How devices are polled.
    Polling {
        /// Time between two polls of a device that says nothing else.
        interval_seconds: u32 = 60, in 5..=86_400;
        /// Longest wait for one SNMP answer.
        timeout_ms: u64 = 2_000, in 50..=60_000;
        /// Tries after the first.
        retries: u8 = 2, in 0..=10;
        /// Devices polled at a time.
        max_in_flight: usize = 512, in 1..=65_536;
        /// UDP sockets shared by all devices.
        lanes: usize = 8, in 1..=256;
    }
}

section! {
    /// How long things are kept.
    Retention {
        /// Samples of metrics, as they were read.
        samples_days: u32 = 30, in 1..=3_650;
        /// Their rollups (count, mean, least and greatest) of five minutes: what charts are drawn from where the samples are gone.
        samples_5m_days: u32 = 90, in 1..=3_650;
        /// Their rollups of an hour.
        samples_1h_days: u32 = 730, in 1..=3_650;
        /// Events, for streams that resume and for time lines.
        events_hours: u32 = 24, in 1..=8_760;
        /// Logs, in whole days.
        logs_days: u32 = 30, in 1..=3_650;
        /// Audit entries.
        audit_days: u32 = 365, in 1..=36_500;
        /// Alerts that are over.
        alerts_days: u32 = 90, in 1..=3_650;
    }
}

section! {
    /// How people are told.
    Notifications {
        /// Mail server.
        smtp: Smtp;
    }
}

section! {
    /// The mail server. Nothing is mailed while `host` is unset.
    Smtp {
        /// Its name; its certificate must be for it.
        host: Option<String>;
        /// Its port: 587 goes with `starttls`, 465 with `tls`, 25 with a relay.
        port: u16 = 587, in 1..=65_535;
        /// `starttls` and `tls` protect the connection; `none` is for a relay on this host or in a trusted network.
        security: SmtpSecurity = SmtpSecurity::Starttls;
        /// User to sign in as, where the server wants one.
        username: Option<String>;
        /// Its password.
        password: Option<SecretText>;
        /// Who mails come from: `Vigie <vigie@example.net>` or the address alone.
        from: Option<String>;
        /// Certificates in PEM of authorities to trust beside the system's.
        ca_file: Option<PathBuf>;
        /// Longest time for one mail.
        timeout_seconds: u64 = 30, in 1..=300;
    }
}

choice! {
    /// How the connection to the mail server is protected.
    SmtpSecurity {
        /// Not at all.
        None = "none",
        /// By STARTTLS.
        Starttls = "starttls",
        /// By TLS from the first byte.
        Tls = "tls",
    }
}

section! {
    /// How people sign in.
    Auth {
        /// A session that is unused for so long ends.
        session_idle_seconds: u64 = 28_800, in 60..=2_592_000;
        /// A session ends after this time, used or not.
        session_absolute_seconds: u64 = 604_800, in 300..=31_536_000;
        /// Failed sign-ins in a row before a user is locked.
        lockout_attempts: u32 = 10, in 3..=1_000;
        /// How long a lock lasts.
        lockout_seconds: u64 = 900, in 1..=86_400;
    }
}

section! {
    /// What one caller may use.
    Limits {
        /// Requests in a minute by one user, key or, before sign-in, address.
        requests_per_minute: u32 = 1_200, in 10..=1_000_000;
        /// Largest body of a request.
        body_bytes: u64 = 4_194_304, in 65_536..=1_073_741_824;
    }
}

section! {
    /// What is kept to answer faster: in memory, in a Redis or Valkey that nodes share, on disk. Each operation says for how long its answers hold;
    /// `ttl_seconds` of a level are for those that do not.
    Cache {
        /// Bytes that answers in memory may take.
        memory_bytes: u64 = 100_000_000, in 1_000_000..=1_000_000_000_000;
        /// How long they are kept there.
        memory_ttl_seconds: u64 = 30, in 1..=30;
        /// When dashboards are computed before somebody asks for them, beside the start: a cron expression of five fields, in UTC. An empty text
        /// turns it off.
        warm_dashboards: String = "*/5 * * * *".to_owned();
        /// When the searches that people ask for most are made before somebody asks again: a minute after each moment of this cron expression of five
        /// fields, in UTC, so that the hour before is complete. An empty text turns it off.
        warm_searches: String = "0 * * * *".to_owned();
        /// Redis.
        redis: CacheRedis;
        /// Disk.
        disk: CacheDisk;
    }
}

section! {
    /// The Redis 7 or Valkey 8, or newer, that nodes share. While it does not answer, memory and disk serve.
    CacheRedis {
        /// Its address, such as `redis://:password@cache.example.net:6379/0`; `rediss://` speaks TLS, `unix:///run/redis.sock` a socket. Unset: none is
        /// used.
        url: Option<SecretText>;
        /// Address of another server for what must not be evicted while it is in use: leases, versions of tags, messages. Unset: they stand in the
        /// server of `url`. Give it `maxmemory-policy noeviction`.
        state_url: Option<SecretText>;
        /// Certificates in PEM of authorities to trust in place of the system's.
        ca_file: Option<PathBuf>;
        /// Connections at most, to each server: one is opened, more under load.
        max_connections: usize = 50, in 1..=50;
        /// Longest wait for one answer. What timed out is tried once more.
        timeout_ms: u64 = 25, in 5..=1_000;
        /// How often it is asked whether it is well.
        health_interval_seconds: u64 = 30, in 1..=3_600;
        /// Nothing more is written to it while it uses more bytes than this. Better set `maxmemory` and `maxmemory-policy allkeys-lru` there.
        max_bytes: u64 = 1_000_000_000, in 1_000_000..=1_000_000_000_000;
        /// How long answers are kept there.
        ttl_seconds: u64 = 300, in 1..=86_400;
        /// Begins every key. Servers of the same name share what they know, so they must share their state too.
        prefix: String = "vigie".to_owned();
    }
}

section! {
    /// Answers on disk, in `cache` of the state folder: those that hold for five minutes or longer. They survive a restart.
    CacheDisk {
        /// Bytes they may take, and never more than a tenth of what is free at the start; 0 keeps none.
        max_bytes: u64 = 10_000_000_000, in 0..=1_000_000_000_000;
        /// How long they are kept.
        ttl_seconds: u64 = 3_600, in 300..=604_800;
    }
}

section! {
    /// Files that hold everything, made and checked while the server works. `vigie backup restore` brings one back while it is stopped.
    Backup {
        /// Folder that keeps them, for its owner alone; better on another disk than the state. Unset: `backups` in the state folder.
        folder: Option<PathBuf>;
        /// When one is made: a cron expression of five fields, in UTC, such as `0 3 * * *`. Unset, none is made by itself: on which disk and under
        /// which passphrase they belong, Vigie cannot know.
        schedule: Option<String>;
        /// When the newest is brought back beside everything else to see whether it can be: a cron expression as above, such as `30 4 * * 0`. Unset,
        /// never: it takes the room of everything three times, for a while.
        drill_schedule: Option<String>;
        /// Of those the schedule made, so many of the last are kept, however old they are. The newest whole one is never deleted.
        keep_last: usize = 7, in 1..=10_000;
        /// Of those the schedule made, all that are younger are kept.
        keep_days: u32 = 14, in 0..=3_650;
        /// Passphrase that they are sealed under. Without one the master key, the local authority and the certificate are not in them.
        passphrase: Option<SecretText>;
        /// Whether logs are in them, where they are kept in files of the state folder. Those in a cluster never are: it keeps snapshots of its own.
        events: bool = true;
        /// A store of objects that they are copied to.
        s3: BackupS3;
        /// A host that they are copied to.
        sftp: BackupSftp;
    }
}

section! {
    /// A bucket of S3, or of what speaks as it does, that each backup is copied to: the destination `s3`. Unset `bucket`: none.
    BackupS3 {
        /// Address of the service, such as `https://s3.eu-west-3.amazonaws.com`.
        endpoint: Option<Url>;
        /// The bucket, which must be there.
        bucket: Option<String>;
        /// Region that requests are signed for.
        region: String = "us-east-1".to_owned();
        /// Begins every key, with a slash after it; each server needs one of its own.
        prefix: String = "vigie".to_owned();
        /// Whether the bucket stands in the path of the address, as most servers of one's own want it, and not in its host.
        path_style: bool = true;
        /// The id of the key that requests are signed with.
        access_key: Option<String>;
        /// The key itself.
        secret_key: Option<SecretText>;
        /// Certificates in PEM of authorities to trust in place of the system's.
        ca_file: Option<PathBuf>;
        /// Of those the schedule made, so many of the last are kept there, however old they are. The newest whole one is never deleted.
        keep_last: usize = 7, in 1..=10_000;
        /// Of those the schedule made, all that are younger are kept there.
        keep_days: u32 = 14, in 0..=3_650;
    }
}

section! {
    /// A host with SFTP that each backup is copied to: the destination `sftp`. Unset `host`: none.
    BackupSftp {
        /// Its name or address.
        host: Option<String>;
        /// Its port.
        port: u16 = 22, in 1..=65_535;
        /// Its key, by the fingerprint that `ssh-keyscan HOST | ssh-keygen -lf -` shows: `SHA256:…`. Another is refused.
        host_key: Option<String>;
        /// User to sign in as.
        username: Option<String>;
        /// Private key to sign in with, as OpenSSH writes it, without a passphrase: ed25519 or ECDSA.
        private_key: Option<SecretText>;
        /// In place of it, a password.
        password: Option<SecretText>;
        /// Folder that keeps the copies; each server needs one of its own. It is made where it is not there.
        folder: String = "vigie".to_owned();
        /// Whether each copy is read back and compared: takes as long again, and believes neither network nor disk.
        read_back: bool = false;
        /// Of those the schedule made, so many of the last are kept there, however old they are. The newest whole one is never deleted.
        keep_last: usize = 7, in 1..=10_000;
        /// Of those the schedule made, all that are younger are kept there.
        keep_days: u32 = 14, in 0..=3_650;
    }
}
