//! The configuration in force, as TOML.

use std::fmt::Write;

use super::{Config, Origin, SETTINGS, Setting, Takes, Value};

/// Every setting with its value, and where that comes from: a file that says the same wherever
/// it is read. What is left to the program is a comment.
#[must_use]
pub fn print(config: &Config) -> String {
    let lines: Vec<(String, String)> = config
        .values()
        .map(|(setting, value)| (line(setting, value), origin(setting, value)))
        .collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    let mut table = "";
    for (setting, (line, origin)) in SETTINGS.iter().zip(lines) {
        let (its_table, _) = setting.table_and_name();
        if its_table != table {
            table = its_table;
            let _ = writeln!(text, "\n[{table}]");
        }
        let _ = writeln!(text, "{line:width$}  # {origin}");
    }
    text
}

fn line(setting: &Setting, value: &Value) -> String {
    let (_, name) = setting.table_and_name();
    match &value.text {
        Some(text) => format!("{name} = {}", toml(setting.takes, text)),
        None => format!("# {name}"),
    }
}

fn origin(setting: &Setting, value: &Value) -> String {
    match &value.origin {
        Origin::BuiltIn if value.text.is_none() => "not set".to_owned(),
        Origin::BuiltIn => "built in".to_owned(),
        Origin::File { path, line, .. } => format!("{}:{line}", path.display()),
        Origin::Environment => setting.env.to_owned(),
        Origin::CommandLine => format!("command line, {}", setting.option),
    }
}

/// A value as TOML.
pub(super) fn toml(takes: Takes, text: &str) -> String {
    match takes {
        Takes::Text | Takes::Duration => quoted(text),
        Takes::Number | Takes::Truth => text.to_owned(),
        Takes::List => {
            let items = text.split(',').filter(|item| !item.is_empty());
            let items: Vec<String> = items.map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
