//! Tasks.

use console_api::tasks::{Stats, Task as WireTask, TaskUpdate, task::Kind as WireKind};
use loiter_model::{Ending, Kind, Nanos, State, Task, TaskSeq, picture::Picture};

use super::{
    Clock,
    fields::{About, Metas},
    ids::{Admitted, Birth, Ids, by_birth},
    time::{Instant, Polls, duration},
};

/// Tasks by their spans, and the numbers that they got.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    pub(super) ids: Ids<Known>,
    last: u64,
    /// Tasks that the other side could not tell of.
    dropped: u64,
}

/// A task as it was told last.
#[derive(Debug)]
pub(super) struct Known {
    task: Task,
    created: Instant,
    /// Since when it has been idle, if it is.
    left: Option<Instant>,
    woken: Option<Instant>,
}

/// When the first task was made that a message tells of.
pub(super) fn first_created(update: Option<&TaskUpdate>) -> Option<Instant> {
    let stats = update?.stats_update.values();
    stats
        .filter_map(|stats| Instant::maybe(stats.created_at.as_ref()))
        .min()
}

fn created(update: &TaskUpdate, id: u64) -> Option<Instant> {
    Instant::maybe(update.stats_update.get(&id)?.created_at.as_ref())
}

impl Tasks {
    /// Whether the process is the one of the connection before: it has a task that was known.
    pub(super) fn were_known(&self, update: Option<&TaskUpdate>) -> bool {
        update.is_some_and(|update| {
            let ids = update.new_tasks.iter().filter_map(|task| task.id);
            ids.map(|id| id.id)
                .any(|id| self.ids.was_known(id, created(update, id)))
        })
    }

    /// Those of another process. Numbers are never given out again.
    pub(super) fn forget(&mut self) {
        self.ids.forget_former();
        self.dropped = 0;
    }

    /// A task that has not ended.
    pub(super) fn alive(&self, id: u64) -> Option<TaskSeq> {
        self.ids.alive(id).map(|known| known.task.seq)
    }

    pub(super) fn span_of(&self, seq: TaskSeq) -> Option<u64> {
        let found = self.ids.iter().find(|(_, known)| known.task.seq == seq);
        found.map(|(id, _)| id)
    }

    pub(super) fn take(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        metas: &Metas,
        update: TaskUpdate,
    ) {
        self.dropped = self.dropped.saturating_add(update.dropped_events);
        picture.set_untracked(self.dropped);
        // They are numbered in the order of their spawns.
        let created = |id| created(&update, id);
        for (birth, task) in by_birth(&update.new_tasks, |task| task.id, created, clock.now) {
            self.admit(picture, clock, metas, birth, task);
        }
        // What ended last is remembered longest.
        let mut ended = Vec::new();
        for (id, stats) in &update.stats_update {
            match Instant::maybe(stats.dropped_at.as_ref()) {
                Some(at) => ended.push((at, *id, stats)),
                None => self.update(picture, clock, *id, stats, None),
            }
        }
        ended.sort_by_key(|(at, id, _)| (*at, *id));
        for (at, id, stats) in ended {
            self.update(picture, clock, id, stats, Some(at));
            self.ids.end(id);
        }
    }

    fn admit(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        metas: &Metas,
        birth: Birth,
        task: &WireTask,
    ) {
        let Self { ids, last, .. } = self;
        let mut new = None;
        let created = birth.at;
        let admitted = ids.admit(birth.id, birth.told, |former| {
            let seq = former.map_or_else(
                || {
                    *last += 1;
                    TaskSeq::new(*last).expect("it is above zero")
                },
                |former| former.task.seq,
            );
            let task = first_facts(seq, task, metas, picture, (clock, created));
            new = Some(task);
            Known {
                task,
                created,
                left: None,
                woken: None,
            }
        });
        if let Admitted::New {
            replaced: Some(former),
        } = &admitted
        {
            // Its end was not told, and its span is another task's.
            picture.end_task(former.task.seq, Ending::Unknown);
        }
        if matches!(admitted, Admitted::Full) {
            self.dropped = self.dropped.saturating_add(1);
        }
        if let Some(task) = new {
            picture.put_task(task);
        }
    }

    fn update(
        &mut self,
        picture: &mut Picture,
        clock: Clock,
        id: u64,
        stats: &Stats,
        ended: Option<Instant>,
    ) {
        if let Some(known) = self.ids.alive_mut(id) {
            known.update(clock, stats, ended);
            picture.put_task(known.task);
        }
    }
}

/// What holds for a task's whole life; it was just spawned.
fn first_facts(
    seq: TaskSeq,
    task: &WireTask,
    metas: &Metas,
    picture: &mut Picture,
    (clock, created): (Clock, Instant),
) -> Task {
    let span = task.metadata.and_then(|id| metas.get(id.id));
    let about = About::of(&task.fields, metas, span);
    let is_blocking = task.kind == WireKind::Blocking as i32
        || span.is_some_and(|span| span.target == "tokio::task::blocking");
    let kind = if is_blocking {
        Kind::Blocking
    } else {
        Kind::Task
    };
    let age = clock.now.since(created);
    Task {
        seq,
        tokio_id: about.tokio_id,
        name: (!about.name.is_empty()).then(|| picture.name_id(&about.name)),
        scope: None,
        kind: about.kind.unwrap_or(kind),
        site: picture.site_id(&about.site(task.location.as_ref())),
        parent: None,
        size: about.size,
        original_size: about.original_size,
        spawned_at: clock.at(created),
        state: State::Scheduled,
        in_state: age,
        total: age,
        busy: Nanos::ZERO,
        scheduled: age,
        polls: 0,
        longest_poll: Nanos::ZERO,
        wakes: 0,
        self_wakes: 0,
        live_wakers: 0,
        woken_by: None,
        sole_waker: false,
        expect_idle: false,
        may_be_part: false,
        in_place: false,
        wait: None,
        ending: None,
    }
}

impl Known {
    fn update(&mut self, clock: Clock, stats: &Stats, ended: Option<Instant>) {
        let polls = Polls::of(stats.poll_stats.as_ref());
        let woken = Instant::maybe(stats.last_wake.as_ref());
        let created = self.created;
        let now = ended.unwrap_or(clock.now);
        let (state, since) = match ended {
            Some(at) => (State::Ended, at),
            None => polls.state(created, woken),
        };
        let total = now.since(created);
        let current = |wanted: State| match state == wanted {
            true => now.since(since),
            false => Nanos::ZERO,
        };
        let busy = polls
            .busy
            .saturating_add(current(State::Running))
            .min(total);
        let scheduled = duration(stats.scheduled_time.as_ref())
            .saturating_sub(self.drop_as_wait(&polls, woken, ended))
            // It does not count the wait for the first poll.
            .saturating_add(
                polls
                    .first
                    .map_or(Nanos::ZERO, |first| first.since(created)),
            )
            .saturating_add(current(State::Scheduled))
            .min(total.saturating_sub(busy));
        // The drop of a future enters its span, which counts as a poll.
        let drops = u64::from(ended.is_some());
        let polls_told = polls.count.saturating_sub(drops);
        let is_first = polls_told == 1 && ended.is_none();
        self.task = Task {
            state,
            in_state: clock.now.since(since),
            total,
            busy,
            scheduled,
            polls: polls_told,
            // Nobody tells; but the only one is the longest.
            longest_poll: if is_first { busy } else { Nanos::ZERO },
            wakes: stats.wakes.max(stats.self_wakes),
            self_wakes: stats.self_wakes,
            live_wakers: live_wakers(stats, ended.is_some()),
            ending: ended.map(|_| Ending::Unknown),
            ..self.task
        };
        self.left = (state == State::Idle).then_some(since);
        self.woken = woken;
    }

    /// Entering the span for the drop of an idle task's future counts its whole last wait as one
    /// for a worker.
    fn drop_as_wait(&self, polls: &Polls, woken: Option<Instant>, ended: Option<Instant>) -> Nanos {
        let (Some(left), Some(dropped), Some(_)) = (self.left, polls.started, ended) else {
            return Nanos::ZERO;
        };
        match woken == self.woken && polls.count == self.task.polls + 1 {
            true => dropped.since(left),
            false => Nanos::ZERO,
        }
    }
}

fn live_wakers(stats: &Stats, has_ended: bool) -> u32 {
    let live = stats.waker_clones.saturating_sub(stats.waker_drops);
    match has_ended {
        true => 0,
        false => u32::try_from(live).unwrap_or(u32::MAX),
    }
}
