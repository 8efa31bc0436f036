//! Reads typed text: the words between the values, and how they are joined.

use super::analyzer::Analyzer;
use super::text::SyntaxError;
use super::values;
use super::{Condition, Place};
use crate::Timestamp;
use crate::telemetry::event::{ATTRS, FIELDS};
use crate::telemetry::{EventField, FieldType, event_field};

/// Groups within groups.
const DEEPEST: usize = 20;
/// Conditions of one text.
const MOST: usize = 256;
/// Asks whether the field behind it has a value.
const EXISTS: &str = "_exists_:";

pub(super) type Parsed<T = Condition> = Result<T, SyntaxError>;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    conditions: usize,
    pub(super) now: Timestamp,
    pub(super) analyzer: Analyzer,
}

/// The field of a value, and the attribute where it is one.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) field: &'static EventField,
    pub(super) attribute: Option<&'a str>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, now: Timestamp) -> Self {
        Self { text, at: 0, depth: 0, conditions: 0, now, analyzer: Analyzer::default() }
    }

    pub(super) fn parse(mut self) -> Parsed {
        self.space();
        if self.rest().is_empty() {
            return Ok(Condition::Everything);
        }
        let condition = self.any(Self::free)?;
        if self.rest().is_empty() { Ok(condition) } else { Err(self.expected("AND, OR or the end")) }
    }

    /// Conditions joined by OR.
    fn any(&mut self, one: impl Fn(&mut Self) -> Parsed + Copy) -> Parsed {
        let mut all = vec![self.all(one)?];
        while self.operator(&["OR", "||"]) {
            all.push(self.all(one)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::Any(all) })
    }

    /// Conditions joined by AND, or by nothing.
    fn all(&mut self, one: impl Fn(&mut Self) -> Parsed + Copy) -> Parsed {
        let mut all = vec![self.not(one)?];
        loop {
            let joined = self.operator(&["AND", "&&"]);
            if !joined && (self.rest().is_empty() || self.rest().starts_with(')') || self.sees(&["OR", "||"])) {
                break;
            }
            all.push(self.not(one)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn not(&mut self, one: impl Fn(&mut Self) -> Parsed + Copy) -> Parsed {
        self.space();
        let sign = self.rest().chars().next();
        let is_sign = self.rest().chars().nth(1).is_some_and(|next| !next.is_whitespace());
        if self.operator(&["NOT"]) || (is_sign && matches!(sign, Some('-' | '!')) && self.skip(1)) {
            return self.deeper(|parser| Ok(Condition::Not(Box::new(parser.not(one)?))));
        }
        if is_sign && sign == Some('+') {
            self.skip(1);
        }
        one(self)
    }

    /// A group, a phrase, a field with its value, or a word.
    fn free(&mut self) -> Parsed {
        if self.eat('(') {
            return self.group(Self::free);
        }
        if self.rest().starts_with(EXISTS) {
            return self.exists();
        }
        if let Some(target) = self.target()? {
            return self.value(target);
        }
        self.count()?;
        let start = self.at;
        if self.rest().starts_with('"') {
            let phrase = self.quoted()?;
            return self.words(Place::Anywhere, &phrase, start);
        }
        if self.rest().is_empty() || self.rest().starts_with(')') || self.sees(&["AND", "&&", "OR", "||", "NOT"]) {
            return Err(self.expected("a word, a field or ("));
        }
        let (word, star) = self.word();
        match star {
            Some(0) if word == "*" => Ok(Condition::Everything),
            Some(_) => self.beginning(Place::Anywhere, &word, star, start),
            None => self.words(Place::Anywhere, &word, start),
        }
    }

    /// `_exists_:field`.
    fn exists(&mut self) -> Parsed {
        self.count()?;
        self.skip(EXISTS.len());
        let start = self.at;
        let (name, _) = self.word();
        target_of(&name).map(values::any).ok_or_else(|| self.no_field(start, &name))
    }

    /// What stands behind `field:`.
    fn value(&mut self, target: Target<'a>) -> Parsed {
        self.count()?;
        if self.eat('(') {
            return self.group(move |parser| parser.value(target));
        }
        let start = self.at;
        if self.rest().starts_with(['[', '{', '<', '>']) {
            return values::range(self, target);
        }
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            return values::exact(self, target, &text, start);
        }
        if self.rest().is_empty() || self.rest().starts_with(|c: char| c.is_whitespace() || c == ')') {
            return Err(self.expected("a value"));
        }
        let (word, star) = self.word();
        match star {
            Some(_) if word == "*" => Ok(values::any(target)),
            Some(_) if target.field.kind == FieldType::Text => self.beginning(Place::Message, &word, star, start),
            Some(star) if target.field.kind == FieldType::Keyword => values::beginning(self, target, &word, star, start),
            _ => values::exact(self, target, &word, start),
        }
    }

    fn group(&mut self, one: impl Fn(&mut Self) -> Parsed + Copy) -> Parsed {
        let condition = self.deeper(|parser| parser.any(one))?;
        self.space();
        if self.eat(')') { Ok(condition) } else { Err(self.expected("AND, OR or a closing )")) }
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected(&format!("at most {DEEPEST} levels of groups")));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn count(&mut self) -> Parsed<()> {
        self.conditions += 1;
        if self.conditions > MOST { Err(self.expected(&format!("at most {MOST} conditions"))) } else { Ok(()) }
    }

    /// The field before a colon, if one stands here. A name that is none is an error, unless it is part of a MAC address, a time or a URL.
    fn target(&mut self) -> Parsed<Option<Target<'a>>> {
        let word =
            &self.rest()[..self.rest().find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')).unwrap_or(self.rest().len())];
        let Some((name, value)) = word.split_once(':') else { return Ok(None) };
        if name.is_empty() || name.contains(['\\', '*']) {
            return Ok(None);
        }
        if let Some(target) = target_of(name) {
            self.at += name.len() + 1;
            return Ok(Some(target));
        }
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let is_other = value.contains(':')
            || value.starts_with(['/', '\\'])
            || (value.is_empty() && !self.rest()[word.len()..].starts_with(['"', '(']));
        if is_name && !is_other { Err(self.no_field(self.at, name)) } else { Ok(None) }
    }

    fn no_field(&self, at: usize, found: &str) -> SyntaxError {
        let names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        let expected = format!("one of the fields {}, or attrs.<key> (or quotes around the text)", names.join(", "));
        self.error(at, &expected, found)
    }

    /// Words, which stand one after the other where there are several.
    pub(super) fn words(&mut self, place: Place, text: &str, start: usize) -> Parsed {
        let mut words = self.analyzer.words(text);
        match words.len() {
            0 => Err(self.error(start, "a word with a letter or a digit", text)),
            1 => Ok(Condition::Word(place, words.remove(0))),
            _ => Ok(Condition::Phrase(words)),
        }
    }

    fn beginning(&mut self, place: Place, word: &str, star: Option<usize>, start: usize) -> Parsed {
        let typed = star.filter(|star| star + 1 == word.len()).and_then(|star| self.analyzer.beginning(&word[..star]));
        let typed = typed.ok_or_else(|| self.error(start, "a word with * at its end alone", word))?;
        Ok(Condition::Beginning(place, typed))
    }

    /// A word as it is typed, without its backslashes, and where its first `*` stands.
    pub(super) fn word(&mut self) -> (String, Option<usize>) {
        let (mut word, mut star, mut escaped) = (String::new(), None, false);
        let rest = self.rest();
        let mut end = rest.len();
        for (i, c) in rest.char_indices() {
            let next = rest[i + c.len_utf8()..].chars().next();
            if escaped {
                escaped = false;
            } else if c == '\\' && next.is_some_and(|next| next.is_ascii_punctuation() || next == ' ') {
                escaped = true;
                continue;
            } else if c.is_whitespace() || matches!(c, '(' | ')' | '"' | ']' | '}') {
                end = i;
                break;
            } else if c == '*' && star.is_none() {
                star = Some(word.len());
            }
            word.push(c);
        }
        if end == 0 {
            // a bracket that closes nothing
            word.extend(rest.chars().next());
            end = word.len();
        }
        self.at += end;
        (word, star)
    }

    /// The text between two quotes.
    fn quoted(&mut self) -> Parsed<String> {
        let (mut text, mut escaped) = (String::new(), false);
        self.skip(1);
        while let Some(c) = self.rest().chars().next() {
            self.skip(c.len_utf8());
            match c {
                _ if escaped => {
                    text.push(c);
                    escaped = false;
                }
                '\\' if self.rest().starts_with(['"', '\\']) => escaped = true,
                '"' => return Ok(text),
                _ => text.push(c),
            }
        }
        Err(self.expected("a closing \""))
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn skip(&mut self, bytes: usize) -> bool {
        self.at += bytes;
        true
    }

    pub(super) fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        self.rest().starts_with(c) && self.skip(c.len_utf8())
    }

    /// Whether one of these operators stands next, as a word of its own.
    fn sees(&self, operators: &[&str]) -> bool {
        operators.iter().any(|operator| {
            let after = self.rest().strip_prefix(operator);
            after.is_some_and(|after| after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || matches!(c, '(' | ')')))
        })
    }

    pub(super) fn operator(&mut self, operators: &[&str]) -> bool {
        self.space();
        if !self.sees(operators) {
            return false;
        }
        let length = operators.iter().find(|operator| self.rest().starts_with(**operator)).map_or(0, |operator| operator.len());
        self.skip(length);
        self.space();
        true
    }

    /// An error here.
    pub(super) fn expected(&self, what: &str) -> SyntaxError {
        let rest = self.rest();
        let length = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).unwrap_or(rest.len());
        let found = &rest[..length.max(rest.chars().next().map_or(0, char::len_utf8))];
        self.error(self.at, what, found)
    }

    pub(super) fn error(&self, at: usize, expected: &str, found: &str) -> SyntaxError {
        let found = if found.is_empty() { "the end".to_owned() } else { found.chars().take(50).collect() };
        SyntaxError { at: self.text[..at].chars().count(), expected: expected.to_owned(), found }
    }
}

fn target_of(name: &str) -> Option<Target<'_>> {
    if let Some(field) = event_field(name) {
        return Some(Target { field, attribute: None });
    }
    let key = name.strip_prefix("attrs.").filter(|key| !key.is_empty())?;
    Some(Target { field: ATTRS, attribute: Some(key) })
}
