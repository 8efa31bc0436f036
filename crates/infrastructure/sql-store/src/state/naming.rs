//! Whom rows name: the lists within documents that scopes ask for, kept in tables of their own beside them.

use std::collections::{HashMap, HashSet};

use sea_query::{Expr, ExprTrait as _, Query, Value as Sql};
use serde::Deserialize;
use vigie_domain::alerts::AlertRule;
use vigie_domain::devices::{Device, DeviceGroup};
use vigie_domain::query::{FieldKind, Schema};
use vigie_domain::store::{Entity, Record};
use vigie_domain::{Error, Id, Result};

use crate::engine::{self, Connection};
use crate::transfer::Sheet;
use crate::{bulk, error};

/// The lists, as the documents write them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Lists {
    device_ids: Vec<String>,
    tags: Vec<String>,
    credentials: Vec<String>,
    sites: Vec<String>,
}

/// A list of a kind of row, and the table that keeps it.
struct Naming {
    schema: &'static Schema,
    table: &'static str,
    /// Column of the row that names.
    row: &'static str,
    /// Column of what it names: an id, or a text.
    named: &'static str,
    is_id: bool,
    list: fn(Lists) -> Vec<String>,
}

static NAMINGS: [Naming; 4] = [
    Naming {
        schema: DeviceGroup::SCHEMA,
        table: "device_group_members",
        row: "group_id",
        named: "device_id",
        is_id: true,
        list: |lists| lists.device_ids,
    },
    Naming { schema: Device::SCHEMA, table: "device_tags", row: "device_id", named: "tag", is_id: false, list: |lists| lists.tags },
    Naming {
        schema: Device::SCHEMA,
        table: "device_credentials",
        row: "device_id",
        named: "credential_id",
        is_id: true,
        list: |lists| lists.credentials,
    },
    Naming {
        schema: AlertRule::SCHEMA,
        table: "alert_rule_sites",
        row: "rule_id",
        named: "site_id",
        is_id: true,
        list: |lists| lists.sites,
    },
];

/// Tables that keep these lists.
#[cfg(test)]
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    NAMINGS.iter().map(|n| n.table)
}

/// The same as they are carried from one database to another.
pub(crate) fn sheets() -> impl Iterator<Item = Sheet> {
    let named = |n: &Naming| if n.is_id { FieldKind::Id } else { FieldKind::Text };
    NAMINGS.iter().map(move |n| Sheet::new(n.table, 2, &[(n.row, FieldKind::Id), (n.named, named(n))]))
}

/// Follows a write of these records; a list that is as it was costs one look at many of them.
pub(crate) async fn written(connection: &mut Connection<'_>, schema: &'static Schema, records: &[&Record]) -> Result<()> {
    for naming in NAMINGS.iter().filter(|n| n.schema.table == schema.table) {
        for piece in bulk::pieces(records) {
            let kept = naming.kept(connection, piece).await?;
            for record in piece {
                let lists: Lists = serde_json::from_str(&record.document).map_err(Error::storage)?;
                let names: HashSet<String> = (naming.list)(lists).into_iter().collect();
                if kept.get(&record.id).map_or(!names.is_empty(), |kept| *kept != names) {
                    naming.keep(connection, record.id, &names.into_iter().collect::<Vec<_>>()).await?;
                }
            }
        }
    }
    Ok(())
}

impl Naming {
    async fn kept(&self, connection: &mut Connection<'_>, records: &[&Record]) -> Result<HashMap<Id, HashSet<String>>> {
        let mut select = Query::select();
        select.column(self.row).column(self.named).from(self.table).and_where(Expr::col(self.row).is_in(records.iter().map(|r| r.id.0)));
        let mut kept: HashMap<Id, HashSet<String>> = HashMap::new();
        for row in engine::rows(connection, &select).await.map_err(error::storage)? {
            let name = if self.is_id { row.id(1)?.to_string() } else { row.text(1)? };
            kept.entry(row.id(0)?).or_default().insert(name);
        }
        Ok(kept)
    }

    async fn keep(&self, connection: &mut Connection<'_>, row: Id, names: &[String]) -> Result<()> {
        let mut clear = Query::delete();
        clear.from_table(self.table).and_where(Expr::col(self.row).eq(row.0));
        engine::execute(connection, &clear).await.map_err(error::storage)?;
        let values = |name: &String| Ok(vec![row.0.into(), self.value(name)?]);
        let columns = [self.row, self.named].map(str::to_owned);
        bulk::insert(connection, self.table, &columns, names, values, None, |e| error::write(self.schema, e)).await
    }

    fn value(&self, name: &str) -> Result<Sql> {
        if !self.is_id {
            return Ok(name.into());
        }
        name.parse::<Id>().map(|id| id.0.into()).map_err(Error::storage)
    }
}
