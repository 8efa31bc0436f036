//! Get, add, edit, delete: the same for every resource.

use console::Term;
use serde_json::Value as Json;

use super::catalogue::Resource;
use super::command::{AddArgs, DeleteArgs, EditArgs, GetArgs, Verb};
use super::find::find;
use super::input::reference;
use super::list::list;
use crate::cli::connection::Client;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::show::Screen;

/// Does one of the verbs that every resource has.
pub async fn write(client: &Client, screen: &Screen, resource: &'static Resource, verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::List(args) => list(client, screen, resource, args).await,
        Verb::Get(args) => get(client, screen, resource, args).await,
        Verb::Add(args) => add(client, screen, resource, args).await,
        Verb::Edit(args) => edit(client, screen, resource, args).await,
        Verb::Delete(args) => delete(client, resource, args).await,
        Verb::Action(_) => Ok(()),
    }
}

async fn get(client: &Client, screen: &Screen, resource: &'static Resource, args: &GetArgs) -> Result<(), Failure> {
    let query: Vec<(String, String)> =
        if args.include.is_empty() { Vec::new() } else { vec![("include".to_owned(), args.include.join(","))] };
    let mut objects = Vec::with_capacity(args.which.len());
    for which in &args.which {
        let task = || format!("cannot show {} {which}", resource.noun);
        let found = find(client, resource, which).await.map_err(|failure| failure.on(task()))?;
        objects.push(client.get(&resource.one(&found.id), &query).await.map_err(|failure| failure.on(task()))?.body);
    }
    match objects.as_slice() {
        [object] => screen.object(object),
        several if screen.for_people() => {
            for (n, object) in several.iter().enumerate() {
                screen.put(if n > 0 { "\n" } else { "" })?;
                screen.object(object)?;
            }
            Ok(())
        }
        several => screen.rows(&resource.table(), several),
    }
}

async fn add(client: &Client, screen: &Screen, resource: &'static Resource, args: &AddArgs) -> Result<(), Failure> {
    let mut object = args.input.object(client).await?;
    if let (Some(main), Some(field)) = (&args.main, resource.positional) {
        let (field, value) = reference(client, field, Json::from(main.as_str())).await?;
        object.insert(field, value);
    }
    if object.is_empty() {
        return Err(Failure::usage(format!("nothing says what {} to add", resource.noun))
            .solution("name its fields by --set key=value or --data FILE"));
    }
    let called = args.main.clone().unwrap_or_default();
    let task = format!("cannot add {} {called}", resource.noun);
    let reply = client.post(resource.path, &[], &Json::Object(object)).await.map_err(|failure| failure.on(task.trim_end()))?;
    screen.object(&reply.body)
}

async fn edit(client: &Client, screen: &Screen, resource: &'static Resource, args: &EditArgs) -> Result<(), Failure> {
    let task = || format!("cannot change {} {}", resource.noun, args.which);
    if args.input.is_empty() {
        return Err(Failure::usage("nothing says what to change").on(task()).solution("name the fields by --set key=value or --data FILE"));
    }
    let object = args.input.object(client).await?;
    let found = find(client, resource, &args.which).await.map_err(|failure| failure.on(task()))?;
    let path = resource.one(&found.id);
    let etag = match args.if_version {
        Some(version) => Some(format!("\"{version}\"")),
        None => client.get(&path, &[]).await.map_err(|failure| failure.on(task()))?.etag,
    };
    let reply = client.patch(&path, etag.as_deref(), &Json::Object(object)).await.map_err(|failure| failure.on(task()))?;
    screen.object(&reply.body)
}

async fn delete(client: &Client, resource: &'static Resource, args: &DeleteArgs) -> Result<(), Failure> {
    for which in &args.which {
        let task = || format!("cannot delete {} {which}", resource.noun);
        let found = find(client, resource, which).await.map_err(|failure| failure.on(task()))?;
        let path = resource.one(&found.id);
        let (etag, name) = version_and_name(client, resource, &path, which).await.map_err(|failure| failure.on(task()))?;
        if !args.yes && confirm(&format!("Delete {} {name}?", resource.noun))? == Sure::No {
            eprintln!("{} {name} stays", resource.noun);
            continue;
        }
        let query: Vec<(String, String)> = if args.ignore { vec![("ignore".to_owned(), "true".to_owned())] } else { Vec::new() };
        client.delete(&path, &query, etag.as_deref()).await.map_err(|failure| failure.on(task()))?;
        eprintln!("{} {name} deleted", resource.noun);
    }
    Ok(())
}

async fn version_and_name(client: &Client, resource: &Resource, path: &str, which: &str) -> Result<(Option<String>, String), Failure> {
    // sessions can be ended, not read one by one
    if resource.name == "sessions" {
        return Ok((None, which.to_owned()));
    }
    let reply = client.get(path, &[]).await?;
    let named = ["name", "username", "address"].iter().find_map(|field| reply.body[*field].as_str());
    Ok((reply.etag, named.unwrap_or(which).to_owned()))
}

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// Yes.
    Yes,
    /// No, or anything that is not clearly yes.
    No,
}

/// Asks at the terminal; without one there is nobody to ask, and nothing is done.
pub fn confirm(question: &str) -> Result<Sure, Failure> {
    let term = Term::stderr();
    if !console::user_attended() || !term.is_term() {
        return Err(Failure::usage(format!("{question} There is no terminal to ask at")).solution("give --yes"));
    }
    let told = |error: std::io::Error| Failure::new(Exit::Failed, format!("cannot ask: {error}"));
    term.write_str(&format!("{question} [y/N] ")).map_err(told)?;
    let answer = term.read_line().map_err(told)?;
    Ok(if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes" | "o" | "oui") { Sure::Yes } else { Sure::No })
}
