//! Whatever happens, in whatever order, at whatever size: nothing panics.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use loiter_model::{
    Nanos, SiteId, Target, TaskSeq, WaitId,
    update::{CaptureOutcome, FindingsUpdate, ResourcesUpdate},
};
use proptest::prelude::*;

use super::{
    Answer, Charset, Effect, Line, Message, Palette, UiOptions, View, Whose,
    fixture::{self, Ui},
    keymap::{BINDINGS, Stroke},
    render_to_buffer, wants_tick,
};
use crate::source::{Fault, SourceError};

#[derive(Clone, Debug)]
enum Step {
    Send(Box<Message>),
    Answer(Box<Answer>),
    Fail(SourceError),
    Find(Box<FindingsUpdate>),
    NotFind(SourceError),
    Wait(u64),
}

fn send(message: Message) -> Step {
    Step::Send(Box::new(message))
}

/// A key that does something somewhere, mostly.
pub(super) fn key() -> impl Strategy<Value = Message> {
    let bound: Vec<(KeyCode, KeyModifiers)> = BINDINGS
        .iter()
        .flat_map(|binding| binding.strokes)
        .map(|stroke| match *stroke {
            Stroke::Key(code) => (code, KeyModifiers::NONE),
            Stroke::Twice(letter) => (KeyCode::Char(letter), KeyModifiers::NONE),
            Stroke::Ctrl(letter) => (KeyCode::Char(letter), KeyModifiers::CONTROL),
        })
        .collect();
    let any = any::<char>().prop_map(|c| (KeyCode::Char(c), KeyModifiers::NONE));
    let editing = prop::sample::select(vec![
        (KeyCode::Backspace, KeyModifiers::NONE),
        (KeyCode::Delete, KeyModifiers::NONE),
        (KeyCode::Char('w'), KeyModifiers::CONTROL),
    ]);
    prop_oneof![8 => prop::sample::select(bound), 1 => any, 1 => editing]
        .prop_map(|(code, modifiers)| Message::Key(KeyEvent::new(code, modifiers)))
}

pub(super) fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(0u16..12, 0u16..12), (0u16..250, 0u16..80)]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Tasks(fixture::tasks_update())),
        (any::<u64>(), 0u64..100).prop_map(|(offset, count)| {
            let mut update = fixture::many_tasks(offset % 2_000_000, count);
            if offset % 5 == 0 {
                update.matched = offset;
            }
            if offset % 7 == 0 {
                update.offset = u64::MAX;
            }
            Answer::Tasks(update)
        }),
        Just(Answer::Tasks(Default::default())),
        Just(Answer::Sites(fixture::sites_update())),
        Just(Answer::Sites(Default::default())),
        Just(Answer::Waits(fixture::waits_update())),
        Just(Answer::Waits(Default::default())),
        Just(Answer::Resources(fixture::resources_update())),
        any::<bool>().prop_map(|is_tracking| {
            Answer::Resources(ResourcesUpdate {
                is_tracking,
                untracked: u64::from(is_tracking),
                ..ResourcesUpdate::default()
            })
        }),
        any::<u64>().prop_map(|at| {
            let mut detail = fixture::resource_detail();
            detail.at = Nanos(at);
            detail.resource.total = Nanos(at);
            detail.resource.has_ended = at % 5 == 0;
            detail.ops.truncate((at % 4) as usize);
            if at % 3 == 0 {
                detail.resource.holders.clear();
                detail.tasks.clear();
            }
            Answer::Resource(Box::new(detail))
        }),
        any::<u64>().prop_map(|at| {
            let mut detail = fixture::detail();
            detail.at = Nanos(at);
            detail.task.total = Nanos(at / 3);
            if at % 3 == 0 {
                detail.timeline.clear();
            }
            if at % 2 == 0 {
                detail.task.wait = None;
            }
            Answer::Task(Box::new(detail))
        }),
    ]
}

fn findings() -> impl Strategy<Value = FindingsUpdate> {
    (any::<u64>(), 0usize..5, 0u64..3).prop_map(|(at, count, omitted)| {
        let mut update = fixture::findings_update();
        update.overview.at = Nanos(at);
        update.omitted = omitted;
        update.allowed = vec![at, u64::MAX];
        update.findings.rotate_left((at % 4) as usize);
        update.findings.truncate(count);
        for finding in &mut update.findings {
            if at % 3 == 0 {
                finding.sample.clear();
                finding.count = at;
            }
            // Labels that did not come with it.
            if at % 5 == 0 {
                finding.site = Some(SiteId(99));
                finding.wait = Some(WaitId(99));
            }
        }
        update
    })
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![Just(Line::View), Just(Line::Findings)]
}

fn captured() -> impl Strategy<Value = Step> {
    let whose = prop_oneof![
        Just(Whose::Shown),
        prop::sample::select(vec![1, 3, 12])
            .prop_filter_map("not zero", |seq| { TaskSeq::new(seq).map(Whose::Task) }),
    ];
    (whose, 0u64..3, 0u64..3).prop_map(|(whose, captured, not_watched)| {
        let outcome = match captured + not_watched {
            0 => Err(SourceError::Refused {
                endpoint: "接".to_owned(),
                reason: "\x1b[2J".to_owned(),
            }),
            matched => Ok(CaptureOutcome {
                matched,
                captured,
                not_watched,
                ..CaptureOutcome::default()
            }),
        };
        send(Message::Captured { whose, outcome })
    })
}

fn step() -> impl Strategy<Value = Step> {
    let mouse = (any::<u8>(), 0u16..300, 0u16..100).prop_map(|(kind, column, row)| {
        let kind = match kind % 4 {
            0 => MouseEventKind::ScrollDown,
            1 => MouseEventKind::ScrollUp,
            2 => MouseEventKind::Moved,
            _ => MouseEventKind::Down(MouseButton::Left),
        };
        send(Message::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    });
    let error = prop::sample::select(vec![
        SourceError::NoSuchTask(1),
        SourceError::NoSuchResource(1),
        SourceError::CannotTell {
            endpoint: "接".to_owned(),
            what: "\x1b[2J".to_owned(),
        },
        SourceError::BadQuery("\x1b[2J".to_owned()),
        SourceError::Busy {
            endpoint: "接".to_owned(),
            reason: "\x1b[2J".to_owned(),
        },
        SourceError::Door {
            endpoint: "接".to_owned(),
            fault: Fault::WrongName {
                name: "接".to_owned(),
                names: vec!["\x1b[2J".to_owned()],
            },
        },
        SourceError::Forbidden {
            endpoint: "接".to_owned(),
            reason: "\x1b[2J".to_owned(),
        },
        SourceError::TooOld {
            endpoint: "\x1b[2J".to_owned(),
            lacks: "findings",
        },
        SourceError::Lost {
            endpoint: "接".to_owned(),
            reason: "\x1b[2J".to_owned(),
        },
    ]);
    prop_oneof![
        12 => key().prop_map(send),
        2 => mouse,
        2 => size().prop_map(|(width, height)| send(Message::Resize { width, height })),
        4 => answer().prop_map(|answer| Step::Answer(Box::new(answer))),
        1 => captured(),
        4 => findings().prop_map(|update| Step::Find(Box::new(update))),
        1 => error.clone().prop_map(Step::Fail),
        1 => error.prop_map(Step::NotFind),
        1 => any::<u64>().prop_map(|run_id| send(Message::Connected(Ok(Target {
            run_id: run_id % 2,
            ..fixture::target()
        })))),
        1 => Just(send(Message::Connected(Err(SourceError::NoSuchTask(1))))),
        1 => (line(), 0u64..5)
            .prop_map(|(line, number)| send(Message::Finished { line, number })),
        1 => "\\PC{0,20}".prop_map(|text| send(Message::Paste(text))),
        2 => (0u64..10_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_panics(
        (width, height) in size(),
        filter in "\\PC{0,10}",
        ascii in any::<bool>(),
        with_findings in any::<bool>(),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let options = UiOptions {
            filter,
            charset: if ascii { Charset::Ascii } else { Charset::Unicode },
            palette: if ascii { Palette::None } else { Palette::Ansi256 },
            view: if with_findings { View::Findings } else { View::Tasks },
            ..UiOptions::new("127.0.0.1:6669")
        };
        let mut ui = Ui::start(&options, width, height);
        ui.connect(fixture::target());
        for step in steps {
            match step {
                Step::Send(message) => ui.send(*message),
                Step::Answer(answer) => ui.answer(*answer),
                Step::Fail(error) => ui.fail(error),
                Step::Find(update) => ui.found(*update),
                Step::NotFind(error) => ui.not_found(error),
                Step::Wait(millis) => ui.wait(Nanos::from_millis(millis)),
            }
            for effect in &ui.effects {
                let is_raw = |c: char| c.is_control() && c != '\n';
                match effect {
                    Effect::Copy(text) => prop_assert!(!text.contains(is_raw)),
                    Effect::Notify(text) => prop_assert!(!text.contains(char::is_control)),
                    _ => {}
                }
            }
            let buffer = render_to_buffer(&ui.state);
            prop_assert_eq!((buffer.area.width, buffer.area.height), ui.state.size);
            for cell in buffer.content() {
                prop_assert!(!cell.symbol().contains(char::is_control));
                prop_assert!(!ascii || cell.symbol().is_ascii());
            }
            // Whoever is woken when it was wanted must not be wanted at once again: that would
            // be a busy loop.
            if let Some(tick) = wants_tick(&ui.state) {
                ui.now = ui.now.max(tick);
                ui.send(Message::Tick);
                prop_assert!(wants_tick(&ui.state).is_none_or(|next| next > ui.now));
            }
        }
    }
}
