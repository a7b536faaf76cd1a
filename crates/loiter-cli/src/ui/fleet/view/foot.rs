//! The bottom of the screen: the keys that matter now, or the filter's editor.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::ui::{
    fleet::state::{FleetState, FleetView, REFERENCE},
    keymap::{Action, BINDINGS, Binding},
    text,
    theme::Role,
    view::{foot, paint},
};

/// Draws, and says where the cursor is if there is an editor.
pub(super) fn draw(state: &FleetState, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    if !state.filter.is_edited() {
        keys(state, area, 0, buffer);
        return None;
    }
    if area.height == 0 || area.width < 3 {
        return None;
    }
    let cursor = state.filter.cursor(area.width - 2);
    let position = foot::draw_input(state.theme, state.filter.text(), cursor, area, buffer);
    let faint = state.theme.style(Role::Faint);
    if area.height > 1 {
        paint::text(buffer, area, (1, 1), &match_count(state), faint);
    }
    if area.height > 3 {
        let [(word, meaning), (no_word, no_meaning)] = REFERENCE;
        let words = format!("{word}: {meaning}; {no_word}: {no_meaning}");
        let words = text::fit(&words, area.width - 1, text::Elide::End, "…");
        paint::text(buffer, area, (1, 2), &words, faint);
    }
    if area.height > 2 {
        keys(state, area, area.height - 1, buffer);
    }
    Some(position)
}

fn keys(state: &FleetState, area: Rect, y: u16, buffer: &mut Buffer) {
    let scope = state.scope();
    let here = BINDINGS
        .iter()
        .filter(|binding| binding.scopes.contains(&scope) && matters(state, binding.action));
    let hint = |binding: &Binding| match (binding.action, &state.paused) {
        (Action::Pause, Some(_)) => "resume",
        _ => binding.hint.unwrap_or_default(),
    };
    let here: Vec<_> = here.collect();
    foot::draw_keys(state.theme, &here, &hint, area, y, buffer);
}

/// Whether a key would do something now.
fn matters(state: &FleetState, action: Action) -> bool {
    match action {
        Action::Reconnect => state.summary.lost > 0,
        Action::Open => state.table().has_rows(),
        Action::Copy => state.findings.selected().is_some(),
        Action::Back => {
            let is_elsewhere = matches!(state.view, FleetView::Sites | FleetView::Findings);
            is_elsewhere || state.is_chosen || !state.filter.is_empty()
        }
        Action::ShowTargets => state.view != FleetView::Targets,
        Action::ShowFindings => state.view != FleetView::Findings,
        Action::ShowSites => state.view != FleetView::Sites,
        Action::ToggleFrames => has_calls(state),
        _ => true,
    }
}

/// Whether an await stack is shown that has calls.
fn has_calls(state: &FleetState) -> bool {
    let wait = state
        .findings
        .selected()
        .and_then(|row| row.finding.wait.as_ref());
    wait.is_some_and(|wait| !wait.stack.branches.is_empty())
}

fn match_count(state: &FleetState) -> String {
    let matched = state.table().matched();
    let (one, many) = match state.view {
        FleetView::Targets => ("target", "targets"),
        FleetView::Picker => ("agent", "agents"),
        FleetView::Sites => ("site", "sites"),
        FleetView::Findings => ("finding", "findings"),
    };
    match matched {
        1 => format!("1 {one} matches"),
        _ => format!("{} {many} match", text::thousands(matched)),
    }
}
