//! The thresholds that the user sets; the others are the program's own.

use loiter_model::{LintLimits, Lints, Nanos, Thresholds};

/// What the user says of when a task counts as blocked, hogging or starved; `None` leaves it to
/// the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The idle time from which a task counts as blocked.
    pub blocked_after: Option<Nanos>,
    /// The length of one poll from which a task counts as hogging its worker.
    pub hogging_after: Option<Nanos>,
    /// The wait for a worker from which a woken task counts as starved.
    pub starved_after: Option<Nanos>,
    /// Which hints are wanted, and from when on.
    pub lints: LintChoice,
}

/// What the user says of the lints; nothing of it leaves them to the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LintChoice {
    /// Those that stay silent, beside those that the program allows.
    pub allow: Lints,
    /// Those that do not, whatever the program and `allow` say.
    pub warn: Lints,
    /// The share of a task's wakes, in percent, beyond which they are too often its own.
    pub self_wakes_percent: Option<u8>,
    /// The length of a first poll that is too long.
    pub never_yielded_after: Option<Nanos>,
    /// The size of a future that is too large.
    pub large_future_bytes: Option<u64>,
}

impl Limits {
    /// The thresholds in force for a program that has these.
    #[must_use]
    pub fn over(&self, own: Thresholds) -> Thresholds {
        Thresholds {
            blocked_after: self.blocked_after.unwrap_or(own.blocked_after),
            hogging_after: self.hogging_after.unwrap_or(own.hogging_after),
            starved_after: self.starved_after.unwrap_or(own.starved_after),
            lints: self.lints.over(own.lints),
        }
    }
}

impl LintChoice {
    fn over(&self, own: LintLimits) -> LintLimits {
        LintLimits {
            allowed: own.allowed.and(self.allow).without(self.warn),
            self_wakes_percent: self.self_wakes_percent.unwrap_or(own.self_wakes_percent),
            never_yielded_after: self.never_yielded_after.unwrap_or(own.never_yielded_after),
            large_future_bytes: self.large_future_bytes.unwrap_or(own.large_future_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_does_not_set_is_the_programs() {
        let own = Thresholds::default();
        assert_eq!(Limits::default().over(own), own);
        let limits = Limits {
            hogging_after: Some(Nanos(1)),
            starved_after: Some(Nanos(2)),
            ..Limits::default()
        };
        let expected = Thresholds {
            hogging_after: Nanos(1),
            starved_after: Nanos(2),
            ..own
        };
        assert_eq!(limits.over(own), expected);
    }

    #[test]
    fn lints_that_the_user_allows_are_added_and_those_wanted_taken_away() {
        let lints = |text: &str| text.parse::<Lints>().expect(text);
        let own = Thresholds {
            lints: LintLimits {
                allowed: lints("large-future,lost-waker"),
                ..LintLimits::default()
            },
            ..Thresholds::default()
        };
        for (allow, warn, expected) in [
            ("none", "none", "large-future,lost-waker"),
            ("self-wakes", "lost-waker", "large-future,self-wakes"),
            (
                "all",
                "never-yielded",
                "self-wakes,lost-waker,auto-boxed-future,large-future",
            ),
            ("all", "all", "none"),
        ] {
            let limits = Limits {
                lints: LintChoice {
                    allow: lints(allow),
                    warn: lints(warn),
                    large_future_bytes: Some(7),
                    ..LintChoice::default()
                },
                ..Limits::default()
            };
            let limits = limits.over(own).lints;
            assert_eq!(limits.allowed, lints(expected), "-A {allow} -W {warn}");
            assert_eq!(limits.large_future_bytes, 7);
            assert_eq!(limits.self_wakes_percent, own.lints.self_wakes_percent);
        }
    }
}
