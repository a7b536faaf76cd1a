use std::path::Path;

use loiter_model::{
    NameId, Nanos, SiteId, Tier,
    finding::{Allow, Certainty, FindingKind},
};
use quick_xml::{Reader, events::Event};
use serde_json::Value;

use super::{report::Allowed, union::Union, *};
use crate::command::sample;

fn report() -> Report {
    let update = sample::findings();
    let mut union = Union::default();
    union.take(&update);
    let entry = |filter: &str, kinds: &[FindingKind]| Allow {
        filter: filter.parse().expect("a filter"),
        kinds: kinds.to_vec(),
        reason: "workers wait for jobs".to_owned(),
    };
    Report {
        target: sample::target(),
        thresholds: sample::target().thresholds,
        overview: update.overview,
        watched: Nanos::from_secs(30),
        fail_on: Certainty::Suspected,
        findings: union.into_findings(),
        omitted: 0,
        allow: vec![
            Allowed {
                entry: entry("site:pool.rs", &[FindingKind::BlockedReceive]),
                tasks: 4,
            },
            Allowed {
                entry: entry("name:importer", &[]),
                tasks: 0,
            },
        ],
    }
}

/// One whose texts from outside hold everything that could do harm.
fn hostile() -> Report {
    const EVIL: &str = "\n::error::<&\"'%>\x1b[2J]]>\u{0}\u{9b}\u{202e}\u{ffff}";
    let mut report = report();
    report.target.name = EVIL.to_owned();
    for seen in &mut report.findings {
        seen.labels.names.insert(NameId(0), EVIL.into());
        let site = loiter_model::Site::new(format!("src/{EVIL}.rs"), 7, 3);
        seen.labels.sites.insert(SiteId(1), site.into());
    }
    report.allow[1].entry.reason = EVIL.to_owned();
    report
}

fn printed(report: &Report, format: FormatArg) -> String {
    let mut out = Vec::new();
    let root = Path::new("/home/me/checkout");
    match format {
        FormatArg::Text => text::write(report, &mut out),
        FormatArg::Json => json::write(&Check::new(report), &mut out),
        FormatArg::Sarif => json::write(&sarif::document(report, root), &mut out),
        FormatArg::Github => github::write(report, root, &mut out),
        FormatArg::Junit => junit::write(report, &mut out),
    }
    .expect("memory takes everything");
    String::from_utf8(out).expect("UTF-8")
}

fn parsed(report: &Report, format: FormatArg) -> Value {
    serde_json::from_str(&printed(report, format)).expect("JSON")
}

#[test]
fn every_format_is_stable() {
    for (name, format) in [
        ("check", FormatArg::Text),
        ("check_json", FormatArg::Json),
        ("check_sarif", FormatArg::Sarif),
        ("check_github", FormatArg::Github),
        ("check_junit", FormatArg::Junit),
    ] {
        sample::assert_snapshot(name, &printed(&report(), format));
    }
}

#[test]
fn what_fails_is_what_the_user_says() {
    for (fail_on, failing) in [
        (Certainty::Watch, 3),
        (Certainty::Suspected, 2),
        (Certainty::Proved, 1),
    ] {
        let mut report = report();
        report.fail_on = fail_on;
        let findings = report.findings.iter();
        let count = findings.filter(|seen| report.is_failing(seen)).count();
        assert_eq!(count, failing);
        assert!(report.fails());
        report
            .findings
            .retain(|seen| seen.finding.certainty < fail_on);
        assert!(!report.fails());
    }
}

#[test]
fn a_clean_program_is_said_to_be_clean() {
    let mut report = report();
    report.findings.clear();
    report.allow.clear();
    let text = printed(&report, FormatArg::Text);
    assert_eq!(
        text,
        "visible: every task, 42 alive now\ncheckout (4711): no findings in 30.0s\n"
    );
    report.target.tier = Tier::NotBuiltIn;
    report.overview.runtime_tasks = Some(340);
    report.omitted = 3;
    let text = printed(&report, FormatArg::Text);
    assert!(text.contains("42 of 340 alive tasks are visible"), "{text}");
    assert!(text.contains("3 further findings"), "{text}");
}

#[test]
fn no_text_from_the_wire_does_harm_in_a_log() {
    for format in [FormatArg::Text, FormatArg::Github] {
        let (text, harmless) = (printed(&hostile(), format), printed(&report(), format));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
        assert_eq!(text.lines().count(), harmless.lines().count(), "{text}");
        for line in text.lines().filter(|line| line.starts_with("::")) {
            // Nothing but what belongs there ends a command's properties.
            let properties = line[2..].split("::").next().expect("they end");
            assert_eq!(properties.matches('=').count(), 4, "{line}");
        }
    }
}

#[test]
fn junit_is_xml_with_a_case_for_every_kind() {
    for report in [report(), hostile()] {
        let text = printed(&report, FormatArg::Junit);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
        let mut reader = Reader::from_str(&text);
        reader.config_mut().check_end_names = true;
        let (mut depth, mut cases, mut failures) = (0_i32, Vec::new(), 0);
        loop {
            let event = reader.read_event().expect("well-formed XML");
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("a well-formed attribute");
                    let value = attribute.value.into_owned();
                    assert!(!value.contains('<'), "{value}");
                    if tag.name().as_ref() == "testcase" && attribute.key.as_ref() == "name" {
                        cases.push(value);
                    }
                }
                failures += i32::from(tag.name().as_ref() == "failure");
            }
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((depth, failures), (0, 2));
        let kinds: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(cases, kinds);
    }
}

/// The rules of SARIF 2.1.0's schema that apply to what is used of it.
#[test]
fn sarif_keeps_to_its_schema() {
    for report in [report(), hostile()] {
        let log = parsed(&report, FormatArg::Sarif);
        assert_eq!(log["version"], "2.1.0");
        assert!(
            log["$schema"]
                .as_str()
                .is_some_and(|uri| uri.ends_with("sarif-2.1.0.json"))
        );
        let runs = log["runs"].as_array().expect("runs");
        assert_eq!(runs.len(), 1);
        let driver = &runs[0]["tool"]["driver"];
        assert_eq!(driver["name"], "loiter");
        let rules = driver["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), FindingKind::ALL.len());
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                assert!(is_text(&rule[text]["text"]), "{text} of {rule}");
            }
        }
        assert_eq!(runs[0]["invocations"][0]["executionSuccessful"], true);
        let base = runs[0]["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str();
        assert_eq!(base, Some("file:///home/me/checkout/"));

        let results = runs[0]["results"].as_array().expect("results");
        assert_eq!(results.len(), report.findings.len());
        let mut fingerprints = Vec::new();
        for result in results {
            let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[rule]["id"], result["ruleId"]);
            assert!(is_text(&result["message"]["text"]), "{result}");
            assert!(is_text(&result["message"]["markdown"]), "{result}");
            let level = result["level"].as_str().expect("a level");
            assert!(["none", "note", "warning", "error"].contains(&level));
            for location in result["locations"].as_array().expect("locations") {
                let place = &location["physicalLocation"];
                assert!(place["region"]["startLine"].as_u64() > Some(0), "{place}");
                let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
                let is_allowed = |c: char| c.is_ascii_graphic() && !"<>\"\\^`{|}#?".contains(c);
                assert!(uri.chars().all(is_allowed), "{uri}");
                assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            }
            let fingerprint = result["partialFingerprints"]["loiterFinding/v1"].as_str();
            fingerprints.push(fingerprint.expect("a fingerprint").to_owned());
        }
        fingerprints.sort_unstable();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), results.len());
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn a_fingerprint_outlives_an_edit_above_and_a_restart() {
    let fingerprints = |report: &Report| {
        let log = parsed(report, FormatArg::Sarif);
        let results = log["runs"][0]["results"]
            .as_array()
            .expect("results")
            .clone();
        let mut prints: Vec<_> = results
            .iter()
            .map(|result| result["partialFingerprints"].to_string())
            .collect();
        prints.sort_unstable();
        prints
    };
    let before = fingerprints(&report());
    let mut later = report();
    later.target.run_id += 1;
    later.target.pid += 1;
    for seen in &mut later.findings {
        seen.finding.count += 1;
        seen.finding.sample.clear();
        for site in seen.labels.sites.values_mut() {
            let mut moved = (**site).clone();
            moved.line += 10;
            *site = moved.into();
        }
    }
    assert_eq!(fingerprints(&later), before);
    for seen in &mut later.findings {
        for site in seen.labels.sites.values_mut() {
            *site = loiter_model::Site::new("src/another.rs", site.line, site.column).into();
        }
    }
    assert_ne!(fingerprints(&later), before);
}

#[test]
fn the_place_is_where_the_programs_own_code_waits() {
    let report = report();
    let place = |kind| {
        let seen = report
            .findings
            .iter()
            .find(|seen| seen.finding.kind == kind);
        let place = super::place::Place::of(seen.expect("it is there"), Path::new("/"));
        place.map(|place| (place.path, place.line))
    };
    // The send itself; a wait on nothing is nowhere, so there the task's spawn has to do.
    assert_eq!(
        place(FindingKind::BlockedSend),
        Some(("src/report.rs".to_owned(), 40))
    );
    assert_eq!(
        place(FindingKind::NoWaker),
        Some(("src/report.rs".to_owned(), 31))
    );
}

#[test]
fn json_has_the_evidence_in_numbers() {
    let check = parsed(&report(), FormatArg::Json);
    assert_eq!(check["failed"], true);
    let send = &check["findings"][1];
    assert_eq!(send["kind"], "blocked send");
    assert_eq!(send["fails"], true);
    assert_eq!(send["evidence"][1]["fact"], "site_waits");
    assert_eq!(send["evidence"][1]["duration_ns"], 20_000_000);
    assert_eq!(send["evidence"][1]["count"], 12);
    assert_eq!(check["allow"][1]["tasks"], 0);
}
