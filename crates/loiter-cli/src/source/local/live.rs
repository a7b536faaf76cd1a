//! A picture that is shared by whoever draws it and whoever asks.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use loiter_model::{
    Nanos, ResourceSeq, State, TaskSeq,
    finding::{RuleSettings, Rules},
    picture::Picture,
    query::{Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        FindingsUpdate, Overview, ResourceDetail, ResourcesUpdate, SitesUpdate, TaskDetail,
        TasksUpdate, WaitsUpdate,
    },
};
use tokio::{sync::watch, task::JoinHandle};

use super::news::{Listener, News};
use crate::source::{SourceError, Updates};

/// Operations of one answer.
const MOST_OPS: usize = 4000;

/// A shared picture. Every watch answers at once, and then whenever the picture has changed, but
/// not more often than it was asked to.
///
/// What keeps it up to date is [tied](Self::feed) to it: it stops when nobody asks any more.
#[derive(Clone, Debug)]
pub struct Live {
    shared: Arc<Shared>,
    feed: Arc<Mutex<Option<Feed>>>,
    /// Whether somebody may take long to draw: one waits for them elsewhere.
    is_slow: bool,
}

/// The end of whoever draws the picture.
#[derive(Clone, Debug)]
pub struct Canvas(Arc<Shared>);

struct Shared {
    picture: Mutex<Picture>,
    news: watch::Sender<News>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A task that ends with the last one who asks.
#[derive(Debug)]
struct Feed(JoinHandle<()>);

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    fn picture(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Canvas {
    /// Changes the picture. Whoever watches is answered anew.
    pub fn draw<T>(&self, change: impl FnOnce(&mut Picture) -> T) -> T {
        let result = change(&mut self.0.picture());
        self.0.news.send_modify(|news| news.version += 1);
        result
    }

    /// There will be no more changes: every watch ends with this.
    pub fn end(&self, error: SourceError) {
        self.0.news.send_modify(|news| news.end = Some(error));
    }
}

impl Live {
    /// Shares a picture.
    #[must_use]
    pub fn new(picture: Picture) -> Self {
        Self {
            shared: Arc::new(Shared {
                picture: Mutex::new(picture),
                news: watch::Sender::default(),
            }),
            feed: Arc::default(),
            is_slow: false,
        }
    }

    /// The same for a picture that may take long to draw: it is looked at on a thread for what takes
    /// long, so that whoever asks is not held up. Answers are then to be waited for inside a runtime.
    #[must_use]
    pub(in crate::source) fn slow(picture: Picture) -> Self {
        Self {
            is_slow: true,
            ..Self::new(picture)
        }
    }

    /// The end for whoever draws: it does not keep the picture's feed going.
    #[must_use]
    pub fn canvas(&self) -> Canvas {
        Canvas(self.shared.clone())
    }

    /// Ties a task to the picture, in place of an earlier one: it is aborted when nobody asks any
    /// more, neither this nor a clone nor a watch.
    pub fn feed(&self, task: JoinHandle<()>) {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        *feed = Some(Feed(task));
    }

    /// Looks at the picture as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&Picture) -> T) -> T {
        look(&self.shared.picture())
    }

    /// The same for whoever cannot wait for one who draws.
    pub(in crate::source) async fn look_aside<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Picture) -> T + Send + 'static,
    ) -> T {
        if !self.is_slow {
            return self.look(look);
        }
        let shared = self.shared.clone();
        let looking = tokio::task::spawn_blocking(move || look(&shared.picture()));
        match looking.await {
            Ok(seen) => seen,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is about to end, and this with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Why there will be no more changes, if that is so.
    #[must_use]
    pub fn end(&self) -> Option<SourceError> {
        self.shared.news.borrow().end.clone()
    }

    /// See [`Source::watch_tasks`](crate::source::Source::watch_tasks), and so on.
    pub fn tasks(&self, query: TaskQuery, interval: Option<Duration>) -> Updates<TasksUpdate> {
        self.answers(interval, move |picture| {
            timed(|| picture.tasks(&query), |update| &mut update.overview)
        })
    }

    /// A row a site.
    pub fn sites(&self, query: SiteQuery, interval: Option<Duration>) -> Updates<SitesUpdate> {
        self.answers(interval, move |picture| {
            timed(|| picture.sites(&query), |update| &mut update.overview)
        })
    }

    /// A row for the tasks that wait alike.
    pub fn waits(
        &self,
        group: Group,
        query: WaitQuery,
        interval: Option<Duration>,
    ) -> Updates<WaitsUpdate> {
        self.answers(interval, move |picture| {
            timed(
                || picture.waits(group, &query),
                |update| &mut update.overview,
            )
        })
    }

    /// A row a resource.
    pub fn resources(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Updates<ResourcesUpdate> {
        self.answers(interval, move |picture| {
            timed(|| picture.resources(&query), |update| &mut update.overview)
        })
    }

    /// The same with the operations on the rows.
    pub fn resources_and_ops(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Updates<ResourcesUpdate> {
        self.answers(interval, move |picture| {
            let mut update = timed(|| picture.resources(&query), |update| &mut update.overview);
            update.ops = picture.ops_on(&update.resources, MOST_OPS);
            update
        })
    }

    /// What is wrong, by rules that remember what they have seen as long as the stream lasts.
    pub fn findings(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Updates<FindingsUpdate> {
        self.findings_or(settings, interval, || None)
    }

    /// The same, unless somebody `told` better what is wrong. A picture that goes back in time has
    /// the rules begin anew: what they have seen lies before them.
    pub(in crate::source) fn findings_or(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
        told: impl Fn() -> Option<FindingsUpdate> + Send + 'static,
    ) -> Updates<FindingsUpdate> {
        let mut rules = Rules::new(settings);
        let mut last = Nanos::ZERO;
        self.answers(interval, move |picture| {
            if let Some(update) = told() {
                return update;
            }
            if picture.at() < last {
                rules = Rules::new(rules.settings().clone());
            }
            last = picture.at();
            timed(
                || picture.findings(&mut rules),
                |update| &mut update.overview,
            )
        })
    }

    /// One task. `complete` adds what the picture does not have. The stream ends after the update
    /// that shows the task ended.
    pub fn task(
        &self,
        seq: TaskSeq,
        interval: Option<Duration>,
        complete: impl FnMut(&mut TaskDetail) + Send + 'static,
    ) -> Updates<TaskDetail> {
        let ask = detail_of(seq, complete);
        self.until(interval, ask, |detail| detail.task.state == State::Ended)
    }

    /// The same of a picture that may go back in time, to before the end of a task: the stream
    /// goes on.
    pub(in crate::source) fn task_of_any_time(
        &self,
        seq: TaskSeq,
        interval: Option<Duration>,
        complete: impl FnMut(&mut TaskDetail) + Send + 'static,
    ) -> Updates<TaskDetail> {
        self.until(interval, detail_of(seq, complete), |_| false)
    }

    /// One resource. The stream ends after the update that shows it ended.
    pub fn resource(
        &self,
        seq: ResourceSeq,
        interval: Option<Duration>,
    ) -> Updates<ResourceDetail> {
        self.until(
            interval,
            move |picture| {
                let detail = picture.resource(seq);
                detail.ok_or_else(|| SourceError::NoSuchResource(seq.get()))
            },
            |detail| detail.resource.has_ended,
        )
    }

    fn answers<T: Send + 'static>(
        &self,
        interval: Option<Duration>,
        mut ask: impl FnMut(&Picture) -> T + Send + 'static,
    ) -> Updates<T> {
        self.until(interval, move |picture| Ok(ask(picture)), |_| false)
    }

    /// Answers up to the first error, or the answer that is the last one.
    fn until<T: Send + 'static>(
        &self,
        interval: Option<Duration>,
        ask: impl FnMut(&Picture) -> Result<T, SourceError> + Send + 'static,
        is_last: impl Fn(&T) -> bool + Send + 'static,
    ) -> Updates<T> {
        let listener = Listener::new(self.shared.news.subscribe(), interval);
        let asking = (self.clone(), listener, ask, is_last);
        let answers = stream::unfold(Some(asking), |asking| async move {
            let (live, mut listener, mut ask, is_last) = asking?;
            if let Err(error) = listener.next().await {
                return Some((Err(error), None));
            }
            let looked = live.look_aside(move |picture| (ask(picture), ask)).await;
            let (answer, ask) = looked;
            match answer {
                Ok(answer) if !is_last(&answer) => {
                    Some((Ok(answer), Some((live, listener, ask, is_last))))
                }
                last => Some((last, None)),
            }
        });
        answers.boxed()
    }
}

/// Asks for a task. `complete` adds what the picture does not have.
fn detail_of(
    seq: TaskSeq,
    mut complete: impl FnMut(&mut TaskDetail) + Send + 'static,
) -> impl FnMut(&Picture) -> Result<TaskDetail, SourceError> + Send + 'static {
    move |picture| {
        let detail = picture.task(seq);
        let mut detail = detail.ok_or_else(|| SourceError::NoSuchTask(seq.get()))?;
        complete(&mut detail);
        Ok(detail)
    }
}

/// An answer, and how long it took to come to.
fn timed<T>(ask: impl FnOnce() -> T, overview: impl FnOnce(&mut T) -> &mut Overview) -> T {
    let started = Instant::now();
    let mut answer = ask();
    overview(&mut answer).scan_time = Nanos::from(started.elapsed());
    answer
}

#[cfg(test)]
mod tests {
    use loiter_model::{
        Thresholds,
        picture::PictureLimits,
        query::{Filter, Sort, TaskColumn, Window},
    };

    use super::*;

    fn query() -> TaskQuery {
        TaskQuery {
            filter: Filter::default(),
            sort: Sort::by(TaskColumn::Idle),
            window: Window {
                offset: 0,
                limit: 10,
            },
            thresholds: Thresholds::default(),
        }
    }

    fn live() -> Live {
        Live::new(Picture::new(PictureLimits::default()))
    }

    async fn at(updates: &mut Updates<TasksUpdate>) -> u64 {
        let update = updates.next().await.expect("it goes on");
        update.expect("an answer").overview.at.0
    }

    #[tokio::test(start_paused = true)]
    async fn it_answers_at_once_and_after_each_change() {
        let live = live();
        let mut updates = live.tasks(query(), None);
        assert_eq!(at(&mut updates).await, 0);
        assert!(futures_util::FutureExt::now_or_never(updates.next()).is_none());
        live.canvas().draw(|picture| picture.advance(Nanos(5)));
        assert_eq!(at(&mut updates).await, 5);
    }

    #[tokio::test]
    async fn who_draws_for_long_holds_nobody_up() {
        let live = Live::slow(Picture::new(PictureLimits::default()));
        let (started, has_started) = std::sync::mpsc::channel();
        let (end, is_over) = std::sync::mpsc::channel();
        let canvas = live.canvas();
        let drawing = std::thread::spawn(move || {
            canvas.draw(|picture| {
                started.send(()).expect("somebody waits for it");
                is_over.recv().expect("somebody ends it");
                picture.advance(Nanos(5));
            });
        });
        has_started.recv().expect("it draws");
        let mut updates = live.tasks(query(), None);
        // Were it to wait for the picture here, it would wait for ever.
        assert!(futures_util::FutureExt::now_or_never(updates.next()).is_none());
        end.send(()).expect("it waits for it");
        assert_eq!(at(&mut updates).await, 5);
        drawing.join().expect("it has drawn");
    }

    #[tokio::test(start_paused = true)]
    async fn it_answers_not_more_often_than_asked() {
        let live = live();
        let started = tokio::time::Instant::now();
        let pause = Duration::from_secs(3);
        let mut updates = live.tasks(query(), Some(pause));
        for change in 1..=2 {
            at(&mut updates).await;
            live.canvas().draw(|picture| picture.advance(Nanos(change)));
        }
        assert_eq!(at(&mut updates).await, 2);
        assert_eq!(started.elapsed(), pause * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_told_to_everyone_and_stops_the_feed() {
        let live = live();
        let mut early = live.tasks(query(), None);
        at(&mut early).await;
        let error = SourceError::BadQuery("over".to_owned());
        live.canvas().end(error.clone());
        let mut late = live.tasks(query(), None);
        for updates in [&mut early, &mut late] {
            assert_eq!(
                updates.next().await.expect("a last word"),
                Err(error.clone())
            );
            assert!(updates.next().await.is_none());
        }
        assert_eq!(live.end(), Some(error));
    }

    #[tokio::test(start_paused = true)]
    async fn a_feed_ends_with_the_last_one_who_asks() {
        let live = live();
        let (sender, feeding) = tokio::sync::oneshot::channel::<()>();
        live.feed(tokio::spawn(async move {
            let _kept = sender;
            std::future::pending().await
        }));
        let mut updates = live.tasks(query(), None);
        drop(live);
        at(&mut updates).await;
        drop(updates);
        assert!(feeding.await.is_err(), "its end was dropped");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_is_an_error() {
        let live = live();
        let seq = TaskSeq::new(9).expect("above zero");
        let mut updates = live.task(seq, None, |_| ());
        let answer = updates.next().await.expect("a last word");
        assert_eq!(answer.err(), Some(SourceError::NoSuchTask(9)));
        assert!(updates.next().await.is_none());
    }
}
