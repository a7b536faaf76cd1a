//! Spawn locations, by which tasks are grouped.

use std::{fmt, sync::Arc};

use crate::{Nanos, Quantiles, stack::package::Code};

/// Stands for a site within one process. Dense from 0: sites are few, so tables index by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(pub u32);

/// The source location where tasks were spawned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The path that the compiler recorded.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// The function that `spawn_blocking` runs, by its type's name; empty for other kinds.
    pub function: Arc<str>,
}

impl Site {
    /// A site without a function's name.
    #[must_use]
    pub fn new(file: impl Into<Arc<str>>, line: u32, column: u32) -> Self {
        Self {
            file: file.into(),
            line,
            column,
            function: "".into(),
        }
    }

    /// The package of a dependency, or `std`; `None` for the program's own files.
    #[must_use]
    pub fn package(&self) -> Option<String> {
        if self.file.is_empty() {
            return None;
        }
        let package = self.code().package;
        (!package.is_empty()).then_some(package)
    }

    pub(crate) fn code(&self) -> Code {
        Code::of(&self.file, &[])
    }

    /// The path without what tells nothing: a dependency's path starts at its `name-version`
    /// folder, the standard library's at `library`, a file of the application's own package at
    /// what the compiler recorded.
    #[must_use]
    pub fn short_file(&self) -> &str {
        let file = &*self.file;
        for registry in ["registry/src/", "registry\\src\\", "git/checkouts/"] {
            if let Some((_, after)) = file.split_once(registry) {
                // Past the folder of the registry itself.
                return after
                    .split_once(['/', '\\'])
                    .map_or(after, |(_, rest)| rest);
            }
        }
        match file.split_once("rustc/") {
            Some((_, after)) => after.split_once('/').map_or(after, |(_, rest)| rest),
            None => file,
        }
    }
}

/// `src/pool.rs:88:9`, with dependencies' paths shortened as in [`Site::short_file`].
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.pad(self.short_file());
        }
        f.pad(&format!(
            "{}:{}:{}",
            self.short_file(),
            self.line,
            self.column
        ))
    }
}

/// The tasks of one site together, at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteStats {
    /// Which site.
    pub site: SiteId,
    /// Tasks alive.
    pub alive: u64,
    /// Of those, the idle ones.
    pub idle: u64,
    /// Of those, the scheduled ones.
    pub scheduled: u64,
    /// Of those, the running ones.
    pub running: u64,
    /// Of those, the blocked ones.
    pub blocked: u64,
    /// Of those, the hogging ones.
    pub hogging: u64,
    /// Of those, the starved ones.
    pub starved: u64,
    /// Tasks spawned since the agent's start.
    pub spawned: u64,
    /// Tasks ended since the agent's start.
    pub ended: u64,
    /// Spawns a second, over the last ten seconds.
    pub spawned_per_sec: f64,
    /// Ends a second, over the last ten seconds.
    pub ended_per_sec: f64,
    /// The longest current wait among its idle tasks.
    pub oldest_idle: Option<Nanos>,
    /// The median current wait among its idle tasks, within an eighth.
    pub median_idle: Option<Nanos>,
    /// Bytes of the futures alive.
    pub bytes: u64,
    /// Tasks alive over the last minutes, oldest first, a sample a second.
    pub history: Vec<u32>,
    /// How long polls took.
    pub poll: Quantiles,
    /// How long woken tasks waited for a worker.
    pub scheduled_for: Quantiles,
    /// How long waits lasted that have ended.
    pub waited: Quantiles,
    /// How long the ended tasks lived.
    pub lifetime: Quantiles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_named_by_its_package() {
        for (file, short) in [
            ("src/pool.rs", "src/pool.rs"),
            (
                "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/hyper-util-0.1.10/src/rt.rs",
                "hyper-util-0.1.10/src/rt.rs",
            ),
            (
                "C:\\Users\\me\\.cargo\\registry\\src\\index\\tonic-0.14.9\\src\\lib.rs",
                "tonic-0.14.9\\src\\lib.rs",
            ),
            (
                "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs",
                "library/core/src/ops/function.rs",
            ),
        ] {
            assert_eq!(Site::new(file, 1, 2).short_file(), short);
        }
        let rt = "/home/me/.cargo/registry/src/index/hyper-util-0.1.10/src/rt.rs";
        assert_eq!(Site::new(rt, 1, 2).package().as_deref(), Some("hyper-util"));
        assert_eq!(Site::new("src/pool.rs", 1, 2).package(), None);
        assert_eq!(
            Site::new("src/pool.rs", 88, 9).to_string(),
            "src/pool.rs:88:9"
        );
    }
}
