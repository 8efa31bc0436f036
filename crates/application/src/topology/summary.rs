//! The map in numbers, for the network dashboard.

use async_trait::async_trait;
use vigie_domain::{Result, Scope};

use super::{Collapse, MapQuery, TopologyService};
use crate::CallContext;
use crate::dashboards::{MapSummary, TopologySummary};

#[async_trait]
impl MapSummary for TopologyService {
    async fn summary(&self, scope: &Scope) -> Result<TopologySummary> {
        let query = MapQuery { collapse: Some(Collapse::None), ..MapQuery::default() };
        let map = self.within_anew(scope, &CallContext::system(self.core().now()), &query).await?;
        let links_down = map.links.iter().filter(|link| link.status == "down").count();
        Ok(TopologySummary {
            nodes: map.nodes.len() as u64,
            links: map.links.len() as u64,
            links_down: links_down as u64,
            computed_at: map.computed_at,
        })
    }
}
