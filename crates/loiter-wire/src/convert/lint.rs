//! Hints on tasks: which there are, from when on, and how many tasks have them.

use loiter_model::{Lint, LintCounts, LintLimits, Lints, Nanos};

use crate::v1;

impl From<LintLimits> for v1::LintLimits {
    fn from(limits: LintLimits) -> Self {
        Self {
            allowed: limits
                .allowed
                .iter()
                .map(|lint| v1::Lint::from(lint).into())
                .collect(),
            self_wakes_percent: limits.self_wakes_percent.into(),
            never_yielded_after_ns: limits.never_yielded_after.0,
            large_future_bytes: limits.large_future_bytes,
        }
    }
}

impl From<v1::LintLimits> for LintLimits {
    fn from(limits: v1::LintLimits) -> Self {
        let percent = limits.self_wakes_percent.min(100);
        Self {
            allowed: limits.allowed().filter_map(known).collect::<Lints>(),
            self_wakes_percent: u8::try_from(percent).unwrap_or(100),
            never_yielded_after: Nanos(limits.never_yielded_after_ns),
            large_future_bytes: limits.large_future_bytes,
        }
    }
}

impl From<Lint> for v1::Lint {
    fn from(lint: Lint) -> Self {
        match lint {
            Lint::SelfWakes => Self::SelfWakes,
            Lint::LostWaker => Self::LostWaker,
            Lint::NeverYielded => Self::NeverYielded,
            Lint::AutoBoxedFuture => Self::AutoBoxedFuture,
            Lint::LargeFuture => Self::LargeFuture,
        }
    }
}

/// `None` for one that only a newer sender knows.
fn known(lint: v1::Lint) -> Option<Lint> {
    match lint {
        v1::Lint::Unspecified => None,
        v1::Lint::SelfWakes => Some(Lint::SelfWakes),
        v1::Lint::LostWaker => Some(Lint::LostWaker),
        v1::Lint::NeverYielded => Some(Lint::NeverYielded),
        v1::Lint::AutoBoxedFuture => Some(Lint::AutoBoxedFuture),
        v1::Lint::LargeFuture => Some(Lint::LargeFuture),
    }
}

impl From<LintCounts> for v1::LintCounts {
    fn from(counts: LintCounts) -> Self {
        Self {
            self_wakes: counts.of(Lint::SelfWakes),
            lost_waker: counts.of(Lint::LostWaker),
            never_yielded: counts.of(Lint::NeverYielded),
            auto_boxed_future: counts.of(Lint::AutoBoxedFuture),
            large_future: counts.of(Lint::LargeFuture),
        }
    }
}

impl From<v1::LintCounts> for LintCounts {
    fn from(counts: v1::LintCounts) -> Self {
        Self(Lint::ALL.map(|lint| match lint {
            Lint::SelfWakes => counts.self_wakes,
            Lint::LostWaker => counts.lost_waker,
            Lint::NeverYielded => counts.never_yielded,
            Lint::AutoBoxedFuture => counts.auto_boxed_future,
            Lint::LargeFuture => counts.large_future,
        }))
    }
}
