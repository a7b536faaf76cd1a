//! The loop: waits for something to happen, updates the state, does what it asks for, draws.

pub(super) mod asked;
pub(super) mod log;
#[cfg(test)]
mod replayed;
pub(super) mod signals;

use std::{sync::Arc, time::Duration};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use loiter_model::Nanos;
use ratatui::Frame;
use tokio::time::Instant;

use asked::Asked;
use log::Log;
use signals::Signals;

use super::{
    Effect, Message, State, UiError, UiOptions, terminal::Screen, update, view, wants_tick,
};
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
        picture.show_if_due(&mut screen, |frame| view(&state, frame))?;
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
            match asked.obey(effect) {
                Some(Effect::Draw) => picture.is_old = true,
                Some(Effect::Copy(text)) => screen.copy(&text)?,
                Some(Effect::Notify(text)) => screen.notify(options.notify, &text)?,
                Some(Effect::Quit) => return Ok(()),
                // There is nothing else to go back to; and what was for the source is done.
                _ => {}
            }
        }
    }
}

/// Whether what is on the screen is still right, and when it may be drawn again.
pub(super) struct Picture {
    pub(super) is_old: bool,
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
    pub(super) fn show_if_due(
        &mut self,
        screen: &mut Screen,
        view: impl FnOnce(&mut Frame<'_>),
    ) -> Result<(), UiError> {
        let now = Instant::now();
        if self.is_old && now >= self.next {
            screen.draw(view)?;
            self.is_old = false;
            self.next = now + FRAME;
        }
        Ok(())
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.is_old.then_some(self.next)
    }
}

pub(super) async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What a terminal's event means to the UI.
pub(super) fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(width, height) => Some(Message::Resize { width, height }),
        Event::FocusGained | Event::FocusLost => None,
    }
}
