//! One page with everything in it, for whoever has a browser and nothing else: no network, and
//! readable without scripts. It is well-formed XML as well, so that tests and tools can read it.
//!
//! All texts are escaped, and the page's own policy lets nothing in it reach a network: names may
//! be hostile.

mod finding;
#[cfg(test)]
mod script_tests;
mod table;
#[cfg(test)]
mod tests;
mod utc;

use std::{
    fmt::Display,
    io::{self, Write},
};

use loiter_cli::{coverage, text};
use loiter_model::{Nanos, update::Overview};

use self::{table::Context, utc::utc};
use super::report::Report;
use crate::command::who;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Only what stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Writes the page.
pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let title = escaped(&who(&report.target));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <title>{title}: tasks</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>{title}</h1>\n"
    )?;
    summary(report, out)?;
    missing(report, out)?;
    out.write_all(
        b"<nav aria-label=\"Sections\"><ul><li><a href=\"#findings\">Findings</a></li>\
          <li><a href=\"#tasks\">Tasks</a></li><li><a href=\"#waits\">Waits</a></li>\
          <li><a href=\"#sites\">Sites</a></li></ul></nav>\n</header>\n<main>\n",
    )?;
    finding::section(report, out)?;
    tasks(report, out)?;
    waits(report, out)?;
    sites(report, out)?;
    write!(
        out,
        "</main>\n<footer><p>Written by loiter {}. Durations: h, m, s, ms, µs, ns.</p></footer>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Which process, when, and in a few numbers.
fn summary(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let (target, overview) = (&report.target, report.overview());
    let when = utc(target.started_unix.saturating_add(overview.at));
    out.write_all(b"<dl>\n")?;
    entry(out, "Read from", &report.place)?;
    if !target.host.is_empty() {
        entry(out, "Host", &target.host)?;
    }
    writeln!(
        out,
        "<dt>At</dt><dd><time datetime=\"{when}\">{when}</time>, {} after its start</dd>",
        overview.at
    )?;
    if let Some(watched) = report.watched {
        entry(out, "Watched for", watched)?;
    }
    let teller = format!("{} {}", target.teller.name(), target.agent_version);
    entry(out, "Told by", teller.trim_end())?;
    let sees = coverage::coverage(target.tier, Some(overview));
    entry(out, "Sees", sees)?;
    let totals = &overview.totals;
    let counts = format!(
        "{} alive: {} running, {} scheduled, {} idle; {} blocked, {} hogging, {} starved",
        totals.alive,
        totals.running,
        totals.scheduled,
        totals.idle,
        totals.blocked,
        totals.hogging,
        totals.starved
    );
    entry(out, "Tasks", counts)?;
    let since = format!("{} spawned, {} ended", totals.spawned, totals.ended);
    entry(out, "Since its start", since)?;
    let limits = &report.thresholds;
    let limits = format!(
        "blocked after {}, hogging after {}, starved after {}",
        limits.blocked_after, limits.hogging_after, limits.starved_after
    );
    entry(out, "Limits", limits)?;
    let filter = report.filter.to_string();
    if !filter.is_empty() {
        entry(out, "Filter", filter)?;
    }
    out.write_all(b"</dl>\n")
}

/// What the page does not say, and why.
fn missing(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let overview = report.overview();
    let mut missing = Vec::new();
    missing.extend(coverage::advice(report.target.tier, overview));
    if let Some(silent) = report.target.teller.silent_about() {
        let teller = report.target.teller.name();
        missing.push(format!("{teller} cannot tell {silent}"));
    }
    if overview.totals.untracked > 0 {
        let untracked = overview.totals.untracked;
        missing.push(format!(
            "{untracked} tasks were not tracked: there was no room for them"
        ));
    }
    if missing.is_empty() {
        return Ok(());
    }
    out.write_all(b"<ul class=\"missing\" aria-label=\"What is missing\">\n")?;
    for line in missing {
        writeln!(out, "<li>{}</li>", escaped(&line))?;
    }
    out.write_all(b"</ul>\n")
}

fn tasks(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let update = &report.tasks;
    heading(out, "tasks", "Tasks")?;
    let shown = rows(update.tasks.len(), update.matched, "tasks", "idle longest");
    let context = Context::new(&update.labels, &report.thresholds, &update.tasks);
    table::write(out, &shown, &update.tasks, &context)?;
    out.write_all(b"</section>\n")
}

fn waits(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let update = &report.waits;
    heading(out, "waits", "Waits")?;
    let shown = rows(update.waits.len(), update.matched, "groups", "largest");
    let context = Context::new(&update.labels, &report.thresholds, &report.tasks.tasks);
    table::write(out, &shown, &update.waits, &context)?;
    out.write_all(b"</section>\n")
}

fn sites(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let update = &report.sites;
    heading(out, "sites", "Sites")?;
    let shown = rows(update.sites.len(), update.matched, "sites", "largest");
    let context = Context::new(&update.labels, &report.thresholds, &report.tasks.tasks);
    table::write(out, &shown, &update.sites, &context)?;
    out.write_all(b"</section>\n")
}

/// How many rows there are, and how many of them are here.
fn rows(shown: usize, matched: u64, what: &str, first: &str) -> String {
    match u64::try_from(shown) {
        Ok(shown) if shown < matched => {
            format!("{shown} of {matched} {what}, the {first} ones; --limit shows more")
        }
        _ => format!("all {shown} {what}"),
    }
}

fn heading(out: &mut impl Write, id: &str, title: &str) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>"
    )
}

fn entry(out: &mut impl Write, term: &str, text: impl Display) -> io::Result<()> {
    let text = text.to_string();
    writeln!(out, "<dt>{term}</dt><dd>{}</dd>", escaped(&text))
}

/// A text from outside, between tags.
fn escaped(text: &str) -> String {
    text::xml(&text::clean(text))
}

impl Report {
    fn overview(&self) -> &Overview {
        &self.tasks.overview
    }

    /// When this is said, from the agent's start.
    fn at(&self) -> Nanos {
        self.overview().at
    }
}
