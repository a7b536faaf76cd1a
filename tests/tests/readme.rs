//! The README's tables are what the program says. To renew them:
//! `LOITER_REGENERATE=1 cargo test -p loiter-tests --test readme`.

use std::{fmt::Write, fs};

use loiter_model::{
    finding::{Advice, FindingKind},
    metric::Metric,
    query::REFERENCE,
};
use loiter_tests::{parity, readme};

/// Where the objects of the JSON are defined and described.
const JSON: &str = concat!(
    include_str!("../../crates/loiter-cli/src/command/json/mod.rs"),
    include_str!("../../crates/loiter-cli/src/command/json/agents.rs"),
    include_str!("../../crates/loiter-cli/src/command/json/check.rs"),
    include_str!("../../crates/loiter-cli/src/command/json/diff.rs"),
    include_str!("../../crates/loiter-cli/src/command/json/resources.rs"),
);

/// These objects, each with what it stands for in the others.
const OBJECTS: [(&str, &str); 30] = [
    ("Document", "the document"),
    ("Target", "target"),
    ("Limits", "thresholds"),
    ("LintLimits", "thresholds of lints"),
    ("Totals", "totals"),
    ("LintCounts", "counts of lints"),
    ("Task", "a task"),
    ("Wait", "a wait"),
    ("Site", "a site"),
    ("SiteStats", "a site's tasks"),
    ("Quantiles", "quantiles"),
    ("Stacks", "the document of stacks"),
    ("Capture", "a capture"),
    ("Stack", "a stack"),
    ("TaskName", "a task's name"),
    ("Branch", "a branch"),
    ("Frame", "a frame"),
    ("Resources", "the document of resources"),
    ("Resource", "a resource"),
    ("Attribute", "an attribute"),
    ("Agents", "the document of agents"),
    ("Agent", "an agent"),
    ("FindingCounts", "counts of findings"),
    ("Check", "the document of a check"),
    ("Finding", "a finding"),
    ("Evidence", "a piece of evidence"),
    ("Allowed", "an allow entry"),
    ("Diff", "the document of a diff"),
    ("Grown", "a grown site"),
    ("Stuck", "a group of stuck tasks"),
];

#[test]
fn tables_are_current() {
    let text = fs::read_to_string(readme::PATH).expect("a README");
    let mut current = text.clone();
    for (name, table) in [
        ("env", environment()),
        ("findings", findings()),
        ("keys", loiter_cli::ui::keymap::markdown()),
        ("settings", loiter_cli::config::markdown()),
        ("metrics", metrics()),
        ("parity", parity::markdown()),
        ("filter", filter()),
        ("json", json()),
    ] {
        let part = readme::part(&current, name);
        current.replace_range(part, &table);
    }
    if std::env::var_os("LOITER_REGENERATE").is_some() {
        fs::write(readme::PATH, &current).expect("the README can be written");
        return;
    }
    assert!(
        text == current,
        "README.md is not what the program says; renew it with \
         `LOITER_REGENERATE=1 cargo test -p loiter-tests --test readme`"
    );
}

fn environment() -> String {
    let mut table = String::from("| variable | value | default | |\n| --- | --- | --- | --- |\n");
    for variable in loiter::ENV {
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            variable.name,
            escaped(variable.value),
            variable.default,
            escaped(variable.meaning)
        );
    }
    table
}

fn findings() -> String {
    let mut table = String::from("| finding | cause |\n| --- | --- |\n");
    for kind in FindingKind::ALL {
        let cause = Advice::of(*kind, None).cause;
        let _ = writeln!(table, "| {} | {} |", kind.name(), escaped(cause));
    }
    table
}

fn metrics() -> String {
    let mut table = String::from("| metric | type | labels | |\n| --- | --- | --- | --- |\n");
    for metric in Metric::ALL {
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            metric.name(),
            metric.kind.name(),
            labels.join(", "),
            escaped(metric.help)
        );
    }
    table
}

fn filter() -> String {
    let mut table = String::from("| write | for |\n| --- | --- |\n");
    for row in REFERENCE {
        let _ = writeln!(table, "| `{}` | {} |", row.syntax, escaped(row.meaning));
    }
    table
}

/// A table an object, read off the structs that are serialized.
fn json() -> String {
    let mut tables = String::new();
    for (name, what) in OBJECTS {
        let fields = fields(name);
        assert!(!fields.is_empty(), "no fields of {name}");
        let _ = write!(
            tables,
            "\n**{what}**\n\n| field | is | |\n| --- | --- | --- |\n"
        );
        for (field, kind, meaning) in fields {
            let _ = writeln!(tables, "| `{field}` | {kind} | {} |", escaped(&meaning));
        }
    }
    tables + "\n"
}

/// Name, type and description of each field of a struct.
fn fields(name: &str) -> Vec<(String, String, String)> {
    let start = JSON
        .find(&format!("struct {name} {{\n"))
        .unwrap_or_else(|| panic!("no struct {name}"));
    let body = &JSON[start..];
    let body = &body[..body.find("\n}\n").expect("its end")];
    let mut fields = Vec::new();
    let mut meaning = Vec::new();
    for line in body.lines().skip(1).map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            meaning.push(text.trim());
        } else if let Some((field, kind)) = line.strip_suffix(',').and_then(|l| l.split_once(": "))
        {
            let meaning = std::mem::take(&mut meaning).join(" ");
            match kind {
                // Flattened: one of its two takes its place.
                "Rows" => {
                    for (field, of) in [("tasks", "a task"), ("sites", "a site's tasks")] {
                        let kind = format!("list, each {of}");
                        fields.push((field.to_owned(), kind, meaning.clone()));
                    }
                }
                _ => {
                    let field = field.trim_start_matches("r#").to_owned();
                    fields.push((field, json_type(kind), meaning));
                }
            }
        }
    }
    fields
}

/// What a Rust type is in JSON.
fn json_type(kind: &str) -> String {
    if let Some(inner) = inside(kind, "Option<") {
        return format!("{} or null", json_type(inner));
    }
    if let Some(inner) = inside(kind, "Vec<") {
        let inner = json_type(inner);
        return match inner.starts_with("a ") || inner.starts_with("an ") {
            true => format!("list, each {inner}"),
            false => format!("list of {inner}s"),
        };
    }
    match kind {
        "bool" => "true or false".to_owned(),
        "u32" | "u64" | "i64" | "f64" => "number".to_owned(),
        "String" | "&'static str" => "text".to_owned(),
        _ => {
            let object = OBJECTS.iter().find(|(name, _)| *name == kind);
            let (_, what) = object.unwrap_or_else(|| panic!("what is a {kind} in JSON?"));
            (*what).to_owned()
        }
    }
}

fn inside<'a>(kind: &'a str, outside: &str) -> Option<&'a str> {
    kind.strip_prefix(outside)?.strip_suffix('>')
}

/// A `|` would end a cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
