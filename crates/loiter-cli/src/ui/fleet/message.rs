//! What happens to the UI over many targets, and what it wants done.

use loiter_model::fleet::InstanceId;

use crate::{
    fleet,
    ui::{Effect, Message},
};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum FleetMessage {
    /// In the terminal, to the time, or to the target that is open.
    Ui(Message),
    /// To one of the targets.
    Told(fleet::Message),
}

/// Something to be done for the UI.
#[derive(Clone, Debug, PartialEq)]
pub enum FleetEffect {
    /// What is shown has changed.
    Draw,
    /// Ask this target what [`Effect`]s say, until [`FleetEffect::Close`].
    Open(InstanceId),
    /// For the target that is open.
    Opened(Effect),
    /// No target is open any more.
    Close,
    /// Watch only these any more: the user has chosen them.
    Choose(Vec<InstanceId>),
    /// Have the user choose again.
    ChooseAgain,
    /// Try at once what is waiting to be tried again.
    Hurry,
    /// Put this text into the clipboard.
    Copy(String),
    /// Tell the user of this, whatever they are looking at. It has no control characters.
    Notify(String),
    /// Leave.
    Quit,
}
