//! What else is done with interfaces.

use clap::Subcommand;

use super::metrics::{self, MetricsArgs};
use super::sought;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;

/// An action on an interface.
#[derive(Clone, Debug, Subcommand)]
pub enum InterfaceAction {
    /// Shows metrics of an interface over time.
    Metrics {
        /// As DEVICE:PORT, or by id.
        interface: String,
        /// Which, and when.
        #[command(flatten)]
        args: MetricsArgs,
    },
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &InterfaceAction) -> Result<(), Failure> {
    let InterfaceAction::Metrics { interface, args } = action;
    let what = format!("interface {interface}");
    let found = sought(desk, "interfaces", interface, &format!("cannot show metrics of {what}")).await?;
    metrics::show(desk, &format!("interfaces/{}", found.id), &what, args, "in_bps,out_bps,utilisation_ratio").await
}
