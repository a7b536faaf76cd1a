//! The README's comparison: what is found of each scenario by loiter, by tokio-console's lints
//! over stock console-subscriber, and by counting tasks. To renew it:
//! `LOITER_REGENERATE=1 cargo test -p loiter-tests --test scenarios compared`.

use std::{fmt::Write as _, fs, process::Command, time::Duration};

use loiter_tests::{
    Server, readme,
    scenarios::{self, Scenario, Variant},
};

use crate::{console, judged, side_by_side};

#[test]
fn the_comparison_covers_every_scenario() {
    let mut text = fs::read_to_string(readme::PATH).expect("a README");
    let part = readme::part(&text, "compared");
    if std::env::var_os("LOITER_REGENERATE").is_some() {
        text.replace_range(part, &compared());
        fs::write(readme::PATH, text).expect("the README can be written");
        return;
    }
    let table = &text[part];
    for scenario in scenarios::all() {
        let row = table
            .lines()
            .find(|row| row.starts_with(&format!("| {} ", scenario.name)));
        let row = row.unwrap_or_else(|| panic!("no row of {}", scenario.name));
        let said = scenario
            .expected
            .map_or("silent, rightly", |expected| expected.kind);
        assert!(row.contains(said), "{row} should say {said}");
    }
}

fn compared() -> String {
    let mut table = String::from(
        "| scenario | loiter | tokio-console's lints | counting tasks |\n\
         | --- | --- | --- | --- |\n",
    );
    let rows = side_by_side(|scenario| {
        let [loiter, console, count] = [by_loiter, by_console, by_count].map(|by| by(scenario));
        format!("| {} | {loiter} | {console} | {count} |\n", scenario.name)
    });
    table.extend(rows);
    table
}

fn by_loiter(scenario: Scenario) -> String {
    let said = |variant| {
        let findings = judged::findings(scenario, variant);
        let mut kinds: Vec<String> = findings
            .iter()
            .map(|finding| {
                let word = |field: &str| finding[field].as_str().unwrap_or("?").to_owned();
                format!("{} ({})", word("kind"), word("certainty"))
            })
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    verdict(scenario, &said(Variant::Leaking), &said(Variant::Cured))
}

fn by_console(scenario: Scenario) -> String {
    let said = |variant: Variant| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
        command.arg(scenario.name);
        if variant == Variant::Cured {
            command.arg("--cured");
        }
        let program = Server::ConsoleSubscriber.start(command);
        // It says so once every request has been handled.
        let address = program.address();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(console::lints(
            &address,
            "scenarios/",
            Duration::from_secs(9),
        ))
    };
    verdict(scenario, &said(Variant::Leaking), &said(Variant::Cured))
}

/// Counts, as `Handle::metrics` does, and compares with the number before.
fn by_count(scenario: Scenario) -> String {
    let more = |variant| {
        let alive = judged::alive(scenario, variant);
        if alive > 0 {
            vec![format!("{alive} more, no place")]
        } else {
            Vec::new()
        }
    };
    verdict(scenario, &more(Variant::Leaking), &more(Variant::Cured))
}

/// Found, missed, or a false alarm.
fn verdict(scenario: Scenario, leaking: &[String], cured: &[String]) -> String {
    let mut said = match (scenario.expected, leaking) {
        (Some(_), []) => "missed".to_owned(),
        (Some(_), found) => found.join(", "),
        (None, []) => "silent, rightly".to_owned(),
        (None, wrong) => format!("false alarm: {}", wrong.join(", ")),
    };
    if !cured.is_empty() {
        let _ = write!(said, "; false alarm when cured: {}", cured.join(", "));
    }
    said
}
