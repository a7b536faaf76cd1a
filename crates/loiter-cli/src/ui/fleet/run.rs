//! The loop: waits for something to happen, updates the state, does what it asks for, draws.

use std::time::Duration;

use crossterm::event::EventStream;
use futures_util::StreamExt;
use loiter_model::fleet::InstanceId;
use tokio::time::Instant;

use super::{FleetEffect, FleetMessage, FleetState, FleetView, update, view, wants_tick};
use crate::{
    fleet::{Entry, Watch, WatchOptions},
    ui::{
        Effect, Message, UiError, UiOptions,
        run::{Picture, asked::Asked, log::Log, message, signals::Signals, sleep_until},
        terminal::Screen,
    },
};

/// Runs the UI over the targets of these entries until the user leaves it, or a signal or the
/// terminal's end does. The terminal is given back as it was in every case.
///
/// With [`FleetView::Picker`] the user first chooses among the targets.
///
/// # Errors
/// When there is no terminal, or it stops working. A target that does not answer is no error: it
/// is shown as lost, and tried again.
pub async fn run(
    entries: Vec<Entry>,
    watching: WatchOptions,
    options: UiOptions,
    view: FleetView,
) -> Result<(), UiError> {
    let mut terminal = Terminal {
        signals: Signals::listen()?,
        screen: Screen::take(options.palette)?,
        events: EventStream::new(),
    };
    let mut chosen: Option<Vec<Entry>> = None;
    loop {
        let (width, height) = terminal.screen.size()?;
        let state = match &chosen {
            None => FleetState::new(options.clone(), view, width, height),
            Some(_) => {
                let view = FleetState::view_of(&options);
                FleetState::new(options.clone(), view, width, height).chosen()
            }
        };
        let entries = chosen.as_ref().unwrap_or(&entries).clone();
        let session = Session {
            watch: Watch::start(entries, watching.clone()),
            state,
            opened: None,
            options: &options,
        };
        chosen = match session.run(&mut terminal).await? {
            End::Quit => return Ok(()),
            End::Chosen(entries) => Some(entries),
            End::ChooseAgain => None,
        };
    }
}

/// What the UI has of the outside, whichever targets it watches.
struct Terminal {
    signals: Signals,
    screen: Screen,
    events: EventStream,
}

/// Some targets being watched.
struct Session<'a> {
    watch: Watch,
    state: FleetState,
    opened: Option<Opened>,
    options: &'a UiOptions,
}

/// The target that is open, being asked.
struct Opened {
    asked: Asked,
    log: Log,
}

/// Why other targets are to be watched, or none.
enum End {
    Quit,
    Chosen(Vec<Entry>),
    ChooseAgain,
}

impl Session<'_> {
    async fn run(mut self, terminal: &mut Terminal) -> Result<End, UiError> {
        let mut picture = Picture::default();
        loop {
            let state = &self.state;
            picture.show_if_due(&mut terminal.screen, |frame| view(state, frame))?;
            let Some(message) = self.next(terminal, picture.due()).await else {
                return Ok(End::Quit);
            };
            if let (FleetMessage::Ui(message), Some(opened)) = (&message, &mut self.opened) {
                opened.log.message(message);
            }
            for effect in update(&mut self.state, self.watch.now(), message) {
                match effect {
                    FleetEffect::Draw => picture.is_old = true,
                    FleetEffect::Open(id) => self.open(id),
                    FleetEffect::Close => self.opened = None,
                    FleetEffect::Opened(effect) => self.obey(effect, &mut terminal.screen)?,
                    FleetEffect::Hurry => self.watch.hurry(),
                    FleetEffect::Copy(text) => terminal.screen.copy(&text)?,
                    FleetEffect::Notify(text) => {
                        terminal.screen.notify(self.options.notify, &text)?;
                    }
                    FleetEffect::Choose(ids) => return Ok(End::Chosen(self.entries(&ids))),
                    FleetEffect::ChooseAgain => return Ok(End::ChooseAgain),
                    FleetEffect::Quit => return Ok(End::Quit),
                }
            }
        }
    }

    /// The next thing that happens; `None` when that ends the UI.
    async fn next(
        &mut self,
        terminal: &mut Terminal,
        picture_due: Option<Instant>,
    ) -> Option<FleetMessage> {
        let now = self.watch.now();
        let tick = wants_tick(&self.state).map(|at| at.saturating_sub(now));
        let tick = tick.map(|wait| Instant::now() + Duration::from(wait));
        let wake_at = tick.into_iter().chain(picture_due).min();
        loop {
            return tokio::select! {
                () = terminal.signals.recv() => None,
                event = terminal.events.next() => match event {
                    Some(Ok(event)) => match message(event) {
                        Some(message) => Some(FleetMessage::Ui(message)),
                        None => continue,
                    },
                    // The terminal is gone.
                    Some(Err(_)) | None => None,
                },
                message = self.watch.next() => Some(FleetMessage::Told(message)),
                message = answer(&mut self.opened) => Some(FleetMessage::Ui(message)),
                () = sleep_until(wake_at) => Some(FleetMessage::Ui(Message::Tick)),
            };
        }
    }

    fn open(&mut self, id: InstanceId) {
        let source = self.watch.source(id);
        self.opened = source.map(|source| {
            let UiOptions {
                interval, allow, ..
            } = self.options;
            let mut asked = Asked::new(source, None, *interval, allow.clone());
            asked.connect();
            let log = Log::default();
            Opened { asked, log }
        });
    }

    /// Does something for the target that is open.
    fn obey(&mut self, effect: Effect, screen: &mut Screen) -> Result<(), UiError> {
        let Some(opened) = &mut self.opened else {
            return Ok(());
        };
        opened.log.effect(&effect);
        match opened.asked.obey(effect) {
            Some(Effect::Copy(text)) => screen.copy(&text),
            _ => Ok(()),
        }
    }

    /// What leads to these targets and no others.
    fn entries(&self, ids: &[InstanceId]) -> Vec<Entry> {
        let entries = ids.iter().filter_map(|id| self.watch.entry(*id));
        entries.collect()
    }
}

/// What the target says that is open; waits for ever when none is.
async fn answer(opened: &mut Option<Opened>) -> Message {
    match opened {
        Some(opened) => opened.asked.next().await,
        None => std::future::pending().await,
    }
}
