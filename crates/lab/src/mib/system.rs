//! SNMPv2-MIB system group (RFC 3418).

use async_snmp::{Oid, Value};

use super::{scalars, text};
use crate::campus::Role;
use crate::view::View;

scalars!(System, [1, 3, 6, 1, 2, 1, 1], [1, 2, 3, 4, 5, 6, 7], |_| true, |view, column| {
    Some(match column {
        1 => text(description(view)),
        2 => Value::ObjectIdentifier(Oid::from_slice(view.device.model.object_id)),
        3 => Value::TimeTicks(view.uptime()),
        4 => text("Network operations <noc@campus.example>"),
        5 => text(view.device.name.as_str()),
        6 => text(view.campus.location(view.device)),
        _ => Value::Integer(services(view.device.role)),
    })
});

/// sysDescr.
pub(super) fn description(view: &View) -> String {
    view.device.model.description.replace("{name}", &view.device.name)
}

/// sysServices: 2 to the power of (layer - 1), summed.
const fn services(role: Role) -> i32 {
    match role {
        Role::Router => 78,
        Role::Core | Role::Distribution => 6,
        Role::Access | Role::AccessPoint => 2,
        Role::Server | Role::Recording => 72,
    }
}
