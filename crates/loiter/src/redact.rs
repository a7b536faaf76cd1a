//! Keeps from clients what the program says they shall not be told.
//!
//! Names are replaced before they are stored, and paths wherever one is looked up, by filters as
//! well: a client cannot find one out by asking for it.

use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use loiter_model::{Site, Wait};

use crate::builder::{Redact, Redacted};

/// What is redacted, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redaction {
    what: Redacted,
    /// Another one in each process: who knows a name cannot work out its number.
    key: RandomState,
}

impl Redaction {
    pub(crate) fn new(what: Redacted) -> Self {
        Self {
            what,
            key: RandomState::new(),
        }
    }

    /// What to store of a task's name.
    pub(crate) fn task_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.name(Redact::TaskNames, name)
    }

    /// What to store of a scope's.
    pub(crate) fn scope<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.name(Redact::Scopes, name)
    }

    /// What to show of a site.
    pub(crate) fn site(&self, site: &Arc<Site>) -> Arc<Site> {
        if !self.what.has(Redact::SitePaths) {
            return site.clone();
        }
        Arc::new(Site {
            file: without_folders(&site.file).into(),
            ..Site::clone(site)
        })
    }

    /// What to show of a wait, which was judged by all of its paths.
    pub(crate) fn wait(&self, mut wait: Wait) -> Wait {
        if !self.what.has(Redact::SitePaths) {
            return wait;
        }
        let branches = wait.stack.branches.iter_mut();
        let frames = branches.flat_map(|branch| &mut branch.frames);
        for frame in frames.chain(&mut wait.place) {
            frame.file = without_folders(&frame.file).into();
        }
        wait
    }

    fn name<'a>(&self, what: Redact, name: &'a str) -> Cow<'a, str> {
        if name.is_empty() || !self.what.has(what) {
            return name.into();
        }
        format!("#{:08x}", self.key.hash_one(name) as u32).into()
    }
}

/// The file's name. Of a dependency's or of the standard library's, also the path inside of it:
/// that is no secret, and tells whose code it is. Only what is surely one of these: a program's own
/// folders may be called like theirs.
fn without_folders(path: &str) -> &str {
    // As long as the path: what is found in it is there in the path as well.
    let slashed = path.replace('\\', "/");
    let public = of_the_standard_library(&slashed).or_else(|| of_a_dependency(&slashed));
    let own = || slashed.rfind('/').map_or(0, |last| last + 1);
    &path[public.unwrap_or_else(own)..]
}

/// Where a path begins to be the standard library's, if it does: as that is distributed, with the
/// component `rust-src`, or one of its dependencies.
fn of_the_standard_library(path: &str) -> Option<usize> {
    const SOURCE: &str = "/lib/rustlib/src/rust/library/";
    const DEPENDENCIES: [&str; 9] = [
        "addr2line",
        "getopts",
        "gimli",
        "hashbrown",
        "libc",
        "memchr",
        "miniz_oxide",
        "object",
        "rustc-demangle",
    ];
    let is_distributed = |inside: &str| {
        let (commit, inside) = inside.split_once('/')?;
        Some(is_hex(commit) && inside.starts_with("library/"))
    };
    let is_dependency = |inside: &str| {
        let (folder, _) = inside.split_once('/')?;
        let (package, version) = folder.rsplit_once('-')?;
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        Some(is_version && DEPENDENCIES.contains(&package))
    };
    let is = |start: &str, check: &dyn Fn(&str) -> Option<bool>| {
        path.strip_prefix(start).and_then(check).unwrap_or(false)
    };
    let whole = is("/rustc/", &is_distributed)
        || is("/rust/deps/", &is_dependency)
        || ["std", "core", "alloc"].iter().any(|package| {
            let start = format!("library/{package}/src/");
            is(&start, &|inside| Some(has_known_folders(inside)))
        });
    if whole {
        return Some(0);
    }
    path.find(SOURCE).map(|at| at + "/lib".len())
}

/// Whether a file is in folders only that the standard library has. There is nothing else to tell it
/// by where its path is not absolute.
fn has_known_folders(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "adapters",
        "alloc",
        "array",
        "async_iter",
        "atomic",
        "boxed",
        "cell",
        "char",
        "collections",
        "convert",
        "ffi",
        "fmt",
        "future",
        "hash",
        "intrinsics",
        "io",
        "iter",
        "local",
        "mem",
        "mpmc",
        "mpsc",
        "mutex",
        "net",
        "num",
        "once",
        "ops",
        "os",
        "pal",
        "panic",
        "poison",
        "ptr",
        "rc",
        "result",
        "rwlock",
        "slice",
        "str",
        "sync",
        "sys",
        "task",
        "thread",
        "thread_local",
        "time",
        "traits",
        "unix",
        "vec",
        "windows",
    ];
    let mut parts = path.rsplit('/');
    // The file itself is shown anyway.
    parts.next();
    parts.all(|folder| FOLDERS.contains(&folder))
}

/// Where a path begins to be a dependency's, if it does: in cargo's folder of them. That is `.cargo`
/// unless somebody chose another one, and in it each source's has a number.
fn of_a_dependency(path: &str) -> Option<usize> {
    let is_cargos = |before: &str, inside: &str| {
        let folder = inside.split('/').next().unwrap_or_default();
        let number = folder.rsplit_once('-').map_or("", |(_, number)| number);
        let is_numbered = number.len() == 16 && is_hex(number);
        let mut above = before.rsplit('/');
        let is_folder = above.next() == Some("");
        is_folder && (is_numbered || above.next() == Some(".cargo"))
    };
    ["registry/src/", "git/checkouts/"].iter().find_map(|mark| {
        let mut found = path.match_indices(mark).map(|(at, _)| at);
        found.find(|at| is_cargos(&path[..*at], &path[at + mark.len()..]))
    })
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use loiter_model::{AwaitStack, Branch, Frame, Origin, StackSource, WaitKind};

    use super::*;

    fn redacting(what: Redact) -> Redaction {
        Redaction::new([what].into_iter().collect())
    }

    #[test]
    fn a_name_becomes_a_number_that_tells_nothing() {
        let redaction = redacting(Redact::TaskNames);
        let shown = redaction.task_name("conn alice@example.org");
        assert_eq!((shown.len(), shown.as_bytes()[0]), (9, b'#'), "{shown}");
        assert_eq!(redaction.task_name("conn alice@example.org"), shown);
        assert_ne!(redaction.task_name("conn bob@example.org"), shown);
        let elsewhere = redacting(Redact::TaskNames);
        assert_ne!(elsewhere.task_name("conn alice@example.org"), shown);
        assert_eq!(redaction.task_name(""), "");
        assert_eq!(redaction.scope("checkout"), "checkout");
        assert!(redacting(Redact::Scopes).scope("checkout").starts_with('#'));
    }

    #[test]
    fn a_path_loses_its_folders_but_not_whose_it_is() {
        for (path, shown) in [
            ("/home/me/shop/src/pool.rs", "pool.rs"),
            ("src/pool.rs", "pool.rs"),
            ("C:\\Users\\me\\shop\\src\\pool.rs", "pool.rs"),
            ("pool.rs", "pool.rs"),
            ("", ""),
            (
                "/home/me/.cargo/registry/src/index-1/hyper-1.8.0/src/rt.rs",
                "registry/src/index-1/hyper-1.8.0/src/rt.rs",
            ),
            (
                "/rustc/0123/library/core/src/future.rs",
                "/rustc/0123/library/core/src/future.rs",
            ),
            ("library/std/src/thread.rs", "library/std/src/thread.rs"),
            (
                "library/core/src/future/poll_fn.rs",
                "library/core/src/future/poll_fn.rs",
            ),
            (
                "/root/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/panic.rs",
                "/rustlib/src/rust/library/std/src/panic.rs",
            ),
            (
                "/rust/deps/hashbrown-0.16.1/src/map.rs",
                "/rust/deps/hashbrown-0.16.1/src/map.rs",
            ),
            (
                "/usr/local/cargo/registry/src/index.crates.io-1949cf8c6b5b557f/hyper-1.8.0/src/rt.rs",
                "registry/src/index.crates.io-1949cf8c6b5b557f/hyper-1.8.0/src/rt.rs",
            ),
            (
                "C:\\Users\\me\\.cargo\\registry\\src\\index-1\\hyper-1.8.0\\src\\rt.rs",
                "registry\\src\\index-1\\hyper-1.8.0\\src\\rt.rs",
            ),
            (
                "/home/me/.cargo/git/checkouts/hyper-0123456789abcdef/0123456/src/rt.rs",
                "git/checkouts/hyper-0123456789abcdef/0123456/src/rt.rs",
            ),
        ] {
            assert_eq!(without_folders(path), shown);
            let origin = |file: &str| {
                let file = file.into();
                let (function, line, column) = ("".into(), 1, 1);
                Frame {
                    function,
                    file,
                    line,
                    column,
                }
                .origin()
            };
            if !path.is_empty() {
                assert_eq!(origin(path), origin(shown), "{path}");
            }
        }
    }

    #[test]
    fn a_folder_of_the_program_is_not_taken_for_another_ones() {
        for path in [
            "library/core/src/secret/pool.rs",
            "library/acme/src/pool.rs",
            "shop/library/core/src/pool.rs",
            "/rust/deps/acme/src/pool.rs",
            "/rust/deps/acme-1.0/src/pool.rs",
            "/home/me/rust/deps/libc-0.2.1/pool.rs",
            "/rustc/acme/library/pool.rs",
            "/rustc/0123/acme/pool.rs",
            "/home/me/rustc/0123/library/core/pool.rs",
            "/home/me/acme/registry/src/secret/pool.rs",
            "registry/src/secret/pool.rs",
            "/home/me/acme-registry/src/index.crates.io-1949cf8c6b5b557f/pool.rs",
            "/home/me/git/checkouts/acme/secret/pool.rs",
            "/home/me/rustlib/src/rust/library/pool.rs",
        ] {
            assert_eq!(without_folders(path), "pool.rs", "{path}");
        }
    }

    #[test]
    fn a_wait_keeps_its_kind() {
        let frame = |function: &str, file: &str| Frame {
            function: function.into(),
            file: file.into(),
            line: 88,
            column: 9,
        };
        let tokio = "/home/me/.cargo/registry/src/index/tokio-1.54.1/src/";
        let wait = || {
            Wait::new(AwaitStack {
                branches: vec![Branch {
                    frames: vec![
                        frame(
                            "tokio::sync::notify::Notified::poll",
                            &format!("{tokio}sync/notify.rs"),
                        ),
                        frame("shop::pool::next", "/home/me/shop/src/pool.rs"),
                    ],
                }],
                source: StackSource::Probed,
            })
        };
        assert_eq!(Redaction::default().wait(wait()), wait());
        let shown = redacting(Redact::SitePaths).wait(wait());
        assert_eq!(shown.kind, WaitKind::Notify);
        assert_eq!(shown.leaves().collect::<Vec<_>>(), [WaitKind::Notify]);
        assert_eq!(&*shown.place.as_ref().expect("a place").file, "pool.rs");
        assert_eq!(shown.to_string(), wait().to_string());
        let frames = &shown.stack.branches[0].frames;
        assert_eq!(frames[0].origin(), Origin::Tokio);
        assert!(
            frames.iter().all(|frame| !frame.file.contains("/me/")),
            "{frames:?}"
        );
    }
}
