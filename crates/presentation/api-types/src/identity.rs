//! Views of identity.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::ObjectScope;
use vigie_domain::identity::{ApiKey, Role, Session, SessionKind, User};

use crate::{Time, Uid};

/// What a grant is limited to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScopeView {
    /// Sites, with what lies below them.
    #[schema(inline)]
    pub sites: Vec<Uid>,
    /// Device groups.
    #[schema(inline)]
    pub device_groups: Vec<Uid>,
    /// Realms.
    #[schema(inline)]
    pub realms: Vec<Uid>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name to sign in with.
    pub username: String,
    /// Name to show.
    pub display_name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Names of their roles.
    pub roles: Vec<String>,
    /// What they see; everything when null.
    pub scope: Option<ScopeView>,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// Whether they must set a password before anything else.
    pub must_change_password: bool,
    /// `en` or `fr`.
    pub language: Option<String>,
    /// When they last signed in.
    #[schema(inline)]
    pub last_sign_in_at: Option<Time>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RoleView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it allows: `area:verb`.
    pub permissions: Vec<String>,
    /// Whether it comes with Vigie.
    pub built_in: bool,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<String>,
    /// On what; everything its maker sees when null.
    pub scope: Option<ScopeView>,
    /// When it ends.
    #[schema(inline)]
    pub expires_at: Option<Time>,
    /// Addresses and networks it may be used from.
    pub allowed_addresses: Vec<String>,
    /// Its last four characters.
    pub hint: String,
    /// When it was last used, to the minute.
    #[schema(inline)]
    pub last_used_at: Option<Time>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// An API key; its secret stands in the answer that makes it, and never again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyIssued {
    /// The key.
    #[serde(flatten)]
    pub info: ApiKeyView,
    /// The key itself: shown once, when it is made or rotated.
    #[schema(example = "vgk_…", extensions(("x-once" = json!(true))))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A sign-in that holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// `cookie` or `token`.
    #[schema(value_type = String, example = "cookie")]
    pub kind: SessionKind,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When it began.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last used, to the minute.
    #[schema(inline)]
    pub last_seen_at: Time,
    /// When it ends whatever happens.
    #[schema(inline)]
    pub expires_at: Time,
    /// Whether it is the caller's own.
    pub current: bool,
}

/// Answer to a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SignedInView {
    /// Who signed in.
    pub user: UserView,
    /// To be sent as `X-CSRF-Token` with unsafe requests.
    pub csrf_token: String,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The user.
    pub user: Option<UserView>,
    /// What the caller may do, wildcards resolved.
    pub permissions: Vec<String>,
    /// What the caller sees; everything when null.
    pub scope: Option<ScopeView>,
    /// To be sent as `X-CSRF-Token` with unsafe requests; for sessions only.
    pub csrf_token: Option<String>,
    /// When the session ends whatever happens.
    #[schema(inline)]
    pub expires_at: Option<Time>,
    /// `session`, `token` or `api_key`.
    pub method: String,
}

/// Tokens of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// How long the access token holds.
    pub expires_in_seconds: u64,
    /// To get a new pair.
    pub refresh_token: String,
}

/// A ticket for one WebSocket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TicketView {
    /// To be sent as sub-protocol `bearer.<ticket>`.
    pub ticket: String,
    /// How long it holds.
    pub expires_in_seconds: u64,
}

impl From<ObjectScope> for ScopeView {
    fn from(x: ObjectScope) -> Self {
        Self {
            sites: x.sites.into_iter().map(Into::into).collect(),
            device_groups: x.device_groups.into_iter().map(Into::into).collect(),
            realms: x.realms.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<User> for UserView {
    fn from(x: User) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            username: x.username,
            display_name: x.display_name,
            email: x.email,
            roles: x.roles,
            scope: x.scope.map(Into::into),
            disabled: x.disabled,
            must_change_password: x.must_change_password,
            language: x.language,
            last_sign_in_at: x.last_sign_in_at.map(Into::into),
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Role> for RoleView {
    fn from(x: Role) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            description: x.description,
            permissions: x.permissions.0.into_iter().collect(),
            built_in: x.built_in,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<ApiKey> for ApiKeyView {
    fn from(x: ApiKey) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            permissions: x.permissions.0.into_iter().collect(),
            scope: x.scope.map(Into::into),
            expires_at: x.expires_at.map(Into::into),
            allowed_addresses: x.allowed_addresses,
            hint: x.hint,
            last_used_at: x.last_used_at.map(Into::into),
            created_by: x.created_by,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl SessionView {
    /// Out of a session, and whether it is the caller's own.
    pub fn new(x: Session, current: bool) -> Self {
        Self {
            id: x.id.into(),
            kind: x.kind,
            address: x.address,
            user_agent: x.user_agent,
            created_at: x.created_at.into(),
            last_seen_at: x.last_seen_at.into(),
            expires_at: x.expires_at.into(),
            current,
        }
    }
}
