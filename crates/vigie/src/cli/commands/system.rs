//! Vigie itself: version, configuration, stores, permissions, filters.

use clap::{Args, ValueEnum};

use crate::cli::connection::ConnectionArgs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::show::{OutputArgs, columns};

/// What to know of the server.
#[derive(Args, Clone, Debug)]
pub struct SystemArgs {
    /// What to know.
    #[arg(value_enum, default_value_t = About::Info)]
    pub about: About,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What to know of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum About {
    /// Version, uptime, store.
    Info,
    /// What is configured, secrets masked.
    Configuration,
    /// What the stores take.
    Storage,
    /// Every permission there is.
    Permissions,
    /// What each list can be filtered by.
    Filters,
}

impl SystemArgs {
    /// Runs it.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = Desk::open(&self.connection, &self.output)?;
        let path = match self.about {
            About::Info => "system/info",
            About::Configuration => "system/configuration",
            About::Storage => "system/storage",
            About::Permissions => "meta/permissions",
            About::Filters => "meta/filters",
        };
        let body = desk
            .client
            .get(path, &[])
            .await
            .map_err(|failure| failure.on(format!("cannot ask {} about itself", desk.client.server())))?
            .body;
        let none = Vec::new();
        match self.about {
            About::Storage => desk.screen.rows(
                &columns("name engine size=size_bytes values oldest kept=retention_seconds"),
                body["stores"].as_array().unwrap_or(&none),
            ),
            About::Permissions => desk.screen.rows(&columns("permission description"), body["results"].as_array().unwrap_or(&none)),
            _ => desk.screen.object(&body),
        }
    }
}
