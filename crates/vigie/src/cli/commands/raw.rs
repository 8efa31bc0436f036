//! `vigie api`: any route of the API, with the sign-in of the command line.

use clap::{Args, ValueEnum};
use serde_json::Value as Json;

use crate::cli::connection::ConnectionArgs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::resource::InputArgs;
use crate::cli::show::{Format, OutputArgs};

/// A request.
#[derive(Args, Clone, Debug)]
pub struct RawArgs {
    /// The path below /api/v1/, with its query: `devices?status=down`.
    #[arg(value_name = "PATH")]
    pub path: String,
    /// How; POST where there is a body, else GET.
    #[arg(short = 'X', long, value_enum, ignore_case = true)]
    pub method: Option<Method>,
    /// The body.
    #[command(flatten)]
    pub input: InputArgs,
    /// The version that the object must still have (If-Match).
    #[arg(long, value_name = "VERSION")]
    pub if_version: Option<i64>,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form; JSON unless given.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or acts.
    Post,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl RawArgs {
    /// Sends it.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = Desk::open(&self.connection, &self.output)?;
        let (path, query) = split(&self.path)?;
        let etag = self.if_version.map(|version| format!("\"{version}\""));
        let body = Json::Object(self.input.object(&desk.client).await?);
        let method = self.method.unwrap_or(if self.input.is_empty() { Method::Get } else { Method::Post });
        let reply = match method {
            Method::Get => desk.client.get(&path, &query).await,
            Method::Post => desk.client.post(&path, &query, &body).await,
            Method::Patch => desk.client.patch(&path, etag.as_deref(), &body).await,
            Method::Delete => desk.client.delete(&path, &query, etag.as_deref()).await,
        };
        let reply =
            reply.map_err(|failure| failure.on(format!("{method:?} {path}").to_uppercase().replacen(&path.to_uppercase(), &path, 1)))?;
        match (&reply.body, desk.screen.format) {
            (Json::Null, _) => Ok(()),
            (body, Format::Table) => desk.screen.put(&format!("{body:#}\n")),
            (body, _) => desk.screen.object(body),
        }
    }
}

fn split(text: &str) -> Result<(String, Vec<(String, String)>), Failure> {
    let base = url::Url::parse("https://server.invalid/api/v1/").map_err(|error| Failure::usage(error.to_string()))?;
    let below = text.trim_start_matches('/').trim_start_matches("api/v1/");
    let url = base.join(below).map_err(|error| Failure::usage(format!("the path {text} cannot be read: {error}")))?;
    let path = url.path().strip_prefix("/api/v1/").filter(|_| url.host_str() == base.host_str());
    let path = path.ok_or_else(|| Failure::usage(format!("the path {text} leaves /api/v1/")))?;
    Ok((path.to_owned(), url.query_pairs().into_owned().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within_the_api() {
        let (path, query) = split("/api/v1/devices?name=a%20b").unwrap();
        assert_eq!((path.as_str(), query), ("devices", vec![("name".to_owned(), "a b".to_owned())]));
        assert!(split("../../etc").is_err() && split("https://elsewhere/x").is_err());
    }
}
