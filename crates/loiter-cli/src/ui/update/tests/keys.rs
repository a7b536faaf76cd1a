//! Each key does what the table of keys says.

use crossterm::event::KeyCode;
use loiter_model::{
    Nanos,
    query::{ResourceColumn, SiteColumn, TaskColumn, WaitColumn},
};

use super::lost;
use crate::{
    source::{Go, Reel},
    ui::{
        Answer, Effect, Whose,
        fixture::{self, Ui},
        keymap::{Action, BINDINGS, Scope, Stroke},
        state::{FromFleet, Place, Playback, Popup},
    },
};

/// A UI in which this action does something here, and how to see that it did.
fn does(scope: Scope, action: Action) -> (Ui, fn(&mut Ui) -> bool) {
    let mut ui = match scope {
        Scope::Findings => Ui::findings(80, 24, fixture::many_findings()),
        Scope::Finding => Ui::findings(80, 24, fixture::findings_update()),
        Scope::Sites => Ui::sites(80, 24),
        Scope::Waits => Ui::waits(80, 24),
        Scope::Resources => Ui::resources(80, 24),
        Scope::Resource => Ui::resource(80, 24),
        Scope::Task => Ui::task(80, 24),
        _ => Ui::tasks(80, 24),
    };
    match scope {
        // The one with a long await stack.
        Scope::Finding => ui.keys("jjd"),
        Scope::Help => ui.keys("?"),
        Scope::Columns => ui.keys("c"),
        Scope::Filter => ui.keys("/blocked"),
        _ => {}
    }
    if matches!(
        action,
        Action::Up | Action::PageUp | Action::HalfPageUp | Action::Top
    ) {
        ui.keys("G");
    }
    if action == Action::CaptureTask {
        let mut detail = fixture::detail();
        detail.task.wait = None;
        ui.answer(Answer::Task(Box::new(detail)));
    }
    if action == Action::ShowFleet {
        let filter = String::new();
        ui.state.fleet = Some(FromFleet { filter });
    }
    if scope == Scope::Findings && action == Action::ToggleFrames {
        ui.found(fixture::findings_update());
        ui.keys("jj");
    }
    (ui, done(scope, action))
}

/// Where moving has led.
fn place(ui: &Ui) -> u64 {
    match (&ui.state.popup, &ui.state.place) {
        (Some(Popup::Help { scrolled }), _) => u64::from(*scrolled),
        (Some(Popup::Columns { selected }), _) => *selected as u64,
        (None, Place::Findings) => ui.state.findings.table.row(),
        (None, Place::Finding(page)) => u64::from(page.scrolled),
        (None, Place::Sites) => ui.state.sites.row(),
        (None, Place::Waits) => ui.state.waits.row(),
        (None, Place::Resources) => ui.state.resources.row(),
        (None, Place::Resource(page)) => page.selected() as u64,
        (None, Place::Task(detail)) => u64::from(detail.scrolled),
        (None, _) => ui.state.tasks.row(),
    }
}

fn bottom(scope: Scope) -> (Ui, u64) {
    let (mut ui, _) = does(scope, Action::Down);
    ui.keys("G");
    let bottom = place(&ui);
    (ui, bottom)
}

/// As if it was a recording of a minute, in the middle.
fn replay(ui: &mut Ui) {
    let at = Nanos::from_secs;
    let reel = Reel {
        range: (at(0), at(60)),
        started_unix: Nanos::ZERO,
        gaps: Vec::new(),
        findings: vec![at(10), at(50)],
        is_cut_off: false,
    };
    ui.state.playback = Some(Playback::new(reel, at(30), 1.0, false));
}

fn goes(ui: &mut Ui, key: &str, to: Go) -> bool {
    replay(ui);
    ui.keys(key);
    ui.effects.contains(&Effect::Go(to))
}

fn speed_after(ui: &mut Ui, key: &str) -> f64 {
    replay(ui);
    ui.keys(key);
    ui.state.playback.as_ref().map_or(0.0, |it| it.speed)
}

fn done(scope: Scope, action: Action) -> fn(&mut Ui) -> bool {
    match action {
        Action::Quit => |ui| ui.effects.contains(&Effect::Quit),
        Action::Help => |ui| matches!(ui.state.popup, Some(Popup::Help { .. })),
        Action::Close => |ui| ui.state.popup.is_none(),
        Action::Back => |ui| {
            let place = &ui.state.place;
            !matches!(
                place,
                Place::Task(_) | Place::Resource(_) | Place::Finding(_)
            )
        },
        Action::Details => |ui| matches!(ui.state.place, Place::Finding(_)),
        Action::Copy => {
            |ui| matches!(&ui.effects[..], [.., Effect::Copy(text)] if !text.is_empty())
        }
        Action::Open if scope == Scope::Resources => {
            |ui| matches!(ui.state.place, Place::Resource(_))
        }
        Action::Open if !matches!(scope, Scope::Tasks | Scope::Resource) => {
            |ui| matches!(ui.state.place, Place::TasksOfGroup { .. })
        }
        Action::Open => |ui| matches!(ui.state.place, Place::Task(_)),
        Action::Apply => |ui| ui.state.filter.text() == "blocked",
        Action::Cancel => {
            |ui| ui.state.filter.text().is_empty() && ui.state.filter.editor().is_none()
        }
        Action::ShowFindings => |ui| matches!(ui.state.place, Place::Findings),
        Action::ShowTasks => |ui| matches!(ui.state.place, Place::Tasks),
        Action::ShowSites => |ui| matches!(ui.state.place, Place::Sites),
        Action::ShowWaits => |ui| matches!(ui.state.place, Place::Waits),
        Action::ShowResources => |ui| matches!(ui.state.place, Place::Resources),
        Action::Capture => |ui| captures(ui, |whose| whose == Whose::Shown),
        Action::CaptureTask => |ui| captures(ui, |whose| whose != Whose::Shown),
        Action::ToggleFrames => |ui| ui.state.all_frames,
        Action::Down => |ui| place(ui) == 1,
        Action::PageDown | Action::HalfPageDown => |ui| place(ui) > 1,
        Action::Up => |ui| place(ui) == bottom(ui.state.scope()).1 - 1,
        Action::PageUp | Action::HalfPageUp => |ui| place(ui) + 1 < bottom(ui.state.scope()).1,
        Action::Top => |ui| place(ui) == 0,
        Action::Bottom => |ui| place(ui) > 1,
        Action::SortLeft if scope == Scope::Sites => {
            // Alive is the first one already.
            |ui| ui.state.sites.sort.column == SiteColumn::Alive
        }
        Action::SortLeft if scope == Scope::Waits => {
            |ui| ui.state.waits.sort.column == WaitColumn::Count
        }
        Action::SortLeft if scope == Scope::Resources => {
            |ui| ui.state.resources.sort.column == ResourceColumn::Type
        }
        Action::SortLeft => |ui| ui.state.tasks.sort.column == TaskColumn::State,
        Action::SortRight if scope == Scope::Sites => {
            |ui| ui.state.sites.sort.column == SiteColumn::Blocked
        }
        Action::SortRight if scope == Scope::Waits => {
            |ui| ui.state.waits.sort.column == WaitColumn::Oldest
        }
        Action::SortRight if scope == Scope::Resources => {
            |ui| ui.state.resources.sort.column == ResourceColumn::Holders
        }
        Action::SortRight => |ui| ui.state.tasks.sort.column == TaskColumn::Wait,
        Action::InvertSort if scope == Scope::Sites => |ui| !ui.state.sites.sort.descending,
        Action::InvertSort if scope == Scope::Waits => |ui| !ui.state.waits.sort.descending,
        Action::InvertSort if scope == Scope::Resources => |ui| !ui.state.resources.sort.descending,
        Action::InvertSort => |ui| !ui.state.tasks.sort.descending,
        Action::EditFilter => |ui| ui.state.filter.editor().is_some(),
        Action::ToggleEnded => |ui| ui.state.filter.effective().to_string() == "all",
        Action::RaiseThreshold => |ui| ui.state.thresholds().blocked_after == Nanos::from_secs(20),
        Action::LowerThreshold => |ui| ui.state.thresholds().blocked_after == Nanos::from_secs(5),
        Action::ChooseColumns => |ui| matches!(ui.state.popup, Some(Popup::Columns { .. })),
        Action::ToggleColumn => |ui| !ui.state.tasks.shown().contains(&TaskColumn::Warn),
        Action::Pause => |ui| ui.state.paused.is_some(),
        Action::StepBack => |ui| goes(ui, ",", Go::Previous),
        Action::StepOn => |ui| goes(ui, ".", Go::Next),
        Action::LeapBack => |ui| goes(ui, "[", Go::To(Nanos::from_secs(20))),
        Action::LeapOn => |ui| goes(ui, "]", Go::To(Nanos::from_secs(40))),
        Action::PreviousFinding => |ui| goes(ui, "N", Go::To(Nanos::from_secs(10))),
        Action::NextFinding => |ui| goes(ui, "n", Go::To(Nanos::from_secs(50))),
        Action::Slower => |ui| speed_after(ui, "<") == 0.5,
        Action::Faster => |ui| speed_after(ui, ">") == 2.0,
        Action::Reconnect => |ui| {
            let line = ui.state.line();
            ui.reply(line, Err(lost()));
            ui.keys("R");
            ui.effects.contains(&Effect::Connect)
        },
        Action::GoToParent => |ui| ui.state.detail().map(|detail| detail.seq.get()) == Some(1),
        Action::GoToWaker => |ui| ui.state.detail().map(|detail| detail.seq.get()) == Some(31),
        Action::ShowFleet => |ui| ui.effects.contains(&Effect::Leave),
        // Of several targets.
        Action::ShowTargets | Action::Mark | Action::MarkAll => |_| false,
    }
}

fn captures(ui: &Ui, of: fn(Whose) -> bool) -> bool {
    let mut effects = ui.effects.iter();
    effects.any(|effect| matches!(effect, Effect::Capture { whose, .. } if of(*whose)))
}

#[test]
fn each_key_does_what_it_says() {
    for binding in BINDINGS {
        // Those of several targets have tests of their own.
        let scopes = binding.scopes.iter();
        for scope in scopes.filter(|scope| !scope.is_of_fleet()) {
            for stroke in binding.strokes {
                let (mut ui, done) = does(*scope, binding.action);
                assert_eq!(ui.state.scope(), *scope);
                match *stroke {
                    Stroke::Key(code) => ui.key(code),
                    Stroke::Ctrl(letter) => ui.ctrl(letter),
                    Stroke::Twice(letter) => {
                        ui.key(KeyCode::Char(letter));
                        ui.key(KeyCode::Char(letter));
                    }
                }
                assert!(done(&mut ui), "{stroke:?} in {scope:?}: {}", binding.does);
            }
        }
    }
}
