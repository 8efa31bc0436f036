//! What a list offers: each resource declares its columns once, and the store, the REST layer and the documents read it.

/// How a column is read, written and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, compared binary.
    Text,
    /// A name: compared binary, ordered by its natural key.
    Name,
    /// One of these words (new ones may come).
    Enum(&'static [&'static str]),
    /// A whole number.
    Int,
    /// A real number.
    Real,
    /// True or false.
    Bool,
    /// A time; RFC 3339 or relative (`-1h`).
    Time,
    /// An identifier.
    Id,
    /// An IP address, kept as sixteen bytes.
    Ip,
}

/// How well a filter stands on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// Good alone, with each offered ordering.
    Indexed,
    /// Only beside an indexed filter, or while the table is small.
    Residual,
}

/// A filterable column.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the API and in the table.
    pub name: &'static str,
    /// How it compares.
    pub kind: FieldKind,
    /// How well it filters alone.
    pub index: Index,
    /// Whether lists can be ordered by it; such a column is never null.
    pub sortable: bool,
    /// Whether polling changes it, so that a walk ordered by it may miss or repeat rows.
    pub volatile: bool,
    /// What it is, for the documents.
    pub description: &'static str,
}

impl Field {
    /// An indexed column.
    pub const fn indexed(name: &'static str, kind: FieldKind, description: &'static str) -> Self {
        Self { name, kind, index: Index::Indexed, sortable: false, volatile: false, description }
    }

    /// A residual column.
    pub const fn residual(name: &'static str, kind: FieldKind, description: &'static str) -> Self {
        Self { name, kind, index: Index::Residual, sortable: false, volatile: false, description }
    }

    /// Lists can be ordered by it.
    pub const fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }

    /// Polling changes it.
    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }
}

/// A step to another resource, filterable as `name__field`.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    /// Name of the step, such as `device`.
    pub name: &'static str,
    /// The column here that holds the other's id.
    pub column: &'static str,
    /// The other resource.
    pub schema: fn() -> &'static Schema,
}

/// How a caller's scope limits the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeRule {
    /// Seen by whoever has the permission (tags, roles…).
    Shared,
    /// The row is a device: by its own site, groups and realm.
    Device,
    /// The row belongs to the device named in this column; rows without one need an unscoped grant.
    OfDevice(&'static str),
    /// The row is a site: by the sites of the grant.
    Site,
    /// The row belongs to the realm in this column, or, for site grants, needs an unscoped grant.
    OfRealm(&'static str),
    /// Only an unscoped grant sees it (audit, jobs of others…).
    Unscoped,
}

/// A resource as lists see it.
#[derive(Debug)]
pub struct Schema {
    /// Singular name, as in errors and subjects: `device`.
    pub kind: &'static str,
    /// The table that keeps it: `devices`.
    pub table: &'static str,
    /// Filterable columns. `id` is always there besides.
    pub fields: &'static [Field],
    /// Steps to other resources.
    pub relations: &'static [Relation],
    /// Text columns that `search=` looks into.
    pub search: &'static [&'static str],
    /// Ordering used when none is asked: a sortable field or `id`, `-` before it for descending.
    pub default_ordering: &'static str,
    /// How scope applies.
    pub scope: ScopeRule,
}

impl Schema {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        if name == "id" {
            return Some(&ID);
        }
        self.fields.iter().find(|f| f.name == name)
    }

    /// The names a list can be ordered by.
    pub fn orderings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once("id").chain(self.fields.iter().filter(|f| f.sortable).map(|f| f.name))
    }
}

static ID: Field = Field::indexed("id", FieldKind::Id, "identifier").sortable();
