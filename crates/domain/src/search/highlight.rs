//! Where a message matches what was looked for.

use std::ops::Range;

use super::Condition;
use super::analyzer::Analyzer;

/// What to look for in messages: the words that a condition asks for, not those that it excludes.
#[derive(Debug, Default)]
pub struct Highlighter {
    words: Vec<String>,
    beginnings: Vec<String>,
    phrases: Vec<Vec<String>>,
    analyzer: Analyzer,
}

impl Highlighter {
    /// What this condition looks for.
    pub fn of(condition: &Condition) -> Self {
        let mut highlighter = Self::default();
        highlighter.take(condition);
        highlighter
    }

    fn take(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| self.take(one)),
            Condition::Word(_, word) => self.words.push(word.clone()),
            Condition::Phrase(words) => self.phrases.push(words.clone()),
            Condition::Beginning(_, beginning) => self.beginnings.push(beginning.clone()),
            _ => {}
        }
    }

    /// Where it stands in a message, in bytes, in order, without overlaps.
    pub fn ranges(&mut self, message: &str) -> Vec<Range<usize>> {
        let (mut marked, mut wholes) = (Vec::new(), Vec::new());
        let (words, beginnings) = (&self.words, &self.beginnings);
        self.analyzer.each(message, |token| {
            let is_sought = words.iter().any(|word| word == token.text) || beginnings.iter().any(|b| token.text.starts_with(b.as_str()));
            if is_sought && marked.last() != Some(&token.range) {
                marked.push(token.range.clone());
            }
            if token.whole {
                wholes.push((token.text.to_owned(), token.range.clone()));
            }
        });
        for phrase in &self.phrases {
            for window in wholes.windows(phrase.len().max(1)) {
                if window.iter().map(|(word, _)| word).eq(phrase) {
                    marked.extend(window.iter().map(|(_, range)| range.clone()));
                }
            }
        }
        marked.sort_unstable_by_key(|range| (range.start, range.end));
        marked.dedup();
        marked
    }
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    #[test]
    fn words_are_marked_where_they_stand() {
        let message = "%LINK-3-UPDOWN: Interface GigabitEthernet1/0/7, changed state to down";
        let word = |word: &str| Condition::Word(Place::Anywhere, word.to_owned());
        let marked = |condition: Condition| {
            let ranges = Highlighter::of(&condition).ranges(message);
            ranges.into_iter().map(|range| &message[range]).collect::<Vec<_>>().join("|")
        };
        assert_eq!(marked(word("gi1/0/7")), "GigabitEthernet1/0/7");
        assert_eq!(marked(word("updown").and(word("down"))), "LINK-3-UPDOWN|down");
        assert_eq!(marked(Condition::Phrase(vec!["state".into(), "to".into()])), "state|to");
        assert_eq!(marked(Condition::Phrase(vec!["to".into(), "state".into()])), "");
        assert_eq!(marked(Condition::Beginning(Place::Message, "chan".into())), "changed");
        assert_eq!(marked(Condition::Not(Box::new(word("down")))), "");
    }
}
