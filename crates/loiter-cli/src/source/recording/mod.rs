//! What was recorded of a target, at a time that whoever watches it chooses; a snapshot is of one
//! time only.

mod at;
mod file;
mod player;
mod still;
#[cfg(test)]
mod tests;

use std::{path::Path, time::Duration};

use futures_util::{FutureExt, future};
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    finding::RuleSettings,
    picture::{Picture, PictureLimits},
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate, TaskDetail,
        TasksUpdate, WaitsUpdate,
    },
};

pub use at::{At, ParseAtError};
pub use file::open_recording;
pub use player::{Go, Moment, Player, Reading, Reel};

use self::file::Made;
use super::{Answer, Live, Source, SourceError, Updates};

const NO_RESOURCES: &str =
    "anything of resources: snapshots have none, but files of `loiter record` do";

/// A recording as a source: it answers with what was known at the time to which its
/// [`player`](Self::player) has gone, first the end.
pub struct Recorded {
    /// What the file is called.
    name: String,
    made: Made,
    target: Target,
    live: Live,
    player: Player,
}

impl Recorded {
    /// Opens a file of `loiter record` or `loiter snapshot`, or one that console-subscriber has
    /// recorded, at a time. Reads up to there; of a file that is still written, what is there by
    /// now.
    ///
    /// # Errors
    /// [`SourceError::BadFile`] when it is none of these, or when it cannot be read, and
    /// [`SourceError::CannotTell`] when a snapshot is to speak of another time than its own.
    pub fn open(path: &Path, at: At) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let (made, replay) = file::open(path)?;
        if made == Made::Snapshot && !at.is_edge() {
            return Err(SourceError::CannotTell {
                endpoint: name,
                what: "of another time than its own: it is a snapshot; name a file of \
                       `loiter record`"
                    .to_owned(),
            });
        }
        let target = replay.target().clone();
        let live = Live::slow(Picture::new(PictureLimits::default()));
        let player = Player::new(name.clone(), replay, live.canvas());
        player.go_now(Go::To(at.in_range(player.reel().range)))?;
        Ok(Self {
            name,
            made,
            target,
            live,
            player,
        })
    }

    /// What moves it through time.
    #[must_use]
    pub fn player(&self) -> Player {
        self.player.clone()
    }

    fn cannot_tell<T: Send + 'static>(&self, what: &str) -> Answer<'_, T> {
        let error = SourceError::CannotTell {
            endpoint: self.name.clone(),
            what: what.to_owned(),
        };
        future::ready(Err(error)).boxed()
    }

    /// Whether what the target itself found is the answer to a question.
    fn is_answered_by_target(&self, settings: &RuleSettings) -> bool {
        let own = RuleSettings {
            thresholds: self.target.thresholds,
            ..RuleSettings::default()
        };
        *settings == own
    }
}

impl Source for Recorded {
    fn target(&self) -> Answer<'_, Target> {
        future::ready(Ok(self.target.clone())).boxed()
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
        group: Group,
        query: WaitQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        future::ready(Ok(self.live.waits(group, query, interval))).boxed()
    }

    /// What the target itself found, where it is asked for that, as it knew more than what was
    /// recorded; else what the rules find in what was recorded.
    fn watch_findings(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        let own = self.is_answered_by_target(&settings);
        let player = own.then(|| self.player());
        let found = move || player.as_ref()?.findings();
        future::ready(Ok(self.live.findings_or(settings, interval, found))).boxed()
    }

    fn capture_stacks(&self, _: Filter, _: Thresholds) -> Answer<'_, CaptureOutcome> {
        self.cannot_tell("more about waits than was recorded")
    }

    fn watch_task(
        &self,
        seq: TaskSeq,
        _: Thresholds,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        let watching = async move {
            let task = self.live.look_aside(move |picture| picture.find_task(seq));
            if task.await.is_none() {
                return Err(SourceError::NoSuchTask(seq.get()));
            }
            let watching = self.player.watch(seq).await?;
            let complete = move |detail: &mut TaskDetail| watching.complete(detail);
            Ok(self.live.task_of_any_time(seq, interval, complete))
        };
        watching.boxed()
    }

    fn watch_resources(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        match self.made {
            Made::Recording => future::ready(Ok(self.live.resources(query, interval))).boxed(),
            Made::Snapshot => self.cannot_tell(NO_RESOURCES),
        }
    }

    fn watch_resource(
        &self,
        seq: ResourceSeq,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        match self.made {
            Made::Recording => future::ready(Ok(self.live.resource(seq, interval))).boxed(),
            Made::Snapshot => self.cannot_tell(NO_RESOURCES),
        }
    }
}
