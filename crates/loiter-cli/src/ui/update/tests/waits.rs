//! How tasks come to be asked what they wait on, and what becomes of the answers.

use std::sync::Arc;

use crossterm::event::KeyCode;
use loiter_model::{
    Nanos, StackSource, State as TaskState, Target, TaskSeq, Teller,
    query::WaitColumn,
    update::{CaptureOutcome, TaskDetail},
};

use crate::{
    source::{Reel, SourceError},
    ui::{
        Answer, Effect, Message, Question, ReplayStart, UiOptions, View, Whose,
        fixture::{self, Ui},
        keymap::Scope,
    },
};

fn captures(effects: &[Effect]) -> Vec<(Whose, String)> {
    let captures = effects.iter().filter_map(|effect| match effect {
        Effect::Capture { whose, filter, .. } => Some((*whose, filter.to_string())),
        _ => None,
    });
    captures.collect()
}

fn one(outcome: CaptureOutcome) -> CaptureOutcome {
    CaptureOutcome {
        matched: 1,
        ..outcome
    }
}

fn captured() -> CaptureOutcome {
    one(CaptureOutcome {
        captured: 1,
        ..CaptureOutcome::default()
    })
}

/// The detail of an idle task of which it is not known what it waits on.
fn unknown() -> Answer {
    let mut detail = fixture::detail();
    detail.task.wait = None;
    Answer::Task(Box::new(detail))
}

fn twelve() -> Whose {
    Whose::Task(TaskSeq::new(12).expect("not zero"))
}

/// At task 12, which was asked by itself.
fn asking() -> Ui {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("j");
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.answer(unknown());
    ui
}

#[test]
fn a_task_that_one_comes_to_is_asked_once() {
    let mut ui = asking();
    assert_eq!(captures(&ui.effects), [(twelve(), "seq:12".to_owned())]);
    assert!(fixture::words(&ui.state).contains("asking…"));
    ui.answer(unknown());
    assert_eq!(captures(&ui.effects), []);
    ui.wait(Nanos::from_secs(1));
    ui.send(Message::Captured {
        whose: twelve(),
        outcome: Ok(captured()),
    });
    assert!(ui.question().is_some(), "what it said is asked for at once");
    ui.answer(Answer::Task(Box::new(fixture::detail())));
    let words = fixture::words(&ui.state);
    assert!(words.contains("select · connection_pool.rs:88"), "{words}");
    assert_eq!(captures(&ui.effects), []);
}

#[test]
fn a_task_whose_wait_is_known_or_that_does_not_wait_is_not_asked() {
    let ui = Ui::task(80, 24);
    assert_eq!(captures(&ui.effects), []);
    let mut ui = Ui::tasks(80, 24);
    ui.keys("j");
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    let mut detail = fixture::detail();
    detail.task.state = TaskState::Running;
    detail.task.wait = None;
    ui.answer(Answer::Task(Box::new(detail)));
    assert_eq!(captures(&ui.effects), []);
    ui.key(KeyCode::Enter);
    assert_eq!(captures(&ui.effects), []);
    let words = fixture::words(&ui.state);
    assert!(words.contains("waits on      -"), "{words}");
}

#[test]
fn what_was_only_sampled_is_asked_for_too() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("j");
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    let mut detail = fixture::detail();
    for wait in detail.labels.waits.values_mut() {
        Arc::make_mut(wait).stack.source = StackSource::Sampled;
    }
    ui.answer(Answer::Task(Box::new(detail)));
    assert_eq!(captures(&ui.effects).len(), 1);
    let words = fixture::words(&ui.state);
    assert!(
        words.contains("sampled: branches may be missing"),
        "{words}"
    );
}

#[test]
fn what_became_of_asking_is_said_with_what_to_do() {
    for (outcome, expected) in [
        (
            CaptureOutcome {
                not_watched: 1,
                ..CaptureOutcome::default()
            },
            "loiter::spawn",
        ),
        (
            CaptureOutcome {
                timed_out: 1,
                ..CaptureOutcome::default()
            },
            "no worker polled it in time; Enter asks again",
        ),
        (
            CaptureOutcome {
                not_idle: 1,
                ..CaptureOutcome::default()
            },
            "not idle when it was asked; Enter asks again",
        ),
    ] {
        let mut ui = asking();
        let outcome = Ok(one(outcome));
        ui.send(Message::Captured {
            whose: twelve(),
            outcome,
        });
        let words = fixture::words(&ui.state);
        assert!(words.contains(expected), "{words}");
        ui.key(KeyCode::Enter);
        assert_eq!(captures(&ui.effects), [(twelve(), "seq:12".to_owned())]);
    }
    let mut ui = asking();
    ui.send(Message::Captured {
        whose: twelve(),
        outcome: Err(SourceError::Refused {
            endpoint: "x:1".to_owned(),
            reason: "it was told so".to_owned(),
        }),
    });
    let words = fixture::words(&ui.state);
    assert!(words.contains("refuses: it was told so"), "{words}");
}

#[test]
fn a_wait_that_is_over_is_still_shown_as_an_earlier_one() {
    let mut ui = Ui::task(80, 24);
    ui.answer(unknown());
    let words = fixture::words(&ui.state);
    assert!(words.contains("before: select"), "{words}");
    assert!(words.contains("await stack"), "{words}");
}

#[test]
fn an_answer_for_a_task_that_was_left_is_kept_for_it() {
    let mut ui = asking();
    ui.key(KeyCode::Esc);
    ui.send(Message::Captured {
        whose: twelve(),
        outcome: Ok(captured()),
    });
    assert_eq!(ui.state.scope(), Scope::Tasks);
    assert!(ui.state.notice.is_none());
}

#[test]
fn the_tasks_of_the_filter_are_asked_and_the_outcome_is_said() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("/site:pool");
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui.keys("p");
    assert_eq!(
        captures(&ui.effects),
        [(Whose::Shown, "site:pool".to_owned())]
    );
    assert!(fixture::words(&ui.state).contains("asking the tasks"));
    ui.keys("p");
    assert_eq!(captures(&ui.effects), [], "not twice at a time");
    ui.wait(Nanos::from_secs(1));
    ui.send(Message::Captured {
        whose: Whose::Shown,
        outcome: Ok(CaptureOutcome {
            matched: 123,
            captured: 120,
            not_watched: 3,
            ..CaptureOutcome::default()
        }),
    });
    assert!(ui.question().is_some(), "the rows are asked for at once");
    let words = fixture::words(&ui.state);
    assert!(words.contains("captured 120 of 123; 3 were not"), "{words}");
    ui.keys("p");
    assert_eq!(captures(&ui.effects).len(), 1);
}

#[test]
fn a_wait_leads_to_its_tasks_and_back() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("/blocked");
    ui.key(KeyCode::Enter);
    ui.keys("w");
    let Some(Question::Waits(query)) = ui.question() else {
        panic!("it asks for waits");
    };
    assert_eq!(query.sort.column, WaitColumn::Count);
    assert_eq!(query.filter.to_string(), "blocked");
    ui.answer(Answer::Waits(fixture::waits_update()));
    ui.wait(Nanos::from_secs(1));
    ui.key(KeyCode::Enter);
    assert_eq!(ui.state.scope(), Scope::Tasks);
    let filter = "blocked wait=\"select · connection_pool.rs:88 Pool::next_job\"";
    assert_eq!(ui.state.filter.text(), filter);
    let Some(Question::Tasks(_)) = ui.question() else {
        panic!("it asks for tasks");
    };
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.scope(), Scope::Waits);
    assert_eq!(ui.state.filter.text(), "blocked");
    ui.wait(Nanos::from_secs(1));
    ui.keys("j");
    ui.key(KeyCode::Enter);
    assert_eq!(
        ui.state.filter.text(),
        "blocked state:idle site=\"src/main.rs:10:5\""
    );
}

#[test]
fn all_calls_are_shown_on_demand() {
    let mut ui = Ui::task(160, 45);
    let words = fixture::words(&ui.state);
    assert!(words.contains("3 frames of tokio and std"), "{words}");
    ui.keys("a");
    let words = fixture::words(&ui.state);
    assert!(words.contains("src/sync/mpsc/chan.rs:340"), "{words}");
    assert!(!words.contains("frames of"), "{words}");
}

#[test]
fn a_wait_of_another_task_is_not_this_ones() {
    let mut ui = Ui::task(80, 24);
    ui.keys("p");
    ui.wait(Nanos::from_secs(1));
    let task = fixture::tasks()[0];
    ui.answer(Answer::Task(Box::new(TaskDetail {
        task,
        ..fixture::detail()
    })));
    let words = fixture::words(&ui.state);
    assert!(!words.contains("select"), "{words}");
}

/// Over a target that cannot be asked, each with a few words of why.
fn unaskable() -> [(Ui, &'static str); 3] {
    let options = UiOptions {
        view: View::Tasks,
        ..UiOptions::new("x:1")
    };
    let of_console = Target {
        teller: Teller::ConsoleSubscriber,
        ..fixture::target()
    };
    let of_file = UiOptions {
        replay: Some(ReplayStart {
            reel: Reel {
                range: (Nanos::ZERO, Nanos::from_secs(60)),
                started_unix: Nanos::ZERO,
                gaps: Vec::new(),
                findings: Vec::new(),
                is_cut_off: false,
            },
            at: Nanos::ZERO,
            speed: 1.0,
            is_paused: true,
        }),
        ..options.clone()
    };
    let connected = |options: &UiOptions, target| {
        let mut ui = Ui::start(options, 140, 40);
        ui.connect(target);
        ui.answer(Answer::Tasks(fixture::tasks_update()));
        ui
    };
    let mut refused = connected(&options, fixture::target());
    refused.keys("p");
    refused.send(Message::Captured {
        whose: Whose::Shown,
        outcome: Err(SourceError::Refused {
            endpoint: "x:1".to_owned(),
            reason: "it was told so".to_owned(),
        }),
    });
    [
        (connected(&options, of_console), "console-subscriber cannot"),
        (
            connected(&of_file, fixture::target()),
            "a file cannot be asked",
        ),
        (refused, "refuses: it was told so"),
    ]
}

#[test]
fn asking_is_offered_only_where_it_works() {
    let ui = Ui::tasks(140, 40);
    assert!(fixture::words(&ui.state).contains("p ask waits"));
    for (mut ui, why) in unaskable() {
        assert!(!fixture::words(&ui.state).contains("ask waits"), "{why}");
        ui.keys("p");
        assert_eq!(captures(&ui.effects), [], "{why}");
        let words = fixture::words(&ui.state);
        assert!(words.contains(why), "{words}");

        ui.keys("?");
        let words = fixture::words(&ui.state);
        assert!(!words.contains("ask the tasks"), "{words}");
        assert!(!words.contains("ask it what"), "{words}");
    }
}

#[test]
fn the_page_of_a_task_that_cannot_be_asked_says_so() {
    for (mut ui, why) in unaskable() {
        ui.keys("j");
        ui.key(KeyCode::Enter);
        ui.wait(Nanos::from_secs(1));
        ui.answer(unknown());
        assert_eq!(captures(&ui.effects), [], "{why}");
        let words = fixture::words(&ui.state);
        assert!(words.contains(why), "{words}");
        assert!(!words.contains("Enter"), "{words}");
        ui.key(KeyCode::Enter);
        assert_eq!(captures(&ui.effects), [], "{why}");
    }
}

#[test]
fn a_target_that_was_replaced_may_be_asked_again() {
    let [.., (mut ui, _)] = unaskable();
    ui.connect(fixture::target());
    ui.keys("p");
    assert_eq!(captures(&ui.effects).len(), 1);
}
