//! What no client is told.

use std::str::FromStr;

/// Something that can be kept from all who look at the program. See
/// [`Builder::redact`](crate::Builder::redact).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redact {
    /// The names of tasks. Each is shown as a number, such as `#3f2a9c07`: the same for tasks of the
    /// same name, another one in another process.
    TaskNames,
    /// The names of scopes, shown as numbers in the same way.
    Scopes,
    /// The folders of the program's source files: `pool.rs:88:9` is left of
    /// `/home/me/shop/src/pool.rs:88:9`. Of a dependency, what stands before its package is left
    /// out.
    SitePaths,
    /// What tokio tells of the state of resources, such as `permits=3`.
    ResourceAttributes,
    /// The texts of findings that the program itself wrote: the filters and reasons given to
    /// [`Builder::allow`](crate::Builder::allow). All other text in a finding is made of names and
    /// paths, which are redacted there as everywhere.
    FindingTexts,
}

impl Redact {
    /// Everything that can be redacted.
    pub const ALL: [Self; 5] = [
        Self::TaskNames,
        Self::Scopes,
        Self::SitePaths,
        Self::ResourceAttributes,
        Self::FindingTexts,
    ];

    /// The word for it in `LOITER_REDACT`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TaskNames => "task-names",
            Self::Scopes => "scopes",
            Self::SitePaths => "site-paths",
            Self::ResourceAttributes => "resource-attributes",
            Self::FindingTexts => "finding-texts",
        }
    }
}

/// A set of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Redacted(u8);

impl Redacted {
    pub(crate) fn has(self, what: Redact) -> bool {
        self.0 & bit(what) != 0
    }

    pub(crate) fn add(&mut self, what: Redact) {
        self.0 |= bit(what);
    }
}

fn bit(what: Redact) -> u8 {
    1 << what as u8
}

impl FromIterator<Redact> for Redacted {
    fn from_iter<I: IntoIterator<Item = Redact>>(all: I) -> Self {
        let mut set = Self::default();
        all.into_iter().for_each(|what| set.add(what));
        set
    }
}

/// `task-names,scopes`, `all` or `none`.
impl FromStr for Redacted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => return Ok(Redact::ALL.into_iter().collect()),
            "none" => return Ok(Self::default()),
            _ => {}
        }
        let named = |word: &str| {
            let mut all = Redact::ALL.into_iter();
            all.find(|what| what.name() == word.trim()).ok_or_else(|| {
                let words = Redact::ALL.map(|what| format!("`{}`", what.name()));
                format!(
                    "`{word}` cannot be redacted: write {}, several with commas between, `all` or \
                     `none`",
                    words.join(", ")
                )
            })
        };
        text.split(',').map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_word() {
        for what in Redact::ALL {
            let set: Redacted = what.name().parse().expect("its word");
            for other in Redact::ALL {
                assert_eq!(set.has(other), other == what, "{what:?}");
            }
        }
        let some: Redacted = "scopes, task-names".parse().expect("two words");
        assert_eq!(
            some,
            [Redact::TaskNames, Redact::Scopes].into_iter().collect()
        );
        assert_eq!("none".parse(), Ok(Redacted::default()));
        assert_eq!(
            "all".parse(),
            Ok(Redact::ALL.into_iter().collect::<Redacted>())
        );
        let error = "names".parse::<Redacted>().expect_err("no word of it");
        assert!(
            error.contains("`names`") && error.contains("`task-names`"),
            "{error}"
        );
    }
}
