//! The table of what was measured.

use std::fmt::Write;

use crate::{Watcher, work::Work};

/// Every measurement.
#[derive(Default)]
pub(crate) struct Report(Vec<(Work, Watcher, f64)>);

impl Report {
    pub(crate) fn add(&mut self, work: Work, watcher: Watcher, value: f64) {
        self.0.push((work, watcher, value));
    }

    /// The least of all rounds: whatever else runs on the machine can only add to it.
    fn least(&self, work: Work, watcher: Watcher) -> f64 {
        self.0
            .iter()
            .filter(|measured| (measured.0, measured.1) == (work, watcher))
            .map(|measured| measured.2)
            .fold(f64::INFINITY, f64::min)
    }

    /// As Markdown, for a terminal and the README alike.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "| | bare tokio | loiter | console-subscriber | loiter adds | console-subscriber adds | ratio | goal |\n\
             | --- | --: | --: | --: | --: | --: | --: | --: |\n",
        );
        for work in Work::ALL {
            let [bare, loiter, console] = Watcher::ALL.map(|watcher| self.least(work, watcher));
            let unit = if work.is_memory() { "B" } else { "ns" };
            // Adding zero leaves no minus before it.
            let [ours, theirs] = [loiter, console].map(|watched| (watched - bare).round() + 0.0);
            let ratio = match ours {
                // Below what can be measured.
                ..1.0 => "none".to_owned(),
                _ if theirs / ours < 10.0 => format!("1/{:.1}", theirs / ours),
                _ => format!("1/{:.0}", theirs / ours),
            };
            let goal = work.goal().map_or("none kept".to_owned(), |goal| {
                format!("1/{:.0}", 1.0 / goal)
            });
            let _ = writeln!(
                text,
                "| {} | {bare:.0} {unit} | {loiter:.0} {unit} | {console:.0} {unit} | \
                 {ours:.0} {unit} | {theirs:.0} {unit} | {ratio} | {goal} |",
                work.name(),
            );
        }
        text
    }
}
