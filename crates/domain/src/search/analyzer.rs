//! How text becomes words, so that `Gi1/0/7`, `10.0.0.1`, `%LINK-3-UPDOWN`, paths and MAC addresses are found as a person types them.
//!
//! Every store indexes what these rules give, and every query goes through the same rules:
//!
//! 1. Text is cut at white space and at every character that is no letter, no digit and none of `. : / - _ @ \`. What stands between is a
//!    *piece*; those seven characters are taken off its ends.
//! 2. A MAC address in any spelling (`00:11:22:aa:bb:cc`, `0011.22aa.bbcc`, `00-11-22-AA-BB-CC`) is one word of twelve hexadecimal digits;
//!    an IPv6 address keeps its colons and is one word in its canonical form (RFC 5952).
//! 3. Other pieces are cut at `:`, and at `/` and `-` where that sets an IPv4 address free: `outside:10.1.1.1/443` is `outside`, `10.1.1.1`
//!    and `443`. A cut counts as a space.
//! 4. What is left is a *word*, in lower case, of at most 100 bytes. The long name of an interface becomes its short one:
//!    `GigabitEthernet1/0/7` is `gi1/0/7`.
//! 5. A word that holds one of `. / - _ @ \` is found by its *parts* too: what stands between these, and its beginning up to each of them:
//!    `link-3-updown` by `link`, `updown`, `link-3`; `gi1/0/7.100` by `gi1/0/7`. Numbers of one or two digits are no part of their own. The
//!    first eight parts count. An address has no parts.
//!
//! A typed word that these rules cut into several (`09:05:40`) is looked for as a phrase of them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Longest word, in bytes; longer ones are cut.
const LONGEST: usize = 100;
/// Parts of a word that count.
const MOST_PARTS: usize = 8;

/// Long names of interfaces as devices write them, and the short ones.
const INTERFACES: [(&str, &str); 10] = [
    ("gigabitethernet", "gi"),
    ("tengigabitethernet", "te"),
    ("twentyfivegige", "twe"),
    ("fortygigabitethernet", "fo"),
    ("hundredgige", "hu"),
    ("fastethernet", "fa"),
    ("port-channel", "po"),
    ("bundle-ether", "be"),
    ("loopback", "lo"),
    ("tunnel", "tu"),
];

/// A word or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// As it is indexed.
    pub text: &'a str,
    /// Whether it is the word itself, or a part by which it is found too.
    pub whole: bool,
    /// How many words stand before it.
    pub place: usize,
    /// Where its word stands in the text, in bytes.
    pub range: Range<usize>,
}

/// Cuts texts into words; keeps its room from one to the next.
#[derive(Debug, Clone, Default)]
pub struct Analyzer {
    word: String,
    ends: Vec<usize>,
}

impl Analyzer {
    /// Hands out the tokens of a text, word by word, each before its parts.
    pub fn each(&mut self, text: &str, mut take: impl FnMut(Token<'_>)) {
        let (mut place, mut at) = (0, 0);
        while let Some((range, marks)) = piece_from(text, at) {
            at = range.end;
            if marks & (SOFT | FOREIGN) == 0 {
                // most are letters and digits alone: no address, and nothing to cut
                self.plain(&text[range.clone()]);
                self.hand_out(range, &mut place, &mut take, false);
            } else if let Some(range) = trimmed(text, range, marks) {
                self.piece(text, range, marks, &mut place, &mut take);
            }
        }
    }

    fn piece(&mut self, text: &str, range: Range<usize>, marks: u8, place: &mut usize, take: &mut impl FnMut(Token<'_>)) {
        let piece = &text[range.clone()];
        if marks & (WORDLIKE | FOREIGN) == 0 && self.is_address(piece) {
            self.hand_out(range, place, take, false);
            return;
        }
        let may_free = marks & DOT != 0 && marks & CUT != 0;
        for part in piece.split(':') {
            let frees_address = may_free && part.contains('.') && part.contains(['/', '-']) && part.split(['/', '-']).any(is_ipv4);
            for word in part.split(|c| frees_address && (c == '/' || c == '-')) {
                let word = word.trim_matches(is_soft);
                if !word.is_empty() {
                    let start = range.start + (word.as_ptr() as usize - piece.as_ptr() as usize);
                    self.word(word, start..start + word.len(), place, take);
                }
            }
        }
    }

    /// Makes a piece of ASCII letters and digits the word.
    fn plain(&mut self, piece: &str) {
        self.word.clear();
        self.word.push_str(piece);
        self.word.make_ascii_lowercase();
        if piece.len() > 6 {
            shorten_interface(&mut self.word);
        }
        self.word.truncate(LONGEST);
    }

    fn word(&mut self, word: &str, range: Range<usize>, place: &mut usize, take: &mut impl FnMut(Token<'_>)) {
        self.word.clear();
        if word.is_ascii() {
            self.word.push_str(word);
            self.word.make_ascii_lowercase();
        } else {
            self.word.extend(word.chars().flat_map(char::to_lowercase));
        }
        let has_parts = word.contains(is_soft) && !is_ipv4(word);
        if has_parts || word.len() > 6 {
            shorten_interface(&mut self.word);
        }
        self.word.truncate(self.word.floor_char_boundary(LONGEST));
        self.hand_out(range, place, take, has_parts);
    }

    fn hand_out(&mut self, range: Range<usize>, place: &mut usize, take: &mut impl FnMut(Token<'_>), has_parts: bool) {
        let at = *place;
        *place += 1;
        take(Token { text: &self.word, whole: true, place: at, range: range.clone() });
        if !has_parts {
            return;
        }
        self.ends.clear();
        self.ends.extend(ends_of_parts(&self.word).chain([self.word.len()]).take(MOST_PARTS));
        let mut start = 0;
        for (number, end) in self.ends.iter().copied().enumerate() {
            let part = &self.word[start..end];
            let is_small = part.len() < 3 && part.bytes().all(|b| b.is_ascii_digit());
            if !is_small && part.len() < self.word.len() {
                take(Token { text: part, whole: false, place: at, range: range.clone() });
            }
            // from the second part on; the first one has been handed out
            let beginning = self.word[..end].trim_end_matches(is_soft);
            if number > 0 && !part.is_empty() && end < self.word.len() {
                take(Token { text: beginning, whole: false, place: at, range: range.clone() });
            }
            start = end + 1;
        }
    }

    /// Whether it is a MAC or an IPv6 address; then the word is its canonical form.
    fn is_address(&mut self, piece: &str) -> bool {
        // the shortest are `::1` without its colons and `001122-aabbcc`
        if !piece.contains([':', '.', '-']) || !piece.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'-')) {
            return false;
        }
        self.word.clear();
        if is_mac(piece) {
            self.word.extend(piece.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()));
            return true;
        }
        let Some(address) = (piece.matches(':').count() > 1).then(|| piece.parse::<Ipv6Addr>().ok()).flatten() else { return false };
        self.word.push_str(&address.to_string());
        true
    }

    /// The words of what a person typed, without their parts.
    pub fn words(&mut self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.each(text, |token| {
            if token.whole {
                words.push(token.text.to_owned());
            }
        });
        words
    }

    /// The beginning of a word that a person typed before a `*`; `None` when it is not the beginning of one word.
    pub fn beginning(&mut self, typed: &str) -> Option<String> {
        let digits: String = typed.chars().filter(char::is_ascii_hexdigit).collect();
        let is_part_of_mac = |separator, length| {
            typed.contains(separator)
                && typed.len() > length
                && typed.split(separator).all(|group| group.len() <= length && group.bytes().all(|b| b.is_ascii_hexdigit()))
                && typed.split(separator).rev().skip(1).all(|group| group.len() == length)
        };
        if is_part_of_mac(':', 2) || is_part_of_mac('-', 2) || (is_part_of_mac('.', 4) && digits.len() < 12) {
            return Some(digits.to_ascii_lowercase());
        }
        let (only, _) = piece_from(typed, 0)?;
        let more = piece_from(typed, only.end);
        let mut word = typed[only].trim_start_matches(is_soft).to_lowercase();
        if more.is_some() || word.contains(':') || word.is_empty() {
            return None;
        }
        shorten_interface(&mut word);
        word.truncate(word.floor_char_boundary(LONGEST));
        Some(word)
    }
}

/// Characters that may stand inside a word.
fn is_soft(c: char) -> bool {
    matches!(c, '.' | ':' | '/' | '-' | '_' | '@' | '\\')
}

/// Where the parts of a word end, but for the last.
fn ends_of_parts(word: &str) -> impl Iterator<Item = usize> {
    word.bytes().enumerate().filter(|(_, byte)| is_soft(char::from(*byte))).map(|(end, _)| end)
}

// what a piece holds: a bit for each sort of characters
/// One of those that may stand inside a word.
const SOFT: u8 = 1;
/// `.`
const DOT: u8 = 1 << 1;
/// `:`
const COLON: u8 = 1 << 2;
/// `/` or `-`, at which an address is set free.
const CUT: u8 = 1 << 3;
/// A digit, or a letter from a to f.
const HEX: u8 = 1 << 4;
/// Another letter of ASCII.
const WORDLIKE: u8 = 1 << 5;
/// A letter or digit beyond ASCII.
const FOREIGN: u8 = 1 << 6;

/// The marks of ASCII; none for those between pieces.
const MARKS: [u8; 128] = {
    let mut marks = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        marks[byte as usize] = match byte {
            b'.' => SOFT | DOT,
            b':' => SOFT | COLON,
            b'/' | b'-' => SOFT | CUT,
            b'_' | b'@' | b'\\' => SOFT,
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => HEX,
            b'g'..=b'z' | b'G'..=b'Z' => WORDLIKE,
            _ => 0,
        };
        byte += 1;
    }
    marks
};

/// The marks and the length of the character at a place; `None` at the end.
fn mark_at(text: &str, at: usize) -> Option<(u8, usize)> {
    let byte = *text.as_bytes().get(at)?;
    if let Some(marks) = MARKS.get(usize::from(byte)) {
        return Some((*marks, 1));
    }
    let c = text[at..].chars().next()?;
    Some((if c.is_alphanumeric() { FOREIGN } else { 0 }, c.len_utf8()))
}

/// The next piece from a place on, with the soft characters at its ends, and what it holds.
fn piece_from(text: &str, mut at: usize) -> Option<(Range<usize>, u8)> {
    let (mut marks, mut length) = mark_at(text, at)?;
    while marks == 0 {
        at += length;
        (marks, length) = mark_at(text, at)?;
    }
    let (start, mut all) = (at, 0);
    while marks != 0 {
        all |= marks;
        at += length;
        let Some(next) = mark_at(text, at) else { break };
        (marks, length) = next;
    }
    Some((start..at, all))
}

/// A piece without the soft characters at its ends; `None` when nothing is left.
fn trimmed(text: &str, range: Range<usize>, marks: u8) -> Option<Range<usize>> {
    let piece = &text[range.clone()];
    let left = piece.trim_start_matches(is_soft);
    let start = range.end - left.len();
    let kept = left.trim_end_matches(is_soft);
    // `::1` and `fe80::` keep their colons
    if marks & COLON != 0 && piece.contains("::") && piece.trim_matches(['.', '-', '/']).parse::<Ipv6Addr>().is_ok() {
        let trimmed = piece.trim_start_matches(['.', '-', '/']);
        let start = range.end - trimmed.len();
        return Some(start..start + trimmed.trim_end_matches(['.', '-', '/']).len());
    }
    (!kept.is_empty()).then_some(start..start + kept.len())
}

fn is_ipv4(text: &str) -> bool {
    (7..=15).contains(&text.len()) && text.as_bytes()[0].is_ascii_digit() && text.parse::<Ipv4Addr>().is_ok()
}

/// Twelve hexadecimal digits in equal groups of two, four or six.
fn is_mac(text: &str) -> bool {
    let Some(separator) = text.chars().find(|c| !c.is_ascii_hexdigit()) else { return false };
    let expected = match text.len() {
        17 => 2,
        14 => 4,
        13 => 6,
        _ => return false,
    };
    text.split(separator).all(|group| group.len() == expected && group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Replaces the long name of an interface, where a number follows it.
fn shorten_interface(word: &mut String) {
    let found = INTERFACES.iter().find_map(|(long, short)| {
        if word.as_bytes().first() != long.as_bytes().first() {
            return None;
        }
        let rest = word.strip_prefix(long)?;
        rest.starts_with(|c: char| c.is_ascii_digit()).then_some((long.len(), *short))
    });
    if let Some((length, short)) = found {
        word.replace_range(..length, short);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words, each with its parts in brackets.
    fn shown(text: &str) -> String {
        let mut shown = String::new();
        Analyzer::default().each(text, |token| {
            assert!(text.is_char_boundary(token.range.start) && token.range.end <= text.len());
            let (before, after) = if token.whole { (" ", "") } else { ("[", "]") };
            shown.extend([before, token.text, after]);
        });
        shown.trim_start().to_owned()
    }

    #[test]
    fn text_becomes_words_and_parts() {
        let cases = [
            ("", ""),
            ("Interface down.", "interface down"),
            ("%LINK-3-UPDOWN: Interface", "link-3-updown[link][link-3][updown] interface"),
            ("Gi1/0/7", "gi1/0/7[gi1][gi1/0]"),
            ("GigabitEthernet1/0/7.100,", "gi1/0/7.100[gi1][gi1/0][gi1/0/7][100]"),
            ("port-channel12", "po12"),
            ("10.0.0.1", "10.0.0.1"),
            ("outside:10.1.1.1/2345(x)", "outside 10.1.1.1 2345 x"),
            ("10.0.0.1-10.0.0.9", "10.0.0.1 10.0.0.9"),
            ("10.0.0.0/8", "10.0.0.0 8"),
            ("1.2.3", "1.2.3[1.2]"),
            ("MAC 00:11:22:AA:bb:cc", "mac 001122aabbcc"),
            ("0011.22aa.bbcc 00-11-22-aa-bb-cc 001122-aabbcc 001122aabbcc", "001122aabbcc 001122aabbcc 001122aabbcc 001122aabbcc"),
            ("2001:DB8:0::1 ::1 fe80::", "2001:db8::1 ::1 fe80::"),
            ("09:05:40", "09 05 40"),
            ("/var/log/syslog", "var/log/syslog[var][log][var/log][syslog]"),
            ("a--b__", "a--b[a][b]"),
            ("user=Root@Host.example", "user root@host.example[root][host][root@host][example]"),
            ("ÉTÉ «été»", "été été"),
            ("..- : /", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn places_count_words() {
        let mut places = Vec::new();
        Analyzer::default().each("a 1.1.1.1:80 b-c", |token| places.push((token.text.to_owned(), token.place)));
        let places: Vec<_> = places.iter().map(|(text, place)| (text.as_str(), *place)).collect();
        assert_eq!(places, [("a", 0), ("1.1.1.1", 1), ("80", 2), ("b-c", 3), ("b", 3), ("c", 3)]);
    }

    #[test]
    fn beginnings_are_those_of_one_word() {
        let beginning = |typed: &str| Analyzer::default().beginning(typed);
        let cases = [
            ("Gi1/0/", Some("gi1/0/")),
            ("GigabitEthernet1/", Some("gi1/")),
            ("10.0.0.", Some("10.0.0.")),
            ("%LINK-", Some("link-")),
            ("00:11:22:", Some("001122")),
            ("00:11:2", Some("00112")),
            ("0011.22aa.", Some("001122aa")),
            ("a b", None),
            ("x:1", None),
            ("-", None),
        ];
        for (typed, expected) in cases {
            assert_eq!(beginning(typed).as_deref(), expected, "{typed}");
        }
    }

    proptest::proptest! {
        /// Texts of ASCII take a short way; a letter beyond it, in a piece of its own, changes nothing of the others.
        #[test]
        fn pieces_know_nothing_of_each_other(pieces in proptest::collection::vec("[0-9a-fA-Fg-ik:./_@\\\\-]{1,20}", 0..6)) {
            let apart: Vec<_> = pieces.iter().map(|piece| shown(piece)).filter(|shown| !shown.is_empty()).collect();
            proptest::prop_assert_eq!(shown(&pieces.join(" ")), apart.join(" "));
            proptest::prop_assert_eq!(shown(&pieces.join(" «»\t")), apart.join(" "));
        }
    }
}
