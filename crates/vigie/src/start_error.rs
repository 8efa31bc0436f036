//! Why a command could not begin: one clear line, and an exit code that scripts can use (after sysexits.h).

use std::fmt;

use vigie_domain::Error;
use vigie_sql_store::OpenError;

/// Why a command could not begin.
#[derive(Debug)]
pub struct StartError {
    /// One line: what, to which object, why, what to do.
    pub message: String,
    /// Exit code.
    pub code: u8,
}

impl StartError {
    /// The configuration is not valid.
    pub const CONFIGURATION: u8 = 78;
    /// A file or folder cannot be made or written.
    pub const CANNOT_CREATE: u8 = 73;
    /// Something else holds what is needed: the port, the state.
    pub const IN_USE: u8 = 75;
    /// The data are newer than this program, or damaged.
    pub const DATA: u8 = 65;
    /// The database server does not answer.
    pub const UNAVAILABLE: u8 = 69;
    /// Anything else.
    pub const SOFTWARE: u8 = 70;

    /// A line and a code.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), code }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StartError {}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::DirectoryNotWritable { .. } | OpenError::NotUsable { .. } => Self::CANNOT_CREATE,
            OpenError::Locked { .. } | OpenError::Owned { .. } | OpenError::NodeTaken { .. } => Self::IN_USE,
            OpenError::NoAddress { .. } | OpenError::Refused { .. } | OpenError::Missing { .. } => Self::CONFIGURATION,
            OpenError::Unreachable { .. } => Self::UNAVAILABLE,
            _ => Self::DATA,
        };
        let remedy = if matches!(error, OpenError::DirectoryNotWritable { .. }) { "; choose another with --state-dir" } else { "" };
        Self::new(code, format!("{error}{remedy}"))
    }
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        let chain = error.chain();
        let cause = if chain.is_empty() { String::new() } else { format!(" ({chain})") };
        Self::new(Self::SOFTWARE, format!("{error}{cause}"))
    }
}
