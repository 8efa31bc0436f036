//! The log of the process.

use tracing_subscriber::EnvFilter;

use crate::StartError;
use crate::configuration::{Log, LogFormat};

/// Begins to log as configured. Libraries that tell each lost packet as an error are kept quiet: Vigie counts them.
pub fn begin(log: &Log) -> Result<(), StartError> {
    let base = format!("{},async_snmp=off,hyper=warn,h2=warn,rustls=warn,sqlx=warn", log.level.word());
    let filter = log.filter.as_ref().map_or_else(|| base.clone(), |more| format!("{base},{more}"));
    let filter =
        EnvFilter::try_new(filter).map_err(|e| StartError::new(StartError::CONFIGURATION, format!("log.filter is not valid: {e}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match log.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_target(false).try_init(),
    };
    begun.map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin to log: {e}")))
}
