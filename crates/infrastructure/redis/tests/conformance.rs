//! The tier on a real server.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::Secret;
use vigie_domain::cache::SharedTier;
use vigie_redis::{RedisPair, RedisSettings, RedisTier};
use vigie_testkit::cache::{LEASE, Nodes};
use vigie_testkit::redis::Server;

fn tier(server: &Server) -> RedisTier {
    // a machine under load is no server that is away
    let timeout = Duration::from_secs(5);
    RedisTier::new(RedisSettings { lease: LEASE, timeout, ..RedisSettings::new(Secret::new(server.url())) }).unwrap()
}

/// One server, for all.
mod one_server {
    use super::*;

    /// A tier that looks after its server until the test ends.
    fn node(server: &Server) -> Arc<dyn SharedTier> {
        let tier = tier(server);
        tokio::spawn(tier.clone().run(CancellationToken::new()));
        Arc::new(tier)
    }

    #[expect(clippy::unused_async, reason = "the suite awaits it")]
    async fn two_nodes() -> Option<Nodes> {
        let server = Server::start(&[])?;
        Some(Nodes { one: node(&server), other: node(&server), keep: Box::new(server) })
    }

    vigie_testkit::shared_tier_conformance!(super::two_nodes);
}

/// One server for values, and one for state.
mod two_servers {
    use super::*;

    fn node(values: &Server, state: &Server) -> Arc<dyn SharedTier> {
        let pair = RedisPair::new(tier(values), tier(state));
        tokio::spawn(pair.clone().run(CancellationToken::new()));
        Arc::new(pair)
    }

    #[expect(clippy::unused_async, reason = "the suite awaits it")]
    async fn two_nodes() -> Option<Nodes> {
        let (values, state) = (Server::start(&[])?, Server::start(&[])?);
        Some(Nodes { one: node(&values, &state), other: node(&values, &state), keep: Box::new((values, state)) })
    }

    vigie_testkit::shared_tier_conformance!(super::two_nodes);
}
