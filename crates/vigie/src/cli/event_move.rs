//! `vigie db move-events`: from the engine within Vigie to a cluster, and back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use vigie_application::telemetry::carry_events;
use vigie_domain::telemetry::EventStore;
use vigie_event_store::LogStorage;
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::Folder;
use vigie_sql_store::transfer::Home;

use super::commands::Bar;
use super::database::must_hold;
use super::local::{ConfigurationArgs, print};
use crate::StartError;
use crate::commands;
use crate::configuration::{Environment, Loaded};
use crate::wiring::{self, EventPlace, SystemClock};

/// How long the stores may take to end.
const END: Duration = Duration::from_mins(1);

/// Where to.
#[derive(Args, Clone, Debug)]
pub struct MoveEventsArgs {
    /// Where the configuration and the state are. The configuration names the cluster in `event_store.nodes`, whichever way events go.
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// Where they go to.
    #[arg(long, value_enum)]
    to: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// The cluster of the configuration.
    Cluster,
    /// Files of the state folder.
    Files,
}

impl Target {
    fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Files => "files",
        }
    }

    /// From where, and to where.
    fn places(self) -> (EventPlace, EventPlace) {
        match self {
            Self::Cluster => (EventPlace::Files, EventPlace::Cluster),
            Self::Files => (EventPlace::Cluster, EventPlace::Files),
        }
    }
}

/// Moves them; the server must be stopped.
pub async fn run(args: &MoveEventsArgs) -> Result<(), StartError> {
    let environment = Environment::of_process();
    let state = environment.state_directory();
    let loaded = commands::load(args.configuration.flags(), environment)?;
    if loaded.configuration.event_store.nodes.is_empty() {
        return Err(StartError::new(
            StartError::CONFIGURATION,
            "set event_store.nodes: it names the cluster that events go to, or come from",
        ));
    }
    let folder = wiring::state_folder(&loaded, state.clone())?;
    // whoever has the state has its events too: a server at work is told by the lock of the database
    let place = wiring::place(&loaded, state)?;
    must_hold(&place)?;
    let home = Home::open(&place, Arc::new(SystemClock)).await?;
    let tracker = Tracker::new(&["stores"]);
    let outcome = carry(&loaded, &folder, args.to, &tracker).await;
    tracker.shutdown(END).await;
    home.close().await;
    let count = outcome?;
    print(&format!("{count} events copied, and counted there\n"))?;
    print(match args.to {
        Target::Cluster => "the server keeps them there from its next start on; what is in files stays until you delete it\n",
        Target::Files => "to keep them there, unset event_store.nodes; what is in the cluster stays until you delete it\n",
    })
}

async fn carry(loaded: &Loaded, folder: &Path, target: Target, tracker: &Tracker) -> Result<u64, StartError> {
    let stage = tracker.stage("stores");
    let (from, to) = target.places();
    let mark = wiring::move_mark(folder);
    let begun = std::fs::read_to_string(&mark).ok();
    // one that does not answer would be waited for without an end
    let open = async |place, log| {
        let store = wiring::events_at(loaded, folder, place, log, &stage).await?;
        match store.status().await?.problem {
            None => Ok(store),
            Some(problem) => Err(StartError::new(StartError::UNAVAILABLE, format!("the store of events does not answer: {problem}"))),
        }
    };
    if begun.as_deref().is_some_and(|begun| begun != target.word()) {
        let message = format!("a move the other way was begun and not ended: finish it, or delete {}", mark.display());
        return Err(StartError::new(StartError::IN_USE, message));
    }
    if begun.is_none() {
        // what was taken in before and is not stored yet belongs to the store that it was taken in for
        let store = open(from, None).await?;
        store.settle().await?;
        store.close().await?;
    }
    let apart = tempfile::tempdir().map_err(|e| StartError::new(StartError::CANNOT_CREATE, format!("a folder for a log: {e}")))?;
    let log = Folder::at(apart.path().to_owned()).map_err(|e| StartError::new(StartError::CANNOT_CREATE, e.to_string()))?;
    let source = open(from, Some(LogStorage(Arc::new(log)))).await?;
    let there = open(to, None).await?;
    if begun.is_none() {
        refuse_others(&*there, target).await?;
        std::fs::write(&mark, target.word()).map_err(|e| StartError::new(StartError::CANNOT_CREATE, format!("{}: {e}", mark.display())))?;
    }
    let bar = Bar::new("copy");
    let outcome = carry_events(&*source, &*there, &|done, of| bar.at(done, Some(of), "events")).await;
    bar.clear();
    for store in [source, there] {
        store.close().await?;
    }
    let count = outcome?;
    std::fs::remove_file(&mark).map_err(|e| StartError::new(StartError::CANNOT_CREATE, format!("{}: {e}", mark.display())))?;
    Ok(count)
}

async fn refuse_others(there: &dyn EventStore, target: Target) -> Result<(), StartError> {
    there.settle().await?;
    let status = there.status().await?;
    if status.events == 0 {
        return Ok(());
    }
    let remedy = match target {
        Target::Cluster => "choose another event_store.prefix",
        Target::Files => "move the folder events/partitions of the state folder away",
    };
    let message = format!("there are {} events where these are to go: {remedy}", status.events);
    Err(StartError::new(StartError::DATA, message))
}
