//! What happened between two devices, as somebody sees it who sees only one of them.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::event::{Event, event_types};
use crate::Id;

/// A sentence that names another device: said to whoever sees that one too, in place of the plain sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beyond {
    /// The device it names; `None` for a neighbour that is no device of ours, which only unlimited callers see.
    pub device_id: Option<Id>,
    /// The sentence.
    pub text: String,
}

impl Beyond {
    /// The sentence for somebody: this one where the device is seen, else the plain one.
    pub fn or_plain(beyond: Option<Self>, plain: Option<String>, sees: &dyn Fn(Option<Id>) -> bool) -> Option<String> {
        beyond.filter(|b| sees(b.device_id)).map(|b| b.text).or(plain)
    }
}

impl Event {
    /// The devices that it tells of.
    pub fn names(&self) -> Vec<Id> {
        let mut ids: Vec<Id> = self.device_id.into_iter().chain(self.peer_device_id).collect();
        for details in [&self.data, &self.previous].into_iter().flatten() {
            ids.extend(["source", "target", "beyond"].iter().filter_map(|part| id_of(&details[part])));
        }
        ids
    }

    /// As somebody sees it; `sees(None)` says whether that one sees what is no device of ours.
    pub fn seen_by(mut self, sees: &dyn Fn(Option<Id>) -> bool) -> Self {
        if !sees(self.device_id) && self.peer_device_id.is_some() {
            self.device_id = self.peer_device_id;
        }
        match self.kind.as_str() {
            event_types::LINK_APPEARED | event_types::LINK_VANISHED => self.see_link(sees),
            event_types::NEIGHBOUR_CHANGED if !sees(None) => {
                for details in [&mut self.data, &mut self.previous].into_iter().flatten() {
                    hide(details, &["system_name", "chassis_id", "port_id"]);
                }
            }
            _ => {
                for details in [&mut self.data, &mut self.previous].into_iter().flatten() {
                    see_reason(details, sees);
                }
            }
        }
        self
    }

    /// The other end is hidden; the link is called by the end that is seen.
    fn see_link(&mut self, sees: &dyn Fn(Option<Id>) -> bool) {
        let Some(data) = &mut self.data else {
            self.subject.name = self.subject.name.take().filter(|_| sees(None));
            return;
        };
        let mut names = Vec::new();
        for part in ["source", "target"] {
            if sees(id_of(&data[part])) {
                names.extend(data[part]["name"].as_str().map(str::to_owned));
            } else {
                data[part] = json!({ "kind": "hidden" });
                data["confidence"] = Json::Null;
            }
        }
        if !data["confidence"].is_null() {
            return;
        }
        self.subject.name = (!names.is_empty()).then(|| names.join(" – "));
    }
}

fn id_of(details: &Json) -> Option<Id> {
    details["device_id"].as_str()?.parse().ok()
}

fn hide(details: &mut Json, members: &[&str]) {
    for member in members.iter().filter(|m| details.get(**m).is_some()).collect::<Vec<_>>() {
        details[*member] = Json::Null;
    }
}

/// `reason` with the name of the device behind which it lies, where that is seen.
fn see_reason(details: &mut Json, sees: &dyn Fn(Option<Id>) -> bool) {
    let Some(beyond) = details.as_object_mut().and_then(|members| members.remove("beyond")) else { return };
    let Ok(beyond) = serde_json::from_value::<Beyond>(beyond) else { return };
    if sees(beyond.device_id) {
        details["reason"] = beyond.text.into();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::*;
    use crate::Timestamp;

    fn link() -> Event {
        let end = |n: u128, name: &str| json!({ "device_id": Id::fixed(n), "name": name, "interface_name": name });
        Event::new(event_types::LINK_APPEARED, Timestamp(1), Subject::new("link", Id::fixed(9), "a 1 – b 2"), Some(Id::fixed(1)))
            .peer(Some(Id::fixed(2)))
            .data(json!({ "source": end(1, "a 1"), "target": end(2, "b 2"), "confidence": 1.0 }))
    }

    #[test]
    fn of_a_link_the_end_that_is_seen_is_told_whichever_it_is() {
        let whole = link();
        assert_eq!(whole.clone().seen_by(&|_| true), whole);
        for (seen, name) in [(1, "a 1"), (2, "b 2")] {
            let event = link().seen_by(&|id| id == Some(Id::fixed(seen)));
            assert_eq!(event.subject.name.as_deref(), Some(name));
            assert_eq!(event.device_id, Some(Id::fixed(seen)));
            let text = serde_json::to_string(&event.data).unwrap();
            let hidden = if seen == 1 { "b 2" } else { "a 1" };
            assert!(text.contains(r#"{"kind":"hidden"}"#) && !text.contains(hidden), "{text}");
        }
    }

    #[test]
    fn reasons_name_what_is_seen() {
        let event = || {
            Event::new(event_types::DEVICE_STATUS_CHANGED, Timestamp(1), Subject::new("device", Id::fixed(1), "a"), Some(Id::fixed(1)))
                .data(json!({ "reason": "behind another device", "beyond": Beyond { device_id: Some(Id::fixed(2)), text: "behind b".into() } }))
        };
        assert_eq!(event().names(), [Id::fixed(1), Id::fixed(2)]);
        assert_eq!(event().seen_by(&|_| true).data, Some(json!({ "reason": "behind b" })));
        assert_eq!(event().seen_by(&|id| id == Some(Id::fixed(1))).data, Some(json!({ "reason": "behind another device" })));
    }
}
