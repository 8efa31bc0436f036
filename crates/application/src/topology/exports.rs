//! Files of the map: written once for all who see the same, until the map changes.

use std::sync::Arc;

use vigie_domain::Result;
use vigie_domain::cache::{Cache, cached};

use super::export::{ExportFormat, export};
use super::{MapQuery, READ, TopologyService};
use crate::CallContext;
use crate::cache::{Audience, MAP_EXPORT, audience_key};

/// Files of the map. Cheap to clone.
#[derive(Clone)]
pub struct MapExports {
    topology: TopologyService,
    cache: Arc<dyn Cache>,
}

impl MapExports {
    /// Of this map, kept in this cache.
    pub fn new(topology: &TopologyService, cache: Arc<dyn Cache>) -> Self {
        Self { topology: topology.clone(), cache }
    }

    /// The whole map of what the caller sees, in a format.
    pub async fn get(&self, cx: &CallContext, format: ExportFormat) -> Result<Arc<String>> {
        cx.require(READ)?;
        if format == ExportFormat::Json {
            // it tells rates, which each poll changes
            return export(&self.topology.get(cx, &MapQuery::default()).await?, format).map(Arc::new);
        }
        let (topology, audience) = (self.topology.clone(), Audience::of(cx));
        let key = format!("{}:{}:{}", topology.core().settings.node, format.file_name(), audience_key(cx));
        let load = async move {
            let cx = audience.context(topology.core().now());
            export(&topology.within_anew(&cx.require(READ)?, &cx, &MapQuery::default()).await?, format)
        };
        cached(&*self.cache, MAP_EXPORT.entry(key), load).await
    }
}
