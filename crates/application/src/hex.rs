//! Octets as text.

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// Octets as lower-case hex digits without separators. Tokens are hashed for each request: formatting each octet would cost more.
pub(crate) fn hex(octets: &[u8]) -> String {
    let digits = |octet: &u8| [DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]];
    octets.iter().flat_map(digits).collect()
}
