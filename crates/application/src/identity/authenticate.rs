//! From what a request carries to who calls.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use vigie_domain::identity::{Actor, ActorKind, ApiKey, Principal, Role, Session, SessionKind, User};
use vigie_domain::query::Value;
use vigie_domain::store::{Read, Write};
use vigie_domain::{Error, ErrorKind, Id, PermissionSet, Result, Scope, Timestamp};

use super::{Bounds, Identity, Known, intersect, narrow, secrets};

/// How long an authentication is trusted without asking the store; changes made on this node are seen at once.
const TRUSTED: Duration = Duration::from_secs(5);
/// How long a caller who was known goes on while the store does not answer.
const KNOWN_WITHOUT_STORE: Duration = Duration::from_mins(10);
const MINUTE: Duration = Duration::from_mins(1);
/// The most authentications remembered.
const REMEMBERED: usize = 10_000;

/// What a request carries.
#[derive(Clone, Copy, Debug)]
pub enum Credentials<'a> {
    /// `Authorization: Bearer`: an API key or an access token.
    Bearer(&'a str),
    /// The session cookie.
    Cookie(&'a str),
}

/// From where a request comes.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
}

impl Identity {
    /// Who calls; 401 when the credentials do not hold.
    pub async fn authenticate(&self, credentials: Credentials<'_>, origin: &Origin) -> Result<Principal> {
        let secret = match credentials {
            Credentials::Bearer(secret) | Credentials::Cookie(secret) => secret,
        };
        let (hash, now) = (secrets::hash(secret), self.core.now());
        // read before the store: a change in between only makes the memory useless, never wrong
        let generation = self.core.bus.identity_generation();
        let is_cookie = matches!(credentials, Credentials::Cookie(_));
        let known = |within: Duration| {
            let all = self.known();
            let known = all.get(&hash).filter(|known| known.generation == generation && known.is_cookie == is_cookie)?;
            (now.since(known.checked_at) < within).then(|| known.bounds.admit(origin, now).map(|()| known.principal.clone()))
        };
        if let Some(admitted) = known(TRUSTED) {
            return admitted;
        }
        let asked = match credentials {
            Credentials::Cookie(_) => self.by_session(&hash, SessionKind::Cookie, now).await,
            Credentials::Bearer(key) if key.starts_with("vgk_") => self.by_key(&hash, origin, now).await,
            Credentials::Bearer(_) => self.by_session(&hash, SessionKind::Token, now).await,
        };
        let (principal, bounds) = match asked {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::StorageFailed => {
                let admitted = known(KNOWN_WITHOUT_STORE).ok_or(error)?;
                metrics::counter!("authentications_without_store_total").increment(1);
                return admitted;
            }
            Err(error) => return Err(error),
        };
        self.remember(hash, Known { principal: principal.clone(), checked_at: now, generation, is_cookie, bounds });
        Ok(principal)
    }

    fn remember(&self, hash: String, known: Known) {
        let mut all = self.known();
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(hash, known);
    }

    async fn by_session(&self, hash: &str, kind: SessionKind, now: Timestamp) -> Result<(Principal, Bounds)> {
        let found: Option<Session> = self.core.store.find(&Scope::system(), "hash", hash.into()).await?;
        let session = found.filter(|s| s.kind == kind);
        let ends = session.as_ref().map(|s| s.access_expires_at.map_or(s.expires_at, |end| end.min(s.expires_at)));
        let principal = self.of_session(session, now).await?;
        Ok((principal, Bounds { allowed_addresses: Vec::new(), expires_at: ends }))
    }

    async fn of_session(&self, session: Option<Session>, now: Timestamp) -> Result<Principal> {
        let session = session.filter(|s| self.holds(s, now)).ok_or_else(signed_out)?;
        let user: User =
            self.core.store.get(&Scope::system(), session.user_id).await?.filter(|u: &User| !u.disabled).ok_or_else(signed_out)?;
        if now.since(session.last_seen_at) >= MINUTE {
            let touched = self.touch_session(Session { last_seen_at: now, ..session.clone() }).await;
            forgive(touched);
        }
        self.principal(&user, Some(session.id)).await
    }

    /// Whether a session has not ended.
    pub(super) fn holds(&self, session: &Session, now: Timestamp) -> bool {
        let used = now.since(session.last_seen_at) < self.core.settings.session_idle || session.kind == SessionKind::Token;
        now < session.expires_at && used && session.access_expires_at.is_none_or(|end| now < end)
    }

    async fn touch_session(&self, session: Session) -> Result<()> {
        let mut work = self.core.store.begin().await?;
        // it may have been signed out since it was read: then it stays gone
        if work.get::<Session>(&Scope::system(), session.id).await?.is_some() {
            work.update(&session).await?;
        }
        work.commit().await
    }

    async fn by_key(&self, hash: &str, origin: &Origin, now: Timestamp) -> Result<(Principal, Bounds)> {
        let found: Option<ApiKey> = self.core.store.find(&Scope::system(), "hash", hash.into()).await?;
        self.of_key(found, origin, now).await
    }

    async fn of_key(&self, key: Option<ApiKey>, origin: &Origin, now: Timestamp) -> Result<(Principal, Bounds)> {
        let key = key.ok_or_else(|| Error::not_authenticated("this API key does not exist"))?;
        let bounds = Bounds { allowed_addresses: key.allowed_addresses, expires_at: key.expires_at };
        bounds.admit(origin, now)?;
        let owner: Option<User> = self.core.store.get(&Scope::system(), key.owner_id).await?;
        let owner = owner
            .filter(|u| !u.disabled)
            .ok_or_else(|| Error::not_authenticated("the user who made this API key may no longer sign in"))?;
        let allowed = self.permissions_of(&owner).await?;
        if key.last_used_at.is_none_or(|at| now.since(at) >= MINUTE) {
            forgive(self.touch_key(key.id, now).await);
        }
        let principal = Principal {
            actor: Actor { kind: ActorKind::ApiKey, id: Some(key.id), name: key.name },
            user_id: Some(owner.id),
            owner_id: Some(if key.scope.is_some() { key.id } else { owner.id }),
            session_id: None,
            permissions: intersect(&key.permissions, &allowed),
            scope: narrow(owner.scope.as_ref(), key.scope.as_ref()),
            must_change_password: false,
        };
        Ok((principal, bounds))
    }

    async fn touch_key(&self, id: Id, now: Timestamp) -> Result<()> {
        let mut work = self.core.store.begin().await?;
        if let Some(key) = work.get::<ApiKey>(&Scope::system(), id).await? {
            work.update(&ApiKey { last_used_at: Some(now), ..key }).await?;
        }
        work.commit().await
    }

    /// The same caller with the rights it has now; 401 when its session or key no longer holds. For sockets, which outlive requests.
    pub async fn refreshed(&self, principal: &Principal, origin: &Origin) -> Result<Principal> {
        let (store, now) = (&self.core.store, self.core.now());
        match (principal.actor.kind, principal.actor.id, principal.session_id) {
            (ActorKind::User, _, Some(session)) => self.of_session(store.get(&Scope::system(), session).await?, now).await,
            (ActorKind::User, Some(id), None) => {
                let user: Option<User> = store.get(&Scope::system(), id).await?;
                self.principal(&user.filter(|u| !u.disabled).ok_or_else(signed_out)?, None).await
            }
            (ActorKind::ApiKey, Some(id), _) => Ok(self.of_key(store.get(&Scope::system(), id).await?, origin, now).await?.0),
            _ => Ok(principal.clone()),
        }
    }

    /// A user as a caller.
    pub(super) async fn principal(&self, user: &User, session_id: Option<Id>) -> Result<Principal> {
        Ok(Principal {
            actor: Actor { kind: ActorKind::User, id: Some(user.id), name: user.username.clone() },
            user_id: Some(user.id),
            owner_id: Some(user.id),
            session_id,
            permissions: self.permissions_of(user).await?,
            scope: user.scope.clone(),
            must_change_password: user.must_change_password,
        })
    }

    /// What a user's roles allow together.
    pub(super) async fn permissions_of(&self, user: &User) -> Result<PermissionSet> {
        let mut all = PermissionSet::default();
        for name in &user.roles {
            let role: Option<Role> = self.core.store.find(&Scope::system(), "name", Value::from(name)).await?;
            all.0.extend(role.into_iter().flat_map(|r| r.permissions.0));
        }
        Ok(all)
    }
}

impl Bounds {
    /// 401 when the credential has ended, or may not be used from there.
    fn admit(&self, origin: &Origin, now: Timestamp) -> Result<()> {
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(Error::not_authenticated("this session or API key has expired").solution("sign in again, or make a new key"));
        }
        if !allowed_from(&self.allowed_addresses, origin.address) {
            return Err(Error::not_authenticated("this API key may not be used from here"));
        }
        Ok(())
    }
}

fn allowed_from(networks: &[String], address: Option<IpAddr>) -> bool {
    networks.is_empty()
        || address.is_some_and(|address| {
            networks.iter().any(|n| n.parse::<IpNet>().map_or_else(|_| n.parse() == Ok(address), |net| net.contains(&address)))
        })
}

/// When somebody was last seen is not worth a refusal: a store that takes no writes may still be read.
fn forgive(touched: Result<()>) {
    if let Err(error) = touched {
        tracing::warn!(cause = error.chain(), "cannot note when a session or key was last used");
    }
}

fn signed_out() -> Error {
    Error::not_authenticated("nobody is signed in with this session").solution("sign in again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_a_key_holds_within_its_time_and_place() {
        let bounds = Bounds { allowed_addresses: vec!["192.0.2.0/24".to_owned()], expires_at: Some(Timestamp(1_000)) };
        let from = |address: &str| Origin { address: address.parse().ok(), user_agent: None };
        assert!(bounds.admit(&from("192.0.2.7"), Timestamp(999)).is_ok());
        assert!(bounds.admit(&from("192.0.2.7"), Timestamp(1_000)).is_err());
        assert!(bounds.admit(&from("198.51.100.7"), Timestamp(999)).is_err());
        assert!(bounds.admit(&Origin::default(), Timestamp(999)).is_err());
    }
}
