//! How the server is: asked now and then, and while it is away often, by one task for all.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;
use vigie_domain::cache::TierHealth;

use crate::link::PAUSE;
use crate::listener::Said;
use crate::settings::RedisRole;
use crate::tier::Inner;

/// Figures of INFO that are told, by their names there.
const FIGURES: &[&str] = &[
    "uptime_in_seconds",
    "connected_clients",
    "used_memory",
    "used_memory_peak",
    "maxmemory",
    "mem_fragmentation_ratio",
    "instantaneous_ops_per_sec",
    "total_commands_processed",
    "keyspace_hits",
    "keyspace_misses",
    "expired_keys",
    "evicted_keys",
    "rejected_connections",
];

/// Looks after the server for ever.
pub(crate) async fn run(inner: &Inner) {
    let mut was_up = None;
    loop {
        let seen = look(inner).await;
        let is_up = inner.link.is_up() && seen.is_ok();
        tell_change(inner.settings.role, was_up, is_up, seen.as_ref().err());
        if is_up && was_up == Some(false) {
            inner.tell(|listener| listener.reachable());
        }
        keep(inner, seen);
        was_up = Some(is_up);
        inner.link.lanes().shrink();
        let pause = if is_up { inner.settings.health_interval } else { PAUSE + Duration::from_millis(10) };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = inner.link.lost(), if is_up => was_up = Some(true),
        }
    }
}

/// PING, INFO, and a beat for those who listen.
async fn look(inner: &Inner) -> Result<TierHealth, String> {
    let began = Instant::now();
    let (channel, beat) = (inner.channel(), inner.message(Said::Beat(0)));
    let (channel, beat) = (&channel, &beat);
    let asked = inner.link.probe(|mut connection| async move {
        let () = redis::cmd("PING").query_async(&mut connection).await?;
        let response = began.elapsed();
        let text: String = redis::cmd("INFO").query_async(&mut connection).await?;
        let () = redis::cmd("PUBLISH").arg(channel).arg(beat).query_async(&mut connection).await?;
        Ok((response, text))
    });
    let (response, text) = asked.await.map_err(|error| error.cause_text().unwrap_or(error.detail()).to_owned())?;
    Ok(TierHealth {
        response: Some(response),
        max_bytes: Some(inner.settings.max_bytes),
        ..read_info(&text, inner.settings.role, inner.settings.max_bytes)
    })
}

fn keep(inner: &Inner, seen: Result<TierHealth, String>) {
    let role = inner.settings.role;
    metrics::gauge!("redis_up", "server" => role.word()).set(if seen.is_ok() { 1.0 } else { 0.0 });
    let mut health = inner.health.lock().unwrap_or_else(PoisonError::into_inner);
    match seen {
        Ok(seen) => {
            if let Some(response) = seen.response {
                metrics::gauge!("redis_response_seconds", "server" => role.word()).set(response.as_secs_f64());
            }
            *health = seen;
        }
        Err(why) => {
            health.response = None;
            health.detail = Some(format!("redis ({}): {why}", role.word()));
            health.solution = Some(format!("see that the server runs, and that {} names it", role.setting()));
        }
    }
}

fn tell_change(role: RedisRole, was_up: Option<bool>, is_up: bool, why: Option<&String>) {
    let server = role.word();
    match (was_up, is_up) {
        (Some(true) | None, false) => {
            tracing::warn!(server, why = why.map_or("it did not answer", String::as_str), "redis is away, going on without it");
        }
        (Some(false), true) => tracing::info!(server, "redis is back"),
        (None, true) => tracing::info!(server, "redis answers"),
        (Some(true), true) | (Some(false), false) => {}
    }
}

/// What is wrong with a server, and what to do.
type Complaint = (&'static str, &'static str);

/// Reads what INFO tells: a line a figure, `name:value`.
fn read_info(text: &str, role: RedisRole, most: u64) -> TierHealth {
    let lines: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.trim_end().split_once(':')).collect();
    let number = |name: &str| lines.get(name).and_then(|value| value.parse::<f64>().ok());
    let whole = |name: &str| lines.get(name).and_then(|value| value.parse::<u64>().ok());
    let used = whole("used_memory");
    let is_limited = whole("maxmemory").is_some_and(|limit| limit > 0);
    let evicts = is_limited && lines.get("maxmemory_policy") != Some(&"noeviction");
    let complaint = match role {
        RedisRole::Cache => complaint_of_cache(used.is_some_and(|used| used > most), is_limited && !evicts),
        RedisRole::State => complaint_of_state(is_limited, evicts, used.zip(whole("maxmemory"))),
    };
    let (detail, solution) = complaint.unzip();
    TierHealth {
        is_available: true,
        detail: detail.map(str::to_owned),
        solution: solution.map(str::to_owned),
        version: version(&lines),
        used_bytes: used,
        entries: Some(lines.iter().filter(|(name, _)| is_database(name)).filter_map(|(_, value)| keys(value)).sum()),
        evictions: whole("evicted_keys"),
        figures: FIGURES.iter().filter_map(|&name| Some((name, number(name)?))).collect(),
        ..TierHealth::default()
    }
}

fn complaint_of_cache(is_full: bool, is_stuck: bool) -> Option<Complaint> {
    if is_full {
        return Some((
            "it uses more memory than the cache may take: nothing more is written to it",
            "raise cache.redis.max_bytes, or set maxmemory and maxmemory-policy allkeys-lru on the server",
        ));
    }
    is_stuck.then_some(("it evicts nothing: once it is full nothing more is written", "set maxmemory-policy allkeys-lru on the server"))
}

fn complaint_of_state(is_limited: bool, evicts: bool, used_of: Option<(u64, u64)>) -> Option<Complaint> {
    if evicts {
        return Some((
            "it may evict leases and versions of tags: what it evicts makes cached answers fall",
            "set maxmemory-policy noeviction on the server of cache.redis.state_url",
        ));
    }
    let is_nearly_full = is_limited && used_of.is_some_and(|(used, limit)| used > limit / 10 * 9);
    is_nearly_full.then_some((
        "it is nearly full: once it is, nodes no longer share what they cache",
        "raise maxmemory on the server of cache.redis.state_url",
    ))
}

/// Valkey tells the version of Redis that it is compatible with beside its own.
fn version(lines: &BTreeMap<&str, &str>) -> Option<String> {
    let valkey = lines.get("valkey_version").map(|version| format!("Valkey {version}"));
    valkey.or_else(|| lines.get("redis_version").map(|version| format!("Redis {version}")))
}

/// `db0`.
fn is_database(name: &str) -> bool {
    name.strip_prefix("db").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// 3 of `keys=3,expires=2,avg_ttl=1`.
fn keys(value: &str) -> Option<u64> {
    value.split(',').find_map(|part| part.strip_prefix("keys="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nuptime_in_seconds:12\r\n# Memory\r\nused_memory:900\r\nmaxmemory:1000\r\n\
        maxmemory_policy:allkeys-lru\r\n# Stats\r\nevicted_keys:4\r\n# Keyspace\r\ndb0:keys=3,expires=2,avg_ttl=1\r\ndb1:keys=1,expires=0,avg_ttl=0\r\n";

    #[test]
    fn info_is_read() {
        let health = read_info(INFO, RedisRole::Cache, 1_000);
        assert_eq!(
            (health.version.as_deref(), health.used_bytes, health.entries, health.evictions),
            (Some("Redis 7.0.15"), Some(900), Some(4), Some(4))
        );
        assert_eq!((health.figures["uptime_in_seconds"], health.detail), (12.0, None));
        let valkey = format!("{INFO}valkey_version:8.0.1\r\n");
        assert_eq!(read_info(&valkey, RedisRole::Cache, 1_000).version.as_deref(), Some("Valkey 8.0.1"));
    }

    #[test]
    fn a_server_that_is_full_or_will_be_says_so() {
        let never = INFO.replace("allkeys-lru", "noeviction");
        assert!(read_info(INFO, RedisRole::Cache, 899).detail.unwrap().contains("more memory"));
        assert!(read_info(&never, RedisRole::Cache, 1_000).detail.unwrap().contains("evicts nothing"));
        assert!(read_info(INFO, RedisRole::State, 899).detail.unwrap().contains("may evict"));
        assert_eq!(read_info(&never, RedisRole::State, 899).detail, None);
        assert!(
            read_info(&never.replace("used_memory:900", "used_memory:901"), RedisRole::State, 1).detail.unwrap().contains("nearly full")
        );
    }
}
