//! Load, uptime and open files: `/proc/loadavg`, `/proc/uptime`, `/proc/sys/fs/file-nr`.

/// Mean number of runnable and blocked tasks over the last minute (proc_loadavg(5)).
pub fn load_1m(text: &str) -> Option<f64> {
    first(text).filter(|load| *load >= 0.0)
}

/// Seconds since boot.
pub fn uptime_seconds(text: &str) -> Option<f64> {
    first(text).filter(|seconds| *seconds >= 0.0)
}

/// Open file handles of the whole host.
pub fn open_files(text: &str) -> Option<u64> {
    let mut words = text.split_ascii_whitespace();
    let allocated: u64 = words.next()?.parse().ok()?;
    // the second word counts handles that are allocated but free; kernels since 2.6 always say 0
    let unused: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    Some(allocated.saturating_sub(unused))
}

fn first(text: &str) -> Option<f64> {
    text.split_ascii_whitespace().next()?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_writes() {
        assert_eq!(load_1m("0.46 0.57 0.27 1/87 12044\n"), Some(0.46));
        assert_eq!(uptime_seconds("612.15 936.32\n"), Some(612.15));
        assert_eq!(open_files("449\t0\t2466177\n"), Some(449));
    }

    #[test]
    fn refuses_nonsense() {
        assert_eq!(load_1m(""), None);
        assert_eq!(load_1m("nan"), None);
        assert_eq!(uptime_seconds("-1"), None);
        assert_eq!(open_files("many"), None);
    }
}
