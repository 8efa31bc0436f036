//! The declaration of sections, and the walk over it.

use super::kind::{Given, Kind};

/// What is known of a section or a setting beside its value.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its path, such as `server.tls.mode`; empty for the whole.
    pub path: String,
    /// Its documentation, a line a line.
    pub docs: &'static [&'static str],
    /// Smallest and largest number allowed.
    pub range: Option<(i64, i64)>,
}

impl About {
    /// Path of something within.
    pub fn within(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The documentation in one line.
    pub fn text(&self) -> String {
        self.docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }
}

/// A setting, without its type.
pub trait Setting {
    /// Takes a value; `false` when it is not one.
    fn set(&mut self, given: &Given) -> bool;
    /// What is expected, for messages: `a whole number`.
    fn expected(&self) -> String;
    /// A text from the environment as what a file would say.
    fn given(&self, text: &str) -> Given;
    /// Its value as JSON; `null` when unset.
    fn value(&self) -> serde_json::Value;
    /// Its JSON schema, without documentation and range.
    fn schema(&self) -> serde_json::Value;
    /// Whether it may be left unset.
    fn optional(&self) -> bool;
    /// Whether it is a secret.
    fn secret(&self) -> bool;
}

impl<T: Kind> Setting for T {
    fn set(&mut self, given: &Given) -> bool {
        let Some(value) = T::read(given) else { return false };
        *self = value;
        true
    }

    fn expected(&self) -> String {
        T::expected()
    }

    fn given(&self, text: &str) -> Given {
        T::given(text)
    }

    fn value(&self) -> serde_json::Value {
        self.json()
    }

    fn schema(&self) -> serde_json::Value {
        T::schema()
    }

    fn optional(&self) -> bool {
        T::OPTIONAL
    }

    fn secret(&self) -> bool {
        T::SECRET
    }
}

/// Sees sections and settings in the order of their declaration.
pub trait Visitor {
    /// A section begins.
    fn section(&mut self, _about: &About) {}
    /// A setting.
    fn setting(&mut self, about: &About, setting: &mut dyn Setting);
}

/// A section or a setting: what a visitor walks.
pub trait Node {
    /// Shows itself, and what it holds, to a visitor.
    fn visit(&mut self, about: &About, visitor: &mut dyn Visitor);
}

impl<T: Kind> Node for T {
    fn visit(&mut self, about: &About, visitor: &mut dyn Visitor) {
        visitor.setting(about, self);
    }
}

/// Declares a section: `name: Type = default, in least..=most;`.
macro_rules! section {
    ($(#[doc = $docs:literal])+ $name:ident {
        $($(#[doc = $field_docs:literal])+ $field:ident: $type:ty $(= $default:expr)? $(, in $least:literal..=$most:literal)?;)*
    }) => {
        $(#[doc = $docs])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[doc = $field_docs])+ pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $crate::configuration::node::or_default!($type $(, $default)?),)* }
            }
        }

        impl $crate::configuration::node::Node for $name {
            fn visit(&mut self, about: &$crate::configuration::node::About, visitor: &mut dyn $crate::configuration::node::Visitor) {
                use $crate::configuration::node::About;
                visitor.section(&About { path: about.path.clone(), docs: &[$($docs),+], range: None });
                $(
                    let inner = About { path: about.within(stringify!($field)), docs: &[$($field_docs),+], range: None $(.or(Some(($least, $most))))? };
                    self.$field.visit(&inner, visitor);
                )*
            }
        }
    };
}

macro_rules! or_default {
    ($type:ty) => {
        <$type>::default()
    };
    ($type:ty, $default:expr) => {
        $default
    };
}

pub(crate) use {or_default, section};
