//! What parts of a picture need to know beside what they show.

use loiter_model::Thresholds;

use crate::ui::{state::State, theme::Theme};

/// How things are to be seen.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Look {
    pub(in crate::ui) theme: Theme,
    /// The limits in force.
    pub(in crate::ui) thresholds: Thresholds,
    /// Whether await stacks show the calls of the runtime and the standard library too.
    pub(in crate::ui) all_frames: bool,
    /// Whether it may be otherwise by now, as nobody answers.
    pub(in crate::ui) is_lost: bool,
}

impl Look {
    /// As the UI over one target has it.
    pub(in crate::ui) fn of(state: &State) -> Self {
        Self {
            theme: state.theme,
            thresholds: state.thresholds(),
            all_frames: state.all_frames,
            is_lost: state.lost.is_some(),
        }
    }
}
