//! What devices are gathered by and opened with.

use async_trait::async_trait;
use vigie_api_types::{CheckView, CredentialView, DeviceGroupView, IgnoredView, RealmView, SiteView, TagView};
use vigie_domain::devices::{Check, Credential, DeviceGroup, Ignored, Realm, Site, Tag};

use super::shown_as_is;
use crate::resource::{Verbs, mount as mount_resource};
use crate::routes::Routes;

shown_as_is!(Site, SiteView, "devices", "a site");
shown_as_is!(Tag, TagView, "devices", "a tag");
shown_as_is!(Realm, RealmView, "devices", "a realm");
shown_as_is!(Ignored, IgnoredView, "devices", "an ignored address");
shown_as_is!(Check, CheckView, "devices", "a check");
shown_as_is!(Credential, CredentialView, "devices", "a credential");

#[async_trait]
impl crate::resource::Shown for DeviceGroup {
    type View = DeviceGroupView;
    const TAG: &'static str = "devices";
    const NOUN: &'static str = "a device group";

    /// Members outside the caller's scope are left out.
    async fn show(
        _app: &crate::app::App,
        reader: &dyn vigie_domain::store::Reader,
        cx: &vigie_application::CallContext,
        mut entities: Vec<Self>,
    ) -> vigie_domain::Result<Vec<DeviceGroupView>> {
        use vigie_domain::store::Read;
        let scope = vigie_domain::Scope::of(cx.principal.scope.clone());
        if !scope.is_everything() {
            for group in &mut entities {
                let seen: Vec<vigie_domain::devices::Device> = reader.get_many(&scope, &group.device_ids).await?;
                group.device_ids.retain(|id| seen.iter().any(|d| d.id == *id));
            }
        }
        Ok(entities.into_iter().map(Into::into).collect())
    }
}

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Site>(routes, Verbs::All);
    mount_resource::<Tag>(routes, Verbs::All);
    mount_resource::<DeviceGroup>(routes, Verbs::All);
    mount_resource::<Realm>(routes, Verbs::All);
    mount_resource::<Ignored>(routes, Verbs::All);
    mount_resource::<Credential>(routes, Verbs::All);
    mount_resource::<Check>(routes, Verbs::All);
}
