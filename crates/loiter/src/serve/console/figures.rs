//! What tokio-console's client is told of a task again and again, and reads its state from.

use std::num::NonZeroU64;

use loiter_model::{Nanos, State, Task};

use crate::table::Moments;

/// An instant of the agent's clock, never its zero: half the size of an `Option<Nanos>`, and a
/// client's memory has seven for each task.
pub(super) type Instant = NonZeroU64;

/// The changing part of a task.
///
/// The client takes a task for running if its last poll started after the last one ended, for
/// scheduled if its last wake came after its last poll started, and adds the time since to the
/// sum of the one or the other. So the sums here leave out what is under way, and the instants
/// that a slot does not keep are chosen as late as that order allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) spawned_at: Nanos,
    pub(super) ended_at: Option<Instant>,
    pub(super) woken_at: Option<Instant>,
    pub(super) poll_started: Option<Instant>,
    pub(super) poll_ended: Option<Instant>,
    pub(super) polls: u64,
    pub(super) wakes: u64,
    pub(super) self_wakes: u64,
    pub(super) wakers: u64,
    pub(super) busy: Nanos,
    pub(super) scheduled: Nanos,
}

impl Figures {
    /// Of a task that is alive.
    pub(super) fn alive(task: &Task, moments: Moments) -> Self {
        // The same for as long as nothing happens: it tells whether something did.
        let since = (task.spawned_at.saturating_add(task.total)).saturating_sub(task.in_state);
        let since = since.0;
        let before = since.saturating_sub(1);
        let mut figures = Self {
            // What may be a part of a task is polled on wakes of the other parts, too: that it
            // holds no waker says nothing, and the client would take it for lost.
            wakers: u64::from(task.live_wakers).max(u64::from(task.may_be_part)),
            ..Self::of(task)
        };
        let woken = |at: u64| (task.wakes > 0).then(|| instant(at)).flatten();
        match task.state {
            State::Running => {
                figures.busy = task.busy.saturating_sub(task.in_state);
                figures.poll_started = instant(since);
                figures.poll_ended = match (task.polls > 1, moments.left_at) {
                    (false, _) => None,
                    // The one before left it woken: its end was that wake's beginning.
                    (true, 0) => instant(moments.woken_at.min(before)),
                    (true, left_at) => instant(left_at.min(before)),
                };
                figures.woken_at = woken(moments.woken_at.min(since));
            }
            State::Scheduled => {
                figures.scheduled = task.scheduled.saturating_sub(task.in_state);
                figures.woken_at = instant(since);
                if task.polls > 0 {
                    let left_at = match moments.left_at {
                        0 => before,
                        left_at => left_at.min(before),
                    };
                    figures.poll_started = instant(left_at);
                    figures.poll_ended = figures.poll_started;
                }
            }
            State::Idle | State::Ended => {
                figures.poll_started = instant(since);
                figures.poll_ended = figures.poll_started;
                figures.woken_at = woken(moments.woken_at.min(since));
            }
        }
        figures
    }

    /// Of a task that has ended.
    pub(super) fn ended(task: &Task) -> Self {
        let figures = Self::of(task);
        figures.ended_by(task.spawned_at.saturating_add(task.total))
    }

    /// The same task when it has ended.
    pub(super) fn ended_by(self, at: Nanos) -> Self {
        let polled = (self.polls > 0).then(|| instant(at.0)).flatten();
        Self {
            ended_at: Some(Instant::new(at.0).unwrap_or(Instant::MIN)),
            poll_started: polled,
            poll_ended: polled,
            ..self
        }
    }

    fn of(task: &Task) -> Self {
        Self {
            spawned_at: task.spawned_at,
            ended_at: None,
            woken_at: None,
            poll_started: None,
            poll_ended: None,
            polls: task.polls,
            wakes: task.wakes,
            self_wakes: task.self_wakes,
            wakers: u64::from(task.live_wakers),
            busy: task.busy,
            scheduled: task.scheduled,
        }
    }
}

fn instant(at: u64) -> Option<Instant> {
    Instant::new(at)
}

#[cfg(test)]
pub(super) mod tests {
    use loiter_model::{Kind, SiteId, TaskSeq};
    use proptest::prelude::*;

    use super::*;

    /// A task spawned at 100 ns that has been in a state for so long, seen at 1000 ns.
    pub(in super::super) fn task(seq: u64, state: State, in_state: u64) -> Task {
        Task {
            seq: TaskSeq::new(seq).expect("not zero"),
            tokio_id: NonZeroU64::new(seq),
            name: None,
            scope: None,
            kind: Kind::Task,
            site: SiteId(0),
            parent: None,
            size: Some(64),
            original_size: None,
            spawned_at: Nanos(100),
            state,
            in_state: Nanos(in_state),
            total: Nanos(900),
            busy: Nanos(300),
            scheduled: Nanos(200),
            polls: 3,
            longest_poll: Nanos(200),
            wakes: 2,
            self_wakes: 1,
            live_wakers: 1,
            woken_by: None,
            sole_waker: false,
            expect_idle: false,
            may_be_part: false,
            in_place: false,
            wait: None,
            ending: None,
        }
    }

    /// How the client reads them.
    fn state(figures: &Figures) -> State {
        if figures.ended_at.is_some() {
            State::Ended
        } else if figures.poll_started > figures.poll_ended {
            State::Running
        } else if figures.woken_at > figures.poll_started {
            State::Scheduled
        } else {
            State::Idle
        }
    }

    proptest! {
        #[test]
        fn the_client_reads_the_state_that_is_meant(
            state_index in 0..3usize,
            in_state in 0..900u64,
            polls in 0..3u64,
            wakes in 0..3u64,
            // Anything: another thread may write them while they are read.
            woken_at in 0..2000u64,
            left_at in 0..2000u64,
        ) {
            let meant = [State::Running, State::Scheduled, State::Idle][state_index];
            let mut task = task(1, meant, in_state);
            task.polls = polls + u64::from(meant != State::Scheduled);
            task.wakes = wakes;
            let figures = Figures::alive(&task, Moments { woken_at, left_at });
            prop_assert_eq!(state(&figures), meant);
            // A client adds up: what is under way, and the sum of what was before.
            let since = 1000 - in_state;
            match meant {
                State::Running => {
                    prop_assert_eq!(figures.poll_started, instant(since));
                    prop_assert!(figures.woken_at <= figures.poll_started);
                    prop_assert_eq!(figures.busy, Nanos(300u64.saturating_sub(in_state)));
                }
                State::Scheduled => {
                    prop_assert_eq!(figures.woken_at, instant(since));
                    prop_assert_eq!(figures.scheduled, Nanos(200u64.saturating_sub(in_state)));
                }
                _ => prop_assert_eq!((figures.busy, figures.scheduled), (Nanos(300), Nanos(200))),
            }
            prop_assert_eq!(state(&figures.ended_by(Nanos(1000))), State::Ended);
        }
    }

    #[test]
    fn nothing_changes_while_nothing_happens() {
        for state in [State::Running, State::Scheduled, State::Idle] {
            let moments = Moments {
                woken_at: 200,
                left_at: 150,
            };
            let now = task(1, state, 500);
            let later = now.after(Nanos(10_000));
            assert_eq!(
                Figures::alive(&now, moments),
                Figures::alive(&later, moments)
            );
        }
    }

    #[test]
    fn a_part_of_a_task_has_no_lost_waker() {
        let mut part = task(1, State::Idle, 500);
        part.live_wakers = 0;
        assert_eq!(Figures::alive(&part, Moments::default()).wakers, 0);
        part.may_be_part = true;
        assert_eq!(Figures::alive(&part, Moments::default()).wakers, 1);
    }
}
