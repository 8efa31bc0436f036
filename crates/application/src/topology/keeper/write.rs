//! Writing what differs: links with their events, what neighbours were resolved to, the peers of ports.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use vigie_domain::alerts::Severity;
use vigie_domain::devices::{Interface, Neighbour};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::topology::{Link, LinkEnd};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::Keeper;
use crate::CallContext;
use crate::topology::links::Change;

/// Rows written in one transaction: others wait no longer than for these.
const CHUNK: usize = 250;
/// A link that nobody told of for so long is forgotten.
const FORGOTTEN: Duration = Duration::from_hours(30 * 24);

impl Keeper {
    pub(super) async fn write(&mut self, changes: Vec<Change>) -> Result<()> {
        let cx = CallContext::system(self.core.now());
        for chunk in changes.chunks(CHUNK) {
            self.write_links(&cx, chunk).await?;
        }
        self.forget_old(&cx).await?;
        self.write_resolved(&cx).await?;
        self.write_peers(&cx).await
    }

    async fn write_links(&mut self, cx: &CallContext, changes: &[Change]) -> Result<()> {
        let mut unit = self.core.unit(cx).await?;
        let links: Vec<Link> = changes.iter().map(|c| c.link().clone()).collect();
        unit.work().upsert(&links).await?;
        for change in changes {
            if let Some(event) = self.event(change, cx.now) {
                unit.event(event).await?;
            }
        }
        unit.commit().await?;
        for link in links {
            self.graph.links.insert(link.id, Arc::new(link));
        }
        Ok(())
    }

    fn event(&self, change: &Change, now: Timestamp) -> Option<Event> {
        let (kind, severity) = match change {
            Change::Appeared(_) => (event_types::LINK_APPEARED, Severity::Info),
            Change::Vanished(_) => (event_types::LINK_VANISHED, Severity::Warning),
            Change::Updated(_) => return None,
        };
        let link = change.link();
        let name = format!("{} – {}", self.end_name(&link.source), self.end_name(&link.target));
        let end = |e: &LinkEnd| {
            json!({
                "node": e.node, "device_id": e.device_id, "name": self.end_name(e),
                "interface_id": e.interface_id, "interface_name": e.interface_name,
            })
        };
        // who tells of the link is concerned, not who is only told of
        let (source, target) = (link.teller(&link.source), link.teller(&link.target));
        let event = Event::new(kind, now, Subject::new("link", link.id, name), source.or(target));
        Some(
            event
                .peer(source.and(target))
                .severity(severity)
                .data(json!({ "source": end(&link.source), "target": end(&link.target), "confidence": link.confidence })),
        )
    }

    /// Device and port, such as `lyo-core-1 Eth1/1`.
    fn end_name(&self, end: &LinkEnd) -> String {
        let device = end.device_id.and_then(|id| self.graph.devices.get(&id)).map(|d| d.name.as_str());
        let node = device.or(end.name.as_deref()).unwrap_or("?");
        end.interface_name.as_ref().map_or_else(|| node.to_owned(), |port| format!("{node} {port}"))
    }

    async fn forget_old(&mut self, cx: &CallContext) -> Result<()> {
        let old = |l: &&Arc<Link>| !l.present && cx.now.since(l.last_seen) > FORGOTTEN;
        let ids: Vec<Id> = self.graph.links.values().filter(old).map(|l| l.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut unit = self.core.unit(cx).await?;
        for id in &ids {
            unit.work().delete(Link::SCHEMA, *id).await?;
        }
        unit.commit().await?;
        self.graph.links.retain(|id, _| !ids.contains(id));
        Ok(())
    }

    /// Notes on neighbours which device and port they are.
    async fn write_resolved(&mut self, cx: &CallContext) -> Result<()> {
        let found = self.claims.values().flatten().map(|c| (c.told.id, (c.remote, c.remote_port.as_ref().map(|p| p.id)), &c.told));
        let changed = found.filter(|(_, now, told)| *now != (told.remote_device_id, told.remote_interface_id));
        let changed: HashMap<Id, (Option<Id>, Option<Id>)> = changed.map(|(id, now, _)| (id, now)).collect();
        let ids: Vec<Id> = changed.keys().copied().collect();
        for chunk in ids.chunks(CHUNK) {
            let mut unit = self.core.unit(cx).await?;
            let mut rows: Vec<Neighbour> = unit.work().get_many(&Scope::system(), chunk).await?;
            for row in &mut rows {
                (row.remote_device_id, row.remote_interface_id) = changed.get(&row.id).copied().unwrap_or_default();
            }
            unit.work().upsert(&rows).await?;
            unit.commit().await?;
        }
        for claim in self.claims.values_mut().flatten() {
            claim.told.remote_device_id = claim.remote;
            claim.told.remote_interface_id = claim.remote_port.as_ref().map(|p| p.id);
        }
        Ok(())
    }

    /// Notes on interfaces what hangs on them.
    async fn write_peers(&mut self, cx: &CallContext) -> Result<()> {
        let peers = self.peers_of_links();
        let came = peers.iter().filter(|(port, peer)| self.peers.get(port) != Some(peer)).map(|(port, _)| *port);
        let gone = self.peers.keys().filter(|port| !peers.contains_key(port)).copied();
        let changed: Vec<Id> = came.chain(gone).collect();
        for chunk in changed.chunks(CHUNK) {
            let mut unit = self.core.unit(cx).await?;
            let mut rows: Vec<Interface> = unit.work().get_many(&Scope::system(), chunk).await?;
            rows.retain(|row| row.peer.as_ref() != peers.get(&row.id));
            for row in &mut rows {
                row.peer = peers.get(&row.id).cloned();
            }
            unit.work().upsert(&rows).await?;
            unit.commit().await?;
        }
        self.peers = peers;
        Ok(())
    }
}
