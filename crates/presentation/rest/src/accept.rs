//! `Accept` (RFC 9110, section 12.5.1): which form an answer may have, and which version of the API is meant (API, section 1).

use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};

/// What a request accepts; without the header, everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Accept(Vec<(String, f32)>);

impl Accept {
    /// The ranges of the headers, each with its weight. The media type of this version of the API is JSON, and so are its problems.
    pub fn of(headers: &HeaderMap) -> Self {
        let ranges = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
        Self(ranges.filter_map(range).collect())
    }

    /// Whether an answer of this media type is accepted.
    pub fn admits(&self, kind: &str) -> bool {
        self.weight(kind) > 0.0
    }

    /// The most wanted of these media types; between equals the one the request names first, then the first of the list.
    pub fn best<'a>(&self, kinds: &[&'a str]) -> Option<&'a str> {
        let place = |kind: &str| self.0.iter().position(|(range, _)| range == kind).unwrap_or(usize::MAX);
        let wanted = kinds.iter().filter(|kind| self.admits(kind));
        let order = |a: &&&str, b: &&&str| self.weight(b).total_cmp(&self.weight(a)).then(place(a).cmp(&place(b)));
        wanted.min_by(order).copied()
    }

    /// The weight of the most specific range that holds it.
    fn weight(&self, kind: &str) -> f32 {
        if self.0.is_empty() {
            return 1.0;
        }
        let group = kind.split('/').next().unwrap_or_default();
        let any = format!("{group}/*");
        let ranges = [kind, any.as_str(), "*/*"];
        let found = ranges.iter().find_map(|wanted| self.0.iter().find(|(range, _)| range == wanted));
        found.map_or(0.0, |(_, weight)| *weight)
    }
}

fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().filter(|kind| !kind.is_empty())?.to_ascii_lowercase();
    let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q="))).map_or(Ok(1.0), str::parse);
    let is_json = version_in(&kind).is_some() || kind == "application/problem+json";
    Some((if is_json { "application/json".to_owned() } else { kind }, weight.unwrap_or(1.0)))
}

/// The version that a media type such as `application/vnd.vigie.v1+json` names.
fn version_in(kind: &str) -> Option<&str> {
    kind.strip_prefix("application/vnd.vigie.")?.strip_suffix("+json")
}

/// The version of the API that the request asks for by `Accept`.
pub fn version(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let mut kinds = values.map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    kinds.find_map(|kind| version_in(&kind).map(str::to_owned))
}

/// A request below `/api/` whose path names no version goes where its `Accept` says.
pub fn with_version(mut request: Request) -> Request {
    let rest = request.uri().path_and_query().and_then(|whole| whole.as_str().strip_prefix("/api/"));
    let placed = rest.filter(|rest| !names_a_door(rest)).zip(version(request.headers()));
    if let Some((rest, version)) = placed
        && let Ok(uri) = format!("/api/{version}/{rest}").parse::<Uri>()
    {
        *request.uri_mut() = uri;
    }
    request
}

/// Whether the path below `/api/` names a version already, or something that has none.
fn names_a_door(rest: &str) -> bool {
    let first = rest.split(['/', '?']).next().unwrap_or_default();
    let version = first.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    version || first == "views" || first == "graphql"
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [&str; 3] = ["application/json", "application/x-ndjson", "text/csv"];

    fn accept(text: &str) -> Accept {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, text.parse().unwrap());
        Accept::of(&headers)
    }

    #[test]
    fn the_most_wanted_form_is_given() {
        assert_eq!(Accept::of(&HeaderMap::new()).best(&FORMS), Some("application/json"));
        for (text, form) in [
            ("*/*", Some("application/json")),
            ("text/csv", Some("text/csv")),
            ("text/csv;q=0.5, application/json", Some("application/json")),
            ("text/*, application/json;q=0.9", Some("text/csv")),
            ("application/x-ndjson, */*;q=0.1", Some("application/x-ndjson")),
            ("text/csv, application/x-ndjson", Some("text/csv")),
            ("application/json;q=0, */*", Some("application/x-ndjson")),
            ("application/vnd.vigie.v1+json", Some("application/json")),
            ("application/xml", None),
            ("text/csv;q=0", None),
        ] {
            assert_eq!(accept(text).best(&FORMS), form, "{text}");
        }
    }

    #[test]
    fn a_path_without_a_version_gets_that_of_the_header() {
        let at = |path: &str, kind: &str| {
            let request = Request::builder().uri(path).header(header::ACCEPT, kind).body(axum::body::Body::empty()).unwrap();
            with_version(request).uri().to_string()
        };
        let second = "application/vnd.vigie.v2+json";
        assert_eq!(at("/api/devices?page_size=1", second), "/api/v2/devices?page_size=1");
        assert_eq!(at("/api/v1/devices", second), "/api/v1/devices");
        assert_eq!(at("/api/views/docs/", second), "/api/views/docs/");
        assert_eq!(at("/api/devices", "application/json"), "/api/devices");
        assert_eq!(at("/devices", second), "/devices");
    }
}
