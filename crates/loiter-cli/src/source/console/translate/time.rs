//! Times as they come over the wire, where nothing is certain.

use console_api::PollStats;
use loiter_model::{Nanos, State};
use prost_types::{Duration, Timestamp};

const NANOS_PER_SEC: i128 = 1_000_000_000;

/// Nanoseconds since the Unix epoch; any 64 bits of seconds fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(i128);

impl Instant {
    pub(super) fn of(timestamp: &Timestamp) -> Self {
        Self(i128::from(timestamp.seconds) * NANOS_PER_SEC + i128::from(timestamp.nanos))
    }

    pub(super) fn maybe(timestamp: Option<&Timestamp>) -> Option<Self> {
        timestamp.map(Self::of)
    }

    /// The time since an earlier one; zero for one that is later.
    pub(super) fn since(self, earlier: Self) -> Nanos {
        clamped(self.0 - earlier.0)
    }

    /// Since the Unix epoch.
    pub(super) fn unix(self) -> Nanos {
        clamped(self.0)
    }
}

/// Zero for a missing one and for one below that.
pub(super) fn duration(duration: Option<&Duration>) -> Nanos {
    duration.map_or(Nanos::ZERO, |it| {
        clamped(i128::from(it.seconds) * NANOS_PER_SEC + i128::from(it.nanos))
    })
}

fn clamped(nanos: i128) -> Nanos {
    Nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

/// What the polls of something tell of its state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polls {
    pub(super) count: u64,
    pub(super) first: Option<Instant>,
    pub(super) started: Option<Instant>,
    pub(super) ended: Option<Instant>,
    /// Without the current one.
    pub(super) busy: Nanos,
}

impl Polls {
    pub(super) fn of(stats: Option<&PollStats>) -> Self {
        let Some(stats) = stats else {
            return Self::default();
        };
        Self {
            count: stats.polls,
            first: Instant::maybe(stats.first_poll.as_ref()),
            started: Instant::maybe(stats.last_poll_started.as_ref()),
            ended: Instant::maybe(stats.last_poll_ended.as_ref()),
            busy: duration(stats.busy_time.as_ref()),
        }
    }

    /// Since when it has been inside a poll, if it is.
    pub(super) fn running_since(&self) -> Option<Instant> {
        self.started.filter(|started| self.ended < Some(*started))
    }

    /// What something that is alive does, and since when; `woken` is when it was last, if it is
    /// something that can be.
    pub(super) fn state(&self, created: Instant, woken: Option<Instant>) -> (State, Instant) {
        if let Some(since) = self.running_since() {
            return (State::Running, since);
        }
        match (self.started, self.ended) {
            // Tokio queues a task at its spawn, without a wake.
            (None, _) => (State::Scheduled, created),
            (Some(started), ended) => {
                let left = ended.unwrap_or(started);
                match woken.filter(|woken| *woken > started) {
                    // A wake inside the poll leads to another one after it.
                    Some(woken) => (State::Scheduled, woken.max(left)),
                    None => (State::Idle, left),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i32) -> Option<Instant> {
        Instant::maybe(Some(&Timestamp { seconds: 0, nanos }))
    }

    fn state(
        started: Option<Instant>,
        ended: Option<Instant>,
        woken: Option<Instant>,
    ) -> (State, Option<Instant>) {
        let polls = Polls {
            started,
            ended,
            ..Polls::default()
        };
        let (state, since) = polls.state(Instant(1), woken);
        (state, Some(since))
    }

    #[test]
    fn a_state_follows_from_what_came_last() {
        assert_eq!(state(None, None, None), (State::Scheduled, at(1)));
        assert_eq!(state(at(5), None, None), (State::Running, at(5)));
        assert_eq!(state(at(5), at(4), at(6)), (State::Running, at(5)));
        assert_eq!(state(at(5), at(7), at(3)), (State::Idle, at(7)));
        assert_eq!(state(at(5), at(7), None), (State::Idle, at(7)));
        // Woken inside its poll, and after it.
        assert_eq!(state(at(5), at(7), at(6)), (State::Scheduled, at(7)));
        assert_eq!(state(at(5), at(7), at(9)), (State::Scheduled, at(9)));
        // A poll that took no time.
        assert_eq!(state(at(5), at(5), None), (State::Idle, at(5)));
    }

    #[test]
    fn absurd_times_are_bounded() {
        let first = Timestamp {
            seconds: i64::MIN,
            nanos: i32::MIN,
        };
        let last = Timestamp {
            seconds: i64::MAX,
            nanos: i32::MAX,
        };
        let (first, last) = (Instant::of(&first), Instant::of(&last));
        assert_eq!(last.since(first), Nanos(u64::MAX));
        assert_eq!(first.since(last), Nanos::ZERO);
        assert_eq!(first.unix(), Nanos::ZERO);
        let negative = Duration {
            seconds: -1,
            nanos: 5,
        };
        assert_eq!(duration(Some(&negative)), Nanos::ZERO);
        assert_eq!(duration(None), Nanos::ZERO);
    }
}
