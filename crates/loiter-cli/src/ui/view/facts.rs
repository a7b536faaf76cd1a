//! What is known of one task, as labels and values.

use loiter_model::{
    Kind, Nanos, State as TaskState, Task, WaitKind,
    query::Labels,
    update::{CaptureOutcome, LabelSet, TaskDetail},
};
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::ui::{
    durations::Durations,
    state::{Capture, Detail, State},
    text::{self, Elide},
    theme::Role,
};

/// Cells of the labels.
pub(super) const LABEL: usize = 13;

/// A label and what stands behind it.
pub(super) struct Fact {
    label: &'static str,
    value: String,
    style: Style,
    elide: Elide,
}

impl Fact {
    fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self {
            label,
            value: value.into(),
            style: Style::new(),
            elide: Elide::End,
        }
    }

    /// As a line of so many cells.
    pub(super) fn line(&self, state: &State, width: u16) -> Line<'static> {
        let faint = state.theme.style(Role::Faint);
        let label = format!(" {:<LABEL$} ", self.label);
        let room = width.saturating_sub(text::width(&label));
        let value = text::fit(&self.value, room, self.elide, "…").into_owned();
        Line::from(vec![
            Span::styled(label, faint),
            Span::styled(value, self.style),
        ])
    }
}

/// The facts that need a line: what it does, where and by whom it was spawned, who woke it.
pub(super) fn long(state: &State, shown: &Detail, detail: &TaskDetail, task: &Task) -> Vec<Fact> {
    let labels = &detail.labels;
    let mut facts = vec![doing(state, task)];
    if task.state != TaskState::Ended {
        facts.push(waits_on(state, shown, task));
    }
    facts.push(Fact {
        elide: Elide::Start,
        ..Fact::new("site", site(task, labels))
    });
    if let Some(site) = labels.site(task.site)
        && !site.function.is_empty()
    {
        facts.push(Fact::new("function", text::clean(&site.function)));
    }
    if let Some(scope) = task.scope.and_then(|id| labels.name(id)) {
        facts.push(Fact::new("scope", text::clean(&scope)));
    }
    facts.push(Fact::new(
        "parent",
        other(task.parent, detail.parent.as_ref(), labels),
    ));
    facts.push(Fact::new(
        "woken by",
        other(task.woken_by, detail.woken_by.as_ref(), labels),
    ));
    facts
}

/// The short facts, in the order in which one asks.
pub(super) fn figures(
    detail: &TaskDetail,
    task: &Task,
    elapsed: Nanos,
    durations: Durations,
) -> Vec<Fact> {
    let mut facts = identity(task, &detail.labels);
    let ago = detail
        .at
        .saturating_add(elapsed)
        .saturating_sub(task.spawned_at);
    facts.push(Fact::new("spawned", format!("{ago} ago")));
    facts.extend(times(task, durations));
    facts.extend(wakes(task));
    if let Some(size) = task.size {
        let boxed = task.original_size.filter(|original| *original != size);
        let value = match boxed {
            Some(original) => format!(
                "{} ({} before boxing)",
                text::bytes(size),
                text::bytes(original)
            ),
            None => text::bytes(size),
        };
        facts.push(Fact::new("size", value));
    }
    facts
}

/// What the task is doing, and what is wrong with that.
fn doing(state: &State, task: &Task) -> Fact {
    let glyphs = state.theme.glyphs();
    let thresholds = state.thresholds();
    let mut fact = Fact::new("state", "");
    let (word, glyph) = (task.state.name(), glyphs.state(task.state));
    match (task.ending, task.condition(&thresholds)) {
        (Some(ending), _) => {
            fact.value = format!("{glyph} {word}: {}, {} ago", ending.name(), task.in_state);
            fact.style = state.theme.strong(match ending {
                loiter_model::Ending::Panicked => Role::Bad,
                _ => Role::Ended,
            });
        }
        (None, Some(condition)) => {
            let sign = glyphs.condition(condition);
            fact.value = format!("{sign} {word} for {}: {}", task.in_state, condition.name());
            fact.style = state.theme.strong(Role::of(condition));
        }
        (None, None) => {
            fact.value = format!("{glyph} {word} for {}", task.in_state);
            fact.style = match task.state {
                TaskState::Running => state.theme.strong(Role::Running),
                TaskState::Scheduled => state.theme.strong(Role::Scheduled),
                TaskState::Idle | TaskState::Ended => Style::new(),
            };
        }
    }
    fact
}

/// What it waits on, or why that is not known and what to do about it.
fn waits_on(state: &State, shown: &Detail, task: &Task) -> Fact {
    let mut fact = Fact::new("waits on", "");
    fact.value = match (&shown.wait, task.wait) {
        (Some(wait), Some(_)) => {
            let role = match wait.kind {
                WaitKind::Nothing => Role::Bad,
                _ => Role::Accent,
            };
            fact.style = state.theme.strong(role);
            text::clean(&wait.to_string()).into_owned()
        }
        (None, None) if task.state != TaskState::Idle => "-".to_owned(),
        (Some(wait), None) if task.state != TaskState::Idle => {
            text::clean(&format!("before: {wait}")).into_owned()
        }
        (Some(wait), None) => {
            let words = match state.no_asking() {
                Some(_) => format!("before: {wait}"),
                None => format!("before: {wait}; Enter asks again"),
            };
            text::clean(&words).into_owned()
        }
        (None, _) => text::clean(&unknown(state, shown, task)).into_owned(),
    };
    fact
}

fn unknown(state: &State, shown: &Detail, task: &Task) -> String {
    let asking = || format!("asking{}", state.theme.glyphs().ellipsis);
    let words = match &shown.capture {
        _ if task.kind == Kind::BlockOn => "not known: what a thread blocks on cannot be asked",
        Capture::Failed(reason) => return reason.clone(),
        _ if state.no_asking().is_some() => state.no_asking().unwrap_or_default(),
        Capture::No => "not asked; Enter asks",
        Capture::Asking => return asking(),
        Capture::Done { outcome, at } => match outcome {
            CaptureOutcome {
                not_watched: 1.., ..
            } => "not known: spawn it with loiter::spawn, so that it can be asked",
            CaptureOutcome { timed_out: 1.., .. } => {
                "no worker polled it in time; Enter asks again"
            }
            CaptureOutcome { captured: 1.., .. } => {
                // It is in the answer that is on its way, unless it was woken meanwhile.
                if shown.known.as_ref().is_none_or(|known| known.at <= *at) {
                    return asking();
                }
                "it was woken since it was asked; Enter asks again"
            }
            _ => "it was not idle when it was asked; Enter asks again",
        },
    };
    words.to_owned()
}

fn identity(task: &Task, labels: &LabelSet) -> Vec<Fact> {
    vec![
        Fact::new("name", name(task, labels).unwrap_or_else(|| "-".to_owned())),
        Fact::new("kind", task.kind.name()),
        Fact::new(
            "tokio id",
            task.tokio_id
                .map_or_else(|| "-".to_owned(), |id| id.to_string()),
        ),
    ]
}

fn times(task: &Task, durations: Durations) -> Vec<Fact> {
    let whole = |duration| durations.whole(duration);
    let or_none = |duration: Option<Nanos>| duration.map_or_else(|| "-".to_owned(), whole);
    let share = |part: Nanos| {
        let percent = text::percent(part.0, task.total.0);
        format!("{} ({percent})", whole(part))
    };
    vec![
        Fact::new("idle now", or_none(task.idle())),
        Fact::new("total", whole(task.total)),
        Fact::new("total idle", share(task.total_idle())),
        Fact::new("busy", share(task.busy)),
        Fact::new("scheduled", share(task.scheduled)),
        Fact::new("polls", text::thousands(task.polls)),
        Fact::new("longest poll", or_none(task.known_longest_poll())),
    ]
}

fn wakes(task: &Task) -> Vec<Fact> {
    let self_wakes = format!(
        "{} ({})",
        text::thousands(task.self_wakes),
        text::percent(task.self_wakes, task.wakes)
    );
    vec![
        Fact::new("wakes", text::thousands(task.wakes)),
        Fact::new("self wakes", self_wakes),
        Fact::new("live wakers", text::thousands(task.live_wakers.into())),
    ]
}

/// Another task: its number, and its name and site where they are known still.
fn other(seq: Option<loiter_model::TaskSeq>, task: Option<&Task>, labels: &LabelSet) -> String {
    let Some(seq) = seq else {
        return "-".to_owned();
    };
    let Some(task) = task else {
        return format!("{seq} (forgotten)");
    };
    match name(task, labels) {
        Some(name) => format!("{seq} {name} at {}", site(task, labels)),
        None => format!("{seq} at {}", site(task, labels)),
    }
}

fn name(task: &Task, labels: &LabelSet) -> Option<String> {
    let name = labels.name(task.name?)?;
    Some(text::clean(&name).into_owned())
}

fn site(task: &Task, labels: &LabelSet) -> String {
    match labels.site(task.site) {
        Some(site) => text::clean(&site.to_string()).into_owned(),
        None => "-".to_owned(),
    }
}
