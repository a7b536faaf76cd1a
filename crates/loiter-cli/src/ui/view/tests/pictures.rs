//! Pictures of every view, kept beside this file.

use std::sync::Arc;

use crossterm::event::KeyCode;
use loiter_model::{
    Nanos, Target, Task, Tier, WaitId,
    query::Column,
    update::{ResourcesUpdate, TaskDetail, TasksUpdate},
};

use super::{picture, unreachable};
use crate::{
    source::{Moment, Reel, SourceError},
    ui::{
        Answer, Charset, Message, ReplayStart, UiOptions,
        fixture::{self, Ui},
    },
};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 45)];

fn check(name: &str, ui: &Ui) {
    let (width, height) = ui.state.size;
    insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(ui));
}

#[test]
fn tasks() {
    for (width, height) in SIZES.into_iter().chain([(40, 10), (200, 50)]) {
        check("tasks", &Ui::tasks(width, height));
    }
}

/// A minute of a recording, with a gap and two times at which something was wrong.
fn replayed(width: u16, height: u16, charset: Charset) -> Ui {
    let at = |seconds: u64| Nanos::from_secs(3_600 + seconds);
    let options = UiOptions {
        charset,
        replay: Some(ReplayStart {
            reel: Reel {
                range: (at(0), at(60)),
                started_unix: Nanos::from_secs(1_700_000_000),
                gaps: vec![(at(40), at(45))],
                findings: vec![at(10), at(30)],
                is_cut_off: false,
            },
            at: at(20),
            speed: 2.0,
            is_paused: false,
        }),
        ..UiOptions::new("night.loiter")
    };
    let mut ui = Ui::start(&options, width, height);
    ui.connect(fixture::target());
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui
}

fn arrived(ui: &mut Ui, seconds: u64, lost: u64) {
    let at = Nanos::from_secs(3_600 + seconds);
    ui.send(Message::Arrived(Ok(Moment { at, lost })));
}

#[test]
fn a_recording() {
    let mut ui = replayed(80, 24, Charset::Unicode);
    ui.wait(Nanos::from_secs(1));
    arrived(&mut ui, 22, 0);
    check("replay_playing", &ui);
    ui.keys(" ");
    check("replay_standing", &ui);
    // To the next finding, and into the gap.
    ui.keys("n");
    arrived(&mut ui, 30, 4_711);
    check("replay_lost", &ui);
    ui.keys("]");
    arrived(&mut ui, 40, 0);
    check("replay_gap", &ui);
    for (width, height) in [(160, 45), (40, 10)] {
        check("replay", &replayed(width, height, Charset::Unicode));
    }
    check("replay_ascii", &replayed(80, 24, Charset::Ascii));
}

#[test]
fn tasks_in_the_middle_of_a_million() {
    let mut ui = Ui::tasks(80, 24);
    ui.answer(Answer::Tasks(fixture::many_tasks(0, 51)));
    for _ in 0..40 {
        ui.key(KeyCode::PageDown);
    }
    check("million_asking", &ui);
    ui.wait(Nanos::from_millis(100));
    ui.answer(Answer::Tasks(fixture::many_tasks(630, 51)));
    check("million", &ui);
}

#[test]
fn tasks_filtered_with_ended_and_paused() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("e+/blocked site:pool");
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui.keys(" ");
    ui.wait(Nanos::from_secs(30));
    check("tasks_filtered_paused", &ui);
}

#[test]
fn resources() {
    for (width, height) in SIZES {
        check("resources", &Ui::resources(width, height));
    }
}

#[test]
fn one_resource() {
    for (width, height) in SIZES {
        let mut ui = Ui::resource(width, height);
        check("resource", &ui);
        ui.keys("G");
        check("resource_below", &ui);
    }
}

#[test]
fn why_there_are_no_resources() {
    let mut ui = Ui::resources(80, 24);
    ui.answer(Answer::Resources(ResourcesUpdate::default()));
    check("resources_untracked", &ui);
    ui.keys("/blocked");
    ui.key(KeyCode::Enter);
    check("resources_filter_of_tasks", &ui);
    let mut ui = Ui::resources(80, 24);
    ui.fail(SourceError::CannotTell {
        endpoint: "127.0.0.1:6669".to_owned(),
        what: "which resources there are".to_owned(),
    });
    check("resources_cannot_tell", &ui);
}

#[test]
fn tasks_in_ascii() {
    let options = UiOptions {
        charset: Charset::Ascii,
        ..UiOptions::new("127.0.0.1:6669")
    };
    let mut ui = Ui::start(&options, 80, 24);
    ui.connect(fixture::target());
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    check("tasks_ascii", &ui);
    for (open, place) in [("?", "help"), ("c", "columns")] {
        ui.keys(open);
        assert!(picture(&ui).is_ascii(), "{place}");
        ui.key(KeyCode::Esc);
    }
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.answer(Answer::Task(Box::new(TaskDetail {
        task: fixture::tasks()[0],
        ..fixture::detail()
    })));
    assert!(picture(&ui).is_ascii(), "task");
    ui.keys("s");
    ui.wait(Nanos::from_secs(1));
    ui.answer(Answer::Sites(fixture::sites_update()));
    check("sites_ascii", &ui);
    ui.keys("f");
    ui.found(fixture::findings_update());
    ui.keys("j");
    check("findings_ascii", &ui);
}

#[test]
fn findings() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut ui = Ui::findings(width, height, fixture::findings_update());
        check("findings", &ui);
        ui.keys("jj");
        check("findings_stack", &ui);
        ui.keys("d");
        check("finding", &ui);
        ui.keys("G");
        check("finding_bottom", &ui);
    }
}

#[test]
fn no_findings() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        check(
            "no_findings",
            &Ui::findings(width, height, fixture::no_findings()),
        );
    }
    // Of which there are some that nobody sees, and some that nobody may speak of.
    let mut ui = Ui::findings(80, 24, fixture::no_findings());
    ui.connect(Target {
        tier: Tier::NotBuiltIn,
        ..fixture::target()
    });
    ui.wait(Nanos::from_secs(1));
    let mut update = fixture::no_findings();
    update.overview.totals.alive = 12;
    update.overview.runtime_tasks = Some(340);
    update.allowed = vec![3];
    update.scans = 1;
    ui.found(update.clone());
    check("no_findings_few_seen", &ui);
    update.omitted = 2;
    ui.found(update);
    check("no_findings_omitted", &ui);
}

#[test]
fn findings_of_an_old_agent() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut ui = Ui::tasks(width, height);
        ui.not_found(SourceError::TooOld {
            endpoint: "127.0.0.1:6669".to_owned(),
            lacks: "findings",
        });
        ui.keys("f");
        check("findings_old_agent", &ui);
    }
}

#[test]
fn findings_that_are_many_copied_or_lost() {
    let mut ui = Ui::findings(80, 24, fixture::many_findings());
    ui.key(KeyCode::PageDown);
    ui.keys("jjy");
    check("findings_many_copied", &ui);
    ui.not_found(unreachable());
    check("findings_lost", &ui);
}

#[test]
fn a_finding_that_is_over() {
    let mut ui = Ui::findings(80, 24, fixture::findings_update());
    ui.keys("jd");
    ui.found(fixture::no_findings());
    check("finding_over", &ui);
}

#[test]
fn sites() {
    for (width, height) in SIZES {
        check("sites", &Ui::sites(width, height));
    }
}

#[test]
fn waits() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        check("waits", &Ui::waits(width, height));
    }
}

#[test]
fn one_task_with_all_its_calls() {
    for (width, height) in SIZES {
        let mut ui = Ui::task(width, height);
        ui.keys("a");
        check("task_all_frames", &ui);
    }
}

#[test]
fn one_task_with_hints() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut ui = Ui::task(width, height);
        let mut detail = fixture::detail();
        detail.task = Task {
            self_wakes: 1_020,
            wakes: 1_234,
            size: Some(2_104),
            ..detail.task
        };
        ui.answer(Answer::Task(Box::new(detail)));
        check("task_hints", &ui);
    }
}

#[test]
fn one_task_that_nothing_can_wake_and_one_without_debug_info() {
    let mut ui = Ui::task(80, 24);
    let answer = |wait| {
        let mut detail = fixture::detail();
        detail.labels.waits.insert(WaitId(1), Arc::new(wait));
        Answer::Task(Box::new(detail))
    };
    ui.answer(answer(fixture::probed(Vec::new())));
    check("task_nothing", &ui);
    let function = "pigeon::net::connection_pool::Pool::next_job::{{closure}}";
    let frame = fixture::frame(function, "", 0);
    ui.answer(answer(fixture::probed(vec![vec![frame]])));
    check("task_no_debug_info", &ui);
}

#[test]
fn one_task() {
    for (width, height) in SIZES {
        let mut ui = Ui::task(width, height);
        check("task", &ui);
        ui.keys("G");
        check("task_bottom", &ui);
    }
}

#[test]
fn one_task_that_has_ended() {
    let mut ui = Ui::task(80, 24);
    let mut detail = fixture::detail();
    detail.task = loiter_model::Task {
        seq: detail.task.seq,
        ..fixture::tasks()[6]
    };
    ui.answer(Answer::Task(Box::new(detail)));
    check("task_ended", &ui);
}

#[test]
fn one_task_that_is_forgotten() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut ui = Ui::tasks(width, height);
        ui.key(KeyCode::Enter);
        ui.wait(Nanos::from_secs(1));
        ui.fail(SourceError::NoSuchTask(1));
        check("task_forgotten", &ui);
    }
}

#[test]
fn one_task_without_room_for_another_watcher() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut ui = Ui::tasks(width, height);
        ui.key(KeyCode::Enter);
        ui.wait(Nanos::from_secs(1));
        ui.fail(SourceError::Busy {
            endpoint: "127.0.0.1:6669".to_owned(),
            reason: "16 tasks are being watched already; close another view".to_owned(),
        });
        check("task_busy", &ui);
    }
}

#[test]
fn help() {
    for (width, height) in SIZES {
        let mut ui = Ui::tasks(width, height);
        ui.keys("?");
        check("help", &ui);
        ui.keys("G");
        check("help_bottom", &ui);
    }
}

#[test]
fn columns() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut ui = Ui::tasks(width, height);
        ui.keys("cjj jjjjj ");
        check("columns", &ui);
    }
}

#[test]
fn filter_being_written() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut ui = Ui::tasks(width, height);
        ui.keys("/site:pool");
        ui.wait(Nanos::from_secs(1));
        check("filter_asking", &ui);
        ui.answer(Answer::Tasks(fixture::tasks_update()));
        check("filter", &ui);
        ui.keys(" idel>30s");
        check("filter_error", &ui);
    }
}

#[test]
fn nothing_yet() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut ui = Ui::start(&UiOptions::new("127.0.0.1:6669"), width, height);
        check("connecting", &ui);
        ui.send(crate::ui::Message::Connected(Err(unreachable())));
        check("unreachable", &ui);
        ui.connect(fixture::target());
        check("asking", &ui);
    }
}

#[test]
fn no_rows() {
    let mut ui = Ui::tasks(80, 24);
    let none = TasksUpdate {
        matched: 0,
        tasks: Vec::new(),
        ..fixture::tasks_update()
    };
    ui.answer(Answer::Tasks(none.clone()));
    check("no_task", &ui);
    ui.keys("/site:nowhere");
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.answer(Answer::Tasks(none));
    check("no_match", &ui);
}

#[test]
fn disconnected() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut ui = Ui::tasks(width, height);
        for _ in 0..4 {
            ui.fail(unreachable());
            ui.send(crate::ui::Message::Connected(Err(unreachable())));
        }
        check("disconnected", &ui);
    }
}

#[test]
fn restarted() {
    let mut ui = Ui::tasks(80, 24);
    ui.fail(unreachable());
    ui.connect(Target {
        run_id: 2,
        pid: 4243,
        ..fixture::target()
    });
    check("restarted", &ui);
}

#[test]
fn what_cannot_be_seen() {
    for (name, tier) in [
        ("not_built_in", Tier::NotBuiltIn),
        ("subscriber_taken", Tier::SubscriberTaken),
    ] {
        for (width, height) in [(80, 24), (40, 10)] {
            let mut ui = Ui::tasks(width, height);
            ui.connect(Target {
                tier,
                ..fixture::target()
            });
            ui.wait(Nanos::from_secs(1));
            let mut update = TasksUpdate::default();
            update.overview.totals.untracked = 12_345;
            ui.answer(Answer::Tasks(update));
            check(name, &ui);
        }
    }
}

#[test]
fn every_column_can_be_shown() {
    let mut ui = Ui::tasks(400, 30);
    for column in loiter_model::query::TaskColumn::ALL {
        if !ui.state.tasks.shown().contains(column) {
            ui.state.tasks.toggle_column(*column);
        }
    }
    check("all_task_columns", &ui);
}
