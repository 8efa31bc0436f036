//! The products of the lab, with the sysObjectID their makers gave them.

use super::model::Class::{Chassis, Fan, Module, PowerSupply, Sensor};
use super::model::{Block, Family, Kind, Model, Part, PortId, part};

const CISCO_PRODUCTS: [u32; 8] = [1, 3, 6, 1, 4, 1, 9, 1];

const fn cisco(product: u32) -> [u32; 9] {
    let p = CISCO_PRODUCTS;
    [p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], product]
}

const CATALYST_PARTS: &[Part] = &[
    part(1, 0, Chassis, "c93xx Stack", "c93xx Stack", ""),
    part(1000, 1, Module, "Switch 1", "Cisco Catalyst switch", "C9300-48P"),
    part(1007, 1000, PowerSupply, "Switch 1 - Power Supply A", "Switch 1 - Power Supply A", "PWR-C1-715WAC"),
    part(1009, 1000, PowerSupply, "Switch 1 - Power Supply B", "Switch 1 - Power Supply B", "PWR-C1-715WAC"),
    part(1012, 1000, Sensor, "Switch 1 - Temp Inlet Sensor", "Switch 1 - Inlet Temp Sensor", ""),
    part(1013, 1000, Sensor, "Switch 1 - Temp Outlet Sensor", "Switch 1 - Outlet Temp Sensor", ""),
    part(1017, 1000, Fan, "Switch 1 - FAN 1", "Switch 1 - FAN 1", ""),
    part(1018, 1000, Fan, "Switch 1 - FAN 2", "Switch 1 - FAN 2", ""),
];

const SMALL_CISCO_PARTS: &[Part] = &[
    part(1001, 0, Chassis, "1", "Cisco switch", ""),
    part(1004, 1001, PowerSupply, "Switch 1 - Power Supply 0", "Power Supply 0", "PWR-STD"),
    part(1006, 1001, Sensor, "SW#1, Sensor#1, GREEN", "System Temperature Sensor", ""),
    part(1010, 1001, Fan, "Switch 1 - FAN 0", "FAN 0", ""),
];

const ROUTER_PARTS: &[Part] = &[
    part(1, 0, Chassis, "Chassis", "Cisco router chassis", ""),
    part(4, 1, PowerSupply, "Power Supply Module 0", "450W AC Power Supply", "PWR-4430-AC"),
    part(14, 1, PowerSupply, "Power Supply Module 1", "450W AC Power Supply", "PWR-4430-AC"),
    part(24, 1, Fan, "Fan Tray", "Cisco fan assembly", "ACS-4430-FANASSY"),
    part(1000, 1, Module, "module 0", "Built-In NIM controller", "ISR4431/K9"),
    part(7000, 1, Module, "module R0", "Route processor", "ISR4431/K9"),
    part(7029, 7000, Sensor, "Temp: Inlet 1 R0/0", "Temp: Inlet 1", ""),
    part(7030, 7000, Sensor, "Temp: CPU R0/1", "Temp: CPU", ""),
];

const NEXUS_PARTS: &[Part] = &[
    part(22, 149, Module, "Slot 1", "Nexus Ethernet line card", "N9K-X9736C-FX"),
    part(23, 149, Module, "Slot 27", "Nexus supervisor", "N9K-SUP-A+"),
    part(149, 0, Chassis, "Nexus9000 chassis", "Nexus9000 chassis", ""),
    part(214, 149, Fan, "Fan Module-1", "Nexus9000 fan module", "NXA-FAN-65CFM-PE"),
    part(215, 149, Fan, "Fan Module-2", "Nexus9000 fan module", "NXA-FAN-65CFM-PE"),
    part(470, 149, PowerSupply, "PowerSupply-1", "Nexus9000 power supply", "NXA-PAC-1100W-PE2"),
    part(471, 149, PowerSupply, "PowerSupply-2", "Nexus9000 power supply", "NXA-PAC-1100W-PE2"),
    part(21_590, 22, Sensor, "module-1 FRONT", "module-1 front temperature", ""),
    part(21_591, 22, Sensor, "module-1 CPU", "module-1 CPU temperature", ""),
];

const JUNOS_PARTS: &[Part] = &[
    part(1, 0, Chassis, "chassis", "Juniper chassis", ""),
    part(2, 1, PowerSupply, "PSU 0", "Power Supply 0", "JPSU-350-AC-AFO"),
    part(3, 1, PowerSupply, "PSU 1", "Power Supply 1", "JPSU-350-AC-AFO"),
    part(4, 1, Fan, "Fan Tray 0", "Fan Tray 0", ""),
    part(5, 1, Module, "FPC 0", "FPC 0", "750-045404"),
    part(6, 5, Sensor, "FPC 0 Intake", "FPC 0 intake temperature", ""),
    part(7, 5, Sensor, "FPC 0 Exhaust", "FPC 0 exhaust temperature", ""),
];

const ARISTA_PARTS: &[Part] = &[
    part(1, 0, Chassis, "", "Arista chassis", ""),
    part(100_002_001, 1, Module, "Switch Card", "Switch card", ""),
    part(100_006_001, 100_002_001, Sensor, "TempSensor1", "Cpu temp sensor", ""),
    part(100_006_002, 100_002_001, Sensor, "TempSensor2", "Rear temp sensor", ""),
    part(100_601_000, 1, Fan, "FanTray1", "Fan tray", "FAN-7000-F"),
    part(100_711_000, 1, PowerSupply, "PowerSupply1", "Power supply", "PWR-460AC-F"),
    part(100_712_000, 1, PowerSupply, "PowerSupply2", "Power supply", "PWR-460AC-F"),
];

const ARUBA_PARTS: &[Part] = &[
    part(1, 0, Chassis, "Chassis", "HPE Aruba chassis", ""),
    part(11, 1, Module, "Management module", "Management module", ""),
    part(21, 1, PowerSupply, "Power supply 1", "Power supply 1", "JL712A"),
    part(22, 1, PowerSupply, "Power supply 2", "Power supply 2", "JL712A"),
    part(31, 1, Fan, "Fan tray 1", "Fan tray 1", "JL714A"),
    part(41, 11, Sensor, "Inlet air", "Inlet air temperature", ""),
    part(42, 11, Sensor, "CPU", "CPU temperature", ""),
];

const MIKROTIK_PARTS: &[Part] = &[
    part(65_536, 0, Chassis, "RouterBOARD", "RouterOS 6.49.10 on RouterBOARD", ""),
    part(65_537, 65_536, Sensor, "board", "board temperature", ""),
];

const NO_PARTS: &[Part] = &[];

const fn lan(first: u32, step: u32, count: u16, origin: u16, stem: &'static str, short: &'static str, mbps: u32) -> Block {
    Block { first, step, count, origin, long: stem, short, mbps, if_type: 6, kind: Kind::Port }
}

/// Integrated services router: site edge in Cisco and Arista sites.
pub static ISR4431: Model = Model {
    name: "ISR4431/K9",
    family: Family::CiscoIos,
    object_id: &cisco(1935),
    description: "Cisco IOS Software [Gibraltar], ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.12.5, RELEASE SOFTWARE (fc3)\r\nTechnical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2021 by Cisco Systems, Inc.\r\nCompiled Fri 29-Jan-21 12:17 by mcpre",
    version: "16.12.5",
    oui: [0x70, 0x1F, 0x53],
    blocks: &[
        lan(1, 1, 8, 0, "GigabitEthernet0/0/", "Gi0/0/", 1_000),
        lan(9, 1, 2, 0, "TenGigabitEthernet0/1/", "Te0/1/", 10_000),
        Block::management(12, "Loopback0", "Lo0", 8_000, 24),
    ],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: ROUTER_PARTS,
};

/// Large modular core switch.
pub static NEXUS_9504: Model = Model {
    name: "N9K-C9504",
    family: Family::CiscoNxos,
    object_id: &[1, 3, 6, 1, 4, 1, 9, 12, 3, 1, 3, 1507],
    description: "Cisco NX-OS(tm) nxos.9.3.9.bin, Software (nxos), Version 9.3(9), RELEASE SOFTWARE Copyright (c) 2002-2022 by Cisco Systems, Inc. Compiled 2/4/2022 7:00:00",
    version: "9.3(9)",
    oui: [0x00, 0xDE, 0xFB],
    blocks: &[
        Block::management(83_886_080, "mgmt0", "mgmt0", 1_000, 6),
        lan(436_207_616, 512, 48, 1, "Ethernet1/", "Ethernet1/", 40_000),
        lan(436_731_904, 512, 48, 1, "Ethernet2/", "Ethernet2/", 40_000),
        lan(437_256_192, 512, 48, 1, "Ethernet3/", "Ethernet3/", 10_000),
        lan(437_780_480, 512, 48, 1, "Ethernet4/", "Ethernet4/", 10_000),
    ],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: NEXUS_PARTS,
};

/// Fixed core switch.
pub static NEXUS_9336: Model = Model {
    name: "N9K-C9336C-FX2",
    family: Family::CiscoNxos,
    object_id: &[1, 3, 6, 1, 4, 1, 9, 12, 3, 1, 3, 1955],
    description: "Cisco NX-OS(tm) Nexus9000 C9336C-FX2, Software (NXOS 64-bit), Version 10.2(3), RELEASE SOFTWARE Copyright (c) 2002-2022 by Cisco Systems, Inc. Compiled 4/24/2022 3:00:00",
    version: "10.2(3)",
    oui: [0x6C, 0x8B, 0xD3],
    blocks: &[Block::management(83_886_080, "mgmt0", "mgmt0", 1_000, 6), lan(436_207_616, 512, 36, 1, "Ethernet1/", "Ethernet1/", 40_000)],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: NEXUS_PARTS,
};

/// Distribution switch.
pub static CATALYST_9500: Model = Model {
    name: "C9500-24Y4C",
    family: Family::CiscoIos,
    object_id: &cisco(2573),
    description: "Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.3.4, RELEASE SOFTWARE (fc3)\r\nTechnical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2021 by Cisco Systems, Inc.\r\nCompiled Tue 13-Jul-21 10:14 by mcpre",
    version: "17.3.4",
    oui: [0x00, 0xBE, 0x75],
    blocks: &[
        lan(9, 1, 24, 1, "TwentyFiveGigE1/0/", "Twe1/0/", 10_000),
        lan(33, 1, 4, 25, "HundredGigE1/0/", "Hu1/0/", 40_000),
        Block::management(47, "Vlan99", "Vl99", 1_000, 53),
    ],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: CATALYST_PARTS,
};

/// Access switch with 48 ports.
pub static CATALYST_9300: Model = Model {
    name: "C9300-48P",
    family: Family::CiscoIos,
    object_id: &cisco(2440),
    description: "Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.3.4, RELEASE SOFTWARE (fc3)\r\nTechnical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2021 by Cisco Systems, Inc.\r\nCompiled Tue 13-Jul-21 10:14 by mcpre",
    version: "17.3.4",
    oui: [0x70, 0x6B, 0xB9],
    blocks: &[
        Block::ports(8, 1, 48, "GigabitEthernet1/0/", "Gi1/0/", 1_000),
        Block::ports(60, 1, 8, "TenGigabitEthernet1/1/", "Te1/1/", 10_000),
        Block::management(73, "Vlan99", "Vl99", 1_000, 53),
    ],
    uplink_from: 49,
    port_id: PortId::Name,
    parts: CATALYST_PARTS,
};

/// Access switch with 24 ports.
pub static CATALYST_9200L: Model = Model {
    name: "C9200L-24P-4X",
    family: Family::CiscoIos,
    object_id: &cisco(2574),
    description: "Cisco IOS Software [Fuji], Catalyst L3 Switch Software (CAT9K_LITE_IOSXE), Version 16.9.5, RELEASE SOFTWARE (fc1)\r\nTechnical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2020 by Cisco Systems, Inc.\r\nCompiled Thu 30-Jan-20 19:53 by mcpre",
    version: "16.9.5",
    oui: [0xA4, 0xB4, 0x39],
    blocks: &[
        Block::ports(9, 1, 24, "GigabitEthernet1/0/", "Gi1/0/", 1_000),
        Block::ports(37, 1, 4, "TenGigabitEthernet1/1/", "Te1/1/", 10_000),
        Block::management(42, "Vlan99", "Vl99", 1_000, 53),
    ],
    uplink_from: 25,
    port_id: PortId::Name,
    parts: SMALL_CISCO_PARTS,
};

/// Older access switch, where ifIndex is far from the port number.
pub static CATALYST_2960X: Model = Model {
    name: "WS-C2960X-48FPD-L",
    family: Family::CiscoIos,
    object_id: &cisco(1208),
    description: "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)\r\nTechnical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2020 by Cisco Systems, Inc.\r\nCompiled Tue 25-Aug-20 13:06 by prod_rel_team",
    version: "15.2(7)E3",
    oui: [0x00, 0xA2, 0xEE],
    blocks: &[
        Block::management(99, "Vlan99", "Vl99", 1_000, 53),
        Block::ports(10_101, 1, 48, "GigabitEthernet1/0/", "Gi1/0/", 1_000),
        Block::ports(10_149, 1, 2, "TenGigabitEthernet1/0/", "Te1/0/", 10_000),
    ],
    uplink_from: 49,
    port_id: PortId::Name,
    parts: SMALL_CISCO_PARTS,
};

/// Site router in Juniper sites.
pub static MX240: Model = Model {
    name: "MX240",
    family: Family::Junos,
    object_id: &[1, 3, 6, 1, 4, 1, 2636, 1, 1, 1, 2, 29],
    description: "Juniper Networks, Inc. mx240 internet router, kernel JUNOS 19.4R3.11, Build date: 2020-09-02 11:47:03 UTC Copyright (c) 1996-2020 Juniper Networks, Inc.",
    version: "19.4R3.11",
    oui: [0x64, 0x87, 0x88],
    blocks: &[
        Block::management(16, "lo0", "lo0", 0, 24),
        lan(512, 1, 12, 0, "xe-0/0/", "xe-0/0/", 10_000),
        lan(540, 1, 10, 0, "ge-1/0/", "ge-1/0/", 1_000),
    ],
    uplink_from: 1,
    port_id: PortId::IfIndex,
    parts: JUNOS_PARTS,
};

/// Core and distribution switch in Juniper sites.
pub static QFX5100: Model = Model {
    name: "QFX5100-24Q-2P",
    family: Family::Junos,
    object_id: &[1, 3, 6, 1, 4, 1, 2636, 1, 1, 1, 4, 82, 4],
    description: "Juniper Networks, Inc. qfx5100-24q-2p Ethernet Switch, kernel JUNOS 18.4R2-S3, Build date: 2020-03-04 02:23:05 UTC Copyright (c) 1996-2020 Juniper Networks, Inc.",
    version: "18.4R2-S3",
    oui: [0x3C, 0x8A, 0xB0],
    blocks: &[
        Block::management(33, "vme", "vme", 1_000, 6),
        lan(512, 1, 24, 0, "et-0/0/", "et-0/0/", 40_000),
        lan(540, 1, 8, 0, "et-0/1/", "et-0/1/", 40_000),
    ],
    uplink_from: 1,
    port_id: PortId::IfIndex,
    parts: JUNOS_PARTS,
};

/// Access switch in Juniper sites.
pub static EX4300: Model = Model {
    name: "EX4300-48T",
    family: Family::Junos,
    object_id: &[1, 3, 6, 1, 4, 1, 2636, 1, 1, 1, 2, 63],
    description: "Juniper Networks, Inc. ex4300-48t Ethernet Switch, kernel JUNOS 18.4R2-S3, Build date: 2020-03-04 01:38:17 UTC Copyright (c) 1996-2020 Juniper Networks, Inc.",
    version: "18.4R2-S3",
    oui: [0xB0, 0xA8, 0x6E],
    blocks: &[
        Block::management(33, "vme", "vme", 1_000, 6),
        lan(513, 1, 48, 0, "ge-0/0/", "ge-0/0/", 1_000),
        lan(601, 1, 4, 0, "xe-0/2/", "xe-0/2/", 10_000),
    ],
    uplink_from: 49,
    port_id: PortId::IfIndex,
    parts: JUNOS_PARTS,
};

/// Core and distribution switch in Arista sites.
pub static ARISTA_7150S: Model = Model {
    name: "DCS-7150S-52-CL",
    family: Family::Eos,
    object_id: &[1, 3, 6, 1, 4, 1, 30_065, 1, 3011, 7150, 3282, 52, 2745],
    description: "Arista Networks EOS version 4.23.5M running on an Arista Networks DCS-7150S-52-CL",
    version: "4.23.5M",
    oui: [0x00, 0x1C, 0x73],
    blocks: &[Block::ports(1, 1, 52, "Ethernet", "Ethernet", 10_000), Block::management(999_001, "Management1", "Management1", 1_000, 6)],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: ARISTA_PARTS,
};

/// Core switch in Aruba sites.
pub static ARUBA_8325: Model = Model {
    name: "JL635A 8325",
    family: Family::ArubaCx,
    object_id: &[1, 3, 6, 1, 4, 1, 47_196, 4, 1, 1, 1, 50],
    description: "Aruba JL635A 8325 GL.10.06.0110",
    version: "GL.10.06.0110",
    oui: [0x90, 0x20, 0xC2],
    blocks: &[lan(1, 1, 56, 1, "1/1/", "1/1/", 25_000), Block::management(16_777_217, "vlan99", "vlan99", 1_000, 136)],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: ARUBA_PARTS,
};

/// Distribution switch in Aruba sites.
pub static ARUBA_8360: Model = Model {
    name: "JL721C 8360-12C v2",
    family: Family::ArubaCx,
    object_id: &[1, 3, 6, 1, 4, 1, 47_196, 4, 1, 1, 1, 424],
    description: "Aruba JL721C 8360-12C v2 Switch LL.10.13.1040",
    version: "LL.10.13.1040",
    oui: [0x88, 0x3A, 0x30],
    blocks: &[lan(1, 1, 28, 1, "1/1/", "1/1/", 10_000), Block::management(16_777_217, "vlan99", "vlan99", 1_000, 136)],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: ARUBA_PARTS,
};

/// Modular access switch in Aruba sites, with lettered slots.
pub static PROCURVE_5406: Model = Model {
    name: "J8697A",
    family: Family::ProCurve,
    object_id: &[1, 3, 6, 1, 4, 1, 11, 2, 3, 7, 11, 50],
    description: "ProCurve J8697A Switch 5406zl, revision K.15.18.0021, ROM K.15.30 (/ws/swbuildm/K_rel_victoria_qaoff/code/build/btm(K_rel_victoria_qaoff))",
    version: "K.15.18.0021",
    oui: [0x00, 0x21, 0xF7],
    blocks: &[
        lan(1, 1, 24, 1, "A", "A", 1_000),
        lan(25, 1, 24, 1, "B", "B", 1_000),
        lan(49, 1, 4, 1, "F", "F", 10_000),
        Block::management(674, "VLAN99", "VLAN99", 1_000, 53),
    ],
    uplink_from: 49,
    port_id: PortId::Number,
    parts: ARUBA_PARTS,
};

/// Site router in Aruba sites.
pub static MIKROTIK_CCR: Model = Model {
    name: "CCR1072-1G-8S+",
    family: Family::RouterOs,
    object_id: &[1, 3, 6, 1, 4, 1, 14_988, 1],
    description: "RouterOS CCR1072-1G-8S+",
    version: "6.49.10",
    oui: [0x64, 0xD1, 0x54],
    blocks: &[
        Block::management(1, "ether1", "ether1", 1_000, 6),
        lan(2, 1, 8, 1, "sfp-sfpplus", "sfp-sfpplus", 10_000),
        lan(10, 1, 4, 2, "ether", "ether", 1_000),
    ],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: MIKROTIK_PARTS,
};

/// Access point of HPE Aruba.
pub static ARUBA_AP515: Model = Model {
    name: "AP-515",
    family: Family::ArubaAp,
    object_id: &[1, 3, 6, 1, 4, 1, 14_823, 1, 2, 107],
    description: "ArubaOS (MODEL: 515), Version 8.10.0.7-8.10.0.7 LSR",
    version: "8.10.0.7",
    oui: [0x48, 0x2F, 0x6B],
    blocks: &[Block::management(1, "br0", "br0", 1_000, 6), lan(2, 1, 1, 0, "eth", "eth", 1_000), lan(3, 1, 1, 1, "eth", "eth", 1_000)],
    uplink_from: 1,
    port_id: PortId::Mac,
    parts: NO_PARTS,
};

/// Access point of MikroTik.
pub static MIKROTIK_CAP: Model = Model {
    name: "RBcAPGi-5acD2nD",
    family: Family::RouterOs,
    object_id: &[1, 3, 6, 1, 4, 1, 14_988, 1],
    description: "RouterOS RBcAPGi-5acD2nD",
    version: "6.49.10",
    oui: [0xB8, 0x69, 0xF4],
    blocks: &[Block::ports(1, 1, 2, "ether", "ether", 1_000), Block::management(5, "bridge", "bridge", 1_000, 209)],
    uplink_from: 1,
    port_id: PortId::Name,
    parts: MIKROTIK_PARTS,
};

/// Linux server.
pub static LINUX: Model = Model {
    name: "ProLiant DL360 Gen10",
    family: Family::Linux,
    object_id: &[1, 3, 6, 1, 4, 1, 8072, 3, 2, 10],
    description: "Linux {name} 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64",
    version: "6.1.0-18-amd64",
    oui: [0x94, 0x40, 0xC9],
    blocks: &[
        Block { first: 1, step: 1, count: 1, origin: u16::MAX, long: "lo", short: "lo", mbps: 10, if_type: 24, kind: Kind::Loopback },
        lan(2, 1, 2, 1, "eno", "eno", 10_000),
        Block::management(4, "bond0", "bond0", 10_000, 6),
    ],
    uplink_from: 1,
    port_id: PortId::Mac,
    parts: NO_PARTS,
};

/// Every product.
#[cfg(test)]
pub static ALL: [&Model; 18] = [
    &ISR4431,
    &NEXUS_9504,
    &NEXUS_9336,
    &CATALYST_9500,
    &CATALYST_9300,
    &CATALYST_9200L,
    &CATALYST_2960X,
    &MX240,
    &QFX5100,
    &EX4300,
    &ARISTA_7150S,
    &ARUBA_8325,
    &ARUBA_8360,
    &PROCURVE_5406,
    &MIKROTIK_CCR,
    &ARUBA_AP515,
    &MIKROTIK_CAP,
    &LINUX,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_and_parts_ascend() {
        for model in ALL {
            let indexes: Vec<u32> = (0..model.interface_count()).filter_map(|row| model.interface(row)).map(|i| i.if_index()).collect();
            assert_eq!(indexes.len(), model.interface_count(), "{}", model.name);
            assert!(indexes.is_sorted_by(|a, b| a < b), "{}", model.name);
            assert!(model.parts.is_sorted_by(|a, b| a.index < b.index), "{}", model.name);
            assert!(model.management().is_some(), "{}", model.name);
            assert!(model.port(model.port_count()).is_some() && model.port(model.port_count() + 1).is_none());
        }
    }
}
