//! What the source is being asked at the moment, as one place to wait for its answers.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream, FuturesUnordered},
};
use loiter_model::{
    Thresholds,
    finding::{Allow, RuleSettings},
    query::{Filter, Group},
};

use crate::{
    source::{Go, Player, Source, SourceError, Updates},
    ui::{Answer, Effect, Line, Message, Question, Whose},
};

/// Findings change slowly, and each answer has the rules look at every task.
const FINDINGS_INTERVAL: Duration = Duration::from_secs(2);

/// Nothing here is spawned: dropping a question's stream is what takes it back.
pub(in crate::ui) struct Asked {
    source: Arc<dyn Source>,
    /// What moves it through its time.
    player: Option<Player>,
    interval: Option<Duration>,
    allow: Vec<Allow>,
    target: Option<BoxFuture<'static, Message>>,
    /// By their line.
    answers: [Option<BoxStream<'static, Message>>; Line::ALL.len()],
    /// What is done once.
    captures: FuturesUnordered<BoxFuture<'static, Message>>,
}

impl Asked {
    pub(in crate::ui) fn new(
        source: Arc<dyn Source>,
        player: Option<Player>,
        interval: Option<Duration>,
        allow: Vec<Allow>,
    ) -> Self {
        Self {
            source,
            player,
            interval,
            allow,
            target: None,
            answers: Line::ALL.map(|_| None),
            captures: FuturesUnordered::new(),
        }
    }

    /// Does what an effect wants of the source; gives any other back.
    pub(in crate::ui) fn obey(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect => self.connect(),
            Effect::Watch { number, question } => self.watch(number, question),
            Effect::Unwatch(line) => self.unwatch(line),
            Effect::Capture {
                whose,
                filter,
                thresholds,
            } => self.capture(whose, filter, thresholds),
            Effect::Go(to) => self.go(to),
            effect => return Some(effect),
        }
        None
    }

    /// Asks who is there.
    pub(in crate::ui) fn connect(&mut self) {
        let source = Arc::clone(&self.source);
        let target = async move { Message::Connected(source.target().await) };
        self.target = Some(target.boxed());
    }

    /// Asks this instead of what was asked before on its line.
    pub(in crate::ui) fn watch(&mut self, number: u64, question: Question) {
        let source = Arc::clone(&self.source);
        let line = question.line();
        let interval = match line {
            Line::View => self.interval,
            Line::Findings => self.interval.max(Some(FINDINGS_INTERVAL)),
        };
        let allow = match line {
            Line::View => Vec::new(),
            Line::Findings => self.allow.clone(),
        };
        let answers = async move { ask(&*source, question, interval, allow).await };
        let answers = answers
            .map(|opened| match opened {
                Ok(answers) => answers,
                Err(error) => stream::once(future::ready(Err(error))).boxed(),
            })
            .flatten_stream()
            .map(move |answer| {
                let answer = answer.map(Box::new);
                Message::Answered {
                    line,
                    number,
                    answer,
                }
            })
            .chain(stream::once(future::ready(Message::Finished {
                line,
                number,
            })));
        self.answers[line as usize] = Some(answers.boxed());
    }

    /// Has these tasks asked what they wait on.
    pub(in crate::ui) fn capture(&mut self, whose: Whose, filter: Filter, thresholds: Thresholds) {
        let source = Arc::clone(&self.source);
        let capture = async move {
            let outcome = source.capture_stacks(filter, thresholds).await;
            Message::Captured { whose, outcome }
        };
        self.captures.push(capture.boxed());
    }

    /// Brings the recording to another time.
    pub(in crate::ui) fn go(&mut self, to: Go) {
        if let Some(player) = self.player.clone() {
            let go = async move { Message::Arrived(player.go(to).await) };
            self.captures.push(go.boxed());
        }
    }

    /// Takes the question back.
    pub(in crate::ui) fn unwatch(&mut self, line: Line) {
        self.answers[line as usize] = None;
    }

    /// The next thing that the source says; waits for ever when it is asked nothing. Nothing is
    /// lost when this is dropped before it is done.
    pub(in crate::ui) async fn next(&mut self) -> Message {
        future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Message> {
        if let Some(target) = &mut self.target
            && let Poll::Ready(message) = target.poll_unpin(context)
        {
            self.target = None;
            return Poll::Ready(message);
        }
        if let Poll::Ready(Some(message)) = self.captures.poll_next_unpin(context) {
            return Poll::Ready(message);
        }
        for line in &mut self.answers {
            let Some(answers) = line else { continue };
            match answers.poll_next_unpin(context) {
                Poll::Pending => {}
                Poll::Ready(Some(message)) => {
                    // An error is the last word; the end of the stream behind it is no news.
                    if matches!(message, Message::Answered { answer: Err(_), .. }) {
                        *line = None;
                    }
                    return Poll::Ready(message);
                }
                Poll::Ready(None) => *line = None,
            }
        }
        Poll::Pending
    }
}

async fn ask(
    source: &dyn Source,
    question: Question,
    interval: Option<Duration>,
    allow: Vec<Allow>,
) -> Result<Updates<Answer>, SourceError> {
    Ok(match question {
        Question::Tasks(query) => {
            let updates = source.watch_tasks(query, interval).await?;
            updates.map_ok(Answer::Tasks).boxed()
        }
        Question::Sites(query) => {
            let updates = source.watch_sites(query, interval).await?;
            updates.map_ok(Answer::Sites).boxed()
        }
        Question::Waits(query) => {
            let updates = source.watch_waits(Group::Wait, query, interval).await?;
            updates.map_ok(Answer::Waits).boxed()
        }
        Question::Resources(query) => {
            let updates = source.watch_resources(query, interval).await?;
            updates.map_ok(Answer::Resources).boxed()
        }
        Question::Resource(seq) => {
            let updates = source.watch_resource(seq, interval).await?;
            updates
                .map_ok(|detail| Answer::Resource(Box::new(detail)))
                .boxed()
        }
        Question::Task { seq, thresholds } => {
            let updates = source.watch_task(seq, thresholds, interval).await?;
            updates
                .map_ok(|detail| Answer::Task(Box::new(detail)))
                .boxed()
        }
        Question::Findings { thresholds } => {
            let settings = RuleSettings {
                thresholds,
                allow,
                ..RuleSettings::default()
            };
            let updates = source.watch_findings(settings, interval).await?;
            updates.map_ok(Answer::Findings).boxed()
        }
    })
}
