//! The profiles there are: those that come with Vigie, and those in a directory of the user's.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use vigie_domain::devices::Oid;
use vigie_domain::{Error, ErrorKind, Result};

use super::profile::{Enterprises, Fit, Profile, Told, parse};

/// Files that are compiled in, by name.
const SHIPPED: &[(&str, &str)] = &[
    ("cisco.toml", include_str!("profiles/cisco.toml")),
    ("network.toml", include_str!("profiles/network.toml")),
    ("wireless.toml", include_str!("profiles/wireless.toml")),
    ("security.toml", include_str!("profiles/security.toml")),
    ("hosts.toml", include_str!("profiles/hosts.toml")),
    ("power.toml", include_str!("profiles/power.toml")),
    ("things.toml", include_str!("profiles/things.toml")),
    ("more.toml", include_str!("profiles/more.toml")),
];
const ENTERPRISES: &str = include_str!("profiles/enterprises.toml");
/// 1.3.6.1.4.1: below it, the next arc is the enterprise.
const ENTERPRISE_ROOT: [u32; 6] = [1, 3, 6, 1, 4, 1];

/// The profiles.
#[derive(Debug)]
pub struct Profiles {
    profiles: Vec<Profile>,
    enterprises: BTreeMap<u32, String>,
}

static BUILT_IN: LazyLock<Arc<Profiles>> = LazyLock::new(|| Arc::new(Profiles::shipped()));

impl Profiles {
    /// Those that come with Vigie.
    pub fn built_in() -> Arc<Self> {
        BUILT_IN.clone()
    }

    /// Those that come with Vigie, and every `*.toml` of a directory, in the order of their names; a profile of the same id replaces.
    /// Fails naming file and fault.
    pub fn load(directory: &Path) -> Result<Arc<Self>> {
        let mut all = Self::shipped();
        let unreadable = |error: std::io::Error| {
            Error::new(ErrorKind::ValidationFailed, "invalid_profile", format!("cannot read profiles in {}: {error}", directory.display()))
        };
        let mut paths: Vec<_> =
            std::fs::read_dir(directory).map_err(unreadable)?.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            let added = parse(&text)
                .map_err(|problem| Error::new(ErrorKind::ValidationFailed, "invalid_profile", format!("{}: {problem}", path.display())))?;
            for profile in added {
                all.profiles.retain(|known| known.id != profile.id);
                all.profiles.push(profile);
            }
        }
        Ok(Arc::new(all))
    }

    fn shipped() -> Self {
        let mut profiles = Vec::new();
        for (name, text) in SHIPPED {
            match parse(text) {
                Ok(more) => profiles.extend(more),
                Err(problem) => tracing::error!(file = name, problem, "a shipped file of profiles cannot be read"),
            }
        }
        let enterprises = toml::from_str::<Enterprises>(ENTERPRISES).map_or_else(
            |error| {
                tracing::error!(problem = %error, "the shipped file of enterprises cannot be read");
                BTreeMap::new()
            },
            |read| read.0,
        );
        Self { profiles, enterprises }
    }

    /// Those that fit, the closest first.
    pub fn fitting(&self, told: &Told<'_>) -> Vec<&Profile> {
        let mut fitting: Vec<(Fit, &Profile)> = self.profiles.iter().filter_map(|p| p.fit(told).map(|fit| (fit, p))).collect();
        fitting.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
        fitting.into_iter().map(|(_, profile)| profile).collect()
    }

    /// The maker by the enterprise number in a sysObjectID.
    pub fn vendor(&self, object_id: &Oid) -> Option<&str> {
        let number = object_id.arcs().strip_prefix(&ENTERPRISE_ROOT)?.first()?;
        self.enterprises.get(number).map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.profiles.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_shipped_file_can_be_read() {
        let mut ids = HashSet::new();
        for (name, text) in SHIPPED {
            for profile in parse(text).unwrap_or_else(|problem| panic!("{name}: {problem}")) {
                assert!(ids.insert(profile.id.clone()), "{} is there twice", profile.id);
            }
        }
        assert!(toml::from_str::<Enterprises>(ENTERPRISES).unwrap().0.len() > 150);
    }

    #[test]
    fn the_closest_profile_comes_first() {
        let profiles = Profiles::built_in();
        let nexus: Oid = "1.3.6.1.4.1.9.12.3.1.3.1507".parse().unwrap();
        let descr = "Cisco NX-OS(tm) n9000, Software (n9000-dk9), Version 9.3(8), RELEASE SOFTWARE";
        let found = profiles.fitting(&Told { object_id: Some(&nexus), descr, name: "" });
        assert_eq!(found[0].os.as_deref(), Some("nxos"));
        assert_eq!(profiles.vendor(&nexus), Some("Cisco"));
    }

    #[test]
    fn a_users_profile_replaces_and_adds() {
        let directory = tempfile::tempdir().unwrap();
        let mine = "[[profile]]\nid = \"mine\"\nvendor = \"Us\"\nos = \"our-os\"\ndescr = \"^our box (\\\\d+)\"\nversion = [{ descr = \"box (\\\\d+)\" }]\n";
        std::fs::write(directory.path().join("mine.toml"), mine).unwrap();
        let profiles = Profiles::load(directory.path()).unwrap();
        let found = profiles.fitting(&Told { object_id: None, descr: "our box 7", name: "" });
        assert_eq!(found[0].vendor.as_deref(), Some("Us"));
        std::fs::write(directory.path().join("bad.toml"), "[[profile]]\nid = \"x\"\nvendor = \"y\"\ndescr = \"(\"\n").unwrap();
        let error = Profiles::load(directory.path()).unwrap_err();
        assert!(error.detail().contains("bad.toml") && error.detail().contains("profile x"), "{error}");
    }
}
