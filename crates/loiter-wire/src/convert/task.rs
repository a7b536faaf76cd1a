//! A task, what it does and how it came and went.

use std::num::NonZeroU64;

use loiter_model::{
    Ending, Kind, NameId, Nanos, SiteId, State, Task, TaskSeq, WaitId, update::Stretch,
};

use super::{BadMessage, seq, wire_seq};
use crate::v1;

impl From<Task> for v1::Task {
    fn from(task: Task) -> Self {
        Self {
            seq: task.seq.get(),
            tokio_id: task.tokio_id.map_or(0, NonZeroU64::get),
            name: task.name.map(|id| id.0),
            scope: task.scope.map(|id| id.0),
            kind: wire_kind(task.kind).into(),
            site: task.site.0,
            parent: wire_seq(task.parent),
            size: task.size,
            original_size: task.original_size,
            spawned_at_ns: task.spawned_at.0,
            state: wire_state(task.state).into(),
            in_state_ns: task.in_state.0,
            total_ns: task.total.0,
            busy_ns: task.busy.0,
            scheduled_ns: task.scheduled.0,
            polls: task.polls,
            longest_poll_ns: task.longest_poll.0,
            wakes: task.wakes,
            self_wakes: task.self_wakes,
            live_wakers: task.live_wakers,
            woken_by: wire_seq(task.woken_by),
            sole_waker: task.sole_waker,
            expect_idle: task.expect_idle,
            may_be_part: task.may_be_part,
            in_place: task.in_place,
            ending: task
                .ending
                .map_or(v1::Ending::Unspecified, wire_ending)
                .into(),
            wait: task.wait.map(|id| id.0),
        }
    }
}

impl TryFrom<v1::Task> for Task {
    type Error = BadMessage;

    fn try_from(task: v1::Task) -> Result<Self, BadMessage> {
        let state = state("Task.state", task.state)?;
        Ok(Self {
            seq: seq("Task.seq", task.seq)?,
            tokio_id: NonZeroU64::new(task.tokio_id),
            name: task.name.map(NameId),
            scope: task.scope.map(NameId),
            kind: kind("Task.kind", task.kind)?,
            site: SiteId(task.site),
            parent: TaskSeq::new(task.parent),
            size: task.size,
            original_size: task.original_size,
            spawned_at: Nanos(task.spawned_at_ns),
            state,
            in_state: Nanos(task.in_state_ns),
            total: Nanos(task.total_ns),
            busy: Nanos(task.busy_ns),
            scheduled: Nanos(task.scheduled_ns),
            polls: task.polls,
            longest_poll: Nanos(task.longest_poll_ns),
            wakes: task.wakes,
            self_wakes: task.self_wakes,
            live_wakers: task.live_wakers,
            woken_by: TaskSeq::new(task.woken_by),
            sole_waker: task.sole_waker,
            expect_idle: task.expect_idle,
            may_be_part: task.may_be_part,
            // Others are in no poll.
            in_place: task.in_place && state == State::Running,
            // Other tasks wait on nothing.
            wait: task.wait.filter(|_| state == State::Idle).map(WaitId),
            // An ended task has an ending, and no other task has one.
            ending: (state == State::Ended).then(|| ending(task.ending)),
        })
    }
}

impl From<Stretch> for v1::Stretch {
    fn from(stretch: Stretch) -> Self {
        Self {
            from_ns: stretch.from.0,
            state: wire_state(stretch.state).into(),
        }
    }
}

impl TryFrom<v1::Stretch> for Stretch {
    type Error = BadMessage;

    fn try_from(stretch: v1::Stretch) -> Result<Self, BadMessage> {
        Ok(Self {
            from: Nanos(stretch.from_ns),
            state: state("Stretch.state", stretch.state)?,
        })
    }
}

pub(super) fn wire_kind(kind: Kind) -> v1::Kind {
    match kind {
        Kind::Task => v1::Kind::Task,
        Kind::Local => v1::Kind::Local,
        Kind::Blocking => v1::Kind::Blocking,
        Kind::BlockOn => v1::Kind::BlockOn,
    }
}

pub(super) fn kind(field: &'static str, value: i32) -> Result<Kind, BadMessage> {
    match v1::Kind::try_from(value) {
        Ok(v1::Kind::Task) => Ok(Kind::Task),
        Ok(v1::Kind::Local) => Ok(Kind::Local),
        Ok(v1::Kind::Blocking) => Ok(Kind::Blocking),
        Ok(v1::Kind::BlockOn) => Ok(Kind::BlockOn),
        Ok(v1::Kind::Unspecified) => Err(BadMessage::without(field)),
        Err(_) => Err(BadMessage::value(field, value, "an unknown kind")),
    }
}

pub(super) fn wire_state(state: State) -> v1::State {
    match state {
        State::Running => v1::State::Running,
        State::Scheduled => v1::State::Scheduled,
        State::Idle => v1::State::Idle,
        State::Ended => v1::State::Ended,
    }
}

pub(super) fn state(field: &'static str, value: i32) -> Result<State, BadMessage> {
    match v1::State::try_from(value) {
        Ok(v1::State::Running) => Ok(State::Running),
        Ok(v1::State::Scheduled) => Ok(State::Scheduled),
        Ok(v1::State::Idle) => Ok(State::Idle),
        Ok(v1::State::Ended) => Ok(State::Ended),
        Ok(v1::State::Unspecified) => Err(BadMessage::without(field)),
        Err(_) => Err(BadMessage::value(field, value, "an unknown state")),
    }
}

pub(super) fn wire_ending(ending: Ending) -> v1::Ending {
    match ending {
        Ending::Finished => v1::Ending::Finished,
        Ending::Cancelled => v1::Ending::Cancelled,
        Ending::Panicked => v1::Ending::Panicked,
        Ending::Unknown => v1::Ending::Unknown,
        Ending::RuntimeDropped => v1::Ending::RuntimeDropped,
    }
}

/// A way to end that only newer peers know is an unknown one.
pub(super) fn ending(value: i32) -> Ending {
    match v1::Ending::try_from(value) {
        Ok(v1::Ending::Finished) => Ending::Finished,
        Ok(v1::Ending::Cancelled) => Ending::Cancelled,
        Ok(v1::Ending::Panicked) => Ending::Panicked,
        Ok(v1::Ending::RuntimeDropped) => Ending::RuntimeDropped,
        Ok(v1::Ending::Unknown | v1::Ending::Unspecified) | Err(_) => Ending::Unknown,
    }
}
