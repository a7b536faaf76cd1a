//! What is asked, when, and what becomes of the selection.

use crossterm::event::{KeyCode, MouseEventKind};
use loiter_model::{Nanos, TaskSeq, Thresholds, query::TaskColumn};

use crate::ui::{
    Answer, Effect, Line, Message, Question, UiOptions,
    fixture::{self, Ui},
    keymap::Scope,
    layout::Layout,
    state::Editor,
    wants_tick,
};

#[test]
fn the_longest_idle_come_first_at_the_start() {
    let mut ui = Ui::start(&UiOptions::new("x"), 80, 24);
    ui.connect(fixture::target());
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert_eq!(query.sort.column, TaskColumn::Idle);
    assert!(query.sort.descending && query.filter.is_empty());
    assert_eq!(query.window.offset, 0);
    assert_eq!(query.window.limit, 18 * 3);
    assert_eq!(query.thresholds, Thresholds::default());
}

#[test]
fn what_changes_the_rows_is_asked_once_and_the_latest_wins() {
    let mut ui = Ui::tasks(80, 24);
    let before = ui.state.asking.number();
    ui.keys("lllli");
    assert!(
        ui.effects
            .iter()
            .all(|effect| !matches!(effect, Effect::Watch { .. }))
    );
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert_eq!(query.sort.column, TaskColumn::Total);
    assert!(!query.sort.descending);
    assert_eq!(ui.state.asking.number(), before + 1);
}

#[test]
fn moving_inside_the_window_asks_nothing() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("jjjk");
    assert_eq!(ui.question(), None);
}

#[test]
fn the_threshold_goes_into_the_query() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("---");
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert_eq!(query.thresholds.blocked_after, Nanos::from_secs(1));
    ui.keys(&"-".repeat(40));
    assert_eq!(ui.state.thresholds().blocked_after, Nanos::from_millis(10));
    ui.keys(&"+".repeat(40));
    assert_eq!(ui.state.thresholds().blocked_after, Nanos::from_secs(3_600));
}

#[test]
fn the_filter_holds_while_it_is_written() {
    let mut ui = Ui::tasks(80, 24);
    ui.wait(Nanos::from_secs(1));
    ui.keys("/blocked");
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert_eq!(query.filter.to_string(), "blocked");
    ui.keys(" idle>");
    ui.key(KeyCode::Enter);
    let error = ui.state.filter.editor().and_then(Editor::error);
    assert!(error.is_some(), "a wrong filter is not applied");
    ui.key(KeyCode::Esc);
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert!(query.filter.is_empty());
}

#[test]
fn letters_are_text_in_the_editor() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("/qj?");
    assert_eq!(ui.state.filter.editor().map(Editor::text), Some("qj?"));
    ui.ctrl('w');
    ui.send(Message::Paste("pool\n".to_owned()));
    assert_eq!(ui.state.filter.editor().map(Editor::text), Some("pool"));
    ui.ctrl('c');
    assert!(ui.effects.contains(&Effect::Quit));
}

#[test]
fn a_selected_task_is_followed() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("jj");
    assert_eq!(ui.selected(), Some(3));
    let mut update = fixture::tasks_update();
    update.tasks.rotate_left(2);
    ui.answer(Answer::Tasks(update));
    assert_eq!((ui.selected(), ui.state.tasks.row()), (Some(3), 0));
    let mut update = fixture::tasks_update();
    update.tasks.retain(|task| task.seq.get() != 3);
    update.matched = 6;
    ui.answer(Answer::Tasks(update));
    assert_eq!((ui.selected(), ui.state.tasks.row()), (Some(1), 0));
}

#[test]
fn a_million_rows_are_asked_for_window_by_window() {
    let mut ui = Ui::tasks(80, 24);
    ui.answer(Answer::Tasks(fixture::many_tasks(0, 54)));
    ui.keys("G");
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    let window = query.window;
    assert!(window.offset <= 999_982 && window.offset + window.limit >= 1_000_000);
    ui.answer(Answer::Tasks(fixture::many_tasks(
        window.offset,
        1_000_000 - window.offset,
    )));
    assert_eq!(ui.selected(), Some(1_000_000));
    ui.keys("gg");
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert_eq!(query.window.offset, 0);
}

#[test]
fn a_site_leads_to_its_tasks_and_back() {
    let mut ui = Ui::sites(80, 24);
    ui.wait(Nanos::from_secs(1));
    ui.key(KeyCode::Enter);
    let Some(Question::Tasks(query)) = ui.question() else {
        panic!("it asks for tasks");
    };
    assert_eq!(
        query.filter.to_string(),
        "site=src/net/connection_pool.rs:88:9"
    );
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui.key(KeyCode::Enter);
    assert_eq!(ui.state.scope(), Scope::Task);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.scope(), Scope::Tasks);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.scope(), Scope::Sites);
    assert_eq!(ui.state.filter.text(), "");
}

#[test]
fn with_nowhere_to_go_back_to_the_filter_is_dropped() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("/blocked");
    ui.key(KeyCode::Enter);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.filter.text(), "");
}

#[test]
fn the_mouse_sorts_selects_and_scrolls() {
    let mut ui = Ui::tasks(80, 24);
    let layout = Layout::of(&ui.state);
    let columns = layout.columns(&ui.state.tasks);
    let total = columns
        .iter()
        .find(|column| column.spec.column == TaskColumn::Total)
        .expect("it is shown");
    ui.click(total.x + 1, layout.headings.y);
    assert_eq!(ui.state.tasks.sort.column, TaskColumn::Total);
    assert!(ui.state.tasks.sort.descending);
    ui.click(total.x + 1, layout.headings.y);
    assert!(!ui.state.tasks.sort.descending);

    ui.click(20, layout.rows.y + 2);
    assert_eq!(ui.selected(), Some(3));
    ui.click(20, layout.rows.y + 15);
    assert_eq!(ui.selected(), Some(3), "there is no row");

    ui.answer(Answer::Tasks(fixture::many_tasks(0, 54)));
    ui.mouse(MouseEventKind::ScrollDown, 5, 10);
    assert_eq!(ui.state.tasks.top(), 3);
    ui.mouse(MouseEventKind::Moved, 5, 10);
    assert!(ui.effects.is_empty(), "moving the mouse draws nothing");
}

#[test]
fn paused_asks_nothing_but_what_one_does_is_answered_once() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys(" ");
    assert!(ui.effects.contains(&Effect::Unwatch(Line::View)));
    ui.wait(Nanos::from_secs(5));
    assert!(ui.effects.is_empty(), "nothing ticks");
    assert_eq!(wants_tick(&ui.state), None);

    ui.keys("l");
    assert!(ui.question().is_some());
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    assert!(ui.effects.contains(&Effect::Unwatch(Line::View)));

    ui.wait(Nanos::from_secs(5));
    ui.keys(" ");
    assert!(ui.question().is_some());
}

#[test]
fn what_ticks_is_drawn_ten_times_a_second() {
    let mut ui = Ui::tasks(80, 24);
    assert_eq!(wants_tick(&ui.state), Some(Nanos::from_millis(100)));
    ui.wait(Nanos::from_millis(100));
    assert_eq!(ui.effects, [Effect::Draw]);
}

#[test]
fn the_details_follow_the_task_numbers() {
    let mut ui = Ui::task(80, 24);
    ui.keys("w");
    let Some(Question::Task { seq, .. }) = ui.question() else {
        panic!("it asks for a task");
    };
    assert_eq!(Some(seq), TaskSeq::new(31));
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.detail().map(|detail| detail.seq.get()), Some(12));
}
