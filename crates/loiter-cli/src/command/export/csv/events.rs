//! A row an event: what happened to which task, and what it had done before.
//!
//! | column | what it is |
//! | --- | --- |
//! | `at_ns` | when, from the agent's start |
//! | `event` | `spawn`, `poll_start`, `poll_end`, `wake`, `drop`, `described` (more came to be known of it); `alive` for a task that was there when the trace began, `gone` for one whose end was missed; `lost`, `gap` |
//! | `seq`, `name`, `site` | which task, and where it was spawned |
//! | `by` | of a spawn the parent, of a wake the task inside which it came |
//! | `left_state`, `left_after_ns` | what it ended: what the task did until then, and for how long |
//! | `state` | what the task does now |
//! | `ending` | of `drop` and `gone`: how the task ended, as far as that is known |
//! | `lost` | of `lost`: how many events are missing; of `gap`: nanoseconds without any |

use std::{
    collections::HashMap,
    io::{self, Write},
};

use csv::Writer;
use loiter_model::{Nanos, State, TaskSeq, update::EventKind};

use super::{
    super::trace::{About, Remark, Sink, Step, Track, site_title},
    column::plain,
    new_writer, plain_error,
};

pub(super) const COLUMNS: [&str; 11] = [
    "at_ns",
    "event",
    "seq",
    "name",
    "site",
    "by",
    "left_state",
    "left_after_ns",
    "state",
    "ending",
    "lost",
];

/// Writes the events of a trace as they come.
pub(in super::super) struct Events<W: Write> {
    writer: Writer<W>,
    tasks: HashMap<TaskSeq, Labels>,
}

/// What is printed of a task alive.
#[derive(Default)]
struct Labels {
    name: String,
    site: String,
    /// It was there before, and that is not told yet.
    was_there: bool,
}

/// One of them, but for what its task is.
#[derive(Default)]
struct Row {
    event: &'static str,
    by: Option<TaskSeq>,
    left: Option<(State, Nanos)>,
    state: Option<State>,
    ending: Option<&'static str>,
    lost: Option<u64>,
}

impl<W: Write> Events<W> {
    pub(in super::super) fn new(out: W) -> Self {
        Self {
            writer: new_writer(out),
            tasks: HashMap::new(),
        }
    }

    fn row(&mut self, at: Nanos, task: Option<TaskSeq>, row: &Row) -> io::Result<()> {
        let known = task.and_then(|task| self.tasks.get(&task));
        let (name, site) = known.map_or(("", ""), |labels| (&labels.name, &labels.site));
        let number = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
        let state = |state: Option<State>| state.map_or("", State::name).to_owned();
        let cells = [
            at.0.to_string(),
            row.event.to_owned(),
            number(task.map(TaskSeq::get)),
            name.to_owned(),
            site.to_owned(),
            number(row.by.map(TaskSeq::get)),
            state(row.left.map(|(state, _)| state)),
            number(row.left.map(|(_, after)| after.0)),
            state(row.state),
            row.ending.unwrap_or_default().to_owned(),
            number(row.lost),
        ];
        self.writer.write_record(cells).map_err(plain_error)
    }
}

impl<W: Write> Sink for Events<W> {
    fn begin(&mut self, _: &About) -> io::Result<()> {
        self.writer.write_record(COLUMNS).map_err(plain_error)
    }

    fn task(&mut self, at: Nanos, track: Track, step: &Step<'_>) -> io::Result<()> {
        match step {
            Step::Known(label) => {
                let is_new = !self.tasks.contains_key(&track.task);
                let labels = self.tasks.entry(track.task).or_default();
                labels.name = label.name.as_deref().map(plain).unwrap_or_default();
                labels.site = plain(&site_title(label.site.as_deref()));
                labels.was_there = is_new && label.spawned_at < at;
                Ok(())
            }
            Step::Enter { state, .. } => {
                let labels = self.tasks.get_mut(&track.task);
                let was_there = labels.map(|labels| std::mem::take(&mut labels.was_there));
                if was_there != Some(true) {
                    return Ok(());
                }
                let row = Row {
                    event: "alive",
                    state: Some(*state),
                    ..Row::default()
                };
                self.row(at, Some(track.task), &row)
            }
            Step::Event { kind, left, state } => {
                let row = row(kind, *left, *state);
                self.row(at, Some(track.task), &row)?;
                if let EventKind::Drop { .. } = kind {
                    self.tasks.remove(&track.task);
                }
                Ok(())
            }
            Step::Ended {
                ending,
                was_told: false,
            } => {
                let row = Row {
                    event: "gone",
                    state: Some(State::Ended),
                    ending: Some(ending.name()),
                    ..Row::default()
                };
                self.row(at, Some(track.task), &row)?;
                self.tasks.remove(&track.task);
                Ok(())
            }
            Step::Ended { was_told: true, .. }
            | Step::Leave { .. }
            | Step::Wakes { .. }
            | Step::Woken { .. } => Ok(()),
        }
    }

    fn program(&mut self, at: Nanos, remark: &Remark<'_>) -> io::Result<()> {
        let (event, lost) = match remark {
            Remark::Lost { events } => ("lost", *events),
            Remark::Gap { to, .. } => ("gap", to.saturating_sub(at).0),
            Remark::Counts(_) | Remark::Finding { .. } => return Ok(()),
        };
        let row = Row {
            event,
            lost: Some(lost),
            ..Row::default()
        };
        self.row(at, None, &row)
    }

    fn finish(&mut self, _: Nanos) -> io::Result<()> {
        self.writer.flush()
    }
}

fn row(kind: &EventKind, left: Option<(State, Nanos)>, state: State) -> Row {
    let (event, by, ending) = match *kind {
        EventKind::Spawn { parent, .. } => ("spawn", parent, None),
        EventKind::Described => ("described", None, None),
        EventKind::PollStart => ("poll_start", None, None),
        EventKind::PollEnd => ("poll_end", None, None),
        EventKind::Wake { by } => ("wake", by, None),
        EventKind::Drop { ending } => ("drop", None, Some(ending.name())),
    };
    Row {
        event,
        by,
        left,
        state: Some(state),
        ending,
        lost: None,
    }
}
