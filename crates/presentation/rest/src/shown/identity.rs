//! Users, roles and API keys.

use async_trait::async_trait;
use axum::extract::State;
use vigie_api_types::{ApiKeyIssued, ApiKeyView, RoleView, UserView};
use vigie_application::CallContext;
use vigie_application::identity::WRITE_KEYS;
use vigie_domain::Result;
use vigie_domain::identity::{ApiKey, Role, User};
use vigie_domain::store::Reader;

use super::shown_as_is;
use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{ObjectId, Shown, Verbs, json_response, mount as mount_resource};
use crate::routes::{Operation, Routes};

shown_as_is!(User, UserView, "auth", "a user");
shown_as_is!(Role, RoleView, "auth", "a role");

#[async_trait]
impl Shown for ApiKey {
    type View = ApiKeyIssued;
    const TAG: &'static str = "auth";
    const NOUN: &'static str = "an API key";

    async fn show(_app: &App, _reader: &dyn Reader, _cx: &CallContext, entities: Vec<Self>) -> Result<Vec<ApiKeyIssued>> {
        Ok(entities.into_iter().map(issued).collect())
    }
}

fn issued(key: ApiKey) -> ApiKeyIssued {
    let secret = key.issued.as_ref().map(|s| s.expose().to_owned());
    ApiKeyIssued { info: ApiKeyView::from(key), key: secret }
}

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<User>(routes, Verbs::All);
    mount_resource::<Role>(routes, Verbs::All);
    mount_resource::<ApiKey>(routes, Verbs::All);
    let operation = Operation::post("/api-keys/{id}/rotate", "rotate_api_key", "auth", "Give an API key a new secret")
        .describe("The old secret ceases to hold at once; the new one is shown in this answer only.")
        .needs(WRITE_KEYS);
    let operation = routes.answers::<ApiKeyIssued>(operation, 200, "The key with its new secret.");
    routes.add(operation, rotate);
}

async fn rotate(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&issued(app.identity.rotate_key(&cx, id).await?)))
}
