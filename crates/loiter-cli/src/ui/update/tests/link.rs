//! What happens when the source answers, fails, ends or comes back as another.

use loiter_model::{Nanos, State as TaskState, Target};

use super::lost;
use crate::{
    source::SourceError,
    ui::{
        Answer, Effect, Message,
        fixture::{self, Ui},
        keymap::Scope,
        state::Connection,
    },
};

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
