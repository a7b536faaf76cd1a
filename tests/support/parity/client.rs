//! What the client is told when it starts.

use super::{By::*, Part, row};

pub(super) const CLIENT: Part = Part {
    title: "Command line of the client",
    rows: &[
        row(
            "`TARGET_ADDR`, by default http://127.0.0.1:6669",
            "`TARGET`, the same default",
            &[Setting("target")],
        ),
        row(
            "`http://`, `https://`",
            "the same, also `host:port` and `:port`; `https://` for [locked doors](#locked-doors), also of console-subscribers",
            &[],
        ),
        row(
            "`file://` for a Unix socket",
            "`unix:PATH`, also `file://`; the agent has one unless told otherwise",
            &[Builder("listen_unix"), Env("LOITER_UNIX_SOCKET")],
        ),
        row(
            "`vsock://`, a Cargo feature",
            "the same",
            &[Builder("listen_vsock"), Feature("vsock")],
        ),
        row(
            "`--log FILTER`, by default RUST_LOG's",
            "`--log FILTER`; RUST_LOG is for the programs one looks at",
            &[Option("", "--log"), Setting("log.filter")],
        ),
        row(
            "`--log-dir DIR`, by default /tmp/tokio-console/logs",
            "`--log-file FILE`, by default in the user's folder for state",
            &[Option("", "--log-file"), Setting("log.file")],
        ),
        row(
            "`-W`, `--warn` and `-A`, `--allow`",
            "`-W`, `--warn-lints` and `-A`, `--allow-lints`",
            &[Option("", "--warn-lints"), Option("", "--allow-lints")],
        ),
        row(
            "`--lang`, by default LANG's; `--ascii-only`",
            "LC_ALL, LC_CTYPE, LANG; `--ascii`, `--ascii=false`",
            &[Option("", "--ascii"), Setting("ui.ascii")],
        ),
        row(
            "`--no-colors`",
            "`--no-color`, NO_COLOR",
            &[Option("", "--no-color")],
        ),
        row(
            "`--colorterm`, by default COLORTERM's, else what `tput colors` says",
            "COLORTERM and TERM; no other program is run",
            &[],
        ),
        row(
            "`--palette 8|16|256|all|off`",
            "`--palette 8|16|256|truecolor|none|auto`",
            &[Option("", "--palette"), Setting("colors.palette")],
        ),
        row(
            "`--no-duration-colors`",
            "`--duration-colors=false`, as it is unless asked for",
            &[Option("", "--duration-colors"), Setting("colors.durations")],
        ),
        row(
            "`--no-terminated-colors`",
            "`--ended-colors=false`",
            &[Option("", "--ended-colors"), Setting("colors.ended")],
        ),
        row(
            "`--retain-for DURATION|none`, by default 6s",
            "the same, by default none",
            &[Option("", "--retain-for"), Setting("ui.retain_for")],
        ),
        row(
            "durations without decimals in tables, with 2 in details",
            "three digits; `--precision DIGITS`",
            &[Option("", "--precision"), Setting("durations.decimals")],
        ),
        row(
            "`gen-config`",
            "`loiter config --init`; `--print` says what holds and why, `--path` where the file is",
            &[
                Command("config"),
                Option("config", "--init"),
                Option("config", "--print"),
                Option("config", "--path"),
            ],
        ),
        row(
            "`gen-completion SHELL`",
            "`loiter completions SHELL`",
            &[Command("completions")],
        ),
        row(
            "`--help`, `--version`, `help`",
            "the same",
            &[Option("", "--help"), Option("", "--version")],
        ),
        row(
            "none: no command but the UI",
            "`loiter tasks`, `stacks`, `check`, `snapshot`, `diff`, `export`, as text and as JSON",
            &[
                Command("tasks"),
                Command("stacks"),
                Command("check"),
                Command("snapshot"),
                Command("diff"),
                Command("export"),
            ],
        ),
        row(
            "on a panic, the terminal is given back first",
            "the same, and the log has it, too",
            &[],
        ),
        row(
            "journald, a Cargo feature",
            "the log is a file",
            &[Option("", "--log-file")],
        ),
    ],
};
