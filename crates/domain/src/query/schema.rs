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
    /// Columns of devices that a limited caller must see for this one to be told: of rows where it does not, filters and search find
    /// nothing by it.
    pub seen_with: &'static [&'static str],
    /// What it is, for the documents.
    pub description: &'static str,
}

impl Field {
    /// An indexed column.
    pub const fn indexed(name: &'static str, kind: FieldKind, description: &'static str) -> Self {
        Self { name, kind, index: Index::Indexed, sortable: false, volatile: false, seen_with: &[], description }
    }

    /// A residual column.
    pub const fn residual(name: &'static str, kind: FieldKind, description: &'static str) -> Self {
        Self { name, kind, index: Index::Residual, sortable: false, volatile: false, seen_with: &[], description }
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

    /// It is told to whoever sees the devices in these columns.
    pub const fn seen_with(mut self, columns: &'static [&'static str]) -> Self {
        self.seen_with = columns;
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

/// Which rows a limited caller sees (ADR 6). There is no rule by which everybody sees a row: who adds a resource decides.
#[derive(Clone, Copy, Debug)]
pub enum ScopeRule {
    /// The row is a device: by its own site, groups and realm.
    Device,
    /// The row belongs to the device named in this column; rows without one need an unscoped grant.
    OfDevice(&'static str),
    /// The row belongs to each of the devices named in these columns: one that is seen suffices.
    OfDevices(&'static [&'static str]),
    /// The row is a site: by the sites of the grant, with what lies below them.
    Site,
    /// The row is a device group: by the groups of the grant.
    Group,
    /// The row belongs to the realm in this column; for grants of sites and groups alone, to nobody.
    OfRealm(&'static str),
    /// The row is seen with the one it is part of.
    Part {
        /// The column that names the whole.
        column: &'static str,
        /// What it is part of.
        of: fn() -> &'static Schema,
    },
    /// The row is seen with any device that uses it, and by whoever made it.
    Used(Use),
    /// The row names sites: it is seen where all of them are, and everywhere where it came with Vigie.
    OfSites(&'static SiteNames),
    /// The row is seen by whom this column names.
    Own(&'static str),
    /// Only an unscoped grant sees it (audit, users, channels…).
    Unscoped,
}

/// How devices use a row.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// The table of who uses what, with a column `device_id`.
    pub table: &'static str,
    /// Its column that names what is used.
    pub used: &'static str,
    /// The column here that is named so.
    pub by: &'static str,
    /// The column here that tells who made it, where that is a limited caller.
    pub owner: &'static str,
}

/// Where a row names sites.
#[derive(Clone, Copy, Debug)]
pub struct SiteNames {
    /// The table of who names which, with a column `site_id`.
    pub table: &'static str,
    /// Its column with the id of the row.
    pub row: &'static str,
    /// The column here that tells whether it came with Vigie.
    pub shipped: &'static str,
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
