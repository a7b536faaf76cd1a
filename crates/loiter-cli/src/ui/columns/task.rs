//! The columns of the table of tasks.

use std::num::NonZeroU64;

use loiter_model::{
    Ending, NameId, Nanos, State, Task, TaskSeq, Thresholds,
    query::{Labels, TaskColumn},
};

use super::{Cell, ColumnSpec, Context, Row};
use crate::ui::{
    text::{self, Elide},
    theme::Role,
};

impl Row for Task {
    type Key = TaskSeq;
    type Column = TaskColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> TaskSeq {
        self.seq
    }

    /// A task that has been idle for a minute will be so in a second; one that has been idle for
    /// a millisecond may have run a hundred times by then. So a state is taken to last as long
    /// again as it has lasted. And what is wrong with a task is said by the source, not by the
    /// time that has passed since it spoke.
    fn later(&self, elapsed: Nanos, thresholds: &Thresholds) -> Self {
        let elapsed = elapsed.min(self.in_state);
        let later = self.after(elapsed);
        if later.condition(thresholds) == self.condition(thresholds) {
            return later;
        }
        // Up to just below the threshold, so that the time never jumps back.
        let threshold = match self.state {
            State::Idle => thresholds.blocked_after,
            State::Running => thresholds.hogging_after,
            State::Scheduled => thresholds.starved_after,
            State::Ended => Nanos::MAX,
        };
        let below = threshold.saturating_sub(Nanos(1));
        self.after(elapsed.min(below.saturating_sub(self.in_state)))
    }

    fn role(&self, thresholds: &Thresholds) -> Option<Role> {
        match self.condition(thresholds) {
            Some(condition) => Some(Role::of(condition)),
            None if self.state == State::Ended => Some(Role::Faint),
            None => None,
        }
    }
}

type Spec = ColumnSpec<Task>;

#[rustfmt::skip]
static COLUMNS: [Spec; 23] = [
    Spec::word(TaskColumn::Warn, 1, 1, 100, warn),
    Spec::id(TaskColumn::Seq, 6, 85, |task, _| id(Some(task.seq.get()))),
    Spec::id(TaskColumn::TokioId, 6, 9, |task, _| id(task.tokio_id.map(NonZeroU64::get))).hidden(),
    Spec::word(TaskColumn::Name, 10, 16, 80, name).growing(2),
    Spec::word(TaskColumn::Scope, 10, 16, 10, scope).hidden(),
    Spec::word(TaskColumn::State, 9, 9, 55, state),
    Spec::figure(TaskColumn::Idle, 7, 95, |task, _| duration(task.idle())),
    Spec::word(TaskColumn::Wait, 16, 24, 52, wait).growing(8),
    Spec::figure(TaskColumn::Busy, 7, 75, |task, _| duration(Some(task.busy))),
    Spec::figure(TaskColumn::Scheduled, 7, 50, |task, _| duration(Some(task.scheduled))),
    Spec::figure(TaskColumn::TotalIdle, 7, 8, |task, _| duration(Some(task.total_idle()))).hidden(),
    Spec::figure(TaskColumn::Total, 7, 60, |task, _| duration(Some(task.total))),
    Spec::figure(TaskColumn::Polls, 6, 40, |task, _| count(task.polls)),
    Spec::figure(TaskColumn::LongestPoll, 7, 7, |task, _| duration(Some(task.longest_poll))).hidden(),
    Spec::figure(TaskColumn::Wakes, 6, 30, |task, _| count(task.wakes)),
    Spec::figure(TaskColumn::SelfWakes, 6, 6, |task, _| count(task.self_wakes)).hidden(),
    Spec::figure(TaskColumn::Wakers, 6, 5, |task, _| count(task.live_wakers.into())).hidden(),
    Spec::id(TaskColumn::WokenBy, 7, 4, |task, _| id(task.woken_by.map(TaskSeq::get))).hidden(),
    Spec::id(TaskColumn::Parent, 6, 3, |task, _| id(task.parent.map(TaskSeq::get))).hidden(),
    Spec::figure(TaskColumn::Size, 7, 2, size).hidden(),
    Spec::word(TaskColumn::Kind, 8, 8, 20, |task, _| Cell::of(task.kind.name())),
    Spec { elide: Elide::Start, ..Spec::word(TaskColumn::Site, 22, 30, 90, site).growing(5) },
    // Only where there is room for it: everything else says more.
    Spec::word(TaskColumn::Fields, 36, 36, 10, fields).growing(1),
];

fn warn(task: &Task, context: &Context<'_>) -> Cell {
    let glyphs = context.theme.glyphs();
    match task.condition(context.thresholds) {
        Some(condition) => Cell::of(glyphs.condition(condition)),
        None => Cell::with(glyphs.state(task.state), state_role(task)),
    }
}

fn state_role(task: &Task) -> Option<Role> {
    match task.state {
        State::Running => Some(Role::Running),
        State::Scheduled => Some(Role::Scheduled),
        State::Idle => None,
        State::Ended if task.ending == Some(Ending::Panicked) => Some(Role::Bad),
        State::Ended => Some(Role::Faint),
    }
}

fn name(task: &Task, context: &Context<'_>) -> Cell {
    label(task.name, context)
}

fn scope(task: &Task, context: &Context<'_>) -> Cell {
    label(task.scope, context)
}

fn label(id: Option<NameId>, context: &Context<'_>) -> Cell {
    Cell::clean(id.and_then(|id| context.labels.name(id)))
}

/// The state; of an ended task rather how it ended, as its glyph says that it did.
fn state(task: &Task, context: &Context<'_>) -> Cell {
    let word = match task.ending {
        Some(Ending::Unknown) | None => task.state.name(),
        Some(ending) => ending.name(),
    };
    let role = match task.condition(context.thresholds) {
        Some(_) => None,
        None => state_role(task),
    };
    Cell::with(word, role)
}

fn wait(task: &Task, context: &Context<'_>) -> Cell {
    Cell::clean(task.wait.and_then(|id| context.labels.wait(id)))
}

fn size(task: &Task, _: &Context<'_>) -> Cell {
    task.size
        .map_or_else(Cell::none, |size| Cell::of(text::bytes(size)))
}

fn site(task: &Task, context: &Context<'_>) -> Cell {
    Cell::clean(context.labels.site(task.site))
}

fn fields(task: &Task, context: &Context<'_>) -> Cell {
    let mut fields = Vec::new();
    if let Some(site) = context.labels.site(task.site)
        && !site.function.is_empty()
    {
        fields.push(format!("fn={}", text::clean(&site.function)));
    }
    if let Some(size) = task.size {
        fields.push(format!("size={}", text::bytes(size)));
    }
    if let Some(size) = task.original_size.filter(|size| Some(*size) != task.size) {
        fields.push(format!("unboxed={}", text::bytes(size)));
    }
    Cell::of(fields.join(" "))
}

fn duration(duration: Option<Nanos>) -> Cell {
    match duration {
        Some(duration) => Cell::of(duration.to_string()),
        None => Cell::none(),
    }
}

fn count(count: u64) -> Cell {
    Cell::of(text::count(count))
}

/// To the last digit: it is looked for in logs.
fn id(id: Option<u64>) -> Cell {
    id.map_or_else(Cell::none, |id| Cell::of(id.to_string()))
}
