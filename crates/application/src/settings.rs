//! Settings of the use cases; wiring fills them from the configuration.

use std::time::Duration;

/// What configuration decides for the use cases.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of this node.
    pub node: String,
    /// Seconds between two polls of a device that says nothing else.
    pub poll_interval_seconds: u32,
    /// Longest wait for one SNMP answer.
    pub snmp_timeout: Duration,
    /// Tries after the first.
    pub snmp_retries: u8,
    /// Most polls at a time.
    pub poll_concurrency: usize,
    /// Whether loopback and link-local targets may be discovered.
    pub allow_local: bool,
    /// Addresses probed a second by a discovery.
    pub discovery_rate: u32,
    /// Addresses a discovery may have without being confirmed.
    pub discovery_max_addresses: u64,
    /// How long samples are kept as they were read.
    pub keep_samples: Duration,
    /// How long rollups of five minutes are kept.
    pub keep_samples_5m: Duration,
    /// How long rollups of an hour are kept.
    pub keep_samples_1h: Duration,
    /// How long events are kept.
    pub keep_events: Duration,
    /// How long logs are kept, in whole days.
    pub keep_logs: Duration,
    /// How long audit entries are kept.
    pub keep_audit: Duration,
    /// How long resolved alerts are kept.
    pub keep_alerts: Duration,
    /// A session unused for so long ends.
    pub session_idle: Duration,
    /// A session ends after this time, used or not.
    pub session_absolute: Duration,
    /// Failed sign-ins in a row before a user is locked.
    pub lock_after: u32,
    /// How long a lock lasts.
    pub lock_for: Duration,
    /// Address people reach Vigie at, without trailing slash.
    pub public_url: Option<String>,
    /// Whether a mail server is configured.
    pub mail_configured: bool,
}

impl Default for Settings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self {
            node: "vigie".to_owned(),
            poll_interval_seconds: 60,
            snmp_timeout: Duration::from_secs(2),
            snmp_retries: 2,
            poll_concurrency: 512,
            allow_local: true,
            discovery_rate: 200,
            discovery_max_addresses: 65_536,
            keep_samples: DAY * 30,
            keep_samples_5m: DAY * 90,
            keep_samples_1h: DAY * 730,
            keep_events: DAY,
            keep_logs: DAY * 30,
            keep_audit: DAY * 365,
            keep_alerts: DAY * 90,
            session_idle: Duration::from_hours(8),
            session_absolute: DAY * 7,
            lock_after: 10,
            lock_for: Duration::from_mins(15),
            public_url: None,
            mail_configured: false,
        }
    }
}
