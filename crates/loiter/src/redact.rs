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
/// that is no secret, and tells whose code it is.
fn without_folders(path: &str) -> &str {
    const PUBLIC: [&str; 6] = [
        "registry/src/",
        "registry\\src\\",
        "git/checkouts/",
        "/rustc/",
        "/rustlib/src/rust/library/",
        "/rust/deps/",
    ];
    const RELATIVE: [&str; 3] = ["library/std/", "library/core/", "library/alloc/"];
    if RELATIVE.iter().any(|start| path.starts_with(start)) {
        return path;
    }
    let public = PUBLIC.iter().find_map(|mark| path.find(mark));
    let own = || path.rfind(['/', '\\']).map_or(0, |last| last + 1);
    &path[public.unwrap_or_else(own)..]
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
