//! One task seen closely: its polls and waits one by one, while somebody looks.

use std::collections::VecDeque;

use loiter_model::{Distribution, Nanos, State, Task, update::Stretch};

use crate::events::What;

/// Stretches kept.
const STRETCHES: usize = 256;

/// Adds up the events of one task. Pure: events in, figures out.
#[derive(Debug)]
pub(crate) struct CloseUp {
    poll: Distribution,
    scheduled: Distribution,
    timeline: VecDeque<Stretch>,
    woken_in_poll: bool,
}

impl CloseUp {
    /// Starts with what the task is doing `now`.
    pub(crate) fn new(task: &Task, now: u64) -> Self {
        let first = Stretch {
            from: Nanos(now).saturating_sub(task.in_state),
            state: task.state,
        };
        Self {
            poll: Distribution::default(),
            scheduled: Distribution::default(),
            timeline: VecDeque::from([first]),
            woken_in_poll: false,
        }
    }

    /// Takes an event of the task.
    pub(crate) fn take(&mut self, at: u64, what: What) {
        let at = Nanos(at);
        let (state, since) = match self.timeline.back() {
            Some(last) => (last.state, last.from),
            None => (State::Idle, at),
        };
        match what {
            What::PollStart => {
                if state == State::Scheduled {
                    self.scheduled.record(at.saturating_sub(since));
                }
                self.woken_in_poll = false;
                self.turn(at, State::Running);
            }
            What::PollEnd => {
                if state == State::Running {
                    self.poll.record(at.saturating_sub(since));
                }
                let next = match self.woken_in_poll {
                    true => State::Scheduled,
                    false => State::Idle,
                };
                self.turn(at, next);
            }
            What::Wake { .. } if state == State::Running => self.woken_in_poll = true,
            What::Wake { .. } if state == State::Idle => self.turn(at, State::Scheduled),
            What::Wake { .. } | What::Spawn { .. } => {}
            What::Drop => self.turn(at, State::Ended),
        }
    }

    fn turn(&mut self, from: Nanos, state: State) {
        if self.timeline.len() == STRETCHES {
            self.timeline.pop_front();
        }
        self.timeline.push_back(Stretch { from, state });
    }

    /// How long polls took.
    pub(crate) fn poll(&self) -> &Distribution {
        &self.poll
    }

    /// How long it waited for a worker.
    pub(crate) fn scheduled(&self) -> &Distribution {
        &self.scheduled
    }

    /// What it did, oldest first.
    pub(crate) fn timeline(&self) -> Vec<Stretch> {
        self.timeline.iter().copied().collect()
    }
}
