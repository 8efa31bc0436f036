//! Commands that work on this host's files: serve, the configuration, the documents, the lab, a lost password.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use vigie_lab::LabArgs;

use super::exit::Exit;
use super::failure::Failure;
use crate::StartError;
use crate::commands::{self, ConfigurationFlags};
use crate::configuration::{self, Environment};

/// Where the configuration and the state are.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigurationArgs {
    /// Configuration file (TOML).
    #[arg(long, env = "VIGIE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the database, the certificates and the master key.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// A server.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where the configuration and the state are.
    #[command(flatten)]
    pub configuration: ConfigurationArgs,
    /// Address and port to listen on, such as 127.0.0.1:8000 or [::]:8000; again for more.
    #[arg(long, value_name = "ADDRESS:PORT", value_delimiter = ',', num_args = 1..)]
    pub listen: Vec<SocketAddr>,
}

/// What to know of the configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Says what is wrong with it, all at once; ends with 78 when something is.
    Check(ConfigurationArgs),
    /// Shows every setting as it stands, and where it comes from.
    Show(ConfigurationArgs),
    /// Prints a JSON schema of the file, for editors.
    Schema,
    /// Prints the reference of every setting.
    Reference,
    /// Prints a file with every setting at its default.
    Example,
}

/// The OpenAPI document.
#[derive(Args, Clone, Debug)]
pub struct OpenApiArgs {
    /// In which form.
    #[arg(long, value_enum, default_value_t = DocumentFormat::Json)]
    pub format: DocumentFormat,
}

/// A form of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl ConfigurationArgs {
    /// As flags.
    pub fn flags(&self) -> ConfigurationFlags {
        ConfigurationFlags { file: self.config.clone(), state_dir: self.state_dir.clone(), listen: Vec::new() }
    }
}

/// Serves until a signal says stop.
pub fn serve(args: &ServeArgs) -> Result<(), StartError> {
    commands::serve(ConfigurationFlags { listen: args.listen.clone(), ..args.configuration.flags() })
}

/// Tells of the configuration.
pub fn config(command: &ConfigCommand) -> Result<(), StartError> {
    let load = |args: &ConfigurationArgs| commands::load(args.flags(), Environment::of_process());
    match command {
        ConfigCommand::Check(args) => {
            let loaded = load(args)?;
            for warning in &loaded.warnings {
                eprintln!("warning: {warning}");
            }
            print("the configuration is valid\n")
        }
        ConfigCommand::Show(args) => print(&configuration::show(&load(args)?)),
        ConfigCommand::Schema => print(&configuration::schema()),
        ConfigCommand::Reference => print(&configuration::reference()),
        ConfigCommand::Example => print(&configuration::example()),
    }
}

/// Prints the OpenAPI document.
pub fn openapi(args: &OpenApiArgs) -> Result<(), StartError> {
    let json = commands::openapi();
    match args.format {
        DocumentFormat::Json => print(&json),
        DocumentFormat::Yaml => {
            let document = serde_json::from_str(&json).map_err(|error| StartError::new(StartError::SOFTWARE, error.to_string()))?;
            print(&vigie_foundation::yaml::yaml(&document))
        }
    }
}

/// Gives a user a new one-time password.
pub fn reset_password(user: &str, args: &ConfigurationArgs) -> Result<(), Failure> {
    let password = commands::reset_password(args.flags(), user)
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()).on(format!("cannot reset the password of {user}")))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", password.expose())?;
    eprintln!("the one-time password of {user} stands above; it must be changed at the next sign-in");
    Ok(())
}

/// Starts a lab, or gives an order to the one that runs.
pub fn lab(args: LabArgs) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return told(&format!("cannot begin: {error}"), Exit::Failed),
    };
    let stop = async {
        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else { return };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    };
    match runtime.block_on(vigie_lab::run(args, stop)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let exit = match &error {
                vigie_lab::LabError::PrefixTooSmall { .. } | vigie_lab::LabError::NotLoopback(_) | vigie_lab::LabError::Invalid(_) => {
                    Exit::Usage
                }
                vigie_lab::LabError::UnknownDevice(_) | vigie_lab::LabError::UnknownPort { .. } => Exit::NotFound,
                vigie_lab::LabError::ControlTaken(_) => Exit::Conflict,
                vigie_lab::LabError::NoLab { .. } => Exit::Unreachable,
                _ => Exit::Failed,
            };
            told(&error.to_string(), exit)
        }
    }
}

fn told(message: &str, exit: Exit) -> ExitCode {
    eprintln!("vigie: {message}");
    exit.into()
}

/// Writes to standard output; nobody reading it is no error.
pub fn print(text: &str) -> Result<(), StartError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(StartError::new(StartError::CANNOT_CREATE, format!("cannot write: {error}")))
        }
        _ => Ok(()),
    }
}
