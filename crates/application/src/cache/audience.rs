//! Who sees the same: values are computed once for all of them.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vigie_domain::{ObjectScope, PermissionSet};

use crate::CallContext;

/// Everybody who sees the same: the same permissions on the same part of the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    permissions: PermissionSet,
    scope: Option<ObjectScope>,
}

impl Audience {
    /// The audience a caller belongs to.
    pub fn of(cx: &CallContext) -> Self {
        Self { permissions: cx.principal.permissions.clone(), scope: cx.principal.scope.clone() }
    }

    /// A context with its rights and nobody's name: what is computed for many is computed for no one of them.
    pub fn context(&self, now: vigie_domain::Timestamp) -> CallContext {
        let mut cx = CallContext::system(now);
        cx.principal.permissions = self.permissions.clone();
        cx.principal.scope.clone_from(&self.scope);
        cx
    }

    /// Whether it sees everything.
    pub fn sees_everything(&self) -> bool {
        self.scope.is_none()
    }
}

/// SHA-256 over permissions and scope, in hex: the part of a key that tells audiences apart.
pub fn audience_key(cx: &CallContext) -> String {
    let mut hash = Sha256::new();
    for permission in &cx.principal.permissions.0 {
        hash.update(permission.as_bytes());
        hash.update([0]);
    }
    match &cx.principal.scope {
        None => hash.update([1]),
        Some(scope) => {
            for ids in [&scope.sites, &scope.device_groups, &scope.realms] {
                let mut ids: Vec<_> = ids.iter().map(|id| *id.0.as_bytes()).collect();
                ids.sort_unstable();
                hash.update((ids.len() as u64).to_be_bytes());
                for id in &ids {
                    hash.update(id);
                }
            }
        }
    }
    let whole = hash.finalize();
    format!("{:032x}", u128::from_be_bytes(std::array::from_fn(|place| whole[place])))
}

#[cfg(test)]
mod tests {
    use vigie_domain::{Id, Timestamp};

    use super::*;

    fn caller(permissions: &[&str], sites: Option<&[u128]>) -> CallContext {
        let mut cx = CallContext::system(Timestamp(0));
        cx.principal.permissions = permissions.iter().copied().collect();
        cx.principal.scope =
            sites.map(|sites| ObjectScope { sites: sites.iter().map(|n| Id::fixed(*n)).collect(), ..ObjectScope::default() });
        cx
    }

    #[test]
    fn who_sees_the_same_shares_and_nobody_else() {
        let key = |permissions: &[&str], sites: Option<&[u128]>| audience_key(&caller(permissions, sites));
        let base = key(&["devices:read"], Some(&[1, 2]));
        assert_eq!(base, key(&["devices:read"], Some(&[2, 1])));
        for other in [
            key(&["devices:read"], None),
            key(&["devices:read"], Some(&[1])),
            key(&["devices:read"], Some(&[])),
            key(&["alerts:read"], Some(&[1, 2])),
        ] {
            assert_ne!(base, other);
        }
        assert_ne!(key(&["devices:read"], None), key(&["devices:read"], Some(&[])));
    }
}
