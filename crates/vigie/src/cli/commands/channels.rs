//! What is done with notification channels.

use clap::Subcommand;
use serde_json::json;

use super::sought;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;

/// An action on a channel.
#[derive(Clone, Debug, Subcommand)]
pub enum ChannelAction {
    /// Sends a test message.
    Test {
        /// By name or id.
        channel: String,
    },
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &ChannelAction) -> Result<(), Failure> {
    let ChannelAction::Test { channel } = action;
    let task = format!("cannot test channel {channel}");
    let found = sought(desk, "channels", channel, &task).await?;
    let path = format!("notifications/channels/{}/test", found.id);
    let body = desk.client.post(&path, &[], &json!({})).await.map_err(|failure| failure.on(task))?.body;
    desk.screen.object(&body)
}
