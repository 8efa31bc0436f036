//! The web application, embedded: hashed assets for ever, the page itself never from a cache.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};

use crate::app::App;
use crate::problem::plain;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../../web/dist"]
struct Dist;

/// Adds the page at every path that is not the API's.
pub fn mount(router: Router<App>) -> Router<App> {
    router.route("/assets/{*path}", get(asset)).route("/", get(page)).route("/{*path}", get(any).fallback(other_method))
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{path}"), &headers, "public, max-age=31536000, immutable")
        .unwrap_or_else(|| plain("no_such_path", "there is no such asset"))
}

async fn page(headers: HeaderMap) -> Response {
    file("index.html", &headers, "no-cache").unwrap_or_else(|| {
        plain("no_such_path", "this binary was built without the web application; build it with make run, or use the API")
    })
}

/// Paths that are never the page's.
fn is_reserved(path: &str) -> bool {
    ["api/", "ws/", "healthz", "readyz", "metrics"].iter().any(|p| path.starts_with(p))
}

/// There is nothing to write to outside the API, and unknown paths of the API do not exist whatever the method.
async fn other_method(uri: Uri, method: Method) -> Response {
    if is_reserved(uri.path().trim_start_matches('/')) {
        return plain("no_such_path", "there is nothing at this path");
    }
    let mut response = plain("method_not_allowed", format!("this path does not take {method}"));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

/// Files at the root (icons, manifest, worker), else the page, whose router knows the rest.
async fn any(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if is_reserved(path) {
        return plain("no_such_path", "there is nothing at this path");
    }
    match file(path, &headers, "no-cache") {
        Some(found) => found,
        None if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => plain("no_such_path", "there is no such file"),
        None => page(headers).await,
    }
}

fn file(path: &str, headers: &HeaderMap, cache: &'static str) -> Option<Response> {
    let plain_file = Dist::get(path)?;
    let kind = kind_of(path);
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    for (suffix, coding) in [("br", "br"), ("gz", "gzip")] {
        if accepted.contains(coding)
            && let Some(twin) = Dist::get(&format!("{path}.{suffix}"))
        {
            let mut response = answer(twin, kind, cache);
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            return Some(response);
        }
    }
    Some(answer(plain_file, kind, cache))
}

fn answer(file: EmbeddedFile, kind: &'static str, cache: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    (headers, file.data.into_owned()).into_response()
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
