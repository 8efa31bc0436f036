//! `vigie discover`: names targets, starts a discovery, and shows what it finds as it finds it.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::discoveries;
use super::sought;
use crate::cli::connection::{ConnectionArgs, read_secret_file};
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::resource::warn_of_secret;
use crate::cli::show::OutputArgs;

/// A discovery.
#[derive(Args, Clone, Debug)]
pub struct DiscoverArgs {
    /// Networks, ranges and addresses: 10.0.0.0/24, 192.0.2.7.
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Follows neighbours from the targets, in place of asking every address.
    #[arg(long)]
    pub crawl: bool,
    /// Name of the discovery.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Credential to try, by name or id; again for more, tried in this order. All that are stored, unless any is given.
    #[arg(short, long = "credential", value_name = "CREDENTIAL")]
    pub credentials: Vec<String>,
    /// Community of SNMP v2c to try; it becomes a stored credential.
    #[arg(long = "community", value_name = "TEXT")]
    pub communities: Vec<String>,
    /// File with a community to try, `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub community_file: Option<PathBuf>,
    /// Networks and addresses to leave out; again for more.
    #[arg(long, value_delimiter = ',', value_name = "TARGET")]
    pub exclude: Vec<String>,
    /// UDP port of the agents.
    #[arg(long, default_value_t = 161, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Realm of the addresses, by name or id.
    #[arg(long, value_name = "REALM")]
    pub realm: Option<String>,
    /// Repeats it by this cron expression of five fields, in UTC: '0 3 * * *'.
    #[arg(long, value_name = "CRON")]
    pub schedule: Option<String>,
    /// Adds addresses that answer without SNMP as devices that are only pinged.
    #[arg(long)]
    pub add_unidentified: bool,
    /// Confirms more addresses than are usually allowed.
    #[arg(long)]
    pub confirm_large: bool,
    /// Watches it to its end, which is the default.
    #[arg(long, conflicts_with = "detach")]
    pub watch: bool,
    /// Returns as soon as it is queued.
    #[arg(long)]
    pub detach: bool,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

impl DiscoverArgs {
    /// Starts it, and watches it unless told otherwise.
    pub async fn run(&self) -> Result<(), Failure> {
        discover(self).await
    }
}

async fn discover(args: &DiscoverArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.connection, &args.output)?;
    let task = format!("cannot discover {}", args.targets.join(" "));
    let body = body(&desk, args, &task).await?;
    let refused = |failure: Failure| {
        let large = failure.names_field("confirm_large");
        if large { failure.solution("repeat the command with --confirm-large, or with fewer targets") } else { failure }
    };
    let made = desk.client.post("discoveries", &[], &body).await.map_err(|failure| refused(failure).on(&task))?.body;
    let name = made["name"].as_str().unwrap_or("discovery").to_owned();
    let (Some(id), false) = (made["id"].as_str(), args.detach) else {
        if desk.screen.for_people() {
            return desk.screen.put(&format!("discovery {name} queued; `vigie discoveries watch '{name}'` follows it\n"));
        }
        return desk.screen.object(&made);
    };
    discoveries::watch(&desk, id, &name, None).await.map_err(|failure| failure.on(&task))
}

async fn body(desk: &Desk, args: &DiscoverArgs, task: &str) -> Result<Json, Failure> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Json| drop(body.insert(name.to_owned(), value));
    put("mode", json!(if args.crawl { "crawl" } else { "sweep" }));
    put("targets", json!(args.targets));
    put("exclude", json!(args.exclude));
    put("port", json!(args.port));
    put("add_unidentified", json!(args.add_unidentified));
    put("confirm_large", json!(args.confirm_large));
    if let Some(name) = &args.name {
        put("name", json!(name));
    }
    if let Some(schedule) = &args.schedule {
        put("schedule", json!(schedule));
    }
    if let Some(realm) = &args.realm {
        put("realm_id", json!(sought(desk, "realms", realm, task).await?.id));
    }
    let credentials = credentials(desk, args, task).await?;
    body.insert("credentials".to_owned(), Json::Array(credentials));
    Ok(Json::Object(body))
}

/// Ids of stored credentials, and new ones as they are written.
async fn credentials(desk: &Desk, args: &DiscoverArgs, task: &str) -> Result<Vec<Json>, Failure> {
    let mut all = Vec::new();
    for credential in &args.credentials {
        all.push(json!(sought(desk, "credentials", credential, task).await?.id));
    }
    let mut communities = args.communities.clone();
    if communities.iter().any(|community| community != "public") {
        warn_of_secret("a community", "--community-file FILE or a stored --credential");
    }
    if let Some(file) = &args.community_file {
        communities.push(read_secret_file(file)?);
    }
    all.extend(communities.iter().map(|community| json!({"kind": "snmp_v2c", "community": community})));
    if all.is_empty() {
        all = stored(desk, task).await?;
    }
    Ok(all)
}

async fn stored(desk: &Desk, task: &str) -> Result<Vec<Json>, Failure> {
    let query = vec![("page_size".to_owned(), "100".to_owned()), ("ordering".to_owned(), "name".to_owned())];
    let body = match desk.client.get("credentials", &query).await {
        Ok(reply) => reply.body,
        Err(failure) => return Err(failure.on(task)),
    };
    let rows: &[Json] = body["results"].as_array().map_or(&[], Vec::as_slice);
    let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    if names.is_empty() {
        eprintln!("no credential is given or stored: addresses that answer are candidates, not devices (give --community or --credential)");
    } else {
        eprintln!("trying the stored credentials {}", names.join(", "));
    }
    Ok(rows.iter().map(|row| row["id"].clone()).collect())
}
