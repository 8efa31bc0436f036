//! Mail by SMTP (RFC 5321): plain, with STARTTLS (RFC 3207) or TLS from the first byte (RFC 8314).

mod fault;
mod mailer;
mod message;
mod partial;
mod session;
mod settings;

pub use mailer::SmtpMailer;
pub use settings::{Security, SmtpSettings};
