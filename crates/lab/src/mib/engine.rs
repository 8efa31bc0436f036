//! SNMP-FRAMEWORK-MIB snmpEngine (RFC 3411) and SNMP-USER-BASED-SM-MIB usmStats (RFC 3414).

use async_snmp::Value;

use super::{octets, scalars};

scalars!(Framework, [1, 3, 6, 1, 6, 3, 10, 2, 1], [1, 2, 3, 4], |_| true, |view, column| {
    Some(match column {
        1 => octets(&view.engine_id()),
        2 => Value::Integer(view.engine_boots() as i32),
        3 => Value::Integer(view.engine_time() as i32),
        _ => Value::Integer(view.engine.max_size as i32),
    })
});

scalars!(UsmStats, [1, 3, 6, 1, 6, 3, 15, 1, 1], [1, 2, 3, 4, 5, 6], |_| true, |view, column| {
    Some(Value::Counter32(view.engine.usm_stats[column as usize - 1]))
});
