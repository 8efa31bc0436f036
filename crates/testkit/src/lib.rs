//! Conformance suites by port, fakes, clock.
