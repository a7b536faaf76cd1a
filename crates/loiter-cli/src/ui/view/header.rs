//! The top of the screen: which target, how it is, and what cannot be seen of it.

use loiter_model::{Condition, Nanos, State as TaskState, Totals, finding::Certainty};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::paint;
use crate::{
    coverage,
    ui::{
        layout::Layout,
        spark,
        state::{Connection, State},
        text,
        theme::{Role, Theme},
    },
};

/// Below so many cells signs stand for words.
const NARROW: u16 = 60;

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    match area.height {
        0 => {}
        1 => {
            let counts = paint::spaced(brief_counts(state));
            let connection = connection(state, area.width, counts.width());
            paint::both(buffer, area, 0, &counts, &connection);
        }
        2 => {
            draw_who(state, area, buffer);
            let counts = paint::spaced(brief_counts(state));
            paint::both(
                buffer,
                area,
                1,
                &counts,
                &history(state, area.width, &counts),
            );
        }
        _ => {
            draw_who(state, area, buffer);
            let counts = paint::spaced(counts(state));
            paint::both(
                buffer,
                area,
                1,
                &counts,
                &history(state, area.width, &counts),
            );
            let wrong = wrong_and_hints(state, area.width);
            let taken = u16::try_from(wrong.width()).unwrap_or(u16::MAX);
            let tier = tier(state, area.width.saturating_sub(taken.saturating_add(2)));
            paint::both(buffer, area, 2, &wrong, &tier);
        }
    }
}

/// The lines below: what is out of the ordinary.
pub(in crate::ui) fn draw_notes(theme: Theme, layout: &Layout, buffer: &mut Buffer) {
    for (y, note) in (0..).zip(&layout.note_lines) {
        let style = theme.strong(note.role);
        paint::text(buffer, layout.notes, (0, y), &note.text, style);
    }
}

/// The connection is always seen; of the target as much as fits beside it.
fn draw_who(state: &State, area: Rect, buffer: &mut Buffer) {
    let mut who = who(state);
    let name = who.first().cloned().unwrap_or_default();
    let connection = connection(state, area.width, paint::spaced([name]).width());
    let room = usize::from(area.width).saturating_sub(connection.width() + 2);
    while who.len() > 1 && paint::spaced(who.clone()).width() > room {
        who.pop();
    }
    paint::both(buffer, area, 0, &paint::spaced(who), &connection);
}

/// What tells the target from others, the most telling first.
fn who(state: &State) -> Vec<Vec<Span<'_>>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let faint = state.theme.style(Role::Faint);
    let endpoint = Span::styled(text::clean(&state.endpoint), faint);
    match &state.target {
        None => vec![vec![Span::styled("loiter", bold)], vec![endpoint]],
        Some(target) => {
            let mut parts = vec![vec![Span::styled(text::clean(&target.name), bold)]];
            // Not every teller tells it.
            if target.pid > 0 {
                parts.push(vec![Span::raw(format!("pid {}", target.pid))]);
            }
            parts.push(vec![endpoint]);
            if !target.host.is_empty() {
                parts.push(vec![Span::styled(text::clean(&target.host), faint)]);
            }
            parts
        }
    }
}

/// The connection, and the findings where there is room for them beside `taken` cells.
fn connection(state: &State, width: u16, taken: usize) -> Line<'static> {
    let glyphs = state.theme.glyphs();
    let mut parts = Vec::new();
    if state.paused.is_some() {
        parts.push(vec![Span::styled(" PAUSED ", Theme::selected())]);
    }
    let (glyph, words, role) = match &state.link.connection {
        Connection::Connected if state.playback.is_some() => {
            (glyphs.connected, "recording".to_owned(), Role::Accent)
        }
        Connection::Connected => (glyphs.connected, "connected".to_owned(), Role::Running),
        Connection::Connecting => (glyphs.disconnected, "connecting".to_owned(), Role::Accent),
        Connection::Waiting { until } => {
            let left = seconds_left(until.saturating_sub(state.now));
            let words = format!("reconnecting in {left}s");
            (glyphs.disconnected, words, Role::Bad)
        }
    };
    // In a narrow terminal the glyph says it.
    let words = match state.link.connection {
        Connection::Connected if width < NARROW => glyph.to_owned(),
        _ => format!("{glyph} {words}"),
    };
    parts.push(vec![Span::styled(words, state.theme.style(role))]);
    let without_badge = paint::spaced(parts.clone());
    let Some(badge) = badge(state, width) else {
        return without_badge;
    };
    parts.insert(0, vec![badge]);
    let with_badge = paint::spaced(parts);
    match taken + with_badge.width() < usize::from(width) {
        true => with_badge,
        false => without_badge,
    }
}

/// How many findings there are, in the colour of the worst; nothing while that is not known.
fn badge(state: &State, width: u16) -> Option<Span<'static>> {
    let (count, worst) = state.findings.count()?;
    // Of those that only a newer client could name, it is not known how sure they are.
    let worst = worst.or((count > 0).then_some(Certainty::Watch));
    findings_badge(state.theme, count, worst, width < NARROW)
}

/// So many findings; nothing in a narrow terminal when there are none.
pub(in crate::ui) fn findings_badge(
    theme: Theme,
    count: u64,
    worst: Option<Certainty>,
    is_narrow: bool,
) -> Option<Span<'static>> {
    let Some(worst) = worst else {
        let faint = theme.style(Role::Faint);
        return (!is_narrow).then(|| Span::styled("Findings 0", faint));
    };
    let glyph = theme.glyphs().certainty(worst);
    let words = match is_narrow {
        true => format!(" {glyph} {} ", text::count(count)),
        false => format!(" {glyph} Findings {} ", text::count(count)),
    };
    let style = match worst {
        Certainty::Watch => theme.style(Role::Faint),
        _ => {
            let strong = theme.strong(Role::of_certainty(worst));
            strong.add_modifier(Modifier::REVERSED)
        }
    };
    Some(Span::styled(words, style))
}

/// Rounded up: "in 0s" would already be over.
fn seconds_left(left: Nanos) -> u64 {
    left.0.div_ceil(Nanos::from_secs(1).0)
}

fn totals(state: &State) -> Option<&Totals> {
    state.overview.as_ref().map(|overview| &overview.totals)
}

fn alive(totals: &Totals) -> Vec<Span<'static>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let count = Span::styled(text::thousands(totals.alive), bold);
    vec![count, Span::raw(" alive")]
}

fn counts(state: &State) -> Vec<Vec<Span<'static>>> {
    let Some(totals) = totals(state) else {
        return Vec::new();
    };
    let glyphs = state.theme.glyphs();
    let count = |task_state: TaskState, count: u64, style: Style| {
        let glyph = glyphs.state(task_state);
        let count = format!("{glyph} {} {}", text::thousands(count), task_state.name());
        vec![Span::styled(count, style)]
    };
    let running = state.theme.style(Role::Running);
    let scheduled = state.theme.style(Role::Scheduled);
    vec![
        alive(totals),
        count(TaskState::Running, totals.running, running),
        count(TaskState::Scheduled, totals.scheduled, scheduled),
        count(TaskState::Idle, totals.idle, Style::new()),
    ]
}

fn brief_counts(state: &State) -> Vec<Vec<Span<'static>>> {
    let Some(totals) = totals(state) else {
        return Vec::new();
    };
    let mut parts = vec![alive(totals)];
    parts.extend(wrong(state, Limits::Blocked));
    parts
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Limits {
    /// All of them, with the names of what they are for.
    Shown,
    /// Only that of blocked tasks, without its name.
    Blocked,
}

/// How many tasks are blocked, hogging and starved, which is also the key to the glyphs.
fn wrong(state: &State, limits: Limits) -> Vec<Vec<Span<'static>>> {
    let Some(totals) = totals(state) else {
        return Vec::new();
    };
    let glyphs = state.theme.glyphs();
    let thresholds = state.thresholds();
    let figures = [
        (Condition::Blocked, totals.blocked, thresholds.blocked_after),
        (Condition::Hogging, totals.hogging, thresholds.hogging_after),
        (Condition::Starved, totals.starved, thresholds.starved_after),
    ];
    let part = |(condition, count, limit)| {
        let style = match count {
            0 => state.theme.style(Role::Faint),
            _ => state.theme.strong(Role::of(condition)),
        };
        let glyph = glyphs.condition(condition);
        let count = text::thousands(count);
        let words = match limits {
            Limits::Shown => format!(
                "{glyph} {count} {} {}{}",
                condition.name(),
                glyphs.at_least,
                text::limit(limit),
            ),
            // The one that the keys move must be seen.
            Limits::Blocked if condition == Condition::Blocked => {
                format!("{glyph} {count} {}{}", glyphs.at_least, text::limit(limit))
            }
            Limits::Blocked => format!("{glyph} {count}"),
        };
        vec![Span::styled(words, style)]
    };
    figures.map(part).to_vec()
}

/// The same, and the hints if there are any and there is room for them beside what is seen of the
/// target: their names, or else how many they are.
fn wrong_and_hints(state: &State, width: u16) -> Line<'static> {
    let wrong = wrong(state, Limits::Shown);
    let counts = totals(state).map(|totals| totals.lints).unwrap_or_default();
    let names: Vec<_> = counts
        .iter()
        .map(|(lint, count)| format!("{} {}", text::thousands(count), lint.name()))
        .collect();
    let sum = counts
        .iter()
        .fold(0, |sum: u64, (_, count)| sum.saturating_add(count));
    let room = usize::from(width.saturating_sub(2)).saturating_sub(tier(state, 0).width());
    let style = state.theme.style(Role::Accent);
    let lines = [names.join(", "), text::thousands(sum)].map(|hints| {
        let mut parts = wrong.clone();
        if sum > 0 {
            parts.push(vec![Span::styled(format!("lints: {hints}"), style)]);
        }
        paint::spaced(parts)
    });
    let fitting = lines.into_iter().find(|line| line.width() <= room);
    fitting.unwrap_or_else(|| paint::spaced(wrong))
}

/// Tasks alive over the last minutes, in what the counts leave of the line.
fn history(state: &State, width: u16, counts: &Line<'_>) -> Line<'static> {
    let Some(overview) = &state.overview else {
        return Line::default();
    };
    let taken = u16::try_from(counts.width()).unwrap_or(u16::MAX);
    let room = width.saturating_sub(taken.saturating_add(3)).min(120);
    let line = spark::line(&overview.history, room, state.theme.glyphs());
    Line::styled(line, state.theme.style(Role::Accent))
}

/// How much of the target is seen, in at most `room` cells.
fn tier(state: &State, room: u16) -> Line<'static> {
    let Some(target) = &state.target else {
        return Line::default();
    };
    let overview = state.overview.as_ref();
    let advice = overview.and_then(|overview| coverage::advice(target.tier, overview));
    let role = match advice {
        None => Role::Faint,
        Some(_) => Role::Bad,
    };
    let words = coverage::coverage(target.tier, overview);
    let named = format!("capture: {words}");
    let words = if text::width(&named) <= room {
        named
    } else {
        words
    };
    Line::styled(words, state.theme.style(role))
}
