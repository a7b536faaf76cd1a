//! What is shown.

use super::{By::*, Part, row};

pub(super) const VIEWS: Part = Part {
    title: "Views",
    rows: &[
        row(
            "tasks",
            "tasks (`t`), and tasks by site (`s`) and by what they wait on (`w`)",
            &[Key("t"), Key("s"), Key("w")],
        ),
        row(
            "title with counts of all, running and idle",
            "the header: alive, running, scheduled, idle, blocked, hogging, starved, and a line of how many were alive lately",
            &[],
        ),
        row(
            "box of warnings above the tasks",
            "the header counts lints and findings; findings (`f`) give each its evidence, cause and cure",
            &[Key("f"), Command("check")],
        ),
        row(
            "one task: identity, times with shares, waker, fields",
            "`Enter` on a task: the same, with its parent, who woke it last, and what it waits on through which calls",
            &[Key("Enter"), Key("p"), Key("w")],
        ),
        row(
            "its poll times and scheduled times, percentiles and histogram",
            "the same in its details, each beside that of all tasks of its site",
            &[],
        ),
        row(
            "its warnings in words",
            "its lints and findings in words, in its details",
            &[],
        ),
        row(
            "resources",
            "resources (`r`), `loiter resources`; captured with `Builder::resources(true)`",
            &[Key("r"), Command("resources"), Builder("resources")],
        ),
        row(
            "one resource with its async operations",
            "`Enter` on a resource: its attributes, holders, waiters and async operations; `Enter` on one of those goes to its task",
            &[Key("Enter")],
        ),
        row(
            "help of the current view",
            "`?`: the keys of every view, and the words of the filter",
            &[Key("?")],
        ),
        row(
            "header: target, connected or not, paused, dropped",
            "the same, with how much of the program is seen, and what its target cannot tell",
            &[],
        ),
    ],
};

pub(super) const COLUMNS: Part = Part {
    title: "Columns, and what is in them",
    rows: &[
        row(
            "Warn",
            "`!` for what is wrong now, `Lints` for hints",
            &[Column("warn"), Column("lints")],
        ),
        row(
            "ID",
            "`#`, never reused, and `Id`, tokio's",
            &[Column("seq"), Column("tokio-id")],
        ),
        row(
            "State: ▶ ⏫ ⏸ ⏹, or BUSY, SCHED, IDLE, DONE",
            "`State` in words and a sign in `!`; of ended tasks how they ended",
            &[Column("state"), Filter("ending:panicked")],
        ),
        row("Name", "`Name`", &[Column("name")]),
        row(
            "Total, Busy, Sched",
            "`Total`, `Busy`, `Sched`",
            &[Column("total"), Column("busy"), Column("scheduled")],
        ),
        row(
            "Idle, the sum of all waits",
            "`Waited`; `Idle` is the wait that goes on now",
            &[Column("total-idle"), Column("idle")],
        ),
        row("Polls", "`Polls`", &[Column("polls")]),
        row(
            "Kind: task, local, blocking, block_on",
            "`Kind`, the same words",
            &[Column("kind")],
        ),
        row("Location", "`Site`", &[Column("site")]),
        row(
            "Fields",
            "`Fields`, `Size`",
            &[Column("fields"), Column("size")],
        ),
        row(
            "wakers, clones, wakes, self wakes, last woken (in details)",
            "columns, too: `Wakers`, `Wakes`, `Self`, `WokenBy`",
            &[
                Column("wakers"),
                Column("wakes"),
                Column("self-wakes"),
                Column("woken-by"),
            ],
        ),
        row(
            "sorted by any column, the longest total first unless chosen",
            "the same, the longest wait first; `--sort`, `--reverse`",
            &[Option("", "--sort"), Option("", "--reverse")],
        ),
        row(
            "resources: ID, Parent, Kind, Total, Target, Type, Vis, Location, Attributes",
            "the same, with holders and waiters",
            &[Command("resources")],
        ),
        row(
            "async operations: ID, Parent, Task, Source, Total, Busy, Idle, Polls, Attributes",
            "the same",
            &[Command("resources")],
        ),
        row(
            "paths in Cargo's registry shortened to `<cargo>/`",
            "shortened to the crate and the file in it",
            &[],
        ),
        row(
            "ended tasks dimmed, for 6 s",
            "the same with `--retain-for 6s`; `e` shows all that are remembered",
            &[Option("", "--retain-for"), Key("e")],
        ),
        row(
            "durations coloured by their unit",
            "the same with `--duration-colors`: colours are for what is wrong otherwise",
            &[Option("", "--duration-colors")],
        ),
    ],
};

pub(super) const LINTS: Part = Part {
    title: "Lints",
    rows: &[
        row(
            "self-wakes, beyond 50 %",
            "`self-wakes`, `--self-wakes-percent`; with evidence of no progress the finding `busy loop`",
            &[
                Filter("lint:self-wakes"),
                Option("", "--self-wakes-percent"),
                Finding("busy loop"),
            ],
        ),
        row(
            "lost-waker",
            "`lost-waker`; where it is proved, the finding `no waker`",
            &[Filter("lint:lost-waker"), Finding("no waker")],
        ),
        row(
            "never-yielded, from 1 s on",
            "`never-yielded`, `--never-yielded-after`; any poll that goes on too long is the finding `hogging`",
            &[
                Filter("lint:never-yielded"),
                Option("", "--never-yielded-after"),
                Finding("hogging"),
            ],
        ),
        row(
            "auto-boxed-future",
            "`auto-boxed-future`",
            &[Filter("lint:auto-boxed-future")],
        ),
        row(
            "large-future, from 1024 bytes on",
            "`large-future`, `--large-future-bytes`",
            &[
                Filter("lint:large-future"),
                Option("", "--large-future-bytes"),
            ],
        ),
        row(
            "thresholds fixed in the source",
            "set by the service, the configuration or an option",
            &[
                Builder("self_wakes_percent"),
                Builder("never_yielded_after"),
                Builder("large_future_bytes"),
                Setting("lints.large_future_bytes"),
            ],
        ),
        row(
            "allowed and warned of by `-A` and `-W`",
            "the same, and by the service",
            &[
                Option("", "--allow-lints"),
                Option("", "--warn-lints"),
                Builder("allow_lints"),
                Setting("lints.allow"),
                Env("LOITER_ALLOW_LINTS"),
            ],
        ),
        row(
            "no lint of waits that last too long",
            "blocked and starved tasks, and the findings",
            &[
                Filter("blocked"),
                Finding("blocked receive"),
                Finding("wait cycle"),
            ],
        ),
    ],
};
