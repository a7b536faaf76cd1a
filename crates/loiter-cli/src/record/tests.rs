//! Recording what comes and goes.

use std::{
    fs::File,
    io::BufReader,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use futures_util::{FutureExt, StreamExt, future, future::pending, stream};
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
use loiter_recording::{End, Entry};

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
    /// What it says to the question for events from this connection on.
    refuses_events: Option<(u64, SourceError)>,
    /// What it says to questions beside the events, so many times each.
    refuses_the_rest: (u64, Option<SourceError>),
    /// How often it was asked for sites, findings and resources.
    asked: [AtomicU64; 3],
}

impl Fickle {
    fn new(losses: u64, restarts: bool) -> Self {
        Self {
            live: Live::new(Picture::new(PictureLimits::default())),
            connections: AtomicU64::new(0),
            losses,
            restarts,
            refuses_events: None,
            refuses_the_rest: (0, None),
            asked: Default::default(),
        }
    }

    /// What it says to the question of this number that is not for events, if it refuses it.
    fn refusal(&self, question: usize) -> Option<SourceError> {
        let asked = self.asked[question].fetch_add(1, Relaxed);
        let (times, error) = &self.refuses_the_rest;
        error.clone().filter(|_| asked < *times)
    }
}

fn busy() -> SourceError {
    SourceError::Busy {
        endpoint: "it".to_owned(),
        reason: "16 are open".to_owned(),
    }
}

fn forbidden() -> SourceError {
    SourceError::Forbidden {
        endpoint: "it".to_owned(),
        reason: "another token".to_owned(),
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
        if let Some((from, error)) = &self.refuses_events
            && connection >= *from
        {
            return future::ready(Err(error.clone())).boxed();
        }
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
        let sites = match self.refusal(0) {
            None => Ok(self.live.sites(query, interval)),
            Some(error) => Err(error),
        };
        future::ready(sites).boxed()
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
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        let findings = match self.refusal(1) {
            None => Ok(self.live.findings(settings, interval)),
            Some(error) => Err(error),
        };
        future::ready(findings).boxed()
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
        match self.refusal(2) {
            None => cannot(),
            Some(error) => future::ready(Err(error)).boxed(),
        }
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

/// How many keyframes it has, from their beginnings to their ends.
fn keyframes(recording: &mut Recording<BufReader<File>>) -> (usize, usize) {
    let (mut begun, mut ended) = (0, 0);
    for number in 0..recording.blocks().len() {
        match recording.read(number).expect("it is whole") {
            Some(Entry::Keyframe { .. }) => begun += 1,
            Some(Entry::KeyframeEnd { .. }) => ended += 1,
            _ => {}
        }
    }
    (begun, ended)
}

#[tokio::test(start_paused = true)]
async fn a_keyframe_is_taken_once() {
    let source = Arc::new(Fickle::new(0, false));
    let length = Duration::from_secs(35);
    let captured = capture(source, &Options::default(), length).await;
    // At the beginning, each ten seconds, and at the end.
    assert_eq!(keyframes(&mut captured.expect("it is recorded")), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_beside_the_events_does_not_cost_them() {
    let source = Arc::new(Fickle {
        refuses_the_rest: (4, Some(busy())),
        ..Fickle::new(0, false)
    });
    let length = Duration::from_secs(60);
    let captured = capture(source.clone(), &Options::default(), length).await;
    let mut recording = captured.expect("it is recorded");
    assert_eq!(recording.gaps().count(), 0);
    assert_eq!(spawned(&mut recording), [1]);
    assert_eq!(source.connections.load(Relaxed), 1);
    let (_, ended) = keyframes(&mut recording);
    assert!((3..7).contains(&ended), "{ended} keyframes");
    let asked = source.asked.each_ref().map(|asked| asked.load(Relaxed));
    // Keyframes ask for resources as well.
    assert!(asked[1] == 5 && asked[2] < 20, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn who_has_no_room_is_asked_ever_more_seldom() {
    let source = Arc::new(Fickle {
        refuses_events: Some((2, busy())),
        ..Fickle::new(1, false)
    });
    let length = Duration::from_secs(100);
    let captured = capture(source.clone(), &Options::default(), length).await;
    assert_eq!(spawned(&mut captured.expect("it is recorded")), [1]);
    let connections = source.connections.load(Relaxed);
    assert!((10..30).contains(&connections), "{connections} connections");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_let_one_in_is_not_asked_for_ever() {
    let record = async |source: Fickle| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("night.loiter");
        let source = Arc::new(source);
        let end = pending();
        let mut files = Files::new(&path);
        let recorded = record(source.clone(), &Options::default(), &mut files, end, |_| ()).await;
        let error = recorded.expect_err("it is refused").to_string();
        assert!(error.contains("another token"), "{error}");
        let file = BufReader::new(File::open(path).expect("a file"));
        (source.connections.load(Relaxed), Recording::open(file))
    };
    let from_the_first = Fickle {
        refuses_events: Some((1, forbidden())),
        ..Fickle::new(0, false)
    };
    let (connections, _) = record(from_the_first).await;
    assert_eq!(connections, 1);

    // Its token may just be renewed.
    let later = Fickle {
        refuses_events: Some((2, forbidden())),
        ..Fickle::new(1, false)
    };
    let (connections, recording) = record(later).await;
    assert!((4..10).contains(&connections), "{connections} connections");
    let mut recording = recording.expect("what was heard before");
    assert_eq!(recording.end(), End::Whole);
    assert_eq!(spawned(&mut recording), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_a_gap() {
    let source = Arc::new(Fickle::new(2, false));
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
    let source = Arc::new(Fickle::new(1, true));
    let end = tokio::time::sleep(Duration::from_secs(30));
    let mut troubles = 0;
    let told = |progress: &Progress| troubles += u32::from(progress.trouble.is_some());
    let recorded = record(source, &Options::default(), &mut files, end, told).await;
    let progress = recorded.expect("it is recorded");
    assert_eq!((progress.files, progress.events), (2, 2));
    assert!(troubles > 0, "that there is no connection is told");
    let files = folder.path().read_dir().expect("a folder");
    let lengths = files.map(|file| file.and_then(|file| file.metadata()));
    let lengths = lengths.map(|file| file.expect("a file").len());
    assert_eq!(progress.bytes, lengths.sum::<u64>());
    for (file, tasks) in [("night.loiter", [1]), ("night.loiter.1", [2])] {
        let file = File::open(folder.path().join(file)).expect("a file");
        let mut recording = Recording::open(BufReader::new(file)).expect("a recording");
        assert_eq!(spawned(&mut recording), tasks);
    }
}
