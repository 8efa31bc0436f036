//! How much a test does: a little in `make test`, as much as a large network has in `make proof` (`VIGIE_PROOF_SIZE=full`).

/// Whether tests run at full size.
pub fn is_full() -> bool {
    std::env::var_os("VIGIE_PROOF_SIZE").is_some_and(|size| size == "full")
}

/// The amount for the size that tests run at.
pub fn pick<T>(small: T, full: T) -> T {
    if is_full() { full } else { small }
}
