//! The folder of backups on a real disk, of a real store, by real jobs.

mod copies;

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use vigie_application::backups::{
    BackupRules, BackupScheduler, Backups, Begun, CheckBackup, Destination, DrillBackup, MakeBackup, Retention, id_of,
};
use vigie_application::jobs::{JobFeed, JobHandler, JobHandlers, JobRunner, Jobs};
use vigie_application::{CallContext, Core, Settings};
use vigie_domain::query::ListQuery;
use vigie_domain::store::Read as _;
use vigie_domain::system::{
    Backup, BackupCheck, BackupContent, BackupCopy, BackupFolder, BackupOrigin, BackupWatch, Event, Job, JobStatus, event_types,
};
use vigie_domain::{Id, ObjectScope, Result, Scope};
use vigie_sql_store::{SqlSampleStore, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::passwords::NoPasswords;
use vigie_testkit::sealer::PlainSealer;

use super::*;

const DAY: Duration = Duration::from_hours(24);
/// Nothing in these tests takes longer on the slowest machine.
const LONG: Duration = Duration::from_mins(2);

/// A store with its backups, where nothing runs before it is told to.
struct Desk {
    home: TempDir,
    core: Core,
    clock: Arc<ManualClock>,
    vault: Arc<Vault>,
    backups: Backups,
    feed: JobFeed,
    handlers: JobHandlers,
}

/// What a state folder has.
pub(super) fn stand_in(home: &Path) -> Stand {
    Stand {
        place: Place::Folder(home.to_owned()),
        key_file: home.join("master.key"),
        tls_folder: home.join("tls"),
        events: EventsKept::Included,
        events_folder: home.join("events"),
    }
}

async fn desk(passphrase: Option<&str>) -> Desk {
    desk_with(passphrase, Vec::new()).await
}

async fn desk_with(passphrase: Option<&str>, destinations: Vec<Destination>) -> Desk {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let core = Core {
        store: Arc::new(SqlStore::open(&home.path().join(STATE), clock.clone()).await.unwrap()),
        clock: clock.clone(),
        sealer: Arc::new(PlainSealer),
        passwords: Arc::new(NoPasswords),
        settings: Arc::new(Settings::default()),
        bus: Arc::default(),
    };
    let samples = Arc::new(SqlSampleStore::open(&home.path().join(SAMPLES)).await.unwrap());
    let stand = stand_in(home.path());
    let vault = Arc::new(Vault::new(home.path().join("backups"), stand, passphrase.map(Secret::new)));
    let rules = BackupRules {
        schedule: Some("0 3 * * *".to_owned()),
        drill_schedule: Some("* * * * *".to_owned()),
        retention: Retention { keep_last: 2, keep_for: Duration::ZERO },
    };
    let backups = Backups::new(&core, samples, vault.clone(), rules).copied_to(destinations);
    let handlers: [Arc<dyn JobHandler>; 3] =
        [Arc::new(MakeBackup(backups.clone())), Arc::new(CheckBackup(backups.clone())), Arc::new(DrillBackup(backups.clone()))];
    backups.begin().await;
    Desk { home, core, clock, vault, backups, feed: JobFeed::default(), handlers: JobHandlers::new(handlers) }
}

impl Desk {
    fn cx(&self) -> CallContext {
        CallContext::system(self.core.now())
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("backups")
    }

    /// Has jobs carried until this one stands so.
    async fn carried(&self, id: Id, status: JobStatus) -> Job {
        let (mut feed, stop) = (self.feed.subscribe(), CancellationToken::new());
        let runner = tokio::spawn(JobRunner::new(&self.core, &self.feed, &self.handlers, 2).run(stop.clone()));
        let seen = tokio::time::timeout(LONG, async {
            loop {
                let job = feed.recv().await.unwrap();
                if job.id == id && job.status.is_final() {
                    return (*job).clone();
                }
            }
        });
        let job = seen.await.expect("the job does not end");
        stop.cancel();
        runner.await.unwrap();
        assert_eq!(job.status, status, "{:?}", job.error);
        job
    }

    /// The job that waits to be carried.
    async fn waiting(&self) -> Id {
        let jobs: Vec<Job> = self.core.store.all(&Scope::system(), Vec::new()).await.unwrap();
        jobs.into_iter().find(|job| job.status == JobStatus::Queued).unwrap().id
    }

    async fn made(&self) -> Backup {
        let Begun { id, job_id } = self.backups.create(&self.cx()).await.unwrap();
        self.carried(job_id, JobStatus::Succeeded).await;
        self.backups.get(&self.cx(), id).await.unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let page = self.backups.list(&self.cx(), &ListQuery::all(100).order("name", false)).await.unwrap();
        page.results.into_iter().map(|backup| backup.name).collect()
    }

    async fn told(&self) -> Vec<(String, String)> {
        let events: Vec<Event> = self.core.store.all(&Scope::system(), Vec::new()).await.unwrap();
        let events = events.into_iter().filter(|event| event.kind == event_types::SERVICE_STATUS_CHANGED);
        let word = |json: Option<serde_json::Value>| json.unwrap()["status"].as_str().unwrap().to_owned();
        events.map(|event| (word(event.previous), word(event.data))).collect()
    }
}

#[tokio::test]
async fn nightly_backups_come_and_those_of_long_ago_go() {
    let desk = desk(None).await;
    let mut scheduler = BackupScheduler::of_backups(&desk.backups);
    assert!(!scheduler.turn().await.unwrap(), "a new server waits for its first night");
    let mine = desk.made().await;
    let mut nights = Vec::new();
    for _ in 0..4 {
        desk.clock.advance(DAY);
        assert!(scheduler.turn().await.unwrap());
        assert!(!scheduler.turn().await.unwrap(), "once a night");
        desk.carried(desk.waiting().await, JobStatus::Succeeded).await;
        nights.push(desk.names().await.pop().unwrap());
    }
    // what a person made is no concern of the schedule
    assert_eq!(desk.names().await, [&mine.name, &nights[2], &nights[3]].map(String::clone));
    let newest = desk.backups.get(&desk.cx(), id_of(&nights[3])).await.unwrap();
    assert_eq!((newest.origin, newest.check), (Some(BackupOrigin::Schedule), BackupCheck::Passed));
    assert_eq!(std::fs::metadata(desk.folder()).unwrap().mode() & 0o777, 0o700);
    // notes go with what they are about
    let files = std::fs::read_dir(desk.folder()).unwrap().filter(|f| f.as_ref().unwrap().file_type().unwrap().is_file());
    assert_eq!(files.count(), 6);
    assert_eq!(std::fs::read_dir(desk.folder().join(".work")).unwrap().count(), 0);
}

#[tokio::test]
async fn one_that_was_missed_is_made_at_the_start() {
    let desk = desk(None).await;
    desk.made().await;
    desk.clock.advance(DAY * 3);
    desk.backups.begin().await;
    assert_eq!(desk.backups.state().status, "degraded", "two were missed");
    assert!(BackupScheduler::of_backups(&desk.backups).turn().await.unwrap());
    desk.carried(desk.waiting().await, JobStatus::Succeeded).await;
}

#[tokio::test]
async fn one_at_a_time() {
    let desk = desk(None).await;
    let mut scheduler = BackupScheduler::of_backups(&desk.backups);
    let first = desk.backups.create(&desk.cx()).await.unwrap();
    desk.clock.advance(DAY);
    assert!(!scheduler.turn().await.unwrap(), "the one that is being made takes its place");
    let second = desk.backups.create(&desk.cx()).await.unwrap_err();
    assert!(second.code() == "conflict" && second.detail().contains(&first.job_id.to_string()), "{second}");
    desk.carried(first.job_id, JobStatus::Succeeded).await;
    assert!(!scheduler.turn().await.unwrap(), "nor does it come later");
    desk.clock.advance(DAY);
    assert!(scheduler.turn().await.unwrap(), "the next night has its own");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_fails_the_job_and_is_told_until_it_can() {
    let desk = desk(None).await;
    let mut scheduler = BackupScheduler::of_backups(&desk.backups);
    desk.clock.advance(DAY);
    std::fs::write(desk.folder(), "a file where the folder belongs").unwrap();
    let refused = desk.backups.create(&desk.cx()).await.unwrap_err();
    assert!(refused.detail().contains(desk.folder().to_str().unwrap()) && refused.solution_text().unwrap().contains("backup.folder"));
    assert!(scheduler.turn().await.unwrap());
    let job = desk.carried(desk.waiting().await, JobStatus::Failed).await;
    assert!(job.error.unwrap().contains("backups cannot be kept at "));
    let state = desk.backups.state();
    assert!(state.status == "unhealthy" && state.detail.contains("backups cannot be kept at ") && state.figures.failures == 1, "{state:?}");
    // a new process knows of it too
    std::fs::remove_file(desk.folder()).unwrap();
    desk.backups.begin().await;
    assert_eq!(desk.backups.state().status, "unhealthy");
    desk.made().await;
    assert_eq!((desk.backups.state().status, desk.backups.state().figures.failure), ("healthy", None));
    let told = |before: &str, after: &str| (before.to_owned(), after.to_owned());
    assert_eq!(desk.told().await, [told("healthy", "unhealthy"), told("unhealthy", "healthy")]);
}

#[tokio::test]
async fn a_cancelled_one_leaves_nothing() {
    let desk = desk(None).await;
    let turn = desk.vault.busy.lock().await;
    let begun = desk.backups.create(&desk.cx()).await.unwrap();
    let jobs = Jobs::new(&desk.core, &desk.feed, &desk.handlers);
    let cancel = async {
        let mut feed = desk.feed.subscribe();
        while feed.recv().await.unwrap().status != JobStatus::Running {}
        jobs.cancel(&desk.cx(), begun.job_id).await.unwrap();
    };
    tokio::join!(desk.carried(begun.job_id, JobStatus::Cancelled), cancel);
    drop(turn);
    assert_eq!(desk.names().await, [""; 0]);
    assert_eq!((desk.backups.state().status, desk.told().await.len()), ("healthy", 0), "nothing failed");
    desk.made().await;
}

#[tokio::test]
async fn what_lies_in_the_folder_is_what_there_is() {
    let desk = desk(None).await;
    let made = desk.made().await;
    let path = |name: &str| desk.folder().join(name);
    std::fs::write(path("notes.txt"), "text").unwrap();
    std::fs::write(path("garbage.vigie"), "text").unwrap();
    std::fs::create_dir(path("folder.vigie")).unwrap();
    std::fs::write(desk.home.path().join("outside.vigie"), "text").unwrap();
    symlink(desk.home.path().join("outside.vigie"), path("link.vigie")).unwrap();
    std::fs::copy(path(&made.name), path("copied.vigie")).unwrap();
    assert_eq!(desk.names().await, ["copied.vigie", "garbage.vigie", &made.name]);
    let get = async |name: &str| desk.backups.get(&desk.cx(), id_of(name)).await;
    for outside in ["link.vigie", "../outside.vigie", "folder.vigie", "notes.txt"] {
        assert_eq!(get(outside).await.unwrap_err().code(), "not_found", "{outside}");
        assert_eq!(desk.vault.remove(outside).await.is_err(), outside != "link.vigie", "{outside}");
    }
    assert!(desk.home.path().join("outside.vigie").exists());
    let copied = get("copied.vigie").await.unwrap();
    assert_eq!((copied.origin, copied.check, copied.rows), (None, BackupCheck::Unknown, made.rows));
    assert_eq!(get("garbage.vigie").await.unwrap().check, BackupCheck::Failed);

    // one that takes the place of another is not told what was found out about that
    let mut octets = std::fs::read(path(&made.name)).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::remove_file(path(&made.name)).unwrap();
    std::fs::write(path(&made.name), octets).unwrap();
    let replaced = get(&made.name).await.unwrap();
    assert_eq!((replaced.origin, replaced.check), (None, BackupCheck::Unknown));
    let job = desk.backups.verify(&desk.cx(), made.id).await.unwrap();
    let job = desk.carried(job.id, JobStatus::Failed).await;
    assert!(job.error.unwrap().contains("the backup is damaged: "));
    assert_eq!(get(&made.name).await.unwrap().check, BackupCheck::Failed);
    let job = desk.backups.verify(&desk.cx(), copied.id).await.unwrap();
    desk.carried(job.id, JobStatus::Succeeded).await;
    assert_eq!(get("copied.vigie").await.unwrap().check, BackupCheck::Passed);

    desk.backups.delete(&desk.cx(), copied.id).await.unwrap();
    assert!(!path("copied.vigie").exists() && !path("copied.vigie.json").exists());
    assert_eq!(desk.backups.delete(&desk.cx(), copied.id).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn what_a_process_left_that_was_killed_is_removed() {
    let desk = desk(None).await;
    let left = desk.folder().join(".work/.vigie-backup-x");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("vigie.db"), "half").unwrap();
    desk.vault.tidy();
    assert!(!desk.folder().join(".work").exists());
    // of one that was killed between the last octet and the notes, the job goes on where it was
    let made = desk.made().await;
    std::fs::remove_file(notes::path(&desk.folder().join(&made.name))).unwrap();
    let again = desk.vault.make(&made.name, BackupOrigin::Schedule, Arc::new(Heedless)).await.unwrap();
    assert_eq!((again.size_bytes, again.origin), (made.size_bytes, Some(BackupOrigin::Schedule)));
}

struct Heedless;

#[async_trait]
impl BackupWatch for Heedless {
    fn at(&self, _: u64, _: u64, _: &str) {}

    fn is_stopped(&self) -> bool {
        false
    }

    async fn stopped(&self) {
        std::future::pending().await
    }
}

#[tokio::test]
async fn authority_and_certificate_come_back_under_a_passphrase_alone() {
    let tls = |folder: &Path| ["ca.pem", "ca.key", "server.pem", "server.key"].map(|file| folder.join("tls").join(file));
    for passphrase in [None, Some("correct horse battery staple")] {
        let desk = desk(passphrase).await;
        std::fs::create_dir(desk.home.path().join("tls")).unwrap();
        for file in tls(desk.home.path()) {
            std::fs::write(&file, file.to_str().unwrap()).unwrap();
        }
        let made = desk.made().await;
        assert_eq!(made.encrypted, passphrase.is_some());
        let elsewhere = tempfile::tempdir().unwrap();
        let home = elsewhere.path().to_owned();
        let stand = stand_in(&home);
        let tell: Tell = Arc::new(|_, _, _| true);
        let file = desk.folder().join(&made.name);
        let restored = restore(&stand, &file, passphrase.map(Secret::new).as_ref(), &tell).await.unwrap();
        if passphrase.is_none() {
            assert!(restored.tls == TlsNote::Absent && !home.join("tls").exists());
            continue;
        }
        assert_eq!(restored.tls, TlsNote::Written(home.join("tls")));
        for (there, here) in tls(desk.home.path()).iter().zip(tls(&home)) {
            assert_eq!(std::fs::read(there).unwrap(), std::fs::read(&here).unwrap());
            let secret = here.extension().unwrap() == "key";
            assert_eq!(std::fs::metadata(&here).unwrap().mode() & 0o777, if secret { 0o600 } else { 0o644 });
        }
        std::fs::remove_file(home.join(STATE)).unwrap();
        std::fs::remove_file(home.join(SAMPLES)).unwrap();
        std::fs::write(home.join("tls/ca.pem"), "another").unwrap();
        let again = restore(&stand, &file, passphrase.map(Secret::new).as_ref(), &tell).await.unwrap();
        assert_eq!(again.tls, TlsNote::Kept(home.join("tls")));
        assert_eq!(std::fs::read(home.join("tls/ca.pem")).unwrap(), b"another");
    }
}

#[tokio::test]
async fn the_newest_is_brought_back_when_a_drill_is_due_and_what_does_not_come_back_is_told() {
    let desk = desk(Some("correct horse battery staple")).await;
    let mut drills = BackupScheduler::of_drills(&desk.backups);
    desk.clock.advance(Duration::from_mins(1));
    assert!(!drills.turn().await.unwrap(), "there is nothing to bring back");
    let made = desk.made().await;
    assert_eq!((made.drill, desk.backups.state().figures.last_drill_success_at), (BackupCheck::Unknown, None));
    desk.clock.advance(Duration::from_mins(1));
    assert!(drills.turn().await.unwrap());
    assert!(!drills.turn().await.unwrap(), "once a minute");
    desk.carried(desk.waiting().await, JobStatus::Succeeded).await;
    let drilled = desk.backups.get(&desk.cx(), made.id).await.unwrap();
    assert_eq!((drilled.drill, drilled.drill_problem, drilled.check), (BackupCheck::Passed, None, BackupCheck::Passed));
    assert!(drilled.drilled_at.is_some() && desk.backups.state().figures.last_drill_success_at.is_some());
    assert_eq!(std::fs::read_dir(desk.folder().join(".work")).unwrap().count(), 0, "what was brought back is removed");

    let file = desk.folder().join(&made.name);
    let mut octets = std::fs::read(&file).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&file, octets).unwrap();
    desk.clock.advance(Duration::from_secs(1));
    let job = desk.backups.drill(&desk.cx(), made.id).await.unwrap();
    let job = desk.carried(job.id, JobStatus::Failed).await;
    let why = job.error.unwrap();
    assert!(why.contains("the backup cannot be brought back: "), "{why}");
    let drilled = desk.backups.get(&desk.cx(), made.id).await.unwrap();
    assert!(drilled.drill == BackupCheck::Failed && drilled.drill_problem.unwrap().contains("cannot be opened"));
    // a new process knows of it too
    desk.backups.begin().await;
    let state = desk.backups.state();
    assert!(state.status == "degraded" && state.detail.contains("the last drill failed: the backup cannot be brought back"), "{state:?}");
    desk.clock.advance(Duration::from_secs(1));
    let second = desk.made().await;
    assert_eq!(desk.backups.state().status, "degraded", "another one may not come back either");
    let job = desk.backups.drill(&desk.cx(), second.id).await.unwrap();
    desk.carried(job.id, JobStatus::Succeeded).await;
    assert_eq!(desk.backups.state().status, "healthy");
    let told = |before: &str, after: &str| (before.to_owned(), after.to_owned());
    assert_eq!(desk.told().await, [told("healthy", "degraded"), told("degraded", "healthy")]);
}

/// A folder on a disk that is nearly full.
struct Full;

#[async_trait]
impl BackupFolder for Full {
    fn place(&self) -> String {
        "/full".to_owned()
    }

    async fn list(&self) -> Result<Vec<Backup>> {
        Ok(Vec::new())
    }

    async fn free_bytes(&self) -> Result<u64> {
        Ok(1_000_000)
    }

    async fn make(&self, name: &str, _: BackupOrigin, _: Arc<dyn BackupWatch>) -> Result<Backup> {
        panic!("{name} is begun")
    }

    async fn check(&self, name: &str, _: Arc<dyn BackupWatch>) -> Result<Backup> {
        panic!("{name} is checked")
    }

    async fn drill(&self, name: &str, _: Arc<dyn BackupWatch>) -> Result<Backup> {
        panic!("{name} is tried out")
    }

    async fn note_copy(&self, name: &str, _: BackupCopy) -> Result<()> {
        panic!("{name} is noted")
    }

    async fn open(&self, name: &str) -> Result<BackupContent> {
        panic!("{name} is opened")
    }

    async fn remove(&self, name: &str) -> Result<()> {
        panic!("{name} is removed")
    }
}

#[tokio::test]
async fn without_room_none_is_begun_and_what_is_missing_is_told() {
    let desk = desk(None).await;
    let samples = Arc::new(SqlSampleStore::open(&desk.home.path().join("others.db")).await.unwrap());
    let rules = BackupRules { schedule: None, drill_schedule: None, retention: Retention { keep_last: 1, keep_for: DAY } };
    let full = Backups::new(&desk.core, samples, Arc::new(Full), rules);
    let error = full.create(&desk.cx()).await.unwrap_err();
    let told = error.detail();
    assert!(
        error.code() == "conflict" && told.starts_with("a backup needs up to ") && told.ends_with("are missing: 1.0 MB are free"),
        "{told}"
    );
    assert_eq!(full.state().status, "not_configured");
    assert!(full.state().solution.unwrap().contains("backup.schedule"));
}

#[tokio::test]
async fn a_limited_grant_does_not_do() {
    let desk = desk(None).await;
    let made = desk.made().await;
    let mut cx = desk.cx();
    cx.principal.scope = Some(ObjectScope { sites: vec![Id::new()], ..ObjectScope::default() });
    let refused = [
        desk.backups.list(&cx, &ListQuery::all(1)).await.err(),
        desk.backups.get(&cx, made.id).await.err(),
        desk.backups.create(&cx).await.err(),
        desk.backups.verify(&cx, made.id).await.err(),
        desk.backups.drill(&cx, made.id).await.err(),
        desk.backups.download(&cx, made.id).await.err(),
        desk.backups.delete(&cx, made.id).await.err(),
    ];
    assert!(refused.iter().all(|error| error.as_ref().is_some_and(|e| e.code() == "permission_denied")), "{refused:?}");
}
