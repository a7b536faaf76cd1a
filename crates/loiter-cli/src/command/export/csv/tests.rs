use loiter_model::Thresholds;
use loiter_recording::Entry;
use serde_json::Value;

use super::{super::tests::*, *};
use crate::command::{
    check::Seen,
    json::{self, Document},
    sample,
};

/// The cells of a table, its head first.
fn read(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes);
    let records = reader.records();
    let cells = records.map(|record| {
        let record = record.expect("every row has as many cells");
        record.iter().map(ToOwned::to_owned).collect()
    });
    cells.collect()
}

fn table(columns: Columns, document: &impl Serialize, list: &str) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let mut rows = Rows::new(&mut out, columns).expect("memory");
    rows.rows(document, list, u64::MAX).expect("memory");
    rows.finish().expect("memory");
    read(&out)
}

fn tasks() -> Document {
    let (target, thresholds) = (sample::target(), Thresholds::default());
    Document::of_tasks(&target, &thresholds, &sample::tasks())
}

fn sites() -> Document {
    let (target, thresholds) = (sample::target(), Thresholds::default());
    Document::of_sites(&target, &thresholds, &sample::sites())
}

/// The paths of everything in a row.
fn paths(row: &Value, before: &str, paths: &mut Vec<String>) {
    for (name, value) in row.as_object().expect("an object") {
        let path = format!("{before}{name}");
        match value {
            Value::Object(_) => self::paths(value, &format!("{path}."), paths),
            _ => paths.push(path),
        }
    }
}

fn rows_of(document: &impl Serialize, list: &str) -> Vec<Value> {
    let mut document = serde_json::to_value(document).expect("JSON");
    match document[list].take() {
        Value::Array(rows) => rows,
        other => panic!("{other} is no list"),
    }
}

/// What a row says in JSON has a column here, and the other way round.
#[test]
fn the_columns_are_the_fields_of_the_json() {
    let findings = sample::findings();
    let seen = Seen::new(&findings.findings[0], &findings);
    let finding = serde_json::to_value(json::finding(&seen)).expect("JSON");
    for (row, columns, left_out) in [
        (rows_of(&tasks(), "tasks").remove(0), TASKS, &[][..]),
        (rows_of(&sites(), "sites").remove(0), SITES, &["history"]),
        (finding, FINDINGS, &["fails", "ongoing", "code"]),
    ] {
        let mut fields = Vec::new();
        paths(&row, "", &mut fields);
        fields.retain(|field| !left_out.contains(&field.as_str()));
        fields.sort_unstable();
        let mut columns = columns.to_vec();
        // Of what waits on nothing there is no place, and its fields are known of another.
        let is_known = |column: &&str| fields.iter().any(|field| field == column);
        let unknown: Vec<_> = columns.iter().filter(|it| !is_known(it)).collect();
        assert!(unknown.is_empty(), "{unknown:?} are no fields");
        columns.sort_unstable();
        assert_eq!(fields, columns);
    }
}

#[test]
fn a_row_is_what_the_json_says() {
    let rows = table(TASKS, &tasks(), "tasks");
    assert_eq!(rows.len(), 3);
    let cell = |row: usize, column: &str| {
        let at = rows[0].iter().position(|name| name == column);
        rows[row][at.expect("a column")].as_str()
    };
    assert_eq!(cell(1, "seq"), "17");
    assert_eq!(cell(1, "name"), "blocked-send");
    assert_eq!(cell(1, "idle_ns"), "92700000000");
    assert_eq!(cell(1, "wait_kind"), "mpsc send");
    assert_eq!(cell(1, "wait_line"), "40");
    assert_eq!(cell(1, "site_file"), "src/report.rs");
    assert_eq!(cell(2, "idle_ns"), "");
    assert_eq!(cell(2, "woken_by"), "17");
    let rows = table(SITES, &sites(), "sites");
    assert_eq!(rows[1][..2], ["src/report.rs", "31"]);
    assert!(rows[0].contains(&"poll_p99_ns".to_owned()));
}

#[test]
fn a_finding_is_one_row() {
    let findings = sample::findings();
    let mut out = Vec::new();
    let mut rows = Rows::new(&mut out, FINDINGS).expect("memory");
    for finding in &findings.findings {
        let row = serde_json::to_value(json::finding(&Seen::new(finding, &findings)));
        rows.row(&row.expect("JSON")).expect("memory");
    }
    rows.finish().expect("memory");
    let rows = read(&out);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1][..2], ["no waker", "proved"]);
    let all = rows[1].join("|");
    assert!(
        all.contains("no waker of it exists; polled once more"),
        "{all}"
    );
    assert!(rows[2].contains(&"17; 20; 21; 22; 23; 24; 25; 26".to_owned()));
}

#[test]
fn lines_end_as_the_rfc_has_it_and_no_cell_breaks_its_row() {
    let mut out = Vec::new();
    trace_of(entries(), "", &mut Events::new(&mut out));
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    // Its quote is doubled, and what would be a formula is a text.
    assert!(text.contains("\"'=1+1\"\"</script>"), "{text}");
    let rows = read(text.as_bytes());
    assert!(rows.iter().all(|row| row.len() == events::COLUMNS.len()));
}

#[test]
fn events_say_what_they_ended() {
    let mut out = Vec::new();
    trace_of(entries(), "-seq:40", &mut Events::new(&mut out));
    sample::assert_snapshot("export_events", &String::from_utf8(out).expect("UTF-8"));
}

#[test]
fn a_task_whose_end_was_missed_is_gone() {
    let later = FROM.saturating_add(loiter_model::Nanos::from_secs(1));
    let target = Box::new(sample::target());
    let mut entries = entries();
    entries.truncate(3);
    entries.extend([
        Entry::Keyframe { at: later, target },
        Entry::KeyframeEnd { at: later },
    ]);
    let mut out = Vec::new();
    trace_of(entries, "", &mut Events::new(&mut out));
    let rows = read(&out);
    let gone = rows.iter().filter(|row| row[1] == "gone");
    let gone: Vec<_> = gone.map(|row| (row[2].as_str(), row[9].as_str())).collect();
    assert_eq!(gone, [("17", "unknown"), ("18", "unknown")]);
}

#[test]
fn what_a_spreadsheet_would_run_is_a_text() {
    for (text, expected) in [
        ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("worker", "worker"),
        ("\t=1", "\u{fffd}=1"),
    ] {
        assert_eq!(column::plain(text), expected);
    }
    // Numbers are numbers.
    assert_eq!(cell(&serde_json::json!({ "n": -1 }), "n"), "-1");
}
