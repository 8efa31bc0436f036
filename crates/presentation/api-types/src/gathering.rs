//! Views of what devices are gathered by and opened with: sites, tags, realms, groups, credentials, checks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{
    AuthProtocol, Check, CheckKind, CheckState, CheckStatus, Credential, CredentialKind, DeviceGroup, Ignored, PrivacyProtocol, Realm,
    Site, Tag,
};

use crate::{Time, Uid};

/// A place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SiteView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// The place it lies in.
    #[schema(inline)]
    pub parent_id: Option<Uid>,
    /// Postal address.
    pub address: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Notes.
    pub notes: Option<String>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// A word on devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TagView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// Colour as `#rrggbb`.
    pub color: Option<String>,
    /// Notes.
    pub description: Option<String>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// A space in which addresses are unique.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RealmView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// Notes.
    pub description: Option<String>,
    /// Whether it is used where none is named.
    pub is_default: bool,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// A set of devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeviceGroupView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// Notes.
    pub description: Option<String>,
    /// Its members.
    #[schema(inline)]
    pub device_ids: Vec<Uid>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// An address that discovery leaves alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IgnoredView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// The address.
    pub address: String,
    /// Its realm.
    #[schema(inline)]
    pub realm_id: Uid,
    /// Why.
    pub reason: Option<String>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// A credential without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CredentialView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// `snmp_v1`, `snmp_v2c`, `snmp_v3` or `ssh`.
    #[schema(value_type = String, example = "snmp_v2c")]
    pub kind: CredentialKind,
    /// User of v3 and of SSH.
    pub username: Option<String>,
    /// `md5`, `sha1`, `sha224`, `sha256`, `sha384` or `sha512`.
    #[schema(value_type = Option<String>, example = "sha256")]
    pub auth_protocol: Option<AuthProtocol>,
    /// `des`, `aes128`, `aes192`, `aes256`, `aes192c` or `aes256c`.
    #[schema(value_type = Option<String>, example = "aes128")]
    pub privacy_protocol: Option<PrivacyProtocol>,
    /// Context of v3.
    pub context: Option<String>,
    /// Notes.
    pub description: Option<String>,
    /// Whether a secret is stored.
    pub has_secret: bool,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// The last result of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckStateView {
    /// `ok`, `failing` or `unknown`.
    #[schema(value_type = String, example = "ok")]
    pub status: CheckStatus,
    /// Since when it has been so.
    #[schema(inline)]
    pub since: Option<Time>,
    /// When it last ran.
    #[schema(inline)]
    pub last_at: Option<Time>,
    /// Round trip or time to connect.
    pub latency_ms: Option<f64>,
    /// Share of echoes lost, 0 to 1.
    pub loss_ratio: Option<f64>,
    /// Mean difference of neighbouring round trips.
    pub jitter_ms: Option<f64>,
    /// Why it fails.
    pub message: Option<String>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// `ping` or `tcp`.
    #[schema(value_type = String, example = "ping")]
    pub kind: CheckKind,
    /// The device it belongs to.
    #[schema(inline)]
    pub device_id: Option<Uid>,
    /// IP address it goes to.
    pub address: String,
    /// TCP port.
    pub port: Option<u16>,
    /// Seconds between two runs.
    pub interval_seconds: u32,
    /// Longest wait for an answer.
    pub timeout_ms: u32,
    /// Whether it runs.
    pub enabled: bool,
    /// The last result.
    pub state: CheckStateView,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

impl From<Site> for SiteView {
    fn from(x: Site) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            parent_id: x.parent_id.map(Into::into),
            address: x.address,
            latitude: x.latitude,
            longitude: x.longitude,
            notes: x.notes,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Tag> for TagView {
    fn from(x: Tag) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            color: x.color,
            description: x.description,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Realm> for RealmView {
    fn from(x: Realm) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            description: x.description,
            is_default: x.is_default,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<DeviceGroup> for DeviceGroupView {
    fn from(x: DeviceGroup) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            description: x.description,
            device_ids: x.device_ids.into_iter().map(Into::into).collect(),
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Ignored> for IgnoredView {
    fn from(x: Ignored) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            address: x.address.to_string(),
            realm_id: x.realm_id.into(),
            reason: x.reason,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Credential> for CredentialView {
    fn from(x: Credential) -> Self {
        let has_secret = x.secrets().iter().any(Option::is_some);
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            kind: x.kind,
            username: x.username,
            auth_protocol: x.auth_protocol,
            privacy_protocol: x.privacy_protocol,
            context: x.context,
            description: x.description,
            has_secret,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<CheckState> for CheckStateView {
    fn from(x: CheckState) -> Self {
        Self {
            status: x.status,
            since: x.since.map(Into::into),
            last_at: x.last_at.map(Into::into),
            latency_ms: x.latency_ms,
            loss_ratio: x.loss_ratio,
            jitter_ms: x.jitter_ms,
            message: x.message,
        }
    }
}

impl From<Check> for CheckView {
    fn from(x: Check) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            kind: x.kind,
            device_id: x.device_id.map(Into::into),
            address: x.address.to_string(),
            port: x.port,
            interval_seconds: x.interval_seconds,
            timeout_ms: x.timeout_ms,
            enabled: x.enabled,
            state: x.state.into(),
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}
