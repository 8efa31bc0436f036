//! What is written by hand: actions, and reads that are no list.

mod alerts;
mod backups;
mod cache;
mod dashboards;
mod devices;
mod dry_run;
mod health;
mod jobs;
mod logs;
mod series;
mod services;
mod system;
mod topology;

pub(crate) use dry_run::{asked as dry_run_asked, document as dry_run_document, plan as dry_run_plan};
pub use health::mount_metrics;
pub(crate) use system::mount_filters;

use crate::routes::Routes;

/// Adds the routes.
pub fn mount(routes: &mut Routes) {
    devices::mount(routes);
    series::mount(routes);
    alerts::mount(routes);
    topology::mount(routes);
    dashboards::mount(routes);
    services::mount(routes);
    jobs::mount(routes);
    logs::mount(routes);
    cache::mount(routes);
    backups::mount(routes);
    system::mount(routes);
    health::mount(routes);
}
