//! Colours of words: what needs a look stands out, what is well stays quiet.

use console::Style;

/// What a word says of the state of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    Plain,
    /// All is well.
    Good,
    /// Something moves.
    Busy,
    /// Something needs a look.
    Warning,
    /// Something is broken.
    Bad,
    /// Known to be of no interest, or unknown.
    Faint,
    /// A heading.
    Heading,
}

impl Tone {
    /// The tone of a word of the API's enumerations.
    pub fn of(word: &str) -> Self {
        match word {
            "up" | "ok" | "healthy" | "succeeded" | "resolved" | "sent" | "success" => Self::Good,
            "new" | "running" => Self::Busy,
            "degraded" | "warning" | "stale" | "timeout" | "acknowledged" | "unreachable" | "changed" | "testing" | "no_answer" => {
                Self::Warning
            }
            "down"
            | "critical"
            | "failed"
            | "failing"
            | "unhealthy"
            | "active"
            | "error"
            | "refused"
            | "wrong_credentials"
            | "failure"
            | "wrong_privacy_key"
            | "authorization_denied" => Self::Bad,
            "pending" | "queued" | "unmonitored" | "decommissioned" | "unknown" | "not_configured" | "cancelled" | "unchanged"
            | "ignored" => Self::Faint,
            _ => Self::Plain,
        }
    }

    fn style(self) -> Style {
        // the caller has decided about colours already
        let style = Style::new().force_styling(true);
        match self {
            Self::Plain => style,
            Self::Good => style.green(),
            Self::Busy => style.cyan(),
            Self::Warning => style.yellow(),
            Self::Bad => style.red().bold(),
            Self::Faint => style.dim(),
            Self::Heading => style.bold(),
        }
    }
}

/// A text in its tone, where there are colours.
pub fn paint(text: &str, tone: Tone, colours: bool) -> String {
    if !colours || tone == Tone::Plain || text.is_empty() {
        return text.to_owned();
    }
    tone.style().apply_to(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_given_only_where_wanted() {
        assert_eq!(paint("down", Tone::of("down"), false), "down");
        assert!(paint("down", Tone::of("down"), true).starts_with("\u{1b}["));
        assert_eq!(paint("Lyon", Tone::of("Lyon"), true), "Lyon");
        assert_eq!(Tone::of("running"), Tone::Busy);
        assert_eq!(Tone::of("up"), Tone::Good);
    }
}
