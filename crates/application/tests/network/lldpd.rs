//! Real agents: net-snmp, and net-snmp with lldpd in network namespaces. Needs root, snmpd, lldpd and iproute2.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use vigie_application::topology::{End, NodeKind, Topology};
use vigie_domain::devices::{Interface, Neighbour};
use vigie_domain::system::event_types;
use vigie_domain::topology::RunStatus;

use super::small::start;

const SNMPD: &str = "/usr/sbin/snmpd";
const LLDPD: &str = "/usr/sbin/lldpd";

/// Whether what a test needs is there; said loudly where it is not, and a failure under CI.
fn have(programs: &[&str], root: bool) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|p| !Path::new(p).exists()).collect();
    let is_root = !root || std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if missing.is_empty() && is_root {
        return true;
    }
    let what = if is_root { format!("{missing:?} missing: apt-get install snmpd lldpd iproute2") } else { "needs root".to_owned() };
    vigie_testkit::service::missing(&what);
    false
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // lldpd has a helper that only a termination in order takes along
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(command: &mut Command) -> Process {
    Process(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// Waits for what gives no other sign.
fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !there() {
        assert!(Instant::now() < until, "{what} does not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One agent that answers on two addresses.
pub struct Agent {
    pub addresses: [SocketAddr; 2],
    _process: Process,
    _files: TempDir,
}

pub fn agent_on_two_addresses() -> Option<Agent> {
    if !have(&[SNMPD], false) {
        return None;
    }
    let files = tempfile::tempdir().unwrap();
    let addresses = [1, 2].map(|last| SocketAddr::from((Ipv4Addr::new(127, 0, 158, last), 21_161)));
    let listen = addresses.map(|a| format!("udp:{a}")).join(",");
    let text = format!("agentaddress {listen}\nsysName twice\nsysDescr a host with two addresses\nrocommunity public\n");
    std::fs::write(files.path().join("snmpd.conf"), text).unwrap();
    let process = spawn(&mut snmpd(files.path(), "snmpd.conf", None));
    let log = files.path().join("snmpd.conf.log");
    wait_for("net-snmp", || std::fs::read_to_string(&log).is_ok_and(|l| l.contains("NET-SNMP version")));
    Some(Agent { addresses, _process: process, _files: files })
}

fn snmpd(files: &Path, configuration: &str, namespace: Option<&str>) -> Command {
    let mut command = match namespace {
        Some(name) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", name, SNMPD]);
            command
        }
        None => Command::new(SNMPD),
    };
    command.args(["-f", "-LF", "i"]).arg(files.join(format!("{configuration}.log"))).args(["-C", "-I", "-smux", "-c"]);
    command.arg(files.join(configuration)).env("MIBS", "").env("SNMP_PERSISTENT_DIR", files.join(format!("{configuration}.state")));
    command
}

/// Three routers in a triangle, each with net-snmp and lldpd in a namespace of its own.
struct Triangle {
    files: TempDir,
    names: [String; 3],
    addresses: [Ipv4Addr; 3],
    processes: Vec<Process>,
}

impl Drop for Triangle {
    fn drop(&mut self) {
        self.processes.clear();
        for name in &self.names {
            // the cables go with the namespaces
            let _ = Command::new("ip").args(["netns", "del", name]).stderr(Stdio::null()).status();
        }
    }
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split_whitespace()).status().unwrap();
    assert!(status.success(), "ip {arguments}");
}

impl Triangle {
    fn up() -> Option<Self> {
        if !have(&[SNMPD, LLDPD, "/usr/sbin/lldpcli"], true) {
            return None;
        }
        let own = std::process::id() % 250;
        let names = [1, 2, 3].map(|n| format!("vg{own}r{n}"));
        // RFC 2544 keeps 198.18.0.0/15 for tests
        let addresses = [1, 2, 3].map(|n| Ipv4Addr::new(198, 18, own as u8, n * 4 + 2));
        let mut triangle = Self { files: tempfile::tempdir().unwrap(), names, addresses, processes: Vec::new() };
        triangle.lay();
        for n in 0..3 {
            triangle.start_agents(n);
        }
        Some(triangle)
    }

    fn lay(&self) {
        for name in &self.names {
            let _ = Command::new("ip").args(["netns", "del", name]).stderr(Stdio::null()).status();
            ip(&format!("netns add {name}"));
            ip(&format!("-n {name} link set lo up"));
        }
        let [r1, r2, r3] = &self.names;
        for (a, port_a, b, port_b) in [(r1, "ge0-1", r2, "ge0-1"), (r2, "ge0-2", r3, "ge0-1"), (r1, "ge0-2", r3, "ge0-2")] {
            ip(&format!("link add {port_a} netns {a} type veth peer name {port_b} netns {b}"));
            ip(&format!("-n {a} link set {port_a} up"));
            ip(&format!("-n {b} link set {port_b} up"));
        }
        for (name, address) in self.names.iter().zip(self.addresses) {
            let here = Ipv4Addr::from(u32::from(address) - 1);
            ip(&format!("link add {name}m type veth peer name mgmt0 netns {name}"));
            ip(&format!("addr add {here}/30 dev {name}m"));
            ip(&format!("link set {name}m up"));
            ip(&format!("-n {name} addr add {address}/30 dev mgmt0"));
            ip(&format!("-n {name} link set mgmt0 up"));
        }
    }

    fn path(&self, n: usize, kind: &str) -> PathBuf {
        self.files.path().join(format!("r{}.{kind}", n + 1))
    }

    fn start_agents(&mut self, n: usize) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(self.files.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let (name, address) = (self.names[n].clone(), self.addresses[n]);
        let agentx = self.path(n, "agentx");
        let text = format!(
            "agentaddress udp:{address}:161\nsysName r{0}\nsysDescr Lab router {0}\nrocommunity public\nmaster agentx\nagentXSocket {1}\nagentXPerms 0777 0777\n",
            n + 1,
            agentx.display()
        );
        let configuration = format!("r{}.conf", n + 1);
        std::fs::write(self.files.path().join(&configuration), text).unwrap();
        self.processes.push(spawn(&mut snmpd(self.files.path(), &configuration, Some(&name))));
        wait_for("the socket of net-snmp", || agentx.exists());

        let _ = Command::new("install").args(["-d", "-o", "_lldpd", "-g", "_lldpd", "/run/lldpd"]).status();
        let text = format!("configure system hostname r{}\nconfigure lldp tx-interval 1\nconfigure lldp portidsubtype ifname\n", n + 1);
        std::fs::write(self.path(n, "lldpd.conf"), text).unwrap();
        let mut lldpd = Command::new("ip");
        lldpd.args(["netns", "exec", &name, LLDPD, "-d", "-u"]).arg(self.path(n, "lldp")).args(["-x", "-X"]).arg(&agentx);
        lldpd.args(["-I", "ge*", "-C", "ge*", "-m", &address.to_string(), "-S", &format!("Lab router {}", n + 1), "-O"]);
        self.processes.push(spawn(lldpd.arg(self.path(n, "lldpd.conf"))));
    }

    /// What lldpd itself knows: router, its port, the neighbour, its port.
    fn heard(&self) -> BTreeSet<(String, String, String, String)> {
        let mut heard = BTreeSet::new();
        for n in 0..3 {
            let output = Command::new("lldpcli").arg("-u").arg(self.path(n, "lldp")).args(["-f", "json0", "show", "neighbors"]).output();
            let Ok(told) = serde_json::from_slice::<Json>(&output.unwrap().stdout) else { continue };
            for interface in told["lldp"][0]["interface"].as_array().into_iter().flatten() {
                let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
                let name = text(&interface["chassis"][0]["name"][0]["value"]);
                let port = text(&interface["port"][0]["id"][0]["value"]);
                heard.insert((format!("r{}", n + 1), text(&interface["name"]), name, port));
            }
        }
        heard
    }
}

/// Each link as both of its ends tell it.
fn told(map: &Topology) -> BTreeSet<(String, String, String, String)> {
    let name = |e: &End| map.nodes.iter().find(|n| n.id == e.node).and_then(|n| n.name.clone()).unwrap_or_default();
    let port = |e: &End| e.interface_name.clone().unwrap_or_default();
    let mut told = BTreeSet::new();
    for link in &map.links {
        for (near, far) in [(&link.source, &link.target), (&link.target, &link.source)] {
            told.insert((name(near), port(near), name(far), port(far)));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn links_equal_what_lldpd_knows() {
    let Some(triangle) = Triangle::up() else { return };
    wait_for("six neighbours", || triangle.heard().len() == 6);
    let (vigie, _files) = start().await;
    let credentials = json!([{ "kind": "snmp_v2c", "community": "public" }]);
    // one is named, the other two are found by what they tell of each other
    let input = json!({ "mode": "crawl", "targets": [triangle.addresses[0].to_string()], "credentials": credentials });
    let (_, run, results) = vigie.discover(input).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    let found: BTreeSet<IpAddr> = results.iter().map(|r| r.address).collect();
    assert_eq!(found, triangle.addresses.map(IpAddr::V4).into());
    let devices: Vec<vigie_domain::devices::Device> = vigie.all().await;
    read_until(&vigie, &devices, 6, 6).await;
    let is_told_by_both = |map: &Topology| map.links.len() == 3 && map.links.iter().all(|l| l.confidence > 0.99);
    let map = vigie.map_until("three links that both ends tell", is_told_by_both).await;
    assert_eq!(told(&map), triangle.heard());
    assert!(map.links.iter().all(|l| l.status == "up"), "{map:?}");
    assert!(map.nodes.iter().all(|n| n.kind == NodeKind::Device));

    // a cable is cut: both ports go down, and both neighbours with them
    ip(&format!("-n {} link set ge0-1 down", triangle.names[0]));
    wait_for("four neighbours", || triangle.heard().len() == 4);
    let ports: Vec<Interface> = vigie.all().await;
    assert!(ports.iter().any(|p| p.name == "ge0-1" && p.peer.is_some()));
    read_until(&vigie, &devices, 4, 4).await;
    let map = vigie.map_until("one link is down", |map| map.links.iter().filter(|l| l.status == "down").count() == 1).await;
    assert_eq!(map.links.len(), 3);
    assert_eq!(vigie.events_until(event_types::LINK_VANISHED, 1).await.len(), 1);

    ip(&format!("-n {} link set ge0-1 up", triangle.names[0]));
    wait_for("six neighbours", || triangle.heard().len() == 6);
    read_until(&vigie, &devices, 6, 6).await;
    let map = vigie.map_until("three links are up", |map| map.links.iter().filter(|l| l.status == "up").count() == 3).await;
    assert_eq!(told(&map), triangle.heard());
    vigie.stop().await;
}

/// Reads the devices until their agents tell of so many neighbours and ports that are up: lldpd tells net-snmp a moment later than lldpcli,
/// and net-snmp looks at its ports every few seconds only.
async fn read_until(vigie: &super::small::Vigie, devices: &[vigie_domain::devices::Device], neighbours: usize, up: usize) {
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        for device in devices {
            vigie.identifier.identify(&vigie.cx(), device.id).await.unwrap();
        }
        let is_up = |p: &&Interface| p.name.starts_with("ge") && p.oper_status == vigie_domain::devices::OperStatus::Up;
        let ports: Vec<Interface> = vigie.all().await;
        if vigie.all::<Neighbour>().await.len() == neighbours && ports.iter().filter(is_up).count() == up {
            return;
        }
        assert!(Instant::now() < until, "the agents never tell of {neighbours} neighbours and {up} ports: {ports:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
