//! The scopes of checks: each has a name of its own.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes of a test's name that are used: the agent keeps 1024 of a whole path of scopes.
const NAME: usize = 96;
/// Between a scope and one inside it, as the agent writes it.
const INSIDE: char = '/';

/// The name of one check's scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label(String);

impl Label {
    /// Another one at each call, with the end of this name in it.
    pub(crate) fn unique(name: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut start = name.len().saturating_sub(NAME);
        while !name.is_char_boundary(start) {
            start += 1;
        }
        // What parts scopes must not be in the name of one.
        let name = name[start..].replace([INSIDE, '"'], "_");
        Self(format!("{name}#{}", NEXT.fetch_add(1, Relaxed)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Lets through at least the tasks in it.
    pub(crate) fn filter(&self) -> String {
        format!("scope:\"{}\"", self.0)
    }

    /// Where a path of scopes is inside this one: `Some("")` for the scope itself, the path
    /// below it else.
    pub(crate) fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        let mut rest = path;
        loop {
            let (part, below) = rest.split_once(INSIDE).unwrap_or((rest, ""));
            if part == self.0 {
                return Some(below);
            }
            if below.is_empty() {
                return None;
            }
            rest = below;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_one() {
        assert_ne!(Label::unique("test"), Label::unique("test"));
    }

    #[test]
    fn only_what_is_inside_is_inside() {
        let label = Label("pool::drains#7".to_owned());
        for (path, below) in [
            ("pool::drains#7", Some("")),
            ("pool::drains#7/job/part", Some("job/part")),
            ("outer/pool::drains#7/job", Some("job")),
            ("outer/pool::drains#7", Some("")),
            ("pool::drains#71", None),
            ("a-pool::drains#7", None),
            ("outer/pool::drains#71/job", None),
            ("", None),
        ] {
            assert_eq!(label.inside(path), below, "{path}");
        }
    }

    #[test]
    fn long_and_odd_names_are_bounded() {
        let label = Label::unique(&format!("ä/\"{}", "ö".repeat(200)));
        assert!(label.as_str().len() < NAME + 24);
        assert_eq!(label.inside(label.as_str()), Some(""));
        let label = Label::unique("a/b");
        assert_eq!(label.inside(label.as_str()), Some(""));
    }
}
