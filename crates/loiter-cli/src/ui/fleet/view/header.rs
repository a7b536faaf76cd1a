//! The top of the screen: how many targets there are, and sums over them.

use loiter_model::{Condition, fleet::Summary};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use crate::ui::{
    fleet::{columns, state::FleetState},
    text,
    theme::{Role, Theme},
    view::{header::findings_badge, paint},
};

/// Below so many cells signs stand for words.
const NARROW: u16 = 60;

type Part = Vec<Span<'static>>;

pub(super) fn draw(state: &FleetState, area: Rect, buffer: &mut Buffer) {
    match area.height {
        0 => {}
        1 => {
            let counts = paint::spaced([alive(&state.summary)]);
            paint::both(buffer, area, 0, &counts, &health(state, area.width));
        }
        _ => {
            let targets = paint::spaced([targets(&state.summary)]);
            paint::both(buffer, area, 0, &targets, &health(state, area.width));
            let mut parts = vec![alive(&state.summary)];
            parts.extend(wrong(state, area.width));
            let counts = paint::spaced(parts);
            paint::both(buffer, area, 1, &counts, &stale(state));
        }
    }
}

fn targets(summary: &Summary) -> Part {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let words = match summary.instances {
        1 => "1 target".to_owned(),
        targets => format!("{} targets", text::thousands(targets)),
    };
    vec![Span::styled(words, bold)]
}

/// Findings, and how many targets answer and how many do not. The latter is always seen.
fn health(state: &FleetState, width: u16) -> Line<'static> {
    let (summary, glyphs) = (&state.summary, state.theme.glyphs());
    let is_narrow = width < NARROW;
    let mut parts: Vec<Part> = Vec::new();
    let worst = columns::worst(&summary.findings);
    let badge = findings_badge(state.theme, summary.findings.all(), worst, is_narrow);
    if summary.answering > 0 {
        parts.extend(badge.map(|badge| vec![badge]));
    }
    if state.paused.is_some() {
        parts.push(vec![Span::styled(" PAUSED ", Theme::selected())]);
    }
    let mut count = |glyph: &str, count: u64, word: &str, role: Role| {
        let count = text::thousands(count);
        let words = match is_narrow {
            true => format!("{glyph} {count}"),
            false => format!("{glyph} {count} {word}"),
        };
        parts.push(vec![Span::styled(words, state.theme.style(role))]);
    };
    count(glyphs.connected, summary.answering, "up", Role::Running);
    if summary.connecting > 0 {
        let connecting = summary.connecting;
        count(glyphs.idle, connecting, "connecting", Role::Accent);
    }
    let role = match summary.lost {
        0 => Role::Faint,
        _ => Role::Bad,
    };
    count(glyphs.disconnected, summary.lost, "lost", role);
    paint::spaced(parts)
}

fn alive(summary: &Summary) -> Part {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let count = Span::styled(text::thousands(summary.alive), bold);
    vec![count, Span::raw(" alive")]
}

/// How many tasks are blocked, hogging and starved, which is also the key to the glyphs.
fn wrong(state: &FleetState, width: u16) -> Vec<Part> {
    let (summary, glyphs) = (&state.summary, state.theme.glyphs());
    let thresholds = state.thresholds();
    let limit = |condition| {
        let limits = thresholds.as_ref()?;
        Some(match condition {
            Condition::Blocked => limits.blocked_after,
            Condition::Hogging => limits.hogging_after,
            Condition::Starved => limits.starved_after,
        })
    };
    let figures = [
        (Condition::Blocked, summary.blocked),
        (Condition::Hogging, summary.hogging),
        (Condition::Starved, summary.starved),
    ];
    let part = |(condition, count)| {
        let style = match count {
            0 => state.theme.style(Role::Faint),
            _ => state.theme.strong(Role::of(condition)),
        };
        let mut words = format!("{} {}", glyphs.condition(condition), text::thousands(count));
        if width >= NARROW {
            words.push_str(&format!(" {}", condition.name()));
            if let Some(limit) = limit(condition) {
                words.push_str(&format!(" {}{}", glyphs.at_least, text::limit(limit)));
            }
        }
        vec![Span::styled(words, style)]
    };
    figures.map(part).to_vec()
}

/// Tasks that are in no count any more.
fn stale(state: &FleetState) -> Line<'static> {
    match state.summary.stale {
        0 => Line::default(),
        stale => {
            let words = format!("{} in lost targets", text::thousands(stale));
            Line::styled(words, state.theme.style(Role::Faint))
        }
    }
}
