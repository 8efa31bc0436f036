//! Use cases of identity.
