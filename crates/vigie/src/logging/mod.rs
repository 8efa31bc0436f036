//! The log of the process.

mod own;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use vigie_application::logs::{OwnLog, OwnLogWriter};

use self::own::OwnLayer;
use crate::StartError;
use crate::configuration::{Log, LogFormat};

/// Begins to log as configured; what is to take lines to where they are searched, unless that is turned off. Libraries that tell each lost
/// packet as an error are kept quiet: Vigie counts them.
pub fn begin(log: &Log) -> Result<Option<OwnLogWriter>, StartError> {
    let base = format!("{},async_snmp=off,hyper=warn,h2=warn,rustls=warn,sqlx=warn,tantivy=warn", log.level.word());
    let filter = log.filter.as_ref().map_or_else(|| base.clone(), |more| format!("{base},{more}"));
    let filter =
        EnvFilter::try_new(filter).map_err(|e| StartError::new(StartError::CONFIGURATION, format!("log.filter is not valid: {e}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let (own, writer) = log.searchable.then(OwnLog::new).unzip();
    let own = own.map(OwnLayer);
    let begun = match log.format {
        LogFormat::Json => builder.json().finish().with(own).try_init(),
        LogFormat::Text => builder.with_target(false).finish().with(own).try_init(),
    };
    begun.map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin to log: {e}")))?;
    Ok(writer)
}
