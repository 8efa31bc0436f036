//! The mail server, as configured.

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::{Clock, Secret};
use vigie_notification::{Security, SmtpMailer, SmtpSettings};

use crate::StartError;
use crate::configuration::{Loaded, SmtpSecurity};

/// A mailer; without a configured server it answers `not_configured`.
pub fn mailer(loaded: &Loaded, clock: Arc<dyn Clock>) -> Result<SmtpMailer, StartError> {
    let smtp = &loaded.configuration.notifications.smtp;
    let Some(host) = smtp.host.clone() else { return Ok(SmtpMailer::new(None, clock)?) };
    let unset = |what: &str| StartError::new(StartError::CONFIGURATION, format!("notifications.smtp.host is set, and {what} is not"));
    let authorities = smtp
        .ca_file
        .as_ref()
        .map(std::fs::read)
        .transpose()
        .map_err(|e| StartError::new(StartError::CONFIGURATION, format!("notifications.smtp.ca_file cannot be read: {e}")))?;
    let password = smtp.password.as_ref().map_or_else(|| Secret::new(""), |p| p.0.clone());
    let settings = SmtpSettings {
        host,
        port: smtp.port,
        security: match smtp.security {
            SmtpSecurity::None => Security::None,
            SmtpSecurity::Starttls => Security::StartTls,
            SmtpSecurity::Tls => Security::Tls,
        },
        credentials: smtp.username.clone().map(|user| (user, password)),
        from: smtp.from.clone().ok_or_else(|| unset("notifications.smtp.from"))?,
        authorities,
        timeout: Duration::from_secs(smtp.timeout_seconds),
    };
    SmtpMailer::new(Some(settings), clock).map_err(|e| StartError::new(StartError::CONFIGURATION, e.to_string()))
}
