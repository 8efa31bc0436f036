//! Commands that are more than reading and writing a resource.

mod alerts;
mod channels;
mod credentials;
mod dashboards;
mod devices;
mod discover;
mod discoveries;
mod events;
mod interfaces;
mod jobs;
mod keys;
mod logs;
mod metrics;
mod raw;
mod rules;
mod search;
mod session;
mod system;
mod topology;
mod users;
mod watch;

pub use alerts::AlertAction;
pub use channels::ChannelAction;
pub use credentials::CredentialAction;
pub use dashboards::DashboardsArgs;
pub use devices::DeviceAction;
pub use discover::DiscoverArgs;
pub use discoveries::DiscoveryAction;
pub use events::EventAction;
pub use interfaces::InterfaceAction;
pub use jobs::JobAction;
pub use keys::KeyAction;
pub use logs::LogsArgs;
pub use raw::RawArgs;
pub use rules::RuleAction;
pub use search::SearchArgs;
pub use session::{LoginArgs, PasswordArgs, SignedInArgs};
pub use session::{login, logout, password, whoami};
pub use system::SystemArgs;
pub use topology::TopologyArgs;
pub use users::UserAction;
pub use watch::Bar;

use super::desk::Desk;
use super::failure::Failure;
use super::resource::{Found, ResourceCommand, Verb, find, write};

/// Runs a command on a resource.
pub async fn on_resource(command: &ResourceCommand) -> Result<(), Failure> {
    use super::resource::Action;
    if let Verb::Action(Action::Users(UserAction::ResetPassword { user, configuration })) = &command.verb {
        return super::local::reset_password(user, configuration);
    }
    let desk = Desk::open(&command.connection, &command.output)?;
    let Verb::Action(action) = &command.verb else {
        return write(&desk.client, &desk.screen, command.resource, &command.verb).await;
    };
    match action {
        Action::Devices(action) => devices::run(&desk, action).await,
        Action::Interfaces(action) => interfaces::run(&desk, action).await,
        Action::Discoveries(action) => discoveries::run(&desk, action).await,
        Action::Alerts(action) => alerts::run(&desk, action).await,
        Action::Rules(action) => rules::run(&desk, action).await,
        Action::Channels(action) => channels::run(&desk, action).await,
        Action::Credentials(action) => credentials::run(&desk, action).await,
        Action::Jobs(action) => jobs::run(&desk, action).await,
        Action::Events(action) => events::run(&desk, action).await,
        Action::Users(action) => users::run(&desk, action).await,
        Action::Keys(action) => keys::run(&desk, action).await,
    }
}

/// Finds an object of a resource, telling what it was wanted for.
async fn sought(desk: &Desk, resource: &str, which: &str, task: &str) -> Result<Found, Failure> {
    let resource =
        super::resource::catalogue::resource_of(resource).ok_or_else(|| Failure::usage(format!("there is no resource {resource}")))?;
    find(&desk.client, resource, which).await.map_err(|failure| failure.on(task))
}
