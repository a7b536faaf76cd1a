//! The table of what was measured.

use std::{fmt::Write, time::Duration};

/// What was measured of one number of tasks. Shares are of one core.
pub(crate) struct Figures {
    pub(crate) tasks: usize,
    pub(crate) first_frame: Duration,
    pub(crate) bytes_per_sec: f64,
    pub(crate) ui_share: f64,
    pub(crate) agent_share: f64,
    pub(crate) agent_alone_share: f64,
    /// Nanoseconds.
    pub(crate) scan: u64,
    pub(crate) delay_alone: Duration,
    pub(crate) delay_watched: Duration,
    pub(crate) bytes_per_task: u64,
}

/// A row of the table: one figure, for every number of tasks.
struct Figure {
    title: &'static str,
    unit: &'static str,
    /// The figure must be below it at [`GOALS_AT`] tasks.
    goal: Option<f64>,
    decimals: usize,
    of: fn(&Figures) -> f64,
}

/// Tasks at which the goals hold.
const GOALS_AT: usize = 1_000_000;

const FIGURES: &[Figure] = &[
    Figure {
        title: "attach → first frame with rows",
        unit: "ms",
        goal: Some(1000.0),
        decimals: 0,
        of: |figures| millis(figures.first_frame),
    },
    Figure {
        title: "wire",
        unit: "KB/s",
        goal: Some(100.0),
        decimals: 1,
        of: |figures| figures.bytes_per_sec / 1e3,
    },
    Figure {
        title: "UI, CPU",
        unit: "%",
        goal: Some(10.0),
        decimals: 1,
        of: |figures| figures.ui_share * 100.0,
    },
    Figure {
        title: "agent, CPU",
        unit: "%",
        goal: Some(25.0),
        decimals: 1,
        of: |figures| figures.agent_share * 100.0,
    },
    Figure {
        title: "agent, CPU, nobody attached",
        unit: "%",
        goal: None,
        decimals: 1,
        of: |figures| figures.agent_alone_share * 100.0,
    },
    Figure {
        title: "agent, one look at every task",
        unit: "ms",
        goal: None,
        decimals: 2,
        of: |figures| figures.scan as f64 / 1e6,
    },
    Figure {
        title: "worst delay of a worker, nobody attached",
        unit: "ms",
        goal: None,
        decimals: 1,
        of: |figures| millis(figures.delay_alone),
    },
    Figure {
        title: "worst delay of a worker, UI attached",
        unit: "ms",
        goal: None,
        decimals: 1,
        of: |figures| millis(figures.delay_watched),
    },
    Figure {
        title: "resident memory a task, tokio's included",
        unit: "B",
        goal: None,
        decimals: 0,
        of: |figures| figures.bytes_per_task as f64,
    },
];

/// Every number of tasks that was measured.
#[derive(Default)]
pub(crate) struct Report(Vec<Figures>);

impl Report {
    pub(crate) fn add(&mut self, figures: Figures) {
        self.0.push(figures);
    }

    /// As Markdown, for a terminal and the README alike.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from("| tasks alive |");
        for figures in &self.0 {
            let _ = write!(text, " {} |", with_commas(figures.tasks));
        }
        let _ = write!(text, " goal at {} |\n| --- |", with_commas(GOALS_AT));
        text += &" --: |".repeat(self.0.len() + 1);
        text.push('\n');
        for figure in FIGURES {
            let _ = write!(text, "| {} |", figure.title);
            for figures in &self.0 {
                let value = (figure.of)(figures);
                let _ = write!(text, " {value:.*} {} |", figure.decimals, figure.unit);
            }
            let _ = writeln!(text, " {} |", self.verdict(figure));
        }
        text
    }

    /// A figure's goal, and whether it is met where that was measured.
    fn verdict(&self, figure: &Figure) -> String {
        let Some(goal) = figure.goal else {
            return String::new();
        };
        let measured = self.0.iter().find(|figures| figures.tasks == GOALS_AT);
        let mark = match measured.map(figure.of) {
            Some(value) if value < goal => " ✓",
            Some(_) => " ✗",
            None => "",
        };
        format!("< {goal} {}{mark}", figure.unit)
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// `1000000` as `1,000,000`.
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
