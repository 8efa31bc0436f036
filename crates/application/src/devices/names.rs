//! Names of well-known objects (SNMPv2-MIB, IF-MIB, IP-MIB, ENTITY-MIB, LLDP-MIB, HOST-RESOURCES-MIB, BRIDGE-MIB).

use vigie_domain::devices::Oid;

const SYSTEM: &[u32] = &[1, 3, 6, 1, 2, 1, 1];
const IF_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1];
const IF_X_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1];
const ENT_PHYSICAL: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1];
const LLDP_LOCAL: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 3];
const LLDP_REMOTE: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 4, 1, 1];
const HR_SYSTEM: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 1];
const HR_STORAGE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 3, 1];

/// Subtree, arc below it, name.
const NAMES: &[(&[u32], u32, &str)] = &[
    (SYSTEM, 1, "sysDescr"),
    (SYSTEM, 2, "sysObjectID"),
    (SYSTEM, 3, "sysUpTime"),
    (SYSTEM, 4, "sysContact"),
    (SYSTEM, 5, "sysName"),
    (SYSTEM, 6, "sysLocation"),
    (SYSTEM, 7, "sysServices"),
    (&[1, 3, 6, 1, 2, 1, 2], 1, "ifNumber"),
    (IF_ENTRY, 1, "ifIndex"),
    (IF_ENTRY, 2, "ifDescr"),
    (IF_ENTRY, 3, "ifType"),
    (IF_ENTRY, 4, "ifMtu"),
    (IF_ENTRY, 5, "ifSpeed"),
    (IF_ENTRY, 6, "ifPhysAddress"),
    (IF_ENTRY, 7, "ifAdminStatus"),
    (IF_ENTRY, 8, "ifOperStatus"),
    (IF_ENTRY, 9, "ifLastChange"),
    (IF_ENTRY, 10, "ifInOctets"),
    (IF_ENTRY, 11, "ifInUcastPkts"),
    (IF_ENTRY, 13, "ifInDiscards"),
    (IF_ENTRY, 14, "ifInErrors"),
    (IF_ENTRY, 15, "ifInUnknownProtos"),
    (IF_ENTRY, 16, "ifOutOctets"),
    (IF_ENTRY, 17, "ifOutUcastPkts"),
    (IF_ENTRY, 19, "ifOutDiscards"),
    (IF_ENTRY, 20, "ifOutErrors"),
    (IF_X_ENTRY, 1, "ifName"),
    (IF_X_ENTRY, 2, "ifInMulticastPkts"),
    (IF_X_ENTRY, 3, "ifInBroadcastPkts"),
    (IF_X_ENTRY, 4, "ifOutMulticastPkts"),
    (IF_X_ENTRY, 5, "ifOutBroadcastPkts"),
    (IF_X_ENTRY, 6, "ifHCInOctets"),
    (IF_X_ENTRY, 7, "ifHCInUcastPkts"),
    (IF_X_ENTRY, 8, "ifHCInMulticastPkts"),
    (IF_X_ENTRY, 9, "ifHCInBroadcastPkts"),
    (IF_X_ENTRY, 10, "ifHCOutOctets"),
    (IF_X_ENTRY, 11, "ifHCOutUcastPkts"),
    (IF_X_ENTRY, 12, "ifHCOutMulticastPkts"),
    (IF_X_ENTRY, 13, "ifHCOutBroadcastPkts"),
    (IF_X_ENTRY, 15, "ifHighSpeed"),
    (IF_X_ENTRY, 18, "ifAlias"),
    (IF_X_ENTRY, 19, "ifCounterDiscontinuityTime"),
    (ENT_PHYSICAL, 2, "entPhysicalDescr"),
    (ENT_PHYSICAL, 5, "entPhysicalClass"),
    (ENT_PHYSICAL, 7, "entPhysicalName"),
    (ENT_PHYSICAL, 10, "entPhysicalSoftwareRev"),
    (ENT_PHYSICAL, 11, "entPhysicalSerialNum"),
    (ENT_PHYSICAL, 12, "entPhysicalMfgName"),
    (ENT_PHYSICAL, 13, "entPhysicalModelName"),
    (LLDP_LOCAL, 1, "lldpLocChassisIdSubtype"),
    (LLDP_LOCAL, 2, "lldpLocChassisId"),
    (LLDP_LOCAL, 3, "lldpLocSysName"),
    (LLDP_LOCAL, 4, "lldpLocSysDesc"),
    (LLDP_REMOTE, 4, "lldpRemChassisIdSubtype"),
    (LLDP_REMOTE, 5, "lldpRemChassisId"),
    (LLDP_REMOTE, 6, "lldpRemPortIdSubtype"),
    (LLDP_REMOTE, 7, "lldpRemPortId"),
    (LLDP_REMOTE, 8, "lldpRemPortDesc"),
    (LLDP_REMOTE, 9, "lldpRemSysName"),
    (LLDP_REMOTE, 10, "lldpRemSysDesc"),
    (HR_SYSTEM, 1, "hrSystemUptime"),
    (HR_SYSTEM, 6, "hrSystemProcesses"),
    (HR_STORAGE, 3, "hrStorageDescr"),
    (HR_STORAGE, 4, "hrStorageAllocationUnits"),
    (HR_STORAGE, 5, "hrStorageSize"),
    (HR_STORAGE, 6, "hrStorageUsed"),
    (&[1, 3, 6, 1, 2, 1, 25, 3, 3, 1], 2, "hrProcessorLoad"),
    (&[1, 3, 6, 1, 6, 3, 10, 2, 1], 1, "snmpEngineID"),
    (&[1, 3, 6, 1, 6, 3, 10, 2, 1], 3, "snmpEngineTime"),
];

/// An object identifier, numeric or by name, with an instance behind it: `sysName.0`, `IF-MIB::ifName.7`.
pub fn parse(text: &str) -> Result<Oid, String> {
    let text = text.trim();
    let text = text.rsplit_once("::").map_or(text, |(_, object)| object);
    let (head, rest) = text.split_once('.').unwrap_or((text, ""));
    let Some((root, arc, _)) = NAMES.iter().find(|(_, _, name)| *name == head) else {
        return text.parse::<Oid>().map_err(|_| {
            format!("{text} is neither numeric such as 1.3.6.1.2.1.1.5.0 nor the name of a well-known object such as sysName.0")
        });
    };
    let instance: Vec<u32> = rest
        .split('.')
        .filter(|a| !a.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| format!("{rest} is not an instance: write {head}.0 or {head}.7"))?;
    Ok(Oid::new(root).child(&[*arc]).child(&instance))
}

/// The name of a well-known object, with its instance.
pub fn name(oid: &Oid) -> Option<String> {
    let arcs = oid.arcs();
    let (root, arc, name) = NAMES.iter().find(|(root, arc, _)| arcs.strip_prefix(*root).is_some_and(|rest| rest.first() == Some(arc)))?;
    let rest = arcs.strip_prefix(*root)?.strip_prefix(&[*arc])?;
    Some(rest.iter().fold((*name).to_owned(), |text, arc| format!("{text}.{arc}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_the_same_objects() {
        assert_eq!(parse("sysName.0").unwrap(), parse("1.3.6.1.2.1.1.5.0").unwrap());
        assert_eq!(parse("IF-MIB::ifName.7").unwrap().to_string(), "1.3.6.1.2.1.31.1.1.1.1.7");
        assert_eq!(name(&parse("1.3.6.1.2.1.31.1.1.1.1.7").unwrap()).as_deref(), Some("ifName.7"));
        assert!(parse("nonsense.0").unwrap_err().contains("sysName.0"));
    }
}
