//! Kinds of values: how each is read, described and shown.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde_json::{Value, json};
use url::Url;
use vigie_domain::Secret;

/// A value as a file or a variable gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// Something that no setting is, by its name.
    Other(&'static str),
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "the number {value}"),
            Self::Text(text) => write!(f, "the text {text:?}"),
            Self::List(_) => f.write_str("a list"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// A kind of value.
pub trait Kind: Clone + Sized + 'static {
    /// Whether it may be left unset.
    const OPTIONAL: bool = false;
    /// Whether it is a secret.
    const SECRET: bool = false;
    /// What is expected, for messages.
    fn expected() -> String;
    /// Its JSON schema.
    fn schema() -> Value;
    /// Reads it; `None` when it is something else.
    fn read(given: &Given) -> Option<Self>;
    /// Its value as JSON; `null` when unset.
    fn json(&self) -> Value;
    /// A text from the environment as what a file would say.
    fn given(text: &str) -> Given {
        Given::Text(text.to_owned())
    }
}

impl Kind for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }

    fn read(given: &Given) -> Option<Self> {
        if let Given::Bool(value) = given { Some(*value) } else { None }
    }

    fn json(&self) -> Value {
        json!(self)
    }

    fn given(text: &str) -> Given {
        text.parse().map_or_else(|_| Given::Text(text.to_owned()), Given::Bool)
    }
}

macro_rules! whole_number {
    ($($type:ty),*) => {$(
        impl Kind for $type {
            fn expected() -> String {
                "a whole number".to_owned()
            }

            fn schema() -> Value {
                json!({"type": "integer", "minimum": 0})
            }

            fn read(given: &Given) -> Option<Self> {
                if let Given::Integer(value) = given { Self::try_from(*value).ok() } else { None }
            }

            fn json(&self) -> Value {
                json!(self)
            }

            fn given(text: &str) -> Given {
                text.parse().map_or_else(|_| Given::Text(text.to_owned()), Given::Integer)
            }
        }
    )*};
}

whole_number!(u8, u16, u32, u64, usize);

/// Kinds that are a text in the file and parse from it.
macro_rules! parsed {
    ($($type:ty, $format:literal, $expected:literal;)*) => {$(
        impl Kind for $type {
            fn expected() -> String {
                $expected.to_owned()
            }

            fn schema() -> Value {
                json!({"type": "string", "format": $format})
            }

            fn read(given: &Given) -> Option<Self> {
                if let Given::Text(text) = given { text.trim().parse().ok() } else { None }
            }

            fn json(&self) -> Value {
                json!(self.to_string())
            }
        }
    )*};
}

parsed! {
    SocketAddr, "ip-address-port", "an address and a port such as 127.0.0.1:8000 or [::]:8000";
    IpNet, "cidr", "a network such as 10.0.0.0/8 or fd00::/8";
    Url, "uri", "an address such as https://vigie.example.net/";
}

impl Kind for String {
    fn expected() -> String {
        "a text".to_owned()
    }

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn read(given: &Given) -> Option<Self> {
        if let Given::Text(text) = given { Some(text.clone()) } else { None }
    }

    fn json(&self) -> Value {
        json!(self)
    }
}

impl Kind for PathBuf {
    fn expected() -> String {
        "the path of a file or folder".to_owned()
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "path"})
    }

    fn read(given: &Given) -> Option<Self> {
        if let Given::Text(text) = given { (!text.is_empty()).then(|| text.into()) } else { None }
    }

    fn json(&self) -> Value {
        json!(self.to_string_lossy())
    }
}

impl<T: Kind> Kind for Option<T> {
    const OPTIONAL: bool = true;
    const SECRET: bool = T::SECRET;

    fn expected() -> String {
        T::expected()
    }

    fn schema() -> Value {
        T::schema()
    }

    fn read(given: &Given) -> Option<Self> {
        // compose files set a variable to nothing where they mean to leave it out
        if *given == Given::Text(String::new()) { Some(None) } else { T::read(given).map(Some) }
    }

    fn json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::json)
    }

    fn given(text: &str) -> Given {
        if text.is_empty() { Given::Text(String::new()) } else { T::given(text) }
    }
}

impl<T: Kind> Kind for Vec<T> {
    fn expected() -> String {
        format!("a list, each of it {}", T::expected())
    }

    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }

    fn read(given: &Given) -> Option<Self> {
        match given {
            Given::List(list) => list.iter().map(T::read).collect(),
            // one without brackets is a list of one
            one => T::read(one).map(|one| vec![one]),
        }
    }

    fn json(&self) -> Value {
        self.iter().map(T::json).collect()
    }

    fn given(text: &str) -> Given {
        Given::List(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(T::given).collect())
    }
}

/// A secret of the configuration; also read from a file, by the same name with `_file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretText(pub Secret);

impl Kind for SecretText {
    const SECRET: bool = true;

    fn expected() -> String {
        "a text".to_owned()
    }

    fn schema() -> Value {
        json!({"type": "string", "writeOnly": true})
    }

    fn read(given: &Given) -> Option<Self> {
        if let Given::Text(text) = given { Some(Self(Secret::new(text))) } else { None }
    }

    fn json(&self) -> Value {
        json!("***")
    }
}

/// Declares a choice between words.
macro_rules! choice {
    ($(#[doc = $docs:literal])+ $name:ident { $($(#[doc = $word_docs:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $docs])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $word_docs])+ $variant,)+
        }

        impl $name {
            const WORDS: &[&str] = &[$($word),+];

            /// The word in the file.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::configuration::kind::Kind for $name {
            fn expected() -> String {
                $crate::configuration::kind::one_of(Self::WORDS)
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({"enum": Self::WORDS})
            }

            fn read(given: &$crate::configuration::kind::Given) -> Option<Self> {
                use $crate::configuration::kind::Given;
                let word = match given {
                    Given::Text(text) => text.clone(),
                    Given::Bool(value) => value.to_string(),
                    _ => return None,
                };
                match word.as_str() {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn json(&self) -> serde_json::Value {
                serde_json::json!(self.word())
            }
        }
    };
}

pub(crate) use choice;

/// Words in a sentence: `a, b or c`.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
