//! One recording, from the first answer to the last.

use std::{
    future::{Future, pending},
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture};
use loiter_model::{
    Nanos, Target,
    query::{Query, Sort, TaskColumn, Window},
    update::{EventBatch, FindingsUpdate, ResourcesUpdate, TasksUpdate},
};
use loiter_recording::{Entry, Gap, Writer};
use tokio::{
    sync::mpsc,
    time::{self, Instant, MissedTickBehavior},
};

use super::{
    Options, Progress, RecordError, Store,
    changes::Changes,
    findings,
    keyframe::{self, everything},
    pace::Pace,
    resources,
};
use crate::source::{Source, SourceError, Updates};

/// How often what has come is written and told.
const TICK: Duration = Duration::from_secs(1);
/// How much later an answer may come than what happened after it.
const LAG: Nanos = Nanos::from_secs(1);
/// How often a target is asked that tells no events.
const POLL: Duration = Duration::from_secs(1);
/// Parts of a keyframe that wait to be taken.
const PARTS: usize = 2;
/// At the end, a target has so long to say once more what holds for all of its tasks.
const FAREWELL: Duration = Duration::from_secs(2);
/// Between two attempts to ask again: the first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Records until `end`. When the connection is lost, it tries again for as long, and the recording
/// has a gap; a target that was restarted meanwhile begins another recording, as does one that is
/// large enough. `told` hears of it about once a second.
///
/// # Errors
/// When the target does not answer when it is first asked, or refuses for good, or what comes cannot
/// be written. What was written before is a recording nevertheless.
pub async fn record<S: Store>(
    source: Arc<dyn Source>,
    options: &Options,
    store: &mut S,
    end: impl Future<Output = ()>,
    told: impl FnMut(&Progress),
) -> Result<Progress, RecordError> {
    let mut end = pin!(end);
    let target = tokio::select! {
        target = source.target() => target?,
        () = &mut end => return Ok(Progress::default()),
    };
    let mut session = Session::begin(options, store, target, told)?;
    while let Some(error) = session.listen(&source, end.as_mut()).await? {
        match session.reconnect(&source, error, end.as_mut()).await? {
            Reconnected::Yes => {}
            Reconnected::TooLate => break,
            Reconnected::Refused(error) => {
                session.finish()?;
                return Err(error.into());
            }
        }
    }
    session.finish()
}

struct Session<'a, S: Store, T> {
    options: &'a Options,
    store: &'a mut S,
    told: T,
    writer: Option<Writer<S::Out>>,
    target: Target,
    progress: Progress,
    /// Bytes of the files that are finished.
    bytes_before: u64,
    events_lost_before: u64,
    pace: Pace,
    /// Before the target is asked again when it is lost. It grows until something is heard.
    pause: Duration,
    /// The time of the target that was heard of last, and when that was.
    heard: Option<(Nanos, Instant)>,
    began: Option<Nanos>,
    /// Since when nothing is known, and why, until something is.
    gap: Option<(Nanos, String)>,
    findings: Option<FindingsUpdate>,
}

/// What a connection tells.
struct Streams {
    /// `None` of a target that tells none.
    events: Option<Updates<EventBatch>>,
    /// Instead of the events.
    tasks: Option<Updates<TasksUpdate>>,
    changes: Changes,
    findings: Option<Updates<FindingsUpdate>>,
    resources: Option<Updates<ResourcesUpdate>>,
    keyframe: Option<BoxFuture<'static, Result<(), SourceError>>>,
    parts: mpsc::Receiver<Entry>,
    to_parts: mpsc::Sender<Entry>,
}

/// What came of asking a target again that was lost.
enum Reconnected {
    Yes,
    /// The end came first.
    TooLate,
    /// It does not want to.
    Refused(SourceError),
}

impl<'a, S: Store, T: FnMut(&Progress)> Session<'a, S, T> {
    fn begin(
        options: &'a Options,
        store: &'a mut S,
        target: Target,
        told: T,
    ) -> Result<Self, RecordError> {
        let mut session = Self {
            options,
            store,
            told,
            writer: None,
            progress: Progress::default(),
            target,
            bytes_before: 0,
            events_lost_before: 0,
            pace: Pace::new(options.keyframe_every),
            pause: PAUSES.0,
            heard: None,
            began: None,
            gap: None,
            findings: None,
        };
        session.open()?;
        Ok(session)
    }

    /// Begins a file.
    fn open(&mut self) -> Result<(), RecordError> {
        let created = self.store.create().and_then(Writer::new);
        self.writer = Some(created.map_err(|error| self.cannot_write(error))?);
        self.began_file();
        Ok(())
    }

    fn began_file(&mut self) {
        self.progress.files += 1;
        self.progress.target = Some((self.target.name.clone(), self.target.pid));
        self.pace.hurry();
    }

    fn cannot_write(&self, error: io::Error) -> RecordError {
        RecordError::Write {
            file: self.store.name(),
            error,
        }
    }

    /// Does something with the file.
    fn write(
        &mut self,
        act: impl FnOnce(&mut Writer<S::Out>) -> io::Result<()>,
    ) -> Result<(), RecordError> {
        let written = self.writer.as_mut().map_or(Ok(()), act);
        written.map_err(|error| self.cannot_write(error))
    }

    /// Takes what the target tells until the end (`None`) or until it tells no more.
    async fn listen(
        &mut self,
        source: &Arc<dyn Source>,
        mut end: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<SourceError>, RecordError> {
        let opened = tokio::select! {
            opened = self.streams(source) => opened,
            () = &mut end => return Ok(None),
        };
        let mut streams = match opened {
            Ok(streams) => streams,
            Err(error) => return Ok(Some(error)),
        };
        self.pace.hurry();
        let mut tick = time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Since the end, it only waits for a last keyframe: what events do not tell, such as what
        // tasks wait on, is then known as of the end.
        let mut farewell = None;
        loop {
            if streams.keyframe.is_none() && self.wants_keyframe() {
                streams.keyframe = Some(self.keyframe(source, &streams));
            }
            let over = tokio::select! {
                () = &mut end, if farewell.is_none() => {
                    farewell = Some(Box::pin(time::sleep(FAREWELL)));
                    self.pace.hurry();
                    None
                }
                () = passed(&mut farewell) => return Ok(None),
                batch = next(&mut streams.events) => batch.map(|it| self.events(it)).err(),
                update = next(&mut streams.tasks) => {
                    update.map(|it| self.tasks(it, &mut streams.changes)).err()
                }
                update = next(&mut streams.findings) => update.map(|it| self.findings(it)).err(),
                update = next(&mut streams.resources) => {
                    update.map(|it| self.add(Entry::Resources(it))).err()
                }
                Some(part) = streams.parts.recv() => {
                    self.part(part);
                    None
                }
                taken = ready(&mut streams.keyframe) => {
                    streams.keyframe = None;
                    // Its last parts say that it was taken.
                    while let Ok(part) = streams.parts.try_recv() {
                        self.part(part);
                    }
                    if farewell.is_some() {
                        return Ok(None);
                    }
                    taken.err().and_then(|error| self.put_off(error))
                }
                _ = tick.tick() => {
                    self.tick(streams.keyframe.is_none())?;
                    None
                }
            };
            if over.is_some() {
                return Ok(over.filter(|_| farewell.is_none()));
            }
        }
    }

    /// Asks for everything that is told again and again.
    async fn streams(&self, source: &Arc<dyn Source>) -> Result<Streams, SourceError> {
        let events = known(source.watch_events(self.options.filter.clone()).await)?;
        let tasks = match events {
            Some(_) => None,
            None => Some(source.watch_tasks(self.all_tasks(), Some(POLL)).await?),
        };
        let (to_parts, parts) = mpsc::channel(PARTS);
        Ok(Streams {
            events,
            tasks,
            changes: Changes::default(),
            findings: Some(findings::found(source.clone(), self.target.thresholds)),
            resources: Some(resources::changes(source.clone(), self.target.thresholds)),
            keyframe: None,
            parts,
            to_parts,
        })
    }

    fn all_tasks(&self) -> Query<TaskColumn> {
        Query {
            filter: everything(&self.options.filter, ""),
            sort: Sort::by(TaskColumn::Seq),
            window: Window {
                offset: 0,
                limit: u64::MAX,
            },
            thresholds: self.target.thresholds,
        }
    }

    /// Has a keyframe that was refused taken later, if that is of any use; else that is the end of
    /// the connection.
    fn put_off(&mut self, error: SourceError) -> Option<SourceError> {
        if !error.may_pass() {
            return Some(error);
        }
        self.progress.trouble = Some(error.to_string());
        self.pace.put_off(Instant::now());
        None
    }

    fn wants_keyframe(&self) -> bool {
        self.pace.is_due(Instant::now(), self.bytes())
    }

    /// Has everything said, part by part.
    fn keyframe(
        &mut self,
        source: &Arc<dyn Source>,
        streams: &Streams,
    ) -> BoxFuture<'static, Result<(), SourceError>> {
        self.pace.begins();
        let (source, target) = (source.clone(), self.target.clone());
        let (filter, parts) = (self.options.filter.clone(), streams.to_parts.clone());
        async move { keyframe::take(&*source, target, &filter, parts).await }.boxed()
    }

    // --- what the target tells ---

    fn events(&mut self, batch: EventBatch) {
        self.progress.events += batch.events.len() as u64;
        self.add(Entry::Events(batch));
    }

    /// Of a target that tells no events, what has changed.
    fn tasks(&mut self, update: TasksUpdate, changes: &mut Changes) {
        self.add(Entry::Tasks(changes.only(update)));
    }

    fn findings(&mut self, update: FindingsUpdate) {
        self.findings = Some(update.clone());
        self.add(Entry::Findings(update));
    }

    /// A part of a keyframe.
    fn part(&mut self, part: Entry) {
        match &part {
            Entry::Tasks(update) => self.pace.rows(update.tasks.len()),
            Entry::KeyframeEnd { .. } => {
                self.progress.trouble = None;
                self.pace.ends(Instant::now(), self.bytes());
            }
            Entry::Keyframe { at, .. } => {
                if let Some((from, reason)) = self.gap.take() {
                    let to = (*at).max(from);
                    self.add(Entry::Gap(Gap { from, to, reason }));
                }
            }
            _ => {}
        }
        self.add(part);
    }

    fn add(&mut self, entry: Entry) {
        self.pause = PAUSES.0;
        let at = entry.at();
        if self.heard.is_none_or(|(heard, _)| at >= heard) {
            self.heard = Some((at, Instant::now()));
        }
        let began = *self.began.get_or_insert(at);
        self.progress.recorded = at.saturating_sub(began).max(self.progress.recorded);
        if let Some(writer) = &mut self.writer {
            writer.add(entry);
            self.progress.lost = self.events_lost_before + writer.lost();
        }
    }

    // --- files ---

    fn bytes(&self) -> u64 {
        self.bytes_before + self.writer.as_ref().map_or(0, Writer::written)
    }

    /// Writes what has come, and tells how far it is.
    fn tick(&mut self, may_rotate: bool) -> Result<(), RecordError> {
        if let Some((at, since)) = self.heard {
            let now = at.saturating_add(since.elapsed().into());
            self.write(|writer| writer.settle(now.saturating_sub(LAG)))?;
            self.write(Writer::flush)?;
        }
        if may_rotate && self.is_large() {
            self.rotate()?;
        }
        self.progress.bytes = self.bytes();
        (self.told)(&self.progress);
        Ok(())
    }

    fn is_large(&self) -> bool {
        let Some(writer) = &self.writer else {
            return false;
        };
        let most = self.options.max_size.unwrap_or(u64::MAX);
        writer.is_full() || writer.written() >= most
    }

    /// Goes on in another file.
    fn rotate(&mut self) -> Result<(), RecordError> {
        let out = self.store.create();
        let out = out.map_err(|error| self.cannot_write(error))?;
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        self.events_lost_before += writer.lost();
        let (bytes, next) = writer
            .go_on_in(out)
            .map_err(|error| self.cannot_write(error))?;
        self.bytes_before += bytes;
        self.writer = Some(next);
        self.began_file();
        // What is wrong is told only now and then.
        if let Some(update) = self.findings.clone() {
            self.add(Entry::Findings(update));
        }
        Ok(())
    }

    /// Writes the end.
    fn finish(mut self) -> Result<Progress, RecordError> {
        self.close()?;
        self.progress.bytes = self.bytes();
        (self.told)(&self.progress);
        Ok(self.progress)
    }

    fn close(&mut self) -> Result<(), RecordError> {
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        let closed = writer.finish_counted();
        let (_, bytes) = closed.map_err(|error| self.cannot_write(error))?;
        self.bytes_before += bytes;
        Ok(())
    }

    // --- the connection ---

    /// Tries until the target answers again.
    async fn reconnect(
        &mut self,
        source: &Arc<dyn Source>,
        error: SourceError,
        mut end: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Reconnected, RecordError> {
        if self.is_for_good(&error) {
            return Ok(Reconnected::Refused(error));
        }
        let lost_at = self.heard.map_or(Nanos::ZERO, |(at, _)| at);
        self.progress.trouble = Some(error.to_string());
        // What it told before is safe whatever comes.
        self.write(|writer| writer.settle(Nanos::MAX))?;
        self.tick(false)?;
        let target = loop {
            tokio::select! {
                () = time::sleep(self.pause) => {}
                () = &mut end => return Ok(Reconnected::TooLate),
            }
            self.pause = (self.pause * 2).min(PAUSES.1);
            let answer = tokio::select! {
                answer = source.target() => answer,
                () = &mut end => return Ok(Reconnected::TooLate),
            };
            match answer {
                Ok(target) => break target,
                Err(error) if self.is_for_good(&error) => {
                    return Ok(Reconnected::Refused(error));
                }
                Err(error) => self.progress.trouble = Some(error.to_string()),
            }
            (self.told)(&self.progress);
        };
        self.progress.trouble = None;
        let is_same = target.run_id == self.target.run_id;
        self.target = target;
        match is_same {
            true => self.gap = Some((lost_at, error.to_string())),
            // Another process, with tasks and times of its own.
            false => {
                self.events_lost_before = self.progress.lost;
                self.close()?;
                (self.heard, self.began, self.findings) = (None, None, None);
                self.open()?;
            }
        }
        Ok(Reconnected::Yes)
    }

    /// Whether this is the end of it. What a target refuses that told of its tasks before, it may
    /// have refused because something was being renewed.
    fn is_for_good(&self, error: &SourceError) -> bool {
        let is_new = self.heard.is_none() && self.progress.files == 1;
        !error.may_pass() && (is_new || self.pause >= PAUSES.1)
    }
}

/// `None` from a target that knows nothing of the kind.
fn known<T>(asked: Result<T, SourceError>) -> Result<Option<T>, SourceError> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(SourceError::CannotTell { .. } | SourceError::TooOld { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The next thing that a stream tells; waits for ever where there is none.
async fn next<T>(stream: &mut Option<Updates<T>>) -> Result<T, SourceError> {
    let Some(stream) = stream else {
        return pending().await;
    };
    match stream.next().await {
        Some(told) => told,
        None => Err(SourceError::Lost {
            endpoint: "the target".to_owned(),
            reason: "it closed the stream".to_owned(),
        }),
    }
}

async fn passed(sleep: &mut Option<Pin<Box<time::Sleep>>>) {
    match sleep {
        Some(sleep) => sleep.await,
        None => pending().await,
    }
}

async fn ready<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}
