//! Credentials: what opens a device. Secrets are sealed at rest and never travel back.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, Use, Value};
use crate::store::Entity;
use crate::{Id, Sealed, Secret, Timestamp};

/// What kind of credential it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// SNMPv1 community (RFC 1157).
    SnmpV1,
    /// SNMPv2c community (RFC 1901).
    SnmpV2c,
    /// SNMPv3 user (RFC 3414).
    SnmpV3,
    /// User of SSH (RFC 4252), by password or private key.
    Ssh,
}

impl CredentialKind {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::SnmpV1 => "snmp_v1",
            Self::SnmpV2c => "snmp_v2c",
            Self::SnmpV3 => "snmp_v3",
            Self::Ssh => "ssh",
        }
    }

    /// Whether SNMP is spoken with it.
    pub fn is_snmp(self) -> bool {
        self != Self::Ssh
    }
}

/// Authentication protocol of SNMPv3 (RFC 3414, RFC 7860).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the standards")]
pub enum AuthProtocol {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Privacy protocol of SNMPv3 (RFC 3414, RFC 3826); `192`, `256` by Blumenthal's key extension, with `c` by Reeder's (Cisco).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the standards")]
pub enum PrivacyProtocol {
    Des,
    Aes128,
    Aes192,
    Aes256,
    Aes192c,
    Aes256c,
}

/// An opened SNMP credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SnmpAuth {
    /// SNMPv1.
    V1 {
        /// The community.
        community: Secret,
    },
    /// SNMPv2c.
    V2c {
        /// The community.
        community: Secret,
    },
    /// SNMPv3 with the user-based security model.
    V3 {
        /// The user (security name).
        username: String,
        /// Authentication protocol and passphrase, if any.
        auth: Option<(AuthProtocol, Secret)>,
        /// Privacy protocol and passphrase; needs authentication.
        privacy: Option<(PrivacyProtocol, Secret)>,
        /// Context name; empty is the default context.
        context: String,
    },
}

/// A stored credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// A name people know it by; unique.
    pub name: String,
    /// What it is.
    pub kind: CredentialKind,
    /// User of v3 and of SSH.
    pub username: Option<String>,
    /// Authentication protocol of v3.
    pub auth_protocol: Option<AuthProtocol>,
    /// Privacy protocol of v3.
    pub privacy_protocol: Option<PrivacyProtocol>,
    /// Context of v3.
    pub context: Option<String>,
    /// Notes.
    pub description: Option<String>,
    /// The community, sealed.
    pub community: Option<Sealed>,
    /// The authentication passphrase, sealed.
    pub auth_secret: Option<Sealed>,
    /// The privacy passphrase, sealed.
    pub privacy_secret: Option<Sealed>,
    /// The password of SSH, sealed.
    #[serde(default)]
    pub password: Option<Sealed>,
    /// The private key of SSH, sealed.
    #[serde(default)]
    pub private_key: Option<Sealed>,
    /// What raises privileges once SSH is in, sealed.
    #[serde(default)]
    pub enable_secret: Option<Sealed>,
    /// Who made it, where that is a limited caller.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Credential {
    /// Its secrets, in the order of its fields: community, those of v3, those of SSH.
    pub fn secrets(&self) -> [Option<&Sealed>; 6] {
        [&self.community, &self.auth_secret, &self.privacy_secret, &self.password, &self.private_key, &self.enable_secret]
            .map(Option::as_ref)
    }
}

impl Entity for Credential {
    const SCHEMA: &'static Schema = &Schema {
        kind: "credential",
        table: "credentials",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::indexed("kind", FieldKind::Enum(&["snmp_v1", "snmp_v2c", "snmp_v3", "ssh"]), "what it is"),
            Field::residual("owner_id", FieldKind::Id, "who made it, where that is a limited caller"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::Used(Use { table: "device_credentials", used: "credential_id", by: "id", owner: "owner_id" }),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.kind.word().into(), self.owner_id.into(), self.created_at.into()]
    }
}
