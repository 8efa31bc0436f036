//! Whole lists as NDJSON or CSV: page by page in short transactions, with a trailer that tells a cut (API, section 3).

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use vigie_domain::query::{ListQuery, Page};
use vigie_domain::{Error, ErrorKind, Result};

use super::columns::Column;
use crate::accept::Accept;
use crate::lists::{self, ListRequest};

/// Rows read at a time.
const CHUNK: usize = 1000;
/// Rows a stream ends at, and says so.
const MOST_ROWS: usize = 1_000_000;

/// In which form a list is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Ndjson,
    Csv,
}

/// The form that `Accept` asks for.
pub(super) fn form(headers: &HeaderMap) -> Result<Form> {
    match Accept::of(headers).best(&["application/json", "application/x-ndjson", "text/csv"]) {
        Some("application/json") => Ok(Form::Json),
        Some("text/csv") => Ok(Form::Csv),
        Some(_) => Ok(Form::Ndjson),
        None => {
            let detail = "this list is given as application/json, application/x-ndjson or text/csv";
            Err(Error::new(ErrorKind::ValidationFailed, "not_acceptable", detail))
        }
    }
}

struct Walk<F> {
    fetch: F,
    request: ListRequest,
    form: Form,
    columns: Vec<Column>,
    begun: bool,
    rows: usize,
    done: bool,
}

/// The whole filtered set as a stream of the pages that `fetch` gives.
pub(super) fn answer<V, F, Fut>(mut request: ListRequest, form: Form, fetch: F) -> Response
where
    V: Serialize + ToSchema,
    F: Fn(ListQuery) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Page<V>>> + Send,
{
    request.query.limit = CHUNK;
    request.query.count = false;
    request.query.cursor = None;
    let columns = asked_columns(super::columns::<V>(), request.fields.as_deref());
    let walk = Walk { fetch, request, form, columns, begun: false, rows: 0, done: false };
    let body = Body::from_stream(futures::stream::unfold(walk, |mut walk| async move {
        let chunk = walk.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), walk))
    }));
    let mut response = Response::new(body);
    let kind = if form == Form::Csv { "text/csv; charset=utf-8; header=present" } else { "application/x-ndjson" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

impl<F> Walk<F> {
    async fn next<V, Fut>(&mut self) -> Option<Bytes>
    where
        V: Serialize,
        F: Fn(ListQuery) -> Fut,
        Fut: Future<Output = Result<Page<V>>>,
    {
        if self.done {
            return None;
        }
        let page = (self.fetch)(self.request.query.clone()).await;
        match page.and_then(|page| self.chunk(page)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::warn!(cause = error.chain(), detail = error.detail(), "a streamed list was cut");
                self.done = true;
                Some(self.trailer(false))
            }
        }
    }

    fn chunk<V: Serialize>(&mut self, page: Page<V>) -> Result<Bytes> {
        let mut out = Vec::with_capacity(page.results.len() * 512);
        self.rows += page.results.len();
        self.heading(&mut out);
        for view in page.results {
            self.write(&mut out, view)?;
        }
        let more = page.next.is_some();
        self.request.query.cursor = page.next;
        if !more || self.rows >= MOST_ROWS {
            self.done = true;
            out.extend_from_slice(&self.trailer(!more));
        }
        Ok(out.into())
    }

    fn write<V: Serialize>(&mut self, out: &mut Vec<u8>, view: V) -> Result<()> {
        if self.form == Form::Ndjson && self.request.fields.is_none() {
            serde_json::to_writer(&mut *out, &view).map_err(Error::storage)?;
            out.push(b'\n');
            return Ok(());
        }
        let row = lists::select(serde_json::to_value(view).map_err(Error::storage)?, self.request.fields.as_deref());
        if self.form == Form::Ndjson {
            serde_json::to_writer(&mut *out, &row).map_err(Error::storage)?;
            out.push(b'\n');
            return Ok(());
        }
        let cells: Vec<String> = self.columns.iter().flat_map(|column| cells(column, &row)).collect();
        csv_line(out, &cells);
        Ok(())
    }

    /// The header line of a CSV, before anything else.
    fn heading(&mut self, out: &mut Vec<u8>) {
        if self.form == Form::Csv && !self.begun {
            csv_line(out, &self.columns.iter().flat_map(Column::headings).collect::<Vec<_>>());
        }
        self.begun = true;
    }

    fn trailer(&self, complete: bool) -> Bytes {
        match self.form {
            Form::Csv if complete => format!("#complete rows={}\n", self.rows).into(),
            Form::Csv => format!("#incomplete rows={}\n", self.rows).into(),
            _ => format!("{}\n", json!({"_end": {"rows": self.rows, "complete": complete}})).into(),
        }
    }
}

/// The columns that were asked, in the order they were asked; all of them where none was.
fn asked_columns(all: Vec<Column>, fields: Option<&[String]>) -> Vec<Column> {
    let Some(fields) = fields else { return all };
    fields.iter().filter_map(|field| all.iter().find(|column| column.name == *field).cloned()).collect()
}

/// One level of objects is opened, lists are joined by `;`.
fn cells(column: &Column, row: &Json) -> Vec<String> {
    let value = &row[&column.name];
    if column.inner.is_empty() { vec![cell(value)] } else { column.inner.iter().map(|inner| cell(&value[inner])).collect() }
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.iter().all(|i| !i.is_object() && !i.is_array()) => items.iter().map(cell).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

/// RFC 4180, with cells that a spreadsheet would take for a formula made text by a leading apostrophe.
fn csv_line(out: &mut Vec<u8>, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let formula = cell.starts_with(['=', '+', '@', '\t', '\r']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
        let guarded = if formula { format!("'{cell}") } else { cell.clone() };
        if guarded.contains(['"', ',', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(guarded.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(guarded.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}
