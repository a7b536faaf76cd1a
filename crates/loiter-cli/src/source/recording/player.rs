//! Moving through the time of a recording.

use std::{
    collections::HashMap,
    io::{Read, Seek},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use loiter_model::{
    CloseUp, Nanos, TaskSeq,
    update::{FindingsUpdate, TaskDetail},
};
use loiter_recording::{End, Replay};

use crate::source::{Canvas, SourceError};

/// What recordings are read from.
pub trait Reading: Read + Seek + Send {}
impl<T: Read + Seek + Send> Reading for T {}

pub(super) type Tape = Replay<Box<dyn Reading>>;

/// Where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// To this time.
    To(Nanos),
    /// On to the next event.
    Next,
    /// Back to the event before.
    Previous,
}

/// What holds at the time to which one has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub at: Nanos,
    /// Events that were lost up to then.
    pub lost: u64,
}

/// A whole recording, for a time bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Reel {
    /// The first time and the last one.
    pub range: (Nanos, Nanos),
    /// Since the Unix epoch, when the time was zero.
    pub started_unix: Nanos,
    /// The whiles of which nothing is known.
    pub gaps: Vec<(Nanos, Nanos)>,
    /// When something was found wrong that had not been before.
    pub findings: Vec<Nanos>,
    /// Whether its end is missing.
    pub is_cut_off: bool,
}

/// What goes through a recording, for whoever watches it as well.
#[derive(Clone)]
pub struct Player(Arc<Shared>);

struct Shared {
    name: String,
    reel: Reel,
    tape: Mutex<Tape>,
    canvas: Canvas,
    /// What the target itself found wrong last.
    findings: Mutex<Option<FindingsUpdate>>,
    /// Tasks that somebody looks at closely. Locked last of all.
    close_ups: Mutex<HashMap<TaskSeq, Kept>>,
}

/// What a task did, for those who look at it.
#[derive(Default)]
struct Kept {
    watchers: usize,
    close_up: Option<CloseUp>,
}

/// Looks at a task closely until it is dropped.
pub(super) struct Watching {
    player: Player,
    seq: TaskSeq,
}

impl Watching {
    /// Adds what the task did to an answer.
    pub(super) fn complete(&self, detail: &mut TaskDetail) {
        let close_ups = self.player.0.close_ups();
        let kept = close_ups.get(&self.seq);
        if let Some(close_up) = kept.and_then(|kept| kept.close_up.as_ref()) {
            close_up.complete(detail);
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut close_ups = self.player.0.close_ups();
        if let Some(kept) = close_ups.get_mut(&self.seq) {
            kept.watchers -= 1;
            if kept.watchers == 0 {
                close_ups.remove(&self.seq);
            }
        }
    }
}

impl Shared {
    fn close_ups(&self) -> MutexGuard<'_, HashMap<TaskSeq, Kept>> {
        self.close_ups
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn findings(&self) -> MutexGuard<'_, Option<FindingsUpdate>> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has what the watched tasks did up to the present time.
    fn look_closely(&self, tape: &Tape) {
        for (seq, kept) in &mut *self.close_ups() {
            kept.close_up = tape.close_up(*seq).cloned();
        }
    }
}

impl Player {
    pub(super) fn new(name: String, mut tape: Tape, canvas: Canvas) -> Self {
        let range = tape.range();
        let started_unix = tape.target().started_unix;
        let recording = tape.recording();
        let reel = Reel {
            range,
            started_unix,
            gaps: recording.gaps().collect(),
            findings: recording.new_findings().collect(),
            is_cut_off: recording.end() != End::Whole,
        };
        Self(Arc::new(Shared {
            name,
            reel,
            tape: Mutex::new(tape),
            canvas,
            findings: Mutex::default(),
            close_ups: Mutex::default(),
        }))
    }

    /// What the target itself found wrong last, up to the present time.
    pub(super) fn findings(&self) -> Option<FindingsUpdate> {
        self.0.findings().clone()
    }

    /// All of it.
    #[must_use]
    pub fn reel(&self) -> &Reel {
        &self.0.reel
    }

    /// Goes there, on a thread for what takes long, and has everybody answered who watches. To be
    /// called inside a runtime.
    ///
    /// # Errors
    /// [`SourceError::BadFile`] when a part of the file is damaged.
    pub async fn go(&self, to: Go) -> Result<Moment, SourceError> {
        let player = self.clone();
        let gone = tokio::task::spawn_blocking(move || player.go_now(to)).await;
        // It does not panic; if it did, there is no more to be had of this file.
        gone.unwrap_or_else(|error| Err(self.bad_file(error.to_string())))
    }

    pub(super) fn go_now(&self, to: Go) -> Result<Moment, SourceError> {
        let mut tape = self.0.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = self.0.canvas.draw(|picture| {
            tape.lend(picture, |tape| {
                tape.watch_only(|seq| self.0.close_ups().contains_key(&seq));
                let gone = match to {
                    Go::To(at) => tape.go_to(at),
                    Go::Next => tape.step().map(drop),
                    Go::Previous => tape.step_back().map(drop),
                };
                *self.0.findings() = tape.findings().cloned();
                self.0.look_closely(tape);
                let moment = Moment {
                    at: tape.at(),
                    lost: tape.lost(),
                };
                gone.map(|()| moment)
            })
        });
        gone.map_err(|error| self.bad_file(error.to_string()))
    }

    /// Looks at a task closely from now on. To be called inside a runtime, as
    /// [`go`](Self::go) is.
    pub(super) async fn watch(&self, seq: TaskSeq) -> Result<Watching, SourceError> {
        let player = self.clone();
        let watched = tokio::task::spawn_blocking(move || player.watch_now(seq)).await;
        watched.unwrap_or_else(|error| Err(self.bad_file(error.to_string())))
    }

    fn watch_now(&self, seq: TaskSeq) -> Result<Watching, SourceError> {
        self.0.close_ups().entry(seq).or_default().watchers += 1;
        let watching = Watching {
            player: self.clone(),
            seq,
        };
        let mut tape = self.0.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let watched = self.0.canvas.draw(|picture| {
            tape.lend(picture, |tape| {
                let watched = tape.watch(seq);
                self.0.look_closely(tape);
                watched
            })
        });
        watched.map_err(|error| self.bad_file(error.to_string()))?;
        Ok(watching)
    }

    fn bad_file(&self, reason: String) -> SourceError {
        SourceError::BadFile {
            path: self.0.name.clone(),
            reason,
        }
    }
}
