//! What the examples share: how they take times.
#![expect(dead_code, reason = "each example uses some of it")]

use std::fs;
use std::time::Instant;

/// Milliseconds that one of so many runs takes, after some to warm up.
pub async fn each<T, F: Future<Output = vigie_domain::Result<T>>>(times: u32, run: impl Fn() -> F) -> f64 {
    for _ in 0..5 {
        run().await.unwrap();
    }
    let start = Instant::now();
    for _ in 0..times {
        run().await.unwrap();
    }
    ms(start) / f64::from(times)
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

pub fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// Seconds of processor time of this process (proc(5), clock ticks of 10 ms).
pub fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

pub fn peak_memory_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
