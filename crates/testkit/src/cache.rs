//! The conformance suite of a tier of the cache that nodes share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use vigie_domain::cache::{Boarding, SharedListener, SharedTier, Written};

/// Two nodes on one store, whose lease is [`LEASE`].
pub struct Nodes {
    /// One.
    pub one: Arc<dyn SharedTier>,
    /// The other.
    pub other: Arc<dyn SharedTier>,
    /// What must live as long as they.
    pub keep: Box<dyn std::any::Any + Send>,
}

/// The lease of the tiers under test.
pub const LEASE: Duration = Duration::from_millis(600);
const LONG: Duration = Duration::from_mins(1);

/// Expands to one test a case. `open` is an `async fn() -> Option<Nodes>`.
#[macro_export]
macro_rules! shared_tier_conformance {
    ($open:path) => {
        mod conformance {
            $crate::shared_tier_conformance!(@cases $open;
                what_one_writes_the_other_reads,
                one_holds_and_the_other_follows_until_it_lands,
                a_lease_that_is_over_refuses_the_late_write,
                a_lease_that_is_renewed_holds,
                leaving_lets_the_other_board_at_once,
                fences_grow,
                versions_change_when_tags_fall_and_only_then,
                the_other_hears_what_falls,
                however_many_board_at_once_one_holds
            );
        }
    };
    (@cases $open:path; $($case:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            if let Some(nodes) = $open().await {
                $crate::cache::$case(nodes).await;
            }
        }
    )*};
}

fn tags() -> Vec<String> {
    ["devices", "*"].map(str::to_owned).to_vec()
}

async fn hold(tier: &dyn SharedTier, key: &str) -> (u64, Vec<u64>) {
    match tier.board(key, &tags()).await.unwrap() {
        Boarding::Holder { fence, versions } => (fence, versions),
        Boarding::Follower(left) => panic!("somebody holds {key} for {left:?}"),
    }
}

/// A value comes back, byte for byte, until its time is over.
pub async fn what_one_writes_the_other_reads(nodes: Nodes) {
    let (one, other) = (&nodes.one, &nodes.other);
    assert_eq!(other.read("a", &tags()).await.unwrap().record, None);
    let record: bytes::Bytes = (0..=255).collect::<Vec<u8>>().into();
    assert_eq!(one.write("a", record.clone(), LONG, None).await.unwrap(), Written::Kept);
    assert_eq!(other.read("a", &tags()).await.unwrap().record, Some(record.clone()));
    assert_eq!(one.write("short", record, Duration::from_millis(1), None).await.unwrap(), Written::Kept);
    let gone = async || other.read("short", &[]).await.unwrap().record.is_none();
    until("the short one is over", gone).await;
}

/// A follower waits for the holder's write, and then reads it.
pub async fn one_holds_and_the_other_follows_until_it_lands(nodes: Nodes) {
    let (one, other) = (nodes.one.clone(), nodes.other.clone());
    let (fence, _) = hold(&*one, "a").await;
    let Boarding::Follower(left) = other.board("a", &tags()).await.unwrap() else { panic!("two hold") };
    assert!(left <= LEASE && left > Duration::ZERO, "{left:?}");
    let follower = tokio::spawn(async move {
        other.landing("a", LONG).await;
        other.read("a", &tags()).await.unwrap().record
    });
    assert_eq!(one.write("a", "value".into(), LONG, Some(fence)).await.unwrap(), Written::Kept);
    assert_eq!(follower.await.unwrap(), Some("value".into()));
    hold(&*nodes.other, "a").await;
}

/// Who did not renew may not write, whether or not somebody else did since.
pub async fn a_lease_that_is_over_refuses_the_late_write(nodes: Nodes) {
    let (one, other) = (&nodes.one, &nodes.other);
    let (late, _) = hold(&**one, "a").await;
    other.landing("a", LONG).await;
    assert_eq!(one.write("a", "nobody else".into(), LONG, Some(late)).await.unwrap(), Written::Refused);
    let (next, _) = hold(&**other, "a").await;
    assert_eq!(one.write("a", "late".into(), LONG, Some(late)).await.unwrap(), Written::Refused);
    assert!(!one.renew("a", late).await.unwrap());
    one.leave("a", late).await.unwrap();
    assert_eq!(other.write("a", "in time".into(), LONG, Some(next)).await.unwrap(), Written::Kept);
    assert_eq!(one.read("a", &[]).await.unwrap().record, Some("in time".into()));
}

/// A holder that says it still works keeps its lease beyond its time.
pub async fn a_lease_that_is_renewed_holds(nodes: Nodes) {
    let (one, other) = (&nodes.one, &nodes.other);
    let (fence, _) = hold(&**one, "a").await;
    let mut beat = tokio::time::interval(LEASE / 4);
    for _ in 0..8 {
        beat.tick().await;
        assert!(one.renew("a", fence).await.unwrap());
        assert!(matches!(other.board("a", &tags()).await.unwrap(), Boarding::Follower(_)));
    }
    assert_eq!(one.write("a", "value".into(), LONG, Some(fence)).await.unwrap(), Written::Kept);
}

/// A holder without a value lets the next one at it.
pub async fn leaving_lets_the_other_board_at_once(nodes: Nodes) {
    let (fence, _) = hold(&*nodes.one, "a").await;
    nodes.one.leave("a", fence).await.unwrap();
    hold(&*nodes.other, "a").await;
}

/// Each holder's fence is larger than those before it, on every key.
pub async fn fences_grow(nodes: Nodes) {
    let mut last = 0;
    for number in 0..20 {
        let tier = if number % 2 == 0 { &nodes.one } else { &nodes.other };
        let (fence, _) = hold(&**tier, &number.to_string()).await;
        assert!(fence > last, "{fence} after {last}");
        last = fence;
    }
}

/// Versions are the same for all nodes, and new after a fall, for the tag that fell alone.
pub async fn versions_change_when_tags_fall_and_only_then(nodes: Nodes) {
    let (one, other) = (&nodes.one, &nodes.other);
    assert_eq!(one.read("a", &tags()).await.unwrap().versions, [None, None]);
    let made = one.versions(&tags()).await.unwrap();
    assert_eq!(other.versions(&tags()).await.unwrap(), made);
    let (fence, held) = hold(&**other, "a").await;
    assert_eq!(held, made);
    other.leave("a", fence).await.unwrap();
    one.invalidate(&["devices".to_owned()]).await.unwrap();
    let after = other.read("a", &tags()).await.unwrap().versions;
    assert!(after[0].is_some_and(|version| version != made[0]) && after[1] == Some(made[1]), "{made:?} {after:?}");
}

#[derive(Default)]
struct Ears {
    heard: Mutex<BTreeSet<String>>,
    ready: Notify,
    rang: Notify,
}

impl SharedListener for Ears {
    fn changed(&self, tags: &[String]) {
        self.heard.lock().unwrap().extend(tags.iter().cloned());
        self.rang.notify_one();
    }

    fn away(&self) {
        self.ready.notify_one();
    }

    fn reachable(&self) {}
}

/// Messages reach the other node, and not the one that sent them.
pub async fn the_other_hears_what_falls(nodes: Nodes) {
    let (own, theirs) = (Arc::new(Ears::default()), Arc::new(Ears::default()));
    nodes.one.listen(own.clone());
    nodes.other.listen(theirs.clone());
    // a subscription that began before is heard of by what it brings
    let told = async {
        loop {
            nodes.one.invalidate(&["devices".to_owned(), "sites".to_owned()]).await.unwrap();
            if tokio::time::timeout(Duration::from_millis(100), theirs.rang.notified()).await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.unwrap();
    let expected: BTreeSet<String> = ["devices", "sites"].map(str::to_owned).into();
    assert_eq!(*theirs.heard.lock().unwrap(), expected);
    assert!(own.heard.lock().unwrap().is_empty());
}

/// Of many at once one holds.
pub async fn however_many_board_at_once_one_holds(nodes: Nodes) {
    let boarding = (0..64).map(|number| {
        let tier = if number % 2 == 0 { nodes.one.clone() } else { nodes.other.clone() };
        tokio::spawn(async move { matches!(tier.board("a", &tags()).await.unwrap(), Boarding::Holder { .. }) })
    });
    let holders = futures::future::join_all(boarding).await.into_iter().filter(|held| *held.as_ref().unwrap()).count();
    assert_eq!(holders, 1);
}

/// Asks again and again, for twenty seconds at most.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let asked = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), asked).await.is_ok(), "not within 20 s: {what}");
}
