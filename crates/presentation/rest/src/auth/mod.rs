//! Signing in: `auth/*`.

mod account;
mod tokens;

use crate::routes::Routes;

/// Adds the routes.
pub fn mount(routes: &mut Routes) {
    account::mount(routes);
    tokens::mount(routes);
}
