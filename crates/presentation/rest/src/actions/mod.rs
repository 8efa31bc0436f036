//! What is written by hand: actions, and reads that are no list.

mod alerts;
mod devices;
mod health;
mod jobs;
mod series;
mod system;

pub use health::mount_metrics;

use crate::routes::Routes;

/// Adds the routes.
pub fn mount(routes: &mut Routes) {
    devices::mount(routes);
    series::mount(routes);
    alerts::mount(routes);
    jobs::mount(routes);
    system::mount(routes);
    health::mount(routes);
}
