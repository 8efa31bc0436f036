//! Alerts.

use vigie_api_types::{AlertView, DeliveryView};
use vigie_domain::alerts::{Alert, Delivery};

use super::shown_as_is;
use crate::resource::{Verbs, mount as mount_resource};
use crate::routes::Routes;

shown_as_is!(Alert, AlertView, "alerts", "an alert");
shown_as_is!(Delivery, DeliveryView, "notifications", "a delivery");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Alert>(routes, Verbs::Read);
    mount_resource::<Delivery>(routes, Verbs::Read);
}
