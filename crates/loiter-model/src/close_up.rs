//! One task seen closely: its polls and waits one by one.

use std::collections::VecDeque;

use crate::{
    Distribution, Nanos, State, Task,
    update::{EventKind, Stretch, TaskDetail},
};

/// Stretches kept.
const STRETCHES: usize = 256;

/// Adds up the events of one task: its last 256 polls and waits, and how long they took.
///
/// Pure: events in, figures out. An event costs a few nanoseconds.
///
/// ```
/// use loiter_model::{CloseUp, Nanos, State, update::EventKind};
///
/// let mut close_up = CloseUp::new(State::Scheduled, Nanos(100));
/// close_up.take(Nanos(130), EventKind::PollStart);
/// close_up.take(Nanos(150), EventKind::PollEnd);
/// assert_eq!(close_up.scheduled().quantiles().max, Nanos(30));
/// assert_eq!(close_up.poll().quantiles().max, Nanos(20));
/// let states: Vec<_> = close_up.timeline().iter().map(|it| it.state).collect();
/// assert_eq!(states, [State::Scheduled, State::Running, State::Idle]);
/// ```
#[derive(Clone, Debug)]
pub struct CloseUp {
    poll: Distribution,
    scheduled: Distribution,
    timeline: VecDeque<Stretch>,
    woken_in_poll: bool,
}

impl CloseUp {
    /// Starts with what the task is doing, and since when: both are nanoseconds from the agent's
    /// start, as the times of events are.
    #[must_use]
    pub fn new(state: State, since: Nanos) -> Self {
        let first = Stretch { from: since, state };
        Self {
            poll: Distribution::default(),
            scheduled: Distribution::default(),
            timeline: VecDeque::from([first]),
            woken_in_poll: false,
        }
    }

    /// Starts with what a task is doing `now`.
    #[must_use]
    pub fn of(task: &Task, now: Nanos) -> Self {
        Self::new(task.state, now.saturating_sub(task.in_state))
    }

    /// Takes an event of the task. Events are to come in the order of time.
    pub fn take(&mut self, at: Nanos, kind: EventKind) {
        let (state, since) = match self.timeline.back() {
            Some(last) => (last.state, last.from),
            None => (State::Idle, at),
        };
        match kind {
            EventKind::PollStart => {
                if state == State::Scheduled {
                    self.scheduled.record(at.saturating_sub(since));
                }
                self.woken_in_poll = false;
                self.turn(at, State::Running);
            }
            EventKind::PollEnd => {
                if state == State::Running {
                    self.poll.record(at.saturating_sub(since));
                }
                let next = match self.woken_in_poll {
                    true => State::Scheduled,
                    false => State::Idle,
                };
                self.turn(at, next);
            }
            EventKind::Wake { .. } if state == State::Running => self.woken_in_poll = true,
            EventKind::Wake { .. } if state == State::Idle => self.turn(at, State::Scheduled),
            EventKind::Wake { .. } | EventKind::Spawn { .. } | EventKind::Described => {}
            EventKind::Drop { .. } => self.turn(at, State::Ended),
        }
    }

    fn turn(&mut self, from: Nanos, state: State) {
        if self.timeline.len() == STRETCHES {
            self.timeline.pop_front();
        }
        self.timeline.push_back(Stretch { from, state });
    }

    /// How long polls took.
    #[must_use]
    pub fn poll(&self) -> &Distribution {
        &self.poll
    }

    /// How long it waited for a worker.
    #[must_use]
    pub fn scheduled(&self) -> &Distribution {
        &self.scheduled
    }

    /// What it did, oldest first.
    #[must_use]
    pub fn timeline(&self) -> Vec<Stretch> {
        self.timeline.iter().copied().collect()
    }

    /// Puts what it has added up into an answer. If the task is in another state by now than its
    /// events say, as when some were lost, the present stretch is the one that the answer has.
    pub fn complete(&self, detail: &mut TaskDetail) {
        detail.poll = self.poll.clone();
        detail.scheduled = self.scheduled.clone();
        let present = Stretch {
            from: detail.at.saturating_sub(detail.task.in_state),
            state: detail.task.state,
        };
        detail.timeline = self.timeline();
        if detail.timeline.last().map(|last| last.state) != Some(present.state) {
            detail.timeline.push(present);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ending;

    fn states(close_up: &CloseUp) -> Vec<(u64, State)> {
        let timeline = close_up.timeline().into_iter();
        timeline.map(|it| (it.from.0, it.state)).collect()
    }

    #[test]
    fn a_wake_inside_a_poll_counts_after_it() {
        let mut close_up = CloseUp::new(State::Idle, Nanos(5));
        for (at, kind) in [
            (10, EventKind::Wake { by: None }),
            (13, EventKind::PollStart),
            (15, EventKind::Wake { by: None }),
            (20, EventKind::PollEnd),
            (22, EventKind::PollStart),
            (29, EventKind::PollEnd),
        ] {
            close_up.take(Nanos(at), kind);
        }
        let ending = Ending::Finished;
        close_up.take(Nanos(29), EventKind::Drop { ending });
        assert_eq!(
            states(&close_up),
            [
                (5, State::Idle),
                (10, State::Scheduled),
                (13, State::Running),
                (20, State::Scheduled),
                (22, State::Running),
                (29, State::Idle),
                (29, State::Ended),
            ]
        );
        let (polls, waits) = (
            close_up.poll().quantiles(),
            close_up.scheduled().quantiles(),
        );
        assert_eq!((polls.count, polls.max), (2, Nanos(7)));
        assert_eq!((waits.count, waits.max), (2, Nanos(3)));
    }

    #[test]
    fn only_the_last_stretches_are_kept() {
        let mut close_up = CloseUp::new(State::Scheduled, Nanos::ZERO);
        for at in 1..=STRETCHES as u64 {
            close_up.take(Nanos(2 * at), EventKind::PollStart);
            close_up.take(Nanos(2 * at + 1), EventKind::PollEnd);
        }
        let kept = states(&close_up);
        assert_eq!(kept.len(), STRETCHES);
        assert_eq!(kept.last(), Some(&(513, State::Idle)));
        assert_eq!(close_up.poll().quantiles().count, STRETCHES as u64);
    }
}
