//! What is pressed.

use super::{By::*, Part, row};

pub(super) const KEYS: Part = Part {
    title: "Keys",
    rows: &[
        row(
            "`t`, `r`: tasks, resources",
            "the same",
            &[Key("t"), Key("r")],
        ),
        row(
            "Left, Right, `h`, `l`: the column to sort by",
            "the same; so does a click on a heading",
            &[Key("Left"), Key("Right"), Key("h"), Key("l")],
        ),
        row(
            "Up, Down, `k`, `j`, from end to end",
            "the same, but held at the ends: `gg` and `G` lead to the other one",
            &[Key("Up"), Key("Down"), Key("k"), Key("j")],
        ),
        row("`i`: invert the order", "the same", &[Key("i")]),
        row(
            "`gg`, `G`: top, bottom",
            "the same, also Home and End",
            &[Key("gg"), Key("G"), Key("Home"), Key("End")],
        ),
        row(
            "Enter: details; Esc: back",
            "the same",
            &[Key("Enter"), Key("Esc")],
        ),
        row("`?`: help", "the same", &[Key("?")]),
        row(
            "Space: pause, resume",
            "the same; paused, the program is asked nothing",
            &[Key("Space")],
        ),
        row("`q`, Ctrl-c: quit", "the same", &[Key("q"), Key("Ctrl-c")]),
        row(
            "Ctrl-d: quit",
            "half a page down, as Ctrl-u is up; `q` quits",
            &[Key("Ctrl-d"), Key("Ctrl-u")],
        ),
        row(
            "none: no mouse, search, filter, copying, pages",
            "the mouse, `/`, `y`, PgUp and PgDn, `c` for columns",
            &[Key("/"), Key("y"), Key("PgUp"), Key("PgDn"), Key("c")],
        ),
    ],
};
