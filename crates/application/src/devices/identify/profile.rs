//! A profile: how a family of devices is recognised, and where it keeps what identifies it. Data, not code: see `profiles/*.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::{Deserialize, Deserializer, de};
use vigie_domain::devices::{Oid, Role};

/// A regular expression, compiled when it is first needed: few profiles are looked at closely for one device.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Whether the text holds it.
    pub fn matches(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The groups that took part in the match, one space between them, or all of it where there is no group; `None` when empty.
    pub fn capture(&self, text: &str) -> Option<String> {
        let found = self.regex()?.captures(text)?;
        let groups = if found.len() == 1 { 0..1 } else { 1..found.len() };
        let parts: Vec<&str> = groups.filter_map(|place| found.get(place)).map(|part| part.as_str().trim()).collect();
        Some(parts.join(" ")).filter(|t| !t.is_empty())
    }

    /// Compiles it now; fails with what is wrong.
    pub fn check(&self) -> Result<(), String> {
        compile(&self.text).map(|_| ()).map_err(|error| error.to_string())
    }

    fn regex(&self) -> Option<&Regex> {
        // what cannot be compiled was refused when the file was read
        self.compiled.get_or_init(|| compile(&self.text).ok()).as_ref()
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build()
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: String::deserialize(deserializer)?, compiled: OnceLock::new() })
    }
}

/// A text out of ENTITY-MIB's chassis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityText {
    Descr,
    Name,
    Hardware,
    Firmware,
    Software,
    Serial,
    Maker,
    Model,
}

/// Where a text comes from: exactly one of the places, and optionally what is cut out of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    /// Cut out of sysDescr.
    pub descr: Option<Pattern>,
    /// Cut out of sysName.
    pub name: Option<Pattern>,
    /// The chassis in ENTITY-MIB.
    pub entity: Option<EntityText>,
    /// One instance.
    pub oid: Option<Oid>,
    /// The first text of a column.
    pub column: Option<Oid>,
    /// One instance below the device's own sysObjectID, as makers do who give each product a branch: `1.4.0`.
    pub own: Option<String>,
    /// By sysObjectID, the longest that fits.
    pub object_id: Option<BTreeMap<String, String>>,
    /// Always this.
    pub text: Option<String>,
    /// Octets of `oid` or `column` are shown as hex digits, as those of a MAC address.
    pub hex: bool,
    /// Cut out of what `entity`, `oid` or `column` gave.
    #[serde(rename = "match")]
    pub pattern: Option<Pattern>,
}

/// A condition on an instance that has to be asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeCondition {
    /// The instance.
    pub oid: Oid,
    /// What its text must hold; that it is there, when absent.
    #[serde(default, rename = "match")]
    pub pattern: Option<Pattern>,
}

/// A role for some models of a profile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Looked for in model and sysDescr.
    #[serde(rename = "match")]
    pub pattern: Pattern,
    /// What such a device does.
    pub role: Role,
}

/// A profile. All conditions that are given must hold; one of `object_id`, `descr` and `name` is needed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name; one read later takes the place of one of the same name.
    pub id: String,
    /// sysObjectID lies at or below one of these.
    #[serde(default)]
    pub object_id: Vec<Oid>,
    /// sysDescr holds this.
    #[serde(default)]
    pub descr: Option<Pattern>,
    /// sysDescr does not hold this.
    #[serde(default)]
    pub not_descr: Option<Pattern>,
    /// sysName holds this.
    #[serde(default)]
    pub name: Option<Pattern>,
    /// An instance that only such devices have.
    #[serde(default)]
    pub probe: Option<ProbeCondition>,
    /// Looked at before others that fit as closely; 0 when absent.
    #[serde(default)]
    pub priority: i32,
    /// Maker; by the enterprise number in sysObjectID, when absent.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Operating system, one word.
    #[serde(default)]
    pub os: Option<String>,
    /// Places of the version, tried in order.
    #[serde(default)]
    pub version: Vec<Source>,
    /// Places of the model.
    #[serde(default)]
    pub model: Vec<Source>,
    /// Places of the serial number.
    #[serde(default)]
    pub serial: Vec<Source>,
    /// What such a device does, whatever its model.
    #[serde(default)]
    pub role: Option<Role>,
    /// What it does by its model.
    #[serde(default)]
    pub roles: Vec<RoleRule>,
}

/// What a device says of itself without being asked twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// sysObjectID.
    pub object_id: Option<&'a Oid>,
    /// sysDescr.
    pub descr: &'a str,
    /// sysName.
    pub name: &'a str,
}

/// How closely a profile fits; larger is closer.
pub type Fit = (i32, usize, usize);

impl Profile {
    /// How closely it fits, its probe apart; `None` when it does not.
    pub fn fit(&self, told: &Told<'_>) -> Option<Fit> {
        let depth = if self.object_id.is_empty() {
            0
        } else {
            let of = told.object_id?;
            self.object_id.iter().filter(|prefix| of.suffix(prefix).is_some()).map(|prefix| prefix.arcs().len()).max()?
        };
        let texts = [(&self.descr, told.descr), (&self.name, told.name)];
        let given = texts.iter().filter(|(pattern, _)| pattern.is_some()).count();
        if depth == 0 && given == 0 {
            return None;
        }
        let hold = texts.iter().all(|(pattern, text)| pattern.as_ref().is_none_or(|p| p.matches(text)));
        let excluded = self.not_descr.as_ref().is_some_and(|p| p.matches(told.descr));
        (hold && !excluded).then_some((self.priority, depth, given + usize::from(self.probe.is_some())))
    }

    /// Refuses what cannot work.
    pub fn check(&self) -> Result<(), String> {
        let patterns = [&self.descr, &self.not_descr, &self.name].into_iter().flatten().chain(self.roles.iter().map(|r| &r.pattern));
        for pattern in patterns.chain(self.probe.iter().filter_map(|p| p.pattern.as_ref())) {
            pattern.check()?;
        }
        for source in self.sources() {
            source.check()?;
        }
        if self.object_id.is_empty() && self.descr.is_none() && self.name.is_none() {
            return Err("one of object_id, descr and name is needed".to_owned());
        }
        Ok(())
    }

    /// All places it looks at.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.version.iter().chain(&self.model).chain(&self.serial)
    }
}

impl Source {
    /// The instance it asks for, if it asks for one.
    pub(super) fn instance(&self, object_id: Option<&Oid>) -> Option<Oid> {
        let own = || {
            let arcs: Option<Vec<u32>> = self.own.as_deref()?.split('.').map(|arc| arc.parse().ok()).collect();
            Some(object_id?.child(&arcs?))
        };
        self.oid.clone().or_else(own)
    }

    fn check(&self) -> Result<(), String> {
        if self.own.as_deref().is_some_and(|own| own.split('.').any(|arc| arc.parse::<u32>().is_err())) {
            return Err("own is a list of arcs such as 1.4.0".to_owned());
        }
        for pattern in [&self.descr, &self.name, &self.pattern].into_iter().flatten() {
            pattern.check()?;
        }
        let places = [
            self.descr.is_some(),
            self.name.is_some(),
            self.entity.is_some(),
            self.oid.is_some(),
            self.column.is_some(),
            self.own.is_some(),
            self.object_id.is_some(),
            self.text.is_some(),
        ];
        match places.iter().filter(|given| **given).count() {
            1 => Ok(()),
            count => Err(format!("a source has exactly one of descr, name, entity, oid, own, column, object_id and text, not {count}")),
        }
    }
}

/// A file of profiles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileFile {
    pub(super) profile: Vec<Profile>,
}

/// Reads a file of profiles.
pub(super) fn parse(text: &str) -> Result<Vec<Profile>, String> {
    let file: ProfileFile = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    for profile in &file.profile {
        profile.check().map_err(|problem| format!("profile {}: {problem}", profile.id))?;
    }
    Ok(file.profile)
}

/// Vendors by the number IANA gave them: `[enterprises] 9 = "Cisco"`.
#[derive(Debug)]
pub(super) struct Enterprises(pub(super) BTreeMap<u32, String>);

impl<'de> Deserialize<'de> for Enterprises {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named: BTreeMap<String, String> = BTreeMap::deserialize(deserializer)?;
        let pair = |(number, name): (String, String)| number.parse().map(|number| (number, name)).map_err(de::Error::custom);
        named.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }
}
