//! GET of many instances: split into requests, those the agent does not have told apart.

use std::sync::Arc;

use async_snmp::error::ErrorStatus;
use async_snmp::{Oid as WireOid, Value, VarBind as WireBinding, Version};
use futures::{StreamExt, TryStreamExt, stream};
use vigie_domain::devices::{Oid, SnmpValue, VarBind};

use crate::engine::SnmpEngine;
use crate::exchange::{Ask, Tries};
use crate::fault::Fault;
use crate::session::Session;
use crate::value;

/// Agents of v1 need not take messages longer than 484 octets (RFC 1157, section 4).
const OIDS_PER_V1_GET: usize = 16;

impl SnmpEngine {
    /// The values of `oids` in their order.
    pub(crate) async fn get_all(&self, session: &Arc<Session>, oids: &[Oid], tries: Tries) -> Result<Vec<VarBind>, Fault> {
        let size = match session.version {
            Version::V1 => self.settings.oids_per_get.clamp(1, OIDS_PER_V1_GET),
            _ => self.settings.oids_per_get.max(1),
        };
        if oids.len() <= size {
            return self.get_some(session, oids, tries).await;
        }
        let mut requests = Vec::with_capacity(oids.len().div_ceil(size));
        for some in oids.chunks(size) {
            requests.push(self.get_some(session, some, tries));
        }
        stream::iter(requests).buffered(session.parallel()).try_concat().await
    }

    async fn get_some(&self, session: &Arc<Session>, oids: &[Oid], tries: Tries) -> Result<Vec<VarBind>, Fault> {
        let mut found: Vec<VarBind> = oids.iter().map(|oid| VarBind { oid: oid.clone(), value: SnmpValue::Absent }).collect();
        let mut wanted: Vec<WireOid> = oids.iter().map(value::oid_to_wire).collect();
        while !wanted.is_empty() {
            match self.exchange(session, Ask::Get(&wanted), tries).await {
                Ok(bindings) if bindings.is_empty() => return Err(Fault::Malformed("no values".to_owned())),
                Ok(bindings) => {
                    fill(&mut found, bindings);
                    break;
                }
                // v1 refuses the whole request for one object it does not have (RFC 1157, section 4.1.2),
                // and some agents fail over one they cannot read: go on without it
                Err(Fault::Status { status: ErrorStatus::NoSuchName | ErrorStatus::GenErr, oid: Some(oid) }) => {
                    let before = wanted.len();
                    wanted.retain(|other| *other != oid);
                    if wanted.len() == before {
                        return Err(Fault::Malformed(format!("an error about {oid}, which was not asked")));
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }
}

/// Puts the values received where they were asked for; usually the same place.
fn fill(found: &mut [VarBind], bindings: Vec<WireBinding>) {
    let mut expected = 0;
    for WireBinding { oid, value } in bindings {
        let here = found.get(expected).is_some_and(|slot| slot.oid.arcs() == oid.arcs());
        let place = if here { Some(expected) } else { found.iter().position(|slot| slot.oid.arcs() == oid.arcs()) };
        let Some(place) = place else { continue };
        found[place].value = match value {
            // an agent that echoes the request's NULL has nothing to say
            Value::Null => SnmpValue::Absent,
            value => value::from_wire(value),
        };
        expected = place + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absent(oid: &str) -> VarBind {
        VarBind { oid: oid.parse().unwrap(), value: SnmpValue::Absent }
    }

    fn wire(oid: &[u32], value: Value) -> WireBinding {
        WireBinding::new(WireOid::from_slice(oid), value)
    }

    #[test]
    fn values_find_their_place_in_any_order() {
        let mut found = vec![absent("1.3.1"), absent("1.3.2"), absent("1.3.3")];
        let bindings = vec![wire(&[1, 3, 3], Value::Integer(3)), wire(&[1, 3, 9], Value::Integer(9)), wire(&[1, 3, 1], Value::Integer(1))];
        fill(&mut found, bindings);
        let values: Vec<_> = found.into_iter().map(|binding| binding.value).collect();
        assert_eq!(values, [SnmpValue::Integer(1), SnmpValue::Absent, SnmpValue::Integer(3)]);
    }

    #[test]
    fn an_oid_asked_twice_is_answered_twice() {
        let mut found = vec![absent("1.3.1"), absent("1.3.1")];
        fill(&mut found, vec![wire(&[1, 3, 1], Value::Integer(1)), wire(&[1, 3, 1], Value::Integer(1))]);
        assert!(found.iter().all(|binding| binding.value == SnmpValue::Integer(1)));
    }
}
