//! Tokens for programs: `auth/token`, `auth/token/refresh`, `auth/token/revoke`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use vigie_api_types::TokenView;
use vigie_application::identity::Tokens;

use super::account::LoginInput;
use crate::app::App;
use crate::body::Input;
use crate::problem::Answered;
use crate::request_parts::WithOrigin;
use crate::resource::json_response;
use crate::routes::{Operation, Routes};

/// Body of `auth/token/refresh`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "vgr_…"}))]
struct RefreshInput {
    /// The refresh token.
    #[schema(max_length = 200)]
    refresh_token: String,
}

/// Body of `auth/token/revoke`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "vgr_…"}))]
struct RevokeInput {
    /// An access or refresh token; any other text is one that does not hold.
    token: String,
}

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::post("/auth/token", "create_token", "auth", "Sign a program in")
        .describe("For `Authorization: Bearer`.")
        .open()
        .fails(&[401]);
    let op = routes.body::<LoginInput>(op, true);
    let op = routes.answers::<TokenView>(op, 200, "Tokens.");
    routes.add(op, token);
    let op = Operation::post("/auth/token/refresh", "refresh_token", "auth", "Get new tokens")
        .describe("Uses the refresh token up.")
        .open()
        .fails(&[401]);
    let op = routes.body::<RefreshInput>(op, true);
    let op = routes.answers::<TokenView>(op, 200, "Tokens.");
    routes.add(op, refresh);
    let op = Operation::post("/auth/token/revoke", "revoke_token", "auth", "Revoke a token")
        .describe("An unknown token is no error (RFC 7009).")
        .open();
    let op = routes.body::<RevokeInput>(op, true);
    routes.add(Routes::answers_nothing(op, 204, "It no longer holds."), revoke);
}

async fn token(State(app): State<App>, WithOrigin { origin, request_id, .. }: WithOrigin, Input(input): Input<LoginInput>) -> Answered {
    Ok(json_response(&view(app.identity.token(input.sign_in(), &origin, &request_id).await?)))
}

async fn refresh(State(app): State<App>, Input(input): Input<RefreshInput>) -> Answered {
    Ok(json_response(&view(app.identity.refresh(&input.refresh_token).await?)))
}

async fn revoke(State(app): State<App>, Input(input): Input<RevokeInput>) -> Answered {
    app.identity.revoke(&input.token).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn view(tokens: Tokens) -> TokenView {
    let Tokens { access_token, expires_in_seconds, refresh_token } = tokens;
    TokenView { access_token, token_type: "Bearer".to_owned(), expires_in_seconds, refresh_token }
}
