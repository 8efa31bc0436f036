//! Shared technique without knowledge of networks.
