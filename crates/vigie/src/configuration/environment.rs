//! The process's environment, read here and nowhere else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What begins the variables that are settings.
pub(super) const PREFIX: &str = "VIGIE__";

/// The environment. Tests make their own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    root: bool,
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        Self { variables, root: nix::unistd::geteuid().is_root() }
    }

    /// One for tests.
    pub fn of(variables: impl IntoIterator<Item = (&'static str, &'static str)>, root: bool) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(), root }
    }

    /// Variables that are settings: their name, and their value where it is UTF-8.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.variables.iter().filter(|(name, _)| name.starts_with(PREFIX)).map(|(name, value)| (name.as_str(), value.to_str()))
    }

    /// `VIGIE_CONFIG`: the configuration file where `--config` names none.
    pub fn configuration_file(&self) -> Option<PathBuf> {
        self.path("VIGIE_CONFIG")
    }

    /// `VIGIE_ADMIN_PASSWORD_FILE`: the file with the password of the first administrator, for unattended starts.
    pub fn admin_password_file(&self) -> Option<PathBuf> {
        self.path("VIGIE_ADMIN_PASSWORD_FILE")
    }

    /// Where state is kept when nothing is configured; `None` for a user without a home.
    pub fn state_directory(&self) -> Option<PathBuf> {
        if self.root {
            return Some(PathBuf::from("/var/lib/vigie"));
        }
        let home = || self.path("HOME").map(|home| home.join(".local/state"));
        // the specification of base directories has relative ones ignored
        self.path("XDG_STATE_HOME").filter(|path| path.is_absolute()).or_else(home).map(|base| base.join("vigie"))
    }

    /// Where the command line keeps its sessions: `$XDG_CONFIG_HOME/vigie` or `~/.config/vigie`.
    pub fn client_directory(&self) -> Option<PathBuf> {
        let home = || self.path("HOME").map(|home| home.join(".config"));
        self.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).or_else(home).map(|base| base.join("vigie"))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).filter(|value| !value.is_empty()).map(|value| Path::new(value).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_stands_where_the_system_expects_it() {
        let at = |variables: &[(&'static str, &'static str)], root| Environment::of(variables.iter().copied(), root).state_directory();
        assert_eq!(at(&[("HOME", "/root")], true), Some("/var/lib/vigie".into()));
        assert_eq!(at(&[("HOME", "/home/zoe")], false), Some("/home/zoe/.local/state/vigie".into()));
        assert_eq!(at(&[("HOME", "/home/zoe"), ("XDG_STATE_HOME", "/data")], false), Some("/data/vigie".into()));
        assert_eq!(at(&[("HOME", "/home/zoe"), ("XDG_STATE_HOME", "data")], false), Some("/home/zoe/.local/state/vigie".into()));
        assert_eq!(at(&[], false), None);
    }
}
