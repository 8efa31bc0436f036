//! Alerts.

use vigie_api_types::{AlertRuleView, AlertView, ChannelView, DeliveryView};
use vigie_domain::alerts::{Alert, AlertRule, Channel, Delivery};

use super::shown_as_is;
use crate::resource::{Verbs, mount as mount_resource};
use crate::routes::Routes;

shown_as_is!(Alert, AlertView, "alerts", "an alert");
shown_as_is!(Delivery, DeliveryView, "notifications", "a delivery");

shown_as_is!(AlertRule, AlertRuleView, "alerts", "an alert rule");
shown_as_is!(Channel, ChannelView, "notifications", "a channel");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Alert>(routes, Verbs::Read);
    mount_resource::<AlertRule>(routes, Verbs::All);
    mount_resource::<Channel>(routes, Verbs::All);
    mount_resource::<Delivery>(routes, Verbs::Read);
}
