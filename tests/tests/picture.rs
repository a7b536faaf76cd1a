//! Takes the README's picture: the real UI on the real demo, in a real terminal.
//!
//! `LOITER_REGENERATE=1 cargo test -p loiter-tests --test picture` writes it.

use std::fs;

use loiter_cli::ui::svg;
use loiter_tests::Loiter;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};
use vt100::Screen;

const PICTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/loiter-cli/screenshot.svg"
);

#[test]
fn a_picture_of_the_demo() {
    let loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));
    let terminal = loiter.terminal_with(&["demo"], &[("COLORTERM", "truecolor")]);
    // By then the leaked tasks are blocked, and some of those leaked a request.
    terminal.wait_for("blocked tasks", |screen| {
        screen.contents().matches('■').count() >= 14
    });
    let picture = terminal.look(|screen| svg(&buffer(screen)));
    for cause in [
        "wait-on-nothing",
        "blocked-send",
        "blocked-receive",
        "lock-waiter",
    ] {
        assert!(picture.contains(cause), "{cause} is not in {picture}");
    }
    if std::env::var_os("LOITER_REGENERATE").is_some() {
        fs::write(PICTURE, picture).expect("the picture can be written");
    }
    assert!(
        fs::exists(PICTURE).expect("a folder"),
        "the README shows it"
    );
}

/// What the terminal shows.
fn buffer(screen: &Screen) -> Buffer {
    let (rows, columns) = screen.size();
    let (rows, columns) = (u16::from(rows), u16::from(columns));
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else {
                continue;
            };
            let mut style = Style::default()
                .fg(color(cell.fgcolor()))
                .bg(color(cell.bgcolor()));
            for (is_set, modifier) in [
                (cell.bold(), Modifier::BOLD),
                (cell.dim(), Modifier::DIM),
                (cell.italic(), Modifier::ITALIC),
                (cell.underline(), Modifier::UNDERLINED),
                (cell.inverse(), Modifier::REVERSED),
            ] {
                if is_set {
                    style = style.add_modifier(modifier);
                }
            }
            let place = &mut buffer[(column, row)];
            place.set_style(style);
            if cell.has_contents() {
                place.set_symbol(cell.contents());
            }
        }
    }
    buffer
}

fn color(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
