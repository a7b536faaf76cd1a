//! `WatchFindings`: what a client is told.

use std::{future::pending, time::Duration};

use loiter::{Builder, inspect, task};
use loiter_model::{
    WaitKind,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind},
    update::FindingsUpdate,
};
use loiter_wire::v1;
use tokio::{sync::mpsc, time::timeout};
use tonic::Code;

use crate::support::{Client, PATIENCE, Program, listen, message, wait_until};

/// Limits so short that a test reaches them at once.
pub(crate) const SOON: Duration = Duration::from_millis(30);

/// A filter and the kinds of findings, none for all.
pub(crate) type Entry<'a> = (&'a str, &'a [v1::FindingKind]);

/// All kinds of findings over the tasks of a filter.
fn every(filter: &str) -> Entry<'_> {
    (filter, &[])
}

/// Asks every 50 ms, with an allow list.
pub(crate) fn rules(allow: &[Entry<'_>]) -> v1::WatchFindingsRequest {
    let allow = allow.iter().map(|&(filter, kinds)| v1::Allow {
        filter: filter.to_owned(),
        kinds: kinds.iter().map(|&kind| kind.into()).collect(),
        reason: "a test".to_owned(),
    });
    v1::WatchFindingsRequest {
        rules: Some(v1::FindingRules {
            allow: allow.collect(),
            ..Default::default()
        }),
        interval_ms: 50,
    }
}

/// The first update that is so.
pub(crate) async fn findings_where(
    client: &mut Client,
    request: v1::WatchFindingsRequest,
    is_so: impl Fn(&FindingsUpdate) -> bool,
) -> FindingsUpdate {
    let stream = client.watch_findings(request).await;
    let mut updates = stream.expect("the rules are good").into_inner();
    let mut last = None;
    let found = timeout(PATIENCE, async {
        loop {
            let update = message(&mut updates)
                .await
                .expect("a stream without an end");
            let update: FindingsUpdate = update.try_into().expect("well-formed");
            if is_so(&update) {
                return update;
            }
            last = Some(update);
        }
    });
    let found = found.await;
    found.unwrap_or_else(|_| panic!("no such update; the last one is {last:?}"))
}

/// The finding of a kind over the tasks of a name.
pub(crate) fn find<'a>(
    update: &'a FindingsUpdate,
    kind: FindingKind,
    name: &str,
) -> Option<&'a Finding> {
    update.findings.iter().find(|finding| {
        let label = finding.name.and_then(|id| update.labels.names.get(&id));
        finding.kind == kind && label.is_some_and(|label| **label == *name)
    })
}

/// A task that waits for nothing.
fn spawn_lost() {
    drop(task::Builder::new().name("lost").spawn(pending::<()>()));
}

fn is_proved(update: &FindingsUpdate) -> bool {
    find(update, FindingKind::NoWaker, "lost")
        .is_some_and(|finding| finding.certainty == Certainty::Proved)
}

#[tokio::test]
async fn a_look_proves_that_nothing_can_wake_a_task() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        spawn_lost();
        cues.next().await;
    });
    let client = &mut program.client().await;
    let update = findings_where(client, rules(&[]), is_proved).await;
    assert_eq!(update.findings.len(), 1, "{update:?}");
    let finding = &update.findings[0];
    assert_eq!(finding.count, 1);
    let sums = update.overview.totals;
    assert_eq!((sums.alive, sums.spawned), (1, 1), "{sums:?}");
    for fact in [Evidence::NoLiveWaker, Evidence::ConfirmedByLook] {
        assert!(finding.evidence.contains(&fact), "{finding:?}");
    }
    let site = &update.labels.sites[&finding.site.expect("a site")];
    assert!(site.file.ends_with("findings/watch.rs"), "{site}");
    let wait = &update.labels.waits[&finding.wait.expect("a wait")];
    assert_eq!(wait.kind, WaitKind::Nothing);
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn each_stream_has_rules_of_its_own() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(Duration::from_secs(3600)));
        spawn_lost();
        cues.next().await;
    });
    let client = &mut program.client().await;
    let mut strict = rules(&[]);
    let limits = v1::Thresholds {
        blocked_after_ns: 30_000_000,
        hogging_after_ns: u64::MAX,
        starved_after_ns: u64::MAX,
        lints: None,
    };
    strict.rules.as_mut().expect("set").thresholds = Some(limits);
    // No look without the service's own limit: the second scan sees it so again.
    let update = findings_where(client, strict, |update| !update.findings.is_empty()).await;
    let finding = find(&update, FindingKind::NoWaker, "lost").expect("found");
    assert_eq!(finding.certainty, Certainty::Suspected);
    assert!(update.scans > 1, "{}", update.scans);
    // By the service's own limits nothing is wrong, and this stream has scanned anew.
    let request = v1::WatchFindingsRequest {
        rules: None,
        interval_ms: 50,
    };
    let update = findings_where(client, request.clone(), |_| true).await;
    assert_eq!(update.scans, 1, "the answer comes at once");
    let update = findings_where(client, request, |update| update.scans == 3).await;
    assert_eq!(update.findings, []);
    program.cue("stop");
    program.finish();
}

/// Tasks of one site: so many that send to somebody who listens and end, and some that do not.
async fn senders(ending: usize, stuck: usize) -> impl Sized {
    let (to_listener, mut listener) = mpsc::channel(1);
    let (to_nobody, nobody) = mpsc::channel(1);
    let channels =
        std::iter::repeat_n(to_listener, ending).chain(std::iter::repeat_n(to_nobody, 1 + stuck));
    for sender in channels {
        let task = task::Builder::new().name("sender");
        drop(task.spawn(async move { sender.send(()).await }));
    }
    // The last of them has filled the channel of nobody.
    for _ in 0..ending {
        listener.recv().await.expect("a sender is left");
    }
    nobody
}

#[tokio::test]
async fn senders_are_compared_with_their_siblings() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        let _receiver = senders(40, 2).await;
        cues.next().await;
    });
    let client = &mut program.client().await;
    let blocked = |update: &FindingsUpdate| {
        find(update, FindingKind::BlockedSend, "sender").is_some_and(|finding| finding.count == 2)
    };
    let update = findings_where(client, rules(&[]), blocked).await;
    let finding = find(&update, FindingKind::BlockedSend, "sender").expect("found");
    assert_eq!(finding.certainty, Certainty::Suspected);
    let siblings = finding.evidence.iter().find_map(|fact| match fact {
        Evidence::SiteWaits { p99, count } => Some((*p99, *count)),
        _ => None,
    });
    let (p99, count) = siblings.expect("there are siblings to compare with");
    assert!(count >= 20, "{count}");
    let idle = finding.evidence.iter().find_map(|fact| match fact {
        Evidence::Idle { longest, .. } => Some(*longest),
        _ => None,
    });
    assert!(idle.expect("idle").0 >= 10 * p99.0, "{finding:?}");
    let few = |doubt: &Doubt| matches!(doubt, Doubt::FewSamples { .. });
    assert!(!finding.doubts.iter().any(few), "{finding:?}");
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn what_is_allowed_is_silent_and_counted() {
    let mut program = Program::start(async |mut cues| {
        let builder = Builder::new().blocked_after(SOON);
        listen(builder.allow("name:keeper", "kept for ever"));
        spawn_lost();
        drop(task::Builder::new().name("keeper").spawn(pending::<()>()));
        cues.next().await;
    });
    let client = &mut program.client().await;
    let update = findings_where(client, rules(&[]), is_proved).await;
    assert_eq!(update.findings.len(), 1, "only the lost one: {update:?}");
    assert_eq!(update.own_allow.len(), 1);
    let own = &update.own_allow[0];
    assert_eq!(
        (own.filter.to_string(), &*own.reason),
        ("name:keeper".to_owned(), "kept for ever")
    );

    let allow = rules(&[
        every("name:other"),
        ("name:lost", &[v1::FindingKind::NoWaker]),
    ]);
    let counted = |update: &FindingsUpdate| update.allowed.iter().filter(|n| **n > 0).count() == 2;
    let update = findings_where(client, allow, counted).await;
    assert_eq!(update.findings, []);
    assert_eq!(update.allowed.len(), 3, "first the client's entries");
    assert_eq!(update.allowed[0], 0);

    let another_kind = rules(&[("name:lost", &[v1::FindingKind::BlockedSend])]);
    findings_where(client, another_kind, is_proved).await;
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        cues.next().await;
    });
    let client = &mut program.client().await;
    let mut unknown_kind = rules(&[every("")]);
    let allow = &mut unknown_kind.rules.as_mut().expect("set").allow;
    allow[0].kinds.push(99);
    let mut long_reason = rules(&[every("")]);
    let allow = &mut long_reason.rules.as_mut().expect("set").allow;
    allow[0].reason = "x".repeat(5000);
    let long_filter = format!("name:{}", "x".repeat(5000));
    for (request, expected) in [
        (
            rules(&[every(""), every("idle>x")]),
            "in filter 2 of the allow list: ",
        ),
        (
            rules(&[every(&long_filter)]),
            "in filter 1 of the allow list: ",
        ),
        (unknown_kind, "does not know the kind of findings 99"),
        (
            long_reason,
            "a reason in an allow list has at most 4096 bytes",
        ),
        (
            rules(&[every(""); 65]),
            "an allow list has at most 64 entries",
        ),
    ] {
        let error = client.watch_findings(request).await.expect_err(expected);
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(expected), "{error}");
    }
    // As many as there may be.
    findings_where(client, rules(&[every("name:x"); 64]), |_| true).await;
    program.cue("stop");
    program.finish();
}

/// A task that waits for room in a full channel.
async fn spawn_stuck() -> impl Sized {
    let receiver = senders(0, 1).await;
    let is_stuck = async || {
        let update = inspect::tasks("name:sender idle", 9)
            .await
            .expect("an answer");
        (update.matched == 1 && update.overview.totals.alive == 1).then_some(())
    };
    wait_until("one that is stuck", is_stuck).await;
    receiver
}

/// The doubts about the task that is stuck, when there are some about the whole program.
async fn general_doubts(client: &mut Client) -> Vec<Doubt> {
    let doubts = |update: &FindingsUpdate| -> Vec<Doubt> {
        let stuck = find(update, FindingKind::BlockedSend, "sender");
        let doubts = stuck
            .map(|finding| finding.doubts.clone())
            .unwrap_or_default();
        let few = |doubt: &Doubt| matches!(doubt, Doubt::FewSamples { .. });
        doubts.into_iter().filter(|doubt| !few(doubt)).collect()
    };
    let update = findings_where(client, rules(&[]), |update| !doubts(update).is_empty()).await;
    doubts(&update)
}

#[cfg(not(tokio_unstable))]
#[tokio::test]
async fn tasks_that_are_not_seen_are_a_doubt() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        let _receiver = spawn_stuck().await;
        for _ in 0..3 {
            tokio::spawn(pending::<()>());
        }
        cues.next().await;
    });
    let client = &mut program.client().await;
    assert_eq!(general_doubts(client).await, [Doubt::Unseen { tasks: 3 }]);
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn a_full_table_is_a_doubt() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON).max_tasks(2));
        let _receiver = spawn_stuck().await;
        for _ in 0..3 {
            spawn_lost();
        }
        cues.next().await;
    });
    let client = &mut program.client().await;
    let doubts = general_doubts(client).await;
    assert_eq!(doubts[0], Doubt::Untracked { tasks: 2 });
    program.cue("stop");
    program.finish();
}
