//! What users see but do not write: found by reading devices, or written by Vigie itself.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vigie_domain::alerts::{Alert, Delivery};
use vigie_domain::devices::{Address, Neighbour};
use vigie_domain::system::{AuditEntry, Event};
use vigie_domain::{Error, Permission, Result};

use super::{Draft, Resource};

/// The input of what takes none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoInput {}

macro_rules! read_only {
    ($entity:ty, $path:literal, $area:literal, $label:expr) => {
        #[async_trait]
        impl Resource for $entity {
            const PATH: &'static str = $path;
            const READ: Permission = Permission::new($area, "read");
            const WRITE: Permission = Permission::new($area, "write");

            type Input = NoInput;

            fn label(&self) -> String {
                let label: fn(&$entity) -> String = $label;
                label(self)
            }

            fn input(&self) -> NoInput {
                NoInput {}
            }

            async fn build(_current: Option<&Self>, _input: NoInput, _draft: &mut Draft<'_, '_>) -> Result<Self> {
                Err(Error::conflict("conflict", concat!($path, " are not written by hand")))
            }
        }
    };
}

read_only!(Address, "addresses", "devices", |a| a.address.to_string());
read_only!(Neighbour, "neighbours", "devices", |n| n.system_name.clone().unwrap_or_default());
read_only!(Event, "events", "events", |e| e.kind.clone());
read_only!(AuditEntry, "audit", "audit", |a| a.action.clone());
read_only!(Alert, "alerts", "alerts", |a| a.title.clone());
read_only!(Delivery, "notifications/deliveries", "notifications", |d| d.mail.subject.clone());
