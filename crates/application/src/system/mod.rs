//! Use cases of system.
