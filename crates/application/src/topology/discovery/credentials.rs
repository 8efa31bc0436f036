//! Credentials of a discovery: stored ones by id, and ones written into the request, which are stored and sealed.

use serde_json::Value as Json;
use vigie_domain::devices::Credential;
use vigie_domain::store::Read;
use vigie_domain::{Error, Id, Permission, Result, Scope, Sealed};

use crate::devices::env::CREDENTIAL_PURPOSE;
use crate::resources::{Draft, create_in};

const USE: Permission = Permission::new("credentials", "use");
const WRITE: Permission = Permission::new("credentials", "write");
/// Each is tried on every address.
const MOST: usize = 16;

/// The ids of the credentials asked for. `known` are those the discovery already has, which need no right anew.
pub(super) async fn resolve(asked: &[Json], known: &[Id], name: &str, draft: &mut Draft<'_, '_>) -> Result<Vec<Id>> {
    if asked.len() > MOST {
        draft.fault("credentials", "too_many", format!("a discovery tries at most {MOST} credentials"));
    }
    let mut ids = Vec::with_capacity(asked.len());
    for (place, one) in asked.iter().take(MOST).enumerate() {
        let field = format!("credentials[{place}]");
        let id = match one {
            Json::String(text) => stored(&field, text, known, draft).await?,
            Json::Object(_) => Some(inline(&field, one, name, draft).await?),
            _ => {
                draft.fault(
                    &field,
                    "invalid_type",
                    "a credential is the id of a stored one, or an object such as {\"kind\": \"snmp_v2c\", \"community\": \"…\"}",
                );
                None
            }
        };
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    Ok(ids)
}

async fn stored(field: &str, text: &str, known: &[Id], draft: &mut Draft<'_, '_>) -> Result<Option<Id>> {
    let Ok(id) = text.parse::<Id>() else {
        draft.fault(field, "unknown_reference", format!("{} is no id of a credential", text.chars().take(60).collect::<String>()));
        return Ok(None);
    };
    if known.contains(&id) {
        return Ok(Some(id));
    }
    draft.cx.require(USE)?;
    Ok(draft.reference::<Credential>(field, id).await?.map(|c| c.id))
}

/// The stored credential that says the same, else a new one.
async fn inline(field: &str, asked: &Json, name: &str, draft: &mut Draft<'_, '_>) -> Result<Id> {
    draft.cx.require(WRITE)?;
    let seen: Vec<Credential> = draft.unit.work().all(&draft.cx.principal.scope(), Vec::new()).await?;
    if let Some(same) = seen.iter().find(|c| says_the_same(c, asked, draft)) {
        return Ok(same.id);
    }
    let mut input = asked.clone();
    if input.get("name").is_none_or(Json::is_null) {
        let kind = asked.get("kind").and_then(Json::as_str).unwrap_or("credential");
        // names are unique among all of them
        let all: Vec<Credential> = draft.unit.work().all(&Scope::system(), Vec::new()).await?;
        input["name"] = Json::String(free_name(&format!("{kind} of {name}"), &all));
    }
    let made = create_in::<Credential>(draft.core, draft.cx, draft.unit, input).await;
    made.map(|credential| credential.id).map_err(|error| placed(&error, field))
}

fn says_the_same(stored: &Credential, asked: &Json, draft: &Draft<'_, '_>) -> bool {
    let plain = |field: &str| asked.get(field).and_then(Json::as_str).filter(|t| !t.is_empty());
    let word = |value: Json| value.as_str().map(str::to_owned);
    let protocol = |value: Option<Json>| value.and_then(word);
    let secret = |sealed: &Option<Sealed>, field: &str| match (sealed, plain(field)) {
        (None, None) => true,
        (Some(sealed), Some(asked)) => draft.core.open(CREDENTIAL_PURPOSE, sealed).is_ok_and(|known| known.expose() == asked),
        _ => false,
    };
    stored.kind.word() == plain("kind").unwrap_or_default()
        && plain("name").is_none_or(|name| name == stored.name)
        && stored.username.as_deref() == plain("username")
        && stored.context.as_deref() == plain("context")
        && protocol(serde_json::to_value(stored.auth_protocol).ok()).as_deref() == plain("auth_protocol")
        && protocol(serde_json::to_value(stored.privacy_protocol).ok()).as_deref() == plain("privacy_protocol")
        && secret(&stored.community, "community")
        && secret(&stored.auth_secret, "auth_secret")
        && secret(&stored.privacy_secret, "privacy_secret")
        && secret(&stored.password, "password")
        && secret(&stored.private_key, "private_key")
        && secret(&stored.enable_secret, "enable_secret")
}

/// The name, with a number behind it where it is taken.
fn free_name(name: &str, all: &[Credential]) -> String {
    let name: String = name.chars().take(90).collect();
    let taken = |name: &str| all.iter().any(|c| c.name == name);
    let numbered = (2..).map(|n| format!("{name} ({n})"));
    std::iter::once(name.clone()).chain(numbered).find(|n| !taken(n)).unwrap_or(name)
}

/// The same error at its place in this request.
fn placed(error: &Error, field: &str) -> Error {
    let mut placed = Error::new(error.kind(), error.code().to_owned(), error.detail());
    for fault in error.fields() {
        let mut fault = fault.clone();
        fault.field = if fault.field.is_empty() { field.to_owned() } else { format!("{field}.{}", fault.field) };
        placed = placed.field(fault);
    }
    if let Some(solution) = error.solution_text() {
        placed = placed.solution(solution);
    }
    placed
}
