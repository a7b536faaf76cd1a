//! The README's table of what tokio-console has, row by row: nothing of theirs is left out, no row
//! is empty, and what a row names exists.

use std::{fs, path::Path};

use loiter_model::{
    finding::FindingKind,
    query::{Column, Filter, TaskColumn},
};
use loiter_tests::{
    Loiter,
    parity::{By, PARTS, Row},
};

const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));

/// What the help, the sample configuration and the documentation of tokio-console 0.1.14 and
/// console-subscriber 0.5.0 list.
const THEIRS: &[&str] = &[
    // Options and commands.
    "TARGET_ADDR",
    "--log ",
    "--warn",
    "--allow",
    "--log-dir",
    "--lang",
    "--ascii-only",
    "--no-colors",
    "--colorterm",
    "--palette",
    "--no-duration-colors",
    "--no-terminated-colors",
    "--retain-for",
    "--help",
    "--version",
    "gen-config",
    "gen-completion",
    "http://",
    "https://",
    "file://",
    "vsock://",
    "journald",
    // Keys of the configuration.
    "default_target_addr",
    "log_directory",
    "warnings",
    "allow_warnings",
    "retention",
    "charset.lang",
    "charset.ascii_only",
    "colors.enabled",
    "colors.truecolor",
    "colors.palette",
    "colors.enable.durations",
    "colors.enable.terminated",
    // Lints.
    "self-wakes",
    "lost-waker",
    "never-yielded",
    "auto-boxed-future",
    "large-future",
    // Methods of the builder, and the environment.
    "event_buffer_capacity",
    "client_buffer_capacity",
    "publish_interval",
    "server_addr",
    "recording_path",
    "filter_env_var",
    "poll_duration_histogram_max",
    "scheduled_duration_histogram_max",
    "enable_self_trace",
    "enable_grpc_web",
    "build()",
    "spawn()",
    "init()",
    "TOKIO_CONSOLE_BUFFER_CAPACITY",
    "TOKIO_CONSOLE_PUBLISH_INTERVAL",
    "TOKIO_CONSOLE_RETENTION",
    "TOKIO_CONSOLE_BIND",
    "TOKIO_CONSOLE_RECORD_PATH",
    "RUST_LOG",
    "parking_lot",
    "env-filter",
    "grpc-web",
    "console_without_tokio_unstable",
    // Calls of the protocol.
    "WatchUpdates",
    "WatchTaskDetails",
    "WatchState",
    "Pause",
    "Resume",
    // Keys.
    "`t`",
    "`r`",
    "Left",
    "Right",
    "`h`",
    "`l`",
    "Up",
    "Down",
    "`j`",
    "`k`",
    "`i`",
    "`gg`",
    "`G`",
    "Enter",
    "Esc",
    "`?`",
    "Space",
    "`q`",
    "Ctrl-c",
    "Ctrl-d",
    // Columns.
    "Warn",
    "ID",
    "State",
    "Name",
    "Total",
    "Busy",
    "Sched",
    "Idle",
    "Polls",
    "Kind",
    "Location",
    "Fields",
    "Parent",
    "Target",
    "Type",
    "Vis",
    "Attributes",
    "Task",
    "Source",
];

fn rows() -> impl Iterator<Item = &'static Row> {
    PARTS.iter().flat_map(|part| part.rows)
}

#[test]
fn no_row_is_empty_and_none_is_there_twice() {
    let mut seen = Vec::new();
    for part in PARTS {
        for row in part.rows {
            assert!(!row.theirs.trim().is_empty(), "{row:?}");
            assert!(!row.ours.trim().is_empty(), "{row:?}");
            let place = (part.title, row.theirs);
            assert!(!seen.contains(&place), "{row:?}");
            seen.push(place);
        }
    }
}

#[test]
fn nothing_of_theirs_is_left_out() {
    for feature in THEIRS {
        let has_row = rows().any(|row| row.theirs.contains(feature));
        assert!(has_row, "{feature} has no row");
    }
}

#[test]
fn what_a_row_names_exists() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let builder = sources(&here.join("../crates/loiter/src/builder"));
    let calls = sources(&here.join("../proto/loiter/v1"));
    let manifest = here.join("../crates/loiter/Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("the agent's manifest");
    let mut missing = Vec::new();
    for row in rows() {
        for by in row.by {
            let exists = match *by {
                By::Command(name) => LOITER.run(&["help", name]).code == Some(0),
                By::Option(command, option) => help(command)
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                    .any(|word| word == option),
                By::Key(name) => {
                    let mut bindings = loiter_cli::ui::keymap::BINDINGS.iter();
                    bindings.any(|binding| {
                        let mut strokes = binding.strokes.iter();
                        strokes.any(|stroke| stroke.name() == name)
                    })
                }
                By::Setting(key) => loiter_cli::config::SETTINGS.iter().any(|s| s.key == key),
                By::Env(name) => loiter::ENV.iter().any(|variable| variable.name == name),
                By::Builder(name) => builder.contains(&format!("pub fn {name}(")),
                By::Feature(name) => manifest.contains(&format!("\n{name} = [")),
                By::Column(name) => TaskColumn::from_name(name).is_some(),
                By::Filter(text) => text.parse::<Filter>().is_ok(),
                By::Finding(name) => FindingKind::ALL.iter().any(|kind| kind.name() == name),
                By::Call(name) => calls.contains(&format!("rpc {name}(")),
            };
            if !exists {
                missing.push(format!("{by:?} of `{}`", row.theirs));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn help(command: &str) -> String {
    match command {
        "" => LOITER.run(&["--help"]).stdout,
        command => LOITER.run(&["help", command]).stdout,
    }
}

/// All the files in a folder, one after the other.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder of sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.is_file());
    files
        .map(|path| fs::read_to_string(path).expect("a source"))
        .collect()
}
