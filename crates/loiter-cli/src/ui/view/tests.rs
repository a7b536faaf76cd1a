//! Pictures of every view, and what must be seen without colours.

use crossterm::event::KeyCode;
use loiter_model::{
    Nanos, Target, Tier,
    query::Column,
    update::{TaskDetail, TasksUpdate},
};
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};

use super::render_to_buffer;
use crate::{
    source::SourceError,
    ui::{
        Answer, Charset, Palette, UiOptions,
        fixture::{self, Ui},
    },
};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 45)];

/// The characters of a picture, without the spaces at the lines' ends.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            // The second half of a wide character.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn picture(ui: &Ui) -> String {
    text(&render_to_buffer(&ui.state))
}

fn check(name: &str, ui: &Ui) {
    let (width, height) = ui.state.size;
    insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(ui));
}

fn unreachable() -> SourceError {
    SourceError::Unreachable {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "Connection refused (os error 111)".to_owned(),
    }
}

#[test]
fn tasks() {
    for (width, height) in SIZES.into_iter().chain([(40, 10), (200, 50)]) {
        check("tasks", &Ui::tasks(width, height));
    }
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
}

#[test]
fn sites() {
    for (width, height) in SIZES {
        check("sites", &Ui::sites(width, height));
    }
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
    let mut ui = Ui::tasks(80, 24);
    ui.key(KeyCode::Enter);
    ui.wait(Nanos::from_secs(1));
    ui.fail(SourceError::NoSuchTask(1));
    check("task_forgotten", &ui);
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
        ui.keys("cjj jjjj ");
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
    let mut ui = Ui::start(&UiOptions::new("127.0.0.1:6669"), 80, 24);
    check("connecting", &ui);
    ui.send(crate::ui::Message::Connected(Err(unreachable())));
    check("unreachable", &ui);
    ui.connect(fixture::target());
    check("asking", &ui);
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
    for (width, height) in SIZES {
        let mut ui = Ui::tasks(width, height);
        for _ in 0..4 {
            ui.fail(unreachable());
            ui.send(crate::ui::Message::Connected(Err(unreachable())));
        }
        check("disconnected", &ui);
        let buffer = render_to_buffer(&ui.state);
        let y = row_of(&buffer, "src/main.rs");
        assert!(buffer[(2, y)].modifier.contains(Modifier::DIM));
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

/// The line on which a text stands.
fn row_of(buffer: &Buffer, needle: &str) -> u16 {
    let text = text(buffer);
    let line = text.lines().position(|line| line.contains(needle));
    u16::try_from(line.expect("the text is on the screen")).expect("few lines")
}

#[test]
fn what_is_wrong_has_a_sign_and_a_colour() {
    let ui = Ui::tasks(160, 45);
    let buffer = render_to_buffer(&ui.state);
    let text = text(&buffer);
    let mut colours = Vec::new();
    for (name, sign) in [("conn-7", "■"), ("spin", "▲"), ("接続", "▽")] {
        let line = text.lines().find(|line| line.contains(name)).expect(name);
        assert!(line.starts_with(sign), "{line}");
        let y = row_of(&buffer, name);
        let colour = buffer[(0, y)].fg;
        assert_ne!(colour, Color::Reset, "{name}");
        colours.push(colour);
    }
    colours.dedup();
    assert_eq!(colours.len(), 3, "each has its own");
}

#[test]
fn without_colours_there_are_none() {
    for palette in [Palette::None, Palette::Ansi16, Palette::Ansi256] {
        let options = UiOptions {
            palette,
            ..UiOptions::new("x")
        };
        let mut ui = Ui::start(&options, 160, 45);
        ui.connect(fixture::target());
        ui.answer(Answer::Tasks(fixture::tasks_update()));
        for cell in render_to_buffer(&ui.state).content() {
            let fits = match (palette, cell.fg) {
                (_, Color::Reset) => true,
                (Palette::None, _) => false,
                (Palette::Ansi256, colour) => matches!(colour, Color::Indexed(_)),
                (_, colour) => !matches!(colour, Color::Indexed(_) | Color::Rgb(..)),
            };
            assert!(fits, "{:?} under {palette:?}", cell.fg);
            assert_eq!(cell.bg, Color::Reset);
        }
    }
}

#[test]
fn nothing_from_the_wire_reaches_the_terminal_raw() {
    let ui = Ui::tasks(160, 45);
    let buffer = render_to_buffer(&ui.state);
    for cell in buffer.content() {
        assert!(!cell.symbol().contains(char::is_control));
    }
    assert!(text(&buffer).contains("spin\u{fffd}[31m"));
}

#[test]
fn durations_go_on_between_updates_and_stand_still_when_paused() {
    let mut ui = Ui::tasks(160, 45);
    assert!(picture(&ui).contains("1m23s"));
    ui.wait(Nanos::from_secs(2));
    assert!(picture(&ui).contains("1m25s"));
    ui.keys(" ");
    ui.wait(Nanos::from_secs(60));
    assert!(picture(&ui).contains("1m25s"));
}

#[test]
fn what_is_wrong_is_said_by_the_source_not_by_the_clock() {
    let mut ui = Ui::tasks(160, 45);
    let mut update = fixture::tasks_update();
    update.tasks.truncate(2);
    // Nearly blocked, and busy: it may have run many times since.
    update.tasks[0] = loiter_model::Task {
        in_state: Nanos::from_millis(9_900),
        ..fixture::task(3)
    };
    update.tasks[1] = loiter_model::Task {
        in_state: Nanos::from_millis(2),
        ..fixture::task(4)
    };
    ui.answer(Answer::Tasks(update));
    ui.wait(Nanos::from_millis(900));
    let picture = picture(&ui);
    assert!(picture.contains("9.90s"), "{picture}");
    assert!(picture.contains("4.00ms"), "{picture}");
}

#[test]
fn the_selected_row_is_seen_without_colours() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("jj");
    let buffer = render_to_buffer(&ui.state);
    let reversed: Vec<u16> = (0..24)
        .filter(|y| buffer[(70, *y)].modifier.contains(Modifier::REVERSED))
        .collect();
    assert_eq!(reversed, [7]);
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
