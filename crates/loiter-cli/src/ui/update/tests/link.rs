//! What happens when the source answers, fails, ends or comes back as another.

use crossterm::event::KeyCode;
use loiter_model::{Nanos, State as TaskState, Target};

use super::lost;
use crate::{
    source::{Fault, SourceError},
    ui::{
        Answer, Effect, Line, Message, Question,
        fixture::{self, Ui},
        keymap::Scope,
        state::Connection,
        wants_tick,
    },
};

#[test]
fn a_lost_connection_is_made_again_and_the_rows_stay() {
    let mut ui = Ui::tasks(80, 24);
    ui.wait(Nanos::from_secs(1));
    ui.fail(lost());
    assert!(ui.effects.contains(&Effect::Unwatch(Line::View)));
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
    ui.send(Message::Finished {
        line: Line::View,
        number: number - 1,
    });
    assert!(ui.state.link.is_up(), "an earlier question's stream");
    ui.send(Message::Finished {
        line: Line::View,
        number,
    });
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
    ui.send(Message::Finished {
        line: Line::View,
        number,
    });
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
        line: Line::View,
        number,
        answer: Ok(Box::new(Answer::Tasks(fixture::many_tasks(0, 10)))),
    });
    assert_eq!(ui.state.tasks.matched(), 7);
}

fn busy() -> SourceError {
    SourceError::Busy {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "16 tasks are being watched already".to_owned(),
    }
}

#[test]
fn no_room_for_one_question_is_no_lost_connection() {
    let mut ui = Ui::tasks(80, 24);
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.fail(busy());
    assert!(ui.state.link.is_up() && ui.state.lost.is_none());
    assert!(ui.effects.iter().all(|effect| *effect == Effect::Draw));
    let picture = fixture::words(&ui.state);
    assert!(
        picture.contains("no room for another watcher: 16 tasks"),
        "{picture}"
    );
    assert!(picture.contains("connected"), "{picture}");

    // After a while it is asked again.
    let due = wants_tick(&ui.state).expect("it wants to ask again");
    assert_eq!(due.saturating_sub(ui.now), Nanos::from_secs(2));
    ui.wait(Nanos::from_millis(1_900));
    assert_eq!(ui.question(), None);
    ui.wait(Nanos::from_millis(100));
    assert!(matches!(ui.question(), Some(Question::Task { .. })));
    ui.fail(busy());
    ui.wait(Nanos::from_secs(2));
    assert!(ui.question().is_some(), "and again");

    ui.answer(Answer::Task(Box::new(loiter_model::update::TaskDetail {
        task: fixture::tasks()[0],
        ..fixture::detail()
    })));
    let picture = fixture::words(&ui.state);
    assert!(!picture.contains("no room"), "{picture}");
    assert!(picture.contains("percentiles"), "{picture}");
    ui.wait(Nanos::from_secs(2));
    assert_eq!(ui.question(), None);
}

#[test]
fn a_view_without_room_can_be_left_at_once() {
    let mut ui = Ui::tasks(80, 24);
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.fail(busy());
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.scope(), Scope::Tasks);
    assert!(matches!(ui.question(), Some(Question::Tasks(_))));
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    let picture = fixture::words(&ui.state);
    assert!(!picture.contains("no room"), "{picture}");
}

#[test]
fn rows_without_room_for_new_ones_stay_and_the_reason_is_said() {
    let mut ui = Ui::tasks(80, 24);
    ui.fail(busy());
    assert!(ui.state.link.is_up());
    let picture = fixture::words(&ui.state);
    assert!(picture.contains("no room"), "{picture}");
    assert!(picture.contains("conn-7"), "{picture}");
    ui.wait(Nanos::from_secs(2));
    assert!(matches!(ui.question(), Some(Question::Tasks(_))));
}

#[test]
fn no_room_while_paused_is_asked_for_again_once() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys(" l");
    assert!(ui.question().is_some());
    ui.fail(busy());
    ui.wait(Nanos::from_secs(2));
    assert!(ui.question().is_some());
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    assert!(ui.effects.contains(&Effect::Unwatch(Line::View)));
}

#[test]
fn what_was_left_at_once_is_asked_for_anew() {
    for error in [busy(), SourceError::NoSuchTask(1)] {
        let mut ui = Ui::tasks(80, 24);
        ui.key(KeyCode::Enter);
        ui.wait(Nanos::from_millis(75));
        // Back and forth, faster than questions are asked.
        ui.fail(error);
        ui.key(KeyCode::Esc);
        ui.key(KeyCode::Enter);
        assert!(matches!(ui.question(), Some(Question::Task { .. })));
    }
}

#[test]
fn who_is_not_let_in_is_told_why_and_tries_again_at_the_usual_pace() {
    let closed = || SourceError::Door {
        endpoint: "https://db:6669".to_owned(),
        fault: Fault::CertificateRequired,
    };
    let mut ui = Ui::tasks(80, 24);
    ui.wait(Nanos::from_secs(1));
    ui.fail(closed());
    for pause in [250, 500, 1000, 2000, 4000, 5000, 5000] {
        ui.wait(Nanos::from_millis(pause - 1));
        assert!(!ui.effects.contains(&Effect::Connect), "{pause}");
        ui.wait(Nanos::from_millis(1));
        assert!(ui.effects.contains(&Effect::Connect), "{pause}");
        ui.send(Message::Connected(Err(closed())));
    }
    let picture = fixture::words(&ui.state);
    assert!(picture.contains("`--cert FILE`"), "{picture}");
    // What was last known is still there.
    assert!(picture.contains("conn-7"), "{picture}");
}

#[test]
fn what_one_may_not_ask_is_no_lost_connection() {
    let mut ui = Ui::tasks(80, 24);
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.fail(SourceError::Forbidden {
        endpoint: "https://db:6669".to_owned(),
        reason: "this token may only look".to_owned(),
    });
    assert!(ui.state.link.is_up() && ui.state.lost.is_none());
    let picture = fixture::words(&ui.state);
    assert!(picture.contains("this token may only"), "{picture}");
}
