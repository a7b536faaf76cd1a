//! What the lints say of one task.

use loiter_model::Task;
use ratatui::text::{Line, Span};

use super::facts::LABEL;
use crate::ui::{state::State, text, theme::Role};

/// A line or more for each hint on a task: its name, what it says, and what to do about it.
pub(super) fn lines(state: &State, task: &Task, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for lint in task.lints(&state.thresholds()).iter() {
        let says = format!("{}: {}", lint.name(), lint.explanation(task));
        let accent = state.theme.style(Role::Accent);
        let faint = state.theme.style(Role::Faint);
        let mut label = "lint";
        for (words, style) in [(says.as_str(), accent), (lint.cure(), faint)] {
            let room = width.saturating_sub(LABEL as u16 + 2);
            for line in text::wrap(words, room) {
                let label = format!(" {:<LABEL$} ", std::mem::take(&mut label));
                lines.push(Line::from(vec![
                    Span::styled(label, faint),
                    Span::styled(line, style),
                ]));
            }
        }
    }
    lines
}
