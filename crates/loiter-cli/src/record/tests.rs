//! Recording what comes and goes.

use std::{
    fs::File,
    io::BufReader,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use futures_util::{FutureExt, StreamExt, future, stream};
use loiter_model::{
    ResourceSeq, SiteId, Target, TaskSeq, Teller, Thresholds, Tier,
    finding::RuleSettings,
    picture::{Picture, PictureLimits},
    query::{Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, Event, EventBatch, EventKind, FindingsUpdate, ResourceDetail,
        ResourcesUpdate, SitesUpdate, TaskDetail, TasksUpdate, WaitsUpdate,
    },
};
use loiter_recording::Entry;

use super::*;
use crate::source::{Answer, Live, Updates};

/// A target whose connections end after one event, until the last one, which goes on.
struct Fickle {
    live: Live,
    connections: AtomicU64,
    /// How often it is lost.
    losses: u64,
    /// Whether it is another process each time.
    restarts: bool,
}

impl Fickle {
    fn new(losses: u64, restarts: bool) -> Arc<Self> {
        Arc::new(Self {
            live: Live::new(Picture::new(PictureLimits::default())),
            connections: AtomicU64::new(0),
            losses,
            restarts,
        })
    }
}

fn spawn(at: Nanos, task: TaskSeq) -> Event {
    let kind = EventKind::Spawn {
        site: SiteId(0),
        parent: None,
    };
    Event { at, task, kind }
}

fn cannot<T: Send + 'static>() -> Answer<'static, T> {
    let error = SourceError::CannotTell {
        endpoint: "it".to_owned(),
        what: "that".to_owned(),
    };
    future::ready(Err(error)).boxed()
}

impl Source for Fickle {
    fn target(&self) -> Answer<'_, Target> {
        let run = self.connections.load(Relaxed);
        let target = Target {
            name: "fickle".to_owned(),
            pid: 1,
            host: String::new(),
            agent_version: String::new(),
            run_id: if self.restarts { run } else { 0 },
            started_unix: Nanos::ZERO,
            uptime: Nanos::ZERO,
            teller: Teller::Agent,
            tier: Tier::EveryTask,
            thresholds: Thresholds::default(),
            max_tasks: 10,
        };
        future::ready(Ok(target)).boxed()
    }

    fn watch_events(&self, _: Filter) -> Answer<'_, Updates<EventBatch>> {
        let connection = self.connections.fetch_add(1, Relaxed) + 1;
        let at = Nanos::from_secs(100 * connection);
        let event = TaskSeq::new(connection).map(|task| spawn(at, task));
        self.live.canvas().draw(|picture| {
            event.iter().for_each(|event| picture.apply(event));
        });
        let batch = EventBatch {
            events: event.into_iter().collect(),
            ..EventBatch::default()
        };
        let first = stream::once(future::ready(Ok(batch)));
        let lost = SourceError::Lost {
            endpoint: "it".to_owned(),
            reason: "it fell".to_owned(),
        };
        let pause = tokio::time::sleep(Duration::from_secs(5));
        let rest = match connection <= self.losses {
            true => pause.map(|()| Err(lost)).into_stream().boxed(),
            false => stream::pending().boxed(),
        };
        future::ready(Ok(first.chain(rest).boxed())).boxed()
    }

    fn watch_tasks(
        &self,
        query: TaskQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TasksUpdate>> {
        future::ready(Ok(self.live.tasks(query, interval))).boxed()
    }

    fn watch_sites(
        &self,
        query: SiteQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<SitesUpdate>> {
        future::ready(Ok(self.live.sites(query, interval))).boxed()
    }

    fn watch_waits(
        &self,
        _: Group,
        _: WaitQuery,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        cannot()
    }

    fn watch_findings(
        &self,
        _: RuleSettings,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        cannot()
    }

    fn capture_stacks(&self, _: Filter, _: Thresholds) -> Answer<'_, CaptureOutcome> {
        cannot()
    }

    fn watch_task(
        &self,
        _: TaskSeq,
        _: Thresholds,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        cannot()
    }

    fn watch_resources(
        &self,
        _: ResourceQuery,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        cannot()
    }

    fn watch_resource(
        &self,
        _: ResourceSeq,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        cannot()
    }
}

/// The tasks of all its events: also of those before the first keyframe.
fn spawned(recording: &mut Recording<BufReader<File>>) -> Vec<u64> {
    let mut tasks = Vec::new();
    for number in 0..recording.blocks().len() {
        if let Some(Entry::Events(batch)) = recording.read(number).expect("it is whole") {
            tasks.extend(batch.events.iter().map(|event| event.task.get()));
        }
    }
    tasks
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_a_gap() {
    let source = Fickle::new(2, false);
    let length = Duration::from_secs(30);
    let captured = capture(source, &Options::default(), length).await;
    let mut recording = captured.expect("it is recorded");
    let gaps: Vec<_> = recording.gaps().collect();
    let seconds = Nanos::from_secs;
    let expected = [(100, 200), (200, 300)].map(|(from, to)| (seconds(from), seconds(to)));
    assert_eq!(gaps, expected);
    assert_eq!(spawned(&mut recording), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_target_is_recorded_in_another_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.loiter");
    let mut files = Files::new(&path);
    let source = Fickle::new(1, true);
    let end = tokio::time::sleep(Duration::from_secs(30));
    let mut troubles = 0;
    let told = |progress: &Progress| troubles += u32::from(progress.trouble.is_some());
    let recorded = record(source, &Options::default(), &mut files, end, told).await;
    let progress = recorded.expect("it is recorded");
    assert_eq!((progress.files, progress.events), (2, 2));
    assert!(troubles > 0, "that there is no connection is told");
    for (file, tasks) in [("night.loiter", [1]), ("night.loiter.1", [2])] {
        let file = File::open(folder.path().join(file)).expect("a file");
        let mut recording = Recording::open(BufReader::new(file)).expect("a recording");
        assert_eq!(spawned(&mut recording), tasks);
    }
}
