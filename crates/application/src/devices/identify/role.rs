//! What a device does in the network.

use std::sync::LazyLock;

use regex::Regex;
use vigie_domain::devices::Role;

use super::profile::Profile;

/// sysServices (RFC 3418): layer 2 is 2, layer 3 is 4.
const BRIDGES: u64 = 2;
const ROUTES: u64 = 4;

/// What the decision is made on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs<'a> {
    pub(super) model: Option<&'a str>,
    pub(super) descr: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) services: Option<u64>,
    /// Capabilities the device announces of itself over LLDP.
    pub(super) capabilities: &'a [&'static str],
    /// Ports that a cable can be in.
    pub(super) physical_ports: usize,
}

/// The role: what the profile is sure of, else the tier that the name tells, else what the model is sold for, else what the device says.
pub(super) fn role(profile: Option<&Profile>, signs: &Signs<'_>) -> Option<Role> {
    let sure = profile.and_then(|p| p.role);
    if sure.is_some() {
        return sure;
    }
    let by_model = profile.and_then(|profile| {
        let fits = |text: &str| profile.roles.iter().find(|rule| rule.pattern.matches(text)).map(|rule| rule.role);
        signs.model.and_then(fits).or_else(|| fits(signs.descr))
    });
    match by_model {
        // one switch is core here and distribution there: whoever named it knows
        Some(Role::Core | Role::Distribution | Role::Access | Role::Router) | None => {
            signs.name.and_then(by_name).or(by_model).or_else(|| by_behaviour(signs))
        }
        other => other,
    }
}

static WORDS: LazyLock<Vec<(Regex, Role)>> = LazyLock::new(|| {
    let words = [
        (r"core?\d*|bb\d*|backbone|spine\d*", Role::Core),
        (r"dist?\d*|distri\d*|distribution|agg\d*|aggr\d*|dsw\d*", Role::Distribution),
        (r"acc\d*|access|asw\d*|leaf\d*|edge\d*|tor\d*", Role::Access),
        (r"rtr?\d*|router\d*|gw\d*|pe\d*|ce\d*|cpe\d*|wan\d*|bng\d*", Role::Router),
        (r"fw\d*|firewall\d*", Role::Firewall),
        (r"ap\d*|wap\d*", Role::AccessPoint),
    ];
    let compiled = words.into_iter().filter_map(|(word, role)| Some((Regex::new(&format!("^(?:{word})$")).ok()?, role)));
    compiled.collect()
});

/// A word of the name that people use for a tier, such as `dist` in `lyo-b2-dist-1`.
fn by_name(name: &str) -> Option<Role> {
    let host = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let mut words = host.split(['-', '_', ' ']);
    words.find_map(|word| WORDS.iter().find(|(pattern, _)| pattern.is_match(word)).map(|(_, role)| *role))
}

fn by_behaviour(signs: &Signs<'_>) -> Option<Role> {
    let has = |word| signs.capabilities.contains(&word);
    let services = signs.services.unwrap_or(0);
    if has("wlan_access_point") {
        return Some(Role::AccessPoint);
    }
    if has("telephone") {
        return Some(Role::Phone);
    }
    if has("bridge") || services & BRIDGES != 0 && services & ROUTES == 0 {
        return Some(Role::Access);
    }
    if has("router") || services & ROUTES != 0 && services & 64 == 0 {
        return Some(if signs.physical_ports >= 16 { Role::Access } else { Role::Router });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_tiers() {
        for (name, wanted) in [
            ("lyo-b2-acc-2", Some(Role::Access)),
            ("par-dist-1.example.net", Some(Role::Distribution)),
            ("core1", Some(Role::Core)),
            ("LIL-CORE-02", Some(Role::Core)),
            ("mrs-rtr-1", Some(Role::Router)),
            ("score-board", None),
            ("accounting-printer", None),
        ] {
            assert_eq!(by_name(name), wanted, "{name}");
        }
    }

    #[test]
    fn capabilities_tell_the_rest() {
        let signs = Signs { capabilities: &["bridge", "wlan_access_point"], ..Signs::default() };
        assert_eq!(role(None, &signs), Some(Role::AccessPoint));
        let signs = Signs { services: Some(72), ..Signs::default() };
        assert_eq!(role(None, &signs), None, "a host");
    }
}
