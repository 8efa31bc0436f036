//! Recorded agents, answering as an `SnmpClient`.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use async_trait::async_trait;
use vigie_domain::Timestamp;
use vigie_domain::devices::{
    Access, AccessProtocol, Numbers, Oid, Rows, SnmpClient, SnmpError, SnmpTable, SnmpTarget, SnmpValue, TableRow, VarBind,
};

/// A recording (`*.snmprec.gz`): lines `OID|tag|value`, the tag in decimal, with `x` behind it when the value is hex.
pub struct Recording(BTreeMap<Oid, SnmpValue>);

impl Recording {
    pub fn open(path: &Path) -> Option<Self> {
        let mut raw = Vec::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_end(&mut raw).ok()?;
        let lines = raw.split(|b| *b == b'\n');
        Some(Self(lines.filter_map(line).collect()))
    }

    /// Whether it has the instance of a column with this index.
    pub fn holds(&self, column: &[u32], index: u64) -> bool {
        self.value(column, index).is_some()
    }

    /// The number that the instance of a column with this index holds.
    pub fn number(&self, column: &[u32], index: u64) -> Option<u64> {
        self.value(column, index)?.as_u64()
    }

    fn value(&self, column: &[u32], index: u64) -> Option<&SnmpValue> {
        self.0.get(&Oid::new(column).child(&[u32::try_from(index).ok()?]))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn line(line: &[u8]) -> Option<(Oid, SnmpValue)> {
    let mut parts = line.splitn(3, |b| *b == b'|');
    let oid: Oid = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let tag = std::str::from_utf8(parts.next()?).ok()?;
    let value = parts.next().unwrap_or_default();
    Some((oid, read(tag, value)?))
}

fn read(tag: &str, value: &[u8]) -> Option<SnmpValue> {
    let (tag, octets) = match tag.strip_suffix('x') {
        Some(tag) => (tag, unhex(value)?),
        None => (tag, value.to_vec()),
    };
    let text = String::from_utf8_lossy(&octets).trim().to_owned();
    Some(match tag {
        "2" => SnmpValue::Integer(text.parse().ok()?),
        "4" => SnmpValue::Bytes(octets.into()),
        "5" => SnmpValue::Null,
        "6" => SnmpValue::Oid(text.parse().ok()?),
        "64" => SnmpValue::Ip(text.parse::<IpAddr>().ok()?),
        "65" => SnmpValue::Counter32(text.parse().ok()?),
        "66" => SnmpValue::Gauge(text.parse().ok()?),
        "67" => SnmpValue::TimeTicks(text.parse().ok()?),
        "70" => SnmpValue::Counter64(text.parse().ok()?),
        _ => return None,
    })
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[async_trait]
impl SnmpClient for Recording {
    async fn get(&self, _: &SnmpTarget, oids: &[Oid]) -> Result<Vec<VarBind>, SnmpError> {
        let one = |oid: &Oid| VarBind { oid: oid.clone(), value: self.0.get(oid).cloned().unwrap_or(SnmpValue::Absent) };
        Ok(oids.iter().map(one).collect())
    }

    async fn walk(&self, _: &SnmpTarget, root: &Oid, max_rows: usize) -> Result<(Vec<VarBind>, bool), SnmpError> {
        let below = self.0.range(root.clone()..).take_while(|(oid, _)| oid.suffix(root).is_some());
        let rows: Vec<VarBind> = below.take(max_rows).map(|(oid, value)| VarBind { oid: oid.clone(), value: value.clone() }).collect();
        Ok((rows, false))
    }

    async fn table(&self, target: &SnmpTarget, columns: &[Oid], bounds: Rows) -> Result<SnmpTable, SnmpError> {
        let mut rows: BTreeMap<Oid, Vec<SnmpValue>> = BTreeMap::new();
        for (place, column) in columns.iter().enumerate() {
            for binding in self.walk(target, column, bounds.most).await?.0 {
                let index = Oid::new(binding.oid.suffix(column).unwrap_or_default());
                rows.entry(index).or_insert_with(|| vec![SnmpValue::Absent; columns.len()])[place] = binding.value;
            }
        }
        let rows = rows.into_iter().take(bounds.most).map(|(index, values)| TableRow { index, values }).collect();
        Ok(SnmpTable { rows, truncated: false })
    }

    async fn numbers(&self, target: &SnmpTarget, columns: &[Oid], bounds: Rows) -> Result<Numbers, SnmpError> {
        let mut numbers = Numbers::default();
        for column in columns {
            let (bindings, _) = self.walk(target, column, bounds.most).await?;
            let cell = |binding: &VarBind| match binding.oid.suffix(column) {
                Some(&[index]) => binding.value.as_u64().map(|number| (index, number)),
                _ => None,
            };
            numbers.columns.push(bindings.iter().filter_map(cell).collect());
        }
        Ok(numbers)
    }

    async fn diagnose(&self, _: &SnmpTarget, now: Timestamp) -> Access {
        Access::ok(AccessProtocol::Snmp, now)
    }
}
