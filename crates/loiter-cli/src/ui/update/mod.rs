//! From one state to the next: no terminal, no socket, no clock.

mod act;
mod keys;
pub(super) mod mouse;
mod source;

use loiter_model::Nanos;

use super::{
    message::{Effect, Line, Message},
    state::{Detail, Place, ResourcePage, State},
};

/// How often what ticks is drawn.
const TICK: Nanos = Nanos::from_millis(100);

/// Takes note of what happened and says what is to be done. `now` counts from the UI's start.
pub fn update(state: &mut State, now: Nanos, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    state.now = state.now.max(now);
    match message {
        Message::Key(key) => keys::press(state, key, &mut effects),
        Message::Mouse(event) => mouse::handle(state, event, &mut effects),
        Message::Paste(text) => keys::paste(state, &text, &mut effects),
        Message::Resize { width, height } => resize(state, width, height, &mut effects),
        Message::Tick => {}
        Message::Connected(result) => source::connected(state, result, &mut effects),
        Message::Answered {
            line,
            number,
            answer,
        } => source::answered(state, line, number, answer, &mut effects),
        Message::Captured { whose, outcome } => {
            source::captured(state, whose, outcome, &mut effects);
        }
        Message::Arrived(moment) => {
            let next = state.playback.as_mut().and_then(|it| it.arrived(moment));
            effects.extend(next.map(Effect::Go));
            effects.push(Effect::Draw);
        }
        Message::Finished { line, number } => {
            source::finished(state, line, number, &mut effects);
        }
    }
    time_passed(state, &mut effects);
    ask(state, &mut effects);
    ask_for_findings(state, &mut effects);
    effects
}

/// When [`update`] wants to hear of the time again: something ticks, or is to be done then.
#[must_use]
pub fn wants_tick(state: &State) -> Option<Nanos> {
    let tick = state
        .is_ticking()
        .then(|| state.ticked.saturating_add(TICK));
    let notice = state.notice.as_ref().map(|notice| notice.until());
    let findings = state.findings.asking.due();
    let times = [tick, notice, state.link.due(), state.asking.due(), findings];
    times.into_iter().flatten().min()
}

fn resize(state: &mut State, width: u16, height: u16, effects: &mut Vec<Effect>) {
    state.size = (width, height);
    refit(state);
    effects.push(Effect::Draw);
}

/// The rows have another height, or are others: keeps the selection on the screen.
fn refit(state: &mut State) {
    let height = state.rows_height();
    match state.place {
        Place::Findings => state.findings.table.fit(height),
        Place::Tasks | Place::TasksOfGroup { .. } => state.tasks.fit(height),
        Place::Sites => state.sites.fit(height),
        Place::Waits => state.waits.fit(height),
        Place::Resources => state.resources.fit(height),
        Place::Task(_) | Place::Resource(_) | Place::Finding(_) => {}
    }
}

fn time_passed(state: &mut State, effects: &mut Vec<Effect>) {
    if state.is_ticking() && state.now >= state.ticked.saturating_add(TICK) {
        state.ticked = state.now;
        effects.push(Effect::Draw);
    }
    let now = state.now;
    let go = state
        .playback
        .as_mut()
        .and_then(|playback| playback.tick(now));
    effects.extend(go.map(Effect::Go));
    if state
        .notice
        .as_ref()
        .is_some_and(|notice| notice.until() <= state.now)
    {
        state.notice = None;
        refit(state);
        effects.push(Effect::Draw);
    }
    if state.link.due().is_some_and(|due| due <= state.now) {
        state.link.connecting();
        effects.push(Effect::Connect);
    }
}

/// Asks the source what the screen needs, if that has changed.
fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    let is_over = |detail: &Detail| detail.gone.is_some() || detail.has_ended();
    let is_gone = |page: &ResourcePage| page.gone.is_some() || page.has_ended();
    if !state.link.is_up()
        || state.detail().is_some_and(is_over)
        || state.resource().is_some_and(is_gone)
    {
        state.asking.rest();
        return;
    }
    let Some(question) = state.question() else {
        if state.asking.rest() {
            effects.push(Effect::Unwatch(Line::View));
        }
        return;
    };
    if let Some(number) = state.asking.ask(&question, state.now) {
        effects.push(Effect::Watch { number, question });
    }
}

/// Asks the source what is wrong, whatever is shown.
fn ask_for_findings(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.link.is_up() || state.findings.refusal.is_some() {
        state.findings.asking.rest();
        return;
    }
    let thresholds = state.thresholds();
    if let Some((number, question)) = state.findings.ask(thresholds, state.now) {
        effects.push(Effect::Watch { number, question });
    }
}

#[cfg(test)]
mod tests;
