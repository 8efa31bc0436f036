//! Every product, walked from end to end.

use std::net::Ipv4Addr;

use super::*;
use crate::campus::{Campus, catalogue};
use crate::clock::Rhythm;
use crate::faults::Faults;
use crate::view::Engine;

fn campus() -> Campus {
    Campus::build(400, Ipv4Addr::new(127, 1, 0, 1), 1)
}

fn view<'a>(campus: &'a Campus, faults: &'a Faults, id: usize, now: i64) -> View<'a> {
    let engine = Engine { max_size: 1472, usm_stats: [0; 6] };
    let rhythm = Rhythm { speed: 1.0, origin: 0.0 };
    View { campus, faults, rhythm, now, unix_ms: now, id: id as u32, device: &campus.devices[id], engine }
}

fn walk(view: &View) -> Vec<(Oid, Value)> {
    let mut all = Vec::new();
    let mut at = view.after(&[]);
    while let Some(cursor) = at {
        all.push(view.read(cursor).expect("present cells can be read"));
        at = view.step(cursor);
    }
    all
}

#[test]
fn no_column_is_the_prefix_of_another() {
    for pair in columns().windows(2) {
        assert!(!pair[1].oid.starts_with(&pair[0].oid), "{:?} {:?}", pair[0].oid, pair[1].oid);
    }
}

#[test]
fn every_product_walks_in_order_and_reads_back() {
    let (campus, faults) = (campus(), Faults::default());
    for model in catalogue::ALL {
        let Some(id) = campus.devices.iter().position(|d| std::ptr::eq(d.model, model)) else { continue };
        let view = view(&campus, &faults, id, 1_000_000_000);
        let all = walk(&view);
        assert!(all.len() > 50, "{}: {}", model.name, all.len());
        assert!(all.is_sorted_by(|a, b| a.0.arcs() < b.0.arcs()), "{}", model.name);
        for (n, (oid, value)) in all.iter().enumerate() {
            assert_eq!(&view.get(oid.arcs()), value, "{oid}");
            let next = view.after(oid.arcs()).and_then(|c| view.read(c));
            assert_eq!(next.as_ref(), all.get(n + 1), "after {oid}");
        }
    }
}

#[test]
fn exceptions_tell_object_from_instance() {
    let (campus, faults) = (campus(), Faults::default());
    let view = view(&campus, &faults, 0, 0);
    assert_eq!(view.get(&[1, 3, 6, 1, 2, 1, 1, 5, 1]), Value::NoSuchInstance);
    assert_eq!(view.get(&[1, 3, 6, 1, 2, 1, 1, 5]), Value::NoSuchInstance);
    assert_eq!(view.get(&[1, 3, 6, 1, 2, 1, 1, 99, 0]), Value::NoSuchObject);
    assert_eq!(view.get(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 10, 4_000_000]), Value::NoSuchInstance);
    assert_eq!(view.after(&[2, 5]), None);
}

fn counters(view: &View, port: u16) -> [u64; 4] {
    let index = view.device.model.port(port).expect("port").if_index();
    [6, 10, 7, 11].map(|column| match view.get(&[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, column, index]) {
        Value::Counter64(count) => count,
        other => panic!("{other:?}"),
    })
}

#[test]
fn both_ends_of_a_cable_count_the_same_mirrored() {
    let (campus, mut faults) = (campus(), Faults::default());
    faults.load(&campus, crate::faults::Wire::Cable(3), 0.9, 1_060_000);
    for cable in &campus.cables {
        let delta = |id: u32, port| {
            let before = counters(&view(&campus, &faults, id as usize, 1_000_000), port);
            let after = counters(&view(&campus, &faults, id as usize, 1_120_000), port);
            [0, 1, 2, 3].map(|n| after[n] - before[n])
        };
        let (a, b) = (delta(cable.a, cable.a_port), delta(cable.b, cable.b_port));
        assert_eq!([a[0], a[1], a[2], a[3]], [b[1], b[0], b[3], b[2]]);
        assert!(a[0] > 0 && a[1] > 0);
        assert!((a[0] as f64) < f64::from(cable.mbps) * 125_000.0 * 120.0, "more than the cable carries");
    }
}

#[test]
fn a_cut_stops_counters_and_hides_both_neighbours() {
    let (campus, mut faults) = (campus(), Faults::default());
    let cable = campus.cables[5];
    let rows = |faults: &Faults, id: u32| {
        let view = view(&campus, faults, id as usize, 5_000);
        walk(&view).into_iter().filter(|(oid, _)| oid.arcs().starts_with(&[1, 0, 8802, 1, 1, 2, 1, 4, 1, 1, 9])).count()
    };
    let before = (rows(&faults, cable.a), rows(&faults, cable.b));
    faults.cut(&campus, crate::faults::Wire::Cable(5), 4_000);
    assert_eq!((rows(&faults, cable.a), rows(&faults, cable.b)), (before.0 - 1, before.1 - 1));
    let at = |now| counters(&view(&campus, &faults, cable.a as usize, now), cable.a_port);
    assert_eq!(at(4_000), at(600_000));
    let index = campus.devices[cable.b as usize].model.port(cable.b_port).expect("port").if_index();
    let there = view(&campus, &faults, cable.b as usize, 5_000);
    assert_eq!(there.get(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 8, index]), Value::Integer(2));
    assert_eq!(there.get(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 9, index]), Value::TimeTicks(there.ticks_since_boot(4_000)));
}

#[test]
fn a_reboot_starts_uptime_and_counters_anew() {
    let (campus, mut faults) = (campus(), Faults::default());
    let cable = campus.cables[5];
    faults.reboot(cable.a, 10_000);
    let fresh = view(&campus, &faults, cable.a as usize, 10_000);
    assert_eq!(fresh.uptime(), 0);
    assert_eq!(counters(&fresh, cable.a_port), [0; 4]);
    let later = view(&campus, &faults, cable.a as usize, 20_000);
    assert_eq!(later.uptime(), 1_000);
    assert!(counters(&later, cable.a_port)[0] > 0);
}

/// The rows of a column: index and value.
fn rows(view: &View, column: &[u32]) -> Vec<(Vec<u32>, Value)> {
    let inside = walk(view).into_iter().filter(|(oid, _)| oid.arcs().starts_with(column));
    inside.map(|(oid, value)| (oid.arcs()[column.len()..].to_vec(), value)).collect()
}

#[test]
fn cdp_neighbours_see_each_other() {
    let (campus, faults) = (campus(), Faults::default());
    let mut heard = std::collections::HashSet::new();
    for id in 0..campus.devices.len() {
        let view = view(&campus, &faults, id, 0);
        for (_, name) in rows(&view, &[1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 2, 1, 1, 6]) {
            heard.insert((view.device.name.clone(), name.as_str().expect("a name").to_owned()));
        }
    }
    assert!(heard.len() > 20, "{}", heard.len());
    assert!(heard.iter().all(|(a, b)| heard.contains(&(b.clone(), a.clone()))));
}

#[test]
fn both_ends_of_a_routed_cable_are_in_one_subnet_and_no_address_is_given_twice() {
    let (campus, faults) = (campus(), Faults::default());
    let mut subnets: std::collections::HashMap<u32, u32> = std::collections::HashMap::new();
    let mut seen = std::collections::HashSet::new();
    for id in 0..campus.devices.len() {
        for (index, _) in rows(&view(&campus, &faults, id, 0), &[1, 3, 6, 1, 2, 1, 4, 20, 1, 1]) {
            let address = index.iter().fold(0, |n, octet| n << 8 | octet);
            assert!(seen.insert(address), "{index:?}");
            if index[0] == 10 {
                *subnets.entry(address / 4).or_default() += 1;
            }
        }
    }
    assert!(subnets.len() > 50);
    assert!(subnets.values().all(|&ends| ends == 2));
}

#[test]
fn serial_numbers_differ_and_learnt_addresses_are_on_ports_that_are_up() {
    let (campus, faults) = (campus(), Faults::default());
    let mut serials = std::collections::HashSet::new();
    for id in 0..campus.devices.len() {
        let view = view(&campus, &faults, id, 0);
        for (_, serial) in rows(&view, &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 11]) {
            let text = serial.as_str().expect("text").to_owned();
            assert!(text.is_empty() || serials.insert(text.clone()), "{text}");
        }
        for (_, port) in rows(&view, &[1, 3, 6, 1, 2, 1, 17, 4, 3, 1, 2]) {
            let port = port.as_i32().expect("port") as u32;
            let index = view.get(&[1, 3, 6, 1, 2, 1, 17, 1, 4, 1, 2, port]).as_i32().expect("ifIndex") as u32;
            assert_eq!(view.get(&[1, 3, 6, 1, 2, 1, 2, 2, 1, 8, index]), Value::Integer(1));
        }
    }
    assert!(serials.len() > 300, "{}", serials.len());
}
