//! Signing in and out, and the own account.

use std::path::{Path, PathBuf};

use clap::Args;
use console::Term;
use serde_json::{Value as Json, json};

use crate::cli::connection::{Access, Client, ConnectionArgs, Session, Sessions, Target, read_secret_file};
use crate::cli::desk::{Desk, now};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::resource::warn_of_secret;
use crate::cli::show::{OutputArgs, Screen};
use crate::configuration::Environment;

/// A sign-in.
#[derive(Args, Clone, Debug)]
pub struct LoginArgs {
    /// Name to sign in with; asked for unless given.
    #[arg(short, long, value_name = "NAME")]
    pub username: Option<String>,
    /// The password. Everybody on this host can see it: rather use --password-file or the prompt.
    #[arg(long, value_name = "TEXT", hide = true, conflicts_with = "password_file")]
    pub password: Option<String>,
    /// File with the password, `-` for standard input; asked for unless given.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Which server. An API key given here is checked and kept in place of tokens.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A command of whoever is signed in.
#[derive(Args, Clone, Debug)]
pub struct SignedInArgs {
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A change of the own password.
#[derive(Args, Clone, Debug)]
pub struct PasswordArgs {
    /// File with the present password; asked for unless given.
    #[arg(long, value_name = "FILE")]
    pub current_file: Option<PathBuf>,
    /// File with the new password; asked for unless given.
    #[arg(long, value_name = "FILE")]
    pub new_file: Option<PathBuf>,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Signs in, and keeps it.
pub async fn login(args: &LoginArgs) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let sessions = Sessions::new(environment.client_directory());
    let mut target = Target::resolve(&args.connection, &sessions, environment.state_directory())?;
    let task = format!("cannot sign in at {}", target.name);
    let by_key = !target.stored && target.access.is_some() && args.username.is_none();
    if by_key && args.connection.api_key_file.is_none() {
        eprintln!("using the API key of VIGIE_API_KEY");
    }
    if !by_key {
        target.access = None;
    }
    let deadline = args.connection.deadline();
    let client = Client::new(&Target { stored: false, ..target.clone() }, &sessions, deadline)?;
    let access = match target.access.clone() {
        Some(key) => key,
        None => tokens(&client, args).await.map_err(|failure| failure.on(&task))?,
    };
    let signed = Client::new(&Target { access: Some(access.clone()), stored: false, ..target.clone() }, &sessions, deadline)?;
    let me = signed.get("auth/me", &[]).await.map_err(|failure| failure.on(&task))?.body;
    let username = me["user"]["username"].as_str().unwrap_or("an API key").to_owned();
    let session = Session { username: username.clone(), access, authority: target.authority, insecure: target.insecure };
    let path = sessions.sign_in(&target.name, session)?;
    let screen = Screen::of_process(args.output.format, now());
    if screen.for_people() {
        screen.put(&format!("signed in at {} as {username}; kept in {}\n", target.name, path.display()))?;
    } else {
        screen.object(&json!({"server": target.name, "username": username, "file": path}))?;
    }
    if me["user"]["must_change_password"] == true {
        eprintln!("the password must be changed before anything else: `vigie password`");
    }
    Ok(())
}

async fn tokens(client: &Client, args: &LoginArgs) -> Result<Access, Failure> {
    let username = match &args.username {
        Some(username) => username.clone(),
        None => ask("Username", false)?,
    };
    let password = match &args.password {
        Some(password) => {
            warn_of_secret("a password", "--password-file FILE or the prompt");
            password.clone()
        }
        None => secret(args.password_file.as_deref(), &format!("Password of {username}"))?,
    };
    let reply =
        client.sign("auth/token", &json!({"username": username, "password": password})).await.map_err(|failure| match failure.exit {
            Exit::Forbidden => {
                failure.solution("look at the name and the password; on the server's host `vigie users reset-password` makes a new one")
            }
            _ => failure,
        })?;
    Access::of_tokens(&reply.body)
}

/// Forgets the sign-in, and has the server forget it.
pub async fn logout(args: &SignedInArgs) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let sessions = Sessions::new(environment.client_directory());
    let target = Target::resolve(&args.connection, &sessions, environment.state_directory())?;
    let session = sessions.get(&target.name)?;
    let Some(session) = session else {
        eprintln!("nobody was signed in at {}", target.name);
        return Ok(());
    };
    if let Access::Tokens { refresh_token, .. } = &session.access {
        let client = Client::new(&target, &sessions, args.connection.deadline())?;
        if let Err(failure) = client.sign("auth/token/revoke", &json!({"token": refresh_token})).await {
            eprintln!("the server was not told: {failure}");
        }
    }
    sessions.sign_out(&target.name)?;
    eprintln!("signed out at {}", target.name);
    Ok(())
}

/// Says who is signed in, and what they may do.
pub async fn whoami(args: &SignedInArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.connection, &args.output)?;
    let me = desk
        .client
        .get("auth/me", &[])
        .await
        .map_err(|failure| failure.on(format!("cannot ask {} who you are", desk.client.server())))?
        .body;
    if !desk.screen.for_people() {
        return desk.screen.object(&me);
    }
    let user = &me["user"];
    let mut shown = json!({"server": desk.client.server(), "user": user["username"], "roles": user["roles"], "signed_in_by": me["method"]});
    shown["ends"] = me["expires_at"].clone();
    shown["sees"] = if me["scope"].is_null() { Json::from("everything") } else { me["scope"].clone() };
    shown["permissions"] = me["permissions"].clone();
    desk.screen.object(&shown)
}

/// Changes the own password.
pub async fn password(args: &PasswordArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.connection, &OutputArgs::default())?;
    let current = secret(args.current_file.as_deref(), "Present password")?;
    let new = new_secret(args.new_file.as_deref(), "New password")?;
    let body = json!({"current_password": current, "new_password": new});
    desk.client.post("auth/me/password", &[], &body).await.map_err(|failure| failure.on("cannot change the password"))?;
    eprintln!("the password is changed; other sign-ins have ended");
    Ok(())
}

/// A secret out of a file, or asked for at the terminal.
pub fn secret(file: Option<&Path>, what: &str) -> Result<String, Failure> {
    match file {
        Some(file) => read_secret_file(file),
        None => ask(what, true),
    }
}

/// A new secret: asked for twice.
pub fn new_secret(file: Option<&Path>, what: &str) -> Result<String, Failure> {
    if let Some(file) = file {
        return read_secret_file(file);
    }
    let first = ask(what, true)?;
    if ask("The same again", true)? == first { Ok(first) } else { Err(Failure::usage("the two are not the same")) }
}

fn ask(what: &str, hidden: bool) -> Result<String, Failure> {
    let term = Term::stderr();
    if !console::user_attended_stderr() || !stdin_is_terminal() {
        let flag = if hidden { "give it by a file (`-` for standard input)" } else { "give it by a flag" };
        return Err(Failure::usage(format!("{what} is missing, and there is no terminal to ask at")).solution(flag));
    }
    let told = |error: std::io::Error| Failure::new(Exit::Interrupted, format!("cannot ask: {error}"));
    term.write_str(&format!("{what}: ")).map_err(told)?;
    let answer = if hidden { term.read_secure_line() } else { term.read_line() }.map_err(told)?;
    if answer.is_empty() { Err(Failure::usage(format!("{what} is empty"))) } else { Ok(answer) }
}

fn stdin_is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdin())
}
