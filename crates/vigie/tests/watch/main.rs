//! Watching a simulated campus end to end: real store, real SNMP over sockets, real rules, a mailbox in place of a mail server.

mod alerts;
mod dashboards;
mod polling;
mod scene;
mod spool;
mod storage;
