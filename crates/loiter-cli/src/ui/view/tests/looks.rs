//! What must be seen: without colours, in any colours, and never raw.

use loiter_model::{LintCounts, Nanos, State as TaskState, Thresholds};
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};

use super::{picture, text, unreachable};
use crate::ui::{
    Answer, Palette, UiOptions,
    columns::Row,
    fixture::{self, Ui},
    render_to_buffer,
};

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
fn each_certainty_has_a_sign_and_a_colour() {
    let ui = Ui::findings(160, 45, fixture::findings_update());
    let buffer = render_to_buffer(&ui.state);
    let mut colours = Vec::new();
    for (name, sign) in [
        ("no waker", "◆"),
        ("blocked receive", "◇"),
        ("long blocking", "◦"),
    ] {
        let y = row_of(&buffer, name);
        assert_eq!(buffer[(0, y)].symbol(), sign);
        colours.push(buffer[(0, y)].fg);
    }
    // The badge has that of the worst.
    let x = text(&buffer).lines().next().and_then(|line| {
        let at = line.find("Findings")?;
        u16::try_from(line[..at].chars().count()).ok()
    });
    let badge = &buffer[(x.expect("a badge"), 0)];
    assert_eq!(badge.fg, colours[0]);
    assert!(badge.modifier.contains(Modifier::REVERSED));
    colours.dedup();
    assert_eq!(colours.len(), 3, "each has its own");
}

#[test]
fn without_colours_there_are_none() {
    for palette in [
        Palette::None,
        Palette::Ansi8,
        Palette::Ansi16,
        Palette::Ansi256,
    ] {
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

/// Tasks as these options have them seen.
fn with(options: UiOptions) -> Ui {
    let mut ui = Ui::start(&options, 160, 45);
    ui.connect(fixture::target());
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui
}

/// The colour of a text's first cell.
fn colour_of(buffer: &Buffer, line: &str, needle: &str) -> Color {
    let y = row_of(buffer, line);
    let text = text(buffer);
    let line = text.lines().nth(usize::from(y)).expect("a line");
    let at = line.find(needle).expect("the text is in the line");
    // Cells, as a wide character takes two.
    let x = crate::ui::text::width(&line[..at]);
    buffer[(x, y)].fg
}

#[test]
fn durations_have_the_colours_of_their_units_where_nothing_else_is_said() {
    let options = |duration_colours| UiOptions {
        duration_colours,
        ..UiOptions::new("x")
    };
    let usual = render_to_buffer(&with(options(false)).state);
    let coloured = render_to_buffer(&with(options(true)).state);
    // A task with nothing wrong, and one that is blocked.
    assert_eq!(colour_of(&usual, "main.rs:10", "740µs"), Color::Reset);
    let micros = colour_of(&coloured, "main.rs:10", "740µs");
    let hours = colour_of(&coloured, "main.rs:10", "1h00m");
    assert!(micros != Color::Reset && hours != Color::Reset);
    assert_ne!(micros, hours);
    assert_eq!(
        colour_of(&coloured, "conn-7", "1m23s"),
        colour_of(&coloured, "conn-7", "740µs"),
        "what is wrong counts for more"
    );
    assert_eq!(text(&coloured), text(&usual));
}

#[test]
fn durations_have_the_digits_that_are_asked_for() {
    let options = UiOptions {
        decimals: Some(3),
        ..UiOptions::new("x")
    };
    let picture = picture(&with(options));
    // There are seven cells.
    assert!(picture.contains("12.00ms"), "{picture}");
    assert!(picture.contains("4.300s"), "{picture}");
}

#[test]
fn ended_tasks_are_faint_unless_they_shall_not_be() {
    let options = |ended_colours| UiOptions {
        ended_colours,
        ..UiOptions::new("x")
    };
    let site = "connection_pool.rs:88:9";
    let faint = render_to_buffer(&with(options(true)).state);
    let plain = render_to_buffer(&with(options(false)).state);
    assert_ne!(colour_of(&faint, "panicked", site), Color::Reset);
    assert_eq!(colour_of(&plain, "panicked", site), Color::Reset);
    // How it ended is no matter of taste.
    assert_ne!(colour_of(&plain, "panicked", "panicked"), Color::Reset);
}

#[test]
fn that_ended_tasks_stay_for_a_while_is_said_where_they_do() {
    let options = UiOptions {
        retain_for: Some(Nanos::from_secs(6)),
        ..UiOptions::new("x")
    };
    let mut ui = with(options);
    assert!(picture(&ui).contains("+ ended for 6s"));
    ui.keys("e");
    let all = picture(&ui);
    assert!(all.contains("+ ended") && !all.contains("for 6s"), "{all}");
    ui.keys("es");
    assert!(!picture(&ui).contains("+ ended"));
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
    // Blocked by now if nothing has happened, and busy: it may have run many times since.
    update.tasks[0] = loiter_model::Task {
        in_state: Nanos::from_millis(6_000),
        ..fixture::task(3)
    };
    update.tasks[1] = loiter_model::Task {
        in_state: Nanos::from_millis(2),
        ..fixture::task(4)
    };
    ui.answer(Answer::Tasks(update));
    for (millis, idle) in [
        (900, "6.90s"),
        (3_000, "9.90s"),
        (200, "9.99s"),
        (1_500, "9.99s"),
    ] {
        ui.wait(Nanos::from_millis(millis));
        let picture = picture(&ui);
        assert!(picture.contains(idle), "{idle} in {picture}");
        assert!(picture.contains("4.00ms"), "{picture}");
        let row = picture.lines().find(|line| line.contains(idle));
        assert!(row.is_some_and(|row| row.starts_with('·')), "{picture}");
    }
}

#[test]
fn no_time_ever_jumps_back() {
    let thresholds = Thresholds::default();
    for (state, in_state) in [
        (TaskState::Idle, Nanos::from_secs(6)),
        (TaskState::Running, Nanos::from_millis(700)),
        (TaskState::Scheduled, Nanos::from_millis(60)),
    ] {
        let task = loiter_model::Task {
            state,
            in_state,
            ..fixture::task(1)
        };
        let mut before = in_state;
        for step in 0..100 {
            let later = task.later(Nanos(in_state.0 / 50 * step), &thresholds);
            assert!(later.in_state >= before, "{state:?} at step {step}");
            assert_eq!(later.condition(&thresholds), None, "{state:?}");
            before = later.in_state;
        }
        assert!(before.0 > in_state.0 * 5 / 4, "{state:?} stands still");
    }
}

#[test]
fn a_hint_is_given_by_the_source_not_by_the_clock() {
    let limits = Thresholds::default();
    let lost = loiter_model::Task {
        in_state: Nanos::from_millis(700),
        live_wakers: 0,
        ..fixture::task(1)
    };
    let first = loiter_model::Task {
        state: TaskState::Running,
        polls: 1,
        in_state: Nanos::from_millis(700),
        ..fixture::task(1)
    };
    for task in [lost, first] {
        let later = task.later(Nanos::from_millis(600), &limits);
        assert_eq!(later.in_state, Nanos(999_999_999));
        assert!(later.lints(&limits).is_empty());
    }
    // Nothing begins after a second of waiting where there is a waker.
    let well = loiter_model::Task {
        live_wakers: 1,
        ..lost
    };
    let later = well.later(Nanos::from_millis(600), &limits);
    assert_eq!(later.in_state, Nanos::from_millis(1_300));
}

#[test]
fn hints_are_in_the_header_only_where_there_are_any() {
    let mut ui = Ui::tasks(160, 45);
    assert!(picture(&ui).contains("lints: 1 lost-waker, 1 auto-boxed-future"));
    let mut update = fixture::tasks_update();
    update.overview.totals.lints = LintCounts::default();
    ui.answer(Answer::Tasks(update));
    assert!(!picture(&ui).contains("lints:"));
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
fn what_is_known_no_more_is_dimmed() {
    let mut ui = Ui::tasks(80, 24);
    ui.fail(unreachable());
    let buffer = render_to_buffer(&ui.state);
    let y = row_of(&buffer, "src/main.rs");
    assert!(buffer[(2, y)].modifier.contains(Modifier::DIM));
}
