//! Two tenants in one store: whatever one of them asks of any table is answered alike with and without the rows of the other. The rows are
//! made from the schemas, so that a new table is asked too.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;
use vigie_domain::query::{Field, FieldKind, Filter, ListQuery, Operator, Schema, ScopeRule, Value, parse_filter};
use vigie_domain::store::{Reader as _, Record, Store as _};
use vigie_domain::{Id, ObjectScope, Scope, Timestamp};
use vigie_testkit::clock::ManualClock;

use super::tables::TABLES;
use crate::SqlStore;

/// Rows that others name go first.
const FIRST: [&str; 6] = ["realms", "sites", "users", "devices", "discoveries", "discovery_runs"];

/// Somebody with a row in each table.
struct Tenant {
    name: &'static str,
    number: u8,
    ids: HashMap<&'static str, Id>,
}

impl Tenant {
    fn new(name: &'static str, number: u8) -> Self {
        let mut ids: HashMap<_, _> = TABLES.iter().map(|t| (t.schema.table, Id::new())).collect();
        let device = ids["devices"];
        ids.insert("device_states", device);
        Self { name, number, ids }
    }

    fn value(&self, schema: &'static Schema, field: &Field) -> Value {
        match (field.kind, field.name) {
            (_, "parent_id" | "requested_by_id" | "acknowledged_by") => Value::Null,
            // what a caller without limits made belongs to nobody
            (_, "owner_id") if schema.table != "api_keys" => Value::Null,
            (FieldKind::Id, name) => self.ids.get(named(name)).map_or(Value::Null, |id| (*id).into()),
            (FieldKind::Text | FieldKind::Name, name) => format!("{}-{}-{name}", self.name, schema.table).into(),
            (FieldKind::Enum(words), _) => words[0].into(),
            (FieldKind::Int | FieldKind::Time, _) => i64::from(self.number).into(),
            (FieldKind::Real, _) => f64::from(self.number).into(),
            (FieldKind::Bool, _) => false.into(),
            (FieldKind::Ip, _) => Value::Bytes(vec![self.number; 16]),
        }
    }

    fn record(&self, schema: &'static Schema) -> Record {
        let document = json!({
            "whose": self.name, "fencing": 1, "seq": null,
            "device_ids": [self.ids["devices"]], "credentials": [self.ids["credentials"]], "sites": [self.ids["sites"]],
            "tags": [format!("{}-tags-name", self.name)],
        });
        let columns = schema.fields.iter().map(|field| self.value(schema, field)).collect();
        Record { id: self.ids[schema.table], version: 1, columns, document: document.to_string() }
    }

    async fn move_in(&self, store: &SqlStore) {
        let mut unit = store.begin().await.unwrap();
        let first = FIRST.iter().filter_map(|name| TABLES.iter().find(|t| t.schema.table == *name));
        for table in first.chain(TABLES.iter().filter(|t| !FIRST.contains(&t.schema.table))) {
            unit.insert_record(table.schema, self.record(table.schema)).await.unwrap();
        }
        unit.commit().await.unwrap();
    }

    /// By the site alone, by the group alone, by the realm alone, and by all of them.
    fn scopes(&self) -> [Scope; 4] {
        let one = |table| vec![self.ids[table]];
        let (sites, device_groups, realms) = (one("sites"), one("device_groups"), one("realms"));
        [
            ObjectScope { sites: sites.clone(), ..ObjectScope::default() },
            ObjectScope { device_groups: device_groups.clone(), ..ObjectScope::default() },
            ObjectScope { realms: realms.clone(), ..ObjectScope::default() },
            ObjectScope { sites, device_groups, realms },
        ]
        .map(|objects| Scope::of_caller(Some(objects), [Id::fixed(77)]))
    }
}

/// The table that a column of ids means.
fn named(column: &str) -> &str {
    match column {
        "site_id" => "sites",
        "realm_id" => "realms",
        "user_id" | "owner_id" | "actor_id" => "users",
        "discovery_id" => "discoveries",
        "run_id" => "discovery_runs",
        "channel_id" => "channels",
        "alert_id" => "alerts",
        "rule_id" => "alert_rules",
        "interface_id" => "interfaces",
        _ => "devices",
    }
}

/// Everything that a list answers, to somebody who guesses at what the other has.
async fn answers(store: &SqlStore, schema: &'static Schema, scope: &Scope, other: &Tenant) -> String {
    let mut told = String::new();
    let id = other.ids[schema.table];
    let one = store.document(schema, scope, id).await.unwrap();
    let many = store.documents(schema, scope, &[id]).await.unwrap();
    writeln!(told, "by id: {one:?} {many:?}").unwrap();
    let mut queries: Vec<ListQuery> = Vec::new();
    for ordering in schema.orderings() {
        queries.extend([false, true].map(|descending| ListQuery::all(100).order(ordering, descending)));
    }
    for field in schema.fields {
        let filter = Filter::on(schema, field.name, Operator::Eq, [other.value(schema, field)]).unwrap();
        writeln!(told, "{} counted: {}", field.name, store.count(schema, scope, std::slice::from_ref(&filter)).await.unwrap()).unwrap();
        queries.push(ListQuery::all(100).filter(filter));
        writeln!(told, "{} by words: {:?}", field.name, store.count_by(schema, scope, field.name, &[]).await.unwrap()).unwrap();
    }
    for relation in schema.relations {
        let far = (relation.schema)();
        for field in far.fields.iter().filter(|f| matches!(f.kind, FieldKind::Text | FieldKind::Name)) {
            let Value::Text(text) = other.value(far, field) else { continue };
            let filter = parse_filter(schema, &format!("{}__{}", relation.name, field.name), &text, Timestamp(1)).unwrap();
            queries.push(ListQuery::all(100).filter(filter));
        }
    }
    if !schema.search.is_empty() {
        queries.push(ListQuery { search: Some(other.name.to_owned()), ..ListQuery::all(100) });
    }
    for query in queries {
        let page = store.page(schema, scope, &ListQuery { count: true, ..query }).await.unwrap();
        writeln!(told, "{:?} {:?}", page.results, page.total).unwrap();
    }
    told
}

#[tokio::test]
async fn every_table_answers_a_tenant_alike_with_and_without_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&directory.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    let (alpha, beta) = (Tenant::new("alpha", 1), Tenant::new("beta", 2));
    alpha.move_in(&store).await;
    let mut before = Vec::new();
    for scope in alpha.scopes() {
        for table in TABLES {
            before.push(answers(&store, table.schema, &scope, &beta).await);
        }
    }
    beta.move_in(&store).await;
    let mut asked = before.into_iter();
    for scope in alpha.scopes() {
        for table in TABLES {
            let told = answers(&store, table.schema, &scope, &beta).await;
            assert_eq!(told, asked.next().unwrap(), "{} to {scope:?}", table.schema.table);
            assert!(!told.contains("\\\"beta\\\""), "{} to {scope:?}: {told}", table.schema.table);
        }
    }
    assert_eq!(asked.next(), None);
}

/// Without this the other test would hold for a store that shows nothing.
#[tokio::test]
async fn a_tenant_sees_its_own_row_of_every_table_that_tenants_see() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&directory.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    let alpha = Tenant::new("alpha", 1);
    alpha.move_in(&store).await;
    let [.., all] = alpha.scopes();
    for table in TABLES {
        let hidden = matches!(table.schema.scope, ScopeRule::Unscoped | ScopeRule::Own(_));
        let seen = store.document(table.schema, &all, alpha.ids[table.schema.table]).await.unwrap();
        assert_eq!(seen.is_some(), !hidden, "{}", table.schema.table);
    }
}

/// What a caller made it sees; what others use too it does not change.
#[tokio::test]
async fn what_others_use_too_is_not_wholly_in_the_scope() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&directory.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    let (alpha, beta) = (Tenant::new("alpha", 1), Tenant::new("beta", 2));
    alpha.move_in(&store).await;
    let [.., all] = alpha.scopes();
    let holds = async |table: &str, scope: &Scope| {
        let schema = TABLES.iter().find(|t| t.schema.table == table).unwrap().schema;
        store.document(schema, scope, alpha.ids[table]).await.unwrap().is_some()
    };
    for (table, own) in [("tags", true), ("credentials", true), ("alert_rules", true), ("devices", true)] {
        assert_eq!(holds(table, &all.wholly()).await, own, "{table}");
    }
    for table in ["sites", "device_groups", "realms"] {
        assert!(holds(table, &all).await && !holds(table, &all.wholly()).await, "what a grant is made of is not changed by it: {table}");
    }
    beta.move_in(&store).await;
    let devices = TABLES.iter().find(|t| t.schema.table == "devices").unwrap().schema;
    let mut shared = beta.record(devices);
    shared.document = shared.document.replace("beta-tags-name", "alpha-tags-name");
    shared.document = shared.document.replace(&beta.ids["credentials"].to_string(), &alpha.ids["credentials"].to_string());
    let mut unit = store.begin().await.unwrap();
    unit.update_record(devices, shared).await.unwrap();
    unit.commit().await.unwrap();
    for table in ["tags", "credentials"] {
        assert!(holds(table, &all).await && !holds(table, &all.wholly()).await, "{table}");
    }
}
