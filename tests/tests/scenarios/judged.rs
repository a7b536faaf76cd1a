//! Each scenario under `loiter check`.

use std::process::Command;

use loiter_tests::{
    Finished, Program,
    scenarios::{self, Scenario, Variant},
};
use serde_json::Value;

use crate::{LOITER, side_by_side};

/// Starts a scenario's program.
fn start(scenario: Scenario, variant: Variant) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
    command.arg(scenario.name);
    if variant == Variant::Cured {
        command.arg("--cured");
    }
    Program::start(command)
}

/// What is found in one.
pub(crate) fn findings(scenario: Scenario, variant: Variant) -> Vec<Value> {
    let program = start(scenario, variant);
    let args = ["check", &program.address(), "--blocked-after", "1s"];
    // A busy loop is one when it has lasted for some seconds.
    let rest = ["--for", "9s", "--fail-on", "watch", "--format", "json"];
    let finished = LOITER.run(&[&args[..], &rest[..]].concat());
    let document = document(&finished);
    let findings = document["findings"].as_array().expect("findings").clone();
    let code = if findings.is_empty() { 0 } else { 1 };
    assert_eq!(finished.code, Some(code), "{finished:?}");
    findings
}

/// How many tasks of its own one has left behind.
pub(crate) fn alive(scenario: Scenario, variant: Variant) -> u64 {
    let program = start(scenario, variant);
    let args = ["tasks", &program.address(), "--json"];
    let filter = format!("name:{} kind:task", scenario.name);
    // Whatever ends by itself has ended by then.
    let mut alive = u64::MAX;
    loiter_tests::wait_until("the tasks settle", || {
        let finished = LOITER.run(&[&args[..], &["--filter", &filter]].concat());
        let now = document(&finished)["matched"].as_u64().expect("a number");
        let before = std::mem::replace(&mut alive, now);
        (before == now).then_some(now)
    })
}

fn document(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("no JSON: {error} {finished:?}"))
}

/// Whether a finding is of this line: of where its tasks wait, or were spawned.
fn is_at(finding: &Value, (file, line): (&str, u32)) -> bool {
    ["wait", "site"].iter().any(|place| {
        let place = &finding[place];
        let in_file = |path: &str| path.ends_with(&format!("scenarios/{file}"));
        place["file"].as_str().is_some_and(in_file) && place["line"] == line
    })
}

/// What is not as it should be with a scenario; `None` when all is.
fn wrong(scenario: Scenario) -> Option<String> {
    let leaking = findings(scenario, Variant::Leaking);
    let said = || serde_json::to_string_pretty(&leaking).expect("JSON");
    match scenario.expected {
        Some(expected) => {
            let line = scenarios::line_of(scenario.name).expect("a marked line");
            let is_it = |finding: &Value| {
                finding["kind"] == expected.kind
                    && finding["certainty"] == expected.certainty
                    && is_at(finding, line)
            };
            if !leaking.iter().any(is_it) {
                let name = scenario.name;
                return Some(format!(
                    "{name}: not {expected:?} at {line:?} but {}",
                    said()
                ));
            }
        }
        None if leaking.is_empty() => {}
        None => return Some(format!("{}: a false alarm: {}", scenario.name, said())),
    }
    let cured = findings(scenario, Variant::Cured);
    let is_clean = cured.is_empty();
    (!is_clean).then(|| format!("{} is cured, but: {cured:?}", scenario.name))
}

#[test]
fn each_leak_is_found_and_each_cure_is_clean() {
    let wrong: Vec<String> = side_by_side(wrong).into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_scenario_says_where_to_look() {
    for scenario in scenarios::all() {
        let line = scenarios::line_of(scenario.name);
        assert_eq!(
            line.is_some(),
            scenario.expected.is_some(),
            "{}",
            scenario.name
        );
    }
}
