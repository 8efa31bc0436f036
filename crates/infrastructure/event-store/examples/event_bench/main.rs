//! Figures of a store of events, one JSON object on the standard output:
//! - `event_bench ingest EVENTS RATE`: events taken in, at full speed and at a steady rate, by the embedded engine;
//! - `event_bench search EVENTS DAYS PLACE`: searches in so many events of so many days, in a folder or in the cluster at an address. What
//!   a folder has from a run before is not made again;
//! - `event_bench bulk EVENTS FOLDER`: writes the same events as bodies of `_bulk` requests for the index `events`.
//!
//! Events are made while they are taken in, on the same cores; what that costs is part of the figures.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

mod bulk;
mod feed;
mod figures;
mod ingest;
mod search;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::telemetry::EventStore;
use vigie_event_store::{ClusterSettings, EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;

// that of the binary
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let figures = match words[..] {
        ["ingest", events, rate] => {
            let (tracker, store) = open(temporary.path(), EngineSettings::Embedded(EmbeddedSettings::default())).await;
            let figures = ingest::run(&store, number(events), number(rate)).await;
            close(tracker, store).await;
            figures
        }
        ["search", events, days, place] => {
            let (folder, engine) = match place.strip_prefix("http") {
                Some(_) => (temporary.path(), EngineSettings::Cluster(ClusterSettings::of(vec![place.parse().unwrap()]))),
                None => (Path::new(place), EngineSettings::Embedded(EmbeddedSettings::default())),
            };
            let (tracker, store) = open(folder, engine.clone()).await;
            search::fill(&store, number(events), number(days)).await;
            close(tracker, store).await;
            // what is remembered of a segment is to be read anew
            let (tracker, store) = open(folder, engine).await;
            let figures = search::run(&store, number(days)).await;
            close(tracker, store).await;
            figures
        }
        ["bulk", events, folder] => bulk::write(Path::new(folder), number(events)),
        _ => panic!("usage: event_bench ingest EVENTS RATE | search EVENTS DAYS PLACE | bulk EVENTS FOLDER"),
    };
    println!("{figures}");
}

async fn open(folder: &Path, engine: EngineSettings) -> (Tracker, Arc<dyn EventStore>) {
    let tracker = Tracker::new(&["stores"]);
    let settings = EventStoreSettings { folder: folder.to_owned(), node: 1, log: WalSettings::default(), log_storage: None, engine };
    let store = vigie_event_store::open(settings, &tracker.stage("stores")).await.unwrap();
    (tracker, store)
}

async fn close(tracker: Tracker, store: Arc<dyn EventStore>) {
    store.close().await.unwrap();
    tracker.shutdown(Duration::from_mins(1)).await;
}
