//! Finding a port by what LLDP and CDP call it: IEEE 802.1AB leaves the choice of the id to the maker.
//!
//! Ids are matched from the surest to the vaguest: the id under which the device itself announces the port, its name, its description, its
//! alias, and names with their prefix shortened (`GigabitEthernet1/0/1` is `Gi1/0/1`). A match counts only when it is the only one, or the
//! only one that a cable can be in.

use std::collections::HashMap;

use super::if_type::is_physical;
use super::text::mac_text;

/// What a port is known by.
pub(crate) struct PortKey<'a> {
    pub if_index: u32,
    pub name: &'a str,
    pub description: Option<&'a str>,
    pub alias: Option<&'a str>,
    pub mac: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub lldp_port_id: Option<&'a str>,
}

/// Ports by what they are known by; a port is named by its place in the list it was made of.
#[derive(Default)]
pub(crate) struct PortIndex {
    indexes: HashMap<u32, usize>,
    physical: Vec<bool>,
    announced: Texts,
    names: Texts,
    descriptions: Texts,
    aliases: Texts,
    short: Texts,
    macs: Texts,
}

#[derive(Default)]
struct Texts(HashMap<String, Vec<usize>>);

impl Texts {
    fn add(&mut self, text: Option<String>, place: usize) {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            self.0.entry(text).or_default().push(place);
        }
    }

    fn get(&self, text: &str) -> &[usize] {
        self.0.get(text).map_or(&[], Vec::as_slice)
    }
}

impl PortIndex {
    /// An index over ports.
    pub(crate) fn new<'a>(ports: impl IntoIterator<Item = PortKey<'a>>) -> Self {
        let mut index = Self::default();
        for (place, port) in ports.into_iter().enumerate() {
            index.indexes.insert(port.if_index, place);
            index.physical.push(port.kind.is_none_or(is_physical));
            index.announced.add(port.lldp_port_id.map(plain), place);
            index.names.add(Some(plain(port.name)), place);
            index.descriptions.add(port.description.map(plain), place);
            index.aliases.add(port.alias.map(plain), place);
            index.short.add(Some(shortened(port.name)), place);
            if let Some(description) = port.description.filter(|d| *d != port.name) {
                index.short.add(Some(shortened(description)), place);
            }
            index.macs.add(port.mac.map(str::to_owned), place);
        }
        index
    }

    /// The port with this ifIndex.
    pub(crate) fn by_index(&self, if_index: u32) -> Option<usize> {
        self.indexes.get(&if_index).copied()
    }

    /// The port that a neighbour calls so: port id, its subtype (`interface_name`…) and port description.
    pub(crate) fn resolve(&self, kind: Option<&str>, id: Option<&str>, description: Option<&str>) -> Option<usize> {
        let announced = id.and_then(|id| self.only(self.announced.get(&plain(id))));
        announced.or_else(|| self.resolve_own(kind, id, description))
    }

    /// As [`Self::resolve`], for what the device itself says of its ports.
    pub(crate) fn resolve_own(&self, kind: Option<&str>, id: Option<&str>, description: Option<&str>) -> Option<usize> {
        let by_id = id.and_then(|id| match kind {
            Some("mac_address") => self.by_mac(id, description),
            Some("interface_alias") => self.only(self.aliases.get(&plain(id))).or_else(|| self.by_text(id)),
            Some("network_address") => None,
            // a bare number under the subtype local is an ifIndex with one maker and a port number with the next: the description decides
            Some("local" | "port_component") if id.bytes().all(|b| b.is_ascii_digit()) => {
                description.and_then(|d| self.by_text(d)).or_else(|| self.by_text(id)).or_else(|| self.by_number(id))
            }
            _ => self.by_text(id),
        });
        by_id.or_else(|| description.and_then(|d| self.by_text(d)))
    }

    /// The port of this name, description or alias, or of the shortened name.
    pub(crate) fn by_text(&self, text: &str) -> Option<usize> {
        let wanted = plain(text);
        self.only(self.names.get(&wanted))
            .or_else(|| self.only(self.descriptions.get(&wanted)))
            .or_else(|| self.only(self.short.get(&shortened(text))))
            .or_else(|| self.only(self.aliases.get(&wanted)))
    }

    /// A MAC may stand on a port, on the VLANs over it and on the whole chassis: it needs to be the only one, or the description to agree.
    fn by_mac(&self, id: &str, description: Option<&str>) -> Option<usize> {
        let candidates = self.macs.get(&mac_text(id)?);
        let described = description.and_then(|d| self.by_text(d)).filter(|place| candidates.contains(place));
        described.or_else(|| self.only(candidates))
    }

    fn by_number(&self, id: &str) -> Option<usize> {
        let place = self.by_index(id.parse().ok()?)?;
        self.physical[place].then_some(place)
    }

    fn only(&self, candidates: &[usize]) -> Option<usize> {
        if let [one] = candidates {
            return Some(*one);
        }
        let mut physical = candidates.iter().filter(|place| self.physical[**place]);
        physical.next().filter(|_| physical.next().is_none()).copied()
    }
}

/// Lower case, without spaces.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The word before the first digit in its shortest usual form.
fn shortened(text: &str) -> String {
    const SHORT: [(&str, &str); 27] = [
        ("fastethernet", "fa"),
        ("gigabitethernet", "gi"),
        ("gige", "gi"),
        ("gig", "gi"),
        ("twogigabitethernet", "tw"),
        ("fivegigabitethernet", "fi"),
        ("tengigabitethernet", "te"),
        ("tengige", "te"),
        ("ten-gigabitethernet", "te"),
        ("xgigabitethernet", "te"),
        ("xge", "te"),
        ("twentyfivegige", "twe"),
        ("twentyfivegigabitethernet", "twe"),
        ("fortygigabitethernet", "fo"),
        ("fortygige", "fo"),
        ("hundredgigabitethernet", "hu"),
        ("hundredgige", "hu"),
        ("fourhundredgige", "fou"),
        ("ethernet", "et"),
        ("eth", "et"),
        ("port-channel", "po"),
        ("bundle-ether", "be"),
        ("bridge-aggregation", "bagg"),
        ("management", "ma"),
        ("mgmteth", "mg"),
        ("mgmt", "ma"),
        ("port", ""),
    ];
    let plain = plain(text);
    let split = plain.find(|c: char| c.is_ascii_digit()).unwrap_or(plain.len());
    let (word, number) = plain.split_at(split);
    let word = SHORT.iter().find(|(long, _)| *long == word).map_or(word, |(_, short)| short);
    format!("{word}{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'a>(if_index: u32, name: &'a str, description: &'a str, mac: &'a str, kind: &'a str) -> PortKey<'a> {
        PortKey { if_index, name, description: Some(description), alias: None, mac: Some(mac), kind: Some(kind), lldp_port_id: None }
    }

    #[test]
    fn a_port_is_found_by_whatever_it_is_called() {
        let base = "00:1c:73:00:00:01";
        let index = PortIndex::new([
            key(1, "Gi1/0/1", "GigabitEthernet1/0/1", "00:1c:73:00:00:0a", "ethernetCsmacd"),
            key(2, "Gi1/0/2", "GigabitEthernet1/0/2", base, "ethernetCsmacd"),
            key(99, "Vl99", "Vlan99", base, "propVirtual"),
        ]);
        assert_eq!(index.resolve(Some("interface_name"), Some("GigabitEthernet1/0/1"), None), Some(0));
        assert_eq!(index.resolve(Some("interface_name"), Some("gi1/0/2"), None), Some(1));
        assert_eq!(index.resolve(Some("mac_address"), Some("00:1c:73:00:00:0a"), None), Some(0));
        assert_eq!(index.resolve(Some("mac_address"), Some(base), None), Some(1), "the only one that takes a cable");
        assert_eq!(index.resolve(Some("local"), Some("2"), None), Some(1), "an ifIndex");
        assert_eq!(index.resolve(Some("local"), Some("2"), Some("GigabitEthernet1/0/1")), Some(0), "the description decides");
        assert_eq!(index.resolve(Some("local"), Some("99"), None), None, "a VLAN takes no cable");
        assert_eq!(index.resolve(None, Some("Te1/1"), None), None);
    }

    #[test]
    fn what_the_device_announces_comes_first() {
        let mut first = key(5, "1", "Port 1", "00:1c:73:00:00:0a", "ethernetCsmacd");
        first.lldp_port_id = Some("2");
        let mut second = key(6, "2", "Port 2", "00:1c:73:00:00:0b", "ethernetCsmacd");
        second.lldp_port_id = Some("3");
        let index = PortIndex::new([first, second]);
        assert_eq!(index.resolve(Some("local"), Some("2"), None), Some(0));
        assert_eq!(index.resolve_own(Some("local"), Some("2"), None), Some(1));
    }
}
