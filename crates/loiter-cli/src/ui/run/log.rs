//! What is logged of a session: who was reached, who was lost, what was refused, what was slow.
//! Of what was asked and answered, only what kind of question it was.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    source::SourceError,
    ui::{Effect, Line, Message, Question},
};

/// A first answer that takes longer is worth a line.
const SLOW: Duration = Duration::from_secs(2);

/// What was asked and not answered yet, by its line.
#[derive(Default)]
pub(in crate::ui) struct Log {
    asked: [Option<Asked>; Line::ALL.len()],
}

struct Asked {
    number: u64,
    what: &'static str,
    at: Instant,
}

impl Log {
    /// Something is done for the UI.
    pub(in crate::ui) fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Watch { number, question } => {
                let what = what(question);
                tracing::debug!(number, what, "asking");
                self.asked[question.line() as usize] = Some(Asked {
                    number: *number,
                    what,
                    at: Instant::now(),
                });
            }
            Effect::Unwatch(line) => self.asked[*line as usize] = None,
            Effect::Connect => tracing::debug!("connecting"),
            _ => {}
        }
    }

    /// Something happened to the UI.
    pub(in crate::ui) fn message(&mut self, message: &Message) {
        match message {
            Message::Connected(Ok(target)) => {
                tracing::info!(name = target.name, pid = target.pid, "connected");
            }
            Message::Connected(Err(error)) => tracing::warn!("not connected: {error}"),
            Message::Answered {
                line,
                number,
                answer,
            } => self.answered(*line, *number, answer.as_ref().err()),
            Message::Captured {
                outcome: Err(error),
                ..
            } => tracing::warn!("no task was asked: {error}"),
            _ => {}
        }
    }

    fn answered(&mut self, line: Line, number: u64, error: Option<&SourceError>) {
        if let Some(asked) = self.asked[line as usize].take_if(|asked| asked.number == number) {
            let took = asked.at.elapsed();
            if took > SLOW {
                let seconds = took.as_secs_f64();
                tracing::warn!(number, what = asked.what, seconds, "slow answer");
            }
        }
        match error {
            Some(error @ (SourceError::Lost { .. } | SourceError::Unreachable { .. })) => {
                tracing::warn!(number, "lost: {error}");
            }
            Some(error) => tracing::warn!(number, "not answered: {error}"),
            None => {}
        }
    }
}

fn what(question: &Question) -> &'static str {
    match question {
        Question::Tasks(_) => "tasks",
        Question::Sites(_) => "sites",
        Question::Waits(_) => "waits",
        Question::Task { .. } => "one task",
        Question::Resources(_) => "resources",
        Question::Resource(_) => "one resource",
        Question::Findings { .. } => "findings",
    }
}
