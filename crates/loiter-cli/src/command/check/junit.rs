//! JUnit's XML, in the form that CI servers agree on: a test case for each kind of finding, so
//! that the same cases are there from run to run.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use loiter_cli::text::xml;
use loiter_model::finding::FindingKind;

use super::{Report, text, union::Seen};

/// Writes one test suite.
pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut by_kind: BTreeMap<FindingKind, Vec<&Seen>> = BTreeMap::new();
    for &kind in FindingKind::ALL {
        by_kind.insert(kind, Vec::new());
    }
    for seen in &report.findings {
        by_kind.entry(seen.finding.kind).or_default().push(seen);
    }
    let is_failing = |found: &&Vec<&Seen>| found.iter().any(|seen| report.is_failing(seen));
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"{:.3}\"",
        by_kind.len(),
        by_kind.values().filter(is_failing).count(),
        report.watched.as_secs_f64()
    );
    let name = escaped(&format!("loiter check {}", report.target.name));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"loiter check\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"{name}\" {counts}>")?;
    for (kind, found) in &by_kind {
        write_case(report, *kind, found, out)?;
    }
    let remarks = escaped(&report.remarks().join("\n"));
    writeln!(out, "    <system-out>{remarks}</system-out>")?;
    writeln!(out, "  </testsuite>")?;
    writeln!(out, "</testsuites>")
}

fn write_case(
    report: &Report,
    kind: FindingKind,
    found: &[&Seen],
    out: &mut impl Write,
) -> io::Result<()> {
    let name = escaped(kind.name());
    let class = escaped(&format!("loiter.{}", report.target.name));
    write!(
        out,
        "    <testcase name=\"{name}\" classname=\"{class}\" time=\"0\""
    )?;
    if found.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    let (failing, others): (Vec<&Seen>, Vec<&Seen>) =
        found.iter().partition(|seen| report.is_failing(seen));
    if let Some(first) = failing.first() {
        let message = match failing.len() - 1 {
            0 => first.headline(),
            more => format!("{}; and {more} more", first.headline()),
        };
        writeln!(
            out,
            "      <failure type=\"{name}\" message=\"{}\">{}</failure>",
            escaped(&message),
            escaped(&described(&failing))
        )?;
    }
    if !others.is_empty() {
        let text = escaped(&described(&others));
        writeln!(out, "      <system-out>{text}</system-out>")?;
    }
    writeln!(out, "    </testcase>")
}

fn described(found: &[&Seen]) -> String {
    let one = |seen: &&Seen| {
        let certainty = seen.finding.certainty.name();
        let mut lines = vec![format!("{certainty}: {}", seen.headline())];
        lines.extend(text::lines(seen));
        lines.join("\n")
    };
    let all: Vec<String> = found.iter().map(one).collect();
    all.join("\n\n")
}

/// For a text or an attribute's value.
fn escaped(text: &str) -> String {
    xml(text).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escaped("<a href=\"x\">&\u{1b}[2J\u{0}\u{ffff}\u{85}\n</a>"),
            "&lt;a href=&quot;x&quot;&gt;&amp;\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\n&lt;/a&gt;"
        );
    }
}
