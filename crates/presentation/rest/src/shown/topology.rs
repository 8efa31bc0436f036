//! Discoveries and their runs.

use vigie_api_types::{RunResultView, RunView};
use vigie_domain::topology::{Run, RunResult};

use super::shown_as_is;
use crate::routes::Routes;

shown_as_is!(Run, RunView, "topology", "a run of a discovery");
shown_as_is!(RunResult, RunResultView, "topology", "an address that answered");

pub(super) fn mount(_routes: &mut Routes) {}
