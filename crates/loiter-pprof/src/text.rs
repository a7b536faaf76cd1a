//! The texts that Go has for goroutines, `?debug=1` and `?debug=2`: for people, and for tools
//! that read those.

use std::fmt::Write;

use loiter_model::{Nanos, State};

use crate::{
    Group, TaskProfile,
    frames::{Call, calls},
};

impl TaskProfile {
    /// As `?debug=1` of a goroutine profile: equal tasks once, with their count, the most first.
    #[must_use]
    pub fn to_counts(&self) -> String {
        let mut text = format!("{} profile: total {}\n", self.subject.name(), self.tasks());
        for group in self.groups() {
            let calls = calls(group);
            // Go has the addresses of the calls here; a task that waits is in none.
            let _ = writeln!(text, "{} @", group.count);
            let labels = group.labels();
            let labels = labels
                .iter()
                .map(|(key, value)| format!("{key:?}:{value:?}"));
            let labels: Vec<_> = labels.collect();
            let _ = writeln!(text, "# labels: {{{}}}", labels.join(", "));
            for call in &calls {
                let _ = writeln!(text, "#\t{}", one_line(call));
            }
            text.push('\n');
        }
        text
    }

    /// As `?debug=2`: a block for each group, with what it waits on and for how many minutes,
    /// where it is a minute or more.
    #[must_use]
    pub fn to_dump(&self) -> String {
        let mut text = String::new();
        for (number, group) in self.groups().into_iter().enumerate() {
            let _ = writeln!(text, "goroutine {} [{}]:", number + 1, header(group));
            let calls = calls(group);
            let Some((spawned, calls)) = calls.split_last() else {
                continue;
            };
            for call in calls {
                let _ = writeln!(text, "{}()\n\t{}", call.function, place(call));
            }
            let _ = writeln!(
                text,
                "created by {}\n\t{}\n",
                spawned.function,
                place(spawned)
            );
        }
        text
    }
}

/// `mpsc recv, 5 minutes, 12 tasks`.
fn header(group: &Group) -> String {
    let mut header = group.reason().to_owned();
    let minutes = group.oldest.0 / Nanos::from_secs(60).0;
    if minutes > 0 && group.state == State::Idle {
        let _ = write!(header, ", {minutes} minutes");
    }
    if group.count > 1 {
        let _ = write!(header, ", {} tasks", group.count);
    }
    header
}

/// `/src/pool.rs:88`, or where the source is not known, `?`.
fn place(call: &Call) -> String {
    match (call.file.is_empty(), call.line) {
        (true, _) => "?".to_owned(),
        (false, 0) => call.file.clone(),
        (false, line) => format!("{}:{line}", call.file),
    }
}

fn one_line(call: &Call) -> String {
    format!("{}\t{}", call.function, place(call))
}
