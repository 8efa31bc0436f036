//! Discovery, identification, links and jobs on real stores and real agents: the lab's, and net-snmp with lldpd.

mod discovery;
mod jobs;
mod lldpd;
mod small;
