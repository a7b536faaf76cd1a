//! Goes over all that was recorded, with a picture that shows how everything is at each time.

use std::{collections::HashMap, io};

use loiter_model::{
    Nanos, State, TaskSeq,
    picture::{Picture, PictureLimits},
    update::{Description, EventBatch, EventKind, LabelSet, TasksUpdate},
};
use loiter_recording::{End, Entry, Gap, PendingWaits, ReadError};

use super::follow::Follower;

/// Ended tasks that a picture remembers: those of which late events may speak.
const REMEMBERED: usize = 1024;

/// What was left out.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// When it ended, from the target's start.
    pub(super) to: Nanos,
    /// Events that it has.
    pub(super) events: u64,
    /// Events that the program was too quick for.
    pub(super) lost: u64,
    /// Parts that are damaged.
    pub(super) damaged: u64,
}

/// Why it cannot go on.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The recording cannot be read.
    Read(ReadError),
    /// What it is made into cannot be written.
    Write(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Plays a recording to a follower, up to its end, of which kind that be. What is damaged is left
/// out and counted.
pub(super) fn play(
    entries: impl Iterator<Item = Result<Entry, ReadError>>,
    end: End,
    follower: &mut impl Follower,
) -> Result<Played, Stopped> {
    let mut player = Player::default();
    for entry in entries {
        match entry {
            Ok(entry) => player.entry(&entry, follower)?,
            Err(ReadError::Damaged { .. }) => player.damaged(follower)?,
            Err(error) => return Err(Stopped::Read(error)),
        }
    }
    player.waits_before(player.played.to.saturating_add(Nanos(1)), follower)?;
    player.picture.advance(player.played.to);
    if let End::CutOff { .. } | End::Damaged { .. } = end {
        let to = player.played.to;
        follower.gap(&Gap {
            from: to,
            to,
            reason: "the recording is cut off here".to_owned(),
        })?;
    }
    follower.finish(&player.picture)?;
    Ok(player.played)
}

struct Player {
    picture: Picture,
    /// The tasks alive, each with the keyframe that it was last spoken of in.
    alive: HashMap<TaskSeq, u64>,
    keyframe: u64,
    /// When the keyframe began that is not complete.
    began: Option<Nanos>,
    /// What tasks will be known to wait on.
    waits: PendingWaits,
    played: Played,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            picture: Picture::new(PictureLimits {
                ended: REMEMBERED,
                ..PictureLimits::default()
            }),
            alive: HashMap::new(),
            keyframe: 0,
            began: None,
            waits: PendingWaits::default(),
            played: Played::default(),
        }
    }
}

impl Player {
    fn damaged(&mut self, follower: &mut impl Follower) -> io::Result<()> {
        self.played.damaged += 1;
        let at = self.picture.at();
        follower.gap(&Gap {
            from: at,
            to: at,
            reason: "a part of the recording is damaged".to_owned(),
        })
    }

    fn entry(&mut self, entry: &Entry, follower: &mut impl Follower) -> io::Result<()> {
        let at = entry.at();
        self.played.to = self.played.to.max(at);
        if !matches!(entry, Entry::Waits(_) | Entry::Events(_)) {
            self.waits_before(at.saturating_add(Nanos(1)), follower)?;
        }
        match entry {
            Entry::Keyframe { at, .. } => {
                self.picture.advance(*at);
                self.waits.keyframe();
                self.keyframe += 1;
                self.began = Some(*at);
                Ok(())
            }
            Entry::KeyframeEnd { at } => {
                self.picture.advance(*at);
                self.keyframe_end(follower)
            }
            Entry::Tasks(update) => self.tasks(update, follower),
            Entry::Sites(update) => {
                self.learn(&update.labels);
                Ok(())
            }
            // A trace is about tasks.
            Entry::Resources(_) => Ok(()),
            Entry::Findings(update) => {
                self.picture.advance(at);
                follower.findings(update)
            }
            Entry::Events(batch) => self.events(batch, follower),
            Entry::Waits(waits) => {
                self.waits.take(waits.clone());
                Ok(())
            }
            Entry::Gap(gap) => {
                self.picture.advance(at);
                follower.gap(gap)
            }
        }
    }

    fn waits_before(&mut self, at: Nanos, follower: &mut impl Follower) -> io::Result<()> {
        while let Some(task) = self.waits.draw_before(at, &mut self.picture) {
            follower.fact(&self.picture, task)?;
        }
        Ok(())
    }

    /// The numbers of a recording hold for all of it.
    fn learn(&mut self, labels: &LabelSet) {
        let own = self.picture.labels_mut();
        let names = labels.names.iter();
        own.names
            .extend(names.map(|(id, name)| (*id, name.clone())));
        let sites = labels.sites.iter();
        own.sites
            .extend(sites.map(|(id, site)| (*id, site.clone())));
        let waits = labels.waits.iter();
        own.waits
            .extend(waits.map(|(id, wait)| (*id, wait.clone())));
    }

    /// Names just when they are needed: those of no task are dropped when time passes.
    fn describe(&mut self, seq: TaskSeq, told: &Description, labels: &LabelSet) {
        let own = self.picture.labels_mut();
        for id in [told.name, told.scope].into_iter().flatten() {
            own.add_name(id, labels);
        }
        self.picture.describe(seq, told);
    }

    fn tasks(&mut self, update: &TasksUpdate, follower: &mut impl Follower) -> io::Result<()> {
        self.picture.advance(update.overview.at);
        self.learn(&update.labels);
        let waits = update.labels.waits.iter();
        self.waits.know(waits.map(|(id, wait)| (*id, wait.clone())));
        for task in &update.tasks {
            self.picture.put_task(*task);
            match task.state {
                State::Ended => self.alive.remove(&task.seq),
                _ => self.alive.insert(task.seq, self.keyframe),
            };
            follower.fact(&self.picture, task.seq)?;
        }
        match self.began {
            Some(_) => Ok(()),
            None => follower.settled(&self.picture),
        }
    }

    /// Of what was not said again, nothing is left: its end was missed.
    fn keyframe_end(&mut self, follower: &mut impl Follower) -> io::Result<()> {
        let Some(began) = self.began.take() else {
            return Ok(());
        };
        let unspoken = self.alive.iter();
        let unspoken = unspoken.filter(|(_, keyframe)| **keyframe < self.keyframe);
        let mut gone: Vec<TaskSeq> = unspoken.map(|(seq, _)| *seq).collect();
        gone.retain(|seq| {
            let task = self.picture.find_task(*seq);
            task.is_none_or(|task| task.spawned_at < began)
        });
        gone.sort_unstable();
        for seq in gone {
            self.alive.remove(&seq);
            self.picture.forget_task(seq);
            follower.fact(&self.picture, seq)?;
        }
        follower.settled(&self.picture)
    }

    fn events(&mut self, batch: &EventBatch, follower: &mut impl Follower) -> io::Result<()> {
        for id in batch.labels.sites.keys() {
            self.picture.labels_mut().add_site(*id, &batch.labels);
        }
        self.played.events += batch.events.len() as u64;
        for (event, told) in batch.told() {
            self.waits_before(event.at, follower)?;
            self.picture.advance(event.at);
            follower.before(&self.picture, event)?;
            self.picture.apply(event);
            if let Some(told) = told {
                self.describe(event.task, told, &batch.labels);
            }
            match event.kind {
                EventKind::Spawn { .. } => {
                    self.alive.insert(event.task, self.keyframe);
                }
                EventKind::Drop { .. } => {
                    self.alive.remove(&event.task);
                }
                _ => {}
            }
            follower.after(&self.picture, event)?;
        }
        self.played.lost = self.played.lost.max(batch.lost);
        follower.lost(&self.picture, batch.lost)
    }
}
