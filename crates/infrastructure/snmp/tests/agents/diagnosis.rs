//! What is the matter with a real net-snmp agent, told apart as far as the protocol lets anyone.

use std::time::{Duration, Instant};

use crate::support::{Agent, PRIVACY, SYS_NAME, engine, oid};
use tokio::net::UdpSocket;
use vigie_domain::Timestamp;
use vigie_domain::devices::{Access, AccessState, AuthProtocol, Likelihood, PrivacyProtocol, SnmpClient, SnmpError, SnmpTarget};

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// Diagnoses with an engine that knows nothing yet.
async fn diagnose(target: &SnmpTarget) -> Access {
    let target = SnmpTarget { timeout: Duration::from_millis(400), ..target.clone() };
    engine().await.diagnose(&target, NOW).await
}

#[track_caller]
fn is(access: &Access, state: AccessState, cause: &str) {
    assert_eq!(access.state, state, "{access:?}");
    assert_eq!(access.since, NOW);
    let first = access.causes.first().unwrap_or_else(|| panic!("no cause: {access:?}"));
    assert!(first.cause.contains(cause), "{access:?}");
    assert!(access.causes.is_sorted_by_key(|cause| cause.likelihood) && access.solution.is_some(), "{access:?}");
}

#[tokio::test]
async fn what_works_is_ok() {
    let Some(agent) = Agent::start("").await else { return };
    for target in [agent.v1("public"), agent.v2c("public"), agent.v3("sha256aes"), agent.v3("authonly")] {
        assert_eq!(diagnose(&target).await, Access::ok(vigie_domain::devices::AccessProtocol::Snmp, NOW));
    }
}

#[tokio::test]
async fn a_wrong_community_is_the_likely_cause_of_silence_where_an_engine_answers() {
    let Some(agent) = Agent::start("").await else { return };
    for target in [agent.v1("wrong"), agent.v2c("wrong")] {
        let access = diagnose(&target).await;
        is(&access, AccessState::NoAnswer, "the community is wrong");
        assert_eq!(access.causes[0].likelihood, Likelihood::Likely);
    }
    let error = engine().await.get(&agent.v2c("wrong"), &[oid(SYS_NAME)]).await;
    assert!(matches!(error, Err(SnmpError::Timeout { waited, .. }) if waited > Duration::from_secs(1)), "{error:?}");
}

#[tokio::test]
async fn a_wrong_user_a_wrong_key_and_a_wrong_level() {
    let Some(agent) = Agent::start("").await else { return };
    let (sha, aes) = (AuthProtocol::Sha1, PrivacyProtocol::Aes128);

    let nobody = agent.user("nobody", Some((sha, "authpass3")), Some((aes, PRIVACY)));
    is(&diagnose(&nobody).await, AccessState::WrongCredentials, "does not know this user");
    is(&diagnose(&agent.user("nobody", None, None)).await, AccessState::WrongCredentials, "does not know this user");

    let wrong_key = agent.user("shaaes", Some((sha, "not the passphrase")), Some((aes, PRIVACY)));
    is(&diagnose(&wrong_key).await, AccessState::WrongCredentials, "authentication passphrase is wrong");
    let wrong_protocol = agent.user("shaaes", Some((AuthProtocol::Sha256, "authpass3")), Some((aes, PRIVACY)));
    is(&diagnose(&wrong_protocol).await, AccessState::WrongCredentials, "authentication passphrase is wrong");

    let too_high = agent.user("authonly", Some((AuthProtocol::Sha256, "authpassC")), Some((aes, PRIVACY)));
    is(&diagnose(&too_high).await, AccessState::WrongCredentials, "no privacy key");
    let no_auth = agent.user("plain", Some((sha, "authpass3")), None);
    is(&diagnose(&no_auth).await, AccessState::WrongCredentials, "no authentication key");
    for too_low in [agent.user("shaaes", Some((sha, "authpass3")), None), agent.user("shaaes", None, None)] {
        is(&diagnose(&too_low).await, AccessState::AuthorizationDenied, "higher security level");
    }
}

#[tokio::test]
async fn a_get_says_the_same_without_asking_around() {
    let Some(agent) = Agent::start("").await else { return };
    let engine = engine().await;
    let (sha, aes, name) = (AuthProtocol::Sha1, PrivacyProtocol::Aes128, [oid(SYS_NAME)]);
    let address = agent.address;
    let nobody = agent.user("nobody", Some((sha, "authpass3")), Some((aes, PRIVACY)));
    assert_eq!(engine.get(&nobody, &name).await, Err(SnmpError::UnknownUser { address }));
    let wrong_key = agent.user("shaaes", Some((sha, "not the passphrase")), None);
    assert_eq!(engine.get(&wrong_key, &name).await, Err(SnmpError::WrongDigest { address }));
    let too_high = agent.user("authonly", Some((AuthProtocol::Sha256, "authpassC")), Some((aes, PRIVACY)));
    assert_eq!(engine.get(&too_high, &name).await, Err(SnmpError::WrongLevel { address }));
    let too_low = agent.user("shaaes", Some((sha, "authpass3")), None);
    assert_eq!(engine.get(&too_low, &name).await, Err(SnmpError::Denied { address }));
    assert_eq!(engine.stats().timeouts, 0, "none of these had to wait");
    assert_eq!(engine.stats().reports, 3);
}

#[tokio::test]
async fn a_wrong_privacy_key_is_found_by_asking_without_privacy() {
    let Some(agent) = Agent::start("").await else { return };
    let wrong_key = agent.user("shaaes", Some((AuthProtocol::Sha1, "authpass3")), Some((PrivacyProtocol::Aes128, "not the passphrase")));
    is(&diagnose(&wrong_key).await, AccessState::WrongPrivacyKey, "privacy passphrase is wrong");
    let extension = agent.user("shaaes256", Some((AuthProtocol::Sha1, "authpass5")), Some((PrivacyProtocol::Aes256c, PRIVACY)));
    is(&diagnose(&extension).await, AccessState::WrongPrivacyKey, "privacy passphrase is wrong");
    let des = agent.user("md5des", Some((AuthProtocol::Md5, "authpass0")), Some((PrivacyProtocol::Des, "not the passphrase")));
    is(&diagnose(&des).await, AccessState::WrongPrivacyKey, "privacy passphrase is wrong");
}

#[tokio::test]
async fn a_context_the_device_does_not_have() {
    let Some(agent) = Agent::start("").await else { return };
    is(&diagnose(&agent.v3_in("shaaes", "elsewhere")).await, AccessState::AuthorizationDenied, "no context elsewhere");
}

#[tokio::test]
async fn a_view_without_the_system_group() {
    let narrow = "rocommunity narrow default 1.3.6.1.2.1.2\nview few included 1.3.6.1.2.1.2\n\
                  createUser fewer SHA authpass3 AES privacypass\nrouser fewer priv 1.3.6.1.2.1.2\n";
    let Some(agent) = Agent::start(narrow).await else { return };
    let user = agent.user("fewer", Some((AuthProtocol::Sha1, "authpass3")), Some((PrivacyProtocol::Aes128, PRIVACY)));
    for target in [agent.v1("narrow"), agent.v2c("narrow"), user] {
        is(&diagnose(&target).await, AccessState::AuthorizationDenied, "view of this credential");
    }
}

#[tokio::test]
async fn a_user_without_any_view() {
    let Some(agent) = Agent::start("createUser blind SHA authpass3 AES privacypass\n").await else { return };
    let blind = agent.user("blind", Some((AuthProtocol::Sha1, "authpass3")), Some((PrivacyProtocol::Aes128, PRIVACY)));
    is(&diagnose(&blind).await, AccessState::AuthorizationDenied, "no view");
}

#[tokio::test]
async fn an_agent_that_speaks_only_the_other_version() {
    let v1 = "com2sec old default antique\ngroup olds v1 old\nview all included .1\naccess olds \"\" any noauth exact all none none\n";
    let Some(agent) = Agent::start(v1).await else { return };
    is(&diagnose(&agent.v2c("antique")).await, AccessState::Unsupported, "SNMPv1 only");
}

#[tokio::test]
async fn a_passphrase_too_short_for_any_agent() {
    let Some(agent) = Agent::start("").await else { return };
    let short = agent.user("shaaes", Some((AuthProtocol::Sha1, "short")), None);
    is(&diagnose(&short).await, AccessState::WrongCredentials, "");
    let odd = agent.user("shaaes", None, Some((PrivacyProtocol::Aes128, PRIVACY)));
    is(&diagnose(&odd).await, AccessState::WrongCredentials, "privacy needs authentication");
}

#[tokio::test]
async fn a_port_that_refuses_is_told_at_once() {
    let address = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for target in crate::support::targets(address) {
        let patient = SnmpTarget { timeout: Duration::from_secs(5), retries: 3, ..target };
        let began = Instant::now();
        is(&engine().await.diagnose(&patient, NOW).await, AccessState::Refused, "no SNMP agent listens");
        assert_eq!(engine().await.get(&patient, &[oid(SYS_NAME)]).await, Err(SnmpError::Refused { address }));
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_sweep_over_addresses_without_agents_is_quick() {
    let engine = engine().await;
    let name = [oid(SYS_NAME)];
    let target = |number: u16| {
        let [high, low] = number.to_be_bytes();
        let [_, v2c, _] = crate::support::targets(([127, 0, high, low], 20_199).into());
        SnmpTarget { retries: 2, ..v2c }
    };
    let targets: Vec<_> = (0x4300..0x4700).map(target).collect();
    let began = Instant::now();
    let outcomes = futures::future::join_all(targets.iter().map(|target| engine.get(target, &name))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(SnmpError::Refused { .. }))));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(engine.stats().sessions, 0, "what never answered is not remembered");
}

#[tokio::test]
async fn an_address_that_is_silent() {
    // bound, so that the port does not refuse, and never read
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for target in crate::support::targets(silent.local_addr().unwrap()) {
        let began = Instant::now();
        let access = diagnose(&target).await;
        assert_eq!(access.state, AccessState::NoAnswer, "{access:?}");
        assert!(access.causes.len() >= 3, "{access:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
