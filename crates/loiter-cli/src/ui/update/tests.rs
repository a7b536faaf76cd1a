//! What keys, mouse and answers do.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use loiter_model::{
    Nanos, State as TaskState, Target, TaskSeq, Thresholds,
    query::{SiteColumn, TaskColumn},
};

use super::wants_tick;
use crate::{
    source::SourceError,
    ui::{
        Answer, Effect, Message, Question, UiOptions,
        fixture::{self, Ui},
        keymap::{Action, BINDINGS, Scope},
        state::{Connection, Editor, Place, Popup},
    },
};

fn lost() -> SourceError {
    SourceError::Lost {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "broken pipe".to_owned(),
    }
}

impl Ui {
    /// The question asked by the last message, after its time has come.
    fn question(&mut self) -> Option<Question> {
        let asked = |effects: &[Effect]| {
            effects.iter().find_map(|effect| match effect {
                Effect::Watch { question, .. } => Some(question.clone()),
                _ => None,
            })
        };
        asked(&self.effects).or_else(|| {
            self.wait(Nanos::from_millis(75));
            asked(&self.effects)
        })
    }

    fn selected(&self) -> Option<u64> {
        self.state.tasks.selected().map(|task| task.seq.get())
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.send(Message::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }
}

/// A UI in which this action does something here, and how to see that it did.
fn does(scope: Scope, action: Action) -> (Ui, fn(&mut Ui) -> bool) {
    let mut ui = match scope {
        Scope::Sites => Ui::sites(80, 24),
        Scope::Task => Ui::task(80, 24),
        _ => Ui::tasks(80, 24),
    };
    match scope {
        Scope::Help => ui.keys("?"),
        Scope::Columns => ui.keys("c"),
        Scope::Filter => ui.keys("/blocked"),
        _ => {}
    }
    if matches!(
        action,
        Action::Up | Action::PageUp | Action::HalfPageUp | Action::Top
    ) {
        ui.keys("G");
    }
    (ui, done(scope, action))
}

/// Where moving has led.
fn place(ui: &Ui) -> u64 {
    match (&ui.state.popup, &ui.state.place) {
        (Some(Popup::Help { scrolled }), _) => u64::from(*scrolled),
        (Some(Popup::Columns { selected }), _) => *selected as u64,
        (None, Place::Sites) => ui.state.sites.row(),
        (None, Place::Task(detail)) => u64::from(detail.scrolled),
        (None, _) => ui.state.tasks.row(),
    }
}

fn bottom(scope: Scope) -> (Ui, u64) {
    let (mut ui, _) = does(scope, Action::Down);
    ui.keys("G");
    let bottom = place(&ui);
    (ui, bottom)
}

fn done(scope: Scope, action: Action) -> fn(&mut Ui) -> bool {
    match action {
        Action::Quit => |ui| ui.effects.contains(&Effect::Quit),
        Action::Help => |ui| matches!(ui.state.popup, Some(Popup::Help { .. })),
        Action::Close => |ui| ui.state.popup.is_none(),
        Action::Back => |ui| !matches!(ui.state.place, Place::Task(_)),
        Action::Open if scope == Scope::Sites => {
            |ui| matches!(ui.state.place, Place::TasksOfSite { .. })
        }
        Action::Open => |ui| matches!(ui.state.place, Place::Task(_)),
        Action::Apply => |ui| ui.state.filter.text() == "blocked",
        Action::Cancel => {
            |ui| ui.state.filter.text().is_empty() && ui.state.filter.editor().is_none()
        }
        Action::ShowTasks => |ui| matches!(ui.state.place, Place::Tasks),
        Action::ShowSites => |ui| matches!(ui.state.place, Place::Sites),
        Action::Down => |ui| place(ui) == 1,
        Action::PageDown | Action::HalfPageDown => |ui| place(ui) > 1,
        Action::Up => |ui| place(ui) == bottom(ui.state.scope()).1 - 1,
        Action::PageUp | Action::HalfPageUp => |ui| place(ui) + 1 < bottom(ui.state.scope()).1,
        Action::Top => |ui| place(ui) == 0,
        Action::Bottom => |ui| place(ui) > 1,
        Action::SortLeft if scope == Scope::Sites => {
            // Alive is the first one already.
            |ui| ui.state.sites.sort.column == SiteColumn::Alive
        }
        Action::SortLeft => |ui| ui.state.tasks.sort.column == TaskColumn::State,
        Action::SortRight if scope == Scope::Sites => {
            |ui| ui.state.sites.sort.column == SiteColumn::Blocked
        }
        Action::SortRight => |ui| ui.state.tasks.sort.column == TaskColumn::Busy,
        Action::InvertSort if scope == Scope::Sites => |ui| !ui.state.sites.sort.descending,
        Action::InvertSort => |ui| !ui.state.tasks.sort.descending,
        Action::EditFilter => |ui| ui.state.filter.editor().is_some(),
        Action::ToggleEnded => |ui| ui.state.filter.effective().to_string() == "all",
        Action::RaiseThreshold => |ui| ui.state.thresholds().blocked_after == Nanos::from_secs(20),
        Action::LowerThreshold => |ui| ui.state.thresholds().blocked_after == Nanos::from_secs(5),
        Action::ChooseColumns => |ui| matches!(ui.state.popup, Some(Popup::Columns { .. })),
        Action::ToggleColumn => |ui| !ui.state.tasks.shown().contains(&TaskColumn::Warn),
        Action::Pause => |ui| ui.state.paused.is_some(),
        Action::Reconnect => |ui| {
            ui.fail(lost());
            ui.keys("R");
            ui.effects.contains(&Effect::Connect)
        },
        Action::GoToParent => |ui| ui.state.detail().map(|detail| detail.seq.get()) == Some(1),
        Action::GoToWaker => |ui| ui.state.detail().map(|detail| detail.seq.get()) == Some(31),
    }
}

#[test]
fn each_key_does_what_it_says() {
    use crate::ui::keymap::Stroke;
    for binding in BINDINGS {
        for scope in binding.scopes {
            for stroke in binding.strokes {
                let (mut ui, done) = does(*scope, binding.action);
                assert_eq!(ui.state.scope(), *scope);
                match *stroke {
                    Stroke::Key(code) => ui.key(code),
                    Stroke::Ctrl(letter) => ui.ctrl(letter),
                    Stroke::Twice(letter) => {
                        ui.key(KeyCode::Char(letter));
                        ui.key(KeyCode::Char(letter));
                    }
                }
                assert!(done(&mut ui), "{stroke:?} in {scope:?}: {}", binding.does);
            }
        }
    }
}

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
    ui.keys("llli");
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
    let layout = crate::ui::layout::Layout::of(&ui.state);
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
    assert!(ui.effects.contains(&Effect::Unwatch));
    ui.wait(Nanos::from_secs(5));
    assert!(ui.effects.is_empty(), "nothing ticks");
    assert_eq!(wants_tick(&ui.state), None);

    ui.keys("l");
    assert!(ui.question().is_some());
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    assert!(ui.effects.contains(&Effect::Unwatch));

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
fn a_lost_connection_is_made_again_and_the_rows_stay() {
    let mut ui = Ui::tasks(80, 24);
    ui.wait(Nanos::from_secs(1));
    ui.fail(lost());
    assert!(ui.effects.contains(&Effect::Unwatch));
    assert_eq!(ui.state.tasks.matched(), 7);
    ui.wait(Nanos::from_millis(250));
    assert!(ui.effects.contains(&Effect::Connect));
    ui.send(Message::Connected(Err(lost())));
    ui.wait(Nanos::from_millis(499));
    assert!(!ui.effects.contains(&Effect::Connect));
    ui.wait(Nanos::from_millis(1));
    assert!(ui.effects.contains(&Effect::Connect));
    ui.keys("j");
    ui.connect(fixture::target());
    assert!(ui.question().is_some(), "it asks again");
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    assert_eq!(ui.state.lost, None);
    assert_eq!(ui.selected(), Some(12), "the selection is kept");
}

#[test]
fn a_restarted_service_has_other_tasks() {
    let mut ui = Ui::task(80, 24);
    ui.fail(lost());
    ui.wait(Nanos::from_secs(1));
    ui.connect(Target {
        run_id: 2,
        ..fixture::target()
    });
    assert_eq!(ui.state.scope(), Scope::Tasks);
    assert!(ui.state.tasks.rows().is_none());
    let notice = ui.state.notice.as_ref().expect("it is said");
    assert!(notice.text.starts_with("service restarted"));
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui.wait(Nanos::from_secs(10));
    assert!(ui.state.notice.is_none());
}

#[test]
fn a_stream_that_just_ends_is_a_lost_connection() {
    let mut ui = Ui::tasks(80, 24);
    let number = ui.state.asking.number();
    ui.send(Message::Finished { number: number - 1 });
    assert!(ui.state.link.is_up(), "an earlier question's stream");
    ui.send(Message::Finished { number });
    assert!(matches!(
        ui.state.link.connection,
        Connection::Waiting { .. }
    ));
}

#[test]
fn a_task_that_ends_is_kept_on_the_screen() {
    let mut ui = Ui::task(80, 24);
    let mut detail = fixture::detail();
    detail.task.state = TaskState::Ended;
    detail.task.ending = Some(loiter_model::Ending::Finished);
    ui.answer(Answer::Task(Box::new(detail)));
    let number = ui.state.asking.number();
    ui.send(Message::Finished { number });
    assert!(ui.state.link.is_up());
    ui.keys("+");
    assert_eq!(ui.question(), None);
}

#[test]
fn a_refused_query_is_no_lost_connection() {
    let mut ui = Ui::tasks(80, 24);
    ui.fail(SourceError::BadQuery("no such column".to_owned()));
    assert!(ui.state.link.is_up());
    let notice = ui.state.notice.as_ref().expect("it is said");
    assert!(notice.text.contains("no such column"));
}

#[test]
fn late_answers_are_for_nobody() {
    let mut ui = Ui::tasks(80, 24);
    let number = ui.state.asking.number();
    ui.keys("s");
    ui.wait(Nanos::from_secs(1));
    ui.send(Message::Answered {
        number,
        answer: Ok(Answer::Tasks(fixture::many_tasks(0, 10))),
    });
    assert_eq!(ui.state.tasks.matched(), 7);
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
