//! What devices are gathered by and opened with.

use vigie_api_types::{CheckView, CredentialView, DeviceGroupView, IgnoredView, RealmView, SiteView, TagView};
use vigie_domain::devices::{Check, Credential, DeviceGroup, Ignored, Realm, Site, Tag};

use super::shown_as_is;
use crate::resource::{Verbs, mount as mount_resource};
use crate::routes::Routes;

shown_as_is!(Site, SiteView, "devices", "a site");
shown_as_is!(Tag, TagView, "devices", "a tag");
shown_as_is!(DeviceGroup, DeviceGroupView, "devices", "a device group");
shown_as_is!(Realm, RealmView, "devices", "a realm");
shown_as_is!(Ignored, IgnoredView, "devices", "an ignored address");
shown_as_is!(Check, CheckView, "devices", "a check");
shown_as_is!(Credential, CredentialView, "devices", "a credential");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Site>(routes, Verbs::All);
    mount_resource::<Tag>(routes, Verbs::All);
    mount_resource::<DeviceGroup>(routes, Verbs::All);
    mount_resource::<Realm>(routes, Verbs::All);
    mount_resource::<Ignored>(routes, Verbs::All);
    mount_resource::<Credential>(routes, Verbs::All);
    mount_resource::<Check>(routes, Verbs::All);
}
