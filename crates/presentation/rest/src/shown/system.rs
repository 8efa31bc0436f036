//! Events and the audit.

use async_trait::async_trait;
use vigie_api_types::{AuditEntryView, EventView};
use vigie_application::CallContext;
use vigie_application::onlooker::seen_events;
use vigie_domain::Result;
use vigie_domain::store::Reader;
use vigie_domain::system::{AuditEntry, Event};

use super::shown_as_is;
use crate::app::App;
use crate::resource::{Shown, Verbs, mount as mount_resource};
use crate::routes::Routes;

#[async_trait]
impl Shown for Event {
    type View = EventView;
    const TAG: &'static str = "logs";
    const NOUN: &'static str = "an event";

    async fn show(_app: &App, reader: &dyn Reader, cx: &CallContext, entities: Vec<Self>) -> Result<Vec<EventView>> {
        let seen = seen_events(&cx.principal.scope(), reader, entities).await?;
        Ok(seen.into_iter().map(Into::into).collect())
    }
}

shown_as_is!(AuditEntry, AuditEntryView, "audit", "an audit entry");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Event>(routes, Verbs::Read);
    mount_resource::<AuditEntry>(routes, Verbs::Read);
}
