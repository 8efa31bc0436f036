//! Events and the audit.

use vigie_api_types::{AuditEntryView, EventView};
use vigie_domain::system::{AuditEntry, Event};

use super::shown_as_is;
use crate::resource::{Verbs, mount as mount_resource};
use crate::routes::Routes;

shown_as_is!(Event, EventView, "logs", "an event");
shown_as_is!(AuditEntry, AuditEntryView, "audit", "an audit entry");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Event>(routes, Verbs::Read);
    mount_resource::<AuditEntry>(routes, Verbs::Read);
}
