//! What is written by hand: actions, and reads that are no list.

mod alerts;
mod dashboards;
mod devices;
mod health;
mod jobs;
mod series;
mod services;
mod system;
mod topology;

pub use health::mount_metrics;

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
    system::mount(routes);
    health::mount(routes);
}
