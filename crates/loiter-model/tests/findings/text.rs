//! What is said of a finding.

use std::collections::HashSet;

use loiter_model::{
    Kind, NameId, Nanos, SiteId, State, Task, WaitId, WaitKind,
    finding::{Advice, Certainty, Doubt, Evidence, Finding, FindingKind, Headline, Markdown},
    update::LabelSet,
};

use super::{
    only,
    world::{CHECKOUT, Known, NOW, POOL, WORKER, found, idle, labels, secs, seq, wait, waiting},
};

fn finding(kind: FindingKind, wait: Option<WaitId>, evidence: Vec<Evidence>) -> Finding {
    Finding {
        kind,
        certainty: Certainty::Suspected,
        site: Some(POOL),
        wait,
        name: Some(WORKER),
        scope: None,
        count: 3,
        sample: vec![seq(12), seq(15), seq(19)],
        bytes: 0,
        since: NOW.saturating_sub(secs(303)),
        evidence,
        doubts: Vec::new(),
    }
}

fn headline(finding: &Finding) -> String {
    let labels = &labels();
    let at = NOW;
    Headline {
        finding,
        labels,
        at,
    }
    .to_string()
}

fn markdown(finding: &Finding, labels: &LabelSet) -> String {
    let at = NOW;
    Markdown {
        finding,
        labels,
        at,
    }
    .to_string()
}

#[test]
fn a_headline_says_what_where_and_for_how_long() {
    let (idle, over) = (secs(20), secs(600));
    let grown = Evidence::Alive {
        before: 20,
        now: 90,
        over,
    };
    let at = "at pool.rs:88 Pool::next_job";
    for (kind, on, evidence, expected) in [
        (
            FindingKind::NoWaker,
            WaitKind::Nothing,
            Evidence::NoLiveWaker,
            "idle for 5m03s without any waker".to_owned(),
        ),
        (
            FindingKind::WaitCycle,
            WaitKind::Join,
            Evidence::Cycle { tasks: vec![] },
            format!("waiting for each other for 5m03s in join {at}"),
        ),
        (
            FindingKind::DeadByAssociation,
            WaitKind::Mutex,
            Evidence::WaitsForEndOf { task: seq(1) },
            format!("stuck behind a dead task for 5m03s in mutex {at}"),
        ),
        (
            FindingKind::LostWakeup,
            WaitKind::Notify,
            Evidence::WentOnUnwoken { idle },
            "not woken when it was time, idle for 20.0s".to_owned(),
        ),
        (
            FindingKind::OrphanedWait,
            WaitKind::Notify,
            Evidence::NeverWoken,
            format!("orphaned, blocked for 5m03s in notify {at}"),
        ),
        (
            FindingKind::BlockedSend,
            WaitKind::MpscSend,
            Evidence::NeverWoken,
            format!("blocked for 5m03s in mpsc send {at}"),
        ),
        (
            FindingKind::Hogging,
            WaitKind::Unknown,
            Evidence::Polling { longest: idle },
            "in one poll for 5m03s".to_owned(),
        ),
        (
            FindingKind::BusyLoop,
            WaitKind::Unknown,
            Evidence::NeverWoken,
            "in a busy loop for 5m03s".to_owned(),
        ),
        (
            FindingKind::Starved,
            WaitKind::Unknown,
            Evidence::Scheduled { longest: idle },
            "woken 5m03s ago and not polled since".to_owned(),
        ),
        (
            FindingKind::LongBlocking,
            WaitKind::Unknown,
            Evidence::Polling { longest: idle },
            "on the blocking pool for 5m03s".to_owned(),
        ),
        (
            FindingKind::GrowingSite,
            WaitKind::Unknown,
            grown,
            "alive and ever more, from 20 in 10m00s".to_owned(),
        ),
        (
            FindingKind::TooManyAlive,
            WaitKind::Unknown,
            Evidence::Limit { most: 2 },
            "alive, the limit is 2".to_owned(),
        ),
    ] {
        let headline = headline(&finding(kind, wait(on), vec![evidence]));
        assert_eq!(
            headline,
            format!("3 tasks (worker) {expected}, spawned at src/pool.rs:10:5")
        );
    }
}

#[test]
fn a_headline_leaves_out_what_is_unknown() {
    let mut finding = finding(FindingKind::BlockedSend, Some(WaitId(999)), Vec::new());
    finding.count = 1;
    finding.name = Some(NameId(999));
    finding.site = Some(SiteId(999));
    assert_eq!(headline(&finding), "1 task blocked for 5m03s");
    finding.kind = FindingKind::WaitCycle;
    finding.since = Nanos::MAX;
    assert_eq!(headline(&finding), "1 task waiting for itself for 0");
}

#[test]
fn markdown_tells_all_there_is() {
    let tasks: Vec<_> = (1..=10)
        .map(|number| Task {
            scope: Some(CHECKOUT),
            ..waiting(number, WaitKind::MpscSend)
        })
        .collect();
    let known = Known {
        doubts: vec![Doubt::Unseen { tasks: 3 }],
        ..Known::default()
    };
    let finding = only(found(&tasks, &known));
    assert_eq!(
        markdown(&finding, &labels()),
        "\
### blocked send (suspected): 10 tasks (worker) blocked for 1m00s in mpsc send at pool.rs:88 \
         Pool::next_job, spawned at src/pool.rs:10:5

- idle for 1m00s
- scope: checkout
- bytes of futures: 1000
- tasks 1, 2, 3, 4, 5, 6, 7, 8 and 2 more

It waits in mpsc send, innermost call first:

```text
src/pool.rs:88:9 Pool::next_job
src/pool.rs:40:9 run
```

**Cause:** A blocked send: the channel is full, and nobody drains it.

**Cure:** Drain the channel as long as anybody sends, close it by dropping the receiver when \
         nobody reads any more, or give up after a time with `send_timeout`.

```rust
while let Some(job) = receiver.recv().await {
    handle(job).await;
}
// or, where it sends:
sender.send_timeout(job, Duration::from_secs(5)).await?;
```

**Doubts:**

- there is nothing to compare with yet
- 3 tasks alive are not seen
"
    );
}

#[test]
fn markdown_of_a_task_without_a_wait_has_no_stack() {
    let hogging = Task {
        state: State::Running,
        kind: Kind::Local,
        size: None,
        name: None,
        ..idle(7, 2)
    };
    let finding = only(found(&[hogging], &Known::default()));
    assert_eq!(
        markdown(&finding, &labels()),
        "\
### hogging (proved): 1 task in one poll for 2.00s, spawned at src/pool.rs:10:5

- in one poll for 2.00s
- task 7

**Cause:** A loop without exit, or work without an `.await`: one poll goes on and on, so its \
         worker serves no other task, and no abort reaches it.

**Cure:** Move the work to `spawn_blocking` or a thread of its own, or yield between two pieces \
         of it; use tokio's own sleep, files and locks instead of those that block.

```rust
tokio::task::spawn_blocking(move || compute(input)).await?;
// or, in the loop:
tokio::task::yield_now().await;
```
"
    );
}

#[test]
fn every_branch_of_a_wait_is_told() {
    let select = finding(
        FindingKind::OrphanedWait,
        wait(WaitKind::Select),
        Vec::new(),
    );
    let text = markdown(&select, &labels());
    let expected = "\
It waits in select, innermost call first:

```text
branch 1:
src/pool.rs:88:9 Pool::next_job
src/pool.rs:40:9 run
branch 2:
src/server.rs:7:9 serve
src/pool.rs:40:9 run
```
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_program_cannot_write_markdown_into_it() {
    let mut labels = labels();
    let name = "a_b _c_ `x`\n# <b> [l](u) *";
    labels.names.insert(WORKER, name.into());
    let text = markdown(&finding(FindingKind::Hogging, None, Vec::new()), &labels);
    let expected = r"a_b \_c\_ \`x\` \# \<b\> \[l\](u) \*) in one poll";
    assert!(
        text.lines()
            .next()
            .is_some_and(|line| line.contains(expected)),
        "{text}"
    );
}

#[test]
fn there_is_advice_for_everything() {
    let waits = || WaitKind::ALL.iter().copied().map(Some).chain([None]);
    for kind in FindingKind::ALL {
        for wait in waits() {
            let Advice { cause, cure, code } = Advice::of(*kind, wait);
            for sentence in [cause, cure] {
                assert!(sentence.ends_with('.'), "{kind:?} {wait:?}: {sentence}");
                assert!(!sentence.contains("  "), "{sentence}");
            }
            assert!(!code.is_empty() && !code.ends_with('\n'));
            assert!(code.lines().all(|line| line.len() <= 80), "{code}");
        }
    }
    let causes = FindingKind::ALL
        .iter()
        .map(|kind| Advice::of(*kind, None).cause);
    let causes: HashSet<_> = causes.collect();
    assert_eq!(causes.len(), FindingKind::ALL.len());
}

#[test]
fn advice_is_for_what_is_waited_on() {
    for (kind, wait, cure) in [
        (
            FindingKind::BlockedReceive,
            WaitKind::MpscRecv,
            "last sender",
        ),
        (
            FindingKind::BlockedReceive,
            WaitKind::OneshotRecv,
            "timeout",
        ),
        (FindingKind::BlockedReceive, WaitKind::Notify, "notify_one"),
        (FindingKind::BlockedSend, WaitKind::MpscSend, "Drain"),
        (FindingKind::BlockedLock, WaitKind::Mutex, "guard"),
        (FindingKind::BlockedLock, WaitKind::Semaphore, "permit"),
        (FindingKind::BlockedLock, WaitKind::Barrier, "barrier"),
        (
            FindingKind::OrphanedWait,
            WaitKind::RwLockWrite,
            "read guard",
        ),
        (
            FindingKind::OrphanedWait,
            WaitKind::Unknown,
            "CancellationToken",
        ),
    ] {
        let advice = Advice::of(kind, Some(wait));
        assert!(
            advice.cure.contains(cure),
            "{kind:?} {wait:?}: {}",
            advice.cure
        );
    }
}

#[test]
fn a_cycle_is_told_back_to_its_first_task() {
    for (tasks, text) in [
        (&[1][..], "cycle: 1 → 1"),
        (&[1, 3, 2], "cycle: 1 → 3 → 2 → 1"),
    ] {
        let tasks = tasks.iter().copied().map(seq).collect();
        assert_eq!(Evidence::Cycle { tasks }.to_string(), text);
    }
}
