//! The cache: what it does, and emptying it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_application::cache::{CacheStatsView, READ, WRITE};

use crate::app::App;
use crate::body::OptionalInput;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::json_response;
use crate::routes::{Operation, Routes};

/// Body of `cache/invalidate`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"tags": ["devices"]}))]
struct InvalidateInput {
    /// Tags: names of what answers are made from, such as `devices`, `sites`, `topology`, `alerts` or `dashboards`. All answers when absent or empty.
    #[schema(max_items = 100)]
    tags: Vec<CacheTag>,
}

/// The name of something that answers are made from.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(min_length = 1, max_length = 200, example = "devices")]
struct CacheTag(String);

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::get("/cache/stats", "get_cache_stats", "system", "See what the cache does")
        .describe(
            "Of the node that answers, since its start: levels with entries, bytes and evictions; hits and misses by operation and level. \
             Needs a grant without limits.",
        )
        .needs(READ);
    let op = routes.answers::<CacheStatsView>(op, 200, "Levels and operations.");
    routes.add(op, stats);
    let op = Operation::post("/cache/invalidate", "invalidate_cache", "system", "Empty the cache")
        .describe("From now on no answer with one of these tags holds, on any node. Needs a grant without limits.")
        .needs(WRITE);
    let op = routes.body::<InvalidateInput>(op, false);
    routes.add(Routes::answers_nothing(op, 204, "Emptied."), invalidate);
}

async fn stats(State(app): State<App>, Caller(cx): Caller) -> Answered {
    Ok(json_response(&app.cache.stats(&cx).await?))
}

async fn invalidate(State(app): State<App>, Caller(cx): Caller, OptionalInput(input): OptionalInput<InvalidateInput>) -> Answered {
    let tags: Vec<String> = input.tags.into_iter().map(|tag| tag.0).collect();
    app.cache.invalidate(&cx, &tags).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
