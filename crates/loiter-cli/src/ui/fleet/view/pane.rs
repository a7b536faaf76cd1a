//! Below the rows: more about the selected one.

use loiter_model::fleet::Share;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use crate::ui::{
    fleet::{
        columns::{Health, TargetRow, whole_seconds},
        state::{FleetState, FleetView},
    },
    state::Shown,
    text,
    theme::Role,
    view::finding,
};

pub(super) fn draw(state: &FleetState, area: Rect, buffer: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let lines = match state.view {
        FleetView::Targets | FleetView::Picker => of_target(state, area),
        FleetView::Sites => of_site(state, area),
        FleetView::Findings => of_finding(state, area.width),
    };
    let look = state.look();
    finding::draw_below(&look, lines, "Enter opens its target", area, buffer);
}

/// Why it is lost, or what is known of it.
fn of_target(state: &FleetState, area: Rect) -> Vec<Line<'static>> {
    let Some(row) = state.targets.selected() else {
        return Vec::new();
    };
    let (words, role) = match &row.health {
        Health::Lost { age, reason } => {
            let at = state.targets.rows().map_or(state.now, |rows| rows.at);
            let age = age.saturating_add(state.elapsed_since(at));
            let age = text::limit(whole_seconds(age));
            (format!("lost {age} ago: {reason}"), Role::Bad)
        }
        Health::Connecting => (format!("connecting to {}", row.address), Role::Accent),
        Health::Answering => (about(row), Role::Faint),
    };
    let words = format!("{}: {words}", row.label);
    let room = area.width.saturating_sub(2);
    let lines = text::wrap(&text::clean(&words), room);
    let ellipsis = state.theme.glyphs().ellipsis;
    let lines = text::cut(lines, usize::from(area.height) - 1, room, ellipsis);
    let style = state.theme.style(role);
    let lines = lines
        .into_iter()
        .map(|line| Line::styled(format!(" {line}"), style));
    lines.collect()
}

fn about(row: &TargetRow) -> String {
    let mut parts = Vec::new();
    parts.extend(row.process.clone());
    parts.extend(
        row.host
            .clone()
            .filter(|host| !host.is_empty())
            .map(|host| format!("on {host}")),
    );
    parts.push(format!("at {}", row.address));
    let other = row.counts_at.as_ref();
    parts.extend(other.map(|other| format!("the same process as {other}, where it counts")));
    parts.extend(row.uptime.map(|uptime| format!("up for {uptime}")));
    parts.extend(
        row.version
            .as_ref()
            .map(|version| format!("agent {version}")),
    );
    parts.join(", ")
}

/// How many tasks of it each target has, the most first.
fn of_site(state: &FleetState, area: Rect) -> Vec<Line<'static>> {
    let Some(row) = state.sites.selected() else {
        return Vec::new();
    };
    let shares = state.fleet.shares(&row.site.site);
    let mut line = Line::raw(" ");
    let mut lines = Vec::new();
    let room = usize::from(area.width.saturating_sub(1));
    let most = usize::from(area.height) - 1;
    for (index, share) in shares.iter().enumerate() {
        let part = part(state, share);
        if line.width() + part.width() > room && index > 0 {
            if lines.len() + 1 == most {
                let more = format!(
                    "and {} more",
                    text::thousands((shares.len() - index) as u64)
                );
                push_more(state, &mut line, &more, room);
                break;
            }
            lines.push(std::mem::replace(&mut line, Line::raw(" ")));
        }
        line.extend(part);
    }
    lines.push(line);
    lines
}

/// Its name, and how many tasks it has; dimmed when that was before it was lost.
fn part(state: &FleetState, share: &Share) -> Line<'static> {
    let (name, bold) = match share.is_stale {
        true => {
            let faint = state.theme.style(Role::Faint);
            (faint, faint)
        }
        false => (Style::new(), Style::new().add_modifier(Modifier::BOLD)),
    };
    let target = state.names.get(share.instance);
    Line::from(vec![
        Span::styled(text::clean(&target).into_owned(), name),
        Span::styled(format!(" {}   ", text::thousands(share.count)), bold),
    ])
}

/// Ends a line with this, whatever stands there now.
fn push_more(state: &FleetState, line: &mut Line<'static>, more: &str, room: usize) {
    while line.width() + more.len() > room && line.spans.len() > 3 {
        line.spans.truncate(line.spans.len() - 2);
    }
    let faint = state.theme.style(Role::Faint);
    line.push_span(Span::styled(more.to_owned(), faint));
}

/// As the target has it in which it is largest.
fn of_finding(state: &FleetState, width: u16) -> Vec<Line<'static>> {
    let told = state.findings.selected();
    let told = told.and_then(|row| Some((row, state.fleet.finding(&row.finding)?)));
    let Some((row, told)) = told else {
        let words = " its target has said something else meanwhile";
        return vec![Line::styled(words, state.theme.style(Role::Faint))];
    };
    let shown = Shown {
        finding: told.finding,
        labels: told.labels,
        at: told.at,
    };
    let mut lines = finding::lines(&state.look(), &shown, width);
    let target = text::clean(&row.target);
    let words = match (row.finding.largest.is_stale, row.finding.instances) {
        (true, _) => format!(" as {target} had it before it was lost"),
        (false, 0 | 1) => format!(" in {target}"),
        (false, targets) => {
            let others = text::thousands(targets - 1);
            let others = match targets {
                2 => "1 other target".to_owned(),
                _ => format!("{others} other targets"),
            };
            format!(" worst in {target}; also in {others}")
        }
    };
    lines.insert(0, Line::styled(words, state.theme.strong(Role::Accent)));
    lines
}
