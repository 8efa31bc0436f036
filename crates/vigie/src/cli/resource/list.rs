//! Lists: filters, order, columns; one page, so many rows, or all of them.

use clap::Args;
use serde_json::Value as Json;
use url::Url;
use vigie_foundation::http::header;

use super::catalogue::Resource;
use super::command::plural;
use crate::cli::connection::Client;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::show::{Column, Format, Screen, columns};

/// Rows of a page at most.
const PAGE: usize = 100;

/// Which rows.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Only rows that match `field=value` or `field__op=value`: eq, ne, lt, lte, gt, gte, in, nin, contains, icontains, startswith, endswith,
    /// isnull, cidr. Again for more, all must match.
    #[arg(short, long, value_name = "FIELD[__OP]=VALUE")]
    pub filter: Vec<String>,
    /// By which field, `-` before it for descending.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    pub ordering: Option<String>,
    /// Only rows that hold this text.
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// The fields to show: `name,state.cpu_ratio`; a heading may be set by `cpu=state.cpu_ratio`.
    #[arg(long, value_name = "FIELDS")]
    pub fields: Option<String>,
    /// Rows at most.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100, conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Every row.
    #[arg(long)]
    pub all: bool,
}

impl Default for ListArgs {
    fn default() -> Self {
        Self { filter: Vec::new(), ordering: None, search: None, fields: None, limit: 100, all: false }
    }
}

impl ListArgs {
    /// The query without its page.
    fn query(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut query = Vec::new();
        for filter in &self.filter {
            let (field, value) = filter.split_once('=').filter(|(field, _)| !field.is_empty()).ok_or_else(|| {
                Failure::usage(format!("the filter {filter:?} compares nothing"))
                    .solution("write --filter status=down or --filter name__contains=core")
            })?;
            query.push((field.trim().to_owned(), value.to_owned()));
        }
        let mut add = |name: &str, value: Option<String>| query.extend(value.map(|value| (name.to_owned(), value)));
        add("ordering", self.ordering.clone());
        add("search", self.search.clone());
        add("fields", self.asked_fields());
        Ok(query)
    }

    /// The fields to ask for: what a path begins with.
    fn asked_fields(&self) -> Option<String> {
        let mut heads: Vec<String> = Vec::new();
        for column in columns(self.fields.as_deref()?) {
            let head = column.path.split('.').next().unwrap_or_default().to_owned();
            if !heads.contains(&head) {
                heads.push(head);
            }
        }
        Some(heads.join(","))
    }
}

/// What is listed, and how.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// Path below `/api/v1/`.
    pub path: &'a str,
    /// What its rows are called.
    pub what: &'a str,
    /// Columns of a table.
    pub columns: &'a [Column],
    /// Whether the rows are links, whose ends people know by name.
    pub links: bool,
}

/// Lists a resource.
pub async fn list(client: &Client, screen: &Screen, resource: &'static Resource, args: &ListArgs) -> Result<(), Failure> {
    let columns = shown_columns(args, resource.table(), screen.format);
    let listing = Listing { path: resource.path, what: &plural(resource.noun), columns: &columns, links: resource.name == "links" };
    rows(client, screen, &listing, args).await
}

/// Lists what stands at a path.
pub async fn rows(client: &Client, screen: &Screen, listing: &Listing<'_>, args: &ListArgs) -> Result<(), Failure> {
    let task = || format!("cannot list {}", listing.what);
    let query = args.query()?;
    if args.all {
        return every(client, screen, listing, query).await.map_err(|failure| failure.on(task()));
    }
    let page = pages(client, listing.path, query, args.limit as usize).await.map_err(|failure| failure.on(task()))?;
    let (shown, total, exact) = (page.rows.len() as u64, page.total, page.exact);
    show(client, screen, listing, page.rows).await?;
    if screen.for_people() {
        tell_rest(listing.what, shown, total, exact);
    }
    Ok(())
}

async fn show(client: &Client, screen: &Screen, listing: &Listing<'_>, mut rows: Vec<Json>) -> Result<(), Failure> {
    // the other forms are what the API gives
    if listing.links && matches!(screen.format, Format::Table | Format::Csv) {
        super::names::name_ends(client, &mut rows).await?;
    }
    screen.rows(listing.columns, &rows)
}

/// All rows of a path, for commands that work with them.
pub async fn every_row(client: &Client, path: &str, query: Vec<(String, String)>) -> Result<Vec<Json>, Failure> {
    Ok(pages(client, path, query, usize::MAX).await?.rows)
}

/// Columns of a list: those asked for, else those of the table; CSV begins with the id.
pub fn shown_columns(args: &ListArgs, usual: Vec<Column>, format: Format) -> Vec<Column> {
    match &args.fields {
        Some(fields) => columns(fields),
        None if format == Format::Csv && !usual.iter().any(|column| column.path == "id") => {
            std::iter::once(Column::parse("id")).chain(usual).collect()
        }
        None => usual,
    }
}

/// Rows, and what is known of the rest.
pub struct Walked {
    /// The rows.
    pub rows: Vec<Json>,
    /// How many there are in all.
    pub total: Option<u64>,
    /// Whether that is exact.
    pub exact: bool,
}

fn tell_rest(what: &str, shown: u64, total: Option<u64>, exact: bool) {
    match total {
        _ if shown == 0 => eprintln!("no {what}"),
        Some(total) if total > shown => {
            let about = if exact { "" } else { "about " };
            eprintln!("{shown} of {about}{total} {what}; --all shows every one, --limit N more");
        }
        _ => {}
    }
}

/// So many rows at most, page by page.
pub async fn pages(client: &Client, path: &str, query: Vec<(String, String)>, limit: usize) -> Result<Walked, Failure> {
    let mut found = Walked { rows: Vec::new(), total: None, exact: false };
    let mut cursor: Option<String> = None;
    while found.rows.len() < limit {
        let mut asked = query.clone();
        asked.push(("page_size".to_owned(), (limit - found.rows.len()).min(PAGE).to_string()));
        asked.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
        let Json::Object(mut body) = client.get(path, &asked).await?.body else { break };
        let Some(Json::Array(rows)) = body.remove("results") else { break };
        if found.total.is_none() {
            found.total = body.get("meta").and_then(|meta| meta["total_estimate"].as_u64());
            found.exact = body.get("meta").is_some_and(|meta| meta["total_is_exact"] == true);
        }
        found.rows.extend(rows);
        cursor = body.get("next").and_then(Json::as_str).and_then(cursor_of);
        if cursor.is_none() {
            break;
        }
    }
    Ok(found)
}

/// The cursor of a reference to the next page, relative or absolute.
fn cursor_of(next: &str) -> Option<String> {
    let base = Url::parse("https://server.invalid/").ok()?;
    base.join(next).ok()?.query_pairs().find(|(name, _)| name == "cursor").map(|(_, value)| value.into_owned())
}

/// Every row: as one stream where the list has one, else page by page.
async fn every(client: &Client, screen: &Screen, listing: &Listing<'_>, query: Vec<(String, String)>) -> Result<(), Failure> {
    let response = client.stream(listing.path, &query, "application/x-ndjson, application/json;q=0.5", None).await;
    let mut response = match response {
        Ok(response) => response,
        Err(failure) if failure.code() == Some("not_acceptable") => return walk(client, screen, listing, query).await,
        Err(failure) => return Err(failure),
    };
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-ndjson") {
        return walk(client, screen, listing, query).await;
    }
    let mut lines = Lines::default();
    let mut rows = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| cut())? {
        lines.feed(&chunk);
        while let Some(row) = lines.next()? {
            take(screen, row, &mut rows)?;
        }
    }
    if !lines.complete {
        return Err(cut());
    }
    if screen.format == Format::Ndjson { Ok(()) } else { show(client, screen, listing, rows).await }
}

fn take(screen: &Screen, row: Json, rows: &mut Vec<Json>) -> Result<(), Failure> {
    if screen.format == Format::Ndjson {
        return screen.row(&row);
    }
    rows.push(row);
    Ok(())
}

async fn walk(client: &Client, screen: &Screen, listing: &Listing<'_>, query: Vec<(String, String)>) -> Result<(), Failure> {
    let found = pages(client, listing.path, query, usize::MAX).await?;
    show(client, screen, listing, found.rows).await
}

fn cut() -> Failure {
    Failure::new(Exit::Unreachable, "the list was cut off before its end")
        .solution("repeat the command; narrow it by --filter if the server bounds it")
}

/// Lines of NDJSON, with the trailer that tells a whole list from a cut one.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    complete: bool,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Result<Option<Json>, Failure> {
        let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let line: Vec<u8> = self.rest.drain(..=end).collect();
        let row: Json =
            serde_json::from_slice(&line).map_err(|_| Failure::new(Exit::Failed, "the list holds something that is not JSON"))?;
        match row.get("_end") {
            Some(end) => {
                self.complete = end["complete"] == true;
                Ok(None)
            }
            None => Ok(Some(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_what_was_asked() {
        let args = ListArgs {
            filter: vec!["status__in=down,degraded".to_owned(), "name=a=b".to_owned()],
            ordering: Some("-name".to_owned()),
            fields: Some("name,cpu=state.cpu_ratio,state.latency_ms".to_owned()),
            ..ListArgs::default()
        };
        let query: Vec<String> = args.query().unwrap().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(query, ["status__in=down,degraded", "name=a=b", "ordering=-name", "fields=name,state"]);
        let bad = ListArgs { filter: vec!["status".to_owned()], ..ListArgs::default() };
        assert_eq!(bad.query().unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn the_cursor_of_the_next_page_is_found() {
        assert_eq!(cursor_of("/api/v1/devices?page_size=2&cursor=ab%2Bc"), Some("ab+c".to_owned()));
        assert_eq!(cursor_of("https://vigie.example.net/x/api/v1/devices?cursor=z"), Some("z".to_owned()));
        assert_eq!(cursor_of("/api/v1/devices"), None);
    }

    #[test]
    fn a_cut_stream_is_told_from_a_whole_one() {
        let mut lines = Lines::default();
        lines.feed(b"{\"a\":1}\n{\"_end\":{\"rows\":1,");
        assert_eq!(lines.next().unwrap(), Some(serde_json::json!({"a": 1})));
        assert!(lines.next().unwrap().is_none() && !lines.complete);
        lines.feed(b"\"complete\":true}}\n");
        assert!(lines.next().unwrap().is_none() && lines.complete);
    }

    #[test]
    fn csv_begins_with_the_id() {
        let shown = |format, fields: Option<&str>| {
            let args = ListArgs { fields: fields.map(str::to_owned), ..ListArgs::default() };
            shown_columns(&args, columns("name status"), format).into_iter().map(|column| column.path).collect::<Vec<_>>()
        };
        assert_eq!(shown(Format::Csv, None), ["id", "name", "status"]);
        assert_eq!(shown(Format::Table, None), ["name", "status"]);
        assert_eq!(shown(Format::Csv, Some("name")), ["name"]);
    }
}
