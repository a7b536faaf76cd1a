//! What is typed.

use crossterm::event::{Event, KeyEvent, KeyEventKind};
use tui_input::backend::crossterm::to_input_request;

use super::act::{self, act};
use crate::ui::{
    keymap::{self, Pressed, Scope},
    message::Effect,
    state::State,
};

pub(super) fn press(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    // Some terminals report the release as well.
    if key.kind == KeyEventKind::Release {
        return;
    }
    effects.push(Effect::Draw);
    let before = state.halfway.take();
    let scope = state.scope();
    match keymap::pressed(scope, before, key) {
        Pressed::Action(action) => act(state, action, effects),
        Pressed::Halfway(letter) => state.halfway = Some(letter),
        Pressed::Nothing if scope == Scope::Filter => edit(state, key),
        Pressed::Nothing => {}
    }
}

pub(super) fn paste(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if let Some(editor) = state.filter.editor_mut() {
        editor.insert(text);
        act::rows_changed_meaning(state);
        effects.push(Effect::Draw);
    }
}

fn edit(state: &mut State, key: KeyEvent) {
    let Some(editor) = state.filter.editor_mut() else {
        return;
    };
    if let Some(request) = to_input_request(&Event::Key(key)) {
        editor.handle(request);
        act::rows_changed_meaning(state);
    }
}
