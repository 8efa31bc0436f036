//! Adding users and setting passwords.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::session::new_secret;
use super::sought;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::local::ConfigurationArgs;
use crate::cli::resource::InputArgs;

/// An action on users.
#[derive(Clone, Debug, Subcommand)]
pub enum UserAction {
    /// Adds a user.
    #[command(visible_alias = "create")]
    Add(Box<AddArgs>),
    /// Sets a user's password.
    SetPassword {
        /// By name or id.
        user: String,
        /// File with the password, `-` for standard input; asked for unless given.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// The user need not change it at the next sign-in.
        #[arg(long)]
        keep: bool,
    },
    /// Gives a user a new one-time password on this host, with the server stopped: for whoever lost the last administrator's.
    ResetPassword {
        /// Name of the user.
        #[arg(default_value = "admin")]
        user: String,
        /// Where the state is.
        #[command(flatten)]
        configuration: ConfigurationArgs,
    },
}

/// A new user.
#[derive(clap::Args, Clone, Debug)]
pub struct AddArgs {
    /// Name to sign in with.
    username: String,
    /// Role: viewer, operator, admin, or one of your own; again for more.
    #[arg(short, long = "role", value_delimiter = ',', value_name = "ROLE")]
    roles: Vec<String>,
    /// Mail address.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// File with the first password, `-` for standard input; asked for unless given.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Further fields.
    #[command(flatten)]
    input: InputArgs,
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &UserAction) -> Result<(), Failure> {
    match action {
        UserAction::Add(args) => add(desk, args).await,
        UserAction::SetPassword { user, password_file, keep } => {
            let task = format!("cannot set the password of user {user}");
            let found = sought(desk, "users", user, &task).await?;
            let password = new_secret(password_file.as_deref(), &format!("New password of {user}")).map_err(|failure| failure.on(&task))?;
            let path = format!("users/{}", found.id);
            let etag = desk.client.get(&path, &[]).await.map_err(|failure| failure.on(&task))?.etag;
            let body = json!({"password": password, "must_change_password": !keep});
            desk.client.patch(&path, etag.as_deref(), &body).await.map_err(|failure| failure.on(&task))?;
            eprintln!("the password of {user} is set");
            Ok(())
        }
        // it works on files, and was done before anybody looked for a server
        UserAction::ResetPassword { .. } => Ok(()),
    }
}

async fn add(desk: &Desk, args: &AddArgs) -> Result<(), Failure> {
    let task = format!("cannot add user {}", args.username);
    let mut object = args.input.object(&desk.client).await?;
    object.insert("username".to_owned(), json!(args.username));
    if !args.roles.is_empty() {
        object.insert("roles".to_owned(), json!(args.roles));
    }
    if let Some(email) = &args.email {
        object.insert("email".to_owned(), json!(email));
    }
    if !object.contains_key("password") {
        let password = new_secret(args.password_file.as_deref(), &format!("First password of {}", args.username))
            .map_err(|failure| failure.on(&task))?;
        object.insert("password".to_owned(), json!(password));
    }
    let reply = desk.client.post("users", &[], &Json::Object(object)).await.map_err(|failure| failure.on(&task))?;
    desk.screen.object(&reply.body)
}
