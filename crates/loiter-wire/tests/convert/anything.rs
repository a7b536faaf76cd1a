//! Anything that can be sent.

use std::fmt::Debug;

use loiter_model::{
    AsyncOp, AsyncOpSeq, Distribution, Ending, LintCounts, NameId, Nanos, Quantiles, ResourceSeq,
    SiteId, SiteStats, State, Target, TaskSeq, Teller, Tier, Totals, WaitId, WaitStats,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind, RuleSettings},
    update::{
        Description, Event, EventBatch, EventKind, FindingsUpdate, LabelSet, LearntWait, Overview,
        ResourceDetail, ResourcesUpdate, SitesUpdate, Stretch, TaskDetail, TasksUpdate,
        WaitsUpdate,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::arbitrary::{allow, attribute, labels, nanos, resource, task, tasks, thresholds};

pub(crate) fn label_set() -> impl Strategy<Value = LabelSet> {
    (0..4usize).prop_map(|few| {
        let all = labels();
        LabelSet {
            names: all.names.into_iter().take(few).collect(),
            sites: all.sites.into_iter().take(few).collect(),
            waits: all.waits.into_iter().take(2 * few).collect(),
        }
    })
}

pub(crate) fn overview() -> impl Strategy<Value = Overview> {
    (
        any::<([u64; 11], [u64; 5])>(),
        nanos(),
        nanos(),
        vec(any::<u32>(), 0..4),
        option::of(any::<u64>()),
    )
        .prop_map(|((counts, lints), at, scan_time, history, runtime_tasks)| {
            let [
                alive,
                running,
                scheduled,
                idle,
                blocked,
                hogging,
                starved,
                rest @ ..,
            ] = counts;
            let [spawned, ended, untracked, remembered] = rest;
            Overview {
                at,
                totals: Totals {
                    alive,
                    running,
                    scheduled,
                    idle,
                    blocked,
                    hogging,
                    starved,
                    spawned,
                    ended,
                    untracked,
                    remembered,
                    lints: LintCounts(lints),
                },
                history,
                scan_time,
                runtime_tasks,
            }
        })
}

/// What every answer has: an overview, the rows that match and the number of the first, rows and
/// their labels.
fn answer<T: Debug>(
    rows: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = (Overview, [u64; 2], Vec<T>, LabelSet)> {
    (overview(), any::<[u64; 2]>(), rows, label_set())
}

pub(crate) fn tasks_update() -> impl Strategy<Value = TasksUpdate> {
    answer(tasks(5)).prop_map(|(overview, [matched, offset], tasks, labels)| TasksUpdate {
        overview,
        matched,
        offset,
        tasks,
        labels,
    })
}

pub(crate) fn quantiles() -> impl Strategy<Value = Quantiles> {
    any::<[u64; 5]>().prop_map(|[count, p50, p90, p99, max]| Quantiles {
        count,
        p50: Nanos(p50),
        p90: Nanos(p90),
        p99: Nanos(p99),
        max: Nanos(max),
    })
}

pub(crate) fn site_stats() -> impl Strategy<Value = SiteStats> {
    let idle = || option::of(nanos());
    let quantiles = [quantiles(), quantiles(), quantiles(), quantiles()];
    let rates = [0.0..1e9, 0.0..1e9];
    let history = vec(any::<u32>(), 0..4);
    (
        any::<u32>(),
        any::<[u64; 10]>(),
        rates,
        idle(),
        idle(),
        history,
        quantiles,
    )
        .prop_map(
            |(site, counts, rates, oldest_idle, median_idle, history, quantiles)| {
                let [
                    alive,
                    idle,
                    scheduled,
                    running,
                    blocked,
                    hogging,
                    starved,
                    rest @ ..,
                ] = counts;
                let [spawned, ended, bytes] = rest;
                let [spawned_per_sec, ended_per_sec] = rates;
                let [poll, scheduled_for, waited, lifetime] = quantiles;
                SiteStats {
                    site: SiteId(site),
                    alive,
                    idle,
                    scheduled,
                    running,
                    blocked,
                    hogging,
                    starved,
                    spawned,
                    ended,
                    spawned_per_sec,
                    ended_per_sec,
                    oldest_idle,
                    median_idle,
                    bytes,
                    history,
                    poll,
                    scheduled_for,
                    waited,
                    lifetime,
                }
            },
        )
}

pub(crate) fn sites_update() -> impl Strategy<Value = SitesUpdate> {
    answer(vec(site_stats(), 0..4)).prop_map(|(overview, [matched, offset], sites, labels)| {
        SitesUpdate {
            overview,
            matched,
            offset,
            sites,
            labels,
        }
    })
}

pub(crate) fn wait_stats() -> impl Strategy<Value = WaitStats> {
    (
        option::of(any::<u32>()),
        select(&State::ALL[..]),
        any::<[u32; 2]>(),
        option::of(nanos()),
        option::of(nanos()),
        vec(1..u64::MAX, 0..9),
    )
        .prop_map(
            |(wait, state, [site, count], oldest, median, sample)| WaitStats {
                wait: wait.map(WaitId),
                state,
                site: SiteId(site),
                count: u64::from(count),
                oldest,
                median,
                bytes: u64::from(count) << 32,
                sample: sample.into_iter().filter_map(TaskSeq::new).collect(),
            },
        )
}

pub(crate) fn waits_update() -> impl Strategy<Value = WaitsUpdate> {
    answer(vec(wait_stats(), 0..4)).prop_map(|(overview, [matched, offset], waits, labels)| {
        WaitsUpdate {
            overview,
            matched,
            offset,
            waits,
            labels,
        }
    })
}

pub(crate) fn distribution() -> impl Strategy<Value = Distribution> {
    vec((any::<u64>(), 0..9u64), 0..6).prop_map(|samples| {
        let mut distribution = Distribution::default();
        for (sample, count) in samples {
            distribution.add(Nanos(sample), count);
        }
        distribution
    })
}

pub(crate) fn detail() -> impl Strategy<Value = TaskDetail> {
    let stretch =
        (nanos(), select(&State::ALL[..])).prop_map(|(from, state)| Stretch { from, state });
    let tasks = (task(), option::of(task()), option::of(task()), label_set());
    let distributions = [
        distribution(),
        distribution(),
        distribution(),
        distribution(),
    ];
    (
        nanos(),
        tasks,
        distributions,
        vec(stretch, 0..4),
        any::<u64>(),
    )
        .prop_map(
            |(at, (task, parent, woken_by, labels), distributions, timeline, lost)| {
                let [poll, scheduled, site_poll, site_scheduled] = distributions;
                TaskDetail {
                    at,
                    task,
                    parent,
                    woken_by,
                    labels,
                    poll,
                    scheduled,
                    site_poll,
                    site_scheduled,
                    timeline,
                    lost,
                }
            },
        )
}

pub(crate) fn target() -> impl Strategy<Value = Target> {
    let tier = select(vec![
        Tier::EveryTask,
        Tier::NotBuiltIn,
        Tier::SubscriberTaken,
    ]);
    let texts = ["\\PC{0,4}", "\\PC{0,4}", "\\PC{0,4}"];
    let teller = select(vec![Teller::Agent, Teller::ConsoleSubscriber]);
    (
        texts,
        any::<u32>(),
        any::<[u64; 4]>(),
        (teller, tier),
        thresholds(),
    )
        .prop_map(
            |(
                [name, host, agent_version],
                pid,
                [run_id, started, uptime, max_tasks],
                (teller, tier),
                thresholds,
            )| {
                Target {
                    name,
                    pid,
                    host,
                    agent_version,
                    run_id,
                    started_unix: Nanos(started),
                    uptime: Nanos(uptime),
                    teller,
                    tier,
                    thresholds,
                    max_tasks,
                }
            },
        )
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let seq = || (0..4u64).prop_map(TaskSeq::new);
    let kind = prop_oneof![
        (any::<u32>(), seq()).prop_map(|(site, parent)| EventKind::Spawn {
            site: SiteId(site),
            parent,
        }),
        Just(EventKind::PollStart),
        Just(EventKind::PollEnd),
        seq().prop_map(|by| EventKind::Wake { by }),
        Just(EventKind::Described),
        select(&Ending::ALL[..]).prop_map(|ending| EventKind::Drop { ending }),
    ];
    (any::<u64>(), 1..u64::MAX, kind).prop_map(|(at, task, kind)| Event {
        at: Nanos(at),
        task: TaskSeq::new(task).expect("above zero"),
        kind,
    })
}

pub(crate) fn batch() -> impl Strategy<Value = EventBatch> {
    let described = vec((event(), description()), 0..8);
    let waits = vec((nanos(), seq(), any::<u32>()), 0..8);
    (described, any::<bool>(), waits, label_set(), any::<u64>()).prop_map(
        |(described, tells, waits, labels, lost)| {
            let told = described.iter();
            let told = told.filter(|(event, _)| tells && event.kind.has_description());
            EventBatch {
                descriptions: told.map(|(_, description)| *description).collect(),
                events: described.into_iter().map(|(event, _)| event).collect(),
                waits: waits
                    .into_iter()
                    .map(|(at, task, wait)| LearntWait {
                        at,
                        task,
                        wait: WaitId(wait),
                    })
                    .collect(),
                labels,
                lost,
            }
        },
    )
}

fn description() -> impl Strategy<Value = Description> {
    task().prop_map(|task| Description {
        kind: task.kind,
        tokio_id: task.tokio_id,
        name: task.name,
        scope: task.scope,
        size: task.size,
        original_size: task.original_size,
        expect_idle: task.expect_idle,
        may_be_part: task.may_be_part,
    })
}

fn seq() -> impl Strategy<Value = TaskSeq> {
    (1..u64::MAX).prop_map(|number| TaskSeq::new(number).expect("above zero"))
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let durations = || (nanos(), nanos());
    prop_oneof![
        durations().prop_map(|(longest, median)| Evidence::Idle { longest, median }),
        Just(Evidence::NoLiveWaker),
        Just(Evidence::ConfirmedByLook),
        (nanos(), any::<u64>()).prop_map(|(p99, count)| Evidence::SiteWaits { p99, count }),
        (nanos(), any::<u64>()).prop_map(|(p99, count)| Evidence::SiteLifetimes { p99, count }),
        Just(Evidence::NeverWoken),
        seq().prop_map(|parent| Evidence::ParentEnded { parent }),
        (seq(), any::<u64>()).prop_map(|(waker, wakes)| Evidence::WokenOnlyBy { waker, wakes }),
        seq().prop_map(|task| Evidence::WaitsForEndOf { task }),
        vec(seq(), 0..4).prop_map(|tasks| Evidence::Cycle { tasks }),
        nanos().prop_map(|idle| Evidence::WentOnUnwoken { idle }),
        nanos().prop_map(|longest| Evidence::Polling { longest }),
        nanos().prop_map(|longest| Evidence::Scheduled { longest }),
        (any::<u64>(), 0..=100u8).prop_map(|(per_second, percent)| Evidence::SelfWakes {
            per_second,
            percent,
        }),
        (any::<[u64; 2]>(), nanos()).prop_map(|([before, now], over)| Evidence::Alive {
            before,
            now,
            over,
        }),
        (any::<[u64; 2]>(), nanos()).prop_map(|([spawned, ended], over)| Evidence::Flow {
            spawned,
            ended,
            over,
        }),
        any::<u64>().prop_map(|most| Evidence::Limit { most }),
        (seq(), seq(), "\\PC{0,8}").prop_map(|(waiter, holder, what)| Evidence::Held {
            waiter,
            holder,
            what: what.into(),
        }),
    ]
}

fn doubt() -> impl Strategy<Value = Doubt> {
    prop_oneof![
        any::<u64>().prop_map(|tasks| Doubt::Untracked { tasks }),
        any::<u64>().prop_map(|tasks| Doubt::Unseen { tasks }),
        Just(Doubt::Sampled),
        any::<u64>().prop_map(|count| Doubt::FewSamples { count }),
        Just(Doubt::InPlace),
        Just(Doubt::ByConsoleSubscriber),
    ]
}

pub(crate) fn finding() -> impl Strategy<Value = Finding> {
    (
        select(FindingKind::ALL),
        select(&Certainty::ALL[..]),
        any::<[Option<u32>; 4]>(),
        any::<[u64; 2]>(),
        vec(seq(), 0..Finding::SAMPLE),
        nanos(),
        vec(evidence(), 0..4),
        vec(doubt(), 0..3),
    )
        .prop_map(
            |(kind, certainty, labels, [count, bytes], sample, since, evidence, doubts)| {
                let [site, wait, name, scope] = labels;
                Finding {
                    kind,
                    certainty,
                    site: site.map(SiteId),
                    wait: wait.map(WaitId),
                    name: name.map(NameId),
                    scope: scope.map(NameId),
                    count,
                    sample,
                    bytes,
                    since,
                    evidence,
                    doubts,
                }
            },
        )
}

pub(crate) fn rules() -> impl Strategy<Value = RuleSettings> {
    (thresholds(), any::<[Option<u64>; 2]>(), vec(allow(), 0..3)).prop_map(
        |(thresholds, [max_alive, max_alive_at_site], allow)| RuleSettings {
            thresholds,
            max_alive,
            max_alive_at_site,
            allow,
        },
    )
}

pub(crate) fn findings_update() -> impl Strategy<Value = FindingsUpdate> {
    (
        overview(),
        vec(finding(), 0..4),
        vec(any::<u64>(), 0..4),
        vec(allow(), 0..3),
        any::<[u64; 2]>(),
        label_set(),
    )
        .prop_map(
            |(overview, findings, allowed, own_allow, [scans, omitted], labels)| FindingsUpdate {
                overview,
                findings,
                omitted,
                allowed,
                own_allow,
                scans,
                labels,
            },
        )
}

fn op() -> impl Strategy<Value = AsyncOp> {
    let numbers = (1..9u64, 0..9u64, 1..9u64, 0..9u64);
    (
        numbers,
        [nanos(), nanos(), nanos()],
        any::<u64>(),
        select(&State::ALL[..]),
        vec(attribute(), 0..3),
    )
        .prop_map(
            |(
                (seq, parent, resource, task),
                [created_at, total, busy],
                polls,
                state,
                attributes,
            )| {
                AsyncOp {
                    seq: AsyncOpSeq::new(seq).expect("above zero"),
                    parent: AsyncOpSeq::new(parent),
                    resource: ResourceSeq::new(resource).expect("above zero"),
                    task: TaskSeq::new(task),
                    source: "Mutex::lock".into(),
                    created_at,
                    total,
                    busy,
                    polls,
                    state,
                    attributes,
                }
            },
        )
}

pub(crate) fn resources_update() -> impl Strategy<Value = ResourcesUpdate> {
    (
        overview(),
        any::<bool>(),
        any::<[u64; 3]>(),
        (vec(resource(), 0..4), vec(op(), 0..4)),
        label_set(),
    )
        .prop_map(
            |(overview, is_tracking, [untracked, matched, offset], (resources, ops), labels)| {
                ResourcesUpdate {
                    overview,
                    is_tracking,
                    untracked,
                    matched,
                    offset,
                    resources,
                    ops,
                    labels,
                }
            },
        )
}

pub(crate) fn resource_detail() -> impl Strategy<Value = ResourceDetail> {
    (
        nanos(),
        resource(),
        option::of(resource()),
        (vec(op(), 0..4), any::<u64>()),
        vec(task(), 0..3),
        label_set(),
    )
        .prop_map(
            |(at, resource, parent, (ops, ops_omitted), tasks, labels)| ResourceDetail {
                at,
                resource,
                parent,
                ops,
                ops_omitted,
                tasks,
                labels,
            },
        )
}
