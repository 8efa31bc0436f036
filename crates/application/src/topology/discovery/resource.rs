//! Discoveries as users manage them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::Job;
use vigie_domain::topology::{Discovery, DiscoveryMode, Run};
use vigie_domain::{FieldError, Id, Permission, Result, Scope};

use super::queue::queue;
use super::{credentials, targets};
use crate::devices::manage::realm;
use crate::resources::{Draft, Resource, touched, write_only};
use crate::schedule;
use crate::topology::{READ, WRITE};

/// Writable fields of a discovery.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mode": "sweep", "targets": ["10.0.0.0/24"], "credentials": [{"kind": "snmp_v2c", "community": "a-community"}], "schedule": "0 3 * * *"}))]
pub struct DiscoveryInput {
    /// Name; made of mode and first target when absent.
    #[serde(default)]
    #[schema(format = "name", max_length = 200)]
    pub name: Option<String>,
    /// `sweep` looks at every address of the targets, `crawl` goes from the targets along their neighbours.
    #[serde(default = "sweep")]
    #[schema(value_type = String, example = "sweep", pattern = "^(sweep|crawl)$")]
    pub mode: DiscoveryMode,
    /// Networks (`10.0.0.0/24`), ranges (`10.0.0.1-50`) and addresses.
    #[schema(example = json!(["10.0.0.0/24", "192.0.2.7"]), min_items = 1)]
    pub targets: Vec<String>,
    /// Networks, ranges and addresses left out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// UDP port of the agents; 161 when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 65535)]
    pub port: Option<u16>,
    /// Realm of the addresses, by id or name; the default realm when absent.
    #[serde(default, skip_serializing_if = "write_only")]
    #[schema(format = "note", max_length = 100)]
    pub realm: Option<String>,
    /// The same as `realm`.
    #[serde(default)]
    #[schema(format = "note", max_length = 100)]
    pub realm_id: Option<String>,
    /// Credentials, tried in this order: ids of stored ones, or credentials as for `POST credentials` (the name may be left out), which
    /// are stored sealed.
    #[serde(default)]
    #[schema(value_type = Vec<CredentialOrId>, max_items = 100)]
    pub credentials: Vec<Json>,
    /// Cron expression of five fields, UTC; never by itself when absent.
    #[serde(default)]
    #[schema(example = "0 3 * * *")]
    pub schedule: Option<String>,
    /// Whether addresses that answer without SNMP become devices that are only pinged; else they are candidates in the results.
    #[serde(default)]
    pub add_unidentified: bool,
    /// Confirms a discovery of many addresses.
    #[serde(default)]
    pub confirm_large: bool,
    /// Whether new devices are put into the site and building that their sysLocation names (`Lyon, building 3, …`), which are made where
    /// they do not exist; true when absent.
    #[serde(default = "yes")]
    pub create_sites: bool,
}

/// How the document shows an entry of `credentials`.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is the shape of what is read as JSON")]
pub enum CredentialOrId {
    /// Id of a stored credential.
    #[schema(format = Uuid)]
    Id(String),
    /// A credential as for `POST credentials`, whose name may be left out.
    #[schema(value_type = Object)]
    Inline(Json),
}

fn sweep() -> DiscoveryMode {
    DiscoveryMode::Sweep
}

fn yes() -> bool {
    true
}

#[async_trait]
impl Resource for Discovery {
    const PATH: &'static str = "discoveries";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;

    type Input = DiscoveryInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> DiscoveryInput {
        DiscoveryInput {
            name: Some(self.name.clone()),
            mode: self.mode,
            targets: self.targets.clone(),
            exclude: self.exclude.clone(),
            port: Some(self.port),
            realm: None,
            realm_id: Some(self.realm_id.to_string()),
            credentials: self.credentials.iter().map(|id| Json::String(id.to_string())).collect(),
            schedule: self.schedule.clone(),
            add_unidentified: self.add_unidentified,
            confirm_large: self.confirm_large,
            create_sites: self.create_sites,
        }
    }

    async fn build(current: Option<&Self>, input: DiscoveryInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = match input.name.as_deref() {
            Some(name) => draft.text("name", name, 200),
            None => name_of(&input),
        };
        targets::read(&input.targets, &input.exclude, input.confirm_large, &draft.core.settings, &mut draft.faults);
        if input.port == Some(0) {
            draft.fault("port", "out_of_range", "port is 0, allowed is 1 to 65535");
        }
        let realm_id = realm(input.realm.as_deref().or(input.realm_id.as_deref()), draft).await?;
        if input.credentials.is_empty() && !(input.add_unidentified && input.mode == DiscoveryMode::Sweep) {
            let fault = FieldError::new("credentials", "required", "without credentials no device can be identified");
            draft.faults.push(fault.solution("add a credential; or sweep with add_unidentified, for devices that are only pinged"));
        }
        let schedule = input.schedule.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
        if let Some(problem) = schedule.as_deref().and_then(|s| schedule::parse(s).err()) {
            let fault = FieldError::new("schedule", "invalid_schedule", problem);
            draft.faults.push(fault.solution("write 0 3 * * * for every night at three, UTC"));
        }
        // what is wrong so far is told before credentials are made
        draft.finish()?;
        draft.placed::<Self>(|objects| objects.realms.contains(&realm_id))?;
        let known = current.map(|c| c.credentials.clone()).unwrap_or_default();
        let credentials = credentials::resolve(&input.credentials, &known, &name, draft).await?;
        draft.finish()?;

        let now = draft.now();
        let same_schedule = current.is_some_and(|c| c.schedule == schedule);
        let next_run_at = match current {
            Some(current) if same_schedule => current.next_run_at,
            _ => schedule.as_deref().and_then(|s| schedule::next(s, now)),
        };
        let entity = Self {
            id: current.map_or_else(Id::new, |c| c.id),
            version: current.map_or(1, |c| c.version),
            name,
            mode: input.mode,
            targets: trimmed(input.targets),
            exclude: trimmed(input.exclude),
            port: input.port.unwrap_or(161),
            realm_id,
            credentials,
            schedule,
            add_unidentified: input.add_unidentified,
            confirm_large: input.confirm_large,
            create_sites: input.create_sites,
            next_run_at,
            // the first run is queued with the discovery itself
            last_run_id: current.map_or_else(|| Some(Id::new()), |c| c.last_run_id),
            created_at: current.map_or(now, |c| c.created_at),
            updated_at: current.map_or(now, |c| c.updated_at),
        };
        Ok(touched(current, entity, |d| {
            d.version += 1;
            d.updated_at = now;
        }))
    }

    async fn after_write(&self, before: Option<&Self>, draft: &mut Draft<'_, '_>) -> Result<()> {
        match (before, self.last_run_id) {
            (None, Some(run)) => queue(draft.unit, self, run, Some(draft.cx.principal.actor.clone()), draft.cx.now).await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Stops what still runs.
    async fn before_delete(&self, draft: &mut Draft<'_, '_>) -> Result<()> {
        let of_this = Filter::eq(Run::SCHEMA, "discovery_id", self.id)?;
        let runs: Vec<Run> = draft.unit.work().all(&Scope::system(), vec![of_this]).await?;
        for run in runs.iter().filter(|r| !r.status.is_final()) {
            let job: Option<Job> = draft.unit.work().get(&Scope::system(), run.job_id).await?;
            if let Some(mut job) = job.filter(|j| !j.status.is_final()) {
                job.cancel_requested = true;
                draft.unit.work().update(&job).await?;
            }
        }
        Ok(())
    }
}

fn name_of(input: &DiscoveryInput) -> String {
    let verb = if input.mode == DiscoveryMode::Sweep { "sweep of" } else { "crawl from" };
    let first: String = input.targets.first().map(|t| t.trim().chars().take(60).collect()).unwrap_or_default();
    match input.targets.len() {
        0 | 1 => format!("{verb} {first}"),
        more => format!("{verb} {first} and {} more", more - 1),
    }
}

fn trimmed(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|t| t.trim().to_owned()).collect()
}
