//! Filters, search, counts.

use std::sync::Arc;

use vigie_domain::devices::{Device, DeviceStatus, Interface, OperStatus};
use vigie_domain::query::{Cursor, Direction, Filter, ListQuery, Operator, Schema, Value, parse_filter};
use vigie_domain::store::{Entity, Read as _, Store};
use vigie_domain::{ErrorKind, Id, ObjectScope, Scope, Timestamp};

use super::put;
use crate::make;

/// Each operator on each kind of column it takes, written as clients write it.
pub async fn every_operator_selects_what_it_says(store: Arc<dyn Store>) {
    let mut devices =
        [make::device("core-1", 1), make::device("core-2", 2), make::device("Edge-10", 0x0100), make::device("edge-2", 0x0101)];
    devices[0].identity.vendor = Some("Cisco".into());
    devices[1].identity.vendor = Some("Juniper".into());
    devices[2].identity.vendor = Some("cisco".into());
    devices[1].status = DeviceStatus::Down;
    devices[2].monitored = false;
    put(&*store, &devices).await;
    let ports: Vec<_> = (1..=4).map(|i| make::interface(&devices[0], &format!("Gi{i}"), i)).collect();
    put(&*store, &ports).await;

    let (first, since) = (devices[0].id, devices[1].created_at);
    let cases = [
        ("name=core-1", "core-1"),
        ("name__eq=core", ""),
        ("name__ne=core-1", "core-2 edge-2 Edge-10"),
        ("name__in=core-1,edge-2,nobody", "core-1 edge-2"),
        ("name__nin=core-1,edge-2", "core-2 Edge-10"),
        ("name__contains=dge", "edge-2 Edge-10"),
        ("name__contains=edge", "edge-2"),
        ("name__icontains=EDGE", "edge-2 Edge-10"),
        ("name__startswith=core-", "core-1 core-2"),
        ("name__startswith=core-1", "core-1"),
        ("name__startswith=e", "edge-2"),
        ("name__endswith=-2", "core-2 edge-2"),
        ("name__lt=core-2", "core-1 Edge-10"),
        ("name__gte=core-2", "core-2 edge-2"),
        ("vendor=Cisco", "core-1"),
        ("vendor__ne=Cisco", "core-2 edge-2 Edge-10"),
        ("vendor__nin=Cisco,Juniper", "edge-2 Edge-10"),
        ("vendor__isnull=true", "edge-2"),
        ("vendor__isnull=false", "core-1 core-2 Edge-10"),
        ("vendor__startswith=C", "core-1"),
        ("status=down", "core-2"),
        ("status__in=down,up", "core-1 core-2 edge-2 Edge-10"),
        ("status__ne=up", "core-2"),
        ("monitored=false", "Edge-10"),
        ("monitored__ne=false", "core-1 core-2 edge-2"),
        ("primary_ip=10.0.0.2", "core-2"),
        ("primary_ip__ne=10.0.0.2", "core-1 edge-2 Edge-10"),
        ("primary_ip__cidr=10.0.1.0/24", "edge-2 Edge-10"),
        ("primary_ip__cidr=10.0.0.0/8", "core-1 core-2 edge-2 Edge-10"),
        ("primary_ip__cidr=2001:db8::/32", ""),
        ("primary_ip__in=10.0.0.1,10.0.1.1", "core-1 edge-2"),
        (&format!("id={first}"), "core-1"),
        (&format!("id__ne={first}"), "core-2 edge-2 Edge-10"),
        (&format!("created_at__gt={since}"), "edge-2 Edge-10"),
        (&format!("created_at__lte={since}"), "core-1 core-2"),
        (&format!("created_at={since}"), "core-2"),
        ("site_id__isnull=true", "core-1 core-2 edge-2 Edge-10"),
    ];
    for (filter, expected) in cases {
        assert_eq!(names::<Device>(&*store, &[filter], |d| d.name).await, sorted(expected), "{filter}");
    }
    let cases =
        [("if_index__gt=2", "Gi3 Gi4"), ("if_index__lte=1", "Gi1"), ("if_index__in=1,4", "Gi1 Gi4"), ("speed_bps__isnull=true", "")];
    for (filter, expected) in cases {
        assert_eq!(names::<Interface>(&*store, &[filter], |i| i.name).await, sorted(expected), "{filter}");
    }
    let both = ["status=up", "name__startswith=core"];
    assert_eq!(names::<Device>(&*store, &both, |d| d.name).await, sorted("core-1"), "all filters must hold");
}

/// `%`, `_` and `\` are letters; a name with leading zeros is another name.
pub async fn text_is_matched_literally(store: Arc<dyn Store>) {
    let names_of = ["100%", "100x", "a_b", "aXb", "c\\d", "sw-3", "sw-03", "École", "O'Brien"];
    let devices: Vec<_> = names_of.iter().zip(1..).map(|(name, i)| make::device(name, i)).collect();
    put(&*store, &devices).await;
    let cases = [
        ("name__contains=0%", "100%"),
        ("name__contains=_", "a_b"),
        ("name__startswith=a_", "a_b"),
        ("name__endswith=%", "100%"),
        ("name__contains=\\", "c\\d"),
        ("name=sw-3", "sw-3"),
        ("name=sw-03", "sw-03"),
        ("name__startswith=sw-0", "sw-03"),
        ("name__icontains=école", "École"),
        ("name__icontains=ÉCOLE", "École"),
        ("name=O'Brien", "O'Brien"),
    ];
    for (filter, expected) in cases {
        assert_eq!(names::<Device>(&*store, &[filter], |d| d.name).await, sorted(expected), "{filter}");
    }
}

/// `device__name=` on interfaces.
pub async fn relations_are_one_step(store: Arc<dyn Store>) {
    let devices = [make::device("core-1", 1), make::device("edge-1", 2)];
    put(&*store, &devices).await;
    put(&*store, &[make::interface(&devices[0], "a", 1), make::interface(&devices[1], "b", 1)]).await;
    for (filter, expected) in [("device__name=core-1", "a"), ("device__name__startswith=edge", "b"), ("device__status__ne=up", "")] {
        assert_eq!(names::<Interface>(&*store, &[filter], |i| i.name).await, sorted(expected), "{filter}");
    }
}

/// Words in any order, any case, in any of the searched columns.
pub async fn search_wants_every_word(store: Arc<dyn Store>) {
    let mut devices = [make::device("core-1", 1), make::device("core-2", 2), make::device("Éclair", 3)];
    devices[0].identity.vendor = Some("Cisco".into());
    devices[0].tags = vec!["lyon".into()];
    devices[1].identity.model = Some("MX 240_%".into());
    put(&*store, &devices).await;
    let cases =
        [("CORE", "core-1 core-2"), ("lyon cisco", "core-1"), ("core juniper", ""), ("240_%", "core-2"), ("éCL", "Éclair"), ("0%_", "")];
    for (search, expected) in cases {
        let query = ListQuery { search: Some(search.to_owned()), ..ListQuery::all(10) };
        let page = store.list::<Device>(&Scope::system(), &query).await.unwrap();
        let mut found: Vec<_> = page.results.into_iter().map(|d| d.name).collect();
        found.sort_unstable();
        assert_eq!(found, sorted(expected), "{search}");
    }
    let blank = ListQuery { search: Some("  ".to_owned()), count: true, ..ListQuery::all(10) };
    assert_eq!(store.list::<Device>(&Scope::system(), &blank).await.unwrap().total, Some(3));
}

/// Lists are counted when asked, with their filters.
pub async fn rows_are_counted(store: Arc<dyn Store>) {
    let devices: Vec<_> = (0..30).map(|i| make::device(&format!("sw-{i}"), i)).collect();
    put(&*store, &devices).await;
    let page = store.list::<Device>(&Scope::system(), &ListQuery { count: true, ..ListQuery::all(5) }).await.unwrap();
    assert_eq!((page.results.len(), page.total, page.total_is_exact), (5, Some(30), true));
    let page = store.list::<Device>(&Scope::system(), &ListQuery { count: true, ..ListQuery::all(5).filter(eq("name", "sw-3")) }).await;
    assert_eq!(page.unwrap().total, Some(1));
    let page = store.list::<Device>(&Scope::system(), &ListQuery::all(5)).await.unwrap();
    assert_eq!(page.total, None);
    assert_eq!(store.count(Device::SCHEMA, &Scope::system(), &[eq("status", "up")]).await.unwrap(), 30);
}

/// Whether few or many rows pass a scope or several values, pages are the same cut of the same order.
pub async fn many_rows_keep_their_order(store: Arc<dyn Store>) {
    let devices: Vec<_> = (0..2_600).map(|i| make::device(&format!("sw-{}", i * 7919 % 2_600), i)).collect();
    put(&*store, &devices).await;
    let mut ports: Vec<_> = devices.iter().map(|d| make::interface(d, "eth0", 1)).collect();
    for (i, port) in ports.iter_mut().enumerate() {
        port.name = format!("eth{}", i % 50);
        if i % 100 == 0 {
            port.oper_status = OperStatus::Down;
        }
    }
    put(&*store, &ports).await;
    let realm = Scope::of(Some(ObjectScope { realms: vec![vigie_domain::devices::Realm::DEFAULT], ..ObjectScope::default() }));
    for (scope, filter, expected) in [
        (&realm, "name__contains=eth", 2_600),
        (&realm, "oper_status=down", 26),
        (&Scope::system(), "oper_status__in=up,down", 2_600),
        (&Scope::system(), "oper_status__in=down,testing", 26),
        (&Scope::system(), "device__name__startswith=sw-1", 1 + 10 + 100 + 1_000),
    ] {
        for descending in [false, true] {
            let query = ListQuery::all(99).order("name", descending).filter(parsed(Interface::SCHEMA, filter));
            let whole = store.list::<Interface>(scope, &ListQuery { limit: 9_999, ..query.clone() }).await.unwrap().results;
            assert_eq!(whole.len(), expected, "{filter}");
            let key = |p: &Interface| (p.name[3..].parse::<i64>().unwrap() * if descending { -1 } else { 1 }, p.id);
            assert!(whole.is_sorted_by_key(key), "{filter} {descending}");
            let (mut walked, mut query) = (Vec::new(), query);
            loop {
                let page = store.list::<Interface>(scope, &query).await.unwrap();
                walked.extend(page.results.iter().map(|p| p.id));
                let Some(next) = page.next else { break };
                query.cursor = Some(next);
            }
            assert_eq!(walked, whole.iter().map(|p| p.id).collect::<Vec<_>>(), "{filter} {descending}");
        }
    }
}

/// Beyond 10,000 rows the count is a floor and says so.
pub async fn many_rows_are_counted_to_ten_thousand(store: Arc<dyn Store>) {
    let events: Vec<_> = (0..10_000).map(|_| make::event(None)).collect();
    put(&*store, &events).await;
    let counted = ListQuery { count: true, ..ListQuery::all(1) };
    let schema = vigie_domain::system::Event::SCHEMA;
    let page = store.page(schema, &Scope::system(), &counted).await.unwrap();
    assert_eq!((page.total, page.total_is_exact), (Some(10_000), true));
    put(&*store, &[make::event(None)]).await;
    let page = store.page(schema, &Scope::system(), &counted).await.unwrap();
    assert!(page.total.is_some_and(|total| total >= 10_000) && !page.total_is_exact);
    assert_eq!(store.count(schema, &Scope::system(), &[]).await.unwrap(), 10_001);
}

/// `status → how many`.
pub async fn rows_are_counted_by_word(store: Arc<dyn Store>) {
    let mut devices: Vec<_> = (0..5).map(|i| make::device(&format!("sw-{i}"), i)).collect();
    devices[0].status = DeviceStatus::Down;
    devices[1].identity.vendor = Some("Cisco".into());
    put(&*store, &devices).await;
    let mut counts = store.count_by(Device::SCHEMA, &Scope::system(), "status", &[]).await.unwrap();
    counts.sort_unstable();
    assert_eq!(counts, [("down".to_owned(), 1), ("up".to_owned(), 4)]);
    let counts = store.count_by(Device::SCHEMA, &Scope::system(), "vendor", &[eq("status", "up")]).await.unwrap();
    assert_eq!(counts, [("Cisco".to_owned(), 1)]);
    let counts = store.count_by(Device::SCHEMA, &Scope::system(), "realm_id", &[]).await.unwrap();
    assert_eq!(counts, [(vigie_domain::devices::Realm::DEFAULT.to_string(), 5)]);
}

/// What no list can be ordered or continued by is the caller's error, not the store's.
pub async fn unknown_columns_and_foreign_cursors_are_refused(store: Arc<dyn Store>) {
    let ordered = ListQuery::all(5).order("vendor", false);
    let error = store.page(Device::SCHEMA, &Scope::system(), &ordered).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValidationFailed);
    let cursor = Cursor { value: Value::Int(1), id: Id::new(), direction: Direction::Next, made_at: Timestamp(0) };
    let continued = ListQuery::all(5).order("name", false).after(Some(cursor));
    let error = store.page(Device::SCHEMA, &Scope::system(), &continued).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::ValidationFailed, "invalid_cursor"));
    let error = store.count_by(Device::SCHEMA, &Scope::system(), "nothing", &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValidationFailed);
    assert!(Filter::on(Device::SCHEMA, "nothing", Operator::Eq, []).is_err());
}

fn eq(field: &'static str, value: &str) -> Filter {
    Filter::eq(Device::SCHEMA, field, value).unwrap()
}

async fn names<E: Entity>(store: &dyn Store, filters: &[&str], name: fn(E) -> String) -> Vec<String> {
    let filters = filters.iter().map(|f| parsed(E::SCHEMA, f)).collect();
    let mut names: Vec<_> = store.all::<E>(&Scope::system(), filters).await.unwrap().into_iter().map(name).collect();
    names.sort_unstable();
    names
}

fn parsed(schema: &'static Schema, text: &str) -> Filter {
    let (key, value) = text.split_once('=').unwrap();
    parse_filter(schema, key, value, make::NOW).unwrap()
}

fn sorted(names: &str) -> Vec<String> {
    let mut names: Vec<_> = names.split_whitespace().map(str::to_owned).collect();
    names.sort_unstable();
    names
}
