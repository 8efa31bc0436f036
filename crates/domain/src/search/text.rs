//! The language in which people search, close to that of Lucene.
//!
//! ```text
//! down                    the word, in the message or in a searched field        Gi1/0/7  10.0.0.1  %LINK-3-UPDOWN  00:11:22:aa:bb:cc
//! "changed state"         the words one after the other, in the message
//! chang* 10.0.*           words that begin like this
//! host:core-1 host:core*  a field; host:* where it has any value, as has _exists_:host
//! severity:error          a number, a severity by name, an address, a network (src_ip:10.0.0.0/8), a time (at:-1h)
//! bytes:>=1000 at:[2026-11-23 TO now] dst_port:{0 TO 1024}     ranges: [ ] with their ends, { } without
//! attrs.site:lyon         any other attribute
//! host:(a OR b)           several values
//! a b, a AND b, a && b    both; a OR b, a || b: one of them; NOT a, -a, !a: not it; ( ) group
//! \:                      a character without its meaning
//! ```
//! AND binds closer than OR.

use std::fmt;

use super::Condition;
use super::parser::Parser;
use crate::{Error, Timestamp};

/// What is wrong with a typed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where, in characters from 0.
    pub at: usize,
    /// What could stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: expected {}, found {}", self.at + 1, self.expected, self.found)
    }
}

impl std::error::Error for SyntaxError {}

impl From<SyntaxError> for Error {
    fn from(error: SyntaxError) -> Self {
        Self::bad_query("invalid_query", "q", error.to_string())
    }
}

/// Reads a typed text; times before now are resolved with `now`. Blank text matches everything.
pub fn parse(text: &str, now: Timestamp) -> Result<Condition, SyntaxError> {
    Parser::new(text, now).parse()
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use super::super::Place;
    use super::*;
    use crate::telemetry::EventValue;
    use crate::telemetry::event::{self, EventField};

    const NOW: Timestamp = Timestamp(1_795_424_740_123);

    fn word(text: &str) -> Condition {
        Condition::Word(Place::Anywhere, text.to_owned())
    }

    fn is(field: &'static EventField, text: &str) -> Condition {
        Condition::is(field, EventValue::Text(text.to_owned()))
    }

    fn not(condition: Condition) -> Condition {
        Condition::Not(Box::new(condition))
    }

    fn between(field: &'static EventField, from: Option<i64>, to: Option<i64>) -> Condition {
        let bound = |number: Option<i64>| number.map_or(Bound::Unbounded, |n| Bound::Included(EventValue::Integer(n)));
        Condition::Between(field, bound(from), bound(to))
    }

    #[test]
    fn typed_text_means_what_lucene_users_expect() {
        use Condition::{All, Any, Beginning, Everything, Exists, Phrase, StartsWith};
        let cases = [
            ("", Everything),
            ("  * ", Everything),
            ("down", word("down")),
            ("Gi1/0/7", word("gi1/0/7")),
            ("%LINK-3-UPDOWN:", word("link-3-updown")),
            ("00:11:22:AA:bb:cc", word("001122aabbcc")),
            ("aa:bb:cc:00:11:22", word("aabbcc001122")),
            ("fe80::1", word("fe80::1")),
            ("10.0.0.1", word("10.0.0.1")),
            ("/var/log/x", word("var/log/x")),
            ("https://a.example/x", Phrase(vec!["https".into(), "a.example/x".into()])),
            ("09:05:40", Phrase(vec!["09".into(), "05".into(), "40".into()])),
            ("a b", All(vec![word("a"), word("b")])),
            ("a AND b && c", All(vec![word("a"), word("b"), word("c")])),
            ("a OR b c", Any(vec![word("a"), All(vec![word("b"), word("c")])])),
            ("(a || b) c", All(vec![Any(vec![word("a"), word("b")]), word("c")])),
            ("+a -b !c NOT d", All(vec![word("a"), not(word("b")), not(word("c")), not(word("d"))])),
            ("-(a OR b)", not(Any(vec![word("a"), word("b")]))),
            ("\"Changed state\"", Phrase(vec!["changed".into(), "state".into()])),
            ("\"down\"", word("down")),
            ("chang*", Beginning(Place::Anywhere, "chang".into())),
            ("Gi1/0/*", Beginning(Place::Anywhere, "gi1/0/".into())),
            ("message:up*", Beginning(Place::Message, "up".into())),
            ("message:\"is down\"", Phrase(vec!["is".into(), "down".into()])),
            ("host:Core-1", is(event::HOST, "core-1")),
            ("program:Cron", is(event::PROGRAM, "Cron")),
            ("program:\"a b\\\"c\"", is(event::PROGRAM, "a b\"c")),
            ("host:core*", StartsWith(event::HOST, "core".into())),
            ("host:* _exists_:bytes", All(vec![Exists(event::HOST), Exists(event::BYTES)])),
            ("attrs.site:lyon", is(event::ATTRS, "site=lyon")),
            ("attrs.a-b:*", StartsWith(event::ATTRS, "a-b=".into())),
            ("host:(a OR b)", Any(vec![is(event::HOST, "a"), is(event::HOST, "b")])),
            ("severity:error", between(event::SEVERITY, Some(3), Some(3))),
            ("severity:<=warning", between(event::SEVERITY, None, Some(4))),
            ("bytes:[10 TO *]", between(event::BYTES, Some(10), None)),
            ("bytes:-5", between(event::BYTES, Some(-5), Some(-5))),
            ("kind:trap", is(event::KIND, "trap")),
            ("why? a,b", All(vec![word("why"), Phrase(vec!["a".into(), "b".into()])])),
            ("a\\:b", Phrase(vec!["a".into(), "b".into()])),
            ("ORDER android", All(vec![word("order"), word("android")])),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, NOW), Ok(expected), "{text}");
        }
    }

    #[test]
    fn addresses_networks_and_times_are_ranges() {
        let ends = |text: &str| match parse(text, NOW).unwrap() {
            Condition::Between(field, from, to) => (field.name, from, to),
            other => panic!("{other:?}"),
        };
        let address = |text: &str| EventValue::Address(text.parse().unwrap());
        let network = ("src_ip", Bound::Included(address("10.0.0.0")), Bound::Included(address("10.255.255.255")));
        assert_eq!(ends("src_ip:10.1.2.3/8"), network);
        assert_eq!(ends("dst_ip:::1"), ("dst_ip", Bound::Included(address("::1")), Bound::Included(address("::1"))));
        let hour = EventValue::Time(Timestamp(NOW.0 - 3_600_000));
        assert_eq!(ends("at:>-1h"), ("at", Bound::Excluded(hour.clone()), Bound::Unbounded));
        assert_eq!(ends("at:[-1h TO now}"), ("at", Bound::Included(hour), Bound::Excluded(EventValue::Time(NOW))));
        let day = EventValue::Time(Timestamp::parse("2026-11-23T00:00:00Z").unwrap());
        assert_eq!(ends("device_time:>=2026-11-23").1, Bound::Included(day));
    }

    #[test]
    fn errors_tell_where_and_what() {
        let cases = [
            ("(a", "at character 3: expected AND, OR or a closing ), found the end"),
            ("a)", "at character 2: expected AND, OR or the end, found )"),
            ("a AND", "at character 6: expected a word, a field or (, found the end"),
            ("OR b", "at character 1: expected a word, a field or (, found OR"),
            ("é \"b", "at character 5: expected a closing \", found the end"),
            ("hots:a", "at character 1: expected one of the fields "),
            ("severity:loud", "at character 10: expected a whole number or one of emergency, alert, "),
            ("src_ip:10.0.0", "at character 8: expected an address such as 10.0.0.1 or a network such as 10.0.0.0/8, found 10.0.0"),
            ("bytes:[1 2]", "at character 10: expected TO, found 2"),
            ("bytes:[1 TO 2", "at character 14: expected a closing ] or }, found the end"),
            ("a*b", "at character 1: expected a word with * at its end alone, found a*b"),
            ("host:", "at character 6: expected a value, found the end"),
            ("bytes:1*", "at character 7: expected a whole number, found 1*"),
            ("kind:logs", "at character 6: expected one of log, security, trap, flow, found logs"),
            ("message:[a TO b]", "at character 9: expected words: message has no ranges, found ["),
            ("-", "at character 1: expected a word with a letter or a digit, found -"),
        ];
        for (text, expected) in cases {
            let error = parse(text, NOW).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let deep = "(".repeat(100) + "a" + &")".repeat(100);
        assert!(parse(&deep, NOW).unwrap_err().to_string().contains("at most 20 levels"));
        assert!(parse(&"a ".repeat(1000), NOW).unwrap_err().to_string().contains("at most 256 conditions"));
    }

    proptest::proptest! {
        /// Whatever is typed is read or refused, with a place inside the text.
        #[test]
        fn no_text_ends_the_process(text in "([a-z*:\\\\\"()\\[\\]{}<>=+!é0-9./ -]|AND |OR |NOT |TO |host:|bytes:|at:|_exists_:){0,40}") {
            if let Err(error) = parse(&text, NOW) {
                assert!(error.at <= text.chars().count(), "{error}");
            }
        }

        /// A message is found by itself, in quotes, and is marked as a whole.
        #[test]
        fn a_message_is_found_by_itself(message in "[a-zA-Z0-9./:é_,%-]{1,12}( [a-zA-Z0-9./:,é_%-]{1,12}){0,5}") {
            let condition = match parse(&format!("\"{message}\""), NOW) {
                Ok(condition) => condition,
                Err(error) => {
                    assert!(error.expected.contains("a letter or a digit"), "{error}");
                    return Ok(());
                }
            };
            let marked = super::super::highlight::Highlighter::of(&condition).ranges(&message).len();
            assert!(marked >= 1);
        }
    }
}
