//! What travels: views of entities and the envelopes around them. Inputs and composed read models stand with their use cases.

mod alerts;
mod backups;
mod devices;
mod gathering;
mod identity;
mod interfaces;
mod lists;
mod system;
mod values;

pub use alerts::{AlertCommentView, AlertDeliveryView, AlertRuleView, AlertView, ChannelView, DeliveryView};
pub use backups::BackupView;
pub use devices::{AccessView, CauseView, DeviceStateView, DeviceView, StorageUseView};
pub use gathering::{CheckStateView, CheckView, CredentialView, DeviceGroupView, IgnoredView, RealmView, SiteView, TagView};
pub use identity::{ApiKeyIssued, ApiKeyView, Me, RoleView, ScopeView, SessionView, SignedInView, TicketView, TokenView, UserView};
pub use interfaces::{AddressView, InterfaceStateView, InterfaceView, NeighbourView, PeerView, ThresholdsView};
pub use lists::{ListMeta, ListOf};
pub use system::{ActorView, AuditEntryView, AuditResourceView, EventView, FieldErrorView, Problem, SubjectView};
pub use values::{Named, Time, Uid};
