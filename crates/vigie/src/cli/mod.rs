//! The command line: `serve`, `config`, `lab` and the documents on this host; everything else is a client of the HTTP API.
//!
//! # Adding a resource
//!
//! One entry of `resource::catalogue::RESOURCES` gives it list, get, add, edit and delete, in every form of output. What else is done with it is an
//! enum of actions in `commands`.

mod backup;
mod commands;
mod connection;
mod database;
mod desk;
mod event_move;
mod exit;
mod failure;
mod local;
mod offsite;
mod resource;
mod show;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use vigie_lab::LabArgs;

use crate::StartError;
use crate::commands::VERSION;
use backup::BackupCommand;
use commands::{
    DashboardsArgs, DiscoverArgs, LoginArgs, LogsArgs, PasswordArgs, RawArgs, SearchArgs, SignedInArgs, SystemArgs, TopologyArgs,
};
use database::DbCommand;
use failure::Failure;
use local::{ConfigCommand, OpenApiArgs, ServeArgs};
use resource::ResourceCommand;

/// Discovers a network, watches it, and explains what broke.
#[derive(Debug, Parser)]
#[command(name = "vigie", version = VERSION, after_help = exit::HELP, subcommand_required = true, arg_required_else_help = true, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API and the web application.
    Serve(ServeArgs),
    /// Discovers devices, and shows what is found as it is found.
    Discover(Box<DiscoverArgs>),
    #[command(flatten)]
    Resource(Box<ResourceCommand>),
    /// Shows a dashboard: system or network.
    Dashboards(DashboardsArgs),
    /// Searches logs.
    Search(SearchArgs),
    /// Exports the map.
    Topology(TopologyArgs),
    /// Signs in at a server, and keeps it for later commands.
    Login(LoginArgs),
    /// Forgets the sign-in.
    Logout(SignedInArgs),
    /// Says who is signed in, and what they may do.
    Whoami(SignedInArgs),
    /// Changes your own password.
    Password(PasswordArgs),
    /// Tells of the server itself.
    System(SystemArgs),
    /// Sends any request to the API.
    Api(RawArgs),
    /// Shows the log of the server on this host.
    Logs(LogsArgs),
    /// Checks and explains the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Tells of the database, and carries it to another.
    #[command(subcommand)]
    Db(DbCommand),
    /// Keeps everything in one file, checks it, and brings it back.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Simulates a network to try, test and measure against.
    Lab(Box<LabArgs>),
    /// Prints the OpenAPI document.
    Openapi(OpenApiArgs),
    /// Prints completions for a shell.
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// Reads the command line, and does what it says.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => started(local::serve(&args)),
        Command::Config(command) => started(local::config(&command)),
        Command::Db(command) => started(database::run(&command)),
        Command::Backup(command) => started(backup::run(&command)),
        Command::Openapi(args) => started(local::openapi(&args)),
        Command::Lab(args) => local::lab(*args),
        Command::Completions { shell } => completions(shell),
        Command::Logs(args) => ended(args.run()),
        command => client(command),
    }
}

/// Runs a client of the API. One thread does for it.
fn client(command: Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(Failure::new(exit::Exit::Failed, format!("cannot begin: {error}")))),
    };
    let outcome = runtime.block_on(ask(command));
    // a question that nobody answered must not hold the process
    runtime.shutdown_background();
    ended(outcome)
}

async fn ask(command: Command) -> Result<(), Failure> {
    match command {
        Command::Resource(command) => commands::on_resource(&command).await,
        Command::Discover(args) => args.run().await,
        Command::Dashboards(args) => args.run().await,
        Command::Search(args) => args.run().await,
        Command::Topology(args) => args.run().await,
        Command::System(args) => args.run().await,
        Command::Api(args) => args.run().await,
        Command::Login(args) => commands::login(&args).await,
        Command::Logout(args) => commands::logout(&args).await,
        Command::Whoami(args) => commands::whoami(&args).await,
        Command::Password(args) => commands::password(&args).await,
        // done before
        Command::Serve(_)
        | Command::Config(_)
        | Command::Db(_)
        | Command::Backup(_)
        | Command::Openapi(_)
        | Command::Lab(_)
        | Command::Logs(_)
        | Command::Completions { .. } => Ok(()),
    }
}

fn completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vigie", &mut script);
    ended(std::io::Write::write_all(&mut std::io::stdout(), &script).map_err(Failure::from))
}

fn started(outcome: Result<(), StartError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vigie: {error}");
            ExitCode::from(error.code)
        }
    }
}

fn ended(outcome: Result<(), Failure>) -> ExitCode {
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    if !failure.is_silent() {
        eprintln!("vigie: {failure}");
    }
    failure.exit.into()
}
