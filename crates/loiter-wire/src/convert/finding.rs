//! Findings, what they rest on, and the rules by which they are reached.

use loiter_model::{
    NameId, Nanos, SiteId, TaskSeq, WaitId,
    finding::{Allow, Certainty, Doubt, Evidence, Finding, FindingKind, RuleSettings},
    query::FilterError,
    update::FindingsUpdate,
};

use super::{BadMessage, list, seq, seqs};
use crate::v1::{self, doubt::Doubt as WireDoubt, evidence::Fact};

const UNKNOWN_KIND: &str = "an unknown kind of findings";

/// Why a client's rules cannot be gone by. As a query, rules hold what a person has written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// A filter of the allow list does not parse.
    #[error("in filter {number} of the allow list: {error}")]
    Filter {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        error: FilterError,
    },
    /// There is no such kind of findings.
    #[error(
        "this agent does not know the kind of findings {0} of the allow list; it knows 1 to {last}",
        last = FindingKind::ALL.len()
    )]
    Kind(i32),
}

/// Reads a client's rules: what they leave out is as in `own`, whose allow list comes after
/// theirs.
///
/// # Errors
/// [`BadRules`] for a filter that does not parse and for a kind that is not known: leaving one
/// out could allow more than was meant.
pub fn read_rules(rules: v1::FindingRules, own: &RuleSettings) -> Result<RuleSettings, BadRules> {
    let mut allow = Vec::with_capacity(rules.allow.len() + own.allow.len());
    for (number, entry) in (1..).zip(rules.allow) {
        allow.push(Allow {
            filter: entry
                .filter
                .parse()
                .map_err(|error| BadRules::Filter { number, error })?,
            kinds: kinds(entry.kinds).map_err(BadRules::Kind)?,
            reason: entry.reason,
        });
    }
    allow.extend_from_slice(&own.allow);
    Ok(RuleSettings {
        thresholds: rules.thresholds.map_or(own.thresholds, Into::into),
        max_alive: rules.max_alive.or(own.max_alive),
        max_alive_at_site: rules.max_alive_at_site.or(own.max_alive_at_site),
        allow,
    })
}

/// The first one that is not known is the error.
fn kinds(values: Vec<i32>) -> Result<Vec<FindingKind>, i32> {
    values
        .into_iter()
        .map(|value| kind(value).ok_or(value))
        .collect()
}

impl From<&RuleSettings> for v1::FindingRules {
    fn from(rules: &RuleSettings) -> Self {
        Self {
            thresholds: Some(rules.thresholds.into()),
            max_alive: rules.max_alive,
            max_alive_at_site: rules.max_alive_at_site,
            allow: rules.allow.iter().map(v1::Allow::from).collect(),
        }
    }
}

impl From<&Allow> for v1::Allow {
    fn from(entry: &Allow) -> Self {
        let kinds = entry.kinds.iter();
        Self {
            filter: entry.filter.to_string(),
            kinds: kinds.map(|&kind| wire_kind(kind).into()).collect(),
            reason: entry.reason.clone(),
        }
    }
}

impl TryFrom<v1::Allow> for Allow {
    type Error = BadMessage;

    fn try_from(entry: v1::Allow) -> Result<Self, BadMessage> {
        let filter = entry.filter;
        Ok(Self {
            filter: match filter.parse() {
                Ok(filter) => filter,
                Err(_) => {
                    let problem = "which is no filter";
                    return Err(BadMessage::value("Allow.filter", filter, problem));
                }
            },
            kinds: kinds(entry.kinds)
                .map_err(|value| BadMessage::value("Allow.kinds", value, UNKNOWN_KIND))?,
            reason: entry.reason,
        })
    }
}

impl From<FindingsUpdate> for v1::FindingsUpdate {
    fn from(update: FindingsUpdate) -> Self {
        let findings = update.findings.into_iter();
        Self {
            overview: Some(update.overview.into()),
            findings: findings.map(v1::Finding::from).collect(),
            omitted: update.omitted,
            allowed: update.allowed,
            scans: update.scans,
            labels: Some((&update.labels).into()),
            own_allow: update.own_allow.iter().map(v1::Allow::from).collect(),
        }
    }
}

impl TryFrom<v1::FindingsUpdate> for FindingsUpdate {
    type Error = BadMessage;

    fn try_from(update: v1::FindingsUpdate) -> Result<Self, BadMessage> {
        let overview = update.overview;
        let (known, unknown): (Vec<_>, Vec<_>) = update
            .findings
            .into_iter()
            // One without a kind is no newer peer's: it is refused below.
            .partition(|finding| finding.kind == 0 || kind(finding.kind).is_some());
        Ok(Self {
            overview: overview
                .ok_or_else(|| BadMessage::without("FindingsUpdate.overview"))?
                .try_into()?,
            findings: list(known)?,
            omitted: update.omitted.saturating_add(unknown.len() as u64),
            allowed: update.allowed,
            own_allow: list(update.own_allow)?,
            scans: update.scans,
            labels: update.labels.unwrap_or_default().try_into()?,
        })
    }
}

impl From<Finding> for v1::Finding {
    fn from(finding: Finding) -> Self {
        Self {
            kind: wire_kind(finding.kind).into(),
            certainty: wire_certainty(finding.certainty).into(),
            site: finding.site.map(|id| id.0),
            wait: finding.wait.map(|id| id.0),
            name: finding.name.map(|id| id.0),
            scope: finding.scope.map(|id| id.0),
            count: finding.count,
            sample: finding.sample.into_iter().map(TaskSeq::get).collect(),
            bytes: finding.bytes,
            since_ns: finding.since.0,
            evidence: finding.evidence.into_iter().map(Into::into).collect(),
            doubts: finding.doubts.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::Finding> for Finding {
    type Error = BadMessage;

    fn try_from(finding: v1::Finding) -> Result<Self, BadMessage> {
        let kind = match finding.kind {
            0 => return Err(BadMessage::without("Finding.kind")),
            value => {
                kind(value).ok_or_else(|| BadMessage::value("Finding.kind", value, UNKNOWN_KIND))?
            }
        };
        let evidence = finding.evidence.into_iter();
        let doubts = finding.doubts.into_iter();
        Ok(Self {
            kind,
            certainty: certainty(finding.certainty),
            site: finding.site.map(SiteId),
            wait: finding.wait.map(WaitId),
            name: finding.name.map(NameId),
            scope: finding.scope.map(NameId),
            count: finding.count,
            sample: seqs("Finding.sample", finding.sample)?,
            bytes: finding.bytes,
            since: Nanos(finding.since_ns),
            // What only newer peers know is left out.
            evidence: evidence
                .filter_map(|evidence| evidence.fact)
                .map(Evidence::try_from)
                .collect::<Result<_, _>>()?,
            doubts: doubts
                .filter_map(|doubt| doubt.doubt)
                .map(Doubt::from)
                .collect(),
        })
    }
}

impl From<Evidence> for v1::Evidence {
    fn from(evidence: Evidence) -> Self {
        use v1::evidence as wire;
        let fact = match evidence {
            Evidence::Idle { longest, median } => Fact::Idle(wire::Idle {
                longest_ns: longest.0,
                median_ns: median.0,
            }),
            Evidence::NoLiveWaker => Fact::NoLiveWaker(wire::NoLiveWaker {}),
            Evidence::ConfirmedByLook => Fact::ConfirmedByLook(wire::ConfirmedByLook {}),
            Evidence::SiteWaits { p99, count } => Fact::SiteWaits(norm(p99, count)),
            Evidence::SiteLifetimes { p99, count } => Fact::SiteLifetimes(norm(p99, count)),
            Evidence::NeverWoken => Fact::NeverWoken(wire::NeverWoken {}),
            Evidence::ParentEnded { parent } => Fact::ParentEnded(parent.get()),
            Evidence::WokenOnlyBy { waker, wakes } => Fact::WokenOnlyBy(wire::WokenOnlyBy {
                waker: waker.get(),
                wakes,
            }),
            Evidence::WaitsForEndOf { task } => Fact::WaitsForEndOf(task.get()),
            Evidence::Cycle { tasks } => Fact::Cycle(wire::Cycle {
                tasks: tasks.into_iter().map(TaskSeq::get).collect(),
            }),
            Evidence::WentOnUnwoken { idle } => Fact::WentOnUnwokenNs(idle.0),
            Evidence::Polling { longest } => Fact::PollingNs(longest.0),
            Evidence::Scheduled { longest } => Fact::ScheduledNs(longest.0),
            Evidence::SelfWakes {
                per_second,
                percent,
            } => Fact::SelfWakes(wire::SelfWakes {
                per_second,
                percent: percent.into(),
            }),
            Evidence::Alive { before, now, over } => Fact::Alive(wire::Alive {
                before,
                now,
                over_ns: over.0,
            }),
            Evidence::Flow {
                spawned,
                ended,
                over,
            } => Fact::Flow(wire::Flow {
                spawned,
                ended,
                over_ns: over.0,
            }),
            Evidence::Limit { most } => Fact::Limit(most),
            Evidence::Held {
                waiter,
                holder,
                what,
            } => Fact::Held(wire::Held {
                waiter: waiter.get(),
                holder: holder.get(),
                what: what.to_string(),
            }),
        };
        Self { fact: Some(fact) }
    }
}

impl TryFrom<Fact> for Evidence {
    type Error = BadMessage;

    fn try_from(fact: Fact) -> Result<Self, BadMessage> {
        Ok(match fact {
            Fact::Idle(idle) => Self::Idle {
                longest: Nanos(idle.longest_ns),
                median: Nanos(idle.median_ns),
            },
            Fact::NoLiveWaker(_) => Self::NoLiveWaker,
            Fact::ConfirmedByLook(_) => Self::ConfirmedByLook,
            Fact::SiteWaits(norm) => Self::SiteWaits {
                p99: Nanos(norm.p99_ns),
                count: norm.count,
            },
            Fact::SiteLifetimes(norm) => Self::SiteLifetimes {
                p99: Nanos(norm.p99_ns),
                count: norm.count,
            },
            Fact::NeverWoken(_) => Self::NeverWoken,
            Fact::ParentEnded(parent) => Self::ParentEnded {
                parent: seq("Evidence.parent_ended", parent)?,
            },
            Fact::WokenOnlyBy(woken) => Self::WokenOnlyBy {
                waker: seq("Evidence.woken_only_by.waker", woken.waker)?,
                wakes: woken.wakes,
            },
            Fact::WaitsForEndOf(task) => Self::WaitsForEndOf {
                task: seq("Evidence.waits_for_end_of", task)?,
            },
            Fact::Cycle(cycle) => Self::Cycle {
                tasks: seqs("Evidence.cycle.tasks", cycle.tasks)?,
            },
            Fact::WentOnUnwokenNs(idle) => Self::WentOnUnwoken { idle: Nanos(idle) },
            Fact::PollingNs(longest) => Self::Polling {
                longest: Nanos(longest),
            },
            Fact::ScheduledNs(longest) => Self::Scheduled {
                longest: Nanos(longest),
            },
            Fact::SelfWakes(wakes) => Self::SelfWakes {
                per_second: wakes.per_second,
                percent: percent(wakes.percent)?,
            },
            Fact::Alive(alive) => Self::Alive {
                before: alive.before,
                now: alive.now,
                over: Nanos(alive.over_ns),
            },
            Fact::Flow(flow) => Self::Flow {
                spawned: flow.spawned,
                ended: flow.ended,
                over: Nanos(flow.over_ns),
            },
            Fact::Limit(most) => Self::Limit { most },
            Fact::Held(held) => Self::Held {
                waiter: seq("Evidence.held.waiter", held.waiter)?,
                holder: seq("Evidence.held.holder", held.holder)?,
                what: held.what.into(),
            },
        })
    }
}

impl From<Doubt> for v1::Doubt {
    fn from(doubt: Doubt) -> Self {
        let doubt = match doubt {
            Doubt::Untracked { tasks } => WireDoubt::Untracked(tasks),
            Doubt::Unseen { tasks } => WireDoubt::Unseen(tasks),
            Doubt::Sampled => WireDoubt::Sampled(true),
            Doubt::FewSamples { count } => WireDoubt::FewSamples(count),
            Doubt::InPlace => WireDoubt::InPlace(true),
            Doubt::ByConsoleSubscriber => WireDoubt::ByConsoleSubscriber(true),
        };
        Self { doubt: Some(doubt) }
    }
}

impl From<WireDoubt> for Doubt {
    fn from(doubt: WireDoubt) -> Self {
        match doubt {
            WireDoubt::Untracked(tasks) => Self::Untracked { tasks },
            WireDoubt::Unseen(tasks) => Self::Unseen { tasks },
            // Of these only the presence says something.
            WireDoubt::Sampled(_) => Self::Sampled,
            WireDoubt::InPlace(_) => Self::InPlace,
            WireDoubt::ByConsoleSubscriber(_) => Self::ByConsoleSubscriber,
            WireDoubt::FewSamples(count) => Self::FewSamples { count },
        }
    }
}

fn norm(p99: Nanos, count: u64) -> v1::evidence::Norm {
    v1::evidence::Norm {
        p99_ns: p99.0,
        count,
    }
}

fn percent(value: u32) -> Result<u8, BadMessage> {
    match u8::try_from(value) {
        Ok(percent @ ..=100) => Ok(percent),
        _ => Err(BadMessage::value(
            "Evidence.self_wakes.percent",
            value,
            "which is more than all",
        )),
    }
}

fn wire_certainty(certainty: Certainty) -> v1::Certainty {
    match certainty {
        Certainty::Watch => v1::Certainty::Watch,
        Certainty::Suspected => v1::Certainty::Suspected,
        Certainty::Proved => v1::Certainty::Proved,
    }
}

/// One that only newer peers know promises nothing.
fn certainty(value: i32) -> Certainty {
    match v1::Certainty::try_from(value) {
        Ok(v1::Certainty::Proved) => Certainty::Proved,
        Ok(v1::Certainty::Suspected) => Certainty::Suspected,
        Ok(v1::Certainty::Watch | v1::Certainty::Unspecified) | Err(_) => Certainty::Watch,
    }
}

macro_rules! kinds {
    ($($kind:ident)*) => {
        fn wire_kind(kind: FindingKind) -> v1::FindingKind {
            match kind {
                $(FindingKind::$kind => v1::FindingKind::$kind,)*
            }
        }

        /// `None` for one that only newer peers know.
        fn kind(value: i32) -> Option<FindingKind> {
            match v1::FindingKind::try_from(value) {
                $(Ok(v1::FindingKind::$kind) => Some(FindingKind::$kind),)*
                Ok(v1::FindingKind::Unspecified) | Err(_) => None,
            }
        }
    };
}

kinds! {
    NoWaker
    WaitCycle
    DeadByAssociation
    LostWakeup
    OrphanedWait
    BlockedSend
    BlockedReceive
    BlockedLock
    Hogging
    BusyLoop
    Starved
    LongBlocking
    GrowingSite
    TooManyAlive
}
