//! Use cases of topology.
