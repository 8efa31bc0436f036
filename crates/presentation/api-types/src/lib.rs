//! What travels: views and inputs.
