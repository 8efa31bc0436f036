//! A set of metrics at one resolution. Samples and their rollups are kept in the same tables, in the same way: only the columns and the
//! length of a window differ.

use vigie_domain::telemetry::{MetricSet, Resolution, metric_set};

const HOUR: i64 = 3600 * 1000;

/// Columns that a metric has in rollups.
pub(crate) const FIGURES: usize = 4;

/// A set at a resolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer {
    pub(crate) set: &'static MetricSet,
    pub(crate) resolution: Resolution,
}

impl Layer {
    pub(crate) fn new(set: &'static MetricSet, resolution: Resolution) -> Self {
        Self { set, resolution }
    }

    /// The layer of this name in the store, where this program knows it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some(set) = metric_set(name) {
            return Some(Self::new(set, Resolution::Raw));
        }
        let (set, seconds) = name.rsplit_once('_')?;
        let resolution = Resolution::ROLLUPS.into_iter().find(|r| r.width().as_secs().to_string() == seconds)?;
        Some(Self::new(metric_set(set)?, resolution))
    }

    /// Its name in the store.
    pub(crate) fn name(self) -> String {
        match self.resolution {
            Resolution::Raw => self.set.name.to_owned(),
            rollups => format!("{}_{}", self.set.name, rollups.width().as_secs()),
        }
    }

    pub(crate) fn is_raw(self) -> bool {
        self.resolution == Resolution::Raw
    }

    /// Columns of its rows.
    pub(crate) fn columns(self) -> usize {
        self.set.metrics.len() * if self.is_raw() { 1 } else { FIGURES }
    }

    /// The columns of these metrics.
    pub(crate) fn columns_of(self, metrics: &[usize]) -> Vec<usize> {
        if self.is_raw() {
            return metrics.to_vec();
        }
        metrics.iter().flat_map(|metric| metric * FIGURES..(metric + 1) * FIGURES).collect()
    }

    /// Milliseconds of a bucket; 0 of samples.
    pub(crate) fn bucket(self) -> i64 {
        self.resolution.width().as_millis() as i64
    }

    /// Milliseconds of a window: two hours of samples, and of rollups about as many rows. Each is a multiple of the finer ones, and of the
    /// buckets in it.
    pub(crate) fn length(self) -> i64 {
        match self.resolution {
            Resolution::Raw => 2 * HOUR,
            Resolution::FiveMinutes => 24 * HOUR,
            Resolution::Hour => 4 * 24 * HOUR,
        }
    }

    /// The window of a time.
    pub(crate) fn window(self, at: i64) -> i64 {
        at.div_euclid(self.length())
    }
}

#[cfg(test)]
mod tests {
    use vigie_domain::telemetry::{CHECK, DEVICE, INTERFACE};

    use super::*;

    fn all() -> impl Iterator<Item = Layer> {
        let of = |set| [Resolution::Raw, Resolution::FiveMinutes, Resolution::Hour].map(|r| Layer::new(set, r));
        [&INTERFACE, &DEVICE, &CHECK].into_iter().flat_map(of)
    }

    #[test]
    fn names_are_read_back() {
        for layer in all() {
            let read = Layer::named(&layer.name()).unwrap();
            assert_eq!((read.set.name, read.resolution), (layer.set.name, layer.resolution));
        }
        assert!(["interface_60", "nothing_300", ""].iter().all(|name| Layer::named(name).is_none()));
    }

    #[test]
    fn windows_are_whole_buckets_and_whole_finer_windows() {
        let layers = [Resolution::Raw, Resolution::FiveMinutes, Resolution::Hour].map(|r| Layer::new(&CHECK, r));
        for pair in layers.windows(2) {
            assert_eq!(pair[1].length() % pair[0].length(), 0);
            assert_eq!(layers[0].length() % pair[1].bucket(), 0, "a window of samples is whole buckets");
        }
    }

    #[test]
    fn times_before_1970_have_their_window() {
        let layer = Layer::new(&CHECK, Resolution::Raw);
        assert_eq!((layer.window(-1), layer.window(0), layer.window(layer.length())), (-1, 0, 1));
    }
}
