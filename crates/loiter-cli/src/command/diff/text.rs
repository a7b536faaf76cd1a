//! A comparison for people.

use std::io::{self, Write};

use loiter_cli::text;
use loiter_model::Wait;

use super::{Comparison, Grown, Stuck};
use crate::command::{
    check::Seen,
    table::{Align, Table},
    who,
};

/// Writes what has grown, who has not moved, and which findings came and went.
pub(super) fn write(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    for line in headlines(comparison) {
        writeln!(out, "{line}")?;
    }
    if !comparison.grown.is_empty() {
        writeln!(out, "\nsites with more tasks alive")?;
        grown(&comparison.grown).write(out)?;
    }
    if !comparison.stuck.is_empty() {
        writeln!(out, "\ntasks that were not polled between")?;
        stuck(&comparison.stuck).write(out)?;
    }
    findings("new findings", &comparison.new, out)?;
    findings("findings that are gone", &comparison.gone, out)?;
    writeln!(out)?;
    writeln!(out, "{}", summary(comparison))
}

fn headlines(comparison: &Comparison) -> Vec<String> {
    let Comparison {
        before,
        after,
        between,
        ..
    } = comparison;
    if comparison.is_same_run {
        return vec![format!(
            "{}: {between} between the two snapshots",
            who(after)
        )];
    }
    vec![
        format!(
            "{}, then {}: {between} between the two snapshots",
            who(before),
            who(after)
        ),
        "another process, or a restarted one: only sites are compared, by file and line".to_owned(),
    ]
}

fn grown(rows: &[Grown]) -> Table {
    let mut table = Table::new([
        ("Grown", Align::Right),
        ("Before", Align::Right),
        ("After", Align::Right),
        ("Spawned", Align::Right),
        ("Ended", Align::Right),
        ("Site", Align::Left),
    ]);
    for row in rows {
        let (spawned, ended) = row.flow.map_or_else(
            || ("?".to_owned(), "?".to_owned()),
            |(spawned, ended)| (spawned.to_string(), ended.to_string()),
        );
        table.push(vec![
            format!("+{}", row.by()),
            row.before.to_string(),
            row.after.to_string(),
            spawned,
            ended,
            text::clean(&row.site.to_string()).into_owned(),
        ]);
    }
    table
}

fn stuck(rows: &[Stuck]) -> Table {
    let mut table = Table::new([
        ("Tasks", Align::Right),
        ("Idle", Align::Right),
        ("Waits on", Align::Left),
        ("Site", Align::Left),
        ("Such as", Align::Left),
    ]);
    for row in rows {
        let wait = row
            .wait
            .as_deref()
            .map_or_else(|| "?".to_owned(), Wait::to_string);
        let site = row
            .site
            .as_ref()
            .map_or_else(|| "?".to_owned(), |site| site.to_string());
        let sample = row.sample.first().map(|seq| format!("task {seq}"));
        table.push(vec![
            row.count.to_string(),
            row.idle.to_string(),
            text::clean(&wait).into_owned(),
            text::clean(&site).into_owned(),
            sample.unwrap_or_default(),
        ]);
    }
    table
}

fn findings(heading: &str, findings: &Option<Vec<Seen>>, out: &mut impl Write) -> io::Result<()> {
    let findings = findings.as_deref().unwrap_or_default();
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    for seen in findings {
        let kind = seen.finding.kind.name();
        let certainty = seen.finding.certainty.name();
        writeln!(
            out,
            "{kind}, {certainty}: {}",
            text::clean(&seen.headline())
        )?;
    }
    Ok(())
}

fn summary(comparison: &Comparison) -> String {
    let (before, after) = comparison.alive;
    let mut parts = vec![format!("{before} tasks alive, then {after}")];
    parts.push(match comparison.grown.len() {
        0 => "no site has grown".to_owned(),
        1 => "1 site has grown".to_owned(),
        many => format!("{many} sites have grown"),
    });
    if comparison.is_same_run {
        parts.push(match comparison.stuck.iter().map(|row| row.count).sum() {
            0_u64 => "no task has stood still".to_owned(),
            1 => "1 task has stood still".to_owned(),
            many => format!("{many} tasks have stood still"),
        });
        if comparison.waiting_by_design > 0 {
            let by_design = comparison.waiting_by_design;
            parts.push(format!("{by_design} more wait by design"));
        }
    }
    parts.push(match (&comparison.new, &comparison.gone) {
        (Some(new), Some(gone)) => format!("findings: {} new, {} gone", new.len(), gone.len()),
        _ => "one of the agents knows no findings".to_owned(),
    });
    parts.join("; ")
}
