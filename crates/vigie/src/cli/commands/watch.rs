//! Waiting for long work: a bar on the terminal, silence elsewhere.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value as Json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::show::{Quantity, clean};

/// Whether to wait for the end.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct WaitArgs {
    /// Returns as soon as the work is queued.
    #[arg(long)]
    pub detach: bool,
}

/// How often the state of the work is read.
pub const TICK: Duration = Duration::from_millis(500);

/// A bar; nothing where standard error is no terminal.
pub struct Bar(ProgressBar);

impl Bar {
    /// For work called so.
    pub fn new(name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(spinner());
        bar.set_prefix(clean(name));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// How far it is: the total where known, and what it is at.
    pub fn at(&self, done: u64, total: Option<u64>, message: &str) {
        if let Some(total) = total.filter(|total| *total > 0) {
            if self.0.length().is_none() {
                self.0.set_style(line());
            }
            self.0.set_length(total);
        }
        self.0.set_position(done);
        self.0.set_message(clean(message));
    }

    /// Does something that prints, with the bar out of the way.
    pub fn aside<T>(&self, f: impl FnOnce() -> T) -> T {
        self.0.suspend(f)
    }

    /// Hides it while something is asked.
    pub fn hide(&self) {
        self.0.disable_steady_tick();
        self.0.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Shows it again.
    pub fn show(&self) {
        self.0.set_draw_target(ProgressDrawTarget::stderr());
        self.0.enable_steady_tick(Duration::from_millis(120));
    }

    /// Takes it away.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn line() -> ProgressStyle {
    let style = ProgressStyle::with_template("{prefix} {wide_bar:.cyan/dim} {human_pos}/{human_len} {msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─")
}

/// Hears Ctrl-C from now on: it no longer ends the process by itself.
pub fn interrupts() -> Result<Signal, Failure> {
    signal(SignalKind::interrupt()).map_err(|error| Failure::new(Exit::Failed, format!("cannot hear Ctrl-C: {error}")))
}

/// Follows a job that an action started, or says which it is.
pub async fn started(desk: &Desk, body: &Json, wait: WaitArgs, task: &str) -> Result<(), Failure> {
    let Some(id) = body["job_id"].as_str() else { return desk.screen.object(body) };
    if wait.detach {
        if desk.screen.for_people() {
            return desk.screen.put(&format!("job {id} queued; `vigie jobs watch {id}` follows it\n"));
        }
        return desk.screen.object(body);
    }
    let job = follow(desk, id).await.map_err(|failure| failure.on(task))?;
    end(desk, &job).map_err(|failure| failure.on(task))
}

/// Follows a job to its end.
pub async fn follow(desk: &Desk, id: &str) -> Result<Json, Failure> {
    let mut interrupts = interrupts()?;
    let bar = Bar::new("job");
    loop {
        let job = desk.client.get(&format!("jobs/{id}"), &[]).await?.body;
        let progress = &job["progress"];
        bar.at(progress["done"].as_u64().unwrap_or(0), progress["total"].as_u64(), progress["message"].as_str().unwrap_or_default());
        if is_over(&job) {
            bar.clear();
            return Ok(job);
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            _ = interrupts.recv() => {
                bar.clear();
                eprintln!("job {id} goes on; `vigie jobs cancel {id}` ends it");
                return Err(Failure::silent(Exit::Interrupted));
            }
        }
    }
}

/// Whether a job or a run has ended.
pub fn is_over(work: &Json) -> bool {
    !matches!(work["status"].as_str(), Some("queued" | "running"))
}

/// Tells how a job ended.
pub fn end(desk: &Desk, job: &Json) -> Result<(), Failure> {
    let status = job["status"].as_str().unwrap_or("unknown");
    if !desk.screen.for_people() {
        desk.screen.object(job)?;
    }
    match status {
        "succeeded" => {
            if desk.screen.for_people() {
                eprintln!(
                    "{}{}",
                    job["kind"].as_str().unwrap_or("job"),
                    took(job).map(|took| format!(" done in {took}")).unwrap_or_default()
                );
            }
            Ok(())
        }
        "cancelled" => Err(Failure::new(Exit::Failed, "the job was cancelled")),
        _ => Err(Failure::new(Exit::Failed, job["error"].as_str().unwrap_or("the job failed"))
            .solution(format!("`vigie jobs log {}` tells more", job["id"].as_str().unwrap_or_default()))),
    }
}

/// How long work took.
pub fn took(work: &Json) -> Option<String> {
    let at = |name: &str| work[name].as_str().and_then(vigie_domain::Timestamp::parse);
    Some(Quantity::Seconds.show(at("finished_at")?.since(at("started_at")?).as_secs_f64()))
}
