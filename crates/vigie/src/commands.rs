//! What the command line calls that is not a client of the API: serve, the documents, a lost password.

use std::net::SocketAddr;
use std::path::PathBuf;

use vigie_domain::Secret;

use crate::configuration::{Environment, Loaded, Loader};
use crate::{StartError, lifecycle, wiring};

/// Version and commit.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("VIGIE_COMMIT"), ")");

/// Flags of commands that work with the configuration.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationFlags {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
    /// `--listen`, each address.
    pub listen: Vec<SocketAddr>,
}

/// Reads the configuration: file, environment, flags.
pub fn load(flags: ConfigurationFlags, environment: Environment) -> Result<Loaded, StartError> {
    let listen = (!flags.listen.is_empty()).then(|| flags.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let state_dir = flags.state_dir.map(|path| path.to_string_lossy().into_owned());
    let file = flags.file.or_else(|| environment.configuration_file());
    Loader::new(environment)
        .file(file)
        .flag("server.listen", "--listen", listen)
        .flag("state.directory", "--state-dir", state_dir)
        .load()
        .map_err(|problems| StartError::new(StartError::CONFIGURATION, problems.to_string()))
}

/// Serves until a signal says stop.
pub fn serve(flags: ConfigurationFlags) -> Result<(), StartError> {
    let environment = Environment::of_process();
    let admin_password = environment.admin_password_file();
    let state = environment.state_directory();
    let loaded = load(flags, environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin: {e}")))?;
    // polls are short and many: on a thread of their own none wakes another, which costs a quarter of their processor time
    let polling = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("polling")
        .enable_all()
        .build()
        .map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin to poll: {e}")))?;
    let outcome = runtime.block_on(lifecycle::serve(loaded, state, admin_password, polling.handle()));
    for runtime in [runtime, polling] {
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    }
    outcome
}

/// The OpenAPI document as it is committed.
pub fn openapi() -> String {
    let document = vigie_rest::docs::document(&wiring::routes(None), env!("CARGO_PKG_VERSION"));
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Gives a user a new one-time password. The server must be stopped: it holds the state.
pub fn reset_password(flags: ConfigurationFlags, username: &str) -> Result<Secret, StartError> {
    let environment = Environment::of_process();
    let state = environment.state_directory();
    let loaded = load(flags, environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin: {e}")))?;
    runtime.block_on(async {
        let folder = wiring::state_folder(&loaded, state)?;
        let core = wiring::core(&loaded, &folder).await?;
        Ok(vigie_application::identity::reset_password(&core, username).await?)
    })
}
