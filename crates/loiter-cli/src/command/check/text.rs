//! A report for people.

use std::io::{self, Write};

use loiter_cli::text;

use super::{Report, union::Seen};

/// Columns of the words in front.
const WIDTH: usize = 7;

/// Writes the findings, the worst first, then what they are a part of.
pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    for seen in &report.findings {
        write_finding(seen, out)?;
        writeln!(out)?;
    }
    for remark in report.remarks() {
        writeln!(out, "{remark}")?;
    }
    Ok(())
}

fn write_finding(seen: &Seen, out: &mut impl Write) -> io::Result<()> {
    let certainty = seen.finding.certainty.name();
    let kind = seen.finding.kind.name();
    writeln!(out, "{kind}, {certainty}: {}", message(seen))
}

/// The headline and what is to be said below it, without control characters but for the ends of
/// lines: each is cleaned by itself, as only what separates them is ours.
pub(super) fn message(seen: &Seen) -> String {
    let lines = [seen.headline()].into_iter().chain(lines(seen));
    let lines: Vec<String> = lines.map(|line| text::clean(&line).into_owned()).collect();
    lines.join("\n")
}

/// What is to be said below the headline.
pub(super) fn lines(seen: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |word: &str, text: &str| {
        for (number, line) in text.lines().enumerate() {
            let word = if number == 0 { word } else { "" };
            lines.push(format!("  {word:WIDTH$} {line}"));
        }
    };
    let advice = seen.advice();
    for (number, evidence) in seen.finding.evidence.iter().enumerate() {
        let word = if number == 0 { "because" } else { "" };
        add(word, &evidence.to_string());
    }
    for doubt in &seen.finding.doubts {
        add("unsure", &doubt.to_string());
    }
    add("cause", advice.cause);
    add("cure", advice.cure);
    add("", advice.code);
    if !seen.is_ongoing {
        add("over", "it was not there any more at the end");
    }
    lines
}
