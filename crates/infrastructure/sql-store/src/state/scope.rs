//! What a caller may see, as a condition on the rows.

use sea_query::{CommonTableExpression, Cond, Expr, ExprTrait as _, Query, SelectStatement, UnionType, WithClause};
use vigie_domain::devices::{Device, Realm};
use vigie_domain::query::{Schema, ScopeRule, SiteNames, Use};
use vigie_domain::store::Entity;
use vigie_domain::{Id, ObjectScope, Scope};

/// The condition, `None` when nothing is hidden.
pub(crate) fn condition(schema: &'static Schema, scope: &Scope) -> Option<Cond> {
    let objects = scope.objects()?;
    Some(match &schema.scope {
        ScopeRule::Unscoped => nothing(),
        ScopeRule::Device => devices(objects),
        ScopeRule::OfDevice(column) => seen(schema, &[column], objects),
        ScopeRule::OfDevices(columns) => seen(schema, columns, objects),
        ScopeRule::Site => places(schema, scope, objects),
        ScopeRule::Group if scope.is_wholly() => nothing(),
        ScopeRule::Group => one_of(Expr::col((schema.table, "id")), &objects.device_groups),
        ScopeRule::OfRealm(column) => realms(schema, column, scope, objects),
        ScopeRule::Part { column, of } => part(schema, column, of(), scope),
        ScopeRule::Used(by) => used(schema, by, scope, objects),
        ScopeRule::OfSites(names) => of_sites(schema, names, scope, objects),
        ScopeRule::Own(column) => one_of(Expr::col((schema.table, *column)), scope.own()),
    })
}

/// The rows of which the caller sees the devices in all of these columns; `None` when nothing is hidden.
pub(crate) fn seeing_all(schema: &'static Schema, columns: &[&'static str], scope: &Scope) -> Option<Cond> {
    let objects = scope.objects()?;
    Some(columns.iter().fold(Cond::all(), |all, column| all.add(seen(schema, &[column], objects))))
}

/// Any of these columns names a device that is seen.
fn seen(schema: &'static Schema, columns: &[&'static str], objects: &ObjectScope) -> Cond {
    columns.iter().fold(Cond::any(), |any, column| any.add(Expr::col((schema.table, *column)).in_subquery(visible(objects))))
}

/// The ids of the devices that are seen.
fn visible(objects: &ObjectScope) -> SelectStatement {
    let mut ids = Query::select();
    ids.column((Device::SCHEMA.table, "id")).from(Device::SCHEMA.table).cond_where(devices(objects));
    ids
}

/// What is seen with the whole it is part of.
fn part(schema: &'static Schema, column: &'static str, whole: &'static Schema, scope: &Scope) -> Cond {
    let mut ids = Query::select();
    ids.column((whole.table, "id")).from(whole.table);
    if let Some(visible) = condition(whole, scope) {
        ids.cond_where(visible);
    }
    Cond::all().add(Expr::col((schema.table, column)).in_subquery(ids))
}

/// What a device uses that is seen, and what the caller made; wholly, where no other device uses it.
fn used(schema: &'static Schema, by: &Use, scope: &Scope, objects: &ObjectScope) -> Cond {
    let used_by = |device: Expr| {
        let mut names = Query::select();
        names.column(by.used).from(by.table).and_where(device);
        names
    };
    let column = || Expr::col((schema.table, by.by));
    let device = || Expr::col((by.table, "device_id"));
    let seen = Cond::any()
        .add(column().in_subquery(used_by(device().in_subquery(visible(objects)))))
        .add(one_of(Expr::col((schema.table, by.owner)), scope.own()));
    if !scope.is_wholly() {
        return seen;
    }
    Cond::all().add(seen).add(column().not_in_subquery(used_by(device().not_in_subquery(visible(objects)))))
}

/// What names sites that are all within the grant; what came with Vigie too, but it is nobody's to change.
fn of_sites(schema: &'static Schema, names: &SiteNames, scope: &Scope, objects: &ObjectScope) -> Cond {
    let naming = |site: Option<Expr>| {
        let mut rows = Query::select();
        rows.column(names.row).from(names.table);
        if let Some(site) = site {
            rows.and_where(site);
        }
        rows
    };
    let id = || Expr::col((schema.table, "id"));
    let elsewhere = match objects.sites.as_slice() {
        [] => None,
        roots => Some(Expr::col((names.table, "site_id")).not_in_subquery(sites(roots))),
    };
    let inside = Cond::all().add(id().in_subquery(naming(None))).add(id().not_in_subquery(naming(elsewhere)));
    let shipped = Expr::col((schema.table, names.shipped)).eq(true);
    if scope.is_wholly() { inside.add(shipped.not()) } else { Cond::any().add(shipped).add(inside) }
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

/// The sites of the grant with what lies below them; only what lies below is the caller's to change.
fn places(schema: &'static Schema, scope: &Scope, objects: &ObjectScope) -> Cond {
    let id = || Expr::col((schema.table, "id"));
    match objects.sites.as_slice() {
        [] => nothing(),
        roots if scope.is_wholly() => Cond::all().add(id().in_subquery(sites(roots))).add(id().is_not_in(uuids(roots))),
        roots => Cond::all().add(id().in_subquery(sites(roots))),
    }
}

/// Everybody may see that the default realm exists; no limited caller changes a realm.
fn realms(schema: &'static Schema, column: &'static str, scope: &Scope, objects: &ObjectScope) -> Cond {
    let column = Expr::col((schema.table, column));
    if schema.table != Realm::SCHEMA.table {
        return one_of(column, &objects.realms);
    }
    if scope.is_wholly() { nothing() } else { Cond::all().add(column.is_in(uuids(&objects.realms).chain([Realm::DEFAULT.0]))) }
}

fn one_of(column: Expr, ids: &[Id]) -> Cond {
    if ids.is_empty() { nothing() } else { Cond::all().add(column.is_in(uuids(ids))) }
}

fn nothing() -> Cond {
    Cond::all().add(Expr::cust("1 = 0"))
}

fn uuids(ids: &[Id]) -> impl Iterator<Item = uuid::Uuid> {
    ids.iter().map(|id| id.0)
}
