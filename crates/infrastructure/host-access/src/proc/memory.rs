//! Main memory and swap: `/proc/meminfo`, see proc(5).

/// Memory of the host in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// All memory the kernel manages.
    pub total: u64,
    /// What could not be given to a new program without swapping: total less `MemAvailable`.
    pub used: u64,
    /// All swap space; 0 when there is none.
    pub swap_total: u64,
    /// Swap space in use.
    pub swap_used: u64,
}

impl Memory {
    /// Reads `/proc/meminfo`; `None` when it names no total.
    pub fn parse(text: &str) -> Option<Self> {
        let total = field(text, "MemTotal")?;
        // kernels before 3.14 do not estimate what is available: free, buffers and page cache come near
        let available = field(text, "MemAvailable").or_else(|| {
            let parts = ["MemFree", "Buffers", "Cached"].map(|name| field(text, name).unwrap_or(0));
            Some(parts.iter().fold(0_u64, |sum, part| sum.saturating_add(*part)))
        })?;
        let swap_total = field(text, "SwapTotal").unwrap_or(0);
        let swap_free = field(text, "SwapFree").unwrap_or(swap_total);
        Some(Self { total, used: total.saturating_sub(available), swap_total, swap_used: swap_total.saturating_sub(swap_free) })
    }
}

/// A field in bytes; the file counts in KiB.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    rest.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_is_what_is_not_available() {
        let text =
            "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\nSwapTotal:       200 kB\nSwapFree:         50 kB\n";
        let expected = Memory { total: 1000 << 10, used: 400 << 10, swap_total: 200 << 10, swap_used: 150 << 10 };
        assert_eq!(Memory::parse(text), Some(expected));
    }

    #[test]
    fn old_kernels_do_not_say_what_is_available() {
        let text = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 10 kB\nCached: 90 kB\nSwapCached: 7 kB\n";
        assert_eq!(Memory::parse(text).map(|memory| memory.used), Some(800 << 10));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Memory::parse("MemTotal: lots\n"), None);
        assert_eq!(Memory::parse(""), None);
    }
}
