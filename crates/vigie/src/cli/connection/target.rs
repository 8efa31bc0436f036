//! Which server is asked, as whom, and whose certificate is trusted: flags, environment and the stored sign-in put together.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use url::{Host, Url};
use vigie_foundation::tls::{ClientTrust, chain_from_pem};

use super::args::ConnectionArgs;
use super::sessions::{Access, Session, Sessions};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// The server that is asked unless another is named.
const USUAL: &str = "https://localhost:8000";

/// A server and the way to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its address, with a slash at the end.
    pub base: Url,
    /// Its address as sign-ins are kept under it.
    pub name: String,
    /// As whom it is asked.
    pub access: Option<Access>,
    /// Whether the access comes from the file of sign-ins, where renewed tokens go.
    pub stored: bool,
    /// Whom to trust.
    pub trust: ClientTrust,
    /// Certificates (PEM) to keep with a sign-in.
    pub authority: Option<String>,
    /// Whether any certificate is trusted.
    pub insecure: bool,
}

impl Target {
    /// Finds the server and what is known of it. `usual_state` is where a server on this host keeps its state unless told otherwise.
    pub fn resolve(args: &ConnectionArgs, sessions: &Sessions, usual_state: Option<PathBuf>) -> Result<Self, Failure> {
        let given = args.server.clone().filter(|server| !server.is_empty());
        let name = match given {
            Some(server) => server,
            None => sessions.current()?.unwrap_or_else(|| USUAL.to_owned()),
        };
        let base = address(&name)?;
        let name = base.as_str().trim_end_matches('/').to_owned();
        let session = sessions.get(&name)?;
        let given_key = api_key(args)?;
        let stored = given_key.is_none() && session.is_some();
        let access = given_key.or_else(|| session.as_ref().map(|session| session.access.clone()));
        let authority = authority(args, session.as_ref(), &base, usual_state)?;
        let insecure = args.insecure || (args.ca_file.is_none() && session.is_some_and(|session| session.insecure));
        let trust = trust(authority.as_deref(), insecure)?;
        Ok(Self { base, name, access, stored, trust, authority, insecure })
    }
}

fn address(text: &str) -> Result<Url, Failure> {
    let refused = |why: &str| Failure::usage(format!("the server's address {text} {why}")).solution("write it as https://host:8000");
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&with_scheme).map_err(|error| refused(&format!("cannot be read: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refused("is not one of HTTP"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(refused("must not hold a user, a password or a query"));
    }
    let path = url.path().trim_end_matches('/').to_owned() + "/";
    url.set_path(&path);
    Ok(url)
}

fn api_key(args: &ConnectionArgs) -> Result<Option<Access>, Failure> {
    let key = match &args.api_key_file {
        Some(file) => Some(read_secret_file(file)?),
        None => args.api_key.clone().filter(|key| !key.is_empty()),
    };
    Ok(key.map(Access::ApiKey))
}

/// The first line of a file, `-` for standard input.
pub fn read_secret_file(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(file).map(|content| text = content)
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    let secret = text.lines().next().unwrap_or_default();
    if secret.is_empty() { Err(Failure::usage(format!("{} is empty", file.display()))) } else { Ok(secret.to_owned()) }
}

fn authority(
    args: &ConnectionArgs,
    session: Option<&Session>,
    base: &Url,
    usual_state: Option<PathBuf>,
) -> Result<Option<String>, Failure> {
    if let Some(file) = &args.ca_file {
        let pem =
            fs::read_to_string(file).map_err(|error| Failure::usage(format!("--ca-file {} cannot be read: {error}", file.display())))?;
        return Ok(Some(pem));
    }
    let local = is_local(base).then(|| args.state_dir.clone().or(usual_state)).flatten();
    let own = local.and_then(|folder| fs::read_to_string(folder.join("tls").join("ca.pem")).ok());
    let kept = session.and_then(|session| session.authority.clone());
    // the state folder may be that of another server of this host, and the kept authority one that was made again: either may be the right one
    Ok(match (own, kept) {
        (Some(own), Some(kept)) if !kept.contains(own.trim()) => Some(format!("{kept}\n{own}")),
        (own, kept) => kept.or(own),
    })
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn trust(authority: Option<&str>, insecure: bool) -> Result<ClientTrust, Failure> {
    if insecure {
        return Ok(ClientTrust::Anybody);
    }
    let Some(pem) = authority else { return Ok(ClientTrust::System) };
    let chain = chain_from_pem(Path::new("the authority to trust"), pem.as_bytes())
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    Ok(ClientTrust::SystemAnd(chain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(args: &ConnectionArgs, sessions: &Sessions) -> Result<Target, Failure> {
        Target::resolve(args, sessions, None)
    }

    fn asking(server: &str) -> ConnectionArgs {
        ConnectionArgs { server: Some(server.to_owned()), ..ConnectionArgs::default() }
    }

    #[test]
    fn addresses_are_read_with_and_without_scheme() {
        let none = Sessions::new(None);
        let at = |server: &str| resolve(&asking(server), &none).map(|target| (target.base.to_string(), target.name));
        assert_eq!(at("vigie.example.net").unwrap(), ("https://vigie.example.net/".to_owned(), "https://vigie.example.net".to_owned()));
        assert_eq!(at("http://[::1]:8000/vigie/").unwrap().0, "http://[::1]:8000/vigie/");
        assert_eq!(resolve(&ConnectionArgs::default(), &none).unwrap().name, USUAL);
        for bad in ["ftp://x", "https://", "https://u:p@host", "https://host?x=1"] {
            assert_eq!(at(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn the_last_server_and_its_sign_in_are_used() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(Some(folder.path().to_owned()));
        let session = Session { username: "a".to_owned(), access: Access::ApiKey("vgk_1".to_owned()), authority: None, insecure: true };
        sessions.sign_in("https://far:9000", session).unwrap();
        let target = resolve(&ConnectionArgs::default(), &sessions).unwrap();
        assert!(target.stored && target.insecure && target.name == "https://far:9000");
        let key = ConnectionArgs { api_key: Some("vgk_2".to_owned()), ..ConnectionArgs::default() };
        let target = resolve(&key, &sessions).unwrap();
        assert!(!target.stored && target.access.unwrap().bearer() == "vgk_2");
        assert!(resolve(&asking("https://other"), &sessions).unwrap().access.is_none());
    }

    #[test]
    fn local_addresses_are_told() {
        for (url, local) in
            [("https://localhost:8000", true), ("https://127.0.0.2", true), ("https://[::1]", true), ("https://192.0.2.1", false)]
        {
            assert_eq!(is_local(&Url::parse(url).unwrap()), local, "{url}");
        }
    }
}
