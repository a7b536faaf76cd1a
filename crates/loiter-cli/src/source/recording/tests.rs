//! Snapshots as sources.

use std::fs::{self, File};

use futures_util::StreamExt;
use loiter_model::{
    Nanos, State, Task,
    query::{Column, Query, ResourceColumn, SiteColumn, Sort, TaskColumn, Window},
};
use tempfile::TempDir;

use super::*;
use crate::{
    snapshot::{Part, Writer},
    ui::fixture,
};

/// A snapshot of the made-up service.
fn snapshot() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("then.loiter");
    let file = File::create(&path).expect("a file");
    let mut writer = Writer::new(file).expect("room");
    for part in [
        Part::Target(fixture::target()),
        Part::Findings(fixture::findings_update()),
        Part::Sites(fixture::sites_update()),
        Part::Tasks(alive()),
    ] {
        writer.write(part).expect("room");
    }
    writer.finish().expect("room");
    (folder, path)
}

/// A snapshot has only those.
fn alive() -> TasksUpdate {
    let mut update = fixture::tasks_update();
    update.tasks.retain(|task| task.state != State::Ended);
    update
}

fn query<C: Column>(column: C) -> Query<C> {
    Query {
        filter: Filter::default(),
        sort: Sort {
            column,
            descending: false,
        },
        window: Window {
            offset: 0,
            limit: u64::MAX,
        },
        thresholds: Thresholds::default(),
    }
}

async fn first<T>(updates: Answer<'_, Updates<T>>) -> T {
    let mut updates = updates.await.expect("an answer");
    let update = updates.next().await.expect("an update");
    update.expect("an answer")
}

#[tokio::test]
async fn a_snapshot_says_all_that_it_has() {
    let (_folder, path) = snapshot();
    let source = Recorded::open(&path, At::default()).expect("a snapshot");
    let target = source.target().await.expect("it is there");
    assert_eq!(target, fixture::target());
    let at = fixture::tasks_update().overview.at;
    assert_eq!(source.player().reel().range, (at, at), "one instant");

    let update = first(source.watch_tasks(query(TaskColumn::Seq), None)).await;
    assert_eq!(update.overview.at, at);
    let expected = alive().tasks.into_iter();
    // Its longest poll is at least the one that it is in.
    let mut expected: Vec<Task> = expected.map(|task| task.after(Nanos::ZERO)).collect();
    expected.sort_unstable_by_key(|task| task.seq);
    let nameless = |task: &Task| Task {
        name: None,
        scope: None,
        ..*task
    };
    let shown: Vec<_> = update.tasks.iter().map(nameless).collect();
    assert_eq!(shown, expected.iter().map(nameless).collect::<Vec<_>>());
    for (shown, expected) in update.tasks.iter().zip(&expected) {
        let name = |task: &Task, update: &TasksUpdate| {
            task.name
                .and_then(|id| update.labels.names.get(&id))
                .cloned()
        };
        assert_eq!(name(shown, &update), name(expected, &alive()));
        let wait = |task: &Task, update: &TasksUpdate| {
            task.wait
                .and_then(|id| update.labels.waits.get(&id))
                .cloned()
        };
        assert_eq!(wait(shown, &update), wait(expected, &alive()));
    }

    let sites = first(source.watch_sites(query(SiteColumn::Site), None)).await;
    let told = fixture::sites_update();
    assert!(sites.sites.len() > 1, "{:?}", sites.sites);
    for shown in &sites.sites {
        let told = told.sites.iter().find(|it| it.site == shown.site);
        let told = told.map(|it| (it.spawned, it.ended, &it.history));
        assert_eq!(told, Some((shown.spawned, shown.ended, &shown.history)));
    }

    let settings = RuleSettings {
        thresholds: target.thresholds,
        ..RuleSettings::default()
    };
    let found = first(source.watch_findings(settings, None)).await;
    let kinds = |update: &FindingsUpdate| -> Vec<_> {
        let findings = update.findings.iter();
        findings
            .map(|it| (it.kind, it.certainty, it.count))
            .collect()
    };
    assert_eq!(kinds(&found), kinds(&fixture::findings_update()));
    let task = first(source.watch_task(expected[0].seq, target.thresholds, None)).await;
    assert_eq!(task.task.seq, expected[0].seq);
}

/// What an answer that is none says.
async fn refusal<T>(answer: Answer<'_, T>) -> String {
    match answer.await.err() {
        Some(error @ SourceError::CannotTell { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_snapshot_says_what_it_cannot_tell() {
    let (_folder, path) = snapshot();
    let source = Recorded::open(&path, At::FromStart(Nanos::ZERO)).expect("a snapshot");
    let resources = refusal(source.watch_resources(query(ResourceColumn::Seq), None)).await;
    assert!(resources.contains("resources"), "{resources}");
    let one = ResourceSeq::new(1).expect("above zero");
    refusal(source.watch_resource(one, None)).await;
    refusal(source.watch_events(Filter::default())).await;
    let limits = Thresholds::default();
    refusal(source.capture_stacks(Filter::default(), limits)).await;

    let earlier = Recorded::open(&path, At::FromEnd(Nanos(1))).err();
    assert!(matches!(earlier, Some(SourceError::CannotTell { .. })));
    let events = open_recording(&path).err().expect("no events");
    assert!(events.to_string().contains("loiter record"), "{events}");
}

#[test]
fn a_snapshot_that_is_cut_off_is_no_snapshot() {
    let (_folder, path) = snapshot();
    let bytes = fs::read(&path).expect("the file");
    fs::write(&path, &bytes[..bytes.len() - 9]).expect("room");
    let error = Recorded::open(&path, At::default()).err().expect("cut off");
    assert!(error.to_string().contains("cut off"), "{error}");
    // Nothing says which process it is of.
    let empty = Writer::new(Vec::new()).and_then(Writer::finish);
    fs::write(&path, empty.expect("room")).expect("room");
    let error = Recorded::open(&path, At::default()).err().expect("empty");
    assert!(error.to_string().contains("no process"), "{error}");
}
