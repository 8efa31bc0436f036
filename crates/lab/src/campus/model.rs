//! What a product looks like: identity, interfaces, parts.

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Joins sites.
    Router,
    /// Joins the buildings of a site.
    Core,
    /// Joins the access switches of a building.
    Distribution,
    /// Where people plug in.
    Access,
    /// Wireless access point.
    AccessPoint,
    /// A Linux machine.
    Server,
    /// A replayed recording, of whatever it was.
    Recording,
}

impl Role {
    /// The word in names such as `lyo-b2-acc-2`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Router => "rtr",
            Self::Core => "core",
            Self::Distribution => "dist",
            Self::Access => "acc",
            Self::AccessPoint => "ap",
            Self::Server => "srv",
            Self::Recording => "rec",
        }
    }

    /// The word in aliases such as `sw-3`, the third switch of the lab.
    pub const fn alias(self) -> &'static str {
        match self {
            Self::Core | Self::Distribution | Self::Access => "sw",
            other => other.tag(),
        }
    }

    /// True where addresses are routed.
    pub const fn routes(self) -> bool {
        matches!(self, Self::Router | Self::Core | Self::Distribution)
    }

    /// True for switches.
    pub const fn switches(self) -> bool {
        matches!(self, Self::Core | Self::Distribution | Self::Access)
    }
}

/// The family of software: it decides which MIBs an agent has and how it fills them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Cisco IOS and IOS-XE.
    CiscoIos,
    /// Cisco NX-OS.
    CiscoNxos,
    /// Juniper Junos.
    Junos,
    /// Arista EOS.
    Eos,
    /// HPE ProCurve.
    ProCurve,
    /// HPE Aruba AOS-CX.
    ArubaCx,
    /// HPE Aruba wireless.
    ArubaAp,
    /// MikroTik RouterOS.
    RouterOs,
    /// Linux with net-snmp and lldpd.
    Linux,
}

impl Family {
    /// True for Cisco's own.
    pub const fn is_cisco(self) -> bool {
        matches!(self, Self::CiscoIos | Self::CiscoNxos)
    }
}

/// What sort of interface a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A port with a connector: takes a port number.
    Port,
    /// The interface that has the management address.
    Management,
    /// The loopback of a Linux machine (127.0.0.1).
    Loopback,
}

/// A run of interfaces that are named and numbered alike.
#[derive(Debug)]
pub struct Block {
    /// ifIndex of the first.
    pub first: u32,
    /// Distance between two ifIndex.
    pub step: u32,
    /// How many.
    pub count: u16,
    /// The number in the name of the first.
    pub origin: u16,
    /// ifDescr without the number.
    pub long: &'static str,
    /// ifName without the number.
    pub short: &'static str,
    /// Megabit per second.
    pub mbps: u32,
    /// ifType (IANAifType-MIB).
    pub if_type: i32,
    /// Sort.
    pub kind: Kind,
}

impl Block {
    /// A run of Ethernet ports, the first called 1.
    pub const fn ports(first: u32, step: u32, count: u16, long: &'static str, short: &'static str, mbps: u32) -> Self {
        Self { first, step, count, origin: 1, long, short, mbps, if_type: 6, kind: Kind::Port }
    }

    /// One interface with the management address; `if_type` 6 Ethernet, 24 software loopback, 53 virtual, 136 VLAN.
    pub const fn management(first: u32, long: &'static str, short: &'static str, mbps: u32, if_type: i32) -> Self {
        Self { first, step: 1, count: 1, origin: u16::MAX, long, short, mbps, if_type, kind: Kind::Management }
    }

    /// ifDescr of the nth, from 0.
    pub fn descr(&self, nth: u16) -> String {
        self.named(self.long, nth)
    }

    /// ifName of the nth, from 0.
    pub fn name(&self, nth: u16) -> String {
        self.named(self.short, nth)
    }

    /// ifIndex of the nth, from 0.
    pub const fn if_index(&self, nth: u16) -> u32 {
        self.first + self.step * nth as u32
    }

    fn named(&self, stem: &str, nth: u16) -> String {
        if self.origin == u16::MAX { stem.to_owned() } else { format!("{stem}{}", self.origin + nth) }
    }
}

/// How a product names its ports in LLDP (`LldpPortIdSubtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortId {
    /// interfaceName(5), the ifName.
    Name,
    /// macAddress(3).
    Mac,
    /// local(7), the ifIndex in decimal.
    IfIndex,
    /// local(7), the port number in decimal.
    Number,
}

/// A part of the chassis (ENTITY-MIB `entPhysicalEntry`).
#[derive(Debug)]
pub struct Part {
    /// entPhysicalIndex.
    pub index: u32,
    /// entPhysicalContainedIn.
    pub parent: u32,
    /// entPhysicalClass.
    pub class: Class,
    /// entPhysicalName.
    pub name: &'static str,
    /// entPhysicalDescr.
    pub descr: &'static str,
    /// entPhysicalModelName; empty where parts have none.
    pub model: &'static str,
}

/// entPhysicalClass (ENTITY-MIB `PhysicalClass`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// chassis(3)
    Chassis = 3,
    /// powerSupply(6)
    PowerSupply = 6,
    /// fan(7)
    Fan = 7,
    /// sensor(8); all of the lab's are temperatures
    Sensor = 8,
    /// module(9)
    Module = 9,
}

/// A part of a chassis.
pub const fn part(index: u32, parent: u32, class: Class, name: &'static str, descr: &'static str, model: &'static str) -> Part {
    Part { index, parent, class, name, descr, model }
}

/// A product.
#[derive(Debug)]
pub struct Model {
    /// Product number.
    pub name: &'static str,
    /// Software.
    pub family: Family,
    /// sysObjectID.
    pub object_id: &'static [u32],
    /// sysDescr; `{name}` becomes the name of the device.
    pub description: &'static str,
    /// Software version.
    pub version: &'static str,
    /// First three octets of its MAC addresses.
    pub oui: [u8; 3],
    /// Interfaces, by ifIndex.
    pub blocks: &'static [Block],
    /// Port where uplinks start; 1 where links simply follow each other.
    pub uplink_from: u16,
    /// How LLDP names ports.
    pub port_id: PortId,
    /// Parts, by entPhysicalIndex; none where the agent has no ENTITY-MIB.
    pub parts: &'static [Part],
}

/// One interface of a device.
#[derive(Debug, Clone, Copy)]
pub struct Interface {
    /// Where its name and number come from.
    pub block: &'static Block,
    /// Place within the block, from 0.
    pub nth: u16,
    /// Port number, from 1; 0 where there is no connector.
    pub port: u16,
}

impl Interface {
    /// ifIndex.
    pub const fn if_index(&self) -> u32 {
        self.block.if_index(self.nth)
    }

    /// ifName.
    pub fn name(&self) -> String {
        self.block.name(self.nth)
    }

    /// ifDescr.
    pub fn descr(&self) -> String {
        self.block.descr(self.nth)
    }
}

impl Model {
    /// Ports with a connector.
    pub fn port_count(&self) -> u16 {
        self.blocks.iter().filter(|b| b.kind == Kind::Port).map(|b| b.count).sum()
    }

    /// All interfaces (`ifNumber`).
    pub fn interface_count(&self) -> usize {
        self.blocks.iter().map(|b| usize::from(b.count)).sum()
    }

    /// The nth interface by ifIndex, from 0.
    pub fn interface(&self, mut row: usize) -> Option<Interface> {
        let mut ports = 0;
        for block in self.blocks {
            let is_port = block.kind == Kind::Port;
            if row < usize::from(block.count) {
                let nth = row as u16;
                return Some(Interface { block, nth, port: if is_port { ports + nth + 1 } else { 0 } });
            }
            row -= usize::from(block.count);
            ports += if is_port { block.count } else { 0 };
        }
        None
    }

    /// The interface of a port number, from 1.
    pub fn port(&self, number: u16) -> Option<Interface> {
        let mut left = number.checked_sub(1)?;
        for block in self.blocks.iter().filter(|b| b.kind == Kind::Port) {
            if left < block.count {
                return Some(Interface { block, nth: left, port: number });
            }
            left -= block.count;
        }
        None
    }

    /// The interface that has the management address.
    pub fn management(&self) -> Option<Interface> {
        let block = self.blocks.iter().find(|b| b.kind == Kind::Management)?;
        Some(Interface { block, nth: 0, port: 0 })
    }
}
