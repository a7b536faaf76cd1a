//! What a replay shows: a kept recording of the demo service, three seconds from its beginning.

use std::{path::Path, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use loiter_model::Nanos;

use super::asked::Asked;
use crate::{
    source::{At, Recorded},
    ui::{
        Effect, Line, Message, ReplayStart, State, UiOptions,
        fixture::{text, words},
        render_to_buffer, update,
    },
};

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

/// The UI over a recording, without a terminal and a clock.
struct Show {
    state: State,
    now: Nanos,
    asked: Asked,
    /// What is asked and has not been answered yet.
    asking: [bool; Line::ALL.len()],
    is_connecting: bool,
    is_going: bool,
    is_capturing: bool,
}

impl Show {
    /// Stands still at a time of the recording.
    fn start((width, height): (u16, u16)) -> Self {
        // The pictures show the name, and tests run in the folder of their package.
        let file = Path::new("../../tests/fixtures/recordings/agent.loiter");
        let at = At::FromStart(Nanos::from_secs(3));
        let recorded = Recorded::open(file, at).expect("a recording");
        let player = recorded.player();
        let reel = player.reel().clone();
        let options = UiOptions {
            replay: Some(ReplayStart {
                at: at.in_range(reel.range),
                reel,
                speed: 1.0,
                is_paused: true,
            }),
            ..UiOptions::new("agent.loiter")
        };
        let mut asked = Asked::new(Arc::new(recorded), Some(player), None, Vec::new());
        asked.connect();
        Self {
            state: State::new(&options, width, height),
            now: Nanos::ZERO,
            asked,
            asking: Default::default(),
            is_connecting: true,
            is_going: false,
            is_capturing: false,
        }
    }

    fn send(&mut self, message: Message) {
        for effect in update(&mut self.state, self.now, message) {
            match effect {
                Effect::Connect => {
                    self.asked.connect();
                    self.is_connecting = true;
                }
                Effect::Watch { number, question } => {
                    self.asking[question.line() as usize] = true;
                    self.asked.watch(number, question);
                }
                Effect::Unwatch(line) => {
                    self.asking[line as usize] = false;
                    self.asked.unwatch(line);
                }
                Effect::Go(to) => {
                    self.is_going = true;
                    // What is watched is answered anew.
                    self.asking[Line::View as usize] = true;
                    self.asked.go(to);
                }
                Effect::Capture {
                    whose,
                    filter,
                    thresholds,
                } => {
                    self.is_capturing = true;
                    self.asked.capture(whose, filter, thresholds);
                }
                Effect::Draw
                | Effect::Copy(_)
                | Effect::Notify(_)
                | Effect::Leave
                | Effect::Quit => {}
            }
        }
    }

    fn is_waiting(&self) -> bool {
        let is_asking = self.asking.contains(&true);
        self.is_connecting || self.is_going || self.is_capturing || is_asking
    }

    /// Waits until all is answered that was asked.
    async fn settle(&mut self) {
        while self.is_waiting() {
            let message = self.asked.next().await;
            match &message {
                Message::Connected(_) => self.is_connecting = false,
                Message::Arrived(_) => self.is_going = false,
                Message::Captured { .. } => self.is_capturing = false,
                Message::Answered { line, .. } => self.asking[*line as usize] = false,
                _ => {}
            }
            self.send(message);
        }
    }

    async fn keys(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.key(KeyCode::Char(letter)).await;
        }
    }

    async fn key(&mut self, code: KeyCode) {
        self.send(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        // Questions wait for a moment, as whoever types may not be done.
        self.now = self.now.saturating_add(Nanos::from_secs(1));
        self.send(Message::Tick);
        self.settle().await;
    }

    fn check(&self, name: &str) {
        let (width, height) = self.state.size;
        let picture = text(&render_to_buffer(&self.state));
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture);
    }
}

#[tokio::test]
async fn every_view_of_a_recording() {
    for size in SIZES {
        let mut show = Show::start(size);
        show.settle().await;
        show.check("tasks");
        for (key, name) in [
            ("s", "sites"),
            ("w", "waits"),
            ("f", "findings"),
            ("r", "resources"),
        ] {
            show.keys(key).await;
            show.check(name);
        }
        // One that is polled over and over.
        show.keys("t/name:ticker").await;
        show.key(KeyCode::Enter).await;
        show.key(KeyCode::Enter).await;
        show.check("task");
    }
}

#[tokio::test]
async fn a_task_goes_on_and_back_with_the_time() {
    let mut show = Show::start(SIZES[1]);
    show.settle().await;
    show.keys("/name:ticker").await;
    show.key(KeyCode::Enter).await;
    show.key(KeyCode::Enter).await;
    let first = words(&show.state);
    // On and on: at least once it is this task that does something.
    show.keys("].").await;
    let last = words(&show.state);
    assert_ne!(last, first);
    show.keys("[").await;
    assert_ne!(words(&show.state), last);
    show.keys("].").await;
    assert_eq!(words(&show.state), last);
}
