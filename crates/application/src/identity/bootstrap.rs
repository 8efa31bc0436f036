//! The first start: built-in roles, and an admin with a one-time password.

use vigie_domain::identity::{Role, Session, User};
use vigie_domain::query::{Filter, Value};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::AuditResource;
use vigie_domain::{Error, Id, Result, Scope, Secret};

use super::account::hash_password;
use super::secrets;
use crate::{CallContext, Core, permissions};

/// Makes what is missing. `password` is the first admin's, for unattended starts; without it a one-time password is made and given back
/// when (and only when) the admin was made by this call.
pub async fn bootstrap(core: &Core, password: Option<Secret>) -> Result<Option<Secret>> {
    let now = core.now();
    let cx = CallContext::system(now);
    let system = Scope::system();
    let mut unit = core.unit(&cx).await?;
    for role in permissions::built_in_roles(now) {
        match unit.work().get::<Role>(&system, role.id).await? {
            Some(known) if known.permissions == role.permissions => {}
            Some(known) => unit.work().update(&Role { created_at: known.created_at, version: known.version + 1, ..role }).await?,
            None => unit.work().insert(&role).await?,
        }
    }
    let anybody = unit.work().count(User::SCHEMA, &system, &[]).await? > 0;
    let mut one_time = None;
    if !anybody {
        let must_change_password = password.is_none();
        let first = password.unwrap_or_else(|| Secret::new(one_time_password()));
        let hash = hash_password(&core.passwords, "VIGIE_ADMIN_PASSWORD_FILE", first.expose().to_owned()).await?;
        let admin = User {
            id: Id::new(),
            version: 1,
            username: "admin".to_owned(),
            display_name: Some("Administrator".to_owned()),
            email: None,
            roles: vec!["admin".to_owned()],
            scope: None,
            disabled: false,
            must_change_password,
            language: None,
            password_hash: Some(hash),
            failed_sign_ins: 0,
            locked_until: None,
            last_sign_in_at: None,
            created_at: now,
            updated_at: now,
        };
        unit.work().insert(&admin).await?;
        let resource = AuditResource { kind: "user".to_owned(), id: Some(admin.id), name: Some(admin.username.clone()) };
        unit.audit("users.create", resource, None, None).await?;
        one_time = must_change_password.then_some(first);
    }
    unit.commit().await?;
    Ok(one_time)
}

/// Gives a user a new one-time password and ends their sessions; for `vigie users reset-password`, with the server stopped.
pub async fn reset_password(core: &Core, username: &str) -> Result<Secret> {
    let cx = CallContext::system(core.now());
    let system = Scope::system();
    let password = one_time_password();
    let hash = hash_password(&core.passwords, "password", password.clone()).await?;
    let mut unit = core.unit(&cx).await?;
    let found: Option<User> = unit.work().find(&system, "username", Value::from(username.to_lowercase())).await?;
    let user = found.ok_or_else(|| Error::not_found("user", username))?;
    let sessions: Vec<Session> = unit.work().all(&system, vec![Filter::eq(Session::SCHEMA, "user_id", user.id)?]).await?;
    for session in &sessions {
        unit.work().delete(Session::SCHEMA, session.id).await?;
    }
    let resource = AuditResource { kind: "user".to_owned(), id: Some(user.id), name: Some(user.username.clone()) };
    let changed = User {
        password_hash: Some(hash),
        must_change_password: true,
        disabled: false,
        failed_sign_ins: 0,
        locked_until: None,
        version: user.version + 1,
        updated_at: cx.now,
        ..user
    };
    unit.work().update(&changed).await?;
    unit.audit("users.reset_password", resource, None, None).await?;
    unit.commit().await?;
    Ok(Secret::new(password))
}

/// Five groups of four: easy to read from a terminal, 80 bits and more.
fn one_time_password() -> String {
    let token = secrets::token("");
    let letters: Vec<char> = token.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
