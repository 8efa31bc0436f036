//! Use cases of dashboards.
