//! Processor time: `/proc/stat`, see proc(5).

/// Time spent since boot over all processors, in clock ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// Ticks during which a processor did something.
    pub busy: u64,
    /// All ticks, the idle ones and those waiting for a disk included.
    pub total: u64,
}

impl CpuTime {
    /// Reads the `cpu` line of `/proc/stat`; `None` when there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        // user nice system idle iowait irq softirq steal; guest time is already part of user
        let mut ticks = [0_u64; 8];
        for (slot, word) in ticks.iter_mut().zip(line.split_ascii_whitespace()) {
            *slot = word.parse().ok()?;
        }
        let total = ticks.iter().fold(0_u64, |sum, tick| sum.saturating_add(*tick));
        let idle = ticks[3].saturating_add(ticks[4]);
        Some(Self { busy: total.saturating_sub(idle), total })
    }

    /// Share of the time between `earlier` and `self` in which processors were busy, 0 to 1.
    /// `None` when no tick passed, or when the counters went backwards.
    pub fn ratio_since(self, earlier: Self) -> Option<f64> {
        let total = self.total.checked_sub(earlier.total).filter(|ticks| *ticks > 0)?;
        // iowait may go backwards on real kernels, so busy is clamped rather than trusted
        let busy = self.busy.saturating_sub(earlier.busy).min(total);
        Some(busy as f64 / total as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "cpu  21600 0 5929 93632 440 0 84 15 0 0\ncpu0 10281 0 2665 47809 76 0 17 4 0 0\nctxt 1\n";

    #[test]
    fn counts_idle_and_iowait_as_not_busy() {
        let time = CpuTime::parse(BEFORE).expect("a cpu line");
        assert_eq!(time, CpuTime { busy: 21600 + 5929 + 84 + 15, total: 21600 + 5929 + 93632 + 440 + 84 + 15 });
    }

    #[test]
    fn ratio_is_the_busy_share_between_two_readings() {
        let earlier = CpuTime { busy: 100, total: 1000 };
        assert_eq!(CpuTime { busy: 150, total: 1200 }.ratio_since(earlier), Some(0.25));
        assert_eq!(earlier.ratio_since(earlier), None);
        assert_eq!(CpuTime { busy: 0, total: 10 }.ratio_since(earlier), None);
    }

    #[test]
    fn old_kernels_with_fewer_columns_and_nonsense() {
        assert_eq!(CpuTime::parse("cpu 1 2 3 4\n"), Some(CpuTime { busy: 6, total: 10 }));
        assert_eq!(CpuTime::parse("cpu a b\n"), None);
        assert_eq!(CpuTime::parse(""), None);
    }
}
