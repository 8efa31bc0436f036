//! Making and renewing API keys. The key itself is shown once, when it is made.

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::sought;
use crate::cli::desk::{Desk, now};
use crate::cli::failure::Failure;
use crate::cli::resource::{InputArgs, moment_in};

/// An action on API keys.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyAction {
    /// Makes a key.
    #[command(visible_alias = "add")]
    Create(Box<CreateArgs>),
    /// Gives a key a new secret; the old one ceases to hold at once.
    Rotate {
        /// By name or id.
        key: String,
    },
}

/// A new key.
#[derive(clap::Args, Clone, Debug)]
pub struct CreateArgs {
    /// Its name.
    name: String,
    /// What it may do, such as devices:read; again for more.
    #[arg(short, long = "permission", value_delimiter = ',', value_name = "AREA:VERB")]
    permissions: Vec<String>,
    /// When it ends: a time, or a length as 90d.
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Address or network it may be used from; again for more.
    #[arg(long = "from", value_delimiter = ',', value_name = "NETWORK")]
    addresses: Vec<String>,
    /// Prints the key alone, for a script.
    #[arg(long)]
    quiet: bool,
    /// Further fields, such as scope.sites=Lyon.
    #[command(flatten)]
    input: InputArgs,
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &KeyAction) -> Result<(), Failure> {
    match action {
        KeyAction::Create(args) => create(desk, args).await,
        KeyAction::Rotate { key } => {
            let task = format!("cannot rotate API key {key}");
            let found = sought(desk, "keys", key, &task).await?;
            let reply =
                desk.client.post(&format!("api-keys/{}/rotate", found.id), &[], &json!({})).await.map_err(|failure| failure.on(task))?;
            issued(desk, &reply.body)
        }
    }
}

async fn create(desk: &Desk, args: &CreateArgs) -> Result<(), Failure> {
    let task = format!("cannot make API key {}", args.name);
    let mut object = args.input.object(&desk.client).await?;
    object.insert("name".to_owned(), json!(args.name));
    if !args.permissions.is_empty() {
        object.insert("permissions".to_owned(), json!(args.permissions));
    }
    if let Some(expires) = &args.expires {
        object.insert("expires_at".to_owned(), json!(moment_in(expires, now())?));
    }
    if !args.addresses.is_empty() {
        object.insert("allowed_addresses".to_owned(), json!(args.addresses));
    }
    let reply = desk.client.post("api-keys", &[], &Json::Object(object)).await.map_err(|failure| failure.on(task))?;
    if args.quiet {
        return desk.screen.put(&format!("{}\n", reply.body["key"].as_str().unwrap_or_default()));
    }
    issued(desk, &reply.body)
}

fn issued(desk: &Desk, key: &Json) -> Result<(), Failure> {
    desk.screen.object(key)?;
    if desk.screen.for_people() {
        eprintln!("the key is shown this once: keep it now");
    }
    Ok(())
}
