//! Waits that were read before their time.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use loiter_model::{Nanos, TaskSeq, Wait, WaitId, picture::Picture, update::LearntWait};

use crate::Waits;

/// Waits that may be held at a time, and so many stacks: what a file says beyond is left out.
const MOST: usize = 1 << 20;
const MOST_KNOWN: usize = 1 << 14;
/// Calls in all of these stacks: 160 MB.
const MOST_FRAMES: usize = 1 << 22;

/// What tasks come to be known to wait on, for whoever plays [entries](crate::Entry): these come
/// before the events of their time.
#[derive(Debug, Default)]
pub struct PendingWaits {
    waits: VecDeque<LearntWait>,
    /// What was said since the last keyframe began.
    known: HashMap<WaitId, Arc<Wait>>,
    frames: usize,
}

impl PendingWaits {
    /// Takes those of an [entry](crate::Entry::Waits).
    pub fn take(&mut self, waits: Waits) {
        self.know(waits.labels.waits);
        let room = MOST.saturating_sub(self.waits.len());
        self.waits.extend(waits.waits.into_iter().take(room));
    }

    /// Takes the waits that rows of a keyframe refer to.
    pub fn know(&mut self, waits: impl IntoIterator<Item = (WaitId, Arc<Wait>)>) {
        for (id, wait) in waits {
            if self.known.contains_key(&id) {
                continue;
            }
            let frames = self.frames.saturating_add(frames(&wait));
            if self.known.len() < MOST_KNOWN && frames <= MOST_FRAMES {
                self.frames = frames;
                self.known.insert(id, wait);
            }
        }
    }

    /// A keyframe begins, after which all is said anew.
    pub fn keyframe(&mut self) {
        let pending = self.waits.iter().map(|learnt| learnt.wait);
        let kept: HashMap<_, _> = pending
            .filter_map(|id| Some((id, self.known.get(&id)?.clone())))
            .collect();
        self.frames = kept.values().map(|wait| frames(wait)).sum();
        self.known = kept;
    }

    /// Draws the next one of before this time (what happens at it comes first), and says of which
    /// task it is; `None` if there is none.
    pub fn draw_before(&mut self, at: Nanos, picture: &mut Picture) -> Option<TaskSeq> {
        let learnt = *self.waits.front().filter(|learnt| learnt.at < at)?;
        self.waits.pop_front();
        picture.advance(learnt.at);
        if let Some(wait) = self.known.get(&learnt.wait) {
            let labels = &mut picture.labels_mut().waits;
            labels.entry(learnt.wait).or_insert_with(|| wait.clone());
            picture.learn_wait(learnt);
        }
        Some(learnt.task)
    }
}

fn frames(wait: &Wait) -> usize {
    let branches = wait.stack.branches.iter();
    branches.map(|branch| branch.frames.len() + 1).sum()
}
