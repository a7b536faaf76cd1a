//! Where in a recording one is.

use loiter_model::Nanos;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::paint;
use crate::ui::{
    Charset,
    state::{Playback, State},
    text,
    theme::{Role, Theme},
};

/// Cells below which there is no bar.
const SHORTEST: usize = 10;

/// What the bar is made of.
struct Signs {
    playing: &'static str,
    standing: &'static str,
    past: &'static str,
    here: &'static str,
    future: &'static str,
    gap: &'static str,
    finding: &'static str,
}

const UNICODE: Signs = Signs {
    playing: "▶",
    standing: "⏸",
    past: "━",
    here: "●",
    future: "─",
    gap: " ",
    finding: "◆",
};

const ASCII: Signs = Signs {
    playing: ">",
    standing: "#",
    past: "=",
    here: "O",
    future: "-",
    gap: " ",
    finding: "!",
};

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let Some(playback) = &state.playback else {
        return;
    };
    if area.height == 0 {
        return;
    }
    let signs = match state.theme.charset() {
        Charset::Unicode => &UNICODE,
        Charset::Ascii => &ASCII,
    };
    let left = left(playback, signs, &state.theme);
    let right = right(playback, &state.theme);
    let taken = left.width() + right.width() + 2;
    let room = usize::from(area.width).saturating_sub(taken);
    let mut spans = left.spans;
    if room >= SHORTEST && !playback.is_still() {
        spans.push(Span::raw(" "));
        spans.extend(bar(playback, signs, room, &state.theme));
    }
    paint::both(buffer, area, 0, &Line::from(spans), &right);
}

/// Whether it plays, how fast, and how far it is.
fn left(playback: &Playback, signs: &Signs, theme: &Theme) -> Line<'static> {
    if playback.is_still() {
        let words = "of one instant: nothing is known of before and after";
        return Line::from(vec![
            Span::styled(signs.standing, theme.strong(Role::Accent)),
            Span::styled(format!(" {words}"), theme.style(Role::Faint)),
        ]);
    }
    let (sign, role) = match playback.is_playing {
        true => (signs.playing, Role::Running),
        false => (signs.standing, Role::Accent),
    };
    let (from, to) = playback.reel.range;
    let passed = clock(playback.at.saturating_sub(from));
    let length = clock(to.saturating_sub(from));
    Line::from(vec![
        Span::styled(sign, theme.strong(role)),
        Span::raw(format!(" {}x {passed}", playback.speed)),
        Span::styled(format!("/{length}"), theme.style(Role::Faint)),
    ])
}

/// What is wrong with it, or the time of day.
fn right(playback: &Playback, theme: &Theme) -> Line<'static> {
    let problem = match playback {
        Playback {
            trouble: Some(_), ..
        } => Some("damaged".to_owned()),
        _ if playback.is_in_gap() => Some("not recorded".to_owned()),
        Playback { lost: 1.., .. } => Some(format!("{} lost", text::thousands(playback.lost))),
        _ => None,
    };
    let mut spans = Vec::new();
    if let Some(problem) = problem {
        spans.push(Span::styled(format!("{problem} "), theme.strong(Role::Bad)));
    }
    let time = time_of_day(playback.reel.started_unix.saturating_add(playback.at));
    spans.push(Span::styled(time, theme.style(Role::Faint)));
    Line::from(spans)
}

fn bar(playback: &Playback, signs: &Signs, width: usize, theme: &Theme) -> Vec<Span<'static>> {
    let (from, to) = playback.reel.range;
    let length = to.saturating_sub(from).0.max(1);
    let cell = |at: Nanos| {
        let passed = at.saturating_sub(from).0.min(length);
        // Wide enough for any two of them.
        let cell = u128::from(passed) * (width as u128 - 1) / u128::from(length);
        usize::try_from(cell).unwrap_or(0)
    };
    let here = cell(playback.at);
    let mut cells: Vec<_> = (0..width)
        .map(|it| match it < here {
            true => (signs.past, Role::Accent),
            false => (signs.future, Role::Faint),
        })
        .collect();
    for (since, until) in &playback.reel.gaps {
        for cell in &mut cells[cell(*since)..=cell(*until)] {
            *cell = (signs.gap, Role::Faint);
        }
    }
    for at in &playback.reel.findings {
        cells[cell(*at)] = (signs.finding, Role::Bad);
    }
    cells[here] = (signs.here, Role::Accent);
    let alike = cells.chunk_by(|a, b| a == b);
    let spans = alike.map(|cells| {
        let (sign, role) = cells[0];
        Span::styled(sign.repeat(cells.len()), theme.style(role))
    });
    spans.collect()
}

/// `1:02:03`, `02:03.4`.
fn clock(time: Nanos) -> String {
    let tenths = time.0 / 100_000_000;
    let (seconds, tenth) = (tenths / 10, tenths % 10);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hours, minute) = (minutes / 60, minutes % 60);
    match hours {
        0 => format!("{minute:02}:{second:02}.{tenth}"),
        _ => format!("{hours}:{minute:02}:{second:02}"),
    }
}

/// In UTC, as a recording may be read anywhere.
fn time_of_day(unix: Nanos) -> String {
    let seconds = unix.0 / 1_000_000_000 % (24 * 60 * 60);
    let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}Z", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_on_a_clock() {
        assert_eq!(clock(Nanos::from_millis(83_450)), "01:23.4");
        assert_eq!(clock(Nanos::from_secs(3_723)), "1:02:03");
        assert_eq!(time_of_day(Nanos::from_secs(1_700_000_000)), "22:13:20Z");
    }
}
