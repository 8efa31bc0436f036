//! Logs, security events, traps and flows.
