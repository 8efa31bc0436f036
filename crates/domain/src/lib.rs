//! Entities, value objects, errors and ports; no input or output.
