//! The loop: waits for something to happen, updates the state, does what it asks for, draws.

mod asked;
mod log;
#[cfg(test)]
mod replayed;
mod signals;

use std::{sync::Arc, time::Duration};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use loiter_model::Nanos;
use tokio::time::Instant;

use asked::Asked;
use log::Log;
use signals::Signals;

use super::{Effect, Message, State, UiError, UiOptions, terminal::Screen, update, wants_tick};
use crate::source::{Player, Source};

/// Pictures come no faster than this, however fast keys and answers do.
const FRAME: Duration = Duration::from_millis(16);

/// Runs the UI until the user leaves it, or a signal or the terminal's end does. The terminal is
/// given back as it was in every case.
///
/// # Errors
/// When there is no terminal, or it stops working. A target that does not answer is no error:
/// the UI says so and tries again.
pub async fn run(source: Arc<dyn Source>, options: UiOptions) -> Result<(), UiError> {
    replay(source, None, options).await
}

/// The same, with what moves the source through its time, if it is a recording.
///
/// # Errors
/// As for [`run`].
pub async fn replay(
    source: Arc<dyn Source>,
    player: Option<Player>,
    options: UiOptions,
) -> Result<(), UiError> {
    let mut signals = Signals::listen()?;
    let mut screen = Screen::take(options.palette)?;
    let (width, height) = screen.size()?;
    let mut state = State::new(&options, width, height);
    let mut asked = Asked::new(source, player, options.interval, options.allow.clone());
    asked.connect();

    let mut log = Log::default();
    let mut events = EventStream::new();
    let start = Instant::now();
    let mut picture = Picture::default();
    loop {
        picture.show_if_due(&mut screen, &state)?;
        let tick = wants_tick(&state).map(|at| start + Duration::from(at));
        let wake_at = tick.into_iter().chain(picture.due()).min();
        let message = tokio::select! {
            () = signals.recv() => return Ok(()),
            event = events.next() => match event {
                Some(Ok(event)) => message(event),
                // The terminal is gone.
                Some(Err(_)) | None => return Ok(()),
            },
            message = asked.next() => Some(message),
            () = sleep_until(wake_at) => Some(Message::Tick),
        };
        let Some(message) = message else { continue };
        log.message(&message);
        let now = Nanos::from(start.elapsed());
        for effect in update(&mut state, now, message) {
            log.effect(&effect);
            match effect {
                Effect::Draw => picture.is_old = true,
                Effect::Connect => asked.connect(),
                Effect::Watch { number, question } => asked.watch(number, question),
                Effect::Unwatch(line) => asked.unwatch(line),
                Effect::Copy(text) => screen.copy(&text)?,
                Effect::Notify(text) => screen.notify(options.notify, &text)?,
                Effect::Capture {
                    whose,
                    filter,
                    thresholds,
                } => asked.capture(whose, filter, thresholds),
                Effect::Go(to) => asked.go(to),
                Effect::Quit => return Ok(()),
            }
        }
    }
}

/// Whether what is on the screen is still right, and when it may be drawn again.
struct Picture {
    is_old: bool,
    next: Instant,
}

impl Default for Picture {
    fn default() -> Self {
        Self {
            is_old: true,
            next: Instant::now(),
        }
    }
}

impl Picture {
    fn show_if_due(&mut self, screen: &mut Screen, state: &State) -> Result<(), UiError> {
        let now = Instant::now();
        if self.is_old && now >= self.next {
            screen.draw(state)?;
            self.is_old = false;
            self.next = now + FRAME;
        }
        Ok(())
    }

    fn due(&self) -> Option<Instant> {
        self.is_old.then_some(self.next)
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(width, height) => Some(Message::Resize { width, height }),
        Event::FocusGained | Event::FocusLost => None,
    }
}
