//! Identifiers and times as they travel.

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use vigie_domain::{Id, Timestamp};

/// An identifier: a UUIDv7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub Id);

/// A moment: RFC 3339, UTC, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub Timestamp);

impl From<Id> for Uid {
    fn from(id: Id) -> Self {
        Self(id)
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

fn text(format: KnownFormat, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).examples([example]);
    RefOr::T(Schema::Object(object.build()))
}

impl PartialSchema for Uid {
    fn schema() -> RefOr<Schema> {
        text(KnownFormat::Uuid, "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d")
    }
}

impl ToSchema for Uid {}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        text(KnownFormat::DateTime, "2026-11-23T09:05:40.123Z")
    }
}

impl ToSchema for Time {}

/// An object by its id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Its name.
    #[schema(example = "lyo-b2-acc-2")]
    pub name: String,
}

impl Named {
    /// An object by its id and name.
    pub fn new(id: Id, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into() }
    }
}
