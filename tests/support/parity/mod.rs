//! What tokio-console 0.1.14 and console-subscriber 0.5.0 have, and what loiter has for it: the
//! table in the README. A test looks up whatever a row names.

mod agent;
mod client;
mod keys;
mod settings;
mod views;

use std::fmt::Write;

/// A part of the table.
#[derive(Debug)]
pub struct Part {
    /// What its rows have in common.
    pub title: &'static str,
    /// A row for each feature.
    pub rows: &'static [Row],
}

/// One feature.
#[derive(Debug)]
pub struct Row {
    /// What they have.
    pub theirs: &'static str,
    /// What loiter has for it.
    pub ours: &'static str,
    /// What of it can be looked up.
    pub by: &'static [By],
}

/// Something in loiter that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A command, such as `export`.
    Command(&'static str),
    /// An option of a command; the UI is the command without a name.
    Option(&'static str, &'static str),
    /// A key of the UI, by its name in the table of keys.
    Key(&'static str),
    /// A key of the configuration.
    Setting(&'static str),
    /// An environment variable of the agent.
    Env(&'static str),
    /// A method of `loiter::Builder`.
    Builder(&'static str),
    /// A Cargo feature of the agent.
    Feature(&'static str),
    /// A column of tasks.
    Column(&'static str),
    /// A word of the filter language.
    Filter(&'static str),
    /// A kind of finding.
    Finding(&'static str),
    /// A call of the protocol `loiter.v1`.
    Call(&'static str),
}

/// The whole table.
pub const PARTS: &[Part] = &[
    views::VIEWS,
    views::COLUMNS,
    views::LINTS,
    keys::KEYS,
    client::CLIENT,
    settings::SETTINGS,
    agent::BUILDER,
    agent::SERVER,
];

const fn row(theirs: &'static str, ours: &'static str, by: &'static [By]) -> Row {
    Row { theirs, ours, by }
}

/// As Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::new();
    for Part { title, rows } in PARTS {
        let _ = write!(
            text,
            "\n**{title}**\n\n| there | in loiter |\n| --- | --- |\n"
        );
        for Row { theirs, ours, .. } in *rows {
            let _ = writeln!(
                text,
                "| {} | {} |",
                theirs.replace('|', "\\|"),
                ours.replace('|', "\\|")
            );
        }
    }
    text + "\n"
}
