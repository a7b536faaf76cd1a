//! One task, closely: facts, timeline, distributions. Drawn at full height, then scrolled.

use loiter_model::{Distribution, Nanos, update::TaskDetail};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{
    Look, await_stack,
    bars::bars,
    empty, facts, hints, paint, scroll_bar,
    timeline::{LANES, timeline},
};
use crate::ui::{
    columns::Row,
    layout::Layout,
    state::{Detail, Known, State},
    text,
    theme::Role,
};

/// From here on the distributions stand side by side.
const WIDE: u16 = 120;
/// A column of facts.
const FACT: u16 = 39;

const QUANTILES: [(&str, f64); 6] = [
    ("p10", 0.10),
    ("p50", 0.50),
    ("p90", 0.90),
    ("p95", 0.95),
    ("p99", 0.99),
    ("max", 1.0),
];

/// What is known of many durations of a task, and of all tasks of its site.
struct Named<'a> {
    title: &'static str,
    task: &'a Distribution,
    site: &'a Distribution,
}

fn distributions(detail: &TaskDetail) -> [Named<'_>; 2] {
    [
        Named {
            title: "polls",
            task: &detail.poll,
            site: &detail.site_poll,
        },
        Named {
            title: "scheduled",
            task: &detail.scheduled,
            site: &detail.site_scheduled,
        },
    ]
}

pub(super) fn draw(state: &State, detail: &Detail, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.rows;
    let Some(known) = &detail.known else {
        empty::draw(state, false, area, buffer);
        return;
    };
    let page = page(
        state,
        detail,
        &known.detail,
        elapsed(state, detail, known),
        area.width,
    );
    let overhang = page.area.height.saturating_sub(area.height);
    let scrolled = detail.scrolled.min(overhang);
    paint::copy(buffer, area, &page, scrolled);
    scroll_bar::draw(
        state.theme,
        scrolled.into(),
        page.area.height.into(),
        layout.scroll_bar,
        buffer,
    );
    if state.lost.is_some() {
        paint::dim(buffer, area);
    }
}

/// How much later than its last answer the task is shown: as in the table, a state is taken to
/// last as long again as it has lasted, and to be no worse than the source says.
fn elapsed(state: &State, detail: &Detail, known: &Known) -> Nanos {
    if detail.has_ended() {
        return Nanos::ZERO;
    }
    let task = &known.detail.task;
    let later = task.later(state.elapsed_since(known.at), &state.thresholds());
    later.in_state.saturating_sub(task.in_state)
}

/// Lines of the page that the screen has no room for.
pub(super) fn overhang(state: &State) -> u16 {
    let Some((shown, known)) = state
        .detail()
        .and_then(|detail| Some((detail, detail.known.as_ref()?)))
    else {
        return 0;
    };
    let area = Layout::of(state).rows;
    let page = page(state, shown, &known.detail, Nanos::ZERO, area.width);
    page.area.height.saturating_sub(area.height)
}

fn page(state: &State, shown: &Detail, detail: &TaskDetail, elapsed: Nanos, width: u16) -> Buffer {
    // What says most in the fewest lines comes first: not every terminal has room for all.
    let facts = long_facts_block(state, shown, detail, elapsed, width);
    let stack = await_stack_block(state, shown, detail, width);
    let figures = figures_block(state, detail, elapsed, width);
    let hints = hints_block(state, detail, elapsed, width);
    let mut blocks = match stack.area.height {
        0 => vec![onto(&facts, &figures), hints],
        _ => vec![facts, stack, hints, figures],
    };
    blocks.push(percentiles_block(state, detail, width));
    blocks.push(timeline_block(state, detail, elapsed, width));
    if detail.lost > 0 {
        blocks.push(lost_block(state, detail.lost, width));
    }
    let [polls, waits] = distributions(detail);
    if width >= WIDE {
        let bars = |named| bars_block(state, named, width / 2, 5);
        blocks.push(beside(&bars(&polls), &bars(&waits)));
    } else {
        blocks.push(bars_block(state, &polls, width, 2));
        blocks.push(bars_block(state, &waits, width, 2));
    }
    below(&blocks, width)
}

/// The facts that need lines of their own.
fn long_facts_block(
    state: &State,
    shown: &Detail,
    detail: &TaskDetail,
    elapsed: Nanos,
    width: u16,
) -> Buffer {
    let task = detail.task.after(elapsed);
    let facts = facts::long(state, shown, detail, &task);
    let lines: Vec<_> = facts.iter().map(|fact| fact.line(state, width)).collect();
    lines_block(&lines, width)
}

/// The figures in as many columns as fit, read downwards.
fn figures_block(state: &State, detail: &TaskDetail, elapsed: Nanos, width: u16) -> Buffer {
    let task = detail.task.after(elapsed);
    let figures = facts::figures(detail, &task, elapsed, state.theme.durations());
    let columns = (width / FACT).clamp(1, 4);
    let column_width = width / columns;
    let height = figures.len().div_ceil(usize::from(columns));
    let mut block = block(width, height);
    for (index, fact) in figures.iter().enumerate() {
        let x = u16::try_from(index / height).unwrap_or(0) * column_width;
        let y = u16::try_from(index % height).unwrap_or(0);
        let area = Rect {
            x,
            width: column_width,
            ..block.area
        };
        let line = fact.line(state, column_width.saturating_sub(1));
        paint::line(&mut block, area, y, &line);
    }
    block
}

/// The calls down to what it waits on.
fn await_stack_block(state: &State, shown: &Detail, detail: &TaskDetail, width: u16) -> Buffer {
    let lines = match &shown.wait {
        Some(wait) if detail.task.state != loiter_model::State::Ended => {
            await_stack::lines(&Look::of(state), wait, width)
        }
        _ => Vec::new(),
    };
    lines_block(&lines, width)
}

/// What the lints say of it.
fn hints_block(state: &State, detail: &TaskDetail, elapsed: Nanos, width: u16) -> Buffer {
    let lines = hints::lines(state, &detail.task.after(elapsed), width);
    lines_block(&lines, width)
}

fn timeline_block(state: &State, detail: &TaskDetail, elapsed: Nanos, width: u16) -> Buffer {
    let now = detail.at.saturating_add(elapsed);
    let room = width.saturating_sub(16);
    let Some(drawn) = timeline(&detail.timeline, now, room, state.theme.glyphs()) else {
        return block(width, 0);
    };
    let mut block = block(width, 5);
    let area = block.area;
    heading(&mut block, 0, "timeline", width);
    let faint = state.theme.style(Role::Faint);
    let roles = [Some(Role::Running), Some(Role::Scheduled), None];
    for (y, ((lane, line), role)) in (1..).zip(LANES.iter().zip(&drawn.lanes).zip(roles)) {
        paint::text(&mut block, area, (1, y), lane.name(), faint);
        let style = role.map_or(Style::new(), |role| state.theme.style(role));
        paint::text(&mut block, area, (15, y), line, style);
    }
    let from = format!("{} ago", drawn.span);
    paint::text(&mut block, area, (15, 4), &from, faint);
    let until = if detail.timeline.last().map(|last| last.state) == Some(loiter_model::State::Ended)
    {
        "its end"
    } else {
        "now"
    };
    let x = (15 + room).saturating_sub(text::width(until));
    paint::text(&mut block, area, (x, 4), until, faint);
    block
}

fn lost_block(state: &State, lost: u64, width: u16) -> Buffer {
    let mut block = block(width, 1);
    let area = block.area;
    let lost = text::thousands(lost);
    let words = format!("{lost} events came too fast to be recorded: these are samples");
    paint::text(
        &mut block,
        area,
        (1, 0),
        &words,
        state.theme.style(Role::Bad),
    );
    block
}

/// A line a distribution: how long polls and waits for a worker took.
fn percentiles_block(state: &State, detail: &TaskDetail, width: u16) -> Buffer {
    let distributions = distributions(detail);
    let mut block = block(width, 1 + 2 * distributions.len());
    let area = block.area;
    let faint = state.theme.style(Role::Faint);
    heading(&mut block, 0, "percentiles", width);
    let columns = QUANTILES.iter().map(|(name, _)| *name).chain(["count"]);
    figures(&mut block, 0, columns, faint);
    let lines = distributions.into_iter().flat_map(|distribution| {
        let Named { title, task, site } = distribution;
        [(title, task), ("of its site", site)]
    });
    for (y, (label, distribution)) in (1..).zip(lines) {
        paint::text(&mut block, area, (1, y), label, faint);
        let quantiles =
            QUANTILES
                .iter()
                .map(|(_, quantile)| match distribution.quantile(*quantile) {
                    // Figures have columns of nine cells.
                    Some(duration) => state.theme.durations().text(duration, 8),
                    None => "-".to_owned(),
                });
        let all = quantiles.chain([text::count(distribution.count())]);
        figures(&mut block, y, all, Style::new());
    }
    block
}

/// Figures in columns of nine cells.
fn figures<T: AsRef<str>>(
    block: &mut Buffer,
    y: u16,
    figures: impl IntoIterator<Item = T>,
    style: Style,
) {
    let area = block.area;
    for (x, figure) in (14u16..).step_by(9).zip(figures) {
        let figure = format!("{:>8}", figure.as_ref());
        paint::text(block, area, (x, y), &figure, style);
    }
}

/// Bars of the task and of its site.
fn bars_block(state: &State, named: &Named<'_>, width: u16, height: u16) -> Buffer {
    let mut block = block(width, 1 + 2 * (usize::from(height) + 1));
    heading(&mut block, 0, named.title, width);
    let mut y = 1;
    for (whose, distribution) in [("task", named.task), ("site", named.site)] {
        draw_bars(state, &mut block, y, whose, distribution, height);
        y += height + 1;
    }
    block
}

fn draw_bars(
    state: &State,
    block: &mut Buffer,
    y: u16,
    whose: &str,
    distribution: &Distribution,
    height: u16,
) {
    let area = block.area;
    let faint = state.theme.style(Role::Faint);
    let room = area.width.saturating_sub(16);
    paint::text(block, area, (1, y + height - 1), whose, faint);
    let Some(drawn) = bars(distribution, room, height, state.theme.glyphs()) else {
        paint::text(block, area, (15, y + height - 1), "nothing yet", faint);
        return;
    };
    let style = state.theme.style(Role::Accent);
    for (line, y) in drawn.lines.iter().zip(y..) {
        paint::text(block, area, (15, y), line, style);
    }
    let to = drawn.to.to_string();
    let from = drawn.from.to_string();
    // Of few bars the edges' labels would overlap.
    let x = (15 + drawn.width)
        .saturating_sub(text::width(&to))
        .max(15 + text::width(&from) + 2);
    paint::text(block, area, (15, y + height), &from, faint);
    paint::text(block, area, (x, y + height), &to, faint);
}

fn heading(block: &mut Buffer, y: u16, title: &str, width: u16) {
    let style = Style::new().add_modifier(Modifier::BOLD);
    let line = Line::from(vec![Span::raw(" "), Span::styled(title.to_owned(), style)]);
    paint::line(block, Rect::new(0, 0, width, y + 1), y, &line);
}

/// Lines one below the other.
fn lines_block(lines: &[Line<'_>], width: u16) -> Buffer {
    let mut block = block(width, lines.len());
    let area = block.area;
    for (y, line) in (0..).zip(lines) {
        paint::line(&mut block, area, y, line);
    }
    block
}

fn block(width: u16, height: usize) -> Buffer {
    let height = u16::try_from(height).unwrap_or(u16::MAX);
    Buffer::empty(Rect::new(0, 0, width, height))
}

/// Blocks one below the other, with a line between them.
fn below(blocks: &[Buffer], width: u16) -> Buffer {
    let blocks: Vec<&Buffer> = blocks.iter().filter(|b| b.area.height > 0).collect();
    let height: usize = blocks.iter().map(|b| usize::from(b.area.height) + 1).sum();
    let mut page = block(width, height.saturating_sub(1));
    let mut area = page.area;
    for block in blocks {
        paint::copy(&mut page, area, block, 0);
        let taken = (block.area.height + 1).min(area.height);
        area.y += taken;
        area.height -= taken;
    }
    page
}

/// A block right below another, without a line between them.
fn onto(upper: &Buffer, lower: &Buffer) -> Buffer {
    let width = upper.area.width.max(lower.area.width);
    let height = usize::from(upper.area.height) + usize::from(lower.area.height);
    let mut both = block(width, height);
    let area = both.area;
    paint::copy(&mut both, area, upper, 0);
    let rest = Rect {
        y: upper.area.height,
        height: lower.area.height,
        ..area
    };
    paint::copy(&mut both, rest, lower, 0);
    both
}

fn beside(left: &Buffer, right: &Buffer) -> Buffer {
    let height = left.area.height.max(right.area.height);
    let mut both = block(left.area.width + right.area.width, usize::from(height));
    let area = both.area;
    paint::copy(&mut both, area, left, 0);
    let behind = Rect {
        x: left.area.width,
        width: right.area.width,
        ..area
    };
    paint::copy(&mut both, behind, right, 0);
    both
}
