//! What the source says.

use loiter_model::{SiteStats, Target, Task};

use crate::{
    source::SourceError,
    ui::{
        message::{Answer, Effect},
        state::{Known, Notice, Place, Rows, State},
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
        }
        Err(error) => failed(state, error, effects),
    }
    super::refit(state);
}

/// Another process: nothing that was known of the tasks holds, not even their numbers.
fn restarted(state: &mut State, target: &Target) {
    let text = format!(
        "service restarted: {} is now pid {}",
        target.name, target.pid
    );
    state.notice = Some(Notice::new(text, state.now));
    state.tasks.forget();
    state.sites.forget();
    state.overview = None;
    // Task numbers of another run.
    while matches!(state.place, Place::Task(_)) {
        state.place = state.back.pop().unwrap_or(Place::Tasks);
    }
    state.back.retain(|place| !matches!(place, Place::Task(_)));
}

pub(super) fn answered(
    state: &mut State,
    number: u64,
    answer: Result<Answer, SourceError>,
    effects: &mut Vec<Effect>,
) {
    let is_first = !state.asking.is_answered();
    if !state.asking.answered(number) {
        return;
    }
    match answer {
        Ok(_) if state.paused.is_some() && !is_first => return,
        Ok(answer) => {
            state.link.works();
            state.lost = None;
            take(state, number, answer);
            if state.paused.is_some() {
                effects.push(Effect::Unwatch);
            }
        }
        Err(error) => failed(state, error, effects),
    }
    // The notes may take other lines than before.
    super::refit(state);
    effects.push(Effect::Draw);
}

fn take(state: &mut State, number: u64, answer: Answer) {
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
        Answer::Task(detail) => {
            if let Place::Task(shown) = &mut state.place
                && shown.seq == detail.task.seq
            {
                shown.known = Some(Known {
                    at: now,
                    detail: *detail,
                });
            }
        }
    }
}

pub(super) fn finished(state: &mut State, number: u64, effects: &mut Vec<Effect>) {
    if !state.asking.answered(number) {
        return;
    }
    // The end of a task ends its stream; nothing else may.
    if state.detail().is_some_and(|detail| detail.has_ended()) {
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
        // It answers, so asking for the same again would not help.
        (SourceError::BadQuery(_) | SourceError::NoSuchTask(_), _) => {
            state.notice = Some(Notice::new(error.to_string(), state.now));
        }
        _ => {
            state.lost = state.lost.or(Some(state.now));
            state.link.failed(error, state.now);
            state.asking.forget();
            effects.push(Effect::Unwatch);
        }
    }
}
