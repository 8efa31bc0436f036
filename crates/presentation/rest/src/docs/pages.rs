//! Pages of the documents: Swagger UI (vendored), the OpenAPI document itself, and one page for each error code.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use serde_json::Value as Json;
use utoipa_swagger_ui::{Config, serve};
use vigie_foundation::yaml::yaml;

use super::projection::openapi_3_0;
use crate::app::App;
use crate::problem::{CODES, plain};

/// Adds the pages. The forms of the document are written when somebody first asks for them: a start has no time for that.
pub fn mount(router: Router<App>, document: Json) -> Router<App> {
    let document = Arc::new(document);
    let (json, plain_yaml, older) = (document.clone(), document.clone(), document);
    // so many operations are slow to draw and to read: they open by tag, by search or by their address
    let config = Config::from("/api/v1/openapi.json").try_it_out_enabled(true).persist_authorization(false).with_credentials(true);
    let config = config.doc_expansion("none").default_models_expand_depth(0).deep_linking(true).filter(true);
    let config = Arc::new(config);
    router
        .route("/api/v1/openapi.json", written("application/json", move || json.to_string()))
        .route("/api/v1/openapi.yaml", written("application/yaml", move || yaml(&plain_yaml)))
        .route("/api/v1/openapi-3.0.json", written("application/json", move || openapi_3_0(&older).to_string()))
        .route("/api/views/docs", get(|| async { Redirect::permanent("/api/views/docs/") }))
        .route("/api/views/docs/errors/{code}", get(error_page))
        .route("/api/views/docs/errors", get(error_index))
        .route(
            "/api/views/docs/",
            get({
                let config = config.clone();
                move || swagger(String::new(), config.clone())
            }),
        )
        .route("/api/views/docs/{file}", get(move |Path(file): Path<String>| swagger(file, config.clone())))
}

/// A text that is written once.
fn written(kind: &'static str, write: impl FnOnce() -> String + Send + 'static) -> MethodRouter<App> {
    let text = Arc::new(LazyLock::new(move || Bytes::from(write())));
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    get(move || {
        let body = LazyLock::force(&text).clone();
        async move { (headers, body) }
    })
}

/// A page script that adds the CSRF token of the page's session, so that try-it works while signed in.
const TRY_IT: &str = r"
  let csrf = null;
  const token = async () => {
    if (csrf === null) {
      const me = await fetch('/api/v1/auth/me', { headers: { accept: 'application/json' } });
      csrf = me.ok ? (await me.json()).csrf_token ?? '' : '';
    }
    return csrf;
  };
  const withCsrf = async (request) => {
    const method = (request.method || 'GET').toUpperCase();
    if (request.loadSpec || ['GET', 'HEAD'].includes(method) || request.headers.Authorization) return request;
    const value = await token();
    if (value) request.headers['X-CSRF-Token'] = value;
    return request;
  };
";

async fn swagger(file: String, config: Arc<Config<'static>>) -> Response {
    match serve(&file, config) {
        Ok(Some(found)) => {
            let mut bytes = found.bytes.into_owned();
            if file == "swagger-initializer.js" {
                let script =
                    String::from_utf8_lossy(&bytes).replace("SwaggerUIBundle({", "SwaggerUIBundle({ requestInterceptor: withCsrf,");
                bytes = format!("{TRY_IT}{script}").into_bytes();
            }
            ([(header::CONTENT_TYPE, found.content_type)], bytes).into_response()
        }
        Ok(None) => plain("no_such_path", format!("there is no page {file} in the documents")),
        Err(error) => {
            tracing::error!(%error, file, "cannot serve the documents");
            plain("internal", "the page could not be made")
        }
    }
}

async fn error_page(Path(code): Path<String>) -> Response {
    let Some(known) = CODES.iter().find(|c| c.code == code) else {
        return plain("no_such_path", "there is no error of this code");
    };
    let body = format!(
        "<p class=status>HTTP {}</p><h1><code>{}</code></h1><p><strong>{}.</strong></p><p>{}</p><p><a href=\"/api/views/docs/errors\">All errors</a> · <a href=\"/api/views/docs/\">API</a></p>",
        known.status, known.code, known.title, known.help
    );
    Html(page(known.code, &body)).into_response()
}

async fn error_index() -> Html<String> {
    let rows = CODES.iter().map(|c| {
        format!(
            "<tr><td>{}</td><td><a href=\"/api/views/docs/errors/{}\"><code>{}</code></a></td><td>{}</td></tr>",
            c.status, c.code, c.code, c.title
        )
    });
    let rows: String = rows.collect();
    Html(page("Errors", &format!("<h1>Errors</h1><table><tr><th>HTTP</th><th>Code</th><th>Meaning</th></tr>{rows}</table>")))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>{title} · Vigie</title>\
         <style>:root{{color-scheme:light dark}}body{{font:16px/1.55 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}}\
         code{{font-family:ui-monospace,monospace}}table{{border-collapse:collapse}}td,th{{text-align:left;padding:.25rem .75rem .25rem 0}}\
         .status{{opacity:.7;margin:0}}</style><main>{body}</main></html>"
    )
}
