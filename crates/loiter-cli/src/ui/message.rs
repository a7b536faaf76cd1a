//! What happens to the UI, and what the UI wants done.

use crossterm::event::{KeyEvent, MouseEvent};
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    query::{Filter, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate, TaskDetail,
        TasksUpdate, WaitsUpdate,
    },
};

use crate::source::{Go, Moment, SourceError};

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
        /// Which of the two questions that may be open.
        line: Line,
        /// The number that [`Effect::Watch`] gave the question.
        number: u64,
        /// The answer; an error is the last.
        answer: Result<Box<Answer>, SourceError>,
    },
    /// Tasks were asked what they wait on, or could not be: the end of [`Effect::Capture`].
    Captured {
        /// Which tasks.
        whose: Whose,
        /// What became of it.
        outcome: Result<CaptureOutcome, SourceError>,
    },
    /// A recording is at another time, or could not be brought there: the end of [`Effect::Go`].
    Arrived(Result<Moment, SourceError>),
    /// There will be no more answers to this question, and nothing failed.
    Finished {
        /// Which of the two.
        line: Line,
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
    /// Rows of waits.
    Waits(WaitsUpdate),
    /// Rows of resources.
    Resources(ResourcesUpdate),
    /// One task.
    Task(Box<TaskDetail>),
    /// One resource.
    Resource(Box<ResourceDetail>),
    /// What is wrong.
    Findings(FindingsUpdate),
}

/// Two questions may be open at a time: one for the rows that are shown, and one for what is
/// wrong, whatever is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The rows, or the task, that are shown.
    View,
    /// The findings. This one stays open while one goes from view to view: the rules behind it
    /// remember what they have seen, and begin anew when they are asked anew.
    Findings,
}

impl Line {
    /// Both.
    pub const ALL: [Self; 2] = [Self::View, Self::Findings];
}

/// What the UI wants to know of a source, again and again.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Which tasks are there?
    Tasks(TaskQuery),
    /// Which sites are there?
    Sites(SiteQuery),
    /// What do tasks wait on?
    Waits(WaitQuery),
    /// Which resources are there?
    Resources(ResourceQuery),
    /// What of this resource?
    Resource(ResourceSeq),
    /// What is this task doing?
    Task {
        /// Which task.
        seq: TaskSeq,
        /// The limits for what is wrong with it.
        thresholds: Thresholds,
    },
    /// What is wrong?
    Findings {
        /// The limits that the rules go by.
        thresholds: Thresholds,
    },
}

impl Question {
    /// Where it is asked.
    #[must_use]
    pub fn line(&self) -> Line {
        match self {
            Self::Tasks(_)
            | Self::Sites(_)
            | Self::Waits(_)
            | Self::Resources(_)
            | Self::Resource(_)
            | Self::Task { .. } => Line::View,
            Self::Findings { .. } => Line::Findings,
        }
    }
}

/// Whose await stacks are captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the tasks that the filter lets through.
    Shown,
    /// That of one task.
    Task(TaskSeq),
}

/// Something to be done for the UI.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// What is shown has changed.
    Draw,
    /// Ask the source for its target; [`Message::Connected`] is the answer.
    Connect,
    /// Ask the source this instead of what it was asked before on the question's line; each
    /// answer is a [`Message::Answered`] with this number.
    Watch {
        /// Tells this question's answers from late ones to the question before.
        number: u64,
        /// The question.
        question: Question,
    },
    /// Have the source ask tasks what they wait on; [`Message::Captured`] is the answer.
    Capture {
        /// Which tasks, for the answer.
        whose: Whose,
        /// The same as a filter.
        filter: Filter,
        /// The limits that the filter goes by.
        thresholds: Thresholds,
    },
    /// Go to another time of the recording; [`Message::Arrived`] is the answer.
    Go(Go),
    /// Ask the source nothing more on this line.
    Unwatch(Line),
    /// Put this text into the clipboard.
    Copy(String),
    /// Tell the user of this, whatever they are looking at. It has no control characters.
    Notify(String),
    /// Go back to the other targets, of which this is one.
    Leave,
    /// Leave.
    Quit,
}
