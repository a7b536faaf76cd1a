//! Whatever happens, in whatever order, at whatever size: nothing panics.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use loiter_model::{Nanos, fleet::News};
use proptest::prelude::*;

use super::{
    FleetMessage, FleetView,
    fixture::{Ui, findings, sites, target},
    render_to_buffer, wants_tick,
};
use crate::{
    fleet,
    source::SourceError,
    ui::{
        Charset, Message, Palette, UiOptions, fixture,
        fuzz::{key, size},
    },
};

#[derive(Clone, Debug)]
enum Step {
    Send(FleetMessage),
    News(u32, News),
    Wait(u64),
}

fn ui(message: Message) -> Step {
    Step::Send(FleetMessage::Ui(message))
}

fn news() -> impl Strategy<Value = News> {
    let raw = || "\x1b[2J接".to_owned();
    prop_oneof![
        3 => (0u32..12).prop_map(|n| News::Seen {
            name: format!("接\x1b{}", n % 3).into(),
            address: format!("unix:/run/{n}.sock").into(),
        }),
        2 => any::<u32>().prop_map(move |n| {
            let mut target = target(n % 1_000);
            target.host = raw();
            News::Target(Box::new(target))
        }),
        3 => any::<u64>().prop_map(|count| {
            let mut update = sites((count % 12) as u32);
            update.overview.totals.alive = count;
            update.matched = count;
            for stats in &mut update.sites {
                stats.alive = count;
            }
            if count % 3 == 0 {
                update.labels = Default::default();
            }
            News::Sites(Box::new(update))
        }),
        3 => any::<u64>().prop_map(|count| {
            let mut update = findings((count % 12) as u32);
            update.omitted = count;
            for finding in &mut update.findings {
                finding.count = count;
            }
            if count % 5 == 0 {
                update.labels = Default::default();
            }
            News::Findings(Box::new(update))
        }),
        2 => "\\PC{0,80}".prop_map(|reason| News::Lost { reason: reason.into() }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let mouse = (any::<u8>(), 0u16..300, 0u16..100).prop_map(|(kind, column, row)| {
        let kind = match kind % 3 {
            0 => MouseEventKind::ScrollDown,
            1 => MouseEventKind::ScrollUp,
            _ => MouseEventKind::Down(MouseButton::Left),
        };
        ui(Message::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    });
    prop_oneof![
        10 => key().prop_map(ui),
        2 => mouse,
        2 => size().prop_map(|(width, height)| ui(Message::Resize { width, height })),
        8 => (0u32..12, news()).prop_map(|(n, news)| Step::News(n, news)),
        1 => "\\PC{0,20}".prop_map(|text| ui(Message::Paste(text))),
        1 => Just(ui(Message::Connected(Ok(fixture::target())))),
        1 => Just(ui(Message::Connected(Err(SourceError::NoSuchTask(1))))),
        1 => any::<bool>().prop_map(|is_wrong| {
            Step::Send(FleetMessage::Told(fleet::Message::Place {
                place: "\x1b[2J".into(),
                problem: is_wrong.then(|| "接 no such name".into()),
            }))
        }),
        2 => (0u64..10_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_panics(
        size in size(),
        ascii in any::<bool>(),
        view in prop::sample::select(vec![
            FleetView::Targets,
            FleetView::Sites,
            FleetView::Findings,
            FleetView::Picker,
        ]),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let options = UiOptions {
            charset: if ascii { Charset::Ascii } else { Charset::Unicode },
            palette: if ascii { Palette::None } else { Palette::Ansi256 },
            ..UiOptions::new("")
        };
        let mut ui = Ui::start(options, view, size);
        for step in steps {
            match step {
                Step::Send(message) => ui.send(message),
                Step::News(n, news) => ui.news(n, news),
                Step::Wait(millis) => ui.wait(Nanos::from_millis(millis)),
            }
            for effect in &ui.effects {
                if let super::FleetEffect::Notify(text) = effect {
                    prop_assert!(!text.contains(char::is_control));
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
                ui.send(FleetMessage::Ui(Message::Tick));
                prop_assert!(wants_tick(&ui.state).is_none_or(|next| next > ui.now));
            }
        }
    }
}
