//! The columns of the table of tasks.

use std::num::NonZeroU64;

use loiter_model::{
    Ending, LintLimits, NameId, Nanos, State, Task, TaskSeq, Thresholds,
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
        let is_said_of = |later: &Self| {
            later.condition(thresholds) == self.condition(thresholds)
                && later.lints(thresholds) == self.lints(thresholds)
        };
        if is_said_of(&later) {
            return later;
        }
        // Up to just below the first threshold, so that the time never jumps back.
        let limits = match self.state {
            State::Idle => [thresholds.blocked_after, LintLimits::SETTLED],
            State::Running => {
                let never_yielded_after = thresholds.lints.never_yielded_after;
                [thresholds.hogging_after, never_yielded_after]
            }
            State::Scheduled => [thresholds.starved_after, Nanos::MAX],
            State::Ended => [Nanos::MAX; 2],
        };
        let at = |limit: Nanos| limit.saturating_sub(self.in_state);
        let passed = limits
            .into_iter()
            .filter(|limit| !is_said_of(&self.after(at(*limit))));
        let below = passed.min().unwrap_or(Nanos::MAX).saturating_sub(Nanos(1));
        self.after(elapsed.min(at(below)))
    }

    fn role(&self, thresholds: &Thresholds) -> Option<Role> {
        match self.condition(thresholds) {
            Some(condition) => Some(Role::of(condition)),
            None if self.state == State::Ended => Some(Role::Ended),
            None => None,
        }
    }
}

type Spec = ColumnSpec<Task>;

#[rustfmt::skip]
static COLUMNS: [Spec; 25] = [
    Spec::word(TaskColumn::Warn, 1, 1, 100, warn),
    Spec::id(TaskColumn::Seq, 6, 85, |task, _| id(Some(task.seq.get()))),
    Spec::id(TaskColumn::TokioId, 6, 9, |task, _| id(task.tokio_id.map(NonZeroU64::get))).hidden(),
    Spec::word(TaskColumn::Name, 10, 16, 80, name).growing(2),
    Spec::word(TaskColumn::Scope, 10, 16, 10, scope).hidden(),
    Spec::word(TaskColumn::State, 9, 9, 55, state),
    Spec::figure(TaskColumn::Idle, 7, 95, |task, context| Cell::duration(task.idle(), context)),
    Spec::word(TaskColumn::Wait, 16, 24, 52, wait).growing(8),
    Spec::figure(TaskColumn::Busy, 7, 75, |task, context| Cell::duration(Some(task.busy), context)),
    Spec::figure(TaskColumn::Scheduled, 7, 50, |task, context| Cell::duration(Some(task.scheduled), context)),
    Spec::figure(TaskColumn::TotalIdle, 7, 8, |task, context| Cell::duration(Some(task.total_idle()), context)).hidden(),
    Spec::figure(TaskColumn::Total, 7, 60, |task, context| Cell::duration(Some(task.total), context)),
    Spec::figure(TaskColumn::EndedFor, 7, 1, |task, context| Cell::duration(task.ended_for(), context)).hidden(),
    Spec::figure(TaskColumn::Polls, 6, 40, |task, _| count(task.polls)),
    Spec::figure(TaskColumn::LongestPoll, 7, 7, |task, context| Cell::duration(task.known_longest_poll(), context)).hidden(),
    Spec::figure(TaskColumn::Wakes, 6, 30, |task, _| count(task.wakes)),
    Spec::figure(TaskColumn::SelfWakes, 6, 6, |task, _| count(task.self_wakes)).hidden(),
    Spec::figure(TaskColumn::Wakers, 6, 5, |task, _| count(task.live_wakers.into())).hidden(),
    Spec::id(TaskColumn::WokenBy, 7, 4, |task, _| id(task.woken_by.map(TaskSeq::get))).hidden(),
    Spec::id(TaskColumn::Parent, 6, 3, |task, _| id(task.parent.map(TaskSeq::get))).hidden(),
    Spec::figure(TaskColumn::Size, 7, 2, size).hidden(),
    Spec::word(TaskColumn::Kind, 8, 8, 20, |task, _| Cell::of(task.kind.name())),
    // The header counts them; here they are named, where there is room for a name.
    Spec::word(TaskColumn::Lints, 18, 18, 15, lints).growing(1),
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
        State::Ended => Some(Role::Ended),
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

/// By name where there is room for all of them, else how many.
fn lints(task: &Task, context: &Context<'_>) -> Cell {
    let lints = task.lints(context.thresholds);
    if lints.is_empty() {
        return Cell::none();
    }
    let names = lints.names();
    match text::width(&names) <= context.width {
        true => Cell::of(names),
        false => Cell::of(lints.len().to_string()),
    }
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

fn count(count: u64) -> Cell {
    Cell::of(text::count(count))
}

/// To the last digit: it is looked for in logs.
fn id(id: Option<u64>) -> Cell {
    id.map_or_else(Cell::none, |id| Cell::of(id.to_string()))
}
