//! `loiter stacks`: what the tasks wait on, asked once and printed like the dump of goroutines
//! that Go prints, with equal stacks merged.

use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
    sync::Arc,
};

use loiter_cli::{
    coverage,
    source::SourceError,
    stack::{self, Part},
    text,
};
use loiter_model::{
    Branch, Frame, Target, TaskSeq, Thresholds, Wait, WaitStats,
    query::{Group, Labels, Query, Sort, TaskColumn, WaitColumn, WaitQuery, Window},
    update::{CaptureOutcome, WaitsUpdate},
};

use super::{
    ask::{Connected, connect, first},
    block_on,
    json::{self, Stacks},
    sort::sort,
    who,
};
use crate::{cli::StacksArgs, error::Error};

/// Asks once and prints the answer.
pub(crate) fn run(args: &StacksArgs) -> Result<(), Error> {
    let (name, reverse) = (args.sort.as_deref(), args.query.reverse());
    let order = sort(name, reverse, WaitColumn::Count, "stacks")?;
    let answer = block_on(ask(args, order))??;
    let mut out = io::stdout().lock();
    let as_text = args.text || (!args.json && out.is_terminal());
    let printed = if as_text {
        answer.print(&mut out, args.all_frames)
    } else {
        json::write(&answer.document(), &mut out)
    };
    printed.map_err(Error::Output)
}

/// What the target says.
struct Answer {
    target: Target,
    thresholds: Thresholds,
    /// `None`: no task was asked.
    capture: Option<CaptureOutcome>,
    update: WaitsUpdate,
    names: HashMap<TaskSeq, Arc<str>>,
}

async fn ask(args: &StacksArgs, sort: Sort<WaitColumn>) -> Result<Answer, SourceError> {
    let aim = args.target.aim();
    let endpoint = &aim.place;
    let Connected {
        source,
        target,
        thresholds,
    } = connect(&aim, args.query.limits()).await?;
    let filter = args.query.filter.filter.clone();
    let capture = match args.no_capture {
        true => None,
        false => Some(source.capture_stacks(filter.clone(), thresholds).await?),
    };
    let query = WaitQuery {
        filter,
        sort,
        window: Window {
            offset: 0,
            limit: args.limit.unwrap_or(u64::MAX),
        },
        thresholds,
    };
    let waits = source.watch_waits(Group::Stack, query.clone(), None);
    let update = first(waits.await?, endpoint).await?;
    // A group has the numbers of its tasks; their names come with the tasks. Those that began
    // or ended between the two answers have none.
    let query = Query {
        filter: query.filter,
        sort: Sort::by(TaskColumn::Idle),
        window: Window {
            offset: 0,
            limit: u64::MAX,
        },
        thresholds,
    };
    let tasks = first(source.watch_tasks(query, None).await?, endpoint).await?;
    let names = tasks.tasks.iter().filter_map(|task| {
        let name = tasks.labels.name(task.name?)?;
        Some((task.seq, name))
    });
    Ok(Answer {
        target,
        thresholds,
        capture,
        update,
        names: names.collect(),
    })
}

impl Answer {
    fn document(&self) -> Stacks {
        Stacks::new(
            &self.target,
            &self.thresholds,
            self.capture.as_ref(),
            &self.update,
            |seq| self.names.get(&seq).map(|name| name.to_string()),
        )
    }

    /// The stacks, then what became of asking for them.
    fn print(&self, out: &mut impl Write, all_frames: bool) -> io::Result<()> {
        let mut lacks_lines = false;
        for stats in &self.update.waits {
            let wait = stats.wait.and_then(|id| self.update.labels.wait(id));
            self.print_group(out, stats, wait.as_deref(), all_frames)?;
            writeln!(out)?;
            lacks_lines |= wait.is_some_and(|wait| stack::lacks_lines(&wait.stack));
        }
        writeln!(out, "{}", self.summary())?;
        if lacks_lines {
            writeln!(out, "{}", stack::ADD_DEBUG_INFO)?;
        }
        match coverage::advice(self.target.tier, &self.update.overview) {
            Some(advice) => writeln!(out, "{advice}"),
            None => Ok(()),
        }
    }

    fn print_group(
        &self,
        out: &mut impl Write,
        stats: &WaitStats,
        wait: Option<&Wait>,
        all_frames: bool,
    ) -> io::Result<()> {
        let state = wait.map_or(stats.state.name(), |wait| wait.kind.name());
        let since = stats
            .oldest
            .map(|oldest| format!(", {oldest}"))
            .unwrap_or_default();
        writeln!(out, "{} [{state}{since}]:", self.who(stats))?;
        match wait {
            Some(wait) => print_branches(out, &wait.stack.branches, all_frames)?,
            None if stats.state == loiter_model::State::Idle => {
                writeln!(out, "    (not captured)")?;
            }
            None => {}
        }
        if let Some(site) = self.update.labels.site(stats.site) {
            writeln!(out, "spawned at {}", text::clean(&site.to_string()))?;
        }
        if stats.count > 1 {
            writeln!(out, "{}", numbers(stats))?;
        }
        Ok(())
    }

    /// `task 17 "worker"`, `3 tasks "worker"`, or without a name that all of them have.
    fn who(&self, stats: &WaitStats) -> String {
        let who = match (stats.count, stats.sample.first()) {
            (1, Some(seq)) => format!("task {seq}"),
            (count, _) => format!("{count} tasks"),
        };
        let name = |seq: &TaskSeq| self.names.get(seq);
        let mut names = stats.sample.iter().map(name);
        match names.next().flatten() {
            Some(first) if names.all(|other| other == Some(first)) => {
                format!("{who} \"{}\"", text::clean(first))
            }
            _ => who,
        }
    }

    fn summary(&self) -> String {
        let who = who(&self.target);
        let shown = self.update.waits.len();
        let matched = self.update.matched;
        let asked = match &self.capture {
            Some(outcome) => stack::outcome(outcome),
            None => "no task was asked".to_owned(),
        };
        format!("{who}: {shown} of {matched} stacks; {asked}")
    }
}

/// `tasks 17, 18, 19 and 5 more`.
fn numbers(stats: &WaitStats) -> String {
    let numbers: Vec<String> = stats.sample.iter().map(TaskSeq::to_string).collect();
    let numbers = numbers.join(", ");
    match stats.count.saturating_sub(stats.sample.len() as u64) {
        0 => format!("tasks {numbers}"),
        more => format!("tasks {numbers} and {more} more"),
    }
}

fn print_branches(out: &mut impl Write, branches: &[Branch], all_frames: bool) -> io::Result<()> {
    if branches.is_empty() {
        return writeln!(out, "    ({})", stack::NO_WAKER);
    }
    for (number, branch) in (1..).zip(branches) {
        if branches.len() > 1 {
            writeln!(out, "  branch {number} of {}:", branches.len())?;
        }
        if all_frames {
            for frame in &branch.frames {
                print_frame(out, frame)?;
            }
            continue;
        }
        for part in stack::fold(&branch.frames) {
            match part {
                Part::Frame(frame) => print_frame(out, frame)?,
                Part::Folded { frames, whose } => {
                    writeln!(out, "    ({})", stack::folded(frames, &whose))?;
                }
            }
        }
    }
    Ok(())
}

/// The function, and below it the place, which terminals and editors lead to.
fn print_frame(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let function = match &*frame.function {
        "" => "?",
        function => function,
    };
    writeln!(out, "{}", text::clean(function))?;
    let file = text::clean(&frame.file);
    match (frame.line, frame.column) {
        _ if file.is_empty() => Ok(()),
        (0, _) => writeln!(out, "    {file}"),
        (line, 0) => writeln!(out, "    {file}:{line}"),
        (line, column) => writeln!(out, "    {file}:{line}:{column}"),
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::Tier;

    use super::*;
    use crate::command::sample;

    fn answer() -> Answer {
        let names = [17, 20, 21, 22, 23, 24, 25, 26, 30].map(|number| {
            let seq = TaskSeq::new(number).expect("not 0");
            (seq, Arc::from("blocked-send"))
        });
        Answer {
            target: sample::target(),
            thresholds: Thresholds::default(),
            capture: Some(sample::capture()),
            update: sample::waits(),
            names: names.into(),
        }
    }

    fn printed(answer: &Answer, all_frames: bool) -> String {
        let mut out = Vec::new();
        let printed = answer.print(&mut out, all_frames);
        printed.expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn equal_stacks_are_printed_once() {
        sample::assert_snapshot("stacks", &printed(&answer(), false));
        sample::assert_snapshot("stacks_all_frames", &printed(&answer(), true));
    }

    #[test]
    fn what_is_missing_is_said_with_the_remedy() {
        let mut answer = answer();
        for wait in answer.update.labels.waits.values_mut() {
            let wait = Arc::make_mut(wait);
            let frames = wait.stack.branches.iter_mut();
            for frame in frames.flat_map(|branch| &mut branch.frames) {
                frame.file = "".into();
                frame.line = 0;
            }
        }
        answer.target.tier = Tier::NotBuiltIn;
        answer.update.overview.runtime_tasks = Some(340);
        answer.capture = None;
        let text = printed(&answer, false);
        for part in [
            "debug = \"line-tables-only\"",
            "42 of 340 alive tasks are visible",
            "no task was asked",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn no_text_from_the_wire_steers_the_terminal() {
        let mut answer = answer();
        for name in answer.names.values_mut() {
            *name = "\x1b[2Jevil\n".into();
        }
        for wait in answer.update.labels.waits.values_mut() {
            let frames = Arc::make_mut(wait).stack.branches.iter_mut();
            for frame in frames.flat_map(|branch| &mut branch.frames) {
                frame.function = "\x1b[2Jevil\n".into();
            }
        }
        let text = printed(&answer, true);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
        let lines = printed(&self::answer(), true).lines().count();
        assert_eq!(text.lines().count(), lines, "{text}");
    }
}
