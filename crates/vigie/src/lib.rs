//! Configuration, wiring, lifecycle and command line.
