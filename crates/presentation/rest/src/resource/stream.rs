//! Whole lists as NDJSON or CSV: page by page in short transactions, with a trailer that tells a cut (API, section 3).

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::{Value as Json, json};
use vigie_application::CallContext;
use vigie_domain::query::ListQuery;
use vigie_domain::{Error, ErrorKind, Result};

use super::view::Shown;
use crate::app::App;
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
    let Some(accept) = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()) else { return Ok(Form::Json) };
    for range in accept.split(',') {
        match range.split(';').next().unwrap_or_default().trim() {
            "application/x-ndjson" => return Ok(Form::Ndjson),
            "text/csv" => return Ok(Form::Csv),
            "application/json" | "application/*" | "*/*" | "application/problem+json" | "application/vnd.vigie.v1+json" | "" => {
                return Ok(Form::Json);
            }
            _ => {}
        }
    }
    let detail = "this list is given as application/json, application/x-ndjson or text/csv";
    Err(Error::new(ErrorKind::ValidationFailed, "not_acceptable", detail))
}

struct Walk<E> {
    app: App,
    cx: CallContext,
    request: ListRequest,
    form: Form,
    columns: Option<Vec<String>>,
    rows: usize,
    done: bool,
    kind: std::marker::PhantomData<fn() -> E>,
}

/// The whole filtered set as a stream.
pub(super) fn answer<E: Shown>(app: App, cx: CallContext, mut request: ListRequest, form: Form) -> Response {
    request.query.limit = CHUNK;
    request.query.count = false;
    request.query.cursor = None;
    let walk = Walk::<E> { app, cx, request, form, columns: None, rows: 0, done: false, kind: std::marker::PhantomData };
    let body = Body::from_stream(futures::stream::unfold(walk, |mut walk| async move {
        let chunk = walk.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), walk))
    }));
    let mut response = Response::new(body);
    let kind = if form == Form::Csv { "text/csv; charset=utf-8; header=present" } else { "application/x-ndjson" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

impl<E: Shown> Walk<E> {
    async fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        match self.chunk().await {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::warn!(cause = error.chain(), detail = error.detail(), "a streamed list was cut");
                self.done = true;
                Some(self.trailer(false))
            }
        }
    }

    async fn chunk(&mut self) -> Result<Bytes> {
        let query: &ListQuery = &self.request.query;
        let page = self.app.resources::<E>().list(&self.cx, query).await?;
        let views = E::show(&self.app, self.app.core.reader(), &self.cx, page.results).await?;
        let mut out = Vec::with_capacity(views.len() * 512);
        self.rows += views.len();
        for view in views {
            self.write(&mut out, view)?;
        }
        let more = page.next.is_some();
        self.request.query.cursor = page.next;
        if !more || self.rows >= MOST_ROWS {
            self.done = true;
            self.header_if_empty(&mut out);
            out.extend_from_slice(&self.trailer(!more));
        }
        Ok(out.into())
    }

    fn write(&mut self, out: &mut Vec<u8>, view: E::View) -> Result<()> {
        if self.form == Form::Ndjson && self.request.fields.is_none() {
            serde_json::to_writer(&mut *out, &view).map_err(Error::storage)?;
            out.push(b'\n');
            return Ok(());
        }
        let row = lists::select(serde_json::to_value(view).map_err(Error::storage)?, self.request.fields.as_deref())?;
        if self.form == Form::Ndjson {
            serde_json::to_writer(&mut *out, &row).map_err(Error::storage)?;
            out.push(b'\n');
            return Ok(());
        }
        let cells = flatten(row);
        let columns = self.columns.get_or_insert_with(|| {
            let names: Vec<String> = cells.iter().map(|(name, _)| name.clone()).collect();
            csv_line(out, &names);
            names
        });
        let line: Vec<String> =
            columns.iter().map(|name| cells.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()).collect();
        csv_line(out, &line);
        Ok(())
    }

    /// A CSV without rows still tells its columns where they are known.
    fn header_if_empty(&mut self, out: &mut Vec<u8>) {
        if self.form == Form::Csv && self.columns.is_none() {
            let names: Vec<String> = match &self.request.fields {
                Some(fields) => fields.clone(),
                None => vec!["id".to_owned()],
            };
            csv_line(out, &names);
        }
    }

    fn trailer(&self, complete: bool) -> Bytes {
        match self.form {
            Form::Csv if complete => format!("#complete rows={}\n", self.rows).into(),
            Form::Csv => format!("#incomplete rows={}\n", self.rows).into(),
            _ => format!("{}\n", json!({"_end": {"rows": self.rows, "complete": complete}})).into(),
        }
    }
}

/// Scalars by their dotted path; one level of objects is opened, lists are joined by `;`.
fn flatten(row: Json) -> Vec<(String, String)> {
    let Json::Object(members) = row else { return Vec::new() };
    let mut cells = Vec::with_capacity(members.len());
    for (name, value) in members {
        match value {
            Json::Object(inner) => cells.extend(inner.into_iter().map(|(k, v)| (format!("{name}.{k}"), cell(&v)))),
            other => cells.push((name, cell(&other))),
        }
    }
    cells
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
