//! The lab by itself, as `vigie lab` runs it.

use clap::Parser;
use vigie_lab::{LabArgs, LabError, run};

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    lab: LabArgs,
}

#[tokio::main]
async fn main() -> Result<(), LabError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let interrupted = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "no signals");
        }
    };
    run(Cli::parse().lab, interrupted).await
}
