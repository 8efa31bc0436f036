//! Use cases of alerts.
