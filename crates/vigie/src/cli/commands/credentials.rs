//! Adding and trying credentials. Secrets come from a file or a prompt; on the command line they are taken with a warning.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Map, Value as Json, json};

use super::session::secret;
use super::sought;
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::resource::{InputArgs, warn_of_secret};

/// An action on credentials.
#[derive(Clone, Debug, Subcommand)]
pub enum CredentialAction {
    /// Adds a credential: SNMPv3 with --user, SSH with --ssh, else v2c.
    #[command(visible_alias = "create")]
    Add(Box<AddArgs>),
    /// Tries a credential on an agent; ends with 7 when it does not do.
    Test {
        /// By name or id.
        credential: String,
        /// Address of the agent.
        address: String,
        /// UDP port of the agent.
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
}

/// A new credential.
#[derive(clap::Args, Clone, Debug)]
pub struct AddArgs {
    /// Its name.
    name: String,
    /// SNMPv1 in place of v2c.
    #[arg(long, conflicts_with = "user")]
    v1: bool,
    /// Community of v1 and v2c; asked for unless given.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["user", "community_file"])]
    community: Option<String>,
    /// File with the community, `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    community_file: Option<PathBuf>,
    /// User of v3.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// How v3 authenticates: md5, sha1, sha224, sha256, sha384, sha512.
    #[arg(long, value_name = "PROTOCOL", requires = "user")]
    auth: Option<String>,
    /// File with the secret of authentication; asked for unless given.
    #[arg(long, value_name = "FILE", requires = "auth")]
    auth_file: Option<PathBuf>,
    /// How v3 encrypts: des, aes128, aes192, aes256, aes192c, aes256c.
    #[arg(long, value_name = "PROTOCOL", requires = "auth")]
    privacy: Option<String>,
    /// File with the secret of encryption; asked for unless given.
    #[arg(long, value_name = "FILE", requires = "privacy")]
    privacy_file: Option<PathBuf>,
    /// Context of v3.
    #[arg(long, value_name = "NAME", requires = "user")]
    context: Option<String>,
    /// User of SSH.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["user", "v1", "community", "community_file"])]
    ssh: Option<String>,
    /// File with the private key of SSH; without it a password is asked for.
    #[arg(long, value_name = "FILE", requires = "ssh")]
    key_file: Option<PathBuf>,
    /// File with the password of SSH.
    #[arg(long, value_name = "FILE", requires = "ssh")]
    password_file: Option<PathBuf>,
    /// File with what raises privileges after an SSH sign-in.
    #[arg(long, value_name = "FILE", requires = "ssh")]
    enable_file: Option<PathBuf>,
    /// Further fields.
    #[command(flatten)]
    input: InputArgs,
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &CredentialAction) -> Result<(), Failure> {
    match action {
        CredentialAction::Add(args) => {
            let task = format!("cannot add credential {}", args.name);
            let body = Json::Object(credential(desk, args).await.map_err(|failure| failure.on(&task))?);
            let reply = desk.client.post("credentials", &[], &body).await.map_err(|failure| failure.on(&task))?;
            desk.screen.object(&reply.body)
        }
        CredentialAction::Test { credential, address, port } => test(desk, credential, address, *port).await,
    }
}

async fn credential(desk: &Desk, args: &AddArgs) -> Result<Map<String, Json>, Failure> {
    let mut object = args.input.object(&desk.client).await?;
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), Json::from(value));
        }
    };
    put("name", Some(args.name.clone()));
    put("context", args.context.clone());
    put("username", args.user.as_ref().or(args.ssh.as_ref()).cloned());
    put("auth_protocol", args.auth.clone());
    put("privacy_protocol", args.privacy.clone());
    if args.user.is_some() {
        put("kind", Some("snmp_v3".to_owned()));
        if args.auth.is_some() {
            put("auth_secret", Some(secret(args.auth_file.as_deref(), "Secret of authentication")?));
        }
        if args.privacy.is_some() {
            put("privacy_secret", Some(secret(args.privacy_file.as_deref(), "Secret of encryption")?));
        }
        return Ok(object);
    }
    if args.ssh.is_some() {
        put("kind", Some("ssh".to_owned()));
        if let Some(file) = &args.key_file {
            put("private_key", Some(secret(Some(file), "Private key")?));
        }
        if args.key_file.is_none() || args.password_file.is_some() {
            put("password", Some(secret(args.password_file.as_deref(), "Password")?));
        }
        if let Some(file) = &args.enable_file {
            put("enable_secret", Some(secret(Some(file), "Enable secret")?));
        }
        return Ok(object);
    }
    let whole = object.contains_key("kind") && (object.contains_key("community") || object.contains_key("username"));
    if whole && args.community.is_none() && args.community_file.is_none() && !args.v1 {
        return Ok(object);
    }
    let community = match &args.community {
        Some(community) => {
            if community != "public" {
                warn_of_secret("a community", "--community-file FILE");
            }
            community.clone()
        }
        None => secret(args.community_file.as_deref(), "Community")?,
    };
    object.insert("kind".to_owned(), Json::from(if args.v1 { "snmp_v1" } else { "snmp_v2c" }));
    object.insert("community".to_owned(), Json::from(community));
    Ok(object)
}

async fn test(desk: &Desk, credential: &str, address: &str, port: Option<u16>) -> Result<(), Failure> {
    let task = format!("cannot try credential {credential} on {address}");
    let found = sought(desk, "credentials", credential, &task).await?;
    let mut body = json!({"address": address});
    if let Some(port) = port {
        body["port"] = json!(port);
    }
    let answer = desk.client.post(&format!("credentials/{}/test", found.id), &[], &body).await.map_err(|failure| failure.on(&task))?.body;
    desk.screen.object(&answer)?;
    if answer["access"]["state"] == "ok" { Ok(()) } else { Err(Failure::silent(Exit::Device)) }
}
