//! SPDX licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`, and the older `MIT/Apache-2.0`.

/// Whether an expression can be met by allowed licences alone. One that cannot be read is not.
pub fn allowed(expression: &str, allow: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut parser = Parser { words: spaced.split_whitespace().collect(), at: 0, allow };
    parser.either() == Some(true) && parser.at == parser.words.len()
}

struct Parser<'a> {
    words: Vec<&'a str>,
    at: usize,
    allow: &'a [&'a str],
}

impl Parser<'_> {
    fn either(&mut self) -> Option<bool> {
        let mut met = self.both()?;
        while self.take("OR") {
            met |= self.both()?;
        }
        Some(met)
    }

    fn both(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.either()?;
            return self.take(")").then_some(met);
        }
        let licence = *self.words.get(self.at)?;
        self.at += 1;
        if !self.take("WITH") {
            return Some(self.allow.contains(&licence));
        }
        let exception = *self.words.get(self.at)?;
        self.at += 1;
        Some(self.allow.contains(&format!("{licence} WITH {exception}").as_str()))
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.words.get(self.at) == Some(&word);
        self.at += usize::from(there);
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &[&str] = &["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"];

    #[test]
    fn expressions_are_met_or_not() {
        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT AND Apache-2.0",
            "(GPL-3.0 OR ISC) AND MIT",
            "GPL-3.0/MIT",
            "GPL-2.0 OR Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(allowed(good, ALLOW), "{good}");
        }
        for bad in
            ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT WITH Classpath-exception", "MIT OR", "(MIT", "MIT ISC"]
        {
            assert!(!allowed(bad, ALLOW), "{bad}");
        }
    }
}
