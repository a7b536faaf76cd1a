//! What must be seen: without colours, in any colours, and never raw.

use loiter_model::{Nanos, State as TaskState, Thresholds};
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
