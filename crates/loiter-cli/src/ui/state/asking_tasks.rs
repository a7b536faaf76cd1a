//! Whether the tasks of a target can be asked what they wait on.

use loiter_model::Teller;

use super::State;
use crate::{source::SourceError, ui::keymap::Action};

const OF_FILE: &str = "a file cannot be asked: it has what was known of waits when it was recorded";
const OF_CONSOLE: &str =
    "console-subscriber cannot ask tasks what they wait on; loiter's agent in the service can";

impl State {
    /// Why no task can be asked, in one line; `None` where asking may work.
    pub(crate) fn no_asking(&self) -> Option<&str> {
        if self.playback.is_some() {
            return Some(OF_FILE);
        }
        match self.target.as_ref().map(|target| target.teller) {
            Some(Teller::ConsoleSubscriber) => Some(OF_CONSOLE),
            _ => self.asking_refusal.as_deref(),
        }
    }

    /// Whether an action is worth offering at all on such a target.
    pub(crate) fn offers(&self, action: Action) -> bool {
        match action {
            Action::Capture | Action::CaptureTask => self.no_asking().is_none(),
            _ => true,
        }
    }

    /// A task could not be asked: the reason, if it holds for every other one as well.
    pub(crate) fn learn_refusal(&mut self, error: &SourceError) {
        let holds_for_all = matches!(
            error,
            SourceError::CannotTell { .. }
                | SourceError::Refused { .. }
                | SourceError::Forbidden { .. }
                | SourceError::TooOld { .. }
        );
        if holds_for_all {
            self.asking_refusal = Some(error.to_string());
        }
    }
}
