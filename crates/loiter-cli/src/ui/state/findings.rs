//! What is wrong with the target, as the source last said it.

use std::{collections::HashMap, sync::Arc};

use loiter_model::{
    Nanos, Thresholds, Wait,
    finding::{Certainty, Finding, FindingKey, Headline},
    query::{Labels, Sort},
    update::{FindingsUpdate, LabelSet},
};

use super::{Asking, Rows, Table};
use crate::ui::{
    columns::{FindingColumn, FindingRow},
    message::Question,
    text,
};

/// The list of findings, and the question that keeps it fresh whatever is shown.
pub(crate) struct Findings {
    pub(crate) asking: Asking,
    pub(crate) table: Table<FindingRow>,
    /// Findings beside those of the table, that only a newer client could name or that one answer
    /// has no room for.
    pub(crate) omitted: u64,
    /// How often the rules have looked at every task.
    pub(crate) scans: u64,
    /// Tasks that the service's own list of what is right kept silent.
    pub(crate) allowed: u64,
    /// Why the source has no findings to give.
    pub(crate) refusal: Option<String>,
    /// When the source looked, from the agent's start.
    at: Nanos,
    /// The limits that were asked for last.
    thresholds: Option<Thresholds>,
    /// What the user may know already; `None` until there was an answer.
    told: Option<HashMap<FindingKey, Certainty>>,
}

/// A finding that is looked at, kept while it is: it may be over by now.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) finding: Finding,
    pub(crate) labels: LabelSet,
    /// When the source said so, from the agent's start.
    pub(crate) at: Nanos,
    /// Whether the source says so no more.
    pub(crate) is_over: bool,
    /// Lines scrolled out at the top.
    pub(crate) scrolled: u16,
}

/// A finding with what it refers to and the time of it.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) labels: &'a LabelSet,
    /// From the agent's start.
    pub(crate) at: Nanos,
}

impl Findings {
    pub(crate) fn new() -> Self {
        Self {
            asking: Asking::default(),
            table: Table::new(Sort::by(FindingColumn::Certainty)),
            omitted: 0,
            scans: 0,
            allowed: 0,
            refusal: None,
            at: Nanos::ZERO,
            thresholds: None,
            told: None,
        }
    }

    /// Another process is asked: nothing of this holds.
    pub(crate) fn forget(&mut self) {
        self.table.forget();
        (self.omitted, self.scans, self.allowed) = (0, 0, 0);
        self.refusal = None;
        self.told = None;
    }

    /// There are none to be had of the source, so what there was is of no use.
    pub(crate) fn refuse(&mut self, why: String) {
        self.table.forget();
        self.refusal = Some(why);
    }

    /// The number to ask under, if it is to be asked now. By other limits, other things are
    /// wrong: that is no news then.
    pub(crate) fn ask(&mut self, thresholds: Thresholds, now: Nanos) -> Option<(u64, Question)> {
        let question = Question::Findings { thresholds };
        let number = self.asking.ask(&question, now)?;
        if self.thresholds.replace(thresholds) != Some(thresholds) {
            self.told = None;
        }
        Some((number, question))
    }

    /// Takes an answer; gives what is to be told of it.
    pub(crate) fn accept(
        &mut self,
        question: u64,
        update: FindingsUpdate,
        now: Nanos,
        height: u64,
    ) -> Option<String> {
        let news = self.news(&update);
        let at = update.overview.at;
        self.omitted = update.omitted;
        self.scans = update.scans;
        self.allowed = update
            .allowed
            .iter()
            .fold(0, |sum, n| sum.saturating_add(*n));
        self.at = at;
        let rows: Vec<FindingRow> = update
            .findings
            .into_iter()
            .map(|finding| FindingRow::new(finding, at))
            .collect();
        let rows = Rows {
            question,
            at: now,
            offset: 0,
            matched: rows.len() as u64,
            rows,
            labels: update.labels,
        };
        self.table.accept(rows, height);
        news
    }

    /// The worst of what is proved or suspected now and was not before. What is there when one
    /// comes is seen and needs no telling.
    fn news(&mut self, update: &FindingsUpdate) -> Option<String> {
        let is_first = self.told.is_none();
        let told = self.told.get_or_insert_default();
        let mut is_new = |finding: &&Finding| {
            let before = told.get(&finding.key()).copied();
            let is_new = before < Some(finding.certainty);
            if is_new {
                told.insert(finding.key(), finding.certainty);
            }
            is_new
        };
        let fresh = update.findings.iter();
        let fresh = fresh.filter(|finding| finding.certainty >= Certainty::Suspected);
        let fresh: Vec<&Finding> = fresh.filter(|finding| is_new(finding)).collect();
        let first = fresh.first().filter(|_| !is_first)?;
        let shown = Shown {
            finding: first,
            labels: &update.labels,
            at: update.overview.at,
        };
        let more = match fresh.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("{}{more}", shown.headline()))
    }

    /// How many there are, and how sure the surest is; `None` while that is not known.
    pub(crate) fn count(&self) -> Option<(u64, Option<Certainty>)> {
        let rows = self.table.rows()?;
        let worst = rows.rows.iter().map(|row| row.finding.certainty).max();
        Some((rows.matched.saturating_add(self.omitted), worst))
    }

    /// The selected finding.
    pub(crate) fn selected(&self) -> Option<Shown<'_>> {
        Some(Shown {
            finding: &self.table.selected()?.finding,
            labels: &self.table.rows()?.labels,
            at: self.at,
        })
    }

    /// The selected finding, to be looked at.
    pub(crate) fn page(&self) -> Option<Page> {
        let rows = self.table.rows()?;
        Some(Page {
            finding: self.table.selected()?.finding.clone(),
            labels: rows.labels.clone(),
            at: self.at,
            is_over: false,
            scrolled: 0,
        })
    }

    /// Brings a finding that is looked at up to date.
    pub(crate) fn renew(&self, page: &mut Page) {
        let Some(rows) = self.table.rows() else {
            return;
        };
        let key = page.finding.key();
        let same = rows.rows.iter().find(|row| row.finding.key() == key);
        page.is_over = same.is_none();
        if let Some(row) = same {
            page.finding = row.finding.clone();
            page.labels = rows.labels.clone();
            page.at = self.at;
        }
    }
}

impl Page {
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown {
            finding: &self.finding,
            labels: &self.labels,
            at: self.at,
        }
    }
}

impl Shown<'_> {
    /// It in one line, without control characters.
    pub(crate) fn headline(&self) -> String {
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
        text::clean(&headline.to_string()).into_owned()
    }

    /// What its tasks wait on, where that is known.
    pub(crate) fn wait(&self) -> Option<Arc<Wait>> {
        self.labels.wait(self.finding.wait?)
    }
}
