//! From the configuration to the settings of the use cases.

use std::time::Duration;

use vigie_application::Settings;

use crate::configuration::{AllowLocal, Loaded};

/// The settings that this configuration asks for.
pub fn of(loaded: &Loaded) -> Settings {
    let c = &loaded.configuration;
    let days = |count: u32| Duration::from_hours(24 * u64::from(count));
    let allow_local = match c.discovery.allow_local {
        AllowLocal::Auto => c.server.listen.iter().all(|a| a.ip().is_loopback()),
        AllowLocal::True => true,
        AllowLocal::False => false,
    };
    Settings {
        node: vigie_foundation::tls::host_name().unwrap_or_else(|| "vigie".to_owned()),
        poll_interval_seconds: c.polling.interval_seconds,
        snmp_timeout: Duration::from_millis(c.polling.timeout_ms),
        snmp_retries: c.polling.retries,
        poll_concurrency: c.polling.max_in_flight,
        allow_local,
        discovery_rate: c.discovery.rate_per_second,
        discovery_max_addresses: c.discovery.max_addresses,
        keep_samples: days(c.retention.samples_days),
        keep_samples_5m: days(c.retention.samples_5m_days),
        keep_samples_1h: days(c.retention.samples_1h_days),
        keep_events: Duration::from_hours(c.retention.events_hours.into()),
        keep_logs: days(c.retention.logs_days),
        keep_audit: days(c.retention.audit_days),
        keep_alerts: days(c.retention.alerts_days),
        session_idle: Duration::from_secs(c.auth.session_idle_seconds),
        session_absolute: Duration::from_secs(c.auth.session_absolute_seconds),
        lock_after: c.auth.lockout_attempts,
        lock_for: Duration::from_secs(c.auth.lockout_seconds),
        public_url: c.server.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        mail_configured: c.notifications.smtp.host.is_some(),
    }
}
