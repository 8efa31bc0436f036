//! A real net-snmp agent for a test: own address, own files, gone when dropped.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use vigie_domain::Secret;
use vigie_domain::devices::{AuthProtocol, Oid, PrivacyProtocol, SnmpAuth, SnmpClient, SnmpTarget};
use vigie_snmp::{SnmpEngine, SnmpSettings};

const SNMPD: &str = "/usr/sbin/snmpd";
const PORT: u16 = 20_161;
/// Last octets of the loopback addresses agents of one test binary take in turn.
static NEXT: AtomicU8 = AtomicU8::new(1);

/// Name, authentication protocol as snmpd.conf(5) and as we call it, passphrase, privacy protocol in both words.
type User = (&'static str, &'static str, AuthProtocol, &'static str, Option<(PrivacyProtocol, &'static str)>);

/// Users of every agent.
pub const USERS: &[User] = &[
    ("md5des", "MD5", AuthProtocol::Md5, "authpass0", Some((PrivacyProtocol::Des, "DES"))),
    ("md5aes", "MD5", AuthProtocol::Md5, "authpass1", Some((PrivacyProtocol::Aes128, "AES"))),
    ("shades", "SHA", AuthProtocol::Sha1, "authpass2", Some((PrivacyProtocol::Des, "DES"))),
    ("shaaes", "SHA", AuthProtocol::Sha1, "authpass3", Some((PrivacyProtocol::Aes128, "AES"))),
    ("shaaes192", "SHA", AuthProtocol::Sha1, "authpass4", Some((PrivacyProtocol::Aes192, "AES-192"))),
    ("shaaes256", "SHA", AuthProtocol::Sha1, "authpass5", Some((PrivacyProtocol::Aes256, "AES-256"))),
    ("shaaes192c", "SHA", AuthProtocol::Sha1, "authpass6", Some((PrivacyProtocol::Aes192c, "AES-192-C"))),
    ("shaaes256c", "SHA", AuthProtocol::Sha1, "authpass7", Some((PrivacyProtocol::Aes256c, "AES-256-C"))),
    ("sha224aes", "SHA-224", AuthProtocol::Sha224, "authpass8", Some((PrivacyProtocol::Aes128, "AES"))),
    ("sha256aes", "SHA-256", AuthProtocol::Sha256, "authpass9", Some((PrivacyProtocol::Aes128, "AES"))),
    ("sha384aes256", "SHA-384", AuthProtocol::Sha384, "authpassA", Some((PrivacyProtocol::Aes256, "AES-256"))),
    ("sha512aes256", "SHA-512", AuthProtocol::Sha512, "authpassB", Some((PrivacyProtocol::Aes256, "AES-256"))),
    ("authonly", "SHA-256", AuthProtocol::Sha256, "authpassC", None),
];

/// The privacy passphrase of all users.
pub const PRIVACY: &str = "privacypass";

/// A running agent.
pub struct Agent {
    child: Child,
    pub address: SocketAddr,
    _files: TempDir,
}

impl Agent {
    /// Starts an agent with communities, all users and these further lines of snmpd.conf(5), `{address}` replaced;
    /// `None`, said loudly, where net-snmp is not installed.
    pub async fn start(more: &str) -> Option<Self> {
        if !installed() {
            return None;
        }
        let octet = NEXT.fetch_add(1, Ordering::Relaxed);
        Some(Self::spawn(SocketAddr::from((Ipv4Addr::new(127, 0, 41, octet), PORT)), more).await)
    }

    /// Starts an agent at an address; another one where one was has a new engine id and the same users.
    pub async fn start_at(address: SocketAddr) -> Option<Self> {
        if installed() { Some(Self::spawn(address, "").await) } else { None }
    }

    async fn spawn(address: SocketAddr, more: &str) -> Self {
        let files = TempDir::new().unwrap();
        let configuration = files.path().join("snmpd.conf");
        std::fs::write(&configuration, Self::configuration(address, more)).unwrap();
        let child = Command::new(SNMPD)
            .args(["-f", "-LF", "w", &files.path().join("log").to_string_lossy(), "-C", "-I", "-smux", "-c"])
            .arg(&configuration)
            .env("MIBS", "")
            .env("SNMP_PERSISTENT_DIR", files.path().join("state"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self { child, address, _files: files };
        agent.ready().await;
        agent
    }

    fn configuration(address: SocketAddr, more: &str) -> String {
        use std::fmt::Write;
        let transport = if address.is_ipv4() { "udp" } else { "udp6" };
        let mut text = format!(
            "agentaddress {transport}:{address}\nsysName lab\nsysDescr a net-snmp agent\nsysObjectID 1.3.6.1.4.1.9.1.1208\n\
             rocommunity public\nrocommunity6 public\ncreateUser plain\nrouser plain noauth\n"
        );
        for (name, auth_word, _, password, privacy) in USERS {
            let word = privacy.map_or(String::new(), |(_, word)| format!(" {word} {PRIVACY}"));
            let level = if privacy.is_some() { "priv" } else { "auth" };
            writeln!(text, "createUser {name} {auth_word} {password}{word}\nrouser {name} {level}").unwrap();
        }
        text + &more.replace("{address}", &address.to_string())
    }

    /// Asks until the agent answers: it gives no other sign that it listens.
    async fn ready(&self) {
        let engine = engine().await;
        let target = SnmpTarget { timeout: Duration::from_millis(100), retries: 0, ..self.v2c("public") };
        let began = std::time::Instant::now();
        while engine.get(&target, &[SYS_NAME.parse().unwrap()]).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "snmpd did not start on {}", self.address);
        }
    }

    pub fn v1(&self, community: &str) -> SnmpTarget {
        self.target(SnmpAuth::V1 { community: Secret::new(community) })
    }

    pub fn v2c(&self, community: &str) -> SnmpTarget {
        self.target(SnmpAuth::V2c { community: Secret::new(community) })
    }

    /// A user of [`USERS`] with its right passphrases.
    pub fn v3(&self, name: &str) -> SnmpTarget {
        let (_, _, auth, password, privacy) = USERS.iter().find(|user| user.0 == name).unwrap();
        self.user(name, Some((*auth, password)), privacy.map(|(protocol, _)| (protocol, PRIVACY)))
    }

    pub fn user(&self, name: &str, auth: Option<(AuthProtocol, &str)>, privacy: Option<(PrivacyProtocol, &str)>) -> SnmpTarget {
        self.target(SnmpAuth::V3 {
            username: name.to_owned(),
            auth: auth.map(|(protocol, password)| (protocol, Secret::new(password))),
            privacy: privacy.map(|(protocol, password)| (protocol, Secret::new(password))),
            context: String::new(),
        })
    }

    /// The same user in a context.
    pub fn v3_in(&self, name: &str, context: &str) -> SnmpTarget {
        let mut target = self.v3(name);
        if let SnmpAuth::V3 { context: of, .. } = Arc::make_mut(&mut target.auth) {
            context.clone_into(of);
        }
        target
    }

    fn target(&self, auth: SnmpAuth) -> SnmpTarget {
        target(self.address, auth)
    }
}

/// Whether there is a net-snmp to run; under CI there must be.
fn installed() -> bool {
    let installed = Path::new(SNMPD).exists();
    if !installed {
        vigie_testkit::service::missing(&format!("{SNMPD} is missing: apt-get install snmpd"));
    }
    installed
}

fn target(address: SocketAddr, auth: SnmpAuth) -> SnmpTarget {
    SnmpTarget { address, auth: Arc::new(auth), timeout: Duration::from_secs(2), retries: 1 }
}

/// One target of each version.
pub fn targets(address: SocketAddr) -> [SnmpTarget; 3] {
    let secret = || Secret::new("authpass3");
    [
        target(address, SnmpAuth::V1 { community: secret() }),
        target(address, SnmpAuth::V2c { community: secret() }),
        target(
            address,
            SnmpAuth::V3 {
                username: "shaaes".to_owned(),
                auth: Some((AuthProtocol::Sha1, secret())),
                privacy: None,
                context: String::new(),
            },
        ),
    ]
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An engine as wiring makes it, but smaller.
pub async fn engine() -> SnmpEngine {
    SnmpEngine::start(SnmpSettings { lanes: 2, ..SnmpSettings::default() }).await.unwrap()
}

pub fn oid(text: &str) -> Oid {
    text.parse().unwrap()
}

pub const SYS_DESCR: &str = "1.3.6.1.2.1.1.1.0";
pub const SYS_OBJECT_ID: &str = "1.3.6.1.2.1.1.2.0";
pub const SYS_UP_TIME: &str = "1.3.6.1.2.1.1.3.0";
pub const SYS_NAME: &str = "1.3.6.1.2.1.1.5.0";
