//! The map as a service: kept in memory, made for each caller.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vigie_domain::query::{ListQuery, Page};
use vigie_domain::store::Read;
use vigie_domain::topology::Link;
use vigie_domain::{Error, ErrorKind, Id, Result, Scope};

use super::keeper::{Keeper, Published};
use super::map::{LinkView, Maker, MapQuery, Places, PlacesCache, Sight, Topology};
use super::{READ, Touched};
use crate::telemetry::Live;
use crate::{CallContext, Core};

/// The map. Cheap to clone.
#[derive(Clone)]
pub struct TopologyService {
    core: Core,
    live: Arc<Live>,
    touched: Arc<Touched>,
    published: Arc<Published>,
    places: Arc<PlacesCache>,
}

impl TopologyService {
    /// A service over these ports; it answers once [`Self::run`] has read the store.
    pub fn new(core: &Core, live: &Arc<Live>) -> Self {
        Self { core: core.clone(), live: live.clone(), touched: Arc::default(), published: Arc::default(), places: Arc::default() }
    }

    /// Where those who read or change devices say so.
    pub fn touched(&self) -> &Arc<Touched> {
        &self.touched
    }

    /// Keeps links and map equal to what devices tell, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        Keeper::new(&self.core, &self.touched, &self.published).run(stop).await;
    }

    /// The number of the map, raised whenever nodes or links change: what a live map waits for. Zero before the first.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.published.version.subscribe()
    }

    /// The map as the caller sees it.
    pub async fn get(&self, cx: &CallContext, query: &MapQuery) -> Result<Topology> {
        let scope = cx.require(READ)?;
        query.check()?;
        self.within(&scope, cx, query).await
    }

    /// The map within a scope.
    async fn within(&self, scope: &Scope, cx: &CallContext, query: &MapQuery) -> Result<Topology> {
        self.with_maker(scope, cx, |maker| maker.topology(query)).await
    }

    /// The map within a scope, of places that are read for it: for what is kept longer than they are.
    pub(super) async fn within_anew(&self, scope: &Scope, cx: &CallContext, query: &MapQuery) -> Result<Topology> {
        self.ready().await?;
        let places = self.places.get_anew(self.core.reader()).await?;
        self.made(scope, cx, &places, |maker| maker.topology(query)).await
    }

    /// What all use cases need.
    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    /// A page of the links that the caller sees, among them those that nobody tells of any more.
    pub async fn links(&self, cx: &CallContext, query: &ListQuery) -> Result<Page<LinkView>> {
        let scope = cx.require(READ)?;
        let page: Page<Link> = self.core.store.list(&scope, query).await?;
        self.with_maker(&scope, cx, move |maker| {
            Ok(Page {
                results: page.results.iter().filter_map(|link| maker.link(link)).collect(),
                next: page.next,
                previous: page.previous,
                total: page.total,
                total_is_exact: page.total_is_exact,
            })
        })
        .await
    }

    /// A link.
    pub async fn link(&self, cx: &CallContext, id: Id) -> Result<LinkView> {
        let scope = cx.require(READ)?;
        let link: Link = self.core.store.require(&scope, id).await?;
        let seen = self.with_maker(&scope, cx, |maker| Ok(maker.link(&link))).await?;
        seen.ok_or_else(|| Error::not_found("link", id))
    }

    async fn with_maker<T>(&self, scope: &Scope, cx: &CallContext, make: impl FnOnce(&Maker<'_>) -> Result<T>) -> Result<T> {
        self.ready().await?;
        let places = self.places.get(self.core.reader()).await?;
        self.made(scope, cx, &places, make).await
    }

    async fn made<T>(&self, scope: &Scope, cx: &CallContext, places: &Places, make: impl FnOnce(&Maker<'_>) -> Result<T>) -> Result<T> {
        let sight = Sight::of(scope, self.core.reader()).await?;
        let graph = self.published.graph.load_full();
        make(&Maker { graph: &graph, places, sight: &sight, live: &self.live, now: cx.now })
    }

    /// Waits for the first map, as long as a caller may be expected to.
    async fn ready(&self) -> Result<()> {
        if *self.published.version.borrow() > 0 {
            return Ok(());
        }
        let mut version = self.published.version.subscribe();
        let ready = tokio::time::timeout(std::time::Duration::from_secs(10), version.wait_for(|v| *v > 0)).await;
        let is_ready = ready.is_ok_and(|waited| waited.is_ok());
        if is_ready {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", "the map is not read yet").retry_after(5))
    }
}
