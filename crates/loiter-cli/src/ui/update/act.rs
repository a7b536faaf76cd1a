//! What each action does.

use loiter_model::{
    Nanos,
    finding::Markdown,
    query::{Column, Labels, ResourceColumn, SiteColumn, TaskColumn, WaitColumn},
};

use crate::{
    source::Go,
    ui::{
        columns::{FindingColumn, Row},
        keymap::Action,
        message::{Effect, Line, Whose},
        state::{
            FromFleet, Notice, Place, Playback, Popup, State, Table, only_finding, only_site,
            only_wait,
        },
        text,
    },
};

/// The steps of the blocked threshold.
const LADDER: [Nanos; 19] = [
    Nanos::from_millis(10),
    Nanos::from_millis(20),
    Nanos::from_millis(50),
    Nanos::from_millis(100),
    Nanos::from_millis(200),
    Nanos::from_millis(500),
    Nanos::from_secs(1),
    Nanos::from_secs(2),
    Nanos::from_secs(5),
    Nanos::from_secs(10),
    Nanos::from_secs(20),
    Nanos::from_secs(30),
    Nanos::from_secs(60),
    Nanos::from_secs(2 * 60),
    Nanos::from_secs(5 * 60),
    Nanos::from_secs(10 * 60),
    Nanos::from_secs(20 * 60),
    Nanos::from_secs(30 * 60),
    Nanos::from_secs(60 * 60),
];

pub(super) fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Quit => effects.push(Effect::Quit),
        Action::Help => state.popup = Some(Popup::Help { scrolled: 0 }),
        Action::Close => state.popup = None,
        Action::Back => back(state, effects),
        Action::ShowFleet => leave(state, effects),
        Action::Open => open(state),
        Action::Details => read(state),
        Action::Copy => copy(state, effects),
        Action::EditFilter => edit_filter(state),
        Action::Apply => apply_filter(state),
        Action::Cancel => cancel_filter(state),
        Action::ShowFindings => show(state, Place::Findings),
        Action::ShowTasks => show(state, Place::Tasks),
        Action::ShowSites => show(state, Place::Sites),
        Action::ShowWaits => show(state, Place::Waits),
        Action::ShowResources => show(state, Place::Resources),
        Action::Capture => capture(state, effects),
        Action::CaptureTask => capture_task(state, effects),
        Action::ToggleFrames => toggle_frames(state),
        Action::Down => step(state, 1),
        Action::Up => step(state, -1),
        Action::PageDown => step(state, page(state)),
        Action::PageUp => step(state, -page(state)),
        Action::HalfPageDown => step(state, (page(state) / 2).max(1)),
        Action::HalfPageUp => step(state, -(page(state) / 2).max(1)),
        Action::Top => to_edge(state, Edge::Top),
        Action::Bottom => to_edge(state, Edge::Bottom),
        Action::SortLeft => shift_sort(state, -1),
        Action::SortRight => shift_sort(state, 1),
        Action::InvertSort => invert_sort(state),
        Action::ToggleEnded => state.filter.toggle_ended(),
        Action::RaiseThreshold => move_threshold(state, Direction::Up),
        Action::LowerThreshold => move_threshold(state, Direction::Down),
        Action::ChooseColumns => state.popup = Some(Popup::Columns { selected: 0 }),
        Action::ToggleColumn => toggle_column(state),
        Action::Pause => pause(state, effects),
        Action::StepBack => play(state, effects, |it| it.step(Go::Previous)),
        Action::StepOn => play(state, effects, |it| it.step(Go::Next)),
        Action::LeapBack => play(state, effects, Playback::leap_back),
        Action::LeapOn => play(state, effects, Playback::leap_on),
        Action::Slower => change_speed(state, Playback::slower),
        Action::Faster => change_speed(state, Playback::faster),
        Action::PreviousFinding => {
            let none = "no new finding before this";
            to_finding(state, effects, Playback::previous_finding, none);
        }
        Action::NextFinding => {
            let none = "no new finding after this";
            to_finding(state, effects, Playback::next_finding, none);
        }
        Action::Reconnect => reconnect(state, effects),
        Action::GoToParent => visit(state, |detail| detail.parent()),
        Action::GoToWaker => visit(state, |detail| detail.waker()),
        // Of several targets.
        Action::ShowTargets | Action::Mark | Action::MarkAll => {}
    }
    super::refit(state);
}

/// The filter says something else: what was selected may be anywhere, or nowhere.
pub(super) fn rows_changed_meaning(state: &mut State) {
    state.tasks.go_to_top();
    state.sites.go_to_top();
    state.waits.go_to_top();
    state.resources.go_to_top();
}

/// Back to the other targets, if there are others.
fn leave(state: &State, effects: &mut Vec<Effect>) {
    if state.fleet.is_some() {
        effects.push(Effect::Leave);
    }
}

fn back(state: &mut State, effects: &mut Vec<Effect>) {
    let filter = state.filter.text();
    let is_written_here = |fleet: &FromFleet| !filter.is_empty() && filter != fleet.filter;
    let is_filtered_here = state.fleet.as_ref().is_some_and(is_written_here);
    if let Some(before) = state.back.pop() {
        let left = std::mem::replace(&mut state.place, before);
        if let Place::TasksOfGroup { filter } = left {
            state.filter.set(filter);
            state.tasks.forget();
        }
    } else if state.fleet.is_some() && !(is_filtered_here && state.line() == Line::View) {
        leave(state, effects);
    } else if state.line() == Line::View && !state.filter.text().is_empty() {
        // Findings are not filtered.
        state.filter.set(String::new());
        rows_changed_meaning(state);
    }
}

fn open(state: &mut State) {
    match state.place {
        Place::Tasks | Place::TasksOfGroup { .. } => {
            if let Some(seq) = state.tasks.selected().map(|task| task.seq) {
                state.visit(seq);
            }
        }
        Place::Findings | Place::Finding(_) => open_finding(state),
        Place::Sites => open_site(state),
        Place::Waits => open_wait(state),
        Place::Resources => {
            if let Some(seq) = state.resources.selected().map(|resource| resource.seq) {
                state.visit_resource(seq);
            }
        }
        Place::Resource(_) => {
            if let Some(seq) = state.resource().and_then(|page| page.task()) {
                state.visit(seq);
            }
        }
        Place::Task(_) => {}
    }
}

/// Lists the tasks of a finding.
fn open_finding(state: &mut State) {
    if let Some(shown) = state.finding() {
        let filter = only_finding(shown.finding, shown.labels);
        narrow(state, filter);
    }
}

/// Gives the selected finding the whole screen.
fn read(state: &mut State) {
    if let Some(page) = state.findings.page() {
        let before = std::mem::replace(&mut state.place, Place::Finding(Box::new(page)));
        state.back.push(before);
    }
}

/// Copies a finding as Markdown. A name in it may be anybody's text, and what is pasted into a
/// terminal is run there.
fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(shown) = state.finding() else {
        return;
    };
    let markdown = Markdown {
        finding: shown.finding,
        labels: shown.labels,
        at: shown.at,
    };
    let copied = text::clean_lines(&markdown.to_string());
    let kind = shown.finding.kind.name();
    let notice = format!("copied as Markdown through the terminal (OSC 52): {kind}");
    state.notice = Some(Notice::new(notice, state.now));
    effects.push(Effect::Copy(copied));
}

/// Lists the tasks of the selected site.
fn open_site(state: &mut State) {
    let (Some(selected), Some(rows)) = (state.sites.selected(), state.sites.rows()) else {
        return;
    };
    let Some(site) = rows.labels.site(selected.site) else {
        return;
    };
    narrow(state, only_site(&site));
}

/// Lists the tasks that wait so.
fn open_wait(state: &mut State) {
    let (Some(selected), Some(rows)) = (state.waits.selected(), state.waits.rows()) else {
        return;
    };
    let only = match selected.wait.and_then(|id| rows.labels.wait(id)) {
        Some(wait) => only_wait(&wait),
        None => {
            let Some(site) = rows.labels.site(selected.site) else {
                return;
            };
            format!("state:{} {}", selected.state.name(), only_site(&site))
        }
    };
    // What is counted there are the tasks that the filter lets through.
    let filter = format!("{} {only}", state.filter.text());
    narrow(state, filter.trim().to_owned());
}

/// Lists the tasks of another filter; Esc leads back to this one.
fn narrow(state: &mut State, to: String) {
    let filter = state.filter.text().to_owned();
    state.filter.set(to);
    state.tasks.forget();
    let before = std::mem::replace(&mut state.place, Place::TasksOfGroup { filter });
    state.back.push(before);
}

/// Has the tasks asked that the filter lets through.
fn capture(state: &mut State, effects: &mut Vec<Effect>) {
    if says_why_not(state) {
        return;
    }
    if state.is_capturing || !state.link.is_up() {
        return;
    }
    state.is_capturing = true;
    state.notice = Some(Notice::new("asking the tasks what they wait on", state.now));
    super::refit(state);
    effects.push(Effect::Capture {
        whose: Whose::Shown,
        filter: state.filter.effective(),
        thresholds: state.thresholds(),
    });
}

fn capture_task(state: &mut State, effects: &mut Vec<Effect>) {
    let is_unknown = state
        .detail()
        .is_some_and(|detail| detail.is_worth_asking());
    if is_unknown && !says_why_not(state) && state.link.is_up() {
        super::source::ask_task(state, effects);
    }
}

/// Says why the tasks of this target cannot be asked, if that is so.
fn says_why_not(state: &mut State) -> bool {
    let Some(reason) = state.no_asking().map(ToOwned::to_owned) else {
        return false;
    };
    state.notice = Some(Notice::new(reason, state.now));
    super::refit(state);
    true
}

fn toggle_frames(state: &mut State) {
    state.all_frames = !state.all_frames;
    limit_scrolling(state);
}

fn visit(
    state: &mut State,
    whom: impl FnOnce(&crate::ui::state::Detail) -> Option<loiter_model::TaskSeq>,
) {
    if let Some(seq) = state.detail().and_then(whom) {
        state.visit(seq);
    }
}

/// Shows a view as if one had started with it.
fn show(state: &mut State, place: Place) {
    state.back.clear();
    state.place = place;
}

fn edit_filter(state: &mut State) {
    state.filter.edit();
    super::refit(state);
}

fn apply_filter(state: &mut State) {
    state.filter.apply();
    super::refit(state);
}

fn cancel_filter(state: &mut State) {
    state.filter.cancel();
    rows_changed_meaning(state);
    super::refit(state);
}

/// Rows that a page has, with one of the old ones left to hold on to.
fn page(state: &State) -> i64 {
    let height = match state.popup {
        Some(_) => u64::from(state.size.1),
        None => state.rows_height(),
    };
    i64::try_from(height.saturating_sub(1))
        .unwrap_or(i64::MAX)
        .max(1)
}

pub(super) fn step(state: &mut State, rows: i64) {
    let height = state.rows_height();
    match (&mut state.popup, &mut state.place) {
        (Some(Popup::Help { scrolled }), _) => *scrolled = scroll(*scrolled, rows),
        (Some(Popup::Columns { selected }), place) => {
            let last = columns_in(place) - 1;
            let rows = isize::try_from(rows).unwrap_or(0);
            *selected = selected.saturating_add_signed(rows).min(last);
        }
        (None, Place::Tasks | Place::TasksOfGroup { .. }) => state.tasks.step(rows, height),
        (None, Place::Findings) => state.findings.table.step(rows, height),
        (None, Place::Finding(page)) => page.scrolled = scroll(page.scrolled, rows),
        (None, Place::Sites) => state.sites.step(rows, height),
        (None, Place::Waits) => state.waits.step(rows, height),
        (None, Place::Resources) => state.resources.step(rows, height),
        (None, Place::Resource(page)) => page.step(rows),
        (None, Place::Task(detail)) => detail.scrolled = scroll(detail.scrolled, rows),
    }
    limit_scrolling(state);
}

fn scroll(scrolled: u16, lines: i64) -> u16 {
    let lines = i64::from(scrolled).saturating_add(lines);
    u16::try_from(lines.max(0)).unwrap_or(u16::MAX)
}

/// Text scrolls only until its last line is seen.
fn limit_scrolling(state: &mut State) {
    let help = crate::ui::view::help_overhang(state);
    let page = crate::ui::view::page_overhang(state);
    if let Some(Popup::Help { scrolled }) = &mut state.popup {
        *scrolled = (*scrolled).min(help);
    }
    match &mut state.place {
        Place::Task(shown) => shown.scrolled = shown.scrolled.min(page),
        Place::Finding(shown) => shown.scrolled = shown.scrolled.min(page),
        _ => {}
    }
}

#[derive(Clone, Copy)]
enum Edge {
    Top,
    Bottom,
}

fn to_edge(state: &mut State, edge: Edge) {
    let is_page = matches!(
        state.place,
        Place::Task(_) | Place::Resource(_) | Place::Finding(_)
    );
    if state.popup.is_some() || is_page {
        return step(
            state,
            match edge {
                Edge::Top => i64::from(i32::MIN),
                Edge::Bottom => i64::from(i32::MAX),
            },
        );
    }
    let height = state.rows_height();
    match state.place {
        Place::Findings => table_to_edge(&mut state.findings.table, edge, height),
        Place::Sites => table_to_edge(&mut state.sites, edge, height),
        Place::Waits => table_to_edge(&mut state.waits, edge, height),
        Place::Resources => table_to_edge(&mut state.resources, edge, height),
        _ => table_to_edge(&mut state.tasks, edge, height),
    }
}

fn table_to_edge<R: Row>(table: &mut Table<R>, edge: Edge, height: u64) {
    match edge {
        Edge::Top => table.go_to_top(),
        Edge::Bottom => table.go_to_bottom(height),
    }
}

fn shift_sort(state: &mut State, places: isize) {
    match state.place {
        Place::Sites => state.sites.shift_sort(places),
        Place::Waits => state.waits.shift_sort(places),
        Place::Resources => state.resources.shift_sort(places),
        _ => state.tasks.shift_sort(places),
    }
}

fn invert_sort(state: &mut State) {
    match state.place {
        Place::Sites => state.sites.sort_by(state.sites.sort.column),
        Place::Waits => state.waits.sort_by(state.waits.sort.column),
        Place::Resources => state.resources.sort_by(state.resources.sort.column),
        _ => state.tasks.sort_by(state.tasks.sort.column),
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

fn move_threshold(state: &mut State, direction: Direction) {
    let current = state.thresholds().blocked_after;
    let next = match direction {
        Direction::Up => LADDER.iter().find(|step| **step > current),
        Direction::Down => LADDER.iter().rev().find(|step| **step < current),
    };
    if let Some(next) = next {
        state.limits.blocked_after = Some(*next);
    }
}

fn columns_in(place: &Place) -> usize {
    match place {
        Place::Findings => FindingColumn::ALL.len(),
        Place::Sites => SiteColumn::ALL.len(),
        Place::Waits => WaitColumn::ALL.len(),
        Place::Resources => ResourceColumn::ALL.len(),
        _ => TaskColumn::ALL.len(),
    }
}

fn toggle_column(state: &mut State) {
    let Some(Popup::Columns { selected }) = state.popup else {
        return;
    };
    match state.place {
        Place::Findings => {
            let table = &mut state.findings.table;
            let order = table.sort;
            table.toggle_column(FindingColumn::ALL[selected]);
            // The order is the rules', seen or not.
            table.sort = order;
        }
        Place::Sites => state.sites.toggle_column(SiteColumn::ALL[selected]),
        Place::Waits => state.waits.toggle_column(WaitColumn::ALL[selected]),
        Place::Resources => state.resources.toggle_column(ResourceColumn::ALL[selected]),
        _ => state.tasks.toggle_column(TaskColumn::ALL[selected]),
    }
}

/// Paused, the source is asked nothing: it costs the service nothing then. What the user does
/// to the rows meanwhile is still answered, once.
fn pause(state: &mut State, effects: &mut Vec<Effect>) {
    if state.playback.is_some() {
        return play(state, effects, Playback::toggle);
    }
    if state.paused.take().is_some() {
        for line in Line::ALL {
            state.asking_mut(line).forget();
        }
        return;
    }
    state.paused = Some(state.now);
    for line in Line::ALL {
        if state.asking(line).is_answered() {
            effects.push(Effect::Unwatch(line));
        }
    }
}

/// Does something with the recording, if it is one.
fn play(
    state: &mut State,
    effects: &mut Vec<Effect>,
    act: impl FnOnce(&mut Playback) -> Option<Go>,
) {
    let go = state.playback.as_mut().and_then(act);
    effects.extend(go.map(Effect::Go));
}

fn change_speed(state: &mut State, change: fn(&mut Playback)) {
    if let Some(playback) = &mut state.playback {
        change(playback);
    }
}

/// Goes to a finding, or says that there is none.
fn to_finding(
    state: &mut State,
    effects: &mut Vec<Effect>,
    find: fn(&mut Playback) -> Option<Option<Go>>,
    none: &'static str,
) {
    let Some(playback) = &mut state.playback else {
        return;
    };
    match find(playback) {
        Some(go) => effects.extend(go.map(Effect::Go)),
        None => state.notice = Some(Notice::new(none, state.now)),
    }
}

fn reconnect(state: &mut State, effects: &mut Vec<Effect>) {
    if state.link.due().is_some() {
        state.link.connecting();
        effects.push(Effect::Connect);
    }
}
