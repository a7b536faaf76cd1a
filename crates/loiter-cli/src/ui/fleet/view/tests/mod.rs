//! What the views look like. The pictures are kept beside this file.

use crossterm::event::KeyCode;
use loiter_model::{Nanos, fleet::InstanceId};
use ratatui::style::{Color, Modifier};

use crate::{
    fleet,
    ui::{
        Charset, Palette, UiOptions,
        fixture::text,
        fleet::{FleetView, fixture::Ui, render_to_buffer},
    },
};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

fn check(name: &str, ui: &Ui) {
    let (width, height) = ui.state.size;
    insta::assert_snapshot!(format!("{name}_{width}x{height}"), ui.picture());
}

#[test]
fn two_hundred_targets() {
    for size in SIZES.into_iter().chain([(40, 10)]) {
        for (view, name) in [
            (FleetView::Targets, "targets"),
            (FleetView::Sites, "sites"),
            (FleetView::Findings, "findings"),
        ] {
            check(name, &Ui::watching(200, view, size));
        }
    }
}

#[test]
fn a_lost_target_and_why() {
    for size in SIZES {
        let mut ui = Ui::watching(20, FleetView::Targets, size);
        ui.keys("/lost");
        ui.key(KeyCode::Enter);
        check("lost", &ui);
    }
}

#[test]
fn a_site_of_many_targets() {
    for size in SIZES {
        let mut ui = Ui::watching(200, FleetView::Sites, size);
        ui.keys("j");
        check("site_of_many", &ui);
    }
}

#[test]
fn a_filter_being_written() {
    let mut ui = Ui::watching(200, FleetView::Targets, SIZES[0]);
    ui.keys("/pigeon-01 -lost");
    check("filter", &ui);
    ui.keys(" nowhere");
    check("filter_nothing", &ui);
}

#[test]
fn popups() {
    for size in SIZES {
        let mut ui = Ui::watching(20, FleetView::Targets, size);
        ui.keys("?");
        check("help", &ui);
        ui.keys("qc");
        check("columns", &ui);
    }
}

#[test]
fn the_choice_of_agents() {
    for size in SIZES {
        let mut ui = Ui::watching(4, FleetView::Picker, size);
        ui.keys("  ");
        check("picker", &ui);
    }
    let mut ui = Ui::watching(4, FleetView::Picker, SIZES[0]);
    ui.keys("?");
    check("picker_help", &ui);
}

#[test]
fn nothing_yet_and_nothing_there() {
    let start = || Ui::start(UiOptions::new(""), FleetView::Targets, SIZES[0]);
    let mut ui = start();
    ui.wait(Nanos::from_secs(1));
    check("looking", &ui);
    ui.told(fleet::Message::Place {
        place: "orders:6669".into(),
        problem: Some("cannot find its addresses: no such name".into()),
    });
    ui.wait(Nanos::from_secs(1));
    check("no_such_name", &ui);
    ui.see(0);
    ui.keys("f");
    ui.wait(Nanos::from_secs(1));
    check("connecting", &ui);
    ui.lose(0);
    ui.wait(Nanos::from_secs(1));
    check("all_lost", &ui);
}

#[test]
fn no_findings() {
    let mut ui = Ui::start(UiOptions::new(""), FleetView::Findings, SIZES[0]);
    for n in [1, 2] {
        ui.see(n);
        ui.answer(n);
    }
    ui.wait(Nanos::from_secs(1));
    check("no_findings", &ui);
}

#[test]
fn paused() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZES[0]);
    ui.keys(" ");
    let before = ui.picture();
    ui.wait(Nanos::from_secs(30));
    assert_eq!(ui.picture(), before, "it stands still");
    check("paused", &ui);
}

#[test]
fn in_ascii() {
    let options = UiOptions {
        charset: Charset::Ascii,
        palette: Palette::None,
        ..UiOptions::new("")
    };
    for (view, name) in [
        (FleetView::Targets, "targets_ascii"),
        (FleetView::Findings, "findings_ascii"),
    ] {
        let mut ui = Ui::start(options.clone(), view, SIZES[0]);
        for n in 0..4 {
            ui.see(n);
            ui.answer(n);
        }
        ui.lose(2);
        ui.wait(Nanos::from_secs(5));
        assert!(ui.picture().is_ascii());
        check(name, &ui);
    }
}

#[test]
fn an_opened_target_has_the_screen() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZES[0]);
    ui.key(KeyCode::Enter);
    check("opened", &ui);
}

#[test]
fn a_lost_target_is_dim_and_says_so_in_another_colour() {
    let ui = Ui::watching(20, FleetView::Targets, SIZES[1]);
    let buffer = render_to_buffer(&ui.state);
    let lines = text(&buffer);
    let row = |name: &str| {
        let line = lines.lines().position(|line| line.starts_with(name));
        u16::try_from(line.expect(name)).expect("few lines")
    };
    let lost = row("pigeon-003");
    let well = row("pigeon-004");
    assert_ne!(buffer[(0, lost)].fg, buffer[(0, well)].fg);
    assert_eq!(buffer[(0, well)].fg, Color::Reset);
    let line = lines.lines().nth(usize::from(lost)).expect("a line");
    let before = line.split_once("lost").expect("it says so").0;
    let x = crate::ui::text::width(before);
    assert_ne!(buffer[(x, lost)].fg, buffer[(0, lost)].fg);

    // Without colours as well.
    let options = UiOptions {
        palette: Palette::None,
        ..UiOptions::new("")
    };
    let mut ui = Ui::start(options, FleetView::Targets, SIZES[0]);
    for n in [1, 2] {
        ui.see(n);
        ui.answer(n);
    }
    ui.lose(2);
    ui.wait(Nanos::from_secs(1));
    assert!(ui.state.fleet.instance(InstanceId(2)).is_some());
    let buffer = render_to_buffer(&ui.state);
    let lines = text(&buffer);
    let y = lines
        .lines()
        .position(|line| line.starts_with("pigeon-002"));
    let y = u16::try_from(y.expect("it stays")).expect("few lines");
    assert!(buffer[(0, y)].modifier.contains(Modifier::DIM));
}
