//! Finding by text and by typed values.

use vigie_domain::telemetry::event::{BYTES, DST_PORT, HOST, INTERFACE, MESSAGE, NAME, PROGRAM, SEVERITY, SRC_IP};
use vigie_domain::telemetry::{EventBatch, EventKind};

use super::{EventFixture, ask, put, typed};
use crate::make::NOW;

/// The numbers of the events that a typed text finds, in ascending order.
async fn found(fixture: &EventFixture, query: &str) -> Vec<i64> {
    let answer = ask(&*fixture.store, &typed(query)).await;
    let mut numbers: Vec<_> = answer.hits.iter().filter_map(|hit| hit.event.value(BYTES)?.number()).collect();
    numbers.sort_unstable();
    assert_eq!(answer.total, Some(numbers.len() as u64), "{query}");
    numbers
}

/// Interfaces, addresses, mnemonics, paths, MAC addresses, in their usual spellings.
pub async fn words_are_found_as_people_type_them(fixture: EventFixture) {
    let messages = [
        "%LINK-3-UPDOWN: Interface GigabitEthernet1/0/7, changed state to down",
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1/0/70, changed state to up",
        "Built inbound TCP connection for outside:10.0.0.1/443 (10.0.0.1/443) to inside:192.168.1.10/51000",
        "host 10.0.0.10 learned 0011.22aa.bbcc on Gi1/0/7.100",
        "dhcpd: DHCPACK on 10.0.0.11 to 00:11:22:AA:BB:CC via eth0",
        "open(\"/var/log/syslog\") failed: user=root@example.com",
        "neighbor fe80::1 (2001:DB8:0:0::1) Up at 09:05:40",
        "port Gi1-0-7 state down changed",
        "été à Lyon; ÉTÉ",
    ];
    let mut batch = EventBatch::new();
    for (number, message) in messages.iter().enumerate() {
        batch.begin(EventKind::Log, NOW).text(MESSAGE, message).integer(BYTES, number as i64);
    }
    batch.begin(EventKind::Flow, NOW).text(INTERFACE, "Gi1/0/7").address(SRC_IP, "10.0.0.1".parse().unwrap()).integer(BYTES, 9);
    batch
        .begin(EventKind::Trap, NOW)
        .text(HOST, "core-1.example")
        .text(NAME, "linkDown")
        .attr("mac", "00-11-22-aa-bb-cc")
        .integer(BYTES, 10);
    put(&*fixture.store, &batch).await;
    let cases: &[(&str, &[i64])] = &[
        ("Gi1/0/7", &[0, 3, 9]),
        ("gigabitethernet1/0/7", &[0, 3, 9]),
        ("Gi1/0/7.100", &[3]),
        ("Gi1/0/*", &[0, 1, 3, 9]),
        ("10.0.0.1", &[2, 9]),
        ("10.0.0.*", &[2, 3, 4, 9]),
        ("10.0.0.1/443", &[2]),
        ("%LINK-3-UPDOWN", &[0]),
        ("%LINK-3-UPDOWN:", &[0]),
        ("link-3", &[0]),
        ("updown", &[0, 1]),
        ("UPDOWN down", &[0]),
        ("00:11:22:aa:bb:cc", &[3, 4, 10]),
        ("0011.22AA.BBCC", &[3, 4, 10]),
        ("00-11-22-aa-bb-cc", &[3, 4, 10]),
        ("001122aabbcc", &[3, 4, 10]),
        ("00:11:22:*", &[3, 4, 10]),
        ("/var/log/syslog", &[5]),
        ("/var/log", &[5]),
        ("root@example.com", &[5]),
        ("FE80::1", &[6]),
        ("2001:db8::1", &[6]),
        ("09:05:40", &[6]),
        ("\"changed state\"", &[0, 1]),
        ("\"state changed\"", &[]),
        ("\"Interface Gi1/0/7 changed\"", &[0]),
        ("été", &[8]),
        ("chang* -up", &[0, 7]),
        ("core-1.example", &[10]),
        ("core", &[10]),
        ("message:core", &[]),
        ("linkdown OR lyon", &[8, 10]),
        ("NOT (Gi1/0/7 OR updown OR 10.0.0.*)", &[5, 6, 7, 8, 10]),
        ("nothing-of-the-kind", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&fixture, query).await, *expected, "{query}");
    }
}

/// Exact values, beginnings, ranges, networks, absence.
pub async fn fields_take_typed_values(fixture: EventFixture) {
    let mut batch = EventBatch::new();
    for number in 0..20_i64 {
        let mut event = batch.begin(EventKind::Security, NOW.plus(std::time::Duration::from_secs(number as u64))).integer(BYTES, number);
        if number % 2 == 0 {
            event = event.text(PROGRAM, ["sshd", "sudo", "CRON"][number as usize / 2 % 3]).integer(SEVERITY, number % 8);
        }
        if number > 9 {
            event = event.address(SRC_IP, format!("10.{}.0.{number}", number % 2).parse().unwrap()).integer(DST_PORT, 1000 * number);
        }
        drop(event.attr("site", if number < 5 { "lyon" } else { "paris" }));
    }
    put(&*fixture.store, &batch).await;
    let cases: &[(&str, &[i64])] = &[
        ("program:sshd", &[0, 6, 12, 18]),
        ("program:s*", &[0, 2, 6, 8, 12, 14, 18]),
        ("program:cron", &[]),
        ("program:(CRON OR sudo) bytes:<10", &[2, 4, 8]),
        ("program:* bytes:<=4", &[0, 2, 4]),
        ("NOT _exists_:program bytes:{2 TO 6}", &[3, 5]),
        ("severity:critical", &[2, 10, 18]),
        ("severity:<=2", &[0, 2, 8, 10, 16, 18]),
        ("src_ip:10.1.0.11", &[11]),
        ("src_ip:10.1.0.0/16", &[11, 13, 15, 17, 19]),
        ("src_ip:[10.0.0.12 TO 10.0.0.16]", &[12, 14, 16]),
        ("NOT src_ip:*", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("dst_port:>=18000", &[18, 19]),
        ("dst_port:[10000 TO 12000}", &[10, 11]),
        ("attrs.site:lyon", &[0, 1, 2, 3, 4]),
        ("attrs.site:* -attrs.site:paris", &[0, 1, 2, 3, 4]),
        ("attrs.nothing:*", &[]),
        ("kind:security at:[2026-11-23T09:05:58.123Z TO *]", &[18, 19]),
        ("kind:log", &[]),
        ("bytes:(1 OR 3)", &[1, 3]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&fixture, query).await, *expected, "{query}");
    }
}

/// In bytes of the message; nothing unless it was asked for.
pub async fn messages_are_marked_where_they_match(fixture: EventFixture) {
    let message = "é Gi1/0/7 down, é Gi1/0/8 up";
    let mut batch = EventBatch::new();
    drop(batch.begin(EventKind::Log, NOW).text(MESSAGE, message));
    put(&*fixture.store, &batch).await;
    let mut query = typed("Gi1/0/7 (up OR nothing)");
    assert!(ask(&*fixture.store, &query).await.hits[0].highlights.is_empty());
    query.highlight = true;
    let marked: Vec<_> = ask(&*fixture.store, &query).await.hits[0].highlights.iter().map(|range| &message[range.clone()]).collect();
    assert_eq!(marked, ["Gi1/0/7", "up"]);
}
