//! What stands where rows would be when there are none.

use loiter_model::{Teller, Tier};
use ratatui::{buffer::Buffer, layout::Rect};

use super::paint;
use crate::{
    coverage,
    ui::{
        message::Line,
        state::{Connection, Place, State},
        text,
        theme::Role,
    },
};

pub(super) fn draw(state: &State, is_answered: bool, area: Rect, buffer: &mut Buffer) {
    let (role, words) = words(state, is_answered);
    let cells = area.width.saturating_sub(4).min(76);
    let lines = text::wrap(&text::clean(&words), cells);
    let ellipsis = state.theme.glyphs().ellipsis;
    let lines = text::cut(lines, usize::from(area.height), cells, ellipsis);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let top = area.height.saturating_sub(height) / 3;
    for (y, line) in (top..).zip(&lines) {
        let x = area.width.saturating_sub(text::width(line)) / 2;
        paint::text(buffer, area, (x, y), line, state.theme.style(role));
    }
}

fn words(state: &State, is_answered: bool) -> (Role, String) {
    let ellipsis = state.theme.glyphs().ellipsis;
    if let (Some(error), false) = (&state.link.error, state.link.is_up()) {
        return (Role::Bad, error.to_string());
    }
    if let Some(gone) = state.detail().and_then(|detail| detail.gone.clone()) {
        return (Role::Bad, gone);
    }
    if let Some(gone) = state.resource().and_then(|page| page.gone.clone()) {
        return (Role::Bad, gone);
    }
    if let Some(refusal) = state.no_resources() {
        return (Role::Warn, refusal);
    }
    if let (Some(refusal), Line::Findings) = (&state.findings.refusal, state.line()) {
        return (Role::Warn, refusal.clone());
    }
    if !is_answered {
        if let Some(reason) = state.asking(state.line()).turned_away() {
            return (Role::Bad, format!("{reason}; asking again{ellipsis}"));
        }
        let words = match state.link.connection {
            Connection::Connected => format!("asking {}{ellipsis}", state.endpoint),
            _ => format!("connecting to {}{ellipsis}", state.endpoint),
        };
        return (Role::Faint, words);
    }
    if matches!(state.place, Place::Findings) {
        return (Role::Running, no_findings(state));
    }
    let filter = match state.filter.editor() {
        Some(editor) => editor.text(),
        None => state.filter.text(),
    };
    if matches!(state.place, Place::Resources) {
        return no_rows_of_resources(state, filter.trim());
    }
    if filter.trim().is_empty() {
        return (Role::Faint, "no task is alive".to_owned());
    }
    (
        Role::Faint,
        format!("no task matches the filter `{}`", filter.trim()),
    )
}

/// So that nothing tracked is not taken for nothing there.
fn no_rows_of_resources(state: &State, filter: &str) -> (Role, String) {
    if state.tracks_resources == Some(false) {
        let words = "this program does not track its resources; start it with \
                     LOITER_RESOURCES=true, or call `Builder::resources(true)`";
        return (Role::Warn, words.to_owned());
    }
    if !filter.is_empty() {
        let words = format!("no resource matches the filter `{filter}`");
        return (Role::Faint, words);
    }
    let is_told = state
        .target
        .as_ref()
        .is_none_or(|target| target.teller != Teller::Agent || target.tier == Tier::EveryTask);
    match is_told {
        true => (Role::Faint, "there are no resources".to_owned()),
        false => (
            Role::Warn,
            "no resources are seen: tokio tells of them only in a build with \
             `--cfg tokio_unstable` and its feature `tracing`"
                .to_owned(),
        ),
    }
}

/// So that nothing found is not taken for nothing looked at.
fn no_findings(state: &State) -> String {
    match state.findings.omitted {
        0 => {}
        1 => return "1 finding that only a newer `loiter` can name".to_owned(),
        more => {
            let more = text::thousands(more);
            return format!("{more} findings that only a newer `loiter` can name");
        }
    }
    let looked = match state.findings.scans {
        0 => "not looked yet".to_owned(),
        1 => "looked once".to_owned(),
        scans => format!("looked {} times", text::thousands(scans)),
    };
    let mut words = format!("No findings. The rules have {looked}");
    if let Some(target) = &state.target {
        let seen = coverage::coverage(target.tier, state.overview.as_ref());
        words.push_str(&format!("; tasks seen: {seen}"));
    }
    match state.findings.allowed {
        0 => {}
        1 => words.push_str("; 1 task kept silent by the service's own list"),
        allowed => {
            let allowed = text::thousands(allowed);
            words.push_str(&format!(
                "; {allowed} tasks kept silent by the service's own list"
            ));
        }
    }
    words.push('.');
    words
}
