//! Discovery, identification, links and jobs on real stores and real agents: the lab's, and net-snmp with lldpd.
#![expect(clippy::unwrap_used, reason = "a test ends where a step of it fails")]

mod discovery;
mod jobs;
mod lldpd;
mod small;
