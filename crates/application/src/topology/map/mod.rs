//! The map: what a caller sees of devices and links, with what runs over them now.

mod build;
mod fold;
mod places;
mod rates;
mod sight;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use build::Maker;
pub(crate) use places::{Places, PlacesCache};
pub(crate) use sight::Sight;
pub use view::{End, EvidenceView, LinkView, Named, Node, NodeKind, Topology};

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use vigie_domain::{Error, Id, Result};

/// What is folded to one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Collapse {
    /// Nothing, however large the map is.
    None,
    /// Each site.
    Site,
    /// Each building; what stands in none, by its site.
    Building,
}

/// What part of the map is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MapQuery {
    /// Only what is near this node.
    #[param(value_type = Option<String>, format = Uuid)]
    pub around: Option<Id>,
    /// With `around`: how many links away, 0 to 16; 1 when absent.
    #[param(minimum = 0, maximum = 16)]
    pub depth: Option<u32>,
    /// Only this site, with what hangs on it.
    #[param(value_type = Option<String>, format = Uuid)]
    pub site: Option<Id>,
    /// What is folded; a map of more than 5,000 nodes is folded by site when absent.
    pub collapse: Option<Collapse>,
}

impl MapQuery {
    /// Refuses what makes no sense.
    pub fn check(&self) -> Result<()> {
        if self.depth.is_some() && self.around.is_none() {
            return Err(Error::bad_query("invalid_query", "depth", "depth counts from a node: name it with around"));
        }
        if self.depth.is_some_and(|d| d > 16) {
            return Err(Error::bad_query("invalid_query", "depth", "depth is 0 to 16"));
        }
        Ok(())
    }
}
