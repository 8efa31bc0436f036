//! The packages of the build, as `cargo metadata` tells them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// What Vigie is released for; dependencies of other systems do not matter.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// How one package depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Build,
    Dev,
}

#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// SPDX expression, where it has one.
    pub licence: Option<String>,
    pub member: bool,
    /// Whether it runs in the compiler, and no part of it reaches the binary.
    pub macros: bool,
    /// Index into the packages, and how it depends on it.
    pub dependencies: Vec<(usize, Kind)>,
}

/// The workspace.
pub struct Workspace {
    pub root: PathBuf,
    pub packages: Vec<Package>,
}

impl Workspace {
    /// Asks cargo. The lock file must be fresh.
    pub fn load() -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo).args(["metadata", "--format-version", "1", "--filter-platform", TARGET]).output();
        let output = output.map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let json: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
        Self::read(&json).ok_or_else(|| "cargo metadata: not in the form that was expected".to_owned())
    }

    fn read(json: &Value) -> Option<Self> {
        let members: Vec<&str> = json["workspace_members"].as_array()?.iter().filter_map(Value::as_str).collect();
        let mut packages = Vec::new();
        let mut index = HashMap::new();
        for package in json["packages"].as_array()? {
            let id = package["id"].as_str()?;
            index.insert(id, packages.len());
            packages.push(Package {
                name: package["name"].as_str()?.to_owned(),
                folder: PathBuf::from(package["manifest_path"].as_str()?).parent()?.to_owned(),
                licence: package["license"].as_str().map(str::to_owned),
                member: members.contains(&id),
                macros: package["targets"].as_array()?.iter().any(|target| target["kind"][0] == "proc-macro"),
                dependencies: Vec::new(),
            });
        }
        for node in json["resolve"]["nodes"].as_array()? {
            let from = *index.get(node["id"].as_str()?)?;
            for dependency in node["deps"].as_array()? {
                let to = *index.get(dependency["pkg"].as_str()?)?;
                let kinds = dependency["dep_kinds"].as_array()?.iter().map(|kind| match kind["kind"].as_str() {
                    Some("build") => Kind::Build,
                    Some("dev") => Kind::Dev,
                    _ => Kind::Normal,
                });
                packages[from].dependencies.extend(kinds.map(|kind| (to, kind)));
            }
        }
        Some(Self { root: json["workspace_root"].as_str()?.into(), packages })
    }

    /// One for tests: members with their rooms and licences, libraries with theirs, and who depends on whom.
    #[cfg(test)]
    pub fn of(members: &[(&str, &str, Option<&str>)], libraries: &[(&str, &str)], edges: &[(usize, usize, Kind)]) -> Self {
        let root = PathBuf::from("/project");
        let package = |name: &str, folder: PathBuf, licence: Option<&str>, member| Package {
            name: name.to_owned(),
            folder,
            licence: licence.filter(|text| !text.is_empty()).map(str::to_owned),
            member,
            macros: false,
            dependencies: Vec::new(),
        };
        let own = members.iter().map(|(name, room, licence)| package(name, root.join("crates").join(room), *licence, true));
        let others = libraries.iter().map(|(name, licence)| package(name, PathBuf::from("/registry"), Some(licence), false));
        let mut packages: Vec<Package> = own.chain(others).collect();
        for &(from, to, kind) in edges {
            packages[from].dependencies.push((to, kind));
        }
        Self { root, packages }
    }

    /// Packages of the workspace.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.member)
    }

    /// Whether each package ends in the binary (`true`), helps to build it (`false`), or does neither (`None`).
    pub fn reach(&self) -> Vec<Option<bool>> {
        let mut reached = vec![None; self.packages.len()];
        let members = self.packages.iter().enumerate().filter(|(_, package)| package.member);
        let mut open: Vec<(usize, bool)> = members.map(|(at, _)| (at, true)).collect();
        while let Some((at, in_binary)) = open.pop() {
            let in_binary = in_binary && !self.packages[at].macros;
            if reached[at].is_some_and(|before| before >= in_binary) {
                continue;
            }
            reached[at] = Some(in_binary);
            let followed = self.packages[at].dependencies.iter().filter(|(_, kind)| *kind != Kind::Dev);
            open.extend(followed.map(|&(to, kind)| (to, in_binary && kind == Kind::Normal)));
        }
        reached
    }
}
