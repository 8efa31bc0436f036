//! The nearest valid name.

/// The name that was most likely meant: the same word in another section, or a few letters off.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.collect();
    by_last_word(unknown, &known, 0).or_else(|| by_letters(unknown, &known)).or_else(|| by_last_word(unknown, &known, 1))
}

fn by_letters<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    // no more than a third of the letters may differ, or it is no typing error
    let allowed = (unknown.chars().count() / 3).max(2);
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(unknown, name), *name)).filter(|(off, _)| *off <= allowed);
    near.min().map(|(_, name)| name)
}

/// A key in the wrong section; only where one place alone has it.
fn by_last_word<'a>(unknown: &str, known: &[&'a str], allowed: usize) -> Option<&'a str> {
    let mut same = known.iter().filter(|name| strsim::damerau_levenshtein(last_word(name), last_word(unknown)) <= allowed);
    same.next().filter(|_| same.next().is_none()).copied()
}

fn last_word(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_or_none() {
        let known = ["server", "server.listen", "server.tls.mode", "polling.interval_seconds", "log.level"];
        let near = |unknown: &str| nearest(unknown, known.into_iter());
        assert_eq!(near("server.listn"), Some("server.listen"));
        assert_eq!(near("sevrer"), Some("server"));
        assert_eq!(near("listen"), Some("server.listen"));
        assert_eq!(near("server.interval_seconds"), Some("polling.interval_seconds"));
        assert_eq!(near("logging.levle"), Some("log.level"));
        assert_eq!(near("x"), None);
        assert_eq!(near("completely.different"), None);
    }
}
