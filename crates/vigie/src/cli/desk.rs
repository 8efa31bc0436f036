//! What a command works with: the server and the screen.

use vigie_domain::Timestamp;
use vigie_foundation::clock::system_now_ms;

use super::connection::{Client, ConnectionArgs, Sessions, Target};
use super::failure::Failure;
use super::show::{OutputArgs, Screen};
use crate::configuration::Environment;

/// The server and the screen.
#[derive(Debug)]
pub struct Desk {
    /// The server.
    pub client: Client,
    /// The screen.
    pub screen: Screen,
}

impl Desk {
    /// For these flags.
    pub fn open(connection: &ConnectionArgs, output: &OutputArgs) -> Result<Self, Failure> {
        let environment = Environment::of_process();
        let sessions = Sessions::new(environment.client_directory());
        let target = Target::resolve(connection, &sessions, environment.state_directory())?;
        let client = Client::new(&target, &sessions, connection.deadline())?;
        if target.insecure && target.base.scheme() == "https" {
            eprintln!("warning: the certificate of {} is not checked", target.name);
        }
        Ok(Self { client, screen: Screen::of_process(output.format, now()) })
    }
}

/// The present.
pub fn now() -> Timestamp {
    Timestamp(system_now_ms())
}
