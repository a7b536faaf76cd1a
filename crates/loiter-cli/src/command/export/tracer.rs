//! Makes a trace of a picture and what changes it.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::Arc,
};

use loiter_model::{
    Condition, Ending, Nanos, State, Task, TaskSeq, Thresholds, Wait,
    finding::FindingKey,
    picture::Picture,
    query::Labels,
    update::{Event, EventKind, FindingsUpdate},
};
use loiter_recording::Gap;

use super::{
    follow::Follower,
    trace::{About, Counts, Remark, Sink, Step, TaskLabel, Track, Woken},
};

/// Between two samples of the counts.
const COUNTS_EVERY: Nanos = Nanos::from_millis(100);
/// By how much a fact and an event may differ over when a stretch began: agents take the time of
/// the one from a clock that ticks every few milliseconds.
const SLACK: Nanos = Nanos::from_millis(50);

/// Follows a picture and says step by step what changes, to a [`Sink`].
pub(super) struct Tracer<'a, S> {
    sink: &'a mut S,
    /// Which tasks; `None`: all.
    chosen: Option<HashSet<TaskSeq>>,
    thresholds: Thresholds,
    from: Nanos,
    tasks: HashMap<TaskSeq, Traced>,
    arrows: u64,
    lost: u64,
    /// Those that were told of.
    findings: HashSet<FindingKey>,
    /// Whether it has been told once of everything there is, so that it can be counted.
    is_complete: bool,
    next_counts: Nanos,
    counts: Option<Counts>,
}

/// A task alive, as the trace has it so far.
struct Traced {
    track: Track,
    label: TaskLabel,
    state: State,
    since: Nanos,
    wait: Option<Arc<Wait>>,
    /// Whether it was woken inside its current poll, and by whom.
    woken: Option<Option<TaskSeq>>,
}

impl<'a, S: Sink> Tracer<'a, S> {
    /// Begins a trace of the chosen tasks, or of all.
    ///
    /// # Errors
    /// Those of the sink, as everywhere here.
    pub(super) fn new(
        sink: &'a mut S,
        about: &About,
        thresholds: Thresholds,
        chosen: Option<HashSet<TaskSeq>>,
    ) -> io::Result<Self> {
        sink.begin(about)?;
        Ok(Self {
            sink,
            chosen,
            thresholds,
            from: about.from,
            tasks: HashMap::new(),
            arrows: 0,
            lost: 0,
            findings: HashSet::new(),
            is_complete: false,
            next_counts: about.from,
            counts: None,
        })
    }

    fn is_chosen(&self, task: TaskSeq) -> bool {
        self.chosen
            .as_ref()
            .is_none_or(|chosen| chosen.contains(&task))
    }

    /// Takes in a task as it is, whatever led there.
    fn see(&mut self, picture: &Picture, task: &Task) -> io::Result<()> {
        let since = picture.at().saturating_sub(task.in_state);
        let wait = task.wait.and_then(|id| picture.wait(id));
        let Some(traced) = self.tasks.get_mut(&task.seq) else {
            if task.state == State::Ended {
                return Ok(());
            }
            let track = Track {
                task: task.seq,
                site: task.site,
            };
            let traced = Traced {
                track,
                label: label(task, picture),
                state: task.state,
                since,
                wait,
                woken: None,
            };
            let (from, state) = (self.from, task.state);
            let at = since.max(from);
            self.sink.task(at, track, &Step::Known(&traced.label))?;
            let enter = Step::Enter {
                state,
                since,
                woken: None,
            };
            self.sink.task(at, track, &enter)?;
            self.tasks.insert(task.seq, traced);
            return Ok(());
        };
        let is_same = traced.state == task.state && since <= traced.since.saturating_add(SLACK);
        if !is_same {
            self.turn(task.seq, task.state, since, None)?;
        }
        self.learn(picture, task)
    }

    /// Takes in what holds for a task from its spawn on, and what it waits on.
    fn learn(&mut self, picture: &Picture, task: &Task) -> io::Result<()> {
        let Some(traced) = self.tasks.get_mut(&task.seq) else {
            return Ok(());
        };
        if let Some(wait) = task.wait.and_then(|id| picture.wait(id)) {
            traced.wait = Some(wait);
        }
        let label = label(task, picture);
        if label != traced.label {
            traced.label = label;
            let at = picture.at().max(self.from);
            let known = Step::Known(&traced.label);
            self.sink.task(at, traced.track, &known)?;
        }
        Ok(())
    }

    /// Ends the stretch that a task is in, and begins another unless the task has ended. Returns
    /// the one that ended.
    fn turn(
        &mut self,
        seq: TaskSeq,
        state: State,
        at: Nanos,
        woken: Option<Woken>,
    ) -> io::Result<Option<(State, Nanos)>> {
        let Some(traced) = self.tasks.get_mut(&seq) else {
            return Ok(None);
        };
        let at = at.max(traced.since).max(self.from);
        let left = (traced.state, at.saturating_sub(traced.since));
        let wait = traced.wait.take();
        let leave = Step::Leave {
            state: traced.state,
            since: traced.since,
            wait: wait.as_deref(),
        };
        self.sink.task(at, traced.track, &leave)?;
        let woken_before = traced.woken.take();
        if state != State::Ended {
            let woken = woken.or(woken_before.map(|by| Woken { by, arrow: None }));
            let enter = Step::Enter {
                state,
                since: at,
                woken: woken.filter(|_| state == State::Scheduled),
            };
            self.sink.task(at, traced.track, &enter)?;
        }
        (traced.state, traced.since) = (state, at);
        Ok(Some(left))
    }

    /// Draws the beginning of an arrow from the task that wakes another one, if that is inside a
    /// poll in this trace.
    fn arrow(&mut self, event: &Event, by: Option<TaskSeq>) -> io::Result<Option<u64>> {
        let waker = by.filter(|by| *by != event.task);
        let Some(waker) = waker.and_then(|by| self.tasks.get(&by)) else {
            return Ok(None);
        };
        if waker.state != State::Running || waker.since > event.at || event.at < self.from {
            return Ok(None);
        }
        self.arrows += 1;
        let wakes = Step::Wakes {
            task: event.task,
            arrow: self.arrows,
        };
        self.sink.task(event.at, waker.track, &wakes)?;
        Ok(Some(self.arrows))
    }

    /// A wake of a task that is in the trace, after which the picture has it in `state`. Returns
    /// the stretch that it ended.
    fn woken(
        &mut self,
        event: &Event,
        by: Option<TaskSeq>,
        task: &Task,
        at: Nanos,
    ) -> io::Result<Option<(State, Nanos)>> {
        let Some(traced) = self.tasks.get(&event.task) else {
            return Ok(None);
        };
        let (track, before, is_first) = (traced.track, traced.state, traced.woken.is_none());
        if task.state != before {
            let arrow = self.arrow(event, by)?;
            let since = at.saturating_sub(task.in_state);
            return self.turn(event.task, task.state, since, Some(Woken { by, arrow }));
        }
        if before == State::Running && is_first {
            // An arrow may not end before it begins.
            let is_in_time = traced.since <= event.at;
            if let Some(traced) = self.tasks.get_mut(&event.task) {
                traced.woken = Some(by);
            }
            if is_in_time
                && let Some(arrow) = self.arrow(event, by)?
                && let Some(by) = by
            {
                let woken = Step::Woken { by, arrow };
                self.sink.task(event.at, track, &woken)?;
            }
        }
        Ok(None)
    }

    /// Samples the counts when it is time.
    fn tick(&mut self, at: Nanos) -> io::Result<()> {
        if at < self.next_counts || !self.is_complete {
            return Ok(());
        }
        self.next_counts = at.saturating_add(COUNTS_EVERY);
        let mut counts = Counts::default();
        for traced in self.tasks.values() {
            counts.alive += 1;
            counts.running += u64::from(traced.state == State::Running);
            counts.scheduled += u64::from(traced.state == State::Scheduled);
            let in_state = at.saturating_sub(traced.since);
            let kind = traced.label.kind;
            let condition = self.thresholds.condition(kind, traced.state, in_state);
            counts.blocked += u64::from(condition == Some(Condition::Blocked));
        }
        if self.counts == Some(counts) {
            return Ok(());
        }
        self.counts = Some(counts);
        self.sink.program(at, &Remark::Counts(counts))
    }

    /// Ends a task, and returns the stretch that it was in.
    fn end(
        &mut self,
        seq: TaskSeq,
        at: Nanos,
        ending: Ending,
        was_told: bool,
    ) -> io::Result<Option<(State, Nanos)>> {
        let left = self.turn(seq, State::Ended, at, None)?;
        if let Some(traced) = self.tasks.remove(&seq) {
            let ended = Step::Ended { ending, was_told };
            self.sink.task(traced.since, traced.track, &ended)?;
        }
        Ok(left)
    }
}

impl<S: Sink> Follower for Tracer<'_, S> {
    fn fact(&mut self, picture: &Picture, task: TaskSeq) -> io::Result<()> {
        match picture.find_task(task) {
            Some(task) if !self.is_chosen(task.seq) => Ok(()),
            Some(task) if task.state == State::Ended => {
                let at = picture.at().saturating_sub(task.in_state);
                let ending = task.ending.unwrap_or(Ending::Unknown);
                self.end(task.seq, at, ending, false).map(drop)
            }
            Some(task) => self.see(picture, &task),
            None => self
                .end(task, picture.at(), Ending::Unknown, false)
                .map(drop),
        }
    }

    fn settled(&mut self, picture: &Picture) -> io::Result<()> {
        self.is_complete = true;
        self.tick(picture.at())
    }

    fn before(&mut self, picture: &Picture, _: &Event) -> io::Result<()> {
        self.tick(picture.at())
    }

    fn after(&mut self, picture: &Picture, event: &Event) -> io::Result<()> {
        if !self.is_chosen(event.task) {
            return Ok(());
        }
        let at = picture.at();
        let before = self.tasks.get(&event.task).map(|traced| traced.track);
        let task = picture.find_task(event.task);
        let left = match (&task, event.kind) {
            (_, EventKind::Drop { ending }) => {
                let ended = task.as_ref().filter(|task| task.state == State::Ended);
                let at = ended.map_or(event.at, |task| at.saturating_sub(task.in_state));
                self.end(event.task, at, ending, true)?
            }
            (None, _) => return Ok(()),
            (Some(task), EventKind::Spawn { .. }) => {
                self.see(picture, task)?;
                None
            }
            (Some(task), EventKind::Described) => {
                self.learn(picture, task)?;
                None
            }
            (Some(task), EventKind::Wake { by }) => self.woken(event, by, task, at)?,
            (Some(task), EventKind::PollStart | EventKind::PollEnd) => {
                let traced = self.tasks.get(&event.task);
                match traced.is_some_and(|traced| traced.state != task.state) {
                    true => {
                        let since = at.saturating_sub(task.in_state);
                        self.turn(event.task, task.state, since, None)?
                    }
                    false => None,
                }
            }
        };
        let now = self.tasks.get(&event.task);
        let Some(track) = before.or(now.map(|traced| traced.track)) else {
            return Ok(());
        };
        let step = Step::Event {
            kind: event.kind,
            left,
            state: now.map_or(State::Ended, |traced| traced.state),
        };
        self.sink.task(event.at.max(self.from), track, &step)
    }

    fn lost(&mut self, picture: &Picture, events: u64) -> io::Result<()> {
        let more = events.saturating_sub(self.lost);
        self.lost = self.lost.max(events);
        match more {
            0 => Ok(()),
            events => self.sink.program(picture.at(), &Remark::Lost { events }),
        }
    }

    fn findings(&mut self, update: &FindingsUpdate) -> io::Result<()> {
        for finding in &update.findings {
            if !self.findings.insert(finding.key()) {
                continue;
            }
            let remark = Remark::Finding {
                finding,
                labels: &update.labels,
                seen_at: update.overview.at,
            };
            self.sink.program(finding.since.max(self.from), &remark)?;
        }
        Ok(())
    }

    fn gap(&mut self, gap: &Gap) -> io::Result<()> {
        let remark = Remark::Gap {
            to: gap.to,
            reason: &gap.reason,
        };
        self.sink.program(gap.from.max(self.from), &remark)
    }

    fn finish(&mut self, picture: &Picture) -> io::Result<()> {
        let at = picture.at().max(self.from);
        // The last counts, even if it is not time for them.
        (self.is_complete, self.next_counts) = (true, at);
        self.tick(at)?;
        let mut open: Vec<TaskSeq> = self.tasks.keys().copied().collect();
        open.sort_unstable();
        for seq in open {
            self.turn(seq, State::Ended, at, None)?;
        }
        self.tasks.clear();
        self.sink.finish(at)
    }
}

fn label(task: &Task, labels: &impl Labels) -> TaskLabel {
    TaskLabel {
        name: task.name.and_then(|id| labels.name(id)),
        scope: task.scope.and_then(|id| labels.name(id)),
        kind: task.kind,
        site: labels.site(task.site),
        parent: task.parent,
        tokio_id: task.tokio_id,
        spawned_at: task.spawned_at,
        size: task.size,
    }
}
