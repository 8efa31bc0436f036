//! Alerts: rules, what they raised, channels and deliveries.

mod alert;
mod channel;
mod rule;

pub use alert::{Alert, AlertComment, AlertDelivery, AlertStatus};
pub use channel::{Channel, ChannelKind, Delivery, DeliveryStatus, Mail, Mailer};
pub use rule::{AlertRule, Comparison, Condition, RuleSubject, Severity};
