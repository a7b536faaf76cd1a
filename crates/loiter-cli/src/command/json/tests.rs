use loiter_model::{
    Thresholds,
    query::{Column, ResourceColumn, SiteColumn, TaskColumn, WaitColumn},
};
use serde_json::Value;

use super::*;
use crate::command::sample;

fn written(document: &Document) -> String {
    let mut out = Vec::new();
    write(document, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("UTF-8")
}

fn parsed(document: &Document) -> Value {
    serde_json::from_str(&written(document)).expect("valid JSON")
}

fn tasks() -> Document {
    Document::of_tasks(&sample::target(), &Thresholds::default(), &sample::tasks())
}

fn sites() -> Document {
    Document::of_sites(&sample::target(), &Thresholds::default(), &sample::sites())
}

#[test]
fn the_shape_of_a_document_of_tasks_is_stable() {
    sample::assert_snapshot("tasks_json", &written(&tasks()));
}

#[test]
fn the_shape_of_a_document_of_sites_is_stable() {
    sample::assert_snapshot("sites_json", &written(&sites()));
}

fn stacks() -> Value {
    let mut out = Vec::new();
    let (target, limits, update) = (sample::target(), Thresholds::default(), sample::waits());
    let name = |seq: loiter_model::TaskSeq| (seq.get() != 33).then(|| "blocked-send".to_owned());
    let document = Stacks::new(&target, &limits, Some(&sample::capture()), &update, name);
    write(&document, &mut out).expect("memory takes everything");
    serde_json::from_slice(&out).expect("valid JSON")
}

#[test]
fn the_shape_of_a_document_of_stacks_is_stable() {
    let text = serde_json::to_string_pretty(&stacks()).expect("JSON");
    sample::assert_snapshot("stacks_json", &text);
}

fn resources() -> Value {
    let mut out = Vec::new();
    let document = Resources::new(&sample::target(), &sample::resources());
    write(&document, &mut out).expect("memory takes everything");
    serde_json::from_slice(&out).expect("valid JSON")
}

#[test]
fn the_shape_of_a_document_of_resources_is_stable() {
    let text = serde_json::to_string_pretty(&resources()).expect("JSON");
    sample::assert_snapshot("resources_json", &text);
}

/// Whether a row has a field for the column, by its name and a unit.
fn has_field<C: Column>(row: &Value, column: C) -> bool {
    let name = column.name().replace('-', "_");
    ["", "_ns", "_bytes"]
        .iter()
        .any(|unit| row.get(format!("{name}{unit}")).is_some())
}

#[test]
fn every_column_is_a_field() {
    let task = &parsed(&tasks())["tasks"][0];
    for &column in TaskColumn::ALL {
        // A summary of others: the site's function and the sizes.
        if column != TaskColumn::Fields {
            assert!(has_field(task, column), "{}", column.name());
        }
    }
    let stack = &stacks()["stacks"][0];
    for &column in WaitColumn::ALL {
        // It is the stack itself.
        if column != WaitColumn::Wait {
            assert!(has_field(stack, column), "{}", column.name());
        }
    }
    let resource = &resources()["resources"][0];
    for &column in ResourceColumn::ALL {
        assert!(has_field(resource, column), "{}", column.name());
    }
    let site = &parsed(&sites())["sites"][0];
    for &column in SiteColumn::ALL {
        assert!(has_field(site, column), "{}", column.name());
    }
}

#[test]
fn no_text_from_the_wire_steers_the_terminal_and_all_of_it_is_kept() {
    let hostile = "a\x1b[2J\u{9b}31m\x7f\"é";
    let mut update = sample::tasks();
    for name in update.labels.names.values_mut() {
        *name = hostile.into();
    }
    let document = Document::of_tasks(&sample::target(), &Thresholds::default(), &update);
    let text = written(&document);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    let names = &parsed(&document)["tasks"];
    assert_eq!(names[0]["name"], hostile);
}
