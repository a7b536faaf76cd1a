//! What the source says.

use loiter_model::{
    Resource, SiteStats, Target, Task, TaskSeq, WaitStats,
    update::{CaptureOutcome, FindingsUpdate},
};

use crate::{
    source::SourceError,
    stack,
    ui::{
        message::{Answer, Effect, Line, Whose},
        state::{Capture, Detail, Notice, Place, Rows, State},
        text,
    },
};

pub(super) fn connected(
    state: &mut State,
    result: Result<Target, SourceError>,
    effects: &mut Vec<Effect>,
) {
    effects.push(Effect::Draw);
    match result {
        Ok(target) => {
            let before = state.target.as_ref().map(|target| target.run_id);
            if before.is_some_and(|run_id| run_id != target.run_id) {
                restarted(state, &target);
            }
            state.target = Some(target);
            state.link.connected();
            state.asking.forget();
            state.findings.asking.forget();
            // It may have been replaced by a newer one.
            state.findings.refusal = None;
            state.resources_refusal = None;
            state.asking_refusal = None;
        }
        Err(error) => failed(state, error, effects),
    }
    super::refit(state);
}

/// Another process: nothing that was known of the tasks holds, not even their numbers.
fn restarted(state: &mut State, target: &Target) {
    let text = match target.pid {
        // Not every teller tells it.
        0 => "service restarted: other tasks, with other numbers".to_owned(),
        pid => format!("service restarted: {} is now pid {pid}", target.name),
    };
    state.notice = Some(Notice::new(text, state.now));
    state.tasks.forget();
    state.sites.forget();
    state.waits.forget();
    state.resources.forget();
    state.tracks_resources = None;
    state.findings.forget();
    state.overview = None;
    // Task numbers and findings of another run.
    let is_of_run = |place: &Place| {
        matches!(
            place,
            Place::Task(_) | Place::Resource(_) | Place::Finding(_)
        )
    };
    while is_of_run(&state.place) {
        state.place = state.back.pop().unwrap_or(Place::Tasks);
    }
    state.back.retain(|place| !is_of_run(place));
}

pub(super) fn answered(
    state: &mut State,
    line: Line,
    number: u64,
    answer: Result<Box<Answer>, SourceError>,
    effects: &mut Vec<Effect>,
) {
    let is_first = !state.asking(line).is_answered();
    if !state.asking_mut(line).answered(number) {
        return;
    }
    match answer {
        Ok(_) if state.paused.is_some() && !is_first => return,
        Ok(answer) => {
            state.link.works();
            state.asking_mut(line).has_room();
            if line == state.line() {
                state.lost = None;
            }
            take(state, number, *answer, effects);
            ask_at_first(state, effects);
            if state.paused.is_some() {
                effects.push(Effect::Unwatch(line));
            }
        }
        // It answers, only not this: what else is asked of it may well be answered.
        Err(error @ (SourceError::Busy { .. } | SourceError::Forbidden { .. })) => {
            let now = state.now;
            state.asking_mut(line).turn_away(error.to_string(), now);
        }
        // Nothing else is the worse for having no findings.
        Err(error) if line == Line::Findings && !is_of_connection(&error) => {
            state.findings.refuse(error.to_string());
        }
        Err(error) => failed(state, error, effects),
    }
    // The notes may take other lines than before.
    super::refit(state);
    effects.push(Effect::Draw);
}

/// Whether an error is about whoever answers, and not about what was asked.
fn is_of_connection(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::Unreachable { .. }
            | SourceError::Door { .. }
            | SourceError::NotLoiter { .. }
            | SourceError::Lost { .. }
    )
}

fn take(state: &mut State, number: u64, answer: Answer, effects: &mut Vec<Effect>) {
    let now = state.now;
    match answer {
        Answer::Tasks(update) => {
            state.overview = Some(update.overview);
            let rows = Rows::<Task> {
                question: number,
                at: now,
                offset: update.offset,
                matched: update.matched,
                rows: update.tasks,
                labels: update.labels,
            };
            let height = state.rows_height();
            state.tasks.accept(rows, height);
        }
        Answer::Sites(update) => {
            state.overview = Some(update.overview);
            let rows = Rows::<SiteStats> {
                question: number,
                at: now,
                offset: update.offset,
                matched: update.matched,
                rows: update.sites,
                labels: update.labels,
            };
            let height = state.rows_height();
            state.sites.accept(rows, height);
        }
        Answer::Waits(update) => {
            state.overview = Some(update.overview);
            let rows = Rows::<WaitStats> {
                question: number,
                at: now,
                offset: update.offset,
                matched: update.matched,
                rows: update.waits,
                labels: update.labels,
            };
            let height = state.rows_height();
            state.waits.accept(rows, height);
        }
        Answer::Resources(update) => {
            state.overview = Some(update.overview);
            state.tracks_resources = Some(update.is_tracking);
            state.untracked_resources = update.untracked;
            let rows = Rows::<Resource> {
                question: number,
                at: now,
                offset: update.offset,
                matched: update.matched,
                rows: update.resources,
                labels: update.labels,
            };
            let height = state.rows_height();
            state.resources.accept(rows, height);
        }
        Answer::Resource(detail) => {
            if let Place::Resource(page) = &mut state.place
                && page.seq == detail.resource.seq
            {
                page.accept(*detail, now);
            }
        }
        Answer::Task(detail) => {
            if let Place::Task(shown) = &mut state.place
                && shown.seq == detail.task.seq
            {
                shown.accept(*detail, now);
            }
        }
        Answer::Findings(update) => take_findings(state, number, update, effects),
    }
}

fn take_findings(
    state: &mut State,
    number: u64,
    update: FindingsUpdate,
    effects: &mut Vec<Effect>,
) {
    // Other views have their own, which are fresher.
    if state.line() == Line::Findings {
        state.overview = Some(update.overview.clone());
    }
    let height = state.rows_height();
    let news = state.findings.accept(number, update, state.now, height);
    for place in std::iter::once(&mut state.place).chain(&mut state.back) {
        if let Place::Finding(page) = place {
            state.findings.renew(page);
        }
    }
    if let Some(news) = news {
        let name = state.target.as_ref().map(|target| target.name.as_str());
        let name = text::clean(name.unwrap_or("loiter")).into_owned();
        effects.push(Effect::Notify(format!("{name}: {news}")));
    }
}

/// A task that one has just come to look at is asked by itself what it waits on, once.
fn ask_at_first(state: &mut State, effects: &mut Vec<Effect>) {
    let is_new = |detail: &&Detail| detail.capture == Capture::No && detail.is_worth_asking();
    if state.no_asking().is_none() && state.detail().filter(is_new).is_some() {
        ask_task(state, effects);
    }
}

/// Asks the task that is looked at what it waits on.
pub(super) fn ask_task(state: &mut State, effects: &mut Vec<Effect>) {
    let Place::Task(detail) = &mut state.place else {
        return;
    };
    let Ok(filter) = format!("seq:{}", detail.seq).parse() else {
        return;
    };
    detail.capture = Capture::Asking;
    effects.push(Effect::Capture {
        whose: Whose::Task(detail.seq),
        filter,
        thresholds: detail.thresholds,
    });
}

/// Tasks were asked what they wait on. What they said comes with the next answer, so that one is
/// asked for at once.
pub(super) fn captured(
    state: &mut State,
    whose: Whose,
    outcome: Result<CaptureOutcome, SourceError>,
    effects: &mut Vec<Effect>,
) {
    if let Err(error) = &outcome {
        state.learn_refusal(error);
    }
    match whose {
        Whose::Shown => rows_captured(state, outcome),
        Whose::Task(seq) => task_captured(state, seq, outcome),
    }
    super::refit(state);
    effects.push(Effect::Draw);
}

fn rows_captured(state: &mut State, outcome: Result<CaptureOutcome, SourceError>) {
    state.is_capturing = false;
    let text = match outcome {
        Ok(outcome) => {
            if state.detail().is_none() {
                state.asking.forget();
            }
            stack::outcome(&outcome)
        }
        Err(error) => error.to_string(),
    };
    state.notice = Some(Notice::new(text, state.now));
}

fn task_captured(state: &mut State, seq: TaskSeq, outcome: Result<CaptureOutcome, SourceError>) {
    let at = state.now;
    // One may have come to another task meanwhile, and back to this one.
    let detail = std::iter::once(&mut state.place)
        .chain(&mut state.back)
        .find_map(|place| match place {
            Place::Task(detail) if detail.seq == seq => Some(detail),
            _ => None,
        });
    let Some(detail) = detail else { return };
    match outcome {
        Ok(outcome) => {
            let is_news = outcome.captured > 0 && detail.is_worth_asking();
            detail.capture = Capture::Done { outcome, at };
            if is_news && state.detail().is_some_and(|shown| shown.seq == seq) {
                state.asking.forget();
            }
        }
        Err(error) => detail.capture = Capture::Failed(error.to_string()),
    }
}

pub(super) fn finished(state: &mut State, line: Line, number: u64, effects: &mut Vec<Effect>) {
    if !state.asking_mut(line).answered(number) {
        return;
    }
    // The end of a task or a resource ends its stream; nothing else may.
    let is_over = state.detail().is_some_and(|detail| detail.has_ended())
        || state.resource().is_some_and(|page| page.has_ended());
    if line == Line::View && is_over {
        return;
    }
    let error = SourceError::Lost {
        endpoint: state.endpoint.clone(),
        reason: "it closed the stream".to_owned(),
    };
    failed(state, error, effects);
    effects.push(Effect::Draw);
}

fn failed(state: &mut State, error: SourceError, effects: &mut Vec<Effect>) {
    match (&error, &mut state.place) {
        (SourceError::NoSuchTask(_), Place::Task(detail)) => {
            detail.gone = Some(error.to_string());
        }
        (SourceError::NoSuchResource(_), Place::Resource(page)) => {
            page.gone = Some(error.to_string());
        }
        // It answers everything else.
        (
            SourceError::CannotTell { .. } | SourceError::WrongProtocol { .. },
            Place::Resource(_) | Place::Resources,
        ) => {
            state.resources_refusal = Some(error.to_string());
        }
        // It answers, so asking for the same again would not help.
        (
            SourceError::BadQuery(_) | SourceError::NoSuchTask(_) | SourceError::NoSuchResource(_),
            _,
        ) => {
            state.notice = Some(Notice::new(error.to_string(), state.now));
        }
        _ => {
            state.lost = state.lost.or(Some(state.now));
            state.link.failed(error, state.now);
            for line in Line::ALL {
                state.asking_mut(line).forget();
                effects.push(Effect::Unwatch(line));
            }
        }
    }
}
