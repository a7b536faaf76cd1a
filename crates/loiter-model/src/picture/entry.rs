//! One task alive, and what its single events do to it: the rules of the agent's slot, without
//! its atomics.

use crate::{Ending, Kind, Nanos, State, Task, TaskSeq, WaitId, update::Description};

/// A task as it was at one time, and what its next event needs to know beside it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    task: Task,
    /// When `task` was so.
    as_of: Nanos,
    /// It was woken inside its current poll: it will be scheduled after it.
    woken: bool,
    /// No wake led to its last poll: it is a `block_on` root, or its future was dropped.
    unprompted: bool,
    /// When its last poll ended, if that left it idle.
    left_at: Option<Nanos>,
    /// When the wake came that led to its current poll.
    woken_at: Nanos,
}

/// A poll that ended, and what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Polled {
    pub(super) took: Nanos,
    /// How long the task was idle before it; `None` if the poll before left it scheduled.
    pub(super) waited: Option<Nanos>,
    /// How long it then waited for a worker; `None` if no wake led to the poll.
    pub(super) scheduled: Option<Nanos>,
}

impl Entry {
    pub(super) fn new(task: Task, as_of: Nanos) -> Self {
        let since = as_of.saturating_sub(task.in_state);
        Self {
            task,
            as_of,
            woken: false,
            unprompted: false,
            left_at: (task.state == State::Idle).then_some(since),
            woken_at: since,
        }
    }

    /// As it was at its last event.
    pub(super) fn task(&self) -> &Task {
        &self.task
    }

    /// As it is at a later time, if nothing happened meanwhile.
    pub(super) fn task_at(&self, at: Nanos) -> Task {
        self.task.after(at.saturating_sub(self.as_of))
    }

    /// What holds for its whole life.
    pub(super) fn describe(&mut self, told: &Description) {
        self.task = Task {
            kind: told.kind,
            tokio_id: told.tokio_id,
            name: told.name,
            scope: told.scope,
            size: told.size,
            original_size: told.original_size,
            expect_idle: told.expect_idle,
            may_be_part: told.may_be_part,
            ..self.task
        };
    }

    /// At this time it was seen to wait on this. It may have gone on since.
    pub(super) fn learn_wait(&mut self, at: Nanos, wait: WaitId) {
        let since = self.as_of.saturating_sub(self.task.in_state);
        if self.task.state == State::Idle && at >= since {
            self.task.wait = Some(wait);
        }
    }

    pub(super) fn poll_start(&mut self, at: Nanos) {
        let since = self.as_of.saturating_sub(self.task.in_state);
        match self.task.state {
            State::Scheduled => (self.woken_at, self.unprompted) = (since, false),
            State::Idle => (self.woken_at, self.unprompted) = (at.max(self.as_of), true),
            // It was entered twice.
            State::Running | State::Ended => return,
        }
        self.turn(at, State::Running);
        self.woken = false;
        self.task.polls = self.task.polls.saturating_add(1);
    }

    pub(super) fn poll_end(&mut self, at: Nanos) -> Option<Polled> {
        if self.task.state != State::Running {
            return None;
        }
        let next = if self.woken {
            State::Scheduled
        } else {
            State::Idle
        };
        let took = self.turn(at, next);
        let started = self.as_of.saturating_sub(took);
        let polled = Polled {
            took,
            waited: (self.left_at).map(|left_at| self.woken_at.saturating_sub(left_at)),
            scheduled: (!self.unprompted).then(|| started.saturating_sub(self.woken_at)),
        };
        self.woken = false;
        self.left_at = (next == State::Idle).then_some(self.as_of);
        // Events do not tell of wakers: that there is none must be told as a fact.
        self.task.live_wakers = self.task.live_wakers.max(1);
        Some(polled)
    }

    pub(super) fn wake(&mut self, at: Nanos, by: Option<TaskSeq>) {
        let task = &mut self.task;
        let is_first = task.wakes == 0;
        task.sole_waker = by.is_some() && (is_first || (task.sole_waker && task.woken_by == by));
        task.woken_by = by;
        task.wakes = task.wakes.saturating_add(1);
        if by == Some(task.seq) {
            task.self_wakes = task.self_wakes.saturating_add(1);
        }
        match task.state {
            State::Idle => {
                self.turn(at, State::Scheduled);
            }
            State::Running => self.woken = true,
            State::Scheduled | State::Ended => {}
        }
    }

    /// The task at its end.
    pub(super) fn end(mut self, at: Nanos, ending: Ending) -> Task {
        if self.task.state == State::Ended {
            return self.task;
        }
        self.turn(at, State::Ended);
        // The drop of a future looks like a poll that no wake led to, and is none.
        let was_dropped = self.unprompted && self.left_at == Some(self.as_of);
        if was_dropped && self.task.kind != Kind::BlockOn {
            self.task.polls = self.task.polls.saturating_sub(1);
        }
        self.task.ending = Some(ending);
        self.task
    }

    /// The task changes its state; for how long it was in the last one.
    fn turn(&mut self, at: Nanos, state: State) -> Nanos {
        let at = at.max(self.as_of);
        self.task = self.task_at(at);
        self.as_of = at;
        self.task.state = state;
        self.task.wait = None;
        self.task.in_place = false;
        std::mem::take(&mut self.task.in_state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SiteId;

    fn entry() -> Entry {
        let seq = TaskSeq::new(1).expect("a number");
        Entry::new(Task::spawned(seq, SiteId(0), None, Nanos(100)), Nanos(100))
    }

    fn task(seq: u64) -> Option<TaskSeq> {
        TaskSeq::new(seq)
    }

    #[test]
    fn a_wait_is_that_of_the_time_at_which_it_was_seen() {
        let mut entry = entry();
        entry.learn_wait(Nanos(105), WaitId(1));
        assert_eq!(entry.task().wait, None, "it did not wait");
        entry.poll_start(Nanos(110));
        entry.poll_end(Nanos(130));
        entry.learn_wait(Nanos(129), WaitId(1));
        assert_eq!(entry.task().wait, None, "that was an earlier one");
        entry.learn_wait(Nanos(130), WaitId(2));
        assert_eq!(entry.task_at(Nanos(200)).wait, Some(WaitId(2)));
        assert_eq!(entry.task_at(Nanos(200)).idle(), Some(Nanos(70)));
        entry.wake(Nanos(210), None);
        assert_eq!(entry.task().wait, None, "it is over");
    }

    #[test]
    fn a_life_adds_up() {
        let mut entry = entry();
        entry.poll_start(Nanos(110));
        let first = entry.poll_end(Nanos(130)).expect("a poll");
        assert_eq!(
            first,
            Polled {
                took: Nanos(20),
                waited: None,
                scheduled: Some(Nanos(10)),
            }
        );
        assert_eq!(entry.task_at(Nanos(190)).idle(), Some(Nanos(60)));
        entry.wake(Nanos(200), None);
        entry.poll_start(Nanos(205));
        entry.wake(Nanos(206), task(1));
        let second = entry.poll_end(Nanos(215)).expect("a poll");
        assert_eq!(
            (second.waited, second.scheduled),
            (Some(Nanos(70)), Some(Nanos(5)))
        );
        assert_eq!(entry.task().state, State::Scheduled);
        entry.poll_start(Nanos(216));
        let third = entry.poll_end(Nanos(220)).expect("a poll");
        assert_eq!((third.waited, third.scheduled), (None, Some(Nanos(1))));

        let ended = entry.end(Nanos(230), Ending::Finished);
        assert_eq!((ended.busy, ended.scheduled), (Nanos(34), Nanos(16)));
        assert_eq!((ended.total, ended.longest_poll), (Nanos(130), Nanos(20)));
        assert_eq!((ended.polls, ended.wakes, ended.self_wakes), (3, 2, 1));
        assert_eq!(ended.ending, Some(Ending::Finished));
    }

    #[test]
    fn the_drop_of_a_future_is_no_poll() {
        let mut entry = entry();
        entry.poll_start(Nanos(110));
        entry.poll_end(Nanos(120));
        entry.poll_start(Nanos(150));
        let dropped = entry.poll_end(Nanos(155)).expect("it looks like a poll");
        assert_eq!((dropped.waited, dropped.scheduled), (Some(Nanos(30)), None));
        assert_eq!(entry.end(Nanos(155), Ending::Unknown).polls, 1);
    }

    #[test]
    fn only_one_waker_is_the_sole_one() {
        let mut entry = entry();
        for (by, is_sole) in [(2, true), (2, true), (3, false), (3, false)] {
            entry.wake(Nanos(110), task(by));
            assert_eq!(entry.task().sole_waker, is_sole);
            assert_eq!(entry.task().woken_by, task(by));
        }
        entry.wake(Nanos(110), None);
        assert_eq!(entry.task().woken_by, None);
    }

    #[test]
    fn what_cannot_be_changes_nothing() {
        let mut entry = entry();
        assert_eq!(entry.poll_end(Nanos(110)), None);
        entry.poll_start(Nanos(120));
        entry.poll_start(Nanos(130));
        assert_eq!(entry.task().polls, 1);
        // Older than the task's last event: as of that one's time.
        let polled = entry.poll_end(Nanos(50)).expect("a poll");
        assert_eq!(polled.took, Nanos::ZERO);
        assert_eq!(entry.task_at(Nanos(121)).idle(), Some(Nanos(1)));
    }
}
