//! State, outbox, jobs and sample blocks in SQL.
