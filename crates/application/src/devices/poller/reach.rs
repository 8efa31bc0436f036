//! Which silent devices are at fault, and which only lie behind one that is.
//!
//! A silent device next to one that answers is at fault itself. One whose every path to the devices that answer goes through silent ones
//! is unreachable. Where nothing around answers, nobody can tell, and all of them are down.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vigie_domain::Id;
use vigie_domain::topology::Link;

/// How a silent device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is at fault, as far as can be told.
    AtFault,
    /// It lies behind this one.
    Behind(Id),
}

#[derive(Default)]
struct Graph {
    neighbours: HashMap<Id, Vec<Id>>,
    answering: HashSet<Id>,
    silent: HashSet<Id>,
}

/// The links, and who answers.
#[derive(Default)]
pub struct Reach {
    graph: Mutex<Graph>,
}

impl Reach {
    /// Replaces the links.
    pub fn set_links(&self, links: &[Link]) {
        let mut neighbours: HashMap<Id, Vec<Id>> = HashMap::new();
        for link in links {
            if let (Some(a), Some(b)) = (link.source.device_id, link.target.device_id)
                && a != b
            {
                neighbours.entry(a).or_default().push(b);
                neighbours.entry(b).or_default().push(a);
            }
        }
        self.lock().neighbours = neighbours;
    }

    /// Notes whether a device answers; the silent devices whose standing that may change, when it is news.
    pub fn note(&self, id: Id, answers: bool) -> Vec<Id> {
        let mut graph = self.lock();
        let Graph { answering, silent, .. } = &mut *graph;
        let (to, from) = if answers { (answering, silent) } else { (silent, answering) };
        from.remove(&id);
        if !to.insert(id) {
            return Vec::new();
        }
        let mut touched = graph.silent_from(id);
        touched.retain(|other| *other != id);
        touched
    }

    /// Forgets a device.
    pub fn forget(&self, id: Id) {
        let mut graph = self.lock();
        graph.answering.remove(&id);
        graph.silent.remove(&id);
    }

    /// The devices linked to one that are not silent: they are worth a look when it falls silent.
    pub fn neighbours(&self, id: Id) -> Vec<Id> {
        let graph = self.lock();
        graph.around(id).filter(|n| graph.answering.contains(n)).collect()
    }

    /// How a silent device stands.
    pub fn standing(&self, id: Id) -> Standing {
        let graph = self.lock();
        let at_fault = |silent: Id| graph.around(silent).any(|n| graph.answering.contains(&n));
        if at_fault(id) {
            return Standing::AtFault;
        }
        graph.silent_from(id).into_iter().find(|other| at_fault(*other)).map_or(Standing::AtFault, Standing::Behind)
    }

    fn lock(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Graph {
    fn around(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        self.neighbours.get(&id).into_iter().flatten().copied()
    }

    /// The silent devices reached from one over silent ones, nearest first.
    fn silent_from(&self, id: Id) -> Vec<Id> {
        let (mut seen, mut queue, mut found) = (HashSet::from([id]), VecDeque::from([id]), Vec::new());
        while let Some(at) = queue.pop_front() {
            for next in self.around(at).filter(|n| self.silent.contains(n)) {
                if seen.insert(next) {
                    queue.push_back(next);
                    found.push(next);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_domain::Timestamp;
    use vigie_domain::topology::LinkEnd;

    fn id(number: u128) -> Id {
        Id::fixed(number)
    }

    fn link(a: u128, b: u128) -> Link {
        let end = |n| LinkEnd { node: id(n), device_id: Some(id(n)), name: None, interface_id: None, interface_name: None };
        let (first_seen, last_seen) = (Timestamp(0), Timestamp(0));
        Link { id: Id::new(), source: end(a), target: end(b), confidence: 1.0, evidence: Vec::new(), present: true, first_seen, last_seen }
    }

    /// 1 core, 2 and 3 distribution, 4 and 5 access behind 2, 5 also behind 3.
    fn campus(silent: &[u128]) -> Reach {
        let reach = Reach::default();
        reach.set_links(&[link(1, 2), link(1, 3), link(2, 4), link(2, 5), link(3, 5)]);
        for number in 1..=5 {
            reach.note(id(number), !silent.contains(&number));
        }
        reach
    }

    #[test]
    fn what_lies_behind_a_silent_device_is_unreachable() {
        let reach = campus(&[2, 4]);
        assert_eq!(reach.standing(id(2)), Standing::AtFault);
        assert_eq!(reach.standing(id(4)), Standing::Behind(id(2)));
    }

    #[test]
    fn another_path_makes_it_its_own_fault() {
        assert_eq!(campus(&[2, 5]).standing(id(5)), Standing::AtFault);
        assert_eq!(campus(&[2, 3, 5]).standing(id(5)), Standing::Behind(id(2)));
    }

    #[test]
    fn where_nothing_answers_all_are_down() {
        let reach = campus(&[1, 2, 3, 4, 5]);
        assert_eq!(reach.standing(id(4)), Standing::AtFault);
        assert_eq!(reach.standing(id(1)), Standing::AtFault);
    }

    #[test]
    fn news_names_those_it_may_change_whatever_the_order() {
        let reach = campus(&[4]);
        assert_eq!(reach.standing(id(4)), Standing::AtFault);
        assert_eq!(reach.note(id(2), false), [id(4)]);
        assert_eq!(reach.standing(id(4)), Standing::Behind(id(2)));
        assert!(reach.note(id(2), false).is_empty(), "no news");
        assert_eq!(reach.note(id(2), true), [id(4)]);
        assert_eq!(reach.standing(id(4)), Standing::AtFault);
    }
}
