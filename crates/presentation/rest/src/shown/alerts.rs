//! Alerts.

use async_trait::async_trait;
use vigie_api_types::{AlertRuleView, AlertView, ChannelView, DeliveryView};
use vigie_application::CallContext;
use vigie_application::onlooker::seen_alerts;
use vigie_domain::Result;
use vigie_domain::alerts::{Alert, AlertRule, Channel, Delivery};
use vigie_domain::store::Reader;

use super::shown_as_is;
use crate::app::App;
use crate::resource::{Shown, Verbs, mount as mount_resource};
use crate::routes::Routes;

#[async_trait]
impl Shown for Alert {
    type View = AlertView;
    const TAG: &'static str = "alerts";
    const NOUN: &'static str = "an alert";

    async fn show(_app: &App, reader: &dyn Reader, cx: &CallContext, entities: Vec<Self>) -> Result<Vec<AlertView>> {
        let seen = seen_alerts(&cx.principal.scope(), reader, entities).await?;
        Ok(seen.into_iter().map(Into::into).collect())
    }
}

shown_as_is!(Delivery, DeliveryView, "notifications", "a delivery");

shown_as_is!(AlertRule, AlertRuleView, "alerts", "an alert rule");
shown_as_is!(Channel, ChannelView, "notifications", "a channel");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Alert>(routes, Verbs::Read);
    mount_resource::<AlertRule>(routes, Verbs::All);
    mount_resource::<Channel>(routes, Verbs::All);
    mount_resource::<Delivery>(routes, Verbs::Read);
}
