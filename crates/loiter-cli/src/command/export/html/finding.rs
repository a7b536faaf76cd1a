//! What is wrong: an article a finding, with what speaks for it and what helps.

use std::io::{self, Write};

use loiter_model::TaskSeq;

use super::{super::report::Report, escaped, heading, table::Context};
use crate::command::check::Seen;

pub(super) fn section(report: &Report, out: &mut impl Write) -> io::Result<()> {
    heading(out, "findings", "Findings")?;
    let context = Context::new(
        &report.tasks.labels,
        &report.thresholds,
        &report.tasks.tasks,
    );
    match &report.findings.findings {
        None => note(out, "Nothing here can tell of findings.")?,
        Some(findings) if findings.is_empty() => {
            let at = report.at();
            note(
                out,
                &format!("Nothing was found wrong, {at} after the start."),
            )?;
        }
        Some(findings) => {
            if !report.filter.is_empty() {
                note(out, "Of all tasks, whatever the filter lets through.")?;
            }
            for seen in findings {
                article(out, seen, &context)?;
            }
        }
    }
    if report.findings.omitted > 0 {
        let omitted = report.findings.omitted;
        note(
            out,
            &format!(
                "{omitted} further findings are not shown: they are too many, or of kinds that \
                 only a newer `loiter` knows."
            ),
        )?;
    }
    out.write_all(b"</section>\n")
}

fn note(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "<p class=\"note\">{}</p>", escaped(text))
}

fn article(out: &mut impl Write, seen: &Seen, context: &Context<'_>) -> io::Result<()> {
    let finding = &seen.finding;
    let (kind, certainty) = (finding.kind.name(), finding.certainty.name());
    writeln!(
        out,
        "<article class=\"{certainty}\">\n<h3>{kind} ({certainty})</h3>\n<p>{}</p>",
        escaped(&seen.headline())
    )?;
    if !finding.sample.is_empty() {
        out.write_all(b"<p>Tasks ")?;
        for (index, task) in finding.sample.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(out, "{separator}{}", link(*task, context))?;
        }
        match finding.count.saturating_sub(finding.sample.len() as u64) {
            0 => out.write_all(b"</p>\n")?,
            more => writeln!(out, " and {more} more</p>")?,
        }
    }
    list(out, "What speaks for it", &finding.evidence)?;
    list(out, "What makes it unsure", &finding.doubts)?;
    let advice = seen.advice();
    writeln!(
        out,
        "<p><strong>Cause:</strong> {}</p>\n<p><strong>Cure:</strong> {}</p>\n\
         <pre><code>{}</code></pre>\n</article>",
        escaped(advice.cause),
        escaped(advice.cure),
        loiter_cli::text::xml(advice.code)
    )
}

fn list<T: ToString>(out: &mut impl Write, title: &str, all: &[T]) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "<p>{title}:</p>\n<ul>")?;
    for one in all {
        writeln!(out, "<li>{}</li>", escaped(&one.to_string()))?;
    }
    out.write_all(b"</ul>\n")
}

/// The number of a task, as a link to its row if it has one.
pub(super) fn link(task: TaskSeq, context: &Context<'_>) -> String {
    match context.has_row(task) {
        true => format!("<a href=\"#task-{task}\">{task}</a>"),
        false => task.to_string(),
    }
}
