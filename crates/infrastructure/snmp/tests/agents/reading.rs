//! Reading a real net-snmp agent in every version, with every protocol of SNMPv3.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::{Agent, SYS_DESCR, SYS_NAME, SYS_OBJECT_ID, SYS_UP_TIME, USERS, engine, oid};
use vigie_domain::devices::{Rows, SnmpClient, SnmpError, SnmpTarget, SnmpValue};
use vigie_snmp::{SnmpEngine, SnmpSettings};

const MIB_2: &str = "1.3.6.1.2.1";
const IF_INDEX: &str = "1.3.6.1.2.1.2.2.1.1";
const IF_DESCR: &str = "1.3.6.1.2.1.2.2.1.2";
const IF_SPECIFIC: &str = "1.3.6.1.2.1.2.2.1.22";
const IF_HC_IN_OCTETS: &str = "1.3.6.1.2.1.31.1.1.1.6";
const NOWHERE: &str = "1.3.6.1.2.1.99.1.0";

async fn name(engine: &SnmpEngine, target: &SnmpTarget) -> Result<String, SnmpError> {
    let values = engine.get(target, &[oid(SYS_NAME)]).await?;
    Ok(values[0].value.as_text().unwrap_or_default())
}

#[tokio::test]
async fn every_version_and_every_protocol_of_v3() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    for target in [agent.v1("public"), agent.v2c("public"), agent.user("plain", None, None)] {
        assert_eq!(name(&engine, &target).await.as_deref(), Ok("lab"), "{:?}", target.auth);
    }
    for (user, ..) in USERS {
        assert_eq!(name(&engine, &agent.v3(user)).await.as_deref(), Ok("lab"), "{user}");
    }
}

#[tokio::test]
async fn agents_on_ipv6() {
    let Some(agent) = Agent::start_at("[::1]:20161".parse().unwrap()).await else { return };
    let engine = engine().await;
    for target in [agent.v1("public"), agent.v2c("public"), agent.v3("sha256aes")] {
        assert_eq!(name(&engine, &target).await.as_deref(), Ok("lab"), "{:?}", target.auth);
    }
}

#[tokio::test]
async fn get_keeps_the_order_and_tells_what_is_absent() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    let asked = [NOWHERE, SYS_DESCR, "1.3.6.1.2.1.1.1.7", SYS_OBJECT_ID, SYS_UP_TIME, SYS_NAME];
    for target in [agent.v1("public"), agent.v2c("public"), agent.v3("shaaes")] {
        let values = engine.get(&target, &asked.map(oid)).await.unwrap();
        let oids: Vec<String> = values.iter().map(|binding| binding.oid.to_string()).collect();
        assert_eq!(oids, asked);
        assert_eq!(values[0].value, SnmpValue::Absent);
        assert_eq!(values[1].value.as_text().as_deref(), Some("a net-snmp agent"));
        assert_eq!(values[2].value, SnmpValue::Absent);
        assert_eq!(values[3].value, SnmpValue::Oid(oid("1.3.6.1.4.1.9.1.1208")));
        assert!(matches!(values[4].value, SnmpValue::TimeTicks(_)), "{:?}", values[4]);
        assert_eq!(values[5].value.as_text().as_deref(), Some("lab"));
    }
    assert_eq!(engine.get(&agent.v2c("public"), &[]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_long_list_is_split_into_requests() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    let asked: Vec<_> = (0..200).map(|i| oid([SYS_NAME, NOWHERE][i % 2])).collect();
    let values = engine.get(&agent.v2c("public"), &asked).await.unwrap();
    assert_eq!(values.len(), 200);
    assert!(values.chunks(2).all(|pair| pair[0].value.as_text().is_some() && pair[1].value == SnmpValue::Absent));
    assert!(engine.stats().requests >= 7, "{:?}", engine.stats());
}

#[tokio::test]
async fn a_big_walk_is_complete_ordered_and_the_same_in_every_version() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    // mib-2 without the tables that move while they are read
    let root = oid("1.3.6.1.2.1.1");
    let mut walks = Vec::new();
    for target in [agent.v1("public"), agent.v2c("public"), agent.v3("sha512aes256")] {
        let (values, cut) = engine.walk(&target, &root, 100_000).await.unwrap();
        assert!(!cut);
        walks.push(values.into_iter().map(|binding| binding.oid).collect::<Vec<_>>());
    }
    assert!(walks[0].len() > 20 && walks[0].is_sorted(), "{}", walks[0].len());
    assert!(walks[1] == walks[0] && walks[2] == walks[0]);

    let (all, cut) = engine.walk(&agent.v2c("public"), &oid(MIB_2), 100_000).await.unwrap();
    let distinct: HashSet<_> = all.iter().map(|binding| &binding.oid).collect();
    assert!(!cut && all.len() > 500 && distinct.len() == all.len(), "{}", all.len());
    let stats = engine.stats();
    assert!(stats.values >= all.len() as u64 && stats.in_flight == 0 && stats.sessions == 3, "{stats:?}");
}

#[tokio::test]
async fn a_bound_of_rows_cuts_and_says_so() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    for target in [agent.v1("public"), agent.v2c("public")] {
        let (values, cut) = engine.walk(&target, &oid("1.3.6.1.2.1.1.9.1.2"), 3).await.unwrap();
        assert_eq!((values.len(), cut), (3, true));
        let table = engine.table(&target, &[oid("1.3.6.1.2.1.1.9.1.2"), oid("1.3.6.1.2.1.1.9.1.3")], Rows::at_most(3)).await.unwrap();
        assert_eq!((table.rows.len(), table.truncated), (3, true));
    }
}

#[tokio::test]
async fn a_bound_of_time_cuts_and_says_so() {
    let Some(agent) = Agent::start("").await else { return };
    let settings = SnmpSettings { sweep_ceiling: Duration::ZERO, ..SnmpSettings::default() };
    let engine = SnmpEngine::start(settings).await.unwrap();
    let (values, cut) = engine.walk(&agent.v2c("public"), &oid(MIB_2), 100_000).await.unwrap();
    assert_eq!((values.len(), cut), (0, true));
}

#[tokio::test]
async fn tables_are_read_by_rows_with_holes() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    let columns = [IF_INDEX, IF_DESCR, IF_HC_IN_OCTETS, NOWHERE].map(oid);
    for target in [agent.v1("public"), agent.v2c("public"), agent.v3("shaaes256c")] {
        let v1 = matches!(*target.auth, vigie_domain::devices::SnmpAuth::V1 { .. });
        let table = engine.table(&target, &columns, Rows::at_most(10_000)).await.unwrap();
        assert!(!table.truncated && !table.rows.is_empty());
        let mut names = Vec::new();
        for row in &table.rows {
            assert_eq!(row.values[0].as_u64(), row.index.arcs().first().map(|arc| u64::from(*arc)));
            names.push(row.values[1].as_text().unwrap());
            assert_eq!(matches!(row.values[2], SnmpValue::Counter64(_)), !v1, "v1 has no Counter64 (RFC 3584, section 4.2.2.1)");
            assert_eq!(row.values[3], SnmpValue::Absent);
        }
        assert!(names.iter().any(|name| name == "lo"), "{names:?}");
    }
}

#[tokio::test]
async fn more_columns_than_fit_one_request() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    let columns: Vec<_> = (1..=22).map(|arc| oid(&format!("1.3.6.1.2.1.2.2.1.{arc}"))).collect();
    let table = engine.table(&agent.v2c("public"), &columns, Rows::at_most(1000)).await.unwrap();
    let single = engine.table(&agent.v2c("public"), &[oid(IF_SPECIFIC)], Rows::at_most(1000)).await.unwrap();
    assert_eq!(columns.last(), Some(&oid(IF_SPECIFIC)));
    assert!(table.rows.iter().all(|row| row.values.len() == 22 && row.values[0].as_u64().is_some()));
    assert_eq!(table.rows.len(), single.rows.len());
}

#[tokio::test]
async fn the_context_of_v3_is_passed() {
    // net-snmp knows a context only by what is proxied into it, here from itself
    let proxy = "proxy -Cn elsewhere -v 2c -c public {address} .1.3.6.1.2.1.1\n";
    let Some(agent) = Agent::start(proxy).await else { return };
    let engine = engine().await;
    assert_eq!(name(&engine, &agent.v3_in("shaaes", "elsewhere")).await.as_deref(), Ok("lab"));
    let nowhere = SnmpTarget { timeout: Duration::from_millis(300), ..agent.v3_in("shaaes", "nowhere") };
    assert!(matches!(name(&engine, &nowhere).await, Err(SnmpError::Timeout { .. })), "net-snmp is silent about contexts it does not know");
}

#[tokio::test]
async fn a_restarted_agent_with_another_engine_id_is_found_again() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    assert_eq!(name(&engine, &agent.v3("shaaes")).await.as_deref(), Ok("lab"));
    let address = agent.address;
    drop(agent);
    let Some(other) = Agent::start_at(address).await else { return };
    let target = SnmpTarget { timeout: Duration::from_millis(400), ..other.v3("shaaes") };
    // keys are localised to the engine id (RFC 3414, section 2.6), so the first request may be lost
    let _ = name(&engine, &target).await;
    assert_eq!(name(&engine, &other.v3("shaaes")).await.as_deref(), Ok("lab"));
}
