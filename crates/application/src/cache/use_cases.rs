//! What operators see of the cache, and how they empty it.

use std::sync::Arc;

use vigie_domain::cache::Cache;
use vigie_domain::system::AuditResource;
use vigie_domain::{Error, Permission, Result};

use super::views::CacheStatsView;
use crate::idempotency::Answer;
use crate::logs::Popular;
use crate::{CallContext, Core};

/// See what the cache does.
pub const READ: Permission = Permission::new("system", "read");
/// Empty it.
pub const WRITE: Permission = Permission::new("system", "write");
/// Tags in one request.
const MOST: usize = 100;
/// Characters of a tag.
const LONGEST: usize = 200;

/// The use cases of the cache. Cheap to clone.
#[derive(Clone)]
pub struct CacheAdmin {
    core: Core,
    cache: Arc<dyn Cache>,
    popular: Arc<Popular>,
}

impl CacheAdmin {
    /// Over this cache; it tells of these searches too.
    pub fn new(core: &Core, cache: Arc<dyn Cache>, popular: &Arc<Popular>) -> Self {
        Self { core: core.clone(), cache, popular: popular.clone() }
    }

    /// What this node's cache did since its start, how its levels are, and which searches are kept warm.
    pub async fn stats(&self, cx: &CallContext) -> Result<CacheStatsView> {
        cx.require_unscoped(READ)?;
        Ok(CacheStatsView::of(cx.now, &self.cache.levels().await, &self.cache.statistics(), &self.popular))
    }

    /// From now on nothing with these tags holds, on any node; nothing at all without tags.
    pub async fn invalidate(&self, cx: &CallContext, tags: &[String]) -> Result<()> {
        cx.require_unscoped(WRITE)?;
        if tags.len() > MOST {
            return Err(Error::invalid("tags", "too_many", format!("at most {MOST} tags")));
        }
        let is_wrong = |tag: &String| tag.is_empty() || tag.chars().count() > LONGEST;
        if let Some(at) = tags.iter().position(is_wrong) {
            return Err(Error::invalid(format!("tags[{at}]"), "invalid_length", format!("a tag has 1 to {LONGEST} characters")));
        }
        let mut unit = self.core.unit(cx).await?;
        let resource = AuditResource { kind: "cache".to_owned(), id: None, name: None };
        unit.audit("cache.invalidate", resource, None, Some(serde_json::json!({"tags": tags}))).await?;
        unit.answer(|| Ok(Answer { status: 204, headers: Vec::new(), body: Vec::new() })).await?;
        unit.commit().await?;
        if tags.is_empty() {
            self.cache.invalidate_all();
        } else {
            self.cache.invalidate(&tags.iter().map(String::as_str).collect::<Vec<_>>());
        }
        Ok(())
    }
}
