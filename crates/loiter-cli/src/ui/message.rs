//! What happens to the UI, and what the UI wants done.

use crossterm::event::{KeyEvent, MouseEvent};
use loiter_model::{
    Target, TaskSeq, Thresholds,
    query::{SiteQuery, TaskQuery},
    update::{SitesUpdate, TaskDetail, TasksUpdate},
};

use crate::source::SourceError;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Lines.
        height: u16,
    },
    /// Time has passed; nothing else.
    Tick,
    /// The target introduced itself, or did not: the end of [`Effect::Connect`].
    Connected(Result<Target, SourceError>),
    /// An answer to the question of this number.
    Answered {
        /// The number that [`Effect::Watch`] gave the question.
        number: u64,
        /// The answer; an error is the last.
        answer: Result<Answer, SourceError>,
    },
    /// There will be no more answers to this question, and nothing failed.
    Finished {
        /// The number of the question.
        number: u64,
    },
}

/// An answer of a source.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Rows of tasks.
    Tasks(TasksUpdate),
    /// Rows of sites.
    Sites(SitesUpdate),
    /// One task.
    Task(Box<TaskDetail>),
}

/// What the UI wants to know of a source, again and again.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Which tasks are there?
    Tasks(TaskQuery),
    /// Which sites are there?
    Sites(SiteQuery),
    /// What is this task doing?
    Task {
        /// Which task.
        seq: TaskSeq,
        /// The limits for what is wrong with it.
        thresholds: Thresholds,
    },
}

/// Something to be done for the UI.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// What is shown has changed.
    Draw,
    /// Ask the source for its target; [`Message::Connected`] is the answer.
    Connect,
    /// Ask the source this instead of what it was asked before; each answer is a
    /// [`Message::Answered`] with this number.
    Watch {
        /// Tells this question's answers from late ones to the question before.
        number: u64,
        /// The question.
        question: Question,
    },
    /// Ask the source nothing more.
    Unwatch,
    /// Leave.
    Quit,
}
