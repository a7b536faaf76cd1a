//! Following a picture while it changes.

use std::{collections::HashSet, io};

use loiter_model::{
    State, TaskSeq, Thresholds,
    picture::Picture,
    query::Filter,
    update::{Event, EventKind, FindingsUpdate},
};
use loiter_recording::Gap;

/// Whoever wants to know what changes in a picture, and how it was before.
pub(super) trait Follower {
    /// A task is as the picture has it now, whatever led there; one that the picture does not
    /// have is gone.
    fn fact(&mut self, picture: &Picture, task: TaskSeq) -> io::Result<()>;
    /// Everything that is known of this time has been said.
    fn settled(&mut self, picture: &Picture) -> io::Result<()>;
    /// It is time for an event, which the picture has not applied yet.
    fn before(&mut self, picture: &Picture, event: &Event) -> io::Result<()>;
    /// The picture has applied the event, and what was told beside it.
    fn after(&mut self, picture: &Picture, event: &Event) -> io::Result<()>;
    /// So many events are missing by now.
    fn lost(&mut self, picture: &Picture, events: u64) -> io::Result<()>;
    /// So much is wrong at this time.
    fn findings(&mut self, update: &FindingsUpdate) -> io::Result<()>;
    /// Nothing is known of a while.
    fn gap(&mut self, gap: &Gap) -> io::Result<()>;
    /// Nothing changes any more.
    fn finish(&mut self, picture: &Picture) -> io::Result<()>;
}

/// Finds the tasks that a filter lets through at any time: `idle>30s` those that waited for more
/// than that once.
pub(super) struct Chooser<'a> {
    filter: &'a Filter,
    thresholds: Thresholds,
    chosen: HashSet<TaskSeq>,
    /// Those seen and not chosen yet: they are asked once more at the end.
    open: HashSet<TaskSeq>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(filter: &'a Filter, thresholds: Thresholds) -> Self {
        Self {
            filter,
            thresholds,
            chosen: HashSet::new(),
            open: HashSet::new(),
        }
    }

    /// Those that it let through.
    pub(super) fn into_chosen(self) -> HashSet<TaskSeq> {
        self.chosen
    }

    fn look(&mut self, picture: &Picture, seq: TaskSeq) {
        if self.chosen.contains(&seq) {
            return;
        }
        let Some(task) = picture.find_task(seq) else {
            self.open.remove(&seq);
            return;
        };
        if self.filter.matches(&task, &self.thresholds, picture) {
            self.open.remove(&seq);
            self.chosen.insert(seq);
        } else if task.state == State::Ended {
            self.open.remove(&seq);
        } else {
            self.open.insert(seq);
        }
    }
}

impl Follower for Chooser<'_> {
    fn fact(&mut self, picture: &Picture, task: TaskSeq) -> io::Result<()> {
        self.look(picture, task);
        Ok(())
    }

    fn settled(&mut self, _: &Picture) -> io::Result<()> {
        Ok(())
    }

    /// As every stretch is the longest at its end.
    fn before(&mut self, picture: &Picture, event: &Event) -> io::Result<()> {
        self.look(picture, event.task);
        Ok(())
    }

    fn after(&mut self, picture: &Picture, event: &Event) -> io::Result<()> {
        // Every other change is seen before the next one.
        if matches!(event.kind, EventKind::Spawn { .. } | EventKind::Drop { .. }) {
            self.look(picture, event.task);
        }
        Ok(())
    }

    fn lost(&mut self, _: &Picture, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn findings(&mut self, _: &FindingsUpdate) -> io::Result<()> {
        Ok(())
    }

    fn gap(&mut self, _: &Gap) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, picture: &Picture) -> io::Result<()> {
        for seq in std::mem::take(&mut self.open) {
            self.look(picture, seq);
        }
        Ok(())
    }
}
