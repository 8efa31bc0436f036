//! As much of XML as answers need: the text of elements without attributes, as S3 writes them.

/// The text of the first element of this name.
pub(super) fn text(xml: &str, name: &str) -> Option<String> {
    between(xml, name).map(|(text, _)| plain(text))
}

/// The inner XML of all elements of this name.
pub(super) fn all<'a>(mut xml: &'a str, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    while let Some((inner, rest)) = between(xml, name) {
        found.push(inner);
        xml = rest;
    }
    found
}

fn between<'a>(xml: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
}

fn plain(text: &str) -> String {
    // the ampersand last: what it begins is no more than text then
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// Text as XML writes it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_and_others_are_not() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp;amp;</Message></Error>";
        assert_eq!((text(xml, "Code").as_deref(), text(xml, "Message").as_deref()), (Some("NoSuchKey"), Some("a <b> &amp;")));
        for broken in ["", "<Code>", "</Code><Code>", "<Code", "no xml"] {
            assert_eq!(text(broken, "Code"), None, "{broken}");
        }
        assert_eq!(all("<a><u>1</u><u>2</u></a>", "u"), ["1", "2"]);
    }
}
