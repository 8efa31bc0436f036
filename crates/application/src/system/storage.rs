//! Room for what is kept: a quota for samples, and a floor of free space on the disk. At either, samples are shed, oldest first; state
//! never is.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use vigie_domain::alerts::Severity;
use vigie_domain::system::{DiskRoom, Event, StateDisk, Subject, event_types};
use vigie_domain::telemetry::{KeepFrom, SampleStoreInfo};
use vigie_domain::{Id, Result, Timestamp};

use crate::{CallContext, Core};

/// The subject of events about the store of samples.
const SAMPLES: Id = Id::fixed(202);
/// Of quota or floor, what is pressure before it is reached.
const WARN: f64 = 0.8;
/// Of the time that samples span, what goes at once.
const STEP: u32 = 20;
/// Samples younger than this are never shed, and no less than it goes at once.
const LEAST: Duration = Duration::from_hours(1);
/// Growth is told of so long a time at least.
const SEEN: Duration = Duration::from_mins(30);
/// And of so long at most.
const REMEMBERED: Duration = Duration::from_hours(24);
/// Sizes remembered.
const MOST_SIZES: usize = 1_000;

/// How pressed for room the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// There is room.
    #[default]
    None,
    /// Less than a fifth is left.
    Low,
    /// A limit is reached: samples are shed.
    Shedding,
}

impl Pressure {
    /// Its name in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "ok",
            Self::Low => "low",
            Self::Shedding => "shedding",
        }
    }
}

/// What is known of room.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Storage {
    /// Room on the disk of the state; `None` where it cannot be asked.
    pub disk: Option<DiskRoom>,
    /// Bytes within the files of samples that can be written anew.
    pub reusable_bytes: u64,
    /// What samples take without that.
    pub samples_bytes: u64,
    /// Days until a limit is reached at the growth of the last day; `None` while nothing grows or too little is known.
    pub days_left: Option<f64>,
    /// How pressed it is.
    pub pressure: Pressure,
}

/// Limits, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Samples take no more; zero: as much as there is.
    pub samples_quota: u64,
    /// Events take no more; zero: as much as there is.
    pub events_quota: u64,
    /// So much of the disk stays free.
    pub floor: u64,
}

/// Watches room, and says how much of the samples has to go.
pub struct StorageKeeper {
    core: Core,
    disk: Arc<dyn StateDisk>,
    limits: Limits,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    now: Storage,
    /// What samples took, in order of time.
    sizes: VecDeque<(Timestamp, u64)>,
    /// From when on things are kept since shedding began: whole windows go, which may take several steps.
    shed_to: Option<KeepFrom>,
}

impl StorageKeeper {
    /// A keeper of these limits.
    pub fn new(core: &Core, disk: Arc<dyn StateDisk>, limits: Limits) -> Self {
        // what is free is known at once; what grows, at the first look
        let now = Storage { disk: disk.room().ok(), ..Storage::default() };
        Self { core: core.clone(), disk, limits, book: Mutex::new(Book { now, ..Book::default() }) }
    }

    /// What the last look found.
    pub fn seen(&self) -> Storage {
        self.lock().now
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether there is no room on the disk now: what is free, and what files of samples can write anew, is no more than is to stay free.
    pub fn is_at_floor(&self) -> bool {
        let reusable = self.seen().reusable_bytes;
        self.disk.room().is_ok_and(|disk| disk.free_bytes + reusable <= self.limits.floor)
    }

    /// Looks at the room there is, tells of a change, and moves forward from when on things are kept where there is none left.
    ///
    /// # Errors
    /// The disk cannot be asked, or the event not be written; `keep_from` is right then too.
    pub async fn look(&self, info: &SampleStoreInfo, now: Timestamp, keep_from: &mut KeepFrom) -> Result<()> {
        let disk = self.disk.room()?;
        let (before, found) = {
            let mut book = self.lock();
            let found = judge(&mut book.sizes, disk, info, self.limits, now);
            (std::mem::replace(&mut book.now, found), found)
        };
        metrics::gauge!("storage_free_bytes").set(disk.free_bytes as f64);
        metrics::gauge!("samples_bytes").set(found.samples_bytes as f64);
        if found.pressure == Pressure::Shedding {
            let mut book = self.lock();
            if let Some(before) = book.shed_to {
                *keep_from = later(*keep_from, before);
            }
            shed(info, now, keep_from);
            book.shed_to = Some(*keep_from);
            metrics::counter!("samples_shed_total").increment(1);
        } else {
            self.lock().shed_to = None;
        }
        if before.pressure != found.pressure {
            self.tell(before, found, now).await?;
        }
        Ok(())
    }

    async fn tell(&self, before: Storage, found: Storage, now: Timestamp) -> Result<()> {
        let severity = match found.pressure {
            Pressure::None => Severity::Info,
            Pressure::Low => Severity::Warning,
            Pressure::Shedding => Severity::Critical,
        };
        tracing::warn!(
            pressure = found.pressure.word(),
            free_bytes = found.disk.map(|d| d.free_bytes),
            samples_bytes = found.samples_bytes,
            "room"
        );
        let subject = Subject::new("store", SAMPLES, "samples");
        let data = json!({"pressure": found.pressure.word(), "free_bytes": found.disk.map(|d| d.free_bytes), "floor_bytes": self.limits.floor,
            "samples_bytes": found.samples_bytes, "quota_bytes": self.limits.samples_quota, "days_left": found.days_left});
        let event = Event::new(event_types::STORAGE_PRESSURE, now, subject, None).severity(severity);
        let event = event.data(data).previous(json!({"pressure": before.pressure.word()}));
        let cx = CallContext::system(now);
        let mut unit = self.core.unit(&cx).await?;
        unit.event(event).await?;
        unit.commit().await
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn judge(sizes: &mut VecDeque<(Timestamp, u64)>, disk: DiskRoom, info: &SampleStoreInfo, limits: Limits, now: Timestamp) -> Storage {
    let reusable_bytes = info.reusable_bytes.unwrap_or(0);
    let samples_bytes = info.bytes.saturating_sub(reusable_bytes);
    let per_day = growth(sizes, samples_bytes, now);
    // a server of its own has a disk of its own, and does not tell what of its files it can write anew
    let is_here = info.reusable_bytes.is_some();
    let left_on_disk = is_here.then(|| (disk.free_bytes + reusable_bytes).saturating_sub(limits.floor));
    let left_of_quota = (is_here && limits.samples_quota > 0).then(|| limits.samples_quota.saturating_sub(samples_bytes));
    let left = left_on_disk.into_iter().chain(left_of_quota).min();
    let is_low = left_of_quota.is_some_and(|left| (left as f64) < (1.0 - WARN) * limits.samples_quota as f64)
        || left_on_disk.is_some_and(|left| (left as f64) < (1.0 / WARN - 1.0) * limits.floor as f64);
    let pressure = match left {
        Some(0) => Pressure::Shedding,
        _ if is_low => Pressure::Low,
        _ => Pressure::None,
    };
    let days_left = left.zip(per_day.filter(|bytes| *bytes > 0.0)).map(|(left, per_day)| left as f64 / per_day);
    Storage { disk: Some(disk), reusable_bytes, samples_bytes, days_left, pressure }
}

/// Bytes a day by which samples grew over what is remembered; `None` while that is too short.
fn growth(sizes: &mut VecDeque<(Timestamp, u64)>, bytes: u64, now: Timestamp) -> Option<f64> {
    while sizes.len() >= MOST_SIZES || sizes.front().is_some_and(|(at, _)| now.since(*at) > REMEMBERED) {
        sizes.pop_front();
    }
    sizes.push_back((now, bytes));
    let (first, before) = *sizes.front()?;
    let seen = now.since(first);
    (seen >= SEEN).then(|| (bytes as f64 - before as f64) / (seen.as_secs_f64() / 86_400.0))
}

fn later(a: KeepFrom, b: KeepFrom) -> KeepFrom {
    KeepFrom { samples: a.samples.max(b.samples), five_minutes: a.five_minutes.max(b.five_minutes), hours: a.hours.max(b.hours) }
}

/// A part of the oldest samples goes; rollups, which are small, only once no samples are left to shed.
fn shed(info: &SampleStoreInfo, now: Timestamp, keep_from: &mut KeepFrom) {
    let youngest = now.minus(LEAST);
    let [five_minutes, hours] = info.oldest_rollups;
    let layers = [(info.oldest, &mut keep_from.samples), (five_minutes, &mut keep_from.five_minutes), (hours, &mut keep_from.hours)];
    for (oldest, keep) in layers {
        let Some(oldest) = oldest.map(|oldest| oldest.max(*keep)).filter(|oldest| *oldest < youngest) else { continue };
        let step = (now.since(oldest) / STEP).max(LEAST);
        *keep = oldest.plus(step).min(youngest);
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;
    const DAY: Duration = Duration::from_hours(24);
    const LIMITS: Limits = Limits { samples_quota: 100 * MB, events_quota: 0, floor: 1_000 * MB };

    fn at(bytes: u64, free: u64) -> Storage {
        let info = SampleStoreInfo { bytes, reusable_bytes: Some(0), ..SampleStoreInfo::default() };
        let disk = DiskRoom { free_bytes: free, total_bytes: 100_000 * MB };
        judge(&mut VecDeque::new(), disk, &info, LIMITS, Timestamp(0))
    }

    #[test]
    fn a_quota_and_a_floor_press_before_they_are_reached() {
        assert_eq!(at(79 * MB, 9_000 * MB).pressure, Pressure::None);
        assert_eq!(at(81 * MB, 9_000 * MB).pressure, Pressure::Low);
        assert_eq!(at(100 * MB, 9_000 * MB).pressure, Pressure::Shedding);
        assert_eq!(at(MB, 1_300 * MB).pressure, Pressure::None);
        assert_eq!(at(MB, 1_200 * MB).pressure, Pressure::Low);
        assert_eq!(at(MB, 1_000 * MB).pressure, Pressure::Shedding);
    }

    #[test]
    fn what_a_file_can_write_anew_is_room() {
        let info = SampleStoreInfo { bytes: 150 * MB, reusable_bytes: Some(80 * MB), ..SampleStoreInfo::default() };
        let disk = DiskRoom { free_bytes: 1_190 * MB, total_bytes: 100_000 * MB };
        let found = judge(&mut VecDeque::new(), disk, &info, LIMITS, Timestamp(0));
        assert_eq!((found.samples_bytes, found.pressure), (70 * MB, Pressure::None), "shedding ends though the file stays as large");
    }

    #[test]
    fn the_disk_here_is_not_that_of_a_server() {
        let info = SampleStoreInfo { bytes: MB, reusable_bytes: None, ..SampleStoreInfo::default() };
        let disk = DiskRoom { free_bytes: 0, total_bytes: 100 * MB };
        assert_eq!(judge(&mut VecDeque::new(), disk, &info, LIMITS, Timestamp(0)).pressure, Pressure::None);
        let large = SampleStoreInfo { bytes: 500 * MB, ..info };
        assert_eq!(judge(&mut VecDeque::new(), disk, &large, LIMITS, Timestamp(0)).pressure, Pressure::None);
    }

    #[test]
    fn days_left_follow_from_growth() {
        let mut sizes = VecDeque::new();
        assert_eq!(growth(&mut sizes, 10 * MB, Timestamp(0)), None);
        let per_day = growth(&mut sizes, 11 * MB, Timestamp(0).plus(Duration::from_hours(1))).unwrap();
        assert!((per_day - 24e6).abs() < 1.0);
        let info = SampleStoreInfo { bytes: 52 * MB, reusable_bytes: Some(0), ..SampleStoreInfo::default() };
        let disk = DiskRoom { free_bytes: 9_000 * MB, total_bytes: 100_000 * MB };
        let found = judge(&mut sizes, disk, &info, LIMITS, Timestamp(0).plus(DAY));
        assert!((found.days_left.unwrap() - 48.0 / 42.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn the_oldest_samples_go_first_and_rollups_last() {
        let now = Timestamp(0).plus(DAY * 100);
        let info = SampleStoreInfo {
            oldest: Some(now.minus(DAY * 20)),
            oldest_rollups: [Some(now.minus(DAY * 40)), Some(now.minus(DAY * 80))],
            ..SampleStoreInfo::default()
        };
        let start = KeepFrom { samples: now.minus(DAY * 30), five_minutes: now.minus(DAY * 90), hours: Timestamp(0) };
        let mut keep = start;
        shed(&info, now, &mut keep);
        assert_eq!(keep, KeepFrom { samples: now.minus(DAY * 19), ..start });
        let bare = SampleStoreInfo { oldest: Some(now.minus(LEAST / 2)), ..info };
        keep = start;
        shed(&bare, now, &mut keep);
        assert_eq!(keep, KeepFrom { five_minutes: now.minus(DAY * 38), ..start }, "samples of the last hour stay");
    }
}
