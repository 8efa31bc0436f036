//! Units of work.

use std::sync::Arc;

use vigie_domain::devices::Tag;
use vigie_domain::store::{Entity as _, Read as _, Store, Write as _};
use vigie_domain::{ErrorKind, Scope};

use crate::make;

/// Others see nothing of a unit until it is committed; it sees itself.
pub async fn nothing_is_seen_before_the_commit(store: Arc<dyn Store>) {
    let tag = make::tag("core");
    let mut unit = store.begin().await.unwrap();
    unit.insert(&tag).await.unwrap();
    assert!(unit.get::<Tag>(&Scope::system(), tag.id).await.unwrap().is_some());
    assert!(store.get::<Tag>(&Scope::system(), tag.id).await.unwrap().is_none());
    unit.commit().await.unwrap();
    assert!(store.get::<Tag>(&Scope::system(), tag.id).await.unwrap().is_some());
}

/// A unit that is not committed leaves nothing, and does not stand in the way of the next.
pub async fn dropping_rolls_back(store: Arc<dyn Store>) {
    let mut unit = store.begin().await.unwrap();
    unit.insert(&make::tag("core")).await.unwrap();
    drop(unit);
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.count(Tag::SCHEMA, &Scope::system(), &[]).await.unwrap(), 0);
    unit.insert(&make::tag("core")).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(store.count(Tag::SCHEMA, &Scope::system(), &[]).await.unwrap(), 1);
}

/// Read, decide, write: twenty at a time, and no change is lost.
pub async fn units_are_serialised(store: Arc<dyn Store>) {
    let tag = make::tag("counter");
    super::put(&*store, std::slice::from_ref(&tag)).await;
    let raise = |store: Arc<dyn Store>| async move {
        let mut unit = store.begin().await.unwrap();
        let mut tag: Tag = unit.require(&Scope::system(), tag.id).await.unwrap();
        tag.version += 1;
        unit.update(&tag).await.unwrap();
        unit.commit().await.unwrap();
    };
    futures::future::join_all((0..20).map(|_| raise(store.clone()))).await;
    let tag: Tag = store.require(&Scope::system(), tag.id).await.unwrap();
    assert_eq!(tag.version, 21);
}

/// A refused insert is an answer, not the end of the unit.
pub async fn a_failed_statement_leaves_the_unit_usable(store: Arc<dyn Store>) {
    let mut unit = store.begin().await.unwrap();
    unit.insert(&make::tag("core")).await.unwrap();
    assert_eq!(unit.insert(&make::tag("core")).await.unwrap_err().kind(), ErrorKind::Conflict);
    unit.insert(&make::tag("edge")).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(store.count(Tag::SCHEMA, &Scope::system(), &[]).await.unwrap(), 2);
}
