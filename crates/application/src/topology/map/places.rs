//! Sites and the places of the layout: read when the map is asked for, as no event tells of their changes.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use vigie_domain::devices::Site;
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity, Read, Reader};
use vigie_domain::topology::{Layout, LayoutPoint};
use vigie_domain::{Id, Result, Scope};

use super::view::Named;

/// What was read is good for so long.
const FRESH: Duration = Duration::from_secs(1);

/// Sites and places as they were read.
#[derive(Default)]
pub(crate) struct Places {
    sites: HashMap<Id, Place>,
    points: HashMap<Id, LayoutPoint>,
    /// The document the points were read out of.
    document: String,
}

#[derive(Clone)]
struct Place {
    name: String,
    parent: Option<Id>,
}

impl Places {
    async fn read(&mut self, reader: &dyn Reader) -> Result<()> {
        let system = Scope::system();
        let sites: Vec<Site> = reader.all(&system, Vec::new()).await?;
        self.sites = sites.into_iter().map(|s| (s.id, Place { name: s.name, parent: s.parent_id })).collect();
        let named = Filter::eq(Layout::SCHEMA, "name", Layout::DEFAULT)?;
        let page = reader.page(Layout::SCHEMA, &system, &ListQuery::all(1).filter(named)).await?;
        let document = page.results.into_iter().next().unwrap_or_default();
        // ten thousand places are worth comparing before they are read
        if document != self.document {
            let layout = (!document.is_empty()).then(|| Layout::from_document(&document)).transpose()?;
            self.points = layout.map(|l| l.positions.into_iter().collect()).unwrap_or_default();
            self.document = document;
        }
        Ok(())
    }

    pub(crate) fn point(&self, node: Id) -> Option<&LayoutPoint> {
        self.points.get(&node)
    }

    /// The outermost site that this one lies in, and the building within it: the site itself where it is not outermost.
    pub(crate) fn site_and_building(&self, site: Id) -> (Option<Named>, Option<Named>) {
        let Some(root) = self.ancestors(site).last() else { return (None, None) };
        (self.named(root), (root != site).then(|| self.named(site)).flatten())
    }

    pub(crate) fn named(&self, site: Id) -> Option<Named> {
        self.sites.get(&site).map(|s| Named { id: site, name: s.name.clone() })
    }

    /// Whether a site is one of these or lies in one of them.
    pub(crate) fn within(&self, site: Id, roots: &HashSet<Id>) -> bool {
        self.ancestors(site).any(|s| roots.contains(&s))
    }

    pub(crate) fn knows(&self, site: Id) -> bool {
        self.sites.contains_key(&site)
    }

    /// The site and what it lies in, outwards.
    fn ancestors(&self, site: Id) -> impl Iterator<Item = Id> + '_ {
        let first = self.sites.contains_key(&site).then_some(site);
        // sites do not lie in themselves; should the store say so, the walk still ends
        std::iter::successors(first, |s| self.sites.get(s).and_then(|p| p.parent).filter(|p| self.sites.contains_key(p))).take(32)
    }
}

/// Places behind a lock, read again when they are old.
#[derive(Default)]
pub(crate) struct PlacesCache(Mutex<(Option<Instant>, std::sync::Arc<Places>)>);

impl PlacesCache {
    /// The places, at most a second old.
    pub(crate) async fn get(&self, reader: &dyn Reader) -> Result<std::sync::Arc<Places>> {
        self.within(FRESH, reader).await
    }

    /// The places as they are now: for what is kept for longer.
    pub(crate) async fn get_anew(&self, reader: &dyn Reader) -> Result<std::sync::Arc<Places>> {
        self.within(Duration::ZERO, reader).await
    }

    async fn within(&self, age: Duration, reader: &dyn Reader) -> Result<std::sync::Arc<Places>> {
        let mut held = self.0.lock().await;
        if held.0.is_some_and(|at| at.elapsed() < age) {
            return Ok(held.1.clone());
        }
        let mut places = Places { document: held.1.document.clone(), points: held.1.points.clone(), ..Places::default() };
        let began = Instant::now();
        places.read(reader).await?;
        *held = (Some(began), std::sync::Arc::new(places));
        Ok(held.1.clone())
    }
}
