//! Reading targets, and telling what is wrong with them.

use std::net::IpAddr;

use ipnet::IpNet;
use vigie_domain::FieldError;

use super::span::{Plan, Span};
use crate::Settings;

/// More addresses of IPv4 than a /8 are not looked through.
const MOST_V4: u128 = 1 << 24;
/// More addresses of IPv6 than a /112 cannot be looked through in any useful time.
const MOST_V6: u128 = 1 << 16;
/// Targets or exclusions that one discovery may have.
const MOST_TARGETS: usize = 1_000;

/// What is wrong with a target: code, message, what to write instead.
type Fault = (&'static str, String, String);

/// Reads targets and exclusions; everything that is wrong is added to `faults`.
pub(crate) fn read(targets: &[String], exclude: &[String], confirmed: bool, settings: &Settings, faults: &mut Vec<FieldError>) -> Plan {
    let before = faults.len();
    if targets.is_empty() {
        let fault = FieldError::new("targets", "required", "a discovery needs targets").solution("write a network such as 10.0.0.0/24");
        faults.push(fault);
    }
    let spans = read_list("targets", targets, faults, |text| {
        let span = parse(text, Span::hosts)?;
        check(text, &span, settings.allow_local)?;
        Ok(span)
    });
    overlaps(targets, &spans, faults);
    let out = exclusions(exclude, faults);
    let spans: Vec<Span> = spans.into_iter().flatten().collect();
    let plan = Plan::new(&spans, &out);
    if faults.len() == before {
        faults.extend(check_size(&plan, confirmed, settings));
    }
    plan
}

/// Reads exclusions alone.
pub(crate) fn exclusions(exclude: &[String], faults: &mut Vec<FieldError>) -> Vec<Span> {
    read_list("exclude", exclude, faults, |text| parse(text, Span::net)).into_iter().flatten().collect()
}

fn read_list(field: &str, texts: &[String], faults: &mut Vec<FieldError>, read: impl Fn(&str) -> Result<Span, Fault>) -> Vec<Option<Span>> {
    if texts.len() > MOST_TARGETS {
        let message = format!("{field} has {} entries, at most {MOST_TARGETS} are allowed", texts.len());
        faults.push(FieldError::new(field, "too_many", message).solution("write networks instead of single addresses"));
    }
    let mut spans = Vec::new();
    for (place, text) in texts.iter().take(MOST_TARGETS).enumerate() {
        match read(text.trim()) {
            Ok(span) => spans.push(Some(span)),
            Err((code, message, solution)) => {
                faults.push(FieldError::new(format!("{field}[{place}]"), code, message).solution(solution));
                spans.push(None);
            }
        }
    }
    spans
}

/// A network, a stretch such as `10.0.0.1-10.0.0.50` or `10.0.0.1-50`, or an address.
fn parse(text: &str, of_net: impl Fn(IpNet) -> Span) -> Result<Span, Fault> {
    if let Some((address, length)) = text.split_once('/') {
        return network(text, address, length).map(of_net);
    }
    if let Some((first, last)) = text.split_once('-').filter(|(first, _)| first.trim().parse::<IpAddr>().is_ok()) {
        return stretch(text, first.trim(), last.trim());
    }
    let unreadable = || {
        let solution = "write an address such as 10.0.0.1 or a network such as 10.0.0.0/24".to_owned();
        ("invalid_target", format!("{} is neither an IP address nor a network", shown(text)), solution)
    };
    text.parse::<IpAddr>().map(Span::one).map_err(|_| unreadable())
}

fn network(text: &str, address: &str, length: &str) -> Result<IpNet, Fault> {
    let unreadable = || {
        let solution = "write a network such as 10.0.0.0/24".to_owned();
        ("invalid_cidr", format!("{} is not a network: before / stands an IP address, behind it a number", shown(text)), solution)
    };
    let address: IpAddr = address.trim().parse().map_err(|_| unreadable())?;
    let (family, most, usual) = if address.is_ipv4() { ("IPv4", 32, 24) } else { ("IPv6", 128, 120) };
    let number: u32 = length.trim().parse().map_err(|_| unreadable())?;
    let of = |length: u8| IpNet::new(address, length).map(|net| net.trunc());
    let (Ok(prefix), true) = (u8::try_from(number), number <= most) else {
        let solution = of(usual).map_or_else(|_| "write a shorter prefix".to_owned(), |net| format!("write {net}"));
        return Err((
            "invalid_cidr",
            format!("{} is not a network: the prefix length of {family} is at most {most}", shown(text)),
            solution,
        ));
    };
    let net = of(prefix).map_err(|_| unreadable())?;
    if net.network() != address {
        let solution = format!("write {net}, or {address} for the address alone");
        return Err(("host_bits_set", format!("{} is not a network: bits behind its prefix are set", shown(text)), solution));
    }
    Ok(net)
}

fn stretch(text: &str, first: &str, last: &str) -> Result<Span, Fault> {
    let unreadable = |solution: String| ("invalid_range", format!("{} is not a range of addresses in order", shown(text)), solution);
    let usual = || "write 10.0.0.1-10.0.0.50 or 10.0.0.1-50".to_owned();
    let first: IpAddr = first.parse().map_err(|_| unreadable(usual()))?;
    let last: IpAddr = match (last.parse::<IpAddr>(), last.parse::<u8>(), first) {
        (Ok(address), _, _) => address,
        (Err(_), Ok(octet), IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::from([a, b, c, octet])
        }
        _ => return Err(unreadable(usual())),
    };
    Span::new(first, last).ok_or_else(|| unreadable(format!("write {last}-{first}")))
}

/// Whether all of it can be somebody's address.
fn check(text: &str, span: &Span, allow_local: bool) -> Result<(), Fault> {
    let text = shown(text);
    let most = if span.nth(0).is_ipv4() { MOST_V4 } else { MOST_V6 };
    if span.count() > most {
        let solution =
            if most == MOST_V4 { "write networks of at most a /8" } else { "write a /112 or longer, or crawl from a known address" };
        return Err((
            "too_large",
            format!("{text} holds {} addresses, at most {} can be looked through", grouped(span.count()), grouped(most)),
            solution.to_owned(),
        ));
    }
    let touches = |nets: &[&str]| nets.iter().filter_map(|net| net.parse().ok()).any(|net| Span::net(net).overlaps(span));
    let unicast = "write addresses of hosts, such as 10.0.0.0/24".to_owned();
    if touches(&["0.0.0.0/32", "::/128"]) {
        return Err(("unspecified_target", format!("{text} is the unspecified address, which no host has"), unicast));
    }
    if touches(&["224.0.0.0/4", "ff00::/8"]) {
        return Err(("multicast_target", format!("{text} holds multicast addresses, which no single host has"), unicast));
    }
    if touches(&["255.255.255.255/32"]) {
        return Err(("broadcast_target", format!("{text} holds the broadcast address, which no single host has"), unicast));
    }
    if touches(&["0.0.0.0/8", "240.0.0.0/4"]) {
        return Err(("reserved_target", format!("{text} holds reserved addresses (RFC 6890), which no host has"), unicast));
    }
    if !allow_local && touches(&["127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10"]) {
        let solution = "set discovery.allow_local in the configuration, or write other addresses".to_owned();
        return Err(("local_target", format!("{text} holds loopback or link-local addresses, which need discovery.allow_local"), solution));
    }
    Ok(())
}

fn overlaps(texts: &[String], spans: &[Option<Span>], faults: &mut Vec<FieldError>) {
    let mut known: Vec<(usize, &Span)> = Vec::new();
    for (place, span) in spans.iter().enumerate().filter_map(|(place, span)| Some((place, span.as_ref()?))) {
        if let Some((other, with)) = known.iter().find(|(_, other)| other.overlaps(span)) {
            let (text, other) = (shown(&texts[place]), shown(&texts[*other]));
            let lesser = if span.count() <= with.count() { &text } else { &other };
            let fault = FieldError::new(format!("targets[{place}]"), "overlapping_targets", format!("{text} overlaps {other}"));
            faults.push(fault.solution(format!("leave out {lesser}")));
        }
        known.push((place, span));
    }
}

fn check_size(plan: &Plan, confirmed: bool, settings: &Settings) -> Option<FieldError> {
    let count = plan.count();
    if count == 0 {
        let fault = FieldError::new("exclude", "nothing_left", "exclude leaves nothing of the targets");
        return Some(fault.solution("exclude less, or add targets"));
    }
    if count > MOST_V4 {
        let message =
            format!("these targets hold {} addresses, at most {} can be looked through in one discovery", grouped(count), grouped(MOST_V4));
        return Some(FieldError::new("targets", "too_large", message).solution("make several discoveries"));
    }
    if count <= u128::from(settings.discovery_max_addresses) || confirmed {
        return None;
    }
    let minutes = count / u128::from(settings.discovery_rate.max(1)) / 60;
    let message = format!(
        "these targets hold {} addresses, which takes about {minutes} minutes at {} a second",
        grouped(count),
        settings.discovery_rate
    );
    Some(FieldError::new("confirm_large", "needs_confirmation", message).solution("send confirm_large: true, or narrower targets"))
}

/// What a person wrote, no longer than is worth repeating.
fn shown(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Digits in groups of three.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(targets: &[&str], exclude: &[&str], confirmed: bool, settings: &Settings) -> Vec<FieldError> {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let mut faults = Vec::new();
        read(&owned(targets), &owned(exclude), confirmed, settings, &mut faults);
        faults
    }

    fn fault(targets: &[&str]) -> FieldError {
        let mut found = faults(targets, &[], false, &Settings::default());
        assert_eq!(found.len(), 1, "{targets:?}: {found:?}");
        found.remove(0)
    }

    #[test]
    fn the_example_of_the_contract() {
        let fault = fault(&["192.0.2.7", "10.0.0.0/40"]);
        assert_eq!((fault.field.as_str(), &*fault.code), ("targets[1]", "invalid_cidr"));
        assert_eq!(fault.message, "10.0.0.0/40 is not a network: the prefix length of IPv4 is at most 32");
        assert_eq!(fault.solution.as_deref(), Some("write 10.0.0.0/24"));
    }

    #[test]
    fn every_fault_has_its_code_and_a_solution() {
        for (target, code) in [
            ("lyo-core-1", "invalid_target"),
            ("", "invalid_target"),
            ("10.0.0.5/24", "host_bits_set"),
            ("10.0.0/24", "invalid_cidr"),
            ("10.0.0.0/x", "invalid_cidr"),
            ("10.0.0.0/-1", "invalid_cidr"),
            ("2001:db8::/129", "invalid_cidr"),
            ("10.0.0.9-10.0.0.1", "invalid_range"),
            ("10.0.0.9-300", "invalid_range"),
            ("0.0.0.0", "unspecified_target"),
            ("::", "unspecified_target"),
            ("0.0.0.0/0", "too_large"),
            ("10.0.0.0/7", "too_large"),
            ("2001:db8::/64", "too_large"),
            ("224.0.0.0/24", "multicast_target"),
            ("ff02::1", "multicast_target"),
            ("255.255.255.255", "broadcast_target"),
            ("250.0.0.1", "reserved_target"),
        ] {
            let fault = fault(&[target]);
            assert_eq!(&*fault.code, code, "{target}: {fault:?}");
            assert!(fault.solution.is_some(), "{target}");
        }
    }

    #[test]
    fn local_targets_need_to_be_allowed() {
        let strict = Settings { allow_local: false, ..Settings::default() };
        for target in ["127.0.0.0/24", "169.254.1.1", "fe80::1", "::1"] {
            assert_eq!(faults(&[target], &[], false, &strict)[0].code, "local_target", "{target}");
            assert_eq!(faults(&[target], &[], false, &Settings::default()), [], "{target}");
        }
    }

    #[test]
    fn targets_do_not_overlap_and_leave_something() {
        let overlap = fault(&["10.0.0.0/24", "10.0.0.7"]);
        assert_eq!((overlap.field.as_str(), &*overlap.code), ("targets[1]", "overlapping_targets"));
        assert_eq!(overlap.solution.as_deref(), Some("leave out 10.0.0.7"));
        let all = faults(&["10.0.0.0/24"], &["10.0.0.0/16"], false, &Settings::default());
        assert_eq!(all[0].code, "nothing_left");
        assert_eq!(faults(&[], &[], false, &Settings::default())[0].code, "required");
    }

    #[test]
    fn a_large_discovery_wants_to_be_confirmed() {
        let large = faults(&["10.0.0.0/8"], &[], false, &Settings::default());
        assert_eq!((large[0].field.as_str(), &*large[0].code), ("confirm_large", "needs_confirmation"));
        assert!(large[0].message.contains("16,777,214"), "{}", large[0].message);
        assert_eq!(faults(&["10.0.0.0/8"], &[], true, &Settings::default()), []);
        assert_eq!(
            faults(
                &["10.0.0.0/8"],
                &["10.0.0.0/9", "10.128.0.0/10", "10.192.0.0/11", "10.224.0.0/12", "10.240.0.0/13"],
                false,
                &Settings { discovery_max_addresses: 600_000, ..Settings::default() }
            ),
            []
        );
    }
}
