//! The columns of the table of targets.

use std::sync::Arc;

use loiter_model::{
    Nanos, Thresholds, Totals,
    finding::Certainty,
    fleet::{FindingCounts, Instance, InstanceColumn, InstanceId, Status},
};

use super::count;
use crate::ui::{
    columns::{Cell, ColumnSpec, Context, Row},
    spark,
    text::{self, Elide},
    theme::{Glyphs, Role},
};

/// A target as it is shown.
#[derive(Clone, Debug)]
pub(in crate::ui::fleet) struct TargetRow {
    pub(in crate::ui::fleet) id: InstanceId,
    /// Its name, made different from those of others.
    pub(in crate::ui::fleet) label: Arc<str>,
    /// Whether it is chosen, where one chooses.
    pub(in crate::ui::fleet) mark: Option<bool>,
    pub(in crate::ui::fleet) health: Health,
    /// What the target is called at which its process counts, where that is another one.
    pub(in crate::ui::fleet) counts_at: Option<Arc<str>>,
    /// Program and process.
    pub(in crate::ui::fleet) process: Option<String>,
    pub(in crate::ui::fleet) host: Option<String>,
    pub(in crate::ui::fleet) version: Option<String>,
    pub(in crate::ui::fleet) address: String,
    pub(in crate::ui::fleet) uptime: Option<Nanos>,
    totals: Option<Totals>,
    findings: Option<FindingCounts>,
    history: Vec<u32>,
    /// Whether the figures are from before it was lost.
    is_stale: bool,
    lag: Option<Nanos>,
}

/// How it is about a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ui::fleet) enum Health {
    Connecting,
    Answering,
    Lost { age: Nanos, reason: String },
}

impl TargetRow {
    /// A target as it is at this time.
    pub(in crate::ui::fleet) fn new(
        instance: &Instance,
        label: Arc<str>,
        mark: Option<bool>,
        now: Nanos,
    ) -> Self {
        let target = instance.target();
        let health = match instance.status() {
            Status::Connecting => Health::Connecting,
            Status::Answering => Health::Answering,
            Status::Lost { since, reason } => Health::Lost {
                age: now.saturating_sub(since),
                reason: reason.to_owned(),
            },
        };
        let overview = instance.overview();
        Self {
            id: instance.id(),
            label,
            mark,
            health,
            counts_at: None,
            process: target.map(|target| match target.pid {
                // Not every teller tells it.
                0 => target.name.clone(),
                pid => format!("{} {pid}", target.name),
            }),
            host: target.map(|target| target.host.clone()),
            version: instance.version().map(str::to_owned),
            address: instance.address().to_owned(),
            // Its clock begins with it.
            uptime: overview.map(|overview| overview.at),
            totals: overview.map(|overview| overview.totals),
            findings: overview.map(|_| instance.finding_counts()),
            history: overview.map_or_else(Vec::new, |overview| overview.history.clone()),
            is_stale: instance.is_stale(),
            lag: instance.lag(now),
        }
    }

    pub(in crate::ui::fleet) fn is_lost(&self) -> bool {
        matches!(self.health, Health::Lost { .. })
    }

    /// A figure that is known, in its colour while it holds.
    fn figure(&self, figure: fn(&Totals) -> u64, role: Option<Role>) -> Cell {
        match &self.totals {
            Some(totals) => count(figure(totals), role.filter(|_| !self.is_stale)),
            None => Cell::none(),
        }
    }
}

impl Row for TargetRow {
    type Key = InstanceId;
    type Column = InstanceColumn;
    const COLUMNS: &'static [ColumnSpec<Self>] = &COLUMNS;

    fn key(&self) -> InstanceId {
        self.id
    }

    /// Its figures stay what it said, and grow older.
    fn later(&self, elapsed: Nanos, _: &Thresholds) -> Self {
        let mut row = self.clone();
        row.lag = self.lag.map(|lag| lag.saturating_add(elapsed));
        if row.health == Health::Answering {
            row.uptime = self.uptime.map(|uptime| uptime.saturating_add(elapsed));
        }
        if let Health::Lost { age, .. } = &mut row.health {
            *age = age.saturating_add(elapsed);
        }
        row
    }

    fn role(&self, _: &Thresholds) -> Option<Role> {
        (self.is_lost() || self.is_stale).then_some(Role::Faint)
    }
}

type Spec = ColumnSpec<TargetRow>;

#[rustfmt::skip]
static COLUMNS: [Spec; 14] = [
    Spec::word(InstanceColumn::Name, 14, 24, 100, name).growing(2),
    Spec::word(InstanceColumn::Process, 16, 22, 45, |row, _| Cell::clean(row.process.as_ref())).growing(1),
    Spec::word(InstanceColumn::Host, 8, 12, 30, |row, _| Cell::clean(row.host.as_ref().filter(|host| !host.is_empty()))),
    Spec::word(InstanceColumn::Status, 10, 12, 98, status).growing(3),
    Spec::figure(InstanceColumn::Alive, 7, 96, |row, _| row.figure(|totals| totals.alive, None)),
    Spec::figure(InstanceColumn::Blocked, 8, 92, |row, _| row.figure(|totals| totals.blocked, Some(Role::Blocked))),
    Spec::figure(InstanceColumn::Hogging, 8, 35, |row, _| row.figure(|totals| totals.hogging, Some(Role::Hogging))),
    Spec::figure(InstanceColumn::Starved, 8, 33, |row, _| row.figure(|totals| totals.starved, Some(Role::Starved))),
    Spec::figure(InstanceColumn::Findings, 9, 94, findings),
    Spec::word(InstanceColumn::History, 8, 20, 40, history),
    Spec::figure(InstanceColumn::Lag, 6, 80, |row, context| Cell::duration(row.lag, context)),
    Spec::figure(InstanceColumn::Uptime, 7, 20, |row, context| Cell::duration(row.uptime, context)),
    Spec::word(InstanceColumn::Version, 7, 7, 70, |row, _| Cell::clean(row.version.as_ref())),
    Spec { elide: Elide::Start, ..Spec::word(InstanceColumn::Address, 15, 22, 10, |row, _| Cell::clean(Some(&row.address))).hidden() },
];

/// What tells it from others of its name stands at the end, and stays.
fn name(row: &TargetRow, context: &Context<'_>) -> Cell {
    let mark = match row.mark {
        None => "",
        Some(true) => "[x] ",
        Some(false) => "[ ] ",
    };
    let room = context.width.saturating_sub(text::width(mark));
    let ellipsis = context.theme.glyphs().ellipsis;
    let label = text::clean(&row.label);
    let label = text::fit(&label, room, Elide::Start, ellipsis);
    Cell::of(format!("{mark}{label}"))
}

fn status(row: &TargetRow, context: &Context<'_>) -> Cell {
    let glyphs = context.theme.glyphs();
    match &row.health {
        Health::Connecting => Cell::with("connecting", Some(Role::Accent)),
        Health::Answering => Cell::with(format!("{} up", glyphs.connected), Some(Role::Running)),
        Health::Lost { age, reason } => {
            let age = text::limit(whole_seconds(*age));
            let words = format!(
                "{} lost {age}: {}",
                glyphs.disconnected,
                text::clean(reason)
            );
            // Without room for the reason, the line below says it.
            let brief = format!("lost {age}");
            let has_room = usize::from(context.width) >= brief.len() + 14;
            Cell::with(if has_room { words } else { brief }, Some(Role::Bad))
        }
    }
}

pub(in crate::ui::fleet) fn whole_seconds(duration: Nanos) -> Nanos {
    let second = Nanos::from_secs(1).0;
    Nanos(duration.0 / second * second)
}

fn history(row: &TargetRow, context: &Context<'_>) -> Cell {
    let line = spark::line(&row.history, context.width, context.theme.glyphs());
    let role = match row.is_stale {
        true => Role::Faint,
        false => Role::Accent,
    };
    Cell::with(line, Some(role))
}

/// How many of each certainty, the surest first; as many of them as there is room for.
fn findings(row: &TargetRow, context: &Context<'_>) -> Cell {
    let Some(counts) = &row.findings else {
        return Cell::none();
    };
    if counts.all() == 0 {
        return Cell::with("0", Some(Role::Faint));
    }
    let role = worst(counts).map(Role::of_certainty);
    let words = words(counts, context.theme.glyphs(), context.width);
    Cell::with(words, role.filter(|_| !row.is_stale))
}

/// How sure the surest is. Of those of which only the number is known, it is not known.
pub(in crate::ui::fleet) fn worst(counts: &FindingCounts) -> Option<Certainty> {
    match *counts {
        FindingCounts { proved: 1.., .. } => Some(Certainty::Proved),
        FindingCounts { suspected: 1.., .. } => Some(Certainty::Suspected),
        _ => (counts.all() > 0).then_some(Certainty::Watch),
    }
}

fn words(counts: &FindingCounts, glyphs: &Glyphs, width: u16) -> String {
    let less_sure = counts.watch.saturating_add(counts.omitted);
    let parts = [
        (Certainty::Proved, counts.proved),
        (Certainty::Suspected, counts.suspected),
        (Certainty::Watch, less_sure),
    ];
    let mut words = String::new();
    for (certainty, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        let part = format!("{}{}", glyphs.certainty(certainty), text::count(count));
        let gap = u16::from(!words.is_empty());
        if gap > 0 && text::width(&words) + gap + text::width(&part) > width {
            break;
        }
        if gap > 0 {
            words.push(' ');
        }
        words.push_str(&part);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Charset, Palette, theme::Theme};

    #[test]
    fn the_surest_findings_have_the_room_that_there_is() {
        let counts = FindingCounts {
            proved: 2,
            suspected: 13,
            watch: 400,
            omitted: 1,
        };
        let theme = Theme::new(Palette::None, Charset::Unicode);
        let said = |width| words(&counts, theme.glyphs(), width);
        assert_eq!(said(20), "◆2 ◇13 ◦401");
        assert_eq!(said(8), "◆2 ◇13");
        assert_eq!(said(1), "◆2");
        assert_eq!(worst(&counts), Some(Certainty::Proved));
        assert_eq!(worst(&FindingCounts::default()), None);
    }
}
