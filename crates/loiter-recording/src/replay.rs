//! Everything that was known at any time of a recording.

use std::{
    collections::HashSet,
    io::{Read, Seek},
};

use loiter_model::{
    AsyncOpSeq, CloseUp, Distribution, Ending, Nanos, Quantiles, ResourceSeq, SiteStats, State,
    Target, TaskSeq,
    picture::{Picture, PictureLimits, SiteFigures},
    update::{
        Description, EventBatch, FindingsUpdate, LabelSet, Overview, ResourcesUpdate, SitesUpdate,
        TasksUpdate,
    },
};

use crate::{Entry, PendingWaits, ReadError, Recording, reader::Kind, watched::Watched};

/// Going on by more than this, one begins at a later keyframe, if there is one: playing what is
/// between would take longer.
const LEAP: Nanos = Nanos::from_secs(30);

/// A recording and the picture that it makes at one time.
///
/// Going on plays the events between; going back, or far on, begins at the keyframe before. Either
/// way it takes the time of a keyframe and of the events behind it, not of the whole recording.
#[derive(Debug)]
pub struct Replay<R> {
    recording: Recording<R>,
    target: Target,
    range: (Nanos, Nanos),
    now: Now,
    watched: Watched,
    /// The picture is elsewhere.
    is_lent: bool,
}

/// What is known at the present time.
#[derive(Debug)]
struct Now {
    picture: Picture,
    findings: Option<FindingsUpdate>,
    lost: u64,
    /// Those that are there, as far as they were told.
    resources: HashSet<ResourceSeq>,
    ops: HashSet<AsyncOpSeq>,
    /// The block that comes next.
    next: usize,
    /// What was read and is, at least in part, of a later time.
    held: Option<Held>,
    /// The same of what tasks wait on.
    waits: PendingWaits,
    /// The keyframe that has begun and is not complete.
    keyframe: Option<Keyframe>,
}

#[derive(Debug)]
enum Held {
    Events(Box<Batch>),
    Fact(Box<Entry>),
}

/// Events, of which some have been played.
#[derive(Debug)]
struct Batch {
    batch: EventBatch,
    played: usize,
    told: usize,
}

#[derive(Debug)]
struct Keyframe {
    began: Nanos,
    seen: HashSet<TaskSeq>,
    resources: HashSet<ResourceSeq>,
    ops: HashSet<AsyncOpSeq>,
}

impl<R: Read + Seek> Replay<R> {
    /// Begins at the first keyframe.
    ///
    /// # Errors
    /// [`ReadError`] when there is none, or when it cannot be read.
    pub fn new(mut recording: Recording<R>) -> Result<Self, ReadError> {
        let target = recording.target()?;
        let first = recording.keyframe_before(Nanos::ZERO);
        // Before the first keyframe, nothing is known; it is complete only when it ends.
        let complete = recording.blocks()[first..]
            .iter()
            .find(|block| block.kind() == Some(Kind::KeyframeEnd));
        let from = complete.unwrap_or(&recording.blocks()[first]).to;
        let range = (from, recording.range().1.max(from));
        let mut replay = Self {
            recording,
            target,
            range,
            now: Now::at_block(first),
            watched: Watched::default(),
            is_lent: false,
        };
        replay.go_to(from)?;
        Ok(replay)
    }

    /// The recording itself.
    pub fn recording(&mut self) -> &mut Recording<R> {
        &mut self.recording
    }

    /// Which process it is of.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The first time and the last one at which everything is known.
    pub fn range(&self) -> (Nanos, Nanos) {
        self.range
    }

    /// The present time.
    pub fn at(&self) -> Nanos {
        self.now.picture.at()
    }

    /// Everything that is known at the present time.
    pub fn picture(&self) -> &Picture {
        &self.now.picture
    }

    /// Does something with a picture that is kept elsewhere, behind a lock as it may be, in place of
    /// its own one. It must be the same one each time, and anything before the first time.
    pub fn lend<T>(&mut self, picture: &mut Picture, act: impl FnOnce(&mut Self) -> T) -> T {
        if !std::mem::replace(&mut self.is_lent, true) {
            std::mem::swap(&mut self.now.picture, picture);
        }
        std::mem::swap(&mut self.now.picture, picture);
        let result = act(self);
        std::mem::swap(&mut self.now.picture, picture);
        result
    }

    /// What the target itself found wrong last, by its own limits; `None` where it did not say.
    pub fn findings(&self) -> Option<&FindingsUpdate> {
        self.now.findings.as_ref()
    }

    /// Events that were lost while it was recorded, up to the present time.
    pub fn lost(&self) -> u64 {
        self.now.lost
    }

    /// Looks at a task closely from now on, if it is not looked at already: of it there is a
    /// [`close_up`](Self::close_up). Reads what happened in the minute before, or less where that
    /// was very much; in each leap through time as well.
    ///
    /// # Errors
    /// As for [`go_to`](Self::go_to).
    pub fn watch(&mut self, seq: TaskSeq) -> Result<(), ReadError> {
        if self.watched.seqs().all(|watched| watched != seq) {
            let one = Watched::at(self.at(), [seq], &mut self.recording)?;
            self.watched.add(one);
        }
        Ok(())
    }

    /// Looks closely at these only of those that it is [watching](Self::watch).
    pub fn watch_only(&mut self, is_wanted: impl FnMut(TaskSeq) -> bool) {
        self.watched.retain(is_wanted);
    }

    /// What a task that is [watched](Self::watch) did up to the present time; `None` if nothing is
    /// recorded of that.
    pub fn close_up(&self, seq: TaskSeq) -> Option<&CloseUp> {
        self.watched.get(seq)
    }

    /// The while in which nothing is known, if the present time is in one.
    pub fn gap(&self) -> Option<(Nanos, Nanos)> {
        let at = self.at();
        let mut gaps = self.recording.gaps();
        gaps.find(|(from, to)| (*from..*to).contains(&at))
    }

    /// Makes this the present time, or the nearest one in the [range](Self::range).
    ///
    /// # Errors
    /// [`ReadError`] when a part of the recording cannot be read: what is known is then as of the
    /// time before that part.
    pub fn go_to(&mut self, at: Nanos) -> Result<(), ReadError> {
        let at = at.clamp(self.range.0, self.range.1);
        let is_back = at < self.at();
        let mut is_leap = false;
        if is_back || at > self.at().saturating_add(LEAP) {
            let keyframe = self.recording.keyframe_before(at);
            if is_back || keyframe > self.now.next {
                // Of what is left out nothing would be known.
                self.watched.gap();
                self.begin_at(keyframe)?;
                is_leap = true;
            }
        }
        while self.now.fetch(&mut self.recording)? {
            if !self.now.play(at, &mut self.watched) {
                break;
            }
        }
        self.now.advance(at);
        if is_leap {
            let seqs: Vec<_> = self.watched.seqs().collect();
            self.watched = Watched::at(at, seqs, &mut self.recording)?;
        }
        Ok(())
    }

    /// Begins anew at this block. What was found wrong last still holds.
    fn begin_at(&mut self, number: usize) -> Result<(), ReadError> {
        self.now = Now::at_block(number);
        let before = &self.recording.blocks()[..number];
        let findings = before
            .iter()
            .rposition(|it| it.kind() == Some(Kind::Findings));
        if let Some(number) = findings
            && let Some(Entry::Findings(update)) = self.recording.read(number)?
        {
            self.now.learn(&update.labels);
            self.now.findings = Some(update);
        }
        Ok(())
    }

    /// Goes on to the next event, and all that happened at its time. Whether there is one.
    ///
    /// # Errors
    /// As for [`go_to`](Self::go_to).
    pub fn step(&mut self) -> Result<bool, ReadError> {
        while self.now.fetch(&mut self.recording)? {
            let (at, is_event) = self.now.next_at();
            if is_event {
                self.go_to(at.max(self.at()))?;
                return Ok(true);
            }
            self.now.play(at, &mut self.watched);
        }
        Ok(false)
    }

    /// Goes back to the event before. Whether there is one.
    ///
    /// # Errors
    /// As for [`go_to`](Self::go_to).
    pub fn step_back(&mut self) -> Result<bool, ReadError> {
        let now = self.at();
        for number in (0..self.recording.blocks().len()).rev() {
            let block = self.recording.blocks()[number];
            if block.kind() != Some(Kind::Events) || block.from >= now {
                continue;
            }
            let Some(Entry::Events(batch)) = self.recording.read(number)? else {
                continue;
            };
            let before = batch.events.partition_point(|event| event.at < now);
            let Some(event) = before.checked_sub(1).map(|last| batch.events[last]) else {
                continue;
            };
            if event.at < self.range.0 {
                return Ok(false);
            }
            self.go_to(event.at)?;
            return Ok(true);
        }
        Ok(false)
    }
}

impl Now {
    fn at_block(next: usize) -> Self {
        Self {
            picture: Picture::new(PictureLimits::default()),
            findings: None,
            lost: 0,
            resources: HashSet::new(),
            ops: HashSet::new(),
            next,
            held: None,
            waits: PendingWaits::default(),
            keyframe: None,
        }
    }

    /// Has something to play. Whether there is anything left.
    fn fetch<R: Read + Seek>(&mut self, recording: &mut Recording<R>) -> Result<bool, ReadError> {
        while self.held.is_none() {
            if self.next >= recording.blocks().len() {
                return Ok(false);
            }
            self.next += 1;
            self.held = match recording.read(self.next - 1)? {
                Some(Entry::Events(batch)) => Some(self.begin(batch)),
                Some(Entry::Waits(waits)) => {
                    self.waits.take(waits);
                    None
                }
                Some(fact) => Some(Held::Fact(Box::new(fact))),
                None => None,
            };
        }
        Ok(true)
    }

    fn begin(&mut self, mut batch: EventBatch) -> Held {
        self.lost = batch.lost;
        self.learn(&std::mem::take(&mut batch.labels));
        Held::Events(Box::new(Batch {
            batch,
            played: 0,
            told: 0,
        }))
    }

    /// When what is held comes, and whether it is an event.
    fn next_at(&self) -> (Nanos, bool) {
        match &self.held {
            Some(Held::Events(batch)) => {
                let event = batch.batch.events.get(batch.played);
                (event.map_or(self.picture.at(), |event| event.at), true)
            }
            Some(Held::Fact(fact)) => (fact.at(), false),
            None => (self.picture.at(), false),
        }
    }

    /// Plays what is held, up to this time. Whether all of it is done.
    fn play(&mut self, until: Nanos, watched: &mut Watched) -> bool {
        match self.held.take() {
            None => true,
            Some(Held::Fact(fact)) if fact.at() <= until => {
                self.fact(*fact, watched);
                true
            }
            Some(Held::Events(mut batch)) => {
                let is_done = self.play_events(&mut batch, until, watched);
                self.held = (!is_done).then_some(Held::Events(batch));
                is_done
            }
            later => {
                self.held = later;
                false
            }
        }
    }

    fn play_events(&mut self, batch: &mut Batch, until: Nanos, watched: &mut Watched) -> bool {
        while let Some(event) = batch.batch.events.get(batch.played) {
            if event.at > until {
                return false;
            }
            batch.played += 1;
            while self
                .waits
                .draw_before(event.at, &mut self.picture)
                .is_some()
            {}
            self.picture.apply(event);
            watched.event(event);
            if event.kind.has_description() {
                let told: Option<&Description> = batch.batch.descriptions.get(batch.told);
                batch.told += 1;
                if let Some(told) = told {
                    self.picture.describe(event.task, told);
                }
            }
        }
        true
    }

    /// Up to this time, all that happened was played.
    fn advance(&mut self, at: Nanos) {
        let after = at.saturating_add(Nanos(1));
        while self.waits.draw_before(after, &mut self.picture).is_some() {}
        self.picture.advance(at);
    }

    fn fact(&mut self, fact: Entry, watched: &mut Watched) {
        self.advance(fact.at());
        match fact {
            Entry::Keyframe { at, .. } => {
                self.waits.keyframe();
                self.keyframe = Some(Keyframe {
                    began: at,
                    seen: HashSet::new(),
                    resources: HashSet::new(),
                    ops: HashSet::new(),
                });
            }
            Entry::KeyframeEnd { .. } => self.keyframe_ends(),
            Entry::Tasks(update) => {
                watched.tasks(&update.tasks, update.overview.at);
                self.tasks(update);
            }
            Entry::Sites(update) => self.sites(&update),
            Entry::Resources(update) => self.resources(update),
            Entry::Findings(update) => {
                self.learn(&update.labels);
                self.findings = Some(update);
            }
            Entry::Gap(_) => watched.gap(),
            // They are played one by one.
            Entry::Events(_) | Entry::Waits(_) => {}
        }
    }

    fn tasks(&mut self, update: TasksUpdate) {
        self.learn(&update.labels);
        let waits = update.labels.waits.iter();
        self.waits.know(waits.map(|(id, wait)| (*id, wait.clone())));
        self.overview(&update.overview);
        for task in update.tasks {
            if let Some(keyframe) = &mut self.keyframe {
                keyframe.seen.insert(task.seq);
            }
            self.picture.put_task(task);
        }
    }

    fn sites(&mut self, update: &SitesUpdate) {
        self.learn(&update.labels);
        self.overview(&update.overview);
        for stats in &update.sites {
            self.picture.put_site(stats.site, figures(stats));
        }
        let sites = update.sites.iter();
        let sites = sites.map(|stats| {
            let rates = (stats.spawned_per_sec, stats.ended_per_sec);
            (stats.site, &*stats.history, rates)
        });
        self.picture
            .restore_history(&update.overview.history, sites);
    }

    fn resources(&mut self, update: ResourcesUpdate) {
        self.learn(&update.labels);
        self.picture.set_tracks_resources(update.is_tracking);
        self.picture.set_untracked_resources(update.untracked);
        for resource in update.resources {
            if let Some(keyframe) = &mut self.keyframe {
                keyframe.resources.insert(resource.seq);
            }
            match resource.has_ended {
                true => self.resources.remove(&resource.seq),
                false => self.resources.insert(resource.seq),
            };
            self.picture.put_resource(resource);
        }
        for op in update.ops {
            if let Some(keyframe) = &mut self.keyframe {
                keyframe.ops.insert(op.seq);
            }
            match op.state {
                State::Ended => self.ops.remove(&op.seq),
                _ => self.ops.insert(op.seq),
            };
            self.picture.put_op(op);
        }
    }

    fn overview(&mut self, overview: &Overview) {
        self.picture.set_untracked(overview.totals.untracked);
        self.picture.set_runtime_tasks(overview.runtime_tasks);
    }

    /// Those that were there before and are not now have ended unseen.
    fn keyframe_ends(&mut self) {
        let Some(keyframe) = self.keyframe.take() else {
            return;
        };
        let Keyframe { began, seen, .. } = keyframe;
        self.resources.retain(|seq| {
            let is_there = keyframe.resources.contains(seq);
            if !is_there {
                self.picture.end_resource(*seq);
            }
            is_there
        });
        self.ops.retain(|seq| {
            let is_there = keyframe.ops.contains(seq);
            if !is_there {
                self.picture.end_op(*seq);
            }
            is_there
        });
        let alive = self.picture.alive();
        let gone = alive.filter(|task| task.spawned_at < began && !seen.contains(&task.seq));
        let mut gone: Vec<_> = gone.map(|task| task.seq).collect();
        // Those that end last are remembered longest.
        gone.sort_unstable();
        for task in gone {
            self.picture.end_task(task, Ending::Unknown);
        }
    }

    fn learn(&mut self, labels: &LabelSet) {
        let known = self.picture.labels_mut();
        let names = labels.names.iter();
        known
            .names
            .extend(names.map(|(id, name)| (*id, name.clone())));
        let sites = labels.sites.iter();
        known
            .sites
            .extend(sites.map(|(id, site)| (*id, site.clone())));
        let waits = labels.waits.iter();
        known
            .waits
            .extend(waits.map(|(id, wait)| (*id, wait.clone())));
    }
}

/// What a site has counted, of which only the usual figures are recorded: distributions that have
/// just these.
fn figures(stats: &SiteStats) -> SiteFigures {
    SiteFigures {
        spawned: stats.spawned,
        ended: stats.ended,
        poll: spread(&stats.poll),
        scheduled: spread(&stats.scheduled_for),
        waited: spread(&stats.waited),
        lifetime: spread(&stats.lifetime),
    }
}

fn spread(figures: &Quantiles) -> Distribution {
    let mut all = Distribution::default();
    let count = figures.count;
    let rank = |share: f64| ((count as f64 * share).ceil() as u64).min(count);
    let mut before = 0;
    for (up_to, time) in [
        (rank(0.5), figures.p50),
        (rank(0.9), figures.p90),
        (rank(0.99), figures.p99),
        (count, figures.max),
    ] {
        if up_to > before {
            all.add(time, up_to - before);
            before = up_to;
        }
    }
    all
}
