//! One's own account: password and sessions.

use serde::Deserialize;
use utoipa::ToSchema;
use vigie_domain::identity::{PasswordHasher, Session, User};
use vigie_domain::query::{Filter, ListQuery, Page};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::{Error, Id, Result, Scope, Secret};

use super::sign_in::account;
use super::{Identity, secrets};
use crate::CallContext;

/// Body of `auth/me/password`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "the one-time password", "new_password": "a long sentence of your own"}))]
pub struct PasswordChange {
    /// The password until now.
    #[schema(min_length = 1, max_length = 1024)]
    pub current_password: String,
    /// The new one, 12 characters or more.
    #[schema(min_length = 12, max_length = 1024)]
    pub new_password: String,
}

impl Identity {
    /// The caller's own user; 404 for a caller that is none.
    pub async fn me(&self, cx: &CallContext) -> Result<User> {
        let id = cx.principal.user_id.ok_or_else(|| Error::not_found("user", "of this caller"))?;
        self.core.store.require(&Scope::system(), id).await
    }

    /// Changes the caller's own password, and ends their other sessions.
    pub async fn change_password(&self, cx: &CallContext, change: PasswordChange) -> Result<()> {
        if cx.principal.session_id.is_none() {
            return Err(Error::permission_denied("auth:session")
                .cause("an API key cannot change a password")
                .solution("sign in as the user"));
        }
        let user = self.me(cx).await?;
        let hash = user.password_hash.clone().unwrap_or_default();
        let current = Secret::new(change.current_password);
        let passwords = self.core.passwords.clone();
        let matches = tokio::task::spawn_blocking(move || passwords.verify(&current, &hash)).await.unwrap_or(false);
        if !matches {
            return Err(Error::invalid("current_password", "wrong_password", "this is not the current password"));
        }
        let hash = hash_password(&self.core.passwords, "new_password", change.new_password).await?;
        let mut unit = self.core.unit(cx).await?;
        let user: User = unit.work().require(&Scope::system(), user.id).await?;
        let changed =
            User { password_hash: Some(hash), must_change_password: false, version: user.version + 1, updated_at: cx.now, ..user };
        unit.work().update(&changed).await?;
        let sessions: Vec<Session> = unit.work().all(&Scope::system(), vec![Filter::eq(Session::SCHEMA, "user_id", changed.id)?]).await?;
        for session in sessions.iter().filter(|s| Some(s.id) != cx.principal.session_id) {
            unit.work().delete(Session::SCHEMA, session.id).await?;
        }
        unit.audit("auth.change_password", account(&cx.principal.actor), None, None).await?;
        unit.touch_identity();
        unit.commit().await?;
        Ok(())
    }

    /// The caller's own sessions: a key that sees less than its user has none.
    pub async fn sessions(&self, cx: &CallContext, mut query: ListQuery) -> Result<Page<Session>> {
        let id = cx.principal.owner_id.ok_or_else(|| Error::not_authenticated("nobody is signed in"))?;
        query.filters.push(Filter::eq(Session::SCHEMA, "user_id", id)?);
        self.core.store.list(&Scope::system(), &query).await
    }

    /// Ends one of the caller's own sessions.
    pub async fn end_session(&self, cx: &CallContext, id: Id) -> Result<()> {
        let mut unit = self.core.unit(cx).await?;
        let found: Option<Session> = unit.work().get(&Scope::system(), id).await?;
        let session = found.filter(|s| Some(s.user_id) == cx.principal.owner_id).ok_or_else(|| Error::not_found("session", id))?;
        unit.work().delete(Session::SCHEMA, session.id).await?;
        unit.audit("auth.end_session", account(&cx.principal.actor), None, None).await?;
        unit.touch_identity();
        unit.commit().await?;
        Ok(())
    }

    /// Whether this CSRF token belongs to this cookie.
    pub fn csrf_holds(&self, cookie: &str, token: &str) -> bool {
        // both are hashes: comparing them tells nothing about the cookie
        secrets::csrf_token(cookie) == token
    }
}

/// Hashes a password off the async threads, if it is long enough.
pub(super) async fn hash_password(hasher: &std::sync::Arc<dyn PasswordHasher>, field: &str, password: String) -> Result<String> {
    let length = password.chars().count();
    if length < 12 {
        return Err(Error::invalid(field, "too_short", format!("a password has 12 characters or more, this one has {length}")));
    }
    if length > 1024 {
        return Err(Error::invalid(field, "too_long", "a password has at most 1024 characters"));
    }
    let hasher = hasher.clone();
    tokio::task::spawn_blocking(move || hasher.hash(&Secret::new(password))).await.map_err(Error::storage)?
}
