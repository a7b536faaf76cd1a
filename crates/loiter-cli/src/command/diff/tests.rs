use loiter_model::{Nanos, State, TaskSeq, WaitKind};

use super::*;
use crate::command::sample;

fn snapshot() -> Snapshot {
    let (tasks, sites) = (sample::tasks(), sample::sites());
    let findings = sample::findings();
    let seen = findings.findings.iter();
    Snapshot {
        target: sample::target(),
        overview: tasks.overview,
        findings: Some(
            seen.map(|finding| crate::command::check::Seen::new(finding, &findings))
                .collect(),
        ),
        sites: sites.sites,
        tasks: tasks.tasks,
        labels: tasks.labels,
    }
}

/// The same a while later: three more tasks at its site, and one finding less.
fn later() -> Snapshot {
    let mut later = snapshot();
    later.overview.at = later.overview.at.saturating_add(Nanos::from_secs(60));
    later.overview.totals.alive += 3;
    later.sites[0].alive += 3;
    later.sites[0].spawned += 10;
    later.sites[0].ended += 7;
    for task in &mut later.tasks {
        task.in_state = task.in_state.saturating_add(Nanos::from_secs(60));
    }
    later.findings = later.findings.map(|all| all[1..].to_vec());
    later
}

fn compared(before: Snapshot, after: Snapshot) -> Comparison {
    Comparison::new(before, after).expect("the first one is the earlier one")
}

fn printed(comparison: &Comparison) -> String {
    let mut out = Vec::new();
    text::write(comparison, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_site_that_has_grown_is_shown_with_its_flow() {
    let comparison = compared(snapshot(), later());
    let [grown] = &comparison.grown[..] else {
        panic!("{:?}", comparison.grown);
    };
    assert_eq!((grown.by(), grown.flow), (3, Some((10, 7))));
    assert_eq!(comparison.most_grown(), 3);
    assert_eq!(comparison.between, Nanos::from_secs(60));
}

#[test]
fn what_has_not_grown_is_not_shown() {
    let mut after = later();
    after.sites[0].alive = 0;
    assert!(compared(snapshot(), after).grown.is_empty());
    assert_eq!(compared(snapshot(), snapshot()).most_grown(), 0);
}

#[test]
fn a_site_that_was_not_there_has_grown_from_nothing() {
    let mut before = snapshot();
    before.sites.clear();
    let comparison = compared(before, later());
    assert_eq!(comparison.grown[0].before, 0);
    assert_eq!(comparison.grown[0].flow, None);
}

#[test]
fn a_task_that_was_not_polled_is_stuck() {
    let comparison = compared(snapshot(), later());
    let [stuck] = &comparison.stuck[..] else {
        panic!("{:?}", comparison.stuck);
    };
    assert_eq!(stuck.count, 1);
    assert_eq!(stuck.sample, [TaskSeq::new(17).expect("not 0")]);
    assert_eq!(stuck.idle, Nanos::from_millis(152_700));
    let wait = stuck.wait.as_ref().expect("it was captured");
    assert_eq!(wait.kind, WaitKind::MpscSend);
}

#[test]
fn a_task_that_was_polled_or_is_not_the_same_is_not_stuck() {
    let mut polled = later();
    polled.tasks[0].polls += 1;
    assert!(compared(snapshot(), polled).stuck.is_empty());
    let mut scheduled = later();
    scheduled.tasks[0].state = State::Scheduled;
    assert!(compared(snapshot(), scheduled).stuck.is_empty());
    let mut another = later();
    another.tasks[0].seq = TaskSeq::new(99).expect("not 0");
    assert!(compared(snapshot(), another).stuck.is_empty());
}

#[test]
fn a_task_that_waits_by_design_is_only_counted() {
    let mut after = later();
    after.tasks[0].expect_idle = true;
    let comparison = compared(snapshot(), after);
    assert!(comparison.stuck.is_empty());
    assert_eq!(comparison.waiting_by_design, 1);
}

#[test]
fn findings_come_and_go() {
    let comparison = compared(snapshot(), later());
    assert_eq!(comparison.new.map(|new| new.len()), Some(0));
    let gone = comparison.gone.expect("both agents know findings");
    let first = &sample::findings().findings[0];
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].finding, *first);

    let mut old = snapshot();
    old.findings = None;
    let comparison = compared(old, later());
    assert!(comparison.new.is_none() && comparison.gone.is_none());
    assert!(printed(&comparison).contains("knows no findings"));
}

#[test]
fn another_process_is_compared_by_lines_only() {
    let mut after = later();
    after.target.run_id += 1;
    after.target.pid += 1;
    for site in after.labels.sites.values_mut() {
        let mut moved = (**site).clone();
        moved.column += 4;
        *site = moved.into();
    }
    let comparison = compared(snapshot(), after);
    assert!(!comparison.is_same_run);
    assert!(comparison.stuck.is_empty());
    assert_eq!(comparison.grown[0].by(), 3);
    assert_eq!(comparison.grown[0].flow, None);
    let text = printed(&comparison);
    assert!(text.contains("another process"), "{text}");
}

#[test]
fn the_wrong_order_is_refused() {
    let error = Comparison::new(later(), snapshot()).expect_err("the first is later");
    assert!(error.to_string().contains("earlier one first"), "{error}");
}

#[test]
fn the_text_and_the_json_are_stable() {
    let comparison = compared(snapshot(), later());
    sample::assert_snapshot("diff", &printed(&comparison));
    let mut out = Vec::new();
    json::write(&Diff::new(&comparison), &mut out).expect("memory takes everything");
    let text = String::from_utf8(out).expect("UTF-8");
    sample::assert_snapshot("diff_json", &text);
}

#[test]
fn neither_a_file_nor_an_address_is_named() {
    let error = Origin::of("no/such.file").err().expect("it is nowhere");
    let message = error.to_string();
    assert!(message.contains("`no/such.file` is no file"), "{message}");
    assert!(matches!(Origin::of(":7000"), Ok(Origin::Agent(_))));
}
