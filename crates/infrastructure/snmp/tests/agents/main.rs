//! The engine against agents: real ones of net-snmp, and one that breaks the rules on purpose.

mod diagnosis;
mod reading;
mod rogue;
mod support;
