//! The page's script, run by node in as much of a browser as it needs.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::tests::{page, report};

/// What a table shows after each of these steps: see `browser.js`.
fn after(steps: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, file) = (
        folder.path().join("browser.js"),
        folder.path().join("page.html"),
    );
    fs::write(&script, include_str!("browser.js")).expect("room");
    fs::write(&file, page(&report())).expect("room");
    let mut node = Command::new("node")
        .args([&script, &file])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs `node`: apt-get install nodejs");
    let mut to = node.stdin.take().expect("it is piped");
    to.write_all(steps.join("\n").as_bytes()).expect("it reads");
    drop(to);
    let finished = node.wait_with_output().expect("it ends");
    assert!(finished.status.success(), "{finished:?}");
    let printed = String::from_utf8(finished.stdout).expect("UTF-8");
    let lines = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

/// The first cells of the rows.
fn first_cells(shown: &Value) -> Vec<&str> {
    let rows = shown["rows"].as_array().expect("rows");
    rows.iter()
        .map(|row| row[0].as_str().expect("a text"))
        .collect()
}

#[test]
#[ignore = "needs node: apt-get install nodejs; run by `.ci/run`"]
fn headings_sort_and_words_search() {
    let shown = after(&[
        "click 0 #",
        "click 0 #",
        "click 0 Idle",
        "search 0 BLOCKED-SEND",
        "search 0 blocked-send nowhere",
        "search 0 ",
    ]);
    assert_eq!(shown.len(), 6, "{shown:?}");
    let all = first_cells(&shown[0]);
    assert!(all.len() > 1, "{shown:?}");
    let mut turned = all.clone();
    turned.reverse();
    assert_eq!(first_cells(&shown[1]), turned, "the other way round");
    for (step, order) in [(0, "descending"), (1, "ascending")] {
        assert_eq!(shown[step]["sorted"][0], order, "the largest first");
        assert_eq!(shown[step]["sorted"][1], "none");
    }
    // What does not wait comes last.
    let idle = |row: &Value| row[4].as_str().map(str::is_empty);
    let rows = shown[2]["rows"].as_array().expect("rows");
    assert_eq!(idle(&rows[0]), Some(false), "{rows:?}");
    assert_eq!(shown[2]["sorted"][0], "none");

    let found = first_cells(&shown[3]);
    assert!(found.len() < all.len() && !found.is_empty(), "{shown:?}");
    assert_eq!(
        shown[3]["says"],
        format!("{} of {} rows", found.len(), all.len())
    );
    assert_eq!(first_cells(&shown[4]), <[&str; 0]>::default());
    assert_eq!(first_cells(&shown[5]).len(), all.len());
    assert_eq!(shown[5]["says"], "");
}
