//! What a caller may see, as a condition on the rows.

use sea_query::{CommonTableExpression, Cond, Expr, ExprTrait as _, Query, SelectStatement, UnionType, WithClause};
use vigie_domain::devices::{Device, Realm};
use vigie_domain::query::{Schema, ScopeRule};
use vigie_domain::store::Entity;
use vigie_domain::{Id, ObjectScope, Scope};

/// The condition, `None` when nothing is hidden.
pub(crate) fn condition(schema: &'static Schema, scope: &Scope) -> Option<Cond> {
    let objects = scope.objects()?;
    match schema.scope {
        ScopeRule::Shared => None,
        ScopeRule::Unscoped => Some(nothing()),
        ScopeRule::Device => Some(devices(objects)),
        ScopeRule::OfDevice(column) => {
            let mut visible = Query::select();
            visible.column((Device::SCHEMA.table, "id")).from(Device::SCHEMA.table).cond_where(devices(objects));
            Some(Cond::all().add(Expr::col((schema.table, column)).in_subquery(visible)))
        }
        ScopeRule::Site if objects.sites.is_empty() => Some(nothing()),
        ScopeRule::Site => Some(Cond::all().add(Expr::col((schema.table, "id")).in_subquery(sites(&objects.sites)))),
        ScopeRule::OfRealm(column) => Some(realms(schema, column, &objects.realms)),
    }
}

/// A device is seen by its site or a place that holds it, by one of its groups, or by its realm.
fn devices(objects: &ObjectScope) -> Cond {
    let table = Device::SCHEMA.table;
    if objects.sites.is_empty() && objects.device_groups.is_empty() && objects.realms.is_empty() {
        return nothing();
    }
    let mut any = Cond::any();
    if !objects.sites.is_empty() {
        any = any.add(Expr::col((table, "site_id")).in_subquery(sites(&objects.sites)));
    }
    if !objects.device_groups.is_empty() {
        let mut members = Query::select();
        members.column("device_id").from("device_group_members").and_where(Expr::col("group_id").is_in(uuids(&objects.device_groups)));
        any = any.add(Expr::col((table, "id")).in_subquery(members));
    }
    if !objects.realms.is_empty() {
        any = any.add(Expr::col((table, "realm_id")).is_in(uuids(&objects.realms)));
    }
    any
}

/// These sites with all that lies below them.
fn sites(roots: &[Id]) -> SelectStatement {
    let mut top = Query::select();
    top.column("id").from("sites").and_where(Expr::col("id").is_in(uuids(roots)));
    let mut below = Query::select();
    below
        .column(("child", "id"))
        .from_as("sites", "child")
        .inner_join("visible_sites", Expr::col(("child", "parent_id")).equals(("visible_sites", "id")));
    // UNION, not UNION ALL: a circle of places ends
    top.union(UnionType::Distinct, below);
    let mut cte = CommonTableExpression::new();
    cte.table_name("visible_sites").column("id").query(top);
    let mut with = WithClause::new();
    with.recursive(true).cte(cte);
    let mut ids = Query::select();
    ids.column("id").from("visible_sites").with_cte(with);
    ids
}

/// Everybody may see that the default realm exists.
fn realms(schema: &'static Schema, column: &'static str, realms: &[Id]) -> Cond {
    let column = Expr::col((schema.table, column));
    if schema.table == Realm::SCHEMA.table {
        return Cond::all().add(column.is_in(uuids(realms).chain([Realm::DEFAULT.0])));
    }
    Cond::all().add(column.is_in(uuids(realms)))
}

fn nothing() -> Cond {
    Cond::all().add(Expr::cust("1 = 0"))
}

fn uuids(ids: &[Id]) -> impl Iterator<Item = uuid::Uuid> {
    ids.iter().map(|id| id.0)
}
