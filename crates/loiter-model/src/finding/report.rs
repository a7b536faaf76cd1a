//! Findings as texts.

use std::{fmt, sync::Arc};

use super::{Advice, Evidence, Finding, FindingKind};
use crate::{AwaitStack, Branch, Frame, Nanos, Origin, Site, Wait, query::Labels};

/// A finding in one line, such as `3 tasks (worker) blocked for 5m03s in mpsc send at pool.rs:88
/// Pool::next_job, spawned at src/server.rs:10:5`.
#[derive(Clone, Copy, Debug)]
pub struct Headline<'a, L> {
    /// The finding.
    pub finding: &'a Finding,
    /// What it refers to.
    pub labels: &'a L,
    /// When this is said, from the agent's start.
    pub at: Nanos,
}

/// A finding with its evidence, its cause and its cure, to be pasted into an issue.
#[derive(Clone, Copy, Debug)]
pub struct Markdown<'a, L> {
    /// The finding.
    pub finding: &'a Finding,
    /// What it refers to.
    pub labels: &'a L,
    /// When this is said, from the agent's start.
    pub at: Nanos,
}

impl<L: Labels> fmt::Display for Headline<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding;
        let count = finding.count;
        write!(f, "{count} {}", if count == 1 { "task" } else { "tasks" })?;
        if let Some(name) = finding.name.and_then(|id| self.labels.name(id)) {
            write!(f, " ({})", OneLine(&name))?;
        }
        self.write_state(f)?;
        if let Some(site) = finding.site.and_then(|id| self.labels.site(id)) {
            write!(f, ", spawned at {site}")?;
        }
        Ok(())
    }
}

impl<L: Labels> Headline<'_, L> {
    fn wait(&self) -> Option<Arc<Wait>> {
        self.finding.wait.and_then(|id| self.labels.wait(id))
    }

    /// What they do, for how long, and where.
    fn write_state(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding;
        let time = self.at.saturating_sub(finding.since);
        let one = finding.count == 1;
        match finding.kind {
            FindingKind::NoWaker => write!(f, " idle for {time} without any waker"),
            FindingKind::WaitCycle => {
                let whom = if one { "itself" } else { "each other" };
                write!(f, " waiting for {whom} for {time}")?;
                self.write_place(f)
            }
            FindingKind::DeadByAssociation => {
                write!(f, " stuck behind a dead task for {time}")?;
                self.write_place(f)
            }
            FindingKind::LostWakeup => {
                let idle = finding.evidence.iter().find_map(|evidence| match evidence {
                    Evidence::WentOnUnwoken { idle } => Some(*idle),
                    _ => None,
                });
                f.write_str(" not woken when it was time")?;
                idle.map_or(Ok(()), |idle| write!(f, ", idle for {idle}"))
            }
            FindingKind::OrphanedWait => {
                write!(f, " orphaned, blocked for {time}")?;
                self.write_place(f)
            }
            FindingKind::BlockedSend | FindingKind::BlockedReceive | FindingKind::BlockedLock => {
                write!(f, " blocked for {time}")?;
                self.write_place(f)
            }
            FindingKind::Hogging => write!(f, " in one poll for {time}"),
            FindingKind::BusyLoop => write!(f, " in a busy loop for {time}"),
            FindingKind::Starved => write!(f, " woken {time} ago and not polled since"),
            FindingKind::LongBlocking => {
                write!(f, " on the blocking pool for {time}")
            }
            FindingKind::GrowingSite => {
                let before = finding.evidence.iter().find_map(|evidence| match evidence {
                    Evidence::Alive { before, over, .. } => Some((*before, *over)),
                    _ => None,
                });
                f.write_str(" alive and ever more")?;
                before.map_or(Ok(()), |(before, over)| {
                    write!(f, ", from {before} in {over}")
                })
            }
            FindingKind::TooManyAlive => {
                let most = finding.evidence.iter().find_map(|evidence| match evidence {
                    Evidence::Limit { most } => Some(*most),
                    _ => None,
                });
                f.write_str(" alive")?;
                most.map_or(Ok(()), |most| write!(f, ", the limit is {most}"))
            }
        }
    }

    fn write_place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(wait) = self.wait() else {
            return Ok(());
        };
        write!(f, " in {}", wait.kind.name())?;
        let place = wait.place.as_ref();
        place.map_or(Ok(()), |place| write!(f, " at {}", place.brief()))
    }
}

/// How many calls of a branch are shown, and how many branches.
const CALLS: usize = 32;
const BRANCHES: usize = 8;

impl<L: Labels> fmt::Display for Markdown<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            finding,
            labels,
            at,
        } = *self;
        let headline = Headline {
            finding,
            labels,
            at,
        };
        let (kind, certainty) = (finding.kind.name(), finding.certainty.name());
        let headline = headline.to_string();
        writeln!(f, "### {kind} ({certainty}): {}\n", Escaped(&headline))?;
        self.write_evidence(f)?;
        let wait = finding.wait.and_then(|id| labels.wait(id));
        if let Some(wait) = &wait {
            write_stack(f, wait)?;
        }
        let advice = Advice::of(finding.kind, wait.map(|wait| wait.kind));
        writeln!(f, "**Cause:** {}\n", advice.cause)?;
        writeln!(f, "**Cure:** {}\n", advice.cure)?;
        writeln!(f, "```rust\n{}\n```", advice.code)?;
        if finding.doubts.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n**Doubts:**\n")?;
        for doubt in &finding.doubts {
            writeln!(f, "- {doubt}")?;
        }
        Ok(())
    }
}

impl<L: Labels> Markdown<'_, L> {
    fn write_evidence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding;
        for evidence in &finding.evidence {
            writeln!(f, "- {evidence}")?;
        }
        if let Some(scope) = finding.scope.and_then(|id| self.labels.name(id)) {
            writeln!(f, "- scope: {}", Escaped(&scope))?;
        }
        if finding.bytes > 0 {
            writeln!(f, "- bytes of futures: {}", finding.bytes)?;
        }
        if !finding.sample.is_empty() {
            let seqs: Vec<_> = finding.sample.iter().map(ToString::to_string).collect();
            let more = finding.count.saturating_sub(seqs.len() as u64);
            let (tasks, seqs) = (
                if finding.count == 1 { "task" } else { "tasks" },
                seqs.join(", "),
            );
            match more {
                0 => writeln!(f, "- {tasks} {seqs}")?,
                _ => writeln!(f, "- {tasks} {seqs} and {more} more")?,
            }
        }
        writeln!(f)
    }
}

fn write_stack(f: &mut fmt::Formatter<'_>, wait: &Wait) -> fmt::Result {
    let AwaitStack { branches, .. } = &wait.stack;
    let shown = branches.iter().map(calls);
    let mut shown: Vec<_> = shown.filter(|calls| !calls.is_empty()).collect();
    shown.dedup();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "It waits in {}, innermost call first:\n\n```text",
        wait.kind.name()
    )?;
    let branches = shown.len();
    for (index, calls) in shown.iter().take(BRANCHES).enumerate() {
        if branches > 1 {
            writeln!(f, "branch {}:", index + 1)?;
        }
        for call in calls.iter().take(CALLS) {
            writeln!(f, "{call}")?;
        }
        if calls.len() > CALLS {
            writeln!(f, "and {} more", calls.len() - CALLS)?;
        }
    }
    if branches > BRANCHES {
        writeln!(f, "and {} more branches", branches - BRANCHES)?;
    }
    writeln!(f, "```\n")
}

/// The program's own calls; without one, as in a task of a library's, those of libraries.
fn calls(branch: &Branch) -> Vec<String> {
    let of = |origin: Origin| {
        let frames = branch
            .frames
            .iter()
            .filter(move |frame| frame.origin() == origin);
        frames.map(call).collect::<Vec<_>>()
    };
    let own = of(Origin::User);
    if own.is_empty() {
        of(Origin::Library)
    } else {
        own
    }
}

/// `src/pool.rs:88:9 Pool::next_job`.
fn call(frame: &Frame) -> String {
    let function = frame.short_function();
    let call = if frame.file.is_empty() {
        function
    } else {
        let site = Site::new(frame.file.clone(), frame.line, frame.column);
        format!("{site} {function}")
    };
    OneLine(&call).to_string()
}

/// A text that a program chose, without what would end the line.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.0.split(|c: char| c.is_control());
        f.write_str(parts.next().unwrap_or_default())?;
        parts.try_for_each(|part| write!(f, " {part}"))
    }
}

/// A text that stands for itself in Markdown.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: Vec<char> = OneLine(self.0).to_string().chars().collect();
        let is_in_word = |at: Option<usize>| {
            let neighbour = at.and_then(|at| text.get(at));
            neighbour.is_some_and(|c| c.is_alphanumeric())
        };
        for (at, c) in text.iter().enumerate() {
            let means_something = match c {
                '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '@' => true,
                // As in most functions' names, where it means nothing.
                '_' => !(is_in_word(at.checked_sub(1)) && is_in_word(Some(at + 1))),
                _ => false,
            };
            if means_something {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}
