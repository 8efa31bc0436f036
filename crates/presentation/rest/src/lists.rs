//! Lists: the query string read into a [`ListQuery`], cursors sealed, pages in their envelope (API, section 3).

use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use vigie_api_types::{ListMeta, ListOf};
use vigie_domain::query::{Cursor, Direction, Filter, Index, ListQuery, MAX_PAGE_SIZE, Ordering, Page, Schema, parse_filter};
use vigie_domain::{Error, ErrorKind, FieldError, Result, Scope, Sealed, Timestamp};
use vigie_foundation::secrets::sha256_hex;

use crate::app::App;
use crate::resource::{columns, json_response};

pub(crate) const DEFAULT_PAGE_SIZE: usize = 25;
/// How long a cursor holds.
const CURSOR_HOLDS: std::time::Duration = std::time::Duration::from_hours(24);
/// Below so many rows residual filters stand alone.
const SMALL_TABLE: u64 = 50_000;

/// What a list request asks for, besides the rows.
#[derive(Debug)]
pub struct ListRequest {
    /// Filters, order, cursor.
    pub query: ListQuery,
    /// Only these fields of each row.
    pub fields: Option<Vec<String>>,
    /// What to add to each row.
    pub include: Vec<String>,
    /// The request's own parameters without the cursor, as `next` repeats them.
    parameters: String,
    /// What binds a cursor to the request.
    binding: String,
}

/// Reads the query string of a list. `fixed` are filters the path stands for.
pub fn read(
    app: &App,
    schema: &'static Schema,
    path: &str,
    raw: Option<&str>,
    fixed: Vec<Filter>,
    includes: &[&str],
) -> Result<ListRequest> {
    let now = app.core.now();
    let pairs = decode(raw.unwrap_or_default())?;
    let mut request = ListRequest {
        query: ListQuery {
            filters: Vec::new(),
            search: None,
            ordering: Ordering::default_of(schema),
            limit: DEFAULT_PAGE_SIZE,
            cursor: None,
            count: true,
        },
        fields: None,
        include: Vec::new(),
        parameters: String::new(),
        binding: String::new(),
    };
    let mut cursor = None;
    let mut kept: Vec<(String, String)> = Vec::new();
    for (key, value) in pairs {
        match key.as_str() {
            "cursor" => {
                cursor = Some(value);
                continue;
            }
            "page_size" => request.query.limit = page_size(&value)?,
            "ordering" => request.query.ordering = Ordering::parse(schema, &value)?,
            "search" => request.query.search = search(schema, &value)?,
            "fields" => request.fields = Some(fields(&value)?),
            "include" => request.include = include(&value, includes)?,
            _ => request.query.filters.push(parse_filter(schema, &key, &value, now)?),
        }
        kept.push((key, value));
    }
    if kept.len() > 50 {
        return Err(Error::bad_query("invalid_query", "", "a list takes at most 50 parameters"));
    }
    request.parameters = encode(&kept);
    kept.retain(|(key, _)| key != "page_size");
    request.binding = binding(path, &kept);
    request.query.cursor = cursor.map(|text| open_cursor(app, &request.binding, &text, |cursor: &Cursor| cursor.made_at)).transpose()?;
    request.query.filters.extend(fixed);
    Ok(request)
}

/// Refuses what a large table cannot serve: residual filters and searches without an indexed one beside them.
pub async fn check_served(app: &App, schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Result<()> {
    let indexed = query.filters.iter().any(Filter::is_indexed);
    let residual = query.filters.iter().find(|f| !f.is_indexed());
    if indexed || (residual.is_none() && query.search.is_none()) {
        return Ok(());
    }
    let rows = ListQuery { count: true, ..ListQuery::all(1) };
    let page = app.core.store.page(schema, scope, &rows).await?;
    if page.total_is_exact || page.total.unwrap_or(0) < SMALL_TABLE {
        return Ok(());
    }
    let names: Vec<_> = schema.fields.iter().filter(|f| f.index == Index::Indexed).map(|f| f.name).collect();
    let name = residual.map_or("search", |f| f.field.name);
    let message = format!("{name} filters only beside an indexed filter here; indexed are {}", names.join(", "));
    Err(Error::new(ErrorKind::LimitExceeded, "limit_exceeded", message.clone()).field(FieldError::new(name, "limit_exceeded", message)))
}

/// Refuses what only a page has: a stream is the whole set, of the rows alone.
pub fn check_streamed(request: &ListRequest) -> Result<()> {
    let asked = [("include", !request.include.is_empty()), ("cursor", request.query.cursor.is_some())];
    match asked.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let text = format!("{name} goes with application/json only; a stream gives the whole filtered set, row by row");
            Err(Error::bad_query("invalid_query", *name, text))
        }
    }
}

/// The envelope of a page.
pub fn envelope<T>(app: &App, path: &str, request: &ListRequest, page: Page<T>) -> Result<ListOf<T>> {
    let link = |cursor: &Option<Cursor>| -> Result<Option<String>> {
        let Some(cursor) = cursor else { return Ok(None) };
        let cursor = Cursor { made_at: app.core.now(), ..cursor.clone() };
        Ok(Some(page_link(app, path, &request.parameters, &seal_cursor(app, &request.binding, &cursor)?)))
    };
    let (next, previous) = (link(&page.next)?, link(&page.previous)?);
    let meta = ListMeta {
        has_next: next.is_some(),
        has_previous: previous.is_some(),
        total_estimate: page.total.unwrap_or(page.results.len() as u64),
        total_is_exact: page.total_is_exact,
    };
    Ok(ListOf { next, previous, results: page.results, meta })
}

/// The address of another page.
pub(crate) fn page_link(app: &App, path: &str, parameters: &str, cursor: &str) -> String {
    let separator = if parameters.is_empty() { "" } else { "&" };
    let base = app.server.public_url.as_deref().unwrap_or_default();
    format!("{base}{path}?{parameters}{separator}cursor={cursor}")
}

pub(crate) fn page_size(text: &str) -> Result<usize> {
    match text.parse::<usize>() {
        Ok(size) if (1..=MAX_PAGE_SIZE).contains(&size) => Ok(size),
        _ => Err(Error::bad_query("invalid_query", "page_size", format!("page_size is a number from 1 to {MAX_PAGE_SIZE}"))),
    }
}

fn search(schema: &Schema, text: &str) -> Result<Option<String>> {
    if schema.search.is_empty() {
        return Err(Error::bad_query("invalid_filter", "search", format!("{} cannot be searched", schema.table)));
    }
    if text.chars().count() > 200 {
        return Err(Error::bad_query("invalid_query", "search", "search takes at most 200 characters"));
    }
    Ok(Some(text.to_owned()).filter(|t| !t.trim().is_empty()))
}

fn fields(text: &str) -> Result<Vec<String>> {
    if text.chars().count() > 1000 {
        return Err(Error::bad_query("invalid_query", "fields", "fields takes at most 1000 characters"));
    }
    Ok(words(text))
}

fn include(text: &str, known: &[&str]) -> Result<Vec<String>> {
    let asked = words(text);
    match asked.iter().find(|word| !known.contains(&word.as_str())) {
        None => Ok(asked),
        Some(word) if known.is_empty() => {
            Err(Error::bad_query("invalid_query", "include", format!("nothing can be included here, not {word}")))
        }
        Some(word) => {
            Err(Error::bad_query("invalid_query", "include", format!("{word} cannot be included; valid are {}", known.join(", "))))
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// Fails, naming the valid ones, where a field is asked that the view does not have.
pub fn check_fields<V: ToSchema>(fields: Option<&[String]>) -> Result<()> {
    let Some(fields) = fields else { return Ok(()) };
    let valid: Vec<String> = columns::<V>().into_iter().map(|column| column.name).collect();
    match fields.iter().find(|field| !valid.contains(field)) {
        None => Ok(()),
        Some(unknown) => {
            let text = format!("there is no field {unknown}; valid fields are {}", valid.join(", "));
            Err(Error::bad_query("invalid_query", "fields", text))
        }
    }
}

/// Keeps only the asked fields of a row.
pub fn select(mut row: serde_json::Value, fields: Option<&[String]>) -> serde_json::Value {
    if let (Some(fields), Some(members)) = (fields, row.as_object_mut()) {
        members.retain(|name, _| fields.contains(name));
    }
    row
}

/// The answer to a list of views: its envelope, and of each row what was asked.
pub fn answer<V: Serialize>(app: &App, path: &str, request: &ListRequest, page: Page<V>) -> Result<Response> {
    if request.fields.is_none() {
        return Ok(json_response(&envelope(app, path, request, page)?));
    }
    let page = page.map(|view| select(serde_json::to_value(view).unwrap_or_default(), request.fields.as_deref()));
    Ok(json_response(&envelope(app, path, request, page)?))
}

/// What a cursor belongs to: 16 hex digits of path and parameters, without those that only choose what is shown.
pub(crate) fn binding(path: &str, parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = parameters.iter().filter(|(k, _)| k != "fields" && k != "include").collect();
    sorted.sort();
    let text = sorted.iter().fold(path.to_owned(), |text, (k, v)| text + "\n" + k + "=" + v);
    let mut digest = sha256_hex(text.as_bytes());
    digest.truncate(16);
    digest
}

/// A cursor as its caller sees it.
pub(crate) fn seal_cursor(app: &App, binding: &str, cursor: &impl Serialize) -> Result<String> {
    let bytes = serde_json::to_vec(cursor).map_err(Error::storage)?;
    Ok(app.core.sealer.seal(&format!("cursor:{binding}"), &bytes)?.0)
}

/// A cursor that a caller gave back, and when it was made is told by `made_at`.
pub(crate) fn open_cursor<C: DeserializeOwned>(app: &App, binding: &str, text: &str, made_at: impl Fn(&C) -> Timestamp) -> Result<C> {
    let invalid =
        || Error::bad_query("invalid_cursor", "cursor", "this cursor was altered, or belongs to other filters or another ordering");
    let bytes = app.core.sealer.open(&format!("cursor:{binding}"), &Sealed(text.to_owned())).map_err(|_| invalid())?;
    let cursor: C = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    if app.core.now().since(made_at(&cursor)) > CURSOR_HOLDS {
        return Err(Error::bad_query("cursor_expired", "cursor", "this cursor is older than 24 hours").solution("begin again without it"));
    }
    Ok(cursor)
}

/// Whether a page walks back.
pub fn walks_back(query: &ListQuery) -> bool {
    query.cursor.as_ref().is_some_and(|c| c.direction == Direction::Previous)
}

/// The pairs of a query string (`application/x-www-form-urlencoded`).
pub fn decode(raw: &str) -> Result<Vec<(String, String)>> {
    let pairs = raw.split('&').filter(|p| !p.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| Ok((unescape(k)?, unescape(v)?))).collect()
}

fn unescape(text: &str) -> Result<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = text.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
                out.push(
                    hex.ok_or_else(|| Error::bad_query("invalid_query", "", "a % in the query string is not followed by two hex digits"))?,
                );
                i += 2;
            }
            byte => out.push(byte),
        }
        i += 1;
    }
    let text = String::from_utf8(out).map_err(|_| Error::bad_query("invalid_query", "", "the query string is not UTF-8"))?;
    if text.contains('\0') {
        return Err(Error::bad_query("invalid_query", "", "the query string holds a NUL"));
    }
    Ok(text)
}

pub(crate) fn encode(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (key, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(key, &mut out);
        out.push('=');
        escape(value, &mut out);
    }
    out
}

fn escape(text: &str, out: &mut String) {
    use std::fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~,:/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_survives_its_own_encoding() {
        let pairs = vec![("name__contains".to_owned(), "Gi1/0/2 é&=%+".to_owned())];
        assert_eq!(decode(&encode(&pairs)).unwrap(), pairs);
        assert!(decode("a=%4").is_err());
        assert!(decode("a=%FF").is_err());
    }
}
