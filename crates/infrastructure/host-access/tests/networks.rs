//! The networks of this host against what ip(8) says of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::collections::BTreeSet;
use std::process::Command;

use vigie_domain::system::HostNetworks;
use vigie_host_access::LocalHost;

/// Output of `ip`, word by word.
fn ip(arguments: &[&str]) -> Vec<Vec<String>> {
    let output = Command::new("ip").args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn after<'a>(words: &'a [String], name: &str) -> Option<&'a String> {
    words.iter().skip_while(|word| *word != name).nth(1)
}

#[tokio::test]
async fn networks_are_those_that_the_kernel_tells() {
    let found = LocalHost::default().networks().await.unwrap();
    let ours: BTreeSet<_> = found.iter().map(|n| (n.interface.clone(), format!("{}/{}", n.address, n.prefix_length))).collect();
    let theirs: BTreeSet<_> = ip(&["-4", "-o", "addr", "show", "up", "scope", "global"])
        .iter()
        .filter_map(|words| Some((words[1].clone(), after(words, "inet")?.clone())))
        .collect();
    assert!(ours.is_subset(&theirs), "ours {ours:?}, theirs {theirs:?}");
    let routes = ip(&["-4", "route", "show", "default"]);
    for words in routes.iter().filter(|words| after(words, "via").is_some()) {
        let (interface, gateway) = (after(words, "dev").unwrap(), after(words, "via").unwrap());
        let network = found.iter().find(|n| n.interface == *interface).unwrap_or_else(|| panic!("{interface} is missing in {found:?}"));
        assert!(network.gateway.is_some() && !network.is_inside, "{network:?} has the gateway {gateway}");
    }
    assert!(found.iter().all(|n| !n.address.is_loopback() && !n.address.is_link_local()), "{found:?}");
}
