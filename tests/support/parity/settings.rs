//! What stands in files.

use super::{By::*, Part, row};

pub(super) const SETTINGS: Part = Part {
    title: "Configuration of the client",
    rows: &[
        row(
            "$XDG_CONFIG_HOME/tokio-console/console.toml, ./console.toml, options",
            "$XDG_CONFIG_HOME/loiter/loiter.toml, ./loiter.toml, environment, options; `--no-config`",
            &[Option("", "--no-config"), Command("config")],
        ),
        row(
            "unknown keys are errors",
            "the same, with the key that was probably meant",
            &[],
        ),
        row("`default_target_addr`", "`target`", &[Setting("target")]),
        row(
            "`log`, `log_directory`",
            "`log.filter`, `log.file`",
            &[Setting("log.filter"), Setting("log.file")],
        ),
        row(
            "`warnings`, `allow_warnings`",
            "`lints.warn`, `lints.allow`",
            &[Setting("lints.warn"), Setting("lints.allow")],
        ),
        row(
            "`retention`",
            "`ui.retain_for`",
            &[Setting("ui.retain_for")],
        ),
        row(
            "`charset.lang`, `charset.ascii_only`",
            "`ui.ascii`",
            &[Setting("ui.ascii")],
        ),
        row(
            "`colors.enabled`, `colors.truecolor`, `colors.palette`",
            "`colors.palette`",
            &[Setting("colors.palette")],
        ),
        row(
            "`colors.enable.durations`, `colors.enable.terminated`",
            "`colors.durations`, `colors.ended`",
            &[Setting("colors.durations"), Setting("colors.ended")],
        ),
        row(
            "none: no view, filter, order, interval, limits",
            "`ui.view`, `ui.filter`, `ui.sort`, `ui.interval`, `thresholds.blocked_after`, …",
            &[
                Setting("ui.view"),
                Setting("ui.filter"),
                Setting("ui.sort"),
                Setting("ui.interval"),
                Setting("thresholds.blocked_after"),
            ],
        ),
    ],
};
