//! `loiter export`: what a program does, in the form of other tools.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use loiter_tests::wait_until;
use serde_json::Value;

use crate::{LOITER, shared};

/// Exports with these arguments, and says what went to standard output.
fn export(args: &[&str]) -> String {
    let finished = LOITER.run(&[&["export"], args].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Waits until the demo has all that these tests look for, and the agent has asked what is blocked
/// what it waits on.
fn ready() -> &'static str {
    let address = shared().address.as_str();
    wait_until("an order that waits", || {
        let args = [address, "-f", "name:await-acknowledgement wait:oneshot"];
        (LOITER.tasks(&args)["matched"].as_u64() > Some(0)).then_some(())
    });
    wait_until("a task without a waker", || {
        let checked = LOITER.run(&["check", address, "--for", "1s", "--format", "json"]);
        checked.stdout.contains("\"no waker\"").then_some(())
    });
    address
}

/// Looks at a trace as Chrome does: which tracks have which slices, and where the arrows lead.
fn check_trace(text: &str) {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let mut events: Vec<&Value> = document["traceEvents"]
        .as_array()
        .expect("events")
        .iter()
        .collect();
    let ts = |event: &Value| event["ts"].as_f64().expect("a time");
    events.sort_by(|a, b| ts(a).total_cmp(&ts(b)));
    let mut threads = HashMap::new();
    let mut open: HashMap<(u64, u64), Vec<&str>> = HashMap::new();
    let mut seen = HashSet::new();
    let mut arrows: HashMap<u64, String> = HashMap::new();
    for event in events {
        let number = |name: &str| event[name].as_u64().expect("a number");
        let place = (number("pid"), number("tid"));
        let name = event["name"].as_str().unwrap_or_default();
        match event["ph"].as_str().expect("a phase") {
            "M" if name == "thread_name" => {
                threads.insert(place, event["args"]["name"].as_str().expect("a name"));
            }
            "B" => {
                seen.insert(name);
                open.entry(place).or_default().push(name);
            }
            "E" => drop(open.entry(place).or_default().pop().expect("it has begun")),
            ph @ ("s" | "f") => {
                let stack = open.get(&place);
                assert!(stack.is_some_and(|stack| !stack.is_empty()), "{event}");
                *arrows.entry(number("id")).or_default() += ph;
            }
            _ => {}
        }
    }
    assert!(open.values().all(Vec::is_empty), "a slice goes on");
    for state in ["running", "scheduled", "idle"] {
        assert!(seen.contains(state), "{state} in {seen:?}");
    }
    assert!(!arrows.is_empty(), "nobody wakes anybody");
    assert!(arrows.values().all(|ends| ends == "sf"), "{arrows:?}");
    let is_there = |part: &str| threads.values().any(|name| name.ends_with(part));
    assert!(is_there(" await-acknowledgement"), "{threads:?}");
}

#[test]
fn what_a_program_does_is_a_trace() {
    let address = ready();
    let trace = export(&[address, "--to", "chrome", "--for", "3s", "-o", "-"]);
    check_trace(&trace);
    // What it waits on was found out before, and is a slice within its wait.
    assert!(trace.contains("oneshot recv"), "{trace}");

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trace.pftrace");
    let args = [
        address,
        "--to",
        "perfetto",
        "--for",
        "1s",
        "-o",
        text(&path),
    ];
    assert_eq!(export(&args), "");
    let trace = fs::read(&path).expect("a trace");
    // `Trace.packet`, as in every such file.
    assert_eq!(trace[0], 0x0a);
    for name in ["await-acknowledgement", "tasks blocked", "oneshot recv"] {
        let is_there = trace.windows(name.len()).any(|it| it == name.as_bytes());
        assert!(is_there, "{name} is not in the trace");
    }
}

#[test]
fn what_was_recorded_is_exported_as_well() {
    let address = ready();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.loiter");
    let recorded = LOITER.run(&["record", address, "--for", "3s", "-o", text(&path)]);
    assert_eq!(recorded.code, Some(0), "{recorded:?}");
    let recording = text(&path);
    check_trace(&export(&[recording, "--to", "chrome", "-o", "-"]));
    let findings = export(&[recording, "--to", "csv", "--table", "findings", "-o", "-"]);
    assert!(findings.contains("no waker,proved"), "{findings}");
    let page = export(&[recording, "--to", "html", "-o", "-"]);
    assert!(page.contains("no waker (proved)"), "{page}");

    let refused = LOITER.run(&["export", recording, "--to", "csv", "--for", "1s", "-o", "-"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("--for is for running programs"),
        "{refused:?}"
    );

    // Of one that was cut off there is what came before, and that is said.
    let whole = fs::read(&path).expect("a recording");
    fs::write(&path, &whole[..whole.len() * 3 / 4]).expect("a file");
    let finished = LOITER.run(&["export", recording, "--to", "chrome", "-o", "-"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("cut off"), "{}", finished.stderr);
    assert!(finished.stdout.contains("the recording is cut off here"));
}

#[test]
fn what_a_program_does_is_a_table_of_events() {
    let address = ready();
    let filter = "name:await-acknowledgement,blocked-send";
    let args = ["--to", "csv", "--table", "events", "--for", "2s", "-o", "-"];
    let table = export(&[&[address, "-f", filter], &args[..]].concat());
    let mut lines = table.split("\r\n");
    let head = lines.next().expect("a head");
    assert!(head.starts_with("at_ns,event,seq,name,site,by"), "{head}");
    assert!(table.contains(",alive,"), "{table}");
    let rows: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    for row in rows {
        let is_of_all = row.contains(",lost,") || row.contains(",gap,");
        // A name may come to be known only after the spawn.
        let is_right = row.contains("unacknowledged.rs") || row.contains("blocked_send.rs");
        assert!(is_right || is_of_all, "{row}");
    }
}

#[test]
fn tables_have_a_row_each() {
    let address = ready();
    let filter = "name:await-acknowledgement,blocked-send";
    let table = export(&[address, "--to", "csv", "-f", filter, "-o", "-"]);
    let rows = table.split("\r\n").filter(|line| !line.is_empty());
    let matched = LOITER.tasks(&[address, "-f", filter])["matched"].as_u64();
    let rows = rows.count() as u64 - 1;
    // Further orders may be forgotten meanwhile.
    assert!(rows >= 1 && Some(rows) <= matched, "{rows} of {matched:?}");
    assert!(table.contains("oneshot recv"), "{table}");

    let sites = export(&[address, "--to", "csv", "--table", "sites", "-o", "-"]);
    assert!(sites.contains("unacknowledged.rs"), "{sites}");
    assert_eq!(sites.matches("unacknowledged.rs").count(), 1, "{sites}");
    let args = [
        "--to", "csv", "--table", "findings", "--for", "2s", "-o", "-",
    ];
    let findings = export(&[&[address], &args[..]].concat());
    assert!(findings.contains("no waker,proved"), "{findings}");
}

#[test]
fn a_page_has_everything_in_it() {
    let address = ready();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.html");
    export(&[
        address,
        "--to",
        "html",
        "--for",
        "2s",
        "-n",
        "5",
        "-o",
        text(&path),
    ]);
    let page = fs::read_to_string(&path).expect("a page");
    let mut reader = quick_xml::Reader::from_str(&page);
    let mut rows = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) if tag.name().0 == "tr" => rows += 1,
            _ => {}
        }
    }
    // Five each, and the heads.
    assert!((8..=18).contains(&rows), "{rows} rows");
    for part in ["5 of ", "no waker (proved)", "Cure:", "oneshot recv"] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn what_cannot_be_exported_says_why() {
    let address = shared().address.as_str();
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("no/folder/x.csv");
    for (args, what) in [
        (
            &["--to", "html", "--table", "sites", "-o", "-"][..],
            "--table is for",
        ),
        (
            &["--to", "chrome", "-n", "5", "-o", "-"],
            "--limit is for tables",
        ),
        (
            &["--to", "pprof", "-n", "5", "-o", "-"],
            "one has every task",
        ),
        (
            &["--to", "pprof", "--for", "1s", "-o", "-"],
            "one has every task",
        ),
        (&["--to", "csv", "-f", "idel>1s", "-o", "-"], "idle"),
        (&["--to", "csv", "-o", text(&nowhere)], "cannot write"),
        (&["--to", "pdf", "-o", "-"], "perfetto"),
    ] {
        let finished = LOITER.run(&[&["export", address], args].concat());
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
        assert!(finished.stderr.contains(what), "{finished:?}");
    }
}
