//! One resource, closely: facts, who holds it, who waits for it, the operations on it.

use loiter_model::{
    AsyncOp, Nanos, Resource, Task, TaskSeq,
    query::Labels,
    update::{LabelSet, ResourceDetail},
};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{empty, paint, scroll_bar};
use crate::ui::{
    layout::Layout,
    state::{Item, ResourcePage, State},
    text::{self, Elide},
    theme::{Role, Theme},
};

/// Cells of the labels.
const LABEL: usize = 12;
/// Cells of a task's number.
const SEQ: usize = 7;

pub(super) fn draw(state: &State, page: &ResourcePage, layout: &Layout, buffer: &mut Buffer) {
    let area = layout.rows;
    let Some((at, detail)) = &page.known else {
        empty::draw(state, false, area, buffer);
        return;
    };
    let elapsed = match page.has_ended() {
        true => Nanos::ZERO,
        false => state.elapsed_since(*at),
    };
    let lines = lines(state, page, detail, elapsed, area.width);
    // The selected line is kept in the middle; at the top the facts are seen.
    let is_selected = |line: &PageLine| line.item == Some(page.selected());
    let selected = lines.iter().position(is_selected).unwrap_or(0);
    let height = usize::from(area.height);
    let most = lines.len().saturating_sub(height);
    let top = match page.selected() {
        0 => 0,
        _ => selected.saturating_sub(height / 2).min(most),
    };
    for (y, line) in (0..area.height).zip(&lines[top..]) {
        paint::line(buffer, area, y, &line.line);
        if is_selected(line) {
            let row = Rect {
                y: area.y + y,
                height: 1,
                ..area
            };
            buffer.set_style(row, Theme::selected());
        }
    }
    scroll_bar::draw(
        state.theme,
        top as u64,
        lines.len() as u64,
        layout.scroll_bar,
        buffer,
    );
    if state.lost.is_some() {
        paint::dim(buffer, area);
    }
}

/// A line, and which item it is.
struct PageLine {
    line: Line<'static>,
    item: Option<usize>,
}

fn lines(
    state: &State,
    page: &ResourcePage,
    detail: &ResourceDetail,
    elapsed: Nanos,
    width: u16,
) -> Vec<PageLine> {
    let mut lines = Vec::new();
    let mut push = |line, item| lines.push(PageLine { line, item });
    for (label, value) in facts(state, detail, elapsed) {
        push(fact(state, label, &value, width), None);
    }
    let mut section = None;
    for (index, item) in page.items().into_iter().enumerate() {
        let (title, line) = match item {
            Item::Holder(task) => ("held by", task_line(state, detail, task, elapsed, width)),
            Item::Waiter(task) => (
                "waited for by",
                task_line(state, detail, task, elapsed, width),
            ),
            Item::Op(op) => ("operations", op_line(state, op, elapsed, width)),
        };
        if section != Some(title) {
            push(Line::default(), None);
            push(heading(title), None);
            if matches!(item, Item::Op(_)) {
                push(op_headings(state), None);
            }
            section = Some(title);
        }
        push(line, Some(index));
    }
    if detail.ops_omitted > 0 {
        let words = format!(" and {} more", text::thousands(detail.ops_omitted));
        push(Line::styled(words, state.theme.style(Role::Faint)), None);
    }
    lines
}

fn facts(state: &State, detail: &ResourceDetail, elapsed: Nanos) -> Vec<(&'static str, String)> {
    let resource = &detail.resource;
    let visibility = match resource.is_internal {
        true => "internal: a part of something that the program made",
        false => "public",
    };
    let total = state
        .theme
        .durations()
        .text(resource.total.saturating_add(elapsed), 12);
    let mut facts = vec![
        (
            "type",
            format!("{} ({})", resource.concrete_type, resource.kind),
        ),
        ("visibility", visibility.to_owned()),
        ("made at", place(resource, &detail.labels)),
        ("total", total),
    ];
    if let Some(parent) = &detail.parent {
        let place = place(parent, &detail.labels);
        facts.push((
            "part of",
            format!("#{} {} {place}", parent.seq, parent.concrete_type),
        ));
    }
    if resource.attributes.is_empty() {
        facts.push(("attributes", "none".to_owned()));
    }
    for (index, attribute) in resource.attributes.iter().enumerate() {
        let label = if index == 0 { "attributes" } else { "" };
        facts.push((label, attribute.to_string()));
    }
    if resource.has_ended {
        facts.push(("state", "it is gone".to_owned()));
    } else if resource.waiters.is_empty() && resource.holders.is_empty() {
        facts.push(("tasks", "none holds it, none waits for it".to_owned()));
    }
    facts
}

fn place(resource: &Resource, labels: &LabelSet) -> String {
    let site = labels.site(resource.site);
    match site.filter(|site| !site.file.is_empty()) {
        Some(site) => site.to_string(),
        None => "tokio does not tell where".to_owned(),
    }
}

fn fact(state: &State, label: &str, value: &str, width: u16) -> Line<'static> {
    let label = format!(" {label:<LABEL$} ");
    let room = width.saturating_sub(text::width(&label));
    let value = text::clean(value);
    let value = text::fit(&value, room, Elide::End, "…").into_owned();
    Line::from(vec![
        Span::styled(label, state.theme.style(Role::Faint)),
        Span::raw(value),
    ])
}

fn heading(title: &str) -> Line<'static> {
    let style = Style::new().add_modifier(Modifier::BOLD);
    Line::from(vec![Span::raw(" "), Span::styled(title.to_owned(), style)])
}

/// A task as far as it is known still: its number, its state, its name, where it was spawned.
fn task_line(
    state: &State,
    detail: &ResourceDetail,
    seq: TaskSeq,
    elapsed: Nanos,
    width: u16,
) -> Line<'static> {
    let start = format!(" {seq:>SEQ$}  ");
    let known = detail.tasks.iter().find(|task| task.seq == seq);
    let words = match known {
        Some(task) => described(state, task, &detail.labels, elapsed),
        None => "not known any more".to_owned(),
    };
    let room = width.saturating_sub(text::width(&start));
    let words = text::clean(&words);
    let words = text::fit(&words, room, Elide::End, "…").into_owned();
    let role = known.and_then(|task| task.condition(&state.thresholds()));
    let style = role.map_or(Style::new(), |condition| {
        state.theme.style(Role::of(condition))
    });
    Line::from(vec![Span::raw(start), Span::styled(words, style)])
}

fn described(state: &State, task: &Task, labels: &LabelSet, elapsed: Nanos) -> String {
    let time = task.in_state.saturating_add(elapsed);
    let time = state.theme.durations().text(time, 8);
    let mut words = format!("{:<9} {time:>8}", task.state.name());
    if let Some(name) = task.name.and_then(|id| labels.name(id)) {
        words.push_str(&format!("  {name}"));
    }
    if let Some(site) = labels.site(task.site) {
        words.push_str(&format!("  {site}"));
    }
    words
}

fn op_headings(state: &State) -> Line<'static> {
    let words = format!(
        " {:>SEQ$}  {:>SEQ$}  {:>SEQ$}  {:>8} {:>8} {:>8} {:>6}  {:<22} {}",
        "#", "Parent", "Task", "Total", "Busy", "Idle", "Polls", "Source", "Attributes"
    );
    Line::styled(words, state.theme.style(Role::Faint))
}

fn op_line(state: &State, op: &AsyncOp, elapsed: Nanos, width: u16) -> Line<'static> {
    let or_none = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
    let time = |time: Nanos| state.theme.durations().text(time, 8);
    let attributes: Vec<_> = op.attributes.iter().map(ToString::to_string).collect();
    let words = format!(
        " {:>SEQ$}  {:>SEQ$}  {:>SEQ$}  {:>8} {:>8} {:>8} {:>6}  {:<22} {}",
        op.seq,
        or_none(op.parent.map(|parent| parent.to_string())),
        or_none(op.task.map(|task| task.to_string())),
        time(op.total.saturating_add(elapsed)),
        time(op.busy),
        time(op.idle().saturating_add(elapsed)),
        text::count(op.polls),
        op.source,
        attributes.join(" "),
    );
    let words = text::clean(words.trim_end());
    Line::raw(text::fit(&words, width, Elide::End, "…").into_owned())
}
