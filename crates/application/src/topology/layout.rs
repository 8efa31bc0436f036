//! Layouts as users manage them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::system::Subject;
use vigie_domain::topology::{Layout, LayoutPoint};
use vigie_domain::{Id, Permission, Result};

use super::{READ, WRITE};
use crate::resources::{Draft, Resource, touched};

/// More places no map has.
const MOST: usize = 100_000;
/// Further out than this no screen shows.
const FAR: f64 = 1e7;

/// Writable fields of a layout.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "default", "positions": {"01920000-0000-7000-8000-000000000001": {"x": 120.0, "y": 40.0, "pinned": true}}}))]
pub struct LayoutInput {
    /// Name; unique. The one called `default` is what `GET topology` shows.
    #[schema(format = "name", max_length = 100)]
    pub name: String,
    /// Place of each node by its id.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, LayoutPointInput>)]
    pub positions: BTreeMap<Id, LayoutPoint>,
}

/// A place on the map.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutPoint)]
pub struct LayoutPointInput {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
    /// Whether a person put it there, so that tidying leaves it.
    #[serde(default)]
    pub pinned: bool,
}

#[async_trait]
impl Resource for Layout {
    const PATH: &'static str = "topology/layouts";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = LayoutInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> LayoutInput {
        LayoutInput { name: self.name.clone(), positions: self.positions.clone() }
    }

    /// Ten thousand places are no reading for an audit.
    fn audit(&self) -> serde_json::Value {
        serde_json::json!({ "name": self.name, "positions": self.positions.len() })
    }

    fn subject(&self) -> Subject {
        Subject::new("layout", self.id, &self.name)
    }

    async fn build(current: Option<&Self>, input: LayoutInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        if input.positions.len() > MOST {
            draft.fault("positions", "too_many", format!("a layout holds at most {MOST} places"));
        }
        for (node, point) in &input.positions {
            if ![point.x, point.y].iter().all(|v| v.is_finite() && v.abs() <= FAR) {
                draft.fault(&format!("positions.{node}"), "out_of_range", format!("x and y are within {FAR} of the middle"));
            }
        }
        draft.finish()?;
        let now = draft.now();
        let entity = Self {
            id: current.map_or_else(Id::new, |c| c.id),
            version: current.map_or(1, |c| c.version),
            name,
            positions: input.positions,
            created_at: current.map_or(now, |c| c.created_at),
            updated_at: current.map_or(now, |c| c.updated_at),
        };
        Ok(touched(current, entity, |l| {
            l.version += 1;
            l.updated_at = now;
        }))
    }
}
