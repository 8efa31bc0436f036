//! `vigie search`: lines of the logs that match.

use clap::Args;

use crate::cli::connection::ConnectionArgs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::resource::pages;
use crate::cli::show::{OutputArgs, columns};

/// Which lines.
#[derive(Args, Clone, Debug)]
pub struct SearchArgs {
    /// What is looked for, such as `updown severity:<=warning host:core*`; every line when absent.
    #[arg(default_value = "", value_name = "SEARCH", allow_hyphen_values = true)]
    pub text: String,
    /// Begin: a time, or back from now as -1h.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// End.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// The oldest first.
    #[arg(long)]
    pub oldest: bool,
    /// Most lines to show.
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    pub lines: usize,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

impl SearchArgs {
    /// Runs it.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = Desk::open(&self.connection, &self.output)?;
        let ordering = if self.oldest { "at" } else { "-at" };
        let given = [("q", Some(self.text.as_str())), ("from", self.from.as_deref()), ("to", self.to.as_deref())];
        let given = given.into_iter().chain([("ordering", Some(ordering))]);
        let query = given.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let found = pages(&desk.client, "logs", query, self.lines).await.map_err(|failure| failure.on("cannot search the logs"))?;
        desk.screen.rows(&columns("at severity host program message"), &found.rows)?;
        let (shown, total) = (found.rows.len() as u64, found.total.unwrap_or(0));
        if desk.screen.for_people() && shown < total {
            eprintln!("{shown} of {total} lines; -n shows more");
        }
        Ok(())
    }
}
