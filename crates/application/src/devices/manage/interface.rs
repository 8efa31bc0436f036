//! Interfaces: what a person may set on them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::{Interface, Thresholds};
use vigie_domain::system::event_types;
use vigie_domain::{Error, Id, Permission, Result};

use super::{READ, WRITE};
use crate::resources::{Draft, Resource, touched};

/// Limits of one interface, in place of a rule's.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ThresholdsInput {
    /// Utilisation that warns, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub utilisation_warning_ratio: Option<f64>,
    /// Utilisation that is critical, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub utilisation_critical_ratio: Option<f64>,
}

/// Writable fields of an interface.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"note": "to the patch panel in room 12", "monitored": true}))]
pub struct InterfaceInput {
    /// A note.
    #[schema(format = "note", max_length = 2000)]
    pub note: Option<String>,
    /// Whether its state raises alerts.
    pub monitored: Option<bool>,
    /// Limits of its own.
    pub thresholds: Option<ThresholdsInput>,
}

#[async_trait]
impl Resource for Interface {
    const PATH: &'static str = "interfaces";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;
    const EVENTS: Option<[&'static str; 3]> = Some([event_types::INTERFACE_CHANGED; 3]);

    type Input = InterfaceInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn device_id(&self) -> Option<Id> {
        Some(self.device_id)
    }

    fn input(&self) -> InterfaceInput {
        let thresholds = self.thresholds.as_ref().map(|t| ThresholdsInput {
            utilisation_warning_ratio: t.utilisation_warning_ratio,
            utilisation_critical_ratio: t.utilisation_critical_ratio,
        });
        InterfaceInput { note: self.note.clone(), monitored: Some(self.monitored), thresholds }
    }

    async fn build(current: Option<&Self>, input: InterfaceInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let Some(before) = current else {
            return Err(Error::conflict("conflict", "interfaces are found by reading devices, not made by hand"));
        };
        let note = draft.note("note", input.note, 2_000);
        let thresholds = input.thresholds.map(|t| Thresholds {
            utilisation_warning_ratio: t.utilisation_warning_ratio,
            utilisation_critical_ratio: t.utilisation_critical_ratio,
        });
        for (name, value) in thresholds.iter().flat_map(|t| {
            [("utilisation_warning_ratio", t.utilisation_warning_ratio), ("utilisation_critical_ratio", t.utilisation_critical_ratio)]
        }) {
            if let Some(value) = value {
                draft.range(&format!("thresholds.{name}"), value, 0.0..=1.0);
            }
        }
        draft.finish()?;
        let now = draft.now();
        let entity = Self { note, monitored: input.monitored.unwrap_or(before.monitored), thresholds, ..before.clone() };
        Ok(touched(current, entity, |i| {
            i.version += 1;
            i.updated_at = now;
        }))
    }
}
