//! A report as SARIF 2.1.0, which code scanning reads.

use std::{collections::HashMap, path::Path};

use loiter_model::finding::{Advice, FindingKind, Markdown};
use serde_json::{Value, json};

use super::{
    Report,
    place::{self, Place},
    report::Level,
    text as plain,
    union::Seen,
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What relative paths are relative to.
const ROOT: &str = "%SRCROOT%";

/// The whole log: one run with a rule for every kind of finding and a result for every finding.
pub(super) fn document(report: &Report, root: &Path) -> Value {
    let rules: Vec<Value> = FindingKind::ALL.iter().copied().map(rule).collect();
    let remarks = report.remarks().join("\n");
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "loiter",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": { "id": format!("loiter/{}/", report.target.name) },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "uri": place::base_uri(root) } },
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": i32::from(report.fails()),
                "toolExecutionNotifications": [{
                    "level": "note",
                    "message": { "text": remarks },
                }],
            }],
            "results": results(report, root),
        }],
    })
}

/// The kind's name as an id that never changes: `blocked-send`.
fn rule_id(kind: FindingKind) -> String {
    kind.name().replace(' ', "-")
}

fn rule(kind: FindingKind) -> Value {
    let Advice { cause, cure, code } = Advice::of(kind, None);
    json!({
        "id": rule_id(kind),
        "name": kind.name().split(' ').map(capitalized).collect::<String>(),
        "shortDescription": { "text": capitalized(kind.name()) },
        "fullDescription": { "text": cause },
        "help": {
            "text": format!("{cause}\n\n{cure}\n\n{code}"),
            "markdown": format!("{cause}\n\n{cure}\n\n```rust\n{code}\n```"),
        },
    })
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

fn results(report: &Report, root: &Path) -> Vec<Value> {
    // The same place may have several of one kind: they are told apart by their order there.
    let mut ordered: Vec<&Seen> = report.findings.iter().collect();
    ordered.sort_by_cached_key(|seen| Place::of(seen, root).map(|place| (place.path, place.line)));
    let mut times: HashMap<u64, u32> = HashMap::new();
    let results = ordered.into_iter().map(|seen| {
        let fingerprint = fingerprint(seen, root);
        let time = times.entry(fingerprint).or_default();
        *time += 1;
        result(report, seen, root, &format!("{fingerprint:016x}:{time}"))
    });
    results.collect()
}

fn result(report: &Report, seen: &Seen, root: &Path, fingerprint: &str) -> Value {
    let kind = seen.finding.kind;
    let markdown = Markdown {
        finding: &seen.finding,
        labels: &seen.labels,
        at: seen.at,
    };
    let site = Place::of_site(seen, root);
    let place = Place::of(seen, root);
    let mut result = json!({
        "ruleId": rule_id(kind),
        "ruleIndex": FindingKind::ALL.iter().position(|one| *one == kind),
        "level": match report.level(seen) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        "message": { "text": plain::message(seen), "markdown": markdown.to_string() },
        "locations": place.iter().map(location).collect::<Vec<_>>(),
        "partialFingerprints": { "loiterFinding/v1": fingerprint },
        "occurrenceCount": seen.finding.count.max(1),
        "properties": { "certainty": seen.finding.certainty.name() },
    });
    if let Some(site) = site.filter(|site| place.as_ref() != Some(site)) {
        let mut location = location(&site);
        location["id"] = json!(1);
        location["message"] = json!({ "text": "Spawned here" });
        result["relatedLocations"] = json!([location]);
    }
    result
}

fn location(place: &Place) -> Value {
    let mut artifact = json!({ "uri": place.uri() });
    if place.is_relative() {
        artifact["uriBaseId"] = json!(ROOT);
    }
    let mut region = json!({ "startLine": place.line });
    if place.column > 0 {
        region["startColumn"] = json!(place.column);
    }
    json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } })
}

/// The same for the same finding in later runs, also when lines above it were added or taken
/// away.
fn fingerprint(seen: &Seen, root: &Path) -> u64 {
    let wait = seen.wait();
    let function = wait.as_ref().and_then(|wait| wait.place.as_ref());
    let site = seen.site();
    let name = seen.finding.name.and_then(|id| seen.labels.names.get(&id));
    let path = |place: Option<Place>| place.map_or_else(String::new, |place| place.path);
    let parts = [
        seen.finding.kind.name(),
        &path(Place::of(seen, root)),
        &path(Place::of_site(seen, root)),
        site.as_ref().map_or("", |site| &site.function),
        name.map_or("", |name| name),
        wait.as_ref().map_or("", |wait| wait.kind.name()),
        &function.map_or_else(String::new, |frame| frame.short_function()),
    ];
    fnv(parts.join("\0").as_bytes())
}

/// FNV-1a: the standard library's hashes may change from one version to the next.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_rules_id_is_its_kinds_name() {
        assert_eq!(
            rule_id(FindingKind::DeadByAssociation),
            "dead-by-association"
        );
        assert_eq!(rule(FindingKind::BlockedSend)["name"], "BlockedSend");
    }
}
