//! The bottom of the screen: the keys that matter now, or the filter's editor.

use loiter_model::query::REFERENCE;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::paint;
use crate::ui::{
    keymap::{Action, BINDINGS, Binding, Scope},
    message::Line as Asked,
    state::{Editor, Place, State},
    text::{self, Elide},
    theme::{Role, Theme},
};

/// Draws, and says where the cursor is if there is an editor.
pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    match state.filter.editor() {
        Some(editor) => draw_editor(state, editor, area, buffer),
        None => {
            draw_hints(state, state.scope(), area, 0, buffer);
            None
        }
    }
}

/// The keys that matter here.
fn draw_hints(state: &State, scope: Scope, area: Rect, y: u16, buffer: &mut Buffer) {
    let here = BINDINGS
        .iter()
        .filter(|binding| binding.scopes.contains(&scope) && matters(state, binding.action));
    let hint = |binding: &Binding| match (binding.action, state.paused) {
        (Action::Pause, Some(_)) => "resume",
        (Action::Pause, None) if state.playback.is_some() => play_hint(state),
        _ => binding.hint.unwrap_or_default(),
    };
    let bindings: Vec<_> = here.collect();
    draw_keys(state.theme, &bindings, &hint, area, y, buffer);
}

/// Help and quit at the right, always; as many of the others as fit at the left.
pub(in crate::ui) fn draw_keys(
    theme: Theme,
    bindings: &[&Binding],
    hint: &dyn Fn(&Binding) -> &'static str,
    area: Rect,
    y: u16,
    buffer: &mut Buffer,
) {
    let is_always = |binding: &&Binding| matches!(binding.action, Action::Help | Action::Quit);
    let (always, others): (Vec<&Binding>, Vec<_>) = bindings.iter().copied().partition(is_always);
    let right = Line::from(hints(theme, &always, hint, usize::from(area.width)));
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    let left = Line::from(hints(theme, &others, hint, room));
    paint::both(buffer, area, y, &left, &right);
}

/// Hints for these bindings in at most `room` cells. Neighbours with the same hint share it.
fn hints(
    theme: Theme,
    bindings: &[&Binding],
    hint: &dyn Fn(&Binding) -> &'static str,
    room: usize,
) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    let with_hint: Vec<&&Binding> = bindings.iter().filter(|b| b.hint.is_some()).collect();
    for same in with_hint.chunk_by(|a, b| a.hint == b.hint) {
        let keys: Vec<String> = same.iter().map(|b| b.strokes[0].name()).collect();
        let keys = keys.join("/");
        let hint = hint(same[0]);
        let gap = if spans.is_empty() { 0 } else { 2 };
        let width = gap + keys.len() + 1 + hint.len();
        if used + width > room {
            break;
        }
        used += width;
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(keys, theme.strong(Role::Accent)));
        spans.push(Span::raw(format!(" {hint}")));
    }
    spans
}

/// What the key for a pause does in a recording.
fn play_hint(state: &State) -> &'static str {
    match &state.playback {
        Some(playback) if playback.is_playing => "pause",
        _ => "play",
    }
}

/// Whether a key would do something now.
fn matters(state: &State, action: Action) -> bool {
    match action {
        Action::Reconnect => state.link.due().is_some(),
        Action::Back => {
            let has_filter = state.line() == Asked::View && !state.filter.text().is_empty();
            has_filter || !state.back.is_empty() || state.fleet.is_some()
        }
        Action::ShowFleet => state.fleet.is_some(),
        Action::ShowFindings => !matches!(state.place, Place::Findings),
        Action::Details | Action::Copy => state.finding().is_some(),
        Action::Open if state.line() == Asked::Findings => state.finding().is_some(),
        Action::ShowTasks => !matches!(state.place, Place::Tasks | Place::TasksOfGroup { .. }),
        Action::ShowSites => !matches!(state.place, Place::Sites),
        Action::ShowWaits => !matches!(state.place, Place::Waits),
        Action::ShowResources => !matches!(state.place, Place::Resources),
        Action::Open if state.resource().is_some() => {
            state.resource().is_some_and(|page| page.task().is_some())
        }
        Action::RaiseThreshold | Action::LowerThreshold => {
            !matches!(state.place, Place::Finding(_) | Place::Resource(_))
        }
        Action::StepBack
        | Action::StepOn
        | Action::LeapBack
        | Action::LeapOn
        | Action::Slower
        | Action::Faster => state.playback.as_ref().is_some_and(|it| !it.is_still()),
        Action::PreviousFinding | Action::NextFinding => {
            let playback = state.playback.as_ref();
            playback.is_some_and(|it| !it.is_still() && !it.reel.findings.is_empty())
        }
        Action::Pause => state.playback.as_ref().is_none_or(|it| !it.is_still()),
        Action::Capture => !state.is_capturing && state.offers(action),
        Action::CaptureTask => {
            let is_unknown = state.detail().is_some_and(|task| task.is_worth_asking());
            is_unknown && state.offers(action)
        }
        Action::ToggleFrames => state.has_calls(),
        Action::GoToParent => state.detail().is_some_and(|task| task.parent().is_some()),
        Action::GoToWaker => state.detail().is_some_and(|task| task.waker().is_some()),
        _ => true,
    }
}

fn draw_editor(
    state: &State,
    editor: &Editor,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    if area.height == 0 || area.width < 3 {
        return None;
    }
    let cursor = editor.cursor(area.width - 2);
    let (_, scrolled) = cursor;
    let position = draw_input(state.theme, editor.text(), cursor, area, buffer);
    if let Some(error) = editor.error() {
        draw_error(state, editor, error, scrolled, area, buffer);
    } else {
        let matched = match_count(state);
        let faint = state.theme.style(Role::Faint);
        paint::text(buffer, area, (1, 1), &matched, faint);
        if area.height > 3 {
            paint::text(buffer, area, (1, 2), &examples(area.width), faint);
        }
        draw_hints(state, Scope::Filter, area, area.height - 1, buffer);
    }
    Some(position)
}

/// Draws a text that is written, of which the cursor's cell and the first one that is seen are
/// known; says where the cursor is on the screen.
pub(in crate::ui) fn draw_input(
    theme: Theme,
    text: &str,
    (cursor, scrolled): (usize, usize),
    area: Rect,
    buffer: &mut Buffer,
) -> Position {
    let room = area.width.saturating_sub(2);
    let accent = theme.strong(Role::Accent);
    paint::text(buffer, area, (0, 0), "/", accent);
    let line = Rect {
        x: area.x + 1,
        width: room + 1,
        ..area
    };
    let shown = skip_cells(text, scrolled);
    paint::text(buffer, line, (0, 0), &text::clean(shown), accent);
    let x = u16::try_from(cursor.saturating_sub(scrolled)).unwrap_or(u16::MAX);
    Position::new(line.x + x.min(room), area.y)
}

/// Carets below what is wrong, and the message beside or below them.
fn draw_error(
    state: &State,
    editor: &Editor,
    error: &loiter_model::query::FilterError,
    scrolled: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let style = state.theme.strong(Role::Bad);
    let message = text::clean(&error.message);
    if area.height < 3 {
        let message = text::fit(&message, area.width, Elide::End, "…");
        paint::text(buffer, area, (0, 1), &message, style);
        return;
    }
    let cells = |text: Option<&str>| usize::from(text.map_or(0, text::width));
    let text = editor.text();
    let from = cells(text.get(..error.span.start)).saturating_sub(scrolled);
    let carets = cells(text.get(error.span.clone())).max(1);
    let last = usize::from(area.width) - 1;
    let from = (from + 1).min(last);
    let carets = "^".repeat(carets.min(last + 1 - from));
    let x = u16::try_from(from).unwrap_or(u16::MAX);
    paint::text(buffer, area, (x, 1), &carets, style);
    let behind = x.saturating_add(text::width(&carets)).saturating_add(1);
    let cells = area.width - 1;
    let below = usize::from(area.height - 2);
    let lines = text::wrap(&message, cells);
    if lines.len() <= below {
        for (y, line) in (2..area.height).zip(&lines) {
            paint::text(buffer, area, (1, y), line, style);
        }
        return;
    }
    // It begins right behind the carets, where there may be room as well.
    let first = area.width.saturating_sub(behind);
    let lines = text::wrap_behind(&message, first, cells);
    let ellipsis = state.theme.glyphs().ellipsis;
    let lines = text::cut(lines, below + 1, cells, ellipsis);
    for (y, line) in (1..area.height).zip(&lines) {
        let x = if y == 1 { behind } else { 1 };
        paint::text(buffer, area, (x, y), line, style);
    }
}

/// What one may write, from the language's own reference.
fn examples(width: u16) -> String {
    let mut text = "such as".to_owned();
    for row in REFERENCE {
        let next = format!("{text}  {}", row.syntax);
        if text::width(&next) + 1 > width {
            break;
        }
        text = next;
    }
    text
}

/// How many rows the filter lets through, as far as it is known.
fn match_count(state: &State) -> String {
    let (question, matched, what) = match state.place {
        Place::Sites => {
            let rows = state.sites.rows();
            (
                rows.map(|rows| rows.question),
                state.sites.matched(),
                "sites",
            )
        }
        Place::Waits => {
            let rows = state.waits.rows();
            (
                rows.map(|rows| rows.question),
                state.waits.matched(),
                "waits",
            )
        }
        Place::Resources => {
            let rows = state.resources.rows();
            (
                rows.map(|rows| rows.question),
                state.resources.matched(),
                "resources",
            )
        }
        _ => {
            let rows = state.tasks.rows();
            (
                rows.map(|rows| rows.question),
                state.tasks.matched(),
                "tasks",
            )
        }
    };
    if question != Some(state.asking.number()) || !state.asking.is_answered() {
        return format!("counting{}", state.theme.glyphs().ellipsis);
    }
    match matched {
        1 => format!("1 {} matches", what.trim_end_matches('s')),
        _ => format!("{} {what} match", text::thousands(matched)),
    }
}

/// The rest of a text behind its first `cells` cells.
fn skip_cells(text: &str, cells: usize) -> &str {
    let mut passed = 0;
    for (index, c) in text.char_indices() {
        if passed >= cells {
            return &text[index..];
        }
        passed += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
    }
    ""
}
