//! Signing in and out.

use std::time::Duration;

use vigie_domain::identity::{Actor, ActorKind, Session, SessionKind, User};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{AuditOutcome, AuditResource};
use vigie_domain::{Error, Id, Result, Scope, Secret, Timestamp};

use super::{Identity, Origin, csrf_token, secrets};
use crate::CallContext;

/// How long an access token of `auth/token` holds.
const ACCESS: Duration = Duration::from_mins(15);

/// A name and its password.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// A browser that signed in.
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Secret of the cookie.
    pub cookie: String,
    /// Token for unsafe requests.
    pub csrf_token: String,
}

/// A program that signed in.
pub struct Tokens {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// How long it holds.
    pub expires_in_seconds: u64,
    /// To get a new pair.
    pub refresh_token: String,
}

impl Identity {
    /// Signs a browser in.
    pub async fn login(&self, sign_in: SignIn, origin: &Origin, request_id: &str) -> Result<SignedIn> {
        let user = self.verify(sign_in, origin, request_id).await?;
        let cookie = secrets::token("vgs_");
        let session = self.session(SessionKind::Cookie, user.id, secrets::hash(&cookie), None, origin);
        let user = self.begin(user, session, origin, request_id).await?;
        Ok(SignedIn { user, csrf_token: csrf_token(&cookie), cookie })
    }

    /// Signs a program in.
    pub async fn token(&self, sign_in: SignIn, origin: &Origin, request_id: &str) -> Result<Tokens> {
        let user = self.verify(sign_in, origin, request_id).await?;
        let (access, refresh) = (secrets::token("vgt_"), secrets::token("vgr_"));
        let session = self.session(SessionKind::Token, user.id, secrets::hash(&access), Some(secrets::hash(&refresh)), origin);
        self.begin(user, session, origin, request_id).await?;
        Ok(Tokens { access_token: access, expires_in_seconds: ACCESS.as_secs(), refresh_token: refresh })
    }

    /// A new pair of tokens for a refresh token, which is used up by it.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens> {
        let now = self.core.now();
        let mut work = self.core.store.begin().await?;
        let hash = secrets::hash(refresh_token);
        let found: Option<Session> = work.find(&Scope::system(), "refresh_hash", hash.into()).await?;
        let session = found.filter(|s| now < s.expires_at).ok_or_else(|| Error::not_authenticated("this refresh token does not hold"))?;
        let user: Option<User> = work.get(&Scope::system(), session.user_id).await?;
        user.filter(|u| !u.disabled).ok_or_else(|| Error::not_authenticated("this user may no longer sign in"))?;
        let (access, refresh) = (secrets::token("vgt_"), secrets::token("vgr_"));
        let renewed = Session {
            hash: secrets::hash(&access),
            refresh_hash: Some(secrets::hash(&refresh)),
            access_expires_at: Some(now.plus(ACCESS)),
            last_seen_at: now,
            ..session
        };
        work.update(&renewed).await?;
        work.commit().await?;
        self.core.bus.touch_identity();
        Ok(Tokens { access_token: access, expires_in_seconds: ACCESS.as_secs(), refresh_token: refresh })
    }

    /// Ends the session of a refresh or access token. Unknown tokens are no error (RFC 7009, section 2.2).
    pub async fn revoke(&self, token: &str) -> Result<()> {
        let hash = secrets::hash(token);
        let mut work = self.core.store.begin().await?;
        for field in ["hash", "refresh_hash"] {
            if let Some(session) = work.find::<Session>(&Scope::system(), field, hash.clone().into()).await? {
                work.delete(Session::SCHEMA, session.id).await?;
            }
        }
        work.commit().await?;
        self.core.bus.touch_identity();
        Ok(())
    }

    /// Signs the caller out.
    pub async fn logout(&self, cx: &CallContext) -> Result<()> {
        let Some(id) = cx.principal.session_id else { return Ok(()) };
        let mut unit = self.core.unit(cx).await?;
        unit.work().delete(Session::SCHEMA, id).await?;
        unit.audit("auth.logout", account(&cx.principal.actor), None, None).await?;
        unit.touch_identity();
        unit.commit().await?;
        Ok(())
    }

    /// The user, if the password is theirs; never says which of the two is wrong.
    async fn verify(&self, sign_in: SignIn, origin: &Origin, request_id: &str) -> Result<User> {
        let now = self.core.now();
        let username = sign_in.username.trim().to_lowercase();
        let user: Option<User> = self.core.store.find(&Scope::system(), "username", username.clone().into()).await?;
        if let Some(until) = user.as_ref().and_then(|u| u.locked_until).filter(|until| *until > now) {
            return Err(Error::not_authenticated("sign-in is locked after too many wrong passwords")
                .cause(format!("locked until {until}"))
                .retry_after(until.since(now).as_secs().max(1)));
        }
        let hash = user.as_ref().and_then(|u| u.password_hash.clone()).unwrap_or_default();
        let (passwords, password) = (self.core.passwords.clone(), sign_in.password);
        let matches = tokio::task::spawn_blocking(move || passwords.verify(&password, &hash)).await.unwrap_or(false);
        match user {
            Some(user) if matches && user.password_hash.is_some() && !user.disabled => Ok(user),
            user => {
                self.refuse(user, &username, origin, request_id, now).await?;
                Err(Error::not_authenticated("user name or password are wrong"))
            }
        }
    }

    async fn refuse(&self, user: Option<User>, username: &str, origin: &Origin, request_id: &str, now: Timestamp) -> Result<()> {
        metrics::counter!("sign_ins_refused_total").increment(1);
        let cx = anonymous(username, user.as_ref().map(|u| u.id), origin, request_id, now);
        let mut unit = self.core.unit(&cx).await?;
        if let Some(user) = user {
            // counted inside the transaction, so that parallel guesses all count
            if let Some(mut user) = unit.work().get::<User>(&Scope::system(), user.id).await? {
                user.failed_sign_ins += 1;
                if user.failed_sign_ins >= self.core.settings.lock_after {
                    user.locked_until = Some(now.plus(self.core.settings.lock_for));
                    user.failed_sign_ins = 0;
                }
                unit.work().update(&user).await?;
            }
        }
        let resource = account(&cx.principal.actor);
        unit.audit_outcome("auth.login", resource, None, None, AuditOutcome::Failure).await?;
        unit.commit().await
    }

    async fn begin(&self, user: User, session: Session, origin: &Origin, request_id: &str) -> Result<User> {
        let now = self.core.now();
        let cx = anonymous(&user.username, Some(user.id), origin, request_id, now);
        let mut unit = self.core.unit(&cx).await?;
        let current: User = unit.work().require(&Scope::system(), user.id).await?;
        let user = User { failed_sign_ins: 0, locked_until: None, last_sign_in_at: Some(now), ..current };
        unit.work().update(&user).await?;
        unit.work().insert(&session).await?;
        unit.audit("auth.login", account(&cx.principal.actor), None, None).await?;
        unit.commit().await?;
        Ok(user)
    }

    fn session(&self, kind: SessionKind, user_id: Id, hash: String, refresh_hash: Option<String>, origin: &Origin) -> Session {
        let now = self.core.now();
        Session {
            id: Id::new(),
            kind,
            user_id,
            hash,
            refresh_hash,
            access_expires_at: (kind == SessionKind::Token).then(|| now.plus(ACCESS)),
            address: origin.address.map(|a| a.to_string()),
            user_agent: origin.user_agent.as_ref().map(|agent| agent.chars().take(256).collect()),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(self.core.settings.session_absolute),
        }
    }
}

/// The context of somebody who is not signed in yet.
fn anonymous(username: &str, id: Option<Id>, origin: &Origin, request_id: &str, now: Timestamp) -> CallContext {
    let mut cx = CallContext::system(now);
    let name = username.chars().take(64).collect();
    cx.principal.actor = Actor { kind: ActorKind::User, id, name };
    cx.address = origin.address;
    request_id.clone_into(&mut cx.request_id);
    cx
}

/// A user's own account, as the audit names it.
pub(super) fn account(actor: &Actor) -> AuditResource {
    AuditResource { kind: "user".to_owned(), id: actor.id, name: Some(actor.name.clone()) }
}
