//! What must be seen: without colours, in any colours, and never raw.

use loiter_model::Nanos;
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};

use super::{picture, text, unreachable};
use crate::ui::{
    Answer, Palette, UiOptions,
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
fn what_is_known_no_more_is_dimmed() {
    let mut ui = Ui::tasks(80, 24);
    ui.fail(unreachable());
    let buffer = render_to_buffer(&ui.state);
    let y = row_of(&buffer, "src/main.rs");
    assert!(buffer[(2, y)].modifier.contains(Modifier::DIM));
}
