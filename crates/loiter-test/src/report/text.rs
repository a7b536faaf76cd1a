//! The report as a test's output shows it.

use std::fmt;

use loiter_model::Nanos;

use super::{Call, Extent, Leak, LeakReport, Place, Spawner, Trouble};

/// Groups that are shown.
const GROUPS: usize = 20;
/// Branches of a `select!` that are shown.
const BRANCHES: usize = 8;

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = self.test();
        match self.trouble() {
            Some(Trouble::Blind(reason)) => {
                return write!(
                    f,
                    "{test}: no task can be seen, so nothing was checked: {reason}"
                );
            }
            Some(Trouble::UnfitOption(option)) => {
                return write!(
                    f,
                    "{test}: `{option}` makes no sense for `find`: use it with `verify` or `run`"
                );
            }
            None => {}
        }
        let all = self.tasks() + self.unseen();
        let (tasks, are) = if all == 1 {
            ("task", "is")
        } else {
            ("tasks", "are")
        };
        let waited = self.waited();
        match self.extent() {
            Extent::Test => {
                writeln!(
                    f,
                    "{test} leaves {all} {tasks} behind, alive {waited:?} after its end"
                )?;
            }
            Extent::Process => {
                writeln!(
                    f,
                    "{all} {tasks} {are} alive in this process ({test}, after {waited:?})"
                )?;
            }
        }
        for group in self.groups().iter().take(GROUPS) {
            write!(f, "\n{group}")?;
        }
        let more = self.groups().get(GROUPS..).unwrap_or_default();
        if !more.is_empty() {
            let tasks: u64 = more.iter().map(|group| group.count).sum();
            writeln!(f, "\nand {tasks} tasks in {} more groups", more.len())?;
        }
        for note in self.notes() {
            writeln!(f, "\nnote: {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (oldest, state) = (Nanos(self.oldest_ns), self.state);
        match self.count {
            1 => write!(f, "1 {}", self.subject(""))?,
            count => write!(f, "{count} {}", self.subject("s"))?,
        }
        match self.wait {
            Some(wait) => writeln!(f, " [{wait}, {oldest}]:")?,
            None => writeln!(f, " [{state}, {oldest}]:")?,
        }
        self.write_stack(f)?;
        writeln!(f, "spawned at {}", self.site)?;
        for spawner in &self.spawned_by {
            writeln!(f, "    by {spawner}")?;
        }
        for scope in &self.scopes {
            writeln!(f, "    in the scope {scope}")?;
        }
        if let Some(certainty) = self.certainty {
            writeln!(
                f,
                "{certainty}: no waker of it exists, so nothing can ever wake it"
            )?;
        }
        writeln!(f, "cause: {}", self.cause)?;
        writeln!(f, "cure: {}", self.cure)?;
        for line in self.code.lines() {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

impl Leak {
    /// `tasks "worker", "writer"`, `blocking function`.
    fn subject(&self, plural: &str) -> String {
        let kind = match self.kind {
            "blocking" => "blocking function",
            "local" => "local task",
            _ => "task",
        };
        let names: Vec<String> = self
            .names
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        match names.is_empty() {
            true => format!("{kind}{plural}"),
            false => format!("{kind}{plural} {}", names.join(", ")),
        }
    }

    fn write_stack(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.branches.is_empty() && self.wait == Some("nothing") {
            writeln!(f, "    (registered no waker: nothing can wake it)")?;
        }
        let several = self.branches.len() > 1;
        for (index, calls) in self.branches.iter().take(BRANCHES).enumerate() {
            if several {
                writeln!(f, "  branch {}:", index + 1)?;
            }
            write_calls(f, calls)?;
        }
        if let Some(more @ 1..) = self.branches.len().checked_sub(BRANCHES) {
            writeln!(f, "  and {more} more branches")?;
        }
        if several && self.source == Some("sampled") {
            writeln!(f, "  (sampled: branches may be missing)")?;
        }
        Ok(())
    }
}

/// Innermost first, with those folded that are neither the program's nor its libraries'.
fn write_calls(f: &mut fmt::Formatter<'_>, calls: &[Call]) -> fmt::Result {
    let is_aside = |call: &Call| !matches!(call.origin, "user" | "library");
    for run in calls.chunk_by(|a, b| is_aside(a) == is_aside(b)) {
        if is_aside(&run[0]) {
            writeln!(f, "    ({})", folded(run))?;
            continue;
        }
        for Call {
            function, place, ..
        } in run
        {
            match function.is_empty() {
                true => writeln!(f, "?")?,
                false => writeln!(f, "{function}")?,
            }
            if !place.file.is_empty() {
                writeln!(f, "    {place}")?;
            }
        }
    }
    Ok(())
}

/// `8 frames of tokio and std`.
fn folded(calls: &[Call]) -> String {
    let names = [("tokio", "tokio"), ("agent", "loiter"), ("std", "std")];
    let there = names
        .iter()
        .filter(|(origin, _)| calls.iter().any(|call| call.origin == *origin));
    let whose: Vec<&str> = there.map(|(_, name)| *name).collect();
    let plural = if calls.len() == 1 { "" } else { "s" };
    format!("{} frame{plural} of {}", calls.len(), whose.join(" and "))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        match (file.as_str(), line) {
            ("", _) => f.write_str("an unknown place"),
            (file, 0) => f.write_str(file),
            (file, line) => write!(f, "{file}:{line}:{column}"),
        }
    }
}

/// `task "acceptor", spawned at src/main.rs:3:5`.
impl fmt::Display for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "task \"{name}\", spawned at {}", self.site),
            None => write!(f, "the task spawned at {}", self.site),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Contents, *};

    fn place(file: &str, line: u32) -> Place {
        Place {
            file: file.to_owned(),
            line,
            column: 9,
        }
    }

    fn call(function: &str, file: &str, origin: &'static str) -> Call {
        Call {
            function: function.to_owned(),
            place: place(file, 12),
            origin,
        }
    }

    fn leak(count: u64) -> Leak {
        Leak {
            count,
            names: Vec::new(),
            scopes: Vec::new(),
            kind: "task",
            state: "idle",
            oldest_ns: 512_000_000,
            wait: Some("mpsc recv"),
            source: Some("probed"),
            branches: vec![vec![
                call("tokio::sync::mpsc::chan::Rx::recv", "chan.rs", "tokio"),
                call("core::future::PollFn::poll", "poll_fn.rs", "std"),
                call("app::Pool::next_job", "src/pool.rs", "user"),
                call("", "", "user"),
                call("loiter::task::watched::poll", "watched.rs", "agent"),
            ]],
            site: place("src/pool.rs", 41),
            spawned_by: Vec::new(),
            certainty: None,
            cause: "It waits.",
            cure: "Tell it to end.",
            code: "token.cancel();",
        }
    }

    fn report(groups: Vec<Leak>, unseen: u64) -> LeakReport {
        LeakReport(Box::new(Contents {
            schema: 1,
            program: "pool".to_owned(),
            test: "pool::drains".to_owned(),
            extent: Extent::Test,
            waited_ns: 500_000_000,
            tasks: groups.iter().map(|leak| leak.count).sum(),
            unseen,
            tier: None,
            groups,
            notes: vec!["one more thing".to_owned()],
            trouble: None,
        }))
    }

    #[test]
    fn a_report_reads_like_a_dump_of_stacks() {
        let mut group = leak(2);
        group.names = vec!["a".to_owned(), "b".to_owned()];
        group.scopes = vec!["server".to_owned()];
        group.certainty = Some("proved");
        group.spawned_by = vec![Spawner {
            name: Some("acceptor".to_owned()),
            site: place("src/main.rs", 3),
        }];
        assert_eq!(
            report(vec![group], 1).to_string(),
            "\
pool::drains leaves 3 tasks behind, alive 500ms after its end

2 tasks \"a\", \"b\" [mpsc recv, 512ms]:
    (2 frames of tokio and std)
app::Pool::next_job
    src/pool.rs:12:9
?
    (1 frame of loiter)
spawned at src/pool.rs:41:9
    by task \"acceptor\", spawned at src/main.rs:3:9
    in the scope server
proved: no waker of it exists, so nothing can ever wake it
cause: It waits.
cure: Tell it to end.
    token.cancel();

note: one more thing
"
        );
    }

    #[test]
    fn many_groups_and_branches_are_cut() {
        let mut first = leak(1);
        first.wait = Some("select");
        first.source = Some("sampled");
        first.branches = vec![Vec::new(); 11];
        let groups = std::iter::once(first).chain((0..24).map(|_| leak(2)));
        let text = report(groups.collect(), 0).to_string();
        assert!(text.contains("\nand 10 tasks in 5 more groups\n"), "{text}");
        assert_eq!(text.matches("\nspawned at ").count(), 20);
        assert!(text.contains("\n  and 3 more branches\n"), "{text}");
        assert!(
            text.contains("\n  (sampled: branches may be missing)\n"),
            "{text}"
        );
    }
}
