//! The first argument of every use case: who calls, when, from where.

use std::net::IpAddr;
use std::sync::Arc;

use vigie_domain::identity::{Actor, Principal};
use vigie_domain::{Error, Permission, PermissionSet, Result, Scope, Timestamp};

use crate::idempotency::Ticket;

/// Who calls, when and from where.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Who.
    pub principal: Principal,
    /// When the call began.
    pub now: Timestamp,
    /// The id of the request, for logs and audit.
    pub request_id: String,
    /// From which address.
    pub address: Option<IpAddr>,
    /// The place kept for the answer, when the request carries an `Idempotency-Key`.
    pub ticket: Option<Arc<Ticket>>,
}

impl CallContext {
    /// Vigie's own call, for jobs and collectors.
    pub fn system(now: Timestamp) -> Self {
        let principal = Principal {
            actor: Actor::system(),
            user_id: None,
            owner_id: None,
            session_id: None,
            permissions: PermissionSet::from_iter(["*:*"]),
            scope: None,
            must_change_password: false,
        };
        Self { principal, now, request_id: String::new(), address: None, ticket: None }
    }

    /// The caller's scope, if it holds the permission; else 403.
    pub fn require(&self, permission: Permission) -> Result<Scope> {
        if self.principal.must_change_password {
            return Err(Error::permission_denied(&permission.to_string())
                .cause("the one-time password must be changed first")
                .solution("set a password of your own with POST /api/v1/auth/me/password"));
        }
        if !self.principal.permissions.allows(permission) {
            return Err(Error::permission_denied(&permission.to_string()));
        }
        Ok(self.principal.scope())
    }

    /// As `require`, for what belongs to no device: a scoped grant does not do.
    pub fn require_unscoped(&self, permission: Permission) -> Result<Scope> {
        let scope = self.require(permission)?;
        if scope.is_everything() {
            return Ok(scope);
        }
        Err(Error::permission_denied(&permission.to_string())
            .cause("your grant is limited to sites, groups or realms, and this belongs to none")
            .solution("ask an administrator for a grant without limits"))
    }

    /// Whether the caller holds the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }
}
