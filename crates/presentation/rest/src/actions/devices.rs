//! Tools on a device: ping, SNMP get and walk; test of a credential; series.

use axum::extract::State;
use axum::http::Uri;
use serde::Deserialize;
use utoipa::ToSchema;
use vigie_application::devices::manage::ACT;
use vigie_application::devices::poller::{check_poll, queue_poll};
use vigie_application::devices::tools::{self, PingAnswer, SnmpAnswer, TestAnswer};
use vigie_domain::Permission;

use super::dry_run;
use crate::app::App;
use crate::body::{Input, OptionalInput};
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{ObjectId, accepted, json_response};
use crate::routes::{Operation, Routes};

/// Body of `ping`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"count": 5}))]
struct PingInput {
    /// Echoes to send.
    #[serde(default = "five")]
    #[schema(minimum = 1, maximum = 20, default = 5)]
    count: u16,
}

fn five() -> u16 {
    5
}

/// Body of `snmp-get`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"oids": ["sysName.0", "1.3.6.1.2.1.1.3.0"]}))]
struct GetInput {
    /// Instances: numeric, or by the name of a well-known object.
    #[schema(min_items = 1, max_items = 50)]
    oids: Vec<String>,
}

/// Body of `snmp-walk`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"oid": "1.3.6.1.2.1.1", "max_rows": 1000}))]
struct WalkInput {
    /// Where to begin: numeric, or by the name of a well-known object.
    oid: String,
    /// Rows to end at.
    #[serde(default = "thousand")]
    #[schema(minimum = 1, maximum = 10000, default = 1000)]
    max_rows: usize,
}

fn thousand() -> usize {
    1000
}

/// Body of `credentials/{id}/test`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"address": "192.0.2.7"}))]
struct TestInput {
    /// Address of an agent.
    address: String,
    /// Its UDP port.
    #[serde(default)]
    port: Option<u16>,
}

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::post("/devices/{id}/ping", "ping_device", "devices", "Ping a device")
        .describe("ICMP echoes to its address: each round trip, and the share that was lost. Silence is an answer, not an error.")
        .needs(ACT)
        .fails(&[502, 504]);
    let op = routes.body::<PingInput>(op, false);
    let op = routes.answers::<PingAnswer>(op, 200, "What came back.");
    routes.add(op, ping);
    let op = Operation::post("/devices/{id}/snmp-get", "snmp_get_device", "devices", "Read objects of a device by SNMP")
        .describe("Reads the instances with the first of its credentials that answers.")
        .needs(ACT)
        .fails(&[409, 502, 504]);
    let op = routes.body::<GetInput>(op, true);
    let op = routes.answers::<SnmpAnswer>(op, 200, "The values.");
    routes.add(op, get);
    let op = Operation::post("/devices/{id}/snmp-walk", "snmp_walk_device", "devices", "Walk a subtree of a device by SNMP")
        .describe("Reads a subtree with the first of its credentials that answers, until its end or `max_rows`.")
        .needs(ACT)
        .fails(&[409, 502, 504]);
    let op = routes.body::<WalkInput>(op, true);
    let op = routes.answers::<SnmpAnswer>(op, 200, "The values.");
    routes.add(op, walk);
    for (verb, summary, text) in [
        ("poll", "Poll a device now", "As a job, ahead of its schedule. 409 for a device that is not polled."),
        (
            "identify",
            "Read a device whole: identity, interfaces, addresses, neighbours",
            "As a job, which writes what differs from what is known; the rest stays as it is.",
        ),
    ] {
        let op = Operation::post(format!("/devices/{{id}}/{verb}"), format!("{verb}_device"), "devices", summary)
            .describe(text)
            .needs(ACT)
            .fails(&[409]);
        let op = routes.answers::<JobStarted>(op, 202, "The job that does it.");
        let op = dry_run::document(routes, op);
        if verb == "poll" {
            routes.add(op, poll);
        } else {
            routes.add(op, identify);
        }
    }
    let needs = Permission::new("credentials", "use");
    let op = Operation::post("/credentials/{id}/test", "test_credential", "devices", "Try a credential on an agent")
        .describe("Asks an agent for its system group, and says how it answered: with ranked causes and a remedy where it did not.")
        .needs(needs)
        .fails(&[502, 504]);
    let op = routes.body::<TestInput>(op, true);
    let op = routes.answers::<TestAnswer>(op, 200, "How the agent answered.");
    routes.add(op, test);
}

/// The job that was begun.
#[derive(serde::Serialize, ToSchema)]
pub(super) struct JobStarted {
    /// Its id.
    #[schema(inline)]
    pub job_id: vigie_api_types::Uid,
}

async fn poll(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri) -> Answered {
    if dry_run::asked(&uri)? {
        let device = check_poll(&app.core, &cx, id).await?;
        return Ok(dry_run::plan("poll", id, &device.name, vec![format!("poll {} at {}", device.name, device.address)]));
    }
    let job = queue_poll(&app.core, &cx, id).await?;
    Ok(accepted(job.id))
}

async fn identify(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri) -> Answered {
    if dry_run::asked(&uri)? {
        let device = app.identifier.check(&cx, id).await?;
        let read = format!("read identity, interfaces, addresses and neighbours of {} at {}", device.name, device.address);
        return Ok(dry_run::plan("identify", id, &device.name, vec![read, "write what differs from what is known".to_owned()]));
    }
    Ok(accepted(app.identifier.queue(&cx, id).await?.id))
}

async fn ping(
    State(app): State<App>,
    Caller(cx): Caller,
    ObjectId(id): ObjectId,
    OptionalInput(input): OptionalInput<PingInput>,
) -> Answered {
    Ok(json_response(&tools::ping(&app.env, &cx, id, input.count).await?))
}

async fn get(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, Input(input): Input<GetInput>) -> Answered {
    Ok(json_response(&tools::get(&app.env, &cx, id, &input.oids).await?))
}

async fn walk(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, Input(input): Input<WalkInput>) -> Answered {
    Ok(json_response(&tools::walk(&app.env, &cx, id, &input.oid, input.max_rows).await?))
}

async fn test(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, Input(input): Input<TestInput>) -> Answered {
    Ok(json_response(&tools::test(&app.env, &cx, id, &input.address, input.port).await?))
}
