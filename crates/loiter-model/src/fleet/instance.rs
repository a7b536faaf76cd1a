//! One target of a fleet.

use std::sync::Arc;

use super::{FindingCounts, InstanceId, News, SiteCount, Told, finding::Findings, site::Sites};
use crate::{Nanos, Target, Teller, Totals, finding::FindingKey, update::Overview};

/// Samples of a history that are kept.
const SAMPLES: usize = 120;
/// Characters of a name, an address or a reason that are kept: whoever is asked has chosen them.
const LONGEST_TEXT: usize = 256;

/// One target, and what it said last.
///
/// What it said is kept when it is lost; [`Instance::is_stale`] says whether it still holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    id: InstanceId,
    name: Arc<str>,
    address: Arc<str>,
    seen: Nanos,
    /// The last of everything that it said.
    answered: Option<Nanos>,
    lost: Option<Heard<Arc<str>>>,
    target: Option<Heard<Target>>,
    overview: Option<Heard<Overview>>,
    sites: Option<Heard<Sites>>,
    findings: Option<Heard<Findings>>,
}

/// Something, and when it was heard.
#[derive(Clone, Debug, PartialEq)]
struct Heard<T> {
    at: Nanos,
    what: T,
}

/// How it is about a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status<'a> {
    /// It was found, and has said nothing yet.
    Connecting,
    /// It answers.
    Answering,
    /// It does not answer.
    Lost {
        /// When it answered last; when it was found if it never did.
        since: Nanos,
        /// Why, in one line.
        reason: &'a str,
    },
}

impl Status<'_> {
    /// The word for it in tables and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Answering => "answering",
            Self::Lost { .. } => "lost",
        }
    }
}

impl Instance {
    /// How many sites are remembered of a target: those with most tasks alive.
    pub const MOST_SITES: usize = 64;
    /// How many findings are remembered of a target: the worst.
    pub const MOST_FINDINGS: usize = 64;

    pub(super) fn new(id: InstanceId, at: Nanos, name: &str, address: &str) -> Self {
        Self {
            id,
            name: clipped(name),
            address: clipped(address),
            seen: at,
            answered: None,
            lost: None,
            target: None,
            overview: None,
            sites: None,
            findings: None,
        }
    }

    pub(super) fn hear(&mut self, at: Nanos, news: News) {
        if !matches!(news, News::Lost { .. } | News::Seen { .. }) {
            self.answered = self.answered.max(Some(at));
        }
        match news {
            News::Seen { .. } => {}
            News::Lost { reason } => keep(&mut self.lost, at, clipped(&reason)),
            News::Target(target) => keep(&mut self.target, at, kept(*target)),
            News::Sites(update) => {
                let (overview, sites) = Sites::of(*update);
                keep(&mut self.overview, at, recent(overview));
                keep(&mut self.sites, at, sites);
            }
            News::Findings(update) => {
                let (overview, findings) = Findings::of(*update);
                keep(&mut self.overview, at, recent(overview));
                keep(&mut self.findings, at, findings);
            }
        }
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> InstanceId {
        self.id
    }

    /// What it is called: what its list calls it, or where it was found.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// When it was found.
    #[must_use]
    pub const fn seen(&self) -> Nanos {
        self.seen
    }

    /// What it said it is.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref().map(|heard| &heard.what)
    }

    /// Which run of which process it is, if it has said so, and how it is, since it was lost last.
    pub(super) fn run(&self) -> Option<u64> {
        let target = self.target.as_ref()?;
        let overview = self.overview.as_ref()?;
        let is_lost = self.is_before_loss(Some(target.at.min(overview.at)));
        let tells = target.what.teller == Teller::Agent && !is_lost;
        tells.then_some(target.what.run_id)
    }

    /// The version of its agent; `None` while it is not known.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.target().map(|target| target.agent_version.as_str())
    }

    /// How it is about it.
    #[must_use]
    pub fn status(&self) -> Status<'_> {
        let answered = self.answered;
        match (&self.lost, answered) {
            (Some(lost), _) if Some(lost.at) >= answered => Status::Lost {
                since: answered.unwrap_or(self.seen),
                reason: &lost.what,
            },
            (_, Some(_)) => Status::Answering,
            (_, None) => Status::Connecting,
        }
    }

    /// Since when it is lost, if it is: when it answered last, or was found.
    #[must_use]
    pub fn lost_since(&self) -> Option<Nanos> {
        match self.status() {
            Status::Lost { since, .. } => Some(since),
            Status::Connecting | Status::Answering => None,
        }
    }

    /// When it answered last; `None` when it never did.
    #[must_use]
    pub const fn answered(&self) -> Option<Nanos> {
        self.answered
    }

    /// How old what is known of it is; `None` when it never answered.
    #[must_use]
    pub fn lag(&self, now: Nanos) -> Option<Nanos> {
        self.answered.map(|at| now.saturating_sub(at))
    }

    /// What holds for the whole of it, as it said last.
    #[must_use]
    pub fn overview(&self) -> Option<&Overview> {
        self.overview.as_ref().map(|heard| &heard.what)
    }

    /// Its tasks in counts, as it said last.
    #[must_use]
    pub fn totals(&self) -> Option<&Totals> {
        self.overview().map(|overview| &overview.totals)
    }

    /// Whether its [overview](Self::overview) is from before it was lost: it counts for nothing
    /// then, even when the target answers again, until it has said how it is now.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_before_loss(self.overview.as_ref().map(|heard| heard.at))
    }

    /// How many findings it has; nothing as long as it has not said so.
    #[must_use]
    pub fn finding_counts(&self) -> FindingCounts {
        let findings = self.findings.as_ref();
        findings.map_or_else(FindingCounts::default, |heard| heard.what.counts)
    }

    /// Its sites with most tasks, as it said last.
    #[must_use]
    pub fn sites(&self) -> &[SiteCount] {
        self.sites.as_ref().map_or(&[], |heard| &heard.what.rows)
    }

    /// Its findings, the worst first, as it said last.
    pub fn findings(&self) -> impl Iterator<Item = Told<'_>> {
        let heard = self.findings.iter();
        heard.flat_map(|heard| heard.what.told())
    }

    /// One of its findings.
    #[must_use]
    pub fn finding(&self, key: &FindingKey) -> Option<Told<'_>> {
        self.findings().find(|told| told.finding.key() == *key)
    }

    /// Its sites that are not in [`Instance::sites`].
    #[must_use]
    pub fn sites_omitted(&self) -> u64 {
        self.sites.as_ref().map_or(0, |heard| heard.what.omitted)
    }

    /// Its findings that are not in [`Instance::findings`].
    #[must_use]
    pub fn findings_omitted(&self) -> u64 {
        self.findings.as_ref().map_or(0, |heard| heard.what.omitted)
    }

    pub(super) fn are_sites_stale(&self) -> bool {
        self.is_before_loss(self.sites.as_ref().map(|heard| heard.at))
    }

    pub(super) fn are_findings_stale(&self) -> bool {
        self.is_before_loss(self.findings.as_ref().map(|heard| heard.at))
    }

    fn is_before_loss(&self, heard: Option<Nanos>) -> bool {
        match (&self.lost, heard) {
            (Some(lost), Some(heard)) => lost.at >= heard,
            _ => false,
        }
    }
}

/// Keeps what was heard last. What comes late counts for nothing.
fn keep<T>(kept: &mut Option<Heard<T>>, at: Nanos, what: T) {
    if kept.as_ref().is_none_or(|heard| heard.at <= at) {
        *kept = Some(Heard { at, what });
    }
}

fn kept(target: Target) -> Target {
    let clip = |text: String| match text.len() > LONGEST_TEXT {
        true => clipped(&text).as_ref().to_owned(),
        false => text,
    };
    Target {
        name: clip(target.name),
        host: clip(target.host),
        agent_version: clip(target.agent_version),
        ..target
    }
}

fn recent(mut overview: Overview) -> Overview {
    let older = overview.history.len().saturating_sub(SAMPLES);
    overview.history.drain(..older);
    overview.history.shrink_to_fit();
    overview
}

fn clipped(text: &str) -> Arc<str> {
    let end = text.char_indices().nth(LONGEST_TEXT);
    end.map_or(text, |(end, _)| &text[..end]).into()
}
