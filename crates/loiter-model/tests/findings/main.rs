//! The rules: each with a program that has the fault, and with those that come close and have not.

#[path = "../arbitrary/mod.rs"]
mod arbitrary;

mod alive;
mod allow;
mod anything;
mod blocked;
mod growth;
mod held;
mod merge;
mod no_waker;
mod polling;
mod stuck;
mod text;
mod world;

use loiter_model::finding::{Certainty, Finding, FindingKind};

/// `kind certainty count` of each.
fn brief(findings: &[Finding]) -> Vec<(FindingKind, Certainty, u64)> {
    let brief = findings.iter();
    brief
        .map(|finding| (finding.kind, finding.certainty, finding.count))
        .collect()
}

/// The only finding.
fn only(findings: Vec<Finding>) -> Finding {
    let [finding] = &findings[..] else {
        panic!("not one: {findings:#?}");
    };
    finding.clone()
}

fn assert_silent(what: &str, findings: &[Finding]) {
    assert!(findings.is_empty(), "{what}: {findings:#?}");
}
