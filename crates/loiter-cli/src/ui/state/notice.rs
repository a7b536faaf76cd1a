//! What is to be said beside the figures: what cannot be seen, what is wrong, what just happened.

use loiter_model::{Nanos, Target, Teller};

use super::{Connection, Place, State};
use crate::{
    coverage,
    ui::{text, theme::Role},
};

/// How long something that happened is worth a line.
const SHOWN_FOR: Nanos = Nanos::from_secs(8);

/// Something that just happened.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) text: String,
    until: Nanos,
}

impl Notice {
    pub(crate) fn new(text: impl Into<String>, now: Nanos) -> Self {
        Self {
            text: text.into(),
            until: now.saturating_add(SHOWN_FOR),
        }
    }

    /// When it goes.
    pub(crate) fn until(&self) -> Nanos {
        self.until
    }
}

/// A line below the header.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) role: Role,
    pub(crate) text: String,
}

impl State {
    /// The notes to show now, the most urgent first.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |role, text: String| {
            notes.push(Note {
                role,
                text: text::clean(&text).into_owned(),
            });
        };
        if let Some(error) = &self.link.error
            && self.link.connection != Connection::Connected
            // Without any data the reason stands in the middle of the screen.
            && self.target.is_some()
        {
            note(Role::Bad, error.to_string());
        }
        if let Some(reason) = self.asking(self.line()).turned_away()
            // Without any data it stands in the middle of the screen.
            && self.has_data()
        {
            note(Role::Bad, reason.to_owned());
        }
        if let Some(notice) = &self.notice {
            note(Role::Accent, notice.text.clone());
        }
        if let (Some(overview), Some(target)) = (&self.overview, &self.target)
            && let Some(advice) = coverage::advice(target.tier, overview)
        {
            note(Role::Bad, advice);
        }
        if let (Some(overview), Some(target)) = (&self.overview, &self.target)
            && overview.totals.untracked > 0
        {
            note(Role::Bad, untracked(overview.totals.untracked, target));
        }
        if let Some(target) = &self.target
            && let Some(silent) = target.teller.silent_about()
        {
            let teller = target.teller.name();
            note(Role::Faint, format!("{teller} cannot tell {silent}"));
        }
        if matches!(self.place, Place::Resources) && self.untracked_resources > 0 {
            let untracked = text::thousands(self.untracked_resources);
            note(
                Role::Bad,
                format!("{untracked} resources not tracked: there was no room for more"),
            );
        }
        notes
    }
}

/// How many tasks are missing, and why.
fn untracked(tasks: u64, target: &Target) -> String {
    let tasks = text::thousands(tasks);
    match target.teller {
        Teller::Agent => format!(
            "{tasks} tasks not tracked: max_tasks ({}) reached",
            text::thousands(target.max_tasks),
        ),
        Teller::ConsoleSubscriber => format!(
            "{tasks} tasks not tracked: console-subscriber dropped them; give its builder a larger \
             event_buffer_capacity"
        ),
    }
}
