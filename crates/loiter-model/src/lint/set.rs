//! Sets of lints, and how many tasks have which.

use std::str::FromStr;

use super::Lint;
use crate::query::nearest;

/// A set of lints.
///
/// Reads as a list: `self-wakes,large-future`; `all` and `none` stand for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lints(u8);

impl Lints {
    /// No lint.
    pub const NONE: Self = Self(0);
    /// Every lint.
    pub const ALL: Self = Self((1 << Lint::ALL.len()) - 1);

    /// The lints of [`Lint::ALL`] whose flag is set, in its order.
    #[inline]
    #[must_use]
    pub(super) const fn of_flags(flags: [bool; Lint::ALL.len()]) -> Self {
        let [a, b, c, d, e] = flags;
        Self(a as u8 | (b as u8) << 1 | (c as u8) << 2 | (d as u8) << 3 | (e as u8) << 4)
    }

    /// Whether there is none in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are in it.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether this one is in it.
    #[must_use]
    pub const fn contains(self, lint: Lint) -> bool {
        self.0 & (1 << lint as u8) != 0
    }

    /// Those in either of two.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both of two.
    #[must_use]
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in another one.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those in it, in the order of [`Lint::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Lint> {
        Lint::ALL
            .into_iter()
            .filter(move |lint| self.contains(*lint))
    }

    /// A bit a lint, in the order of [`Lint::ALL`] from the lowest on.
    #[inline]
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// Their names, separated by commas; empty for none.
    #[must_use]
    pub fn names(self) -> String {
        self.iter().map(Lint::name).collect::<Vec<_>>().join(",")
    }
}

impl FromIterator<Lint> for Lints {
    fn from_iter<T: IntoIterator<Item = Lint>>(lints: T) -> Self {
        Self(lints.into_iter().fold(0, |all, lint| all | 1 << lint as u8))
    }
}

impl From<Lint> for Lints {
    fn from(lint: Lint) -> Self {
        Self(1 << lint as u8)
    }
}

/// Why a text is no list of lints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no lint;{hint} there are {all}, all and none")]
pub struct ParseLintsError {
    name: String,
    hint: String,
    all: String,
}

impl FromStr for Lints {
    type Err = ParseLintsError;

    /// Reads names separated by commas, `all` or `none`.
    ///
    /// # Errors
    /// [`ParseLintsError`] says which name is wrong and what there is.
    fn from_str(text: &str) -> Result<Self, ParseLintsError> {
        match text.trim() {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        let names = text.split(',').map(str::trim);
        let lints = names.map(|name| Lint::from_name(name).ok_or_else(|| unknown(name)));
        lints.collect()
    }
}

fn unknown(name: &str) -> ParseLintsError {
    let names = Lint::ALL.map(Lint::name);
    ParseLintsError {
        name: name.to_owned(),
        hint: nearest(name, names)
            .map_or_else(String::new, |name| format!(" did you mean `{name}`?")),
        all: names.join(", "),
    }
}

/// How many tasks have each lint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LintCounts(pub [u64; Lint::ALL.len()]);

impl LintCounts {
    /// How many tasks have this one.
    #[must_use]
    pub const fn of(&self, lint: Lint) -> u64 {
        self.0[lint as usize]
    }

    /// Those that some task has, and how many.
    pub fn iter(&self) -> impl Iterator<Item = (Lint, u64)> {
        let counts = Lint::ALL.into_iter().zip(self.0);
        counts.filter(|(_, count)| *count > 0)
    }

    /// Counts a task that has these.
    #[inline]
    pub(crate) fn count(&mut self, lints: Lints) {
        // A sum a lint instead of a branch, as in `Totals::count`.
        for (index, count) in self.0.iter_mut().enumerate() {
            *count += u64::from(lints.bits() >> index & 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_as_lists() {
        let some: Lints = [Lint::LargeFuture, Lint::SelfWakes].into_iter().collect();
        assert_eq!("self-wakes, large-future".parse(), Ok(some));
        assert_eq!(some.names(), "self-wakes,large-future");
        assert_eq!(some.names().parse(), Ok(some));
        assert_eq!("all".parse(), Ok(Lints::ALL));
        assert_eq!(Lints::ALL.names().parse(), Ok(Lints::ALL));
        assert_eq!("none".parse(), Ok(Lints::NONE));
        assert_eq!((some.len(), Lints::ALL.len(), Lints::NONE.len()), (2, 5, 0));
    }

    #[test]
    fn a_name_that_is_wrong_is_told_with_the_right_ones() {
        let error = |text: &str| text.parse::<Lints>().expect_err(text).to_string();
        let message = error("self-wakes,lost-wakers");
        assert!(message.starts_with("`lost-wakers` is no lint"), "{message}");
        assert!(message.contains("did you mean `lost-waker`?"), "{message}");
        for lint in Lint::ALL {
            assert!(error("").contains(lint.name()));
        }
        // Which of the two is meant?
        assert!(error("all,self-wakes").contains("`all`"));
    }

    #[test]
    fn sets_are_made_of_each_other() {
        let some: Lints = "lost-waker,never-yielded".parse().expect("two lints");
        assert_eq!(Lints::ALL.without(some).and(some), Lints::ALL);
        assert!(!Lints::ALL.without(some).contains(Lint::LostWaker));
        assert_eq!(some.without(Lints::ALL), Lints::NONE);
        assert!(Lints::NONE.is_empty() && !some.is_empty());
        assert_eq!(
            some.without(Lint::LostWaker.into()),
            Lints::from(Lint::NeverYielded)
        );
    }

    #[test]
    fn counts_are_by_lint() {
        let mut counts = LintCounts::default();
        counts.count(Lints::ALL);
        counts.count(Lint::NeverYielded.into());
        counts.count(Lints::NONE);
        assert_eq!(counts.of(Lint::NeverYielded), 2);
        assert_eq!(counts.of(Lint::LargeFuture), 1);
        let mut counts = LintCounts::default();
        counts.count(Lints::ALL.within(Lint::LostWaker.into()));
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(Lint::LostWaker, 1)]);
    }
}
