//! What is done with jobs.

use clap::Subcommand;
use serde_json::json;

use super::sought;
use super::watch;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::show::columns;

/// An action on a job.
#[derive(Clone, Debug, Subcommand)]
pub enum JobAction {
    /// Follows a job to its end.
    Watch {
        /// Its id.
        job: String,
    },
    /// Asks a job to stop.
    Cancel {
        /// Its id.
        job: String,
    },
    /// Queues a failed or cancelled job again.
    Retry {
        /// Its id.
        job: String,
    },
    /// Shows the last lines of a job's log.
    Log {
        /// Its id.
        job: String,
    },
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &JobAction) -> Result<(), Failure> {
    match action {
        JobAction::Watch { job } => {
            let task = format!("cannot watch job {job}");
            let found = sought(desk, "jobs", job, &task).await?;
            let ended = watch::follow(desk, &found.id).await.map_err(|failure| failure.on(task))?;
            watch::end(desk, &ended).map_err(|failure| failure.on(format!("job {job} did not succeed")))
        }
        JobAction::Cancel { job } => act(desk, job, "cancel").await,
        JobAction::Retry { job } => act(desk, job, "retry").await,
        JobAction::Log { job } => {
            let task = format!("cannot show the log of job {job}");
            let found = sought(desk, "jobs", job, &task).await?;
            let body = desk.client.get(&format!("jobs/{}/log", found.id), &[]).await.map_err(|failure| failure.on(task))?.body;
            let none = Vec::new();
            desk.screen.rows(&columns("at level message"), body["results"].as_array().unwrap_or(&none))
        }
    }
}

async fn act(desk: &Desk, job: &str, verb: &str) -> Result<(), Failure> {
    let task = format!("cannot {verb} job {job}");
    let found = sought(desk, "jobs", job, &task).await?;
    let body = desk.client.post(&format!("jobs/{}/{verb}", found.id), &[], &json!({})).await.map_err(|failure| failure.on(task))?.body;
    desk.screen.object(&body)
}
