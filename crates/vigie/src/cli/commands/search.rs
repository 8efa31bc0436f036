//! `vigie search`: lines of the logs that match.

use clap::Args;
use serde_json::Value as Json;

use crate::cli::connection::ConnectionArgs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::resource::cursor_of;
use crate::cli::show::{OutputArgs, columns};

/// Most lines of one request.
const PAGE: usize = 100;

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
        let size = PAGE.min(self.lines.max(1)).to_string();
        let ordering = if self.oldest { "at" } else { "-at" };
        let given = [("q", Some(self.text.as_str())), ("from", self.from.as_deref()), ("to", self.to.as_deref())];
        let given = given.into_iter().chain([("page_size", Some(size.as_str())), ("ordering", Some(ordering))]);
        let asked: Vec<_> = given.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let (mut lines, mut total, mut cursor) = (Vec::new(), 0, None);
        loop {
            let query: Vec<_> = asked.iter().cloned().chain(cursor.map(|cursor| ("cursor".to_owned(), cursor))).collect();
            let mut page = desk.client.get("logs", &query).await.map_err(|failure| failure.on("cannot search the logs"))?.body;
            if let Json::Array(rows) = page["results"].take() {
                lines.extend(rows);
            }
            total = page["meta"]["total_estimate"].as_u64().unwrap_or(total);
            cursor = page["next"].as_str().and_then(cursor_of);
            if cursor.is_none() || lines.len() >= self.lines {
                break;
            }
        }
        lines.truncate(self.lines);
        desk.screen.rows(&columns("at severity host program message"), &lines)?;
        if desk.screen.for_people() && (lines.len() as u64) < total {
            eprintln!("{} of {total} lines; -n shows more", lines.len());
        }
        Ok(())
    }
}
