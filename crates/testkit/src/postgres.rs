//! A real PostgreSQL for tests: a server that lives as long as the process of the tests, and a database of its own for each test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::service::missing;

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/services.sh");

/// Starts it, says so, and stops it when whoever started it closes its input or dies.
const KEEPER: &str = r#"trap '' INT
"$0" start postgresql >&2 && cat "$VIGIE_RUN_DIR/postgresql/url" && cat >/dev/null
"$0" stop postgresql; rm -rf "$VIGIE_RUN_DIR""#;

/// A server.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    url: String,
}

impl Server {
    /// Starts one. `None` where PostgreSQL is not installed, which is said; under `CI=true` that is a failure.
    pub fn start() -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("vigie-postgresql-{process}-{number}"));
        // an address of 127.0.0.0/8 that no other process of tests has
        let address = format!("127.{}.{}.{}", 192 + number % 64, (process >> 8) & 0xff, process & 0xff);
        let mut keeper = Command::new("bash")
            .args(["-c", KEEPER, SERVICES])
            .env("VIGIE_RUN_DIR", &folder)
            .env("VIGIE_POSTGRES_ADDRESS", address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            let output = keeper.wait_with_output().unwrap();
            let why = String::from_utf8_lossy(&output.stderr);
            missing(&format!("no postgresql for the tests: {}", why.trim()));
            return None;
        }
        Some(Self { keeper, url: url.trim().to_owned() })
    }

    /// The server that all tests of this process share.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A new database, empty.
    pub fn database(&'static self) -> Database {
        self.copy_of("template1")
    }

    /// A new database whose tables are in this folder.
    pub fn database_at(&'static self, folder: &Path) -> Database {
        let place = folder.join("tables");
        std::fs::create_dir(&place).unwrap();
        std::fs::set_permissions(&place, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
            assert!(Command::new("chown").arg("postgres").arg(&place).status().unwrap().success());
        }
        let mut database = self.database();
        self.sql(&format!("CREATE TABLESPACE {} LOCATION '{}'", database.name, place.display()));
        self.sql(&format!("ALTER DATABASE {0} SET TABLESPACE {0}", database.name));
        database.has_place = true;
        database
    }

    /// A new database that holds what another holds; nobody may be connected to that one.
    pub fn copy_of(&'static self, template: &str) -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Database { server: self, url: self.url_of(&name), name, has_place: false }
    }

    /// The URL of a database of this name.
    pub fn url_of(&self, name: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        format!("{server}/{name}")
    }

    /// Runs SQL as its administrator, in the database `vigie`; what it answers, a line a row.
    pub fn sql(&self, sql: &str) -> String {
        sql_at(&self.url, sql)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }
}

fn sql_at(url: &str, sql: &str) -> String {
    let output = Command::new("psql").args(["-XAtqv", "ON_ERROR_STOP=1", "-c", sql, url]).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// A database of a server.
#[derive(Debug)]
pub struct Database {
    server: &'static Server,
    name: String,
    /// Whether its tables are in a folder of their own.
    has_place: bool,
    /// Its URL.
    pub url: String,
}

impl Database {
    /// Runs SQL in it, as the administrator; what it answers, a line a row.
    pub fn sql(&self, sql: &str) -> String {
        sql_at(&self.url, sql)
    }

    /// Begins a transaction of somebody else with this statement.
    pub fn transaction(&self, sql: &str) -> Foreign {
        let mut psql = Command::new("psql");
        psql.args(["-XAtqv", "ON_ERROR_STOP=1", &self.url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut psql = psql.spawn().unwrap();
        writeln!(psql.stdin.as_mut().unwrap(), "BEGIN; {sql}; \\echo held").unwrap();
        let said = BufReader::new(psql.stdout.take().unwrap()).lines().map_while(Result::ok).any(|line| line == "held");
        assert!(said, "{sql}");
        Foreign(psql)
    }

    /// The processes of the server that serve Vigie in this database.
    pub fn backends(&self) -> Vec<i32> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'vigie%'";
        self.sql(sql).lines().map(|pid| pid.parse().unwrap()).collect()
    }

    /// Cuts every connection of Vigie.
    pub fn cut(&self) {
        for pid in self.backends() {
            self.sql(&format!("SELECT pg_terminate_backend({pid}, 5000)"));
        }
    }
}

/// A transaction of somebody else.
#[derive(Debug)]
pub struct Foreign(Child);

impl Foreign {
    /// Commits it.
    pub fn commit(mut self) {
        writeln!(self.0.stdin.take().unwrap(), "COMMIT;").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.server.sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if self.has_place {
            self.server.sql(&format!("DROP TABLESPACE {}", self.name));
        }
    }
}
