//! What each action does.

use loiter_model::finding::Markdown;

use super::{fit, refresh};
use crate::ui::{
    fleet::{
        message::FleetEffect,
        state::{FleetState, FleetView},
        view,
    },
    keymap::Action,
    state::{Notice, Popup},
    text,
};

pub(super) fn act(state: &mut FleetState, action: Action, effects: &mut Vec<FleetEffect>) {
    match action {
        Action::Quit => effects.push(FleetEffect::Quit),
        Action::Help => state.popup = Some(Popup::Help { scrolled: 0 }),
        Action::Close => state.popup = None,
        Action::Back => back(state, effects),
        Action::Open => open(state, effects),
        Action::Copy => copy(state, effects),
        Action::EditFilter => state.filter.edit(),
        Action::Apply => state.filter.apply(),
        Action::Cancel => {
            state.filter.cancel();
            state.table_mut().go_to_top();
        }
        Action::ShowTargets => state.view = FleetView::Targets,
        Action::ShowSites => state.view = FleetView::Sites,
        Action::ShowFindings => state.view = FleetView::Findings,
        Action::Mark => mark(state),
        Action::MarkAll => mark_all(state),
        Action::ToggleFrames => state.all_frames = !state.all_frames,
        Action::Down => return step(state, 1),
        Action::Up => return step(state, -1),
        Action::PageDown => return step(state, page(state)),
        Action::PageUp => return step(state, -page(state)),
        Action::HalfPageDown => return step(state, (page(state) / 2).max(1)),
        Action::HalfPageUp => return step(state, -(page(state) / 2).max(1)),
        Action::Top => return to_top(state),
        Action::Bottom => return to_bottom(state),
        Action::SortLeft => state.table_mut().shift_sort(-1),
        Action::SortRight => state.table_mut().shift_sort(1),
        Action::InvertSort => state.table_mut().invert_sort(),
        Action::ChooseColumns => state.popup = Some(Popup::Columns { selected: 0 }),
        Action::ToggleColumn => toggle_column(state),
        Action::Pause => state.toggle_pause(),
        Action::Reconnect => effects.push(FleetEffect::Hurry),
        // Of one target.
        Action::Details
        | Action::ShowTasks
        | Action::ShowWaits
        | Action::ShowResources
        | Action::ShowFleet
        | Action::Capture
        | Action::CaptureTask
        | Action::ToggleEnded
        | Action::RaiseThreshold
        | Action::LowerThreshold
        | Action::StepBack
        | Action::StepOn
        | Action::LeapBack
        | Action::LeapOn
        | Action::Slower
        | Action::Faster
        | Action::PreviousFinding
        | Action::NextFinding
        | Action::GoToParent
        | Action::GoToWaker => {}
    }
    if state.opened.is_none() {
        refresh(state);
    }
}

/// First the filter goes, then one comes to the targets, then to their choice.
fn back(state: &mut FleetState, effects: &mut Vec<FleetEffect>) {
    if !state.filter.is_empty() {
        state.filter.drop();
        state.table_mut().go_to_top();
    } else if matches!(state.view, FleetView::Sites | FleetView::Findings) {
        state.view = FleetView::Targets;
    } else if state.is_chosen {
        effects.push(FleetEffect::ChooseAgain);
    }
}

fn open(state: &mut FleetState, effects: &mut Vec<FleetEffect>) {
    if state.view == FleetView::Picker && state.marked.len() > 1 {
        let marked = state.marked.iter().copied().collect();
        effects.push(FleetEffect::Choose(marked));
        return;
    }
    if state.view == FleetView::Picker
        && let Some(id) = state.marked.first().copied()
    {
        state.open_target(id);
        effects.push(FleetEffect::Open(id));
        return;
    }
    effects.extend(state.open().map(FleetEffect::Open));
}

fn mark(state: &mut FleetState) {
    if let Some(id) = state.selected() {
        if !state.marked.remove(&id) {
            state.marked.insert(id);
        }
        // One goes through them, marking.
        step(state, 1);
    }
}

/// Those that the filter lets through; none any more when all of them are marked.
fn mark_all(state: &mut FleetState) {
    let rows = state.targets.rows().map_or(&[][..], |rows| &rows.rows);
    let shown: Vec<_> = rows.iter().map(|row| row.id).collect();
    if shown.iter().all(|id| state.marked.contains(id)) {
        state.marked.retain(|id| !shown.contains(id));
    } else {
        state.marked.extend(shown);
    }
}

/// Copies the selected finding, as its largest target has it. A name in it may be anybody's text,
/// and what is pasted into a terminal is run there.
fn copy(state: &mut FleetState, effects: &mut Vec<FleetEffect>) {
    let told = state.findings.selected();
    let told = told.and_then(|row| Some((row, state.fleet.finding(&row.finding)?)));
    let Some((row, told)) = told else {
        return;
    };
    let markdown = Markdown {
        finding: told.finding,
        labels: told.labels,
        at: told.at,
    };
    effects.push(FleetEffect::Copy(text::clean_lines(&markdown.to_string())));
    let kind = told.finding.kind.name();
    let target = text::clean(&row.target);
    let notice = format!("copied as Markdown through the terminal (OSC 52): {kind} of {target}");
    state.notice = Some(Notice::new(notice, state.now));
}

/// Rows that a page has, with one of the old ones left to hold on to.
fn page(state: &FleetState) -> i64 {
    let height = match state.popup {
        Some(_) => u64::from(state.size.1),
        None => state.rows_height(),
    };
    let rows = height.saturating_sub(1).max(1);
    i64::try_from(rows).unwrap_or(i64::MAX)
}

pub(super) fn step(state: &mut FleetState, rows: i64) {
    let height = state.rows_height();
    let columns = state.table().columns();
    match &mut state.popup {
        Some(Popup::Help { scrolled }) => {
            let lines = i64::from(*scrolled).saturating_add(rows).max(0);
            *scrolled = u16::try_from(lines).unwrap_or(u16::MAX);
        }
        Some(Popup::Columns { selected }) => {
            let rows = isize::try_from(rows).unwrap_or(0);
            *selected = selected.saturating_add_signed(rows).min(columns - 1);
        }
        None => state.table_mut().step(rows, height),
    }
    let overhang = view::help_overhang(state);
    if let Some(Popup::Help { scrolled }) = &mut state.popup {
        *scrolled = (*scrolled).min(overhang);
    }
    fit(state);
}

fn to_top(state: &mut FleetState) {
    match state.popup {
        Some(_) => step(state, i64::from(i32::MIN)),
        None => state.table_mut().go_to_top(),
    }
}

fn to_bottom(state: &mut FleetState) {
    let height = state.rows_height();
    match state.popup {
        Some(_) => step(state, i64::from(i32::MAX)),
        None => state.table_mut().go_to_bottom(height),
    }
}

fn toggle_column(state: &mut FleetState) {
    let Some(Popup::Columns { selected }) = state.popup else {
        return;
    };
    let order = state.findings.sort;
    state.table_mut().toggle_column(selected);
    // The order is the rules', seen or not.
    state.findings.sort = order;
}
