//! From one state to the next: no terminal, no socket, no clock.

mod act;
#[cfg(test)]
mod tests;

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use loiter_model::Nanos;
use ratatui::layout::Position;
use tui_input::backend::crossterm::to_input_request;

use self::act::act;
use super::{
    message::{FleetEffect, FleetMessage},
    state::{FleetState, FleetView},
};
use crate::{
    fleet,
    ui::{
        self, Effect, Message,
        keymap::{self, Pressed, Scope},
        update::mouse::NOTCH,
    },
};

/// How often what ticks is drawn.
const TICK: Nanos = Nanos::from_millis(500);

/// Takes note of what happened and says what is to be done. `now` counts as the times do that
/// come with what is told.
pub fn update(state: &mut FleetState, now: Nanos, message: FleetMessage) -> Vec<FleetEffect> {
    let mut effects = Vec::new();
    state.now = state.now.max(now);
    match message {
        FleetMessage::Told(message) => told(state, message, &mut effects),
        FleetMessage::Ui(message) if state.opened.is_some() => {
            to_opened(state, message, &mut effects);
        }
        FleetMessage::Ui(message) => happened(state, message, &mut effects),
    }
    if state.opened.is_none() {
        time_passed(state, &mut effects);
    }
    effects
}

/// When [`update`] wants to hear of the time again: something ticks, or is to be done then.
#[must_use]
pub fn wants_tick(state: &FleetState) -> Option<Nanos> {
    if let Some(opened) = &state.opened {
        return ui::wants_tick(&opened.state);
    }
    let tick = is_ticking(state).then(|| state.ticked.saturating_add(TICK));
    let notice = state.notice.as_ref().map(|notice| notice.until());
    let times = [tick, notice, state.refresh_due()];
    times.into_iter().flatten().min()
}

/// Whether something on the screen changes just because time passes.
fn is_ticking(state: &FleetState) -> bool {
    state.paused.is_none() && state.table().has_rows()
}

fn told(state: &mut FleetState, message: fleet::Message, effects: &mut Vec<FleetEffect>) {
    let news = state.hear(message);
    effects.extend(news.map(FleetEffect::Notify));
}

/// The target that is open has the screen.
fn to_opened(state: &mut FleetState, message: Message, effects: &mut Vec<FleetEffect>) {
    if let Message::Resize { width, height } = message {
        state.size = (width, height);
    }
    let Some(opened) = &mut state.opened else {
        return;
    };
    for effect in ui::update(&mut opened.state, state.now, message) {
        match effect {
            Effect::Draw => effects.push(FleetEffect::Draw),
            Effect::Quit => effects.push(FleetEffect::Quit),
            Effect::Leave => {
                state.opened = None;
                effects.extend([FleetEffect::Close, FleetEffect::Draw]);
                refresh(state);
                return;
            }
            // Who listens to all of them has told of it.
            Effect::Notify(_) => {}
            effect => effects.push(FleetEffect::Opened(effect)),
        }
    }
}

fn happened(state: &mut FleetState, message: Message, effects: &mut Vec<FleetEffect>) {
    match message {
        Message::Key(key) => press(state, key, effects),
        Message::Mouse(event) => mouse(state, event, effects),
        Message::Paste(text) if state.filter.is_edited() => {
            state.filter.insert(&text);
            filter_changed(state);
            effects.push(FleetEffect::Draw);
        }
        Message::Resize { width, height } => {
            state.size = (width, height);
            fit(state);
            effects.push(FleetEffect::Draw);
        }
        // The rest is about a target that was open.
        _ => {}
    }
}

fn press(state: &mut FleetState, key: KeyEvent, effects: &mut Vec<FleetEffect>) {
    // Some terminals report the release as well.
    if key.kind == KeyEventKind::Release {
        return;
    }
    effects.push(FleetEffect::Draw);
    let before = state.halfway.take();
    let scope = state.scope();
    match keymap::pressed(scope, before, key) {
        Pressed::Action(action) => act(state, action, effects),
        Pressed::Halfway(letter) => state.halfway = Some(letter),
        Pressed::Nothing if scope == Scope::Filter => {
            if let Some(request) = to_input_request(&Event::Key(key)) {
                state.filter.handle(request);
                filter_changed(state);
            }
        }
        Pressed::Nothing => {}
    }
}

fn mouse(state: &mut FleetState, event: MouseEvent, effects: &mut Vec<FleetEffect>) {
    let height = state.rows_height();
    match event.kind {
        MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
            let rows = match event.kind {
                MouseEventKind::ScrollDown => NOTCH,
                _ => -NOTCH,
            };
            match state.popup {
                None => state.table_mut().scroll(rows, height),
                Some(_) => act::step(state, rows),
            }
        }
        MouseEventKind::Down(MouseButton::Left) if state.popup.is_none() => {
            let at = Position::new(event.column, event.row);
            let layout = state.layout();
            match state.view {
                // The rules say their order.
                FleetView::Findings => state.table_mut().click_row(&layout, at),
                _ => state.table_mut().click(&layout, at),
            }
            refresh(state);
        }
        // Moves and releases come by the hundred and mean nothing.
        _ => return,
    }
    effects.push(FleetEffect::Draw);
}

/// What was selected may be anywhere, or nowhere.
fn filter_changed(state: &mut FleetState) {
    state.table_mut().go_to_top();
    refresh(state);
}

/// The user has changed what is shown, which does not wait.
fn refresh(state: &mut FleetState) {
    state.refresh();
    fit(state);
}

/// Keeps the selection on the screen.
fn fit(state: &mut FleetState) {
    let height = state.rows_height();
    state.table_mut().fit(height);
}

fn time_passed(state: &mut FleetState, effects: &mut Vec<FleetEffect>) {
    let now = state.now;
    if state
        .notice
        .as_ref()
        .is_some_and(|notice| notice.until() <= now)
    {
        state.notice = None;
        fit(state);
        effects.push(FleetEffect::Draw);
    }
    if state.refresh_due().is_some_and(|due| due <= now) {
        refresh(state);
        effects.push(FleetEffect::Draw);
    }
    // Whatever came in just now ticks from now on.
    if is_ticking(state) && state.now >= state.ticked.saturating_add(TICK) {
        state.ticked = state.now;
        effects.push(FleetEffect::Draw);
    }
}
