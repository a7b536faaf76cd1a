//! What keys, mouse and answers do.

mod findings;
mod keys;
mod link;
mod rows;
mod waits;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use loiter_model::Nanos;

use crate::{
    source::SourceError,
    ui::{Effect, Line, Message, Question, fixture::Ui},
};

/// What a source says when the connection breaks.
fn lost() -> SourceError {
    SourceError::Lost {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "broken pipe".to_owned(),
    }
}

impl Ui {
    /// The question for the view asked by the last message, after its time has come.
    fn question(&mut self) -> Option<Question> {
        self.question_on(Line::View)
    }

    fn question_on(&mut self, line: Line) -> Option<Question> {
        let asked = |effects: &[Effect]| {
            effects.iter().find_map(|effect| match effect {
                Effect::Watch { question, .. } if question.line() == line => Some(question.clone()),
                _ => None,
            })
        };
        asked(&self.effects).or_else(|| {
            self.wait(Nanos::from_millis(75));
            asked(&self.effects)
        })
    }

    fn selected(&self) -> Option<u64> {
        self.state.tasks.selected().map(|task| task.seq.get())
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.send(Message::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }
}
