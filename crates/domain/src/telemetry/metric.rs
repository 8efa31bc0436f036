//! The metrics Vigie keeps, in sets: one set is one wide row a subject and poll.

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Name in the API, with its unit where it has one: `in_bps`.
    pub name: &'static str,
    /// Unit: `bit/s`, `packet/s`, `ratio`, `ms`, `s`, `byte`, `1/s`.
    pub unit: &'static str,
    /// What one stored step is worth: values are kept as whole multiples of it (0.01 keeps two decimals).
    pub step: f64,
}

/// Metrics that are read together of one kind of subject.
#[derive(Debug)]
pub struct MetricSet {
    /// Short name, stable: it stands in the store.
    pub name: &'static str,
    /// Its metrics; only ever appended to.
    pub metrics: &'static [Metric],
}

impl MetricSet {
    /// Where a metric stands in the set.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|m| m.name == name)
    }
}

const fn metric(name: &'static str, unit: &'static str, step: f64) -> Metric {
    Metric { name, unit, step }
}

/// Of an interface: rates over one poll interval (IF-MIB).
pub static INTERFACE: MetricSet = MetricSet {
    name: "interface",
    metrics: &[
        metric("in_bps", "bit/s", 1.0),
        metric("out_bps", "bit/s", 1.0),
        metric("in_pps", "packet/s", 0.1),
        metric("out_pps", "packet/s", 0.1),
        metric("in_errors_per_second", "1/s", 0.001),
        metric("out_errors_per_second", "1/s", 0.001),
        metric("in_discards_per_second", "1/s", 0.001),
        metric("out_discards_per_second", "1/s", 0.001),
        metric("utilisation_ratio", "ratio", 0.0001),
        metric("up", "ratio", 1.0),
        metric("in_multicast_pps", "packet/s", 0.1),
        metric("out_multicast_pps", "packet/s", 0.1),
        metric("in_broadcast_pps", "packet/s", 0.1),
        metric("out_broadcast_pps", "packet/s", 0.1),
    ],
};

/// Of a device.
pub static DEVICE: MetricSet = MetricSet {
    name: "device",
    metrics: &[
        metric("up", "ratio", 1.0),
        metric("latency_ms", "ms", 0.001),
        metric("loss_ratio", "ratio", 0.0001),
        metric("cpu_ratio", "ratio", 0.0001),
        metric("memory_used_bytes", "byte", 1024.0),
        metric("memory_total_bytes", "byte", 1024.0),
        metric("memory_used_ratio", "ratio", 0.0001),
        metric("storage_used_ratio", "ratio", 0.0001),
        metric("uptime_seconds", "s", 1.0),
        metric("poll_duration_ms", "ms", 0.1),
    ],
};

/// Of a check.
pub static CHECK: MetricSet = MetricSet {
    name: "check",
    metrics: &[
        metric("up", "ratio", 1.0),
        metric("latency_ms", "ms", 0.001),
        metric("loss_ratio", "ratio", 0.0001),
        metric("jitter_ms", "ms", 0.001),
    ],
};

/// The set of this name.
pub fn metric_set(name: &str) -> Option<&'static MetricSet> {
    [&INTERFACE, &DEVICE, &CHECK].into_iter().find(|set| set.name == name)
}
