//! Which resources the API shows, and how.

mod alerts;
mod devices;
mod gathering;
mod identity;
mod interfaces;
mod system;
mod topology;

use crate::routes::Routes;

/// Mounts all of them.
pub fn mount(routes: &mut Routes) {
    devices::mount(routes);
    interfaces::mount(routes);
    gathering::mount(routes);
    topology::mount(routes);
    alerts::mount(routes);
    identity::mount(routes);
    system::mount(routes);
}

/// Shows entities whose view is made of nothing but themselves.
macro_rules! shown_as_is {
    ($entity:ty, $view:ty, $tag:literal, $noun:literal) => {
        #[async_trait::async_trait]
        impl crate::resource::Shown for $entity {
            type View = $view;
            const TAG: &'static str = $tag;
            const NOUN: &'static str = $noun;

            async fn show(
                _app: &crate::app::App,
                _reader: &dyn vigie_domain::store::Reader,
                _cx: &vigie_application::CallContext,
                entities: Vec<Self>,
            ) -> vigie_domain::Result<Vec<$view>> {
                Ok(entities.into_iter().map(Into::into).collect())
            }
        }
    };
}
pub(crate) use shown_as_is;
