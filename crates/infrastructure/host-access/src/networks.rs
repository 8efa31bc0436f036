//! The networks this host is in: addresses of its interfaces (getifaddrs(3)), its default gateways, and which bridges lead nowhere.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;
use vigie_domain::system::HostNetwork;
use vigie_domain::{Error, ErrorKind, Result};

use crate::proc::route;
use crate::reading::Roots;

/// Reads them now.
pub(crate) fn read(roots: &Roots) -> Result<Vec<HostNetwork>> {
    let failed =
        |error| Error::new(ErrorKind::ServiceFailed, "service_failed", "the host did not tell its network interfaces").source(error);
    let routes = fs::read_to_string(roots.proc.join("net/route")).unwrap_or_default();
    let gateways = route::gateways(&routes);
    let found = getifaddrs().map_err(failed)?.filter_map(|entry| {
        let (address, prefix_length) = network(&entry)?;
        let is_inside = is_inside(&roots.sys, &entry.interface_name);
        let gateway = gateways.get(&entry.interface_name).copied();
        Some(HostNetwork { interface: entry.interface_name, address, prefix_length, is_inside, gateway })
    });
    Ok(found.collect())
}

/// Its address and prefix length, if it is up and the address is more than its own.
fn network(entry: &InterfaceAddress) -> Option<(Ipv4Addr, u8)> {
    let is_live = entry.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING);
    if !is_live || entry.flags.contains(InterfaceFlags::IFF_LOOPBACK) {
        return None;
    }
    let address = entry.address.as_ref()?.as_sockaddr_in()?.ip();
    let mask = u32::from(entry.netmask.as_ref()?.as_sockaddr_in()?.ip());
    let is_own = address.is_loopback() || address.is_link_local() || address.is_unspecified();
    (!is_own).then(|| (address, mask.leading_ones() as u8))
}

/// Whether an interface is a bridge of which no member leads to another machine. A member leads out when it is a device, or lies
/// over one (a bond, a VLAN); those of containers and virtual machines (veth, tap) are neither.
fn is_inside(sys: &Path, interface: &str) -> bool {
    let class = sys.join("class/net");
    let Ok(members) = fs::read_dir(class.join(interface).join("brif")) else { return false };
    !members.flatten().any(|member| leads_out(&class.join(member.file_name())))
}

fn leads_out(interface: &Path) -> bool {
    let lies_over = |entry: fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b"lower_");
    interface.join("device").exists() || fs::read_dir(interface).is_ok_and(|entries| entries.flatten().any(lies_over))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_of_containers_leads_nowhere() {
        let sys = tempfile::tempdir().unwrap();
        for folder in [
            "docker0/brif/veth1",
            "veth1",
            "vmbr0/brif/eno1",
            "vmbr0/brif/tap1",
            "eno1/device",
            "tap1",
            "br9/brif/bond0",
            "bond0/lower_eno2",
            "empty/brif",
            "eth0",
        ] {
            fs::create_dir_all(sys.path().join("class/net").join(folder)).unwrap();
        }
        let inside = |name| is_inside(sys.path(), name);
        assert_eq!(["docker0", "empty"].map(inside), [true, true]);
        assert_eq!(["vmbr0", "br9", "eth0", "absent"].map(inside), [false; 4]);
    }
}
