//! What keys, mouse and news do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use loiter_model::{
    Nanos,
    finding::FindingKind,
    fleet::{FleetSiteColumn, InstanceColumn, InstanceId, News},
    query::Sort,
};

use super::wants_tick;
use crate::ui::{
    Answer, Effect, Line, Message, Notify, Question, UiOptions, View, fixture,
    fleet::{
        FleetEffect, FleetMessage, FleetState, FleetView,
        fixture::{Ui, findings, sites, target},
    },
    keymap::{Action, BINDINGS, Scope, Stroke},
    state::Popup,
};

const SIZE: (u16, u16) = (80, 24);

impl Ui {
    fn labels(&self) -> Vec<String> {
        let rows = self.state.targets.rows().expect("there are rows");
        rows.rows.iter().map(|row| row.label.to_string()).collect()
    }

    /// The question that the target which is open is asked last.
    fn question(&mut self, line: Line) -> Option<Question> {
        let asked = |effects: &[FleetEffect]| {
            effects.iter().find_map(|effect| match effect {
                FleetEffect::Opened(Effect::Watch { question, .. }) if question.line() == line => {
                    Some(question.clone())
                }
                _ => None,
            })
        };
        asked(&self.effects).or_else(|| {
            self.wait(Nanos::from_millis(75));
            asked(&self.effects)
        })
    }

    fn connect(&mut self, n: u32) {
        self.ui(Message::Connected(Ok(target(n))));
    }

    fn is_open(&self) -> bool {
        self.state.opened.is_some()
    }

    /// The target that the last message opened.
    fn opened(&self) -> Option<InstanceId> {
        let opened = self.effects.iter().find_map(|effect| match effect {
            FleetEffect::Open(id) => Some(*id),
            _ => None,
        });
        opened.filter(|_| self.is_open())
    }
}

#[test]
fn every_target_has_a_row_and_those_with_most_findings_come_first() {
    let ui = Ui::watching(20, FleetView::Targets, SIZE);
    let labels = ui.labels();
    assert_eq!(labels.len(), 20);
    assert_eq!(labels[0], "pigeon-000");
    assert_eq!(ui.state.summary.lost, 2);
    assert_eq!(ui.state.summary.connecting, 1);
}

#[test]
fn rows_are_sorted_by_the_columns_of_the_model() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZE);
    let before = ui.state.targets.sort;
    assert_eq!(before, Sort::by(InstanceColumn::Findings));
    ui.keys("h");
    assert_eq!(ui.state.targets.sort.column, InstanceColumn::Starved);
    ui.keys("hhhh");
    assert_eq!(ui.state.targets.sort.column, InstanceColumn::Status);
    // The lost ones first.
    assert_eq!(ui.labels()[..2], ["pigeon-003", "pigeon-013"]);
    ui.keys("i");
    assert_ne!(ui.labels()[0], "pigeon-003");
    ui.keys("s");
    assert_eq!(ui.state.sites.sort.column, FleetSiteColumn::Largest);
    let rows = ui.state.sites.rows().expect("there are sites");
    // Large in one rather than small in all.
    assert_eq!(&*rows.rows[0].target, "pigeon-007");
    assert_eq!(rows.rows[0].site.site.short_file(), "src/spin.rs");
}

#[test]
fn a_filter_holds_while_it_is_written_and_goes_with_esc() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZE);
    ui.keys("/LOST");
    assert_eq!(ui.labels(), ["pigeon-003", "pigeon-013"]);
    assert_eq!(ui.state.scope(), Scope::Filter);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.labels().len(), 20);
    ui.keys("/node-3");
    ui.key(KeyCode::Enter);
    assert_eq!(ui.labels(), ["pigeon-003", "pigeon-010", "pigeon-017"]);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.labels().len(), 20);
}

#[test]
fn enter_opens_a_target_and_esc_leads_back() {
    for back in [KeyCode::Esc, KeyCode::Char('T')] {
        let mut ui = Ui::watching(20, FleetView::Targets, SIZE);
        ui.keys("/pigeon-004");
        ui.key(KeyCode::Enter);
        ui.key(KeyCode::Enter);
        assert_eq!(ui.opened(), Some(InstanceId(4)));
        ui.connect(4);
        assert!(matches!(ui.question(Line::View), Some(Question::Tasks(_))));
        // What happens to the others is heard meanwhile.
        ui.lose(5);
        ui.key(back);
        assert!(ui.effects.contains(&FleetEffect::Close), "{:?}", ui.effects);
        assert!(!ui.is_open());
        assert_eq!(ui.state.summary.lost, 3);
        assert_eq!(ui.labels(), ["pigeon-004"], "the filter stays");
    }
}

#[test]
fn esc_drops_a_filter_that_was_written_in_a_target_before_it_leads_back() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZE);
    ui.key(KeyCode::Enter);
    ui.connect(0);
    ui.keys("/blocked");
    ui.key(KeyCode::Enter);
    ui.key(KeyCode::Esc);
    assert!(ui.is_open());
    ui.key(KeyCode::Esc);
    assert!(!ui.is_open());
}

#[test]
fn q_leaves_all_of_it_from_a_target_too() {
    let mut ui = Ui::watching(2, FleetView::Targets, SIZE);
    ui.key(KeyCode::Enter);
    ui.keys("q");
    assert_eq!(ui.effects.last(), Some(&FleetEffect::Quit));
}

#[test]
fn a_site_opens_its_largest_target_at_its_tasks() {
    let mut ui = Ui::watching(20, FleetView::Sites, SIZE);
    ui.key(KeyCode::Enter);
    assert_eq!(ui.opened(), Some(InstanceId(7)));
    ui.connect(7);
    let Some(Question::Tasks(query)) = ui.question(Line::View) else {
        panic!("it asks for tasks: {:?}", ui.effects);
    };
    assert!(query.filter.to_string().contains("src/spin.rs:7:13"));
    // It was not written there: one Esc leads back.
    ui.key(KeyCode::Esc);
    assert!(!ui.is_open());
    assert_eq!(ui.state.view, FleetView::Sites);
}

#[test]
fn a_finding_opens_its_largest_target_with_it_selected() {
    let mut ui = Ui::watching(20, FleetView::Findings, SIZE);
    ui.keys("/receive");
    ui.key(KeyCode::Enter);
    let row = ui.state.findings.selected().expect("a finding");
    assert_eq!(row.finding.kind, FindingKind::BlockedReceive);
    assert_eq!(row.finding.largest.instance, InstanceId(6));
    ui.key(KeyCode::Enter);
    assert_eq!(ui.opened(), Some(InstanceId(6)));
    ui.connect(6);
    assert!(matches!(
        ui.question(Line::Findings),
        Some(Question::Findings { .. })
    ));
    let opened = ui.state.opened.as_ref().expect("it is open");
    let number = opened.state.asking(Line::Findings).number();
    let answer = Ok(Box::new(Answer::Findings(findings(6))));
    let line = Line::Findings;
    ui.ui(Message::Answered {
        line,
        number,
        answer,
    });
    let opened = ui.state.opened.as_ref().expect("it is open");
    let shown = opened.state.finding().expect("one is selected");
    assert_eq!(shown.finding.kind, FindingKind::BlockedReceive);
}

#[test]
fn agents_are_marked_and_chosen() {
    let mut ui = Ui::watching(5, FleetView::Picker, SIZE);
    assert_eq!(ui.state.scope(), Scope::Picker);
    // Of one that is not marked, it is opened.
    ui.key(KeyCode::Enter);
    assert_eq!(ui.opened(), Some(InstanceId(0)));
    ui.key(KeyCode::Esc);
    // Marks and goes on.
    ui.keys("  ");
    ui.key(KeyCode::Enter);
    let chosen = [InstanceId(0), InstanceId(1)];
    assert_eq!(
        ui.effects.last(),
        Some(&FleetEffect::Choose(chosen.to_vec()))
    );
    ui.keys("a");
    assert_eq!(ui.state.marked.len(), 5);
    ui.keys("a");
    assert!(ui.state.marked.is_empty());
    // One that is marked, wherever the cursor is.
    ui.keys("ggj k");
    assert_eq!(ui.state.marked.len(), 1);
    let marked = *ui.state.marked.first().expect("one");
    ui.keys("G");
    ui.key(KeyCode::Enter);
    assert_eq!(ui.opened(), Some(marked));
}

#[test]
fn esc_leads_from_the_chosen_ones_back_to_the_choice() {
    let state = FleetState::new(UiOptions::new(""), FleetView::Targets, 80, 24).chosen();
    let mut ui = Ui::watching(3, FleetView::Targets, SIZE);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.effects, [FleetEffect::Draw], "nothing was chosen");
    ui.state = state;
    ui.keys("f");
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.view, FleetView::Targets);
    ui.key(KeyCode::Esc);
    assert!(ui.effects.contains(&FleetEffect::ChooseAgain));
}

#[test]
fn the_selection_stays_with_its_target() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZE);
    ui.keys("jjj");
    let selected = ui.state.selected();
    for n in 30..40 {
        ui.see(n);
        ui.answer(n);
    }
    ui.wait(Nanos::from_secs(1));
    assert_eq!(ui.labels().len(), 30);
    assert_eq!(ui.state.selected(), selected);
}

#[test]
fn the_screen_stays_where_it_is_when_rows_are_made_anew() {
    let mut ui = Ui::watching(200, FleetView::Targets, SIZE);
    ui.keys("G");
    for _ in 0..5 {
        ui.keys("k");
    }
    let at = |ui: &Ui| (ui.state.targets.row(), ui.state.targets.top());
    let before = at(&ui);
    assert_eq!(before, (194, 184));
    ui.news(0, News::Target(Box::new(target(0))));
    ui.wait(Nanos::from_secs(1));
    assert_eq!(at(&ui), before);
}

#[test]
fn rows_are_made_anew_now_and_then_and_not_for_each_message() {
    let mut ui = Ui::watching(3, FleetView::Targets, SIZE);
    ui.wait(Nanos::from_secs(1));
    ui.see(3);
    assert!(ui.effects.contains(&FleetEffect::Draw), "it was long ago");
    ui.see(4);
    ui.see(5);
    assert_eq!(ui.labels().len(), 4);
    let due = wants_tick(&ui.state).expect("it is due");
    assert_eq!(due, ui.now.saturating_add(Nanos::from_millis(250)));
    ui.wait(Nanos::from_millis(250));
    assert_eq!(ui.labels().len(), 6);
}

#[test]
fn paused_nothing_moves_and_what_came_meanwhile_is_shown_later() {
    let mut ui = Ui::watching(3, FleetView::Targets, SIZE);
    ui.keys(" ");
    let before = ui.picture();
    for n in 3..6 {
        ui.see(n);
        ui.answer(n);
    }
    ui.lose(0);
    assert_eq!(wants_tick(&ui.state), None);
    ui.wait(Nanos::from_secs(30));
    assert_eq!(ui.picture(), before);
    // Whatever one does with it, it is the picture of then.
    ui.keys("sf");
    ui.key(KeyCode::Enter);
    ui.key(KeyCode::Esc);
    ui.keys("t");
    assert_eq!(ui.labels().len(), 3);
    assert_eq!(ui.state.summary.lost, 0);
    ui.keys(" ");
    assert_eq!(ui.labels().len(), 6);
    assert_eq!(ui.state.summary.lost, 1);
}

#[test]
fn the_same_process_by_another_address_says_so() {
    let mut ui = Ui::watching(3, FleetView::Targets, (140, 24));
    let before = ui.state.summary.alive;
    ui.see(7);
    ui.news(7, News::Target(Box::new(target(0))));
    ui.news(7, News::Sites(Box::new(sites(0))));
    ui.wait(Nanos::from_secs(1));
    ui.keys("/pigeon-007");
    ui.key(KeyCode::Enter);
    let picture = ui.picture();
    let words = "the same process as pigeon-000, where it counts";
    assert!(picture.contains(words), "{picture}");
    assert_eq!(ui.state.summary.alive, before);
}

#[test]
fn only_who_answers_is_up() {
    let mut ui = Ui::watching(5, FleetView::Targets, SIZE);
    ui.keys("/up");
    ui.key(KeyCode::Enter);
    // One is lost, and one not reached yet.
    assert_eq!(ui.labels(), ["pigeon-000", "pigeon-001", "pigeon-002"]);
}

#[test]
fn new_findings_are_told_once() {
    let options = UiOptions {
        notify: Notify::Bell,
        ..UiOptions::new("")
    };
    let mut ui = Ui::start(options, FleetView::Targets, SIZE);
    let told = |ui: &Ui| {
        ui.effects.iter().find_map(|effect| match effect {
            FleetEffect::Notify(text) => Some(text.clone()),
            _ => None,
        })
    };
    ui.see(1);
    ui.answer(1);
    assert_eq!(told(&ui), None);
    let update = || News::Findings(Box::new(fixture::findings_update()));
    ui.news(1, update());
    let text = told(&ui).expect("it is news");
    assert!(text.starts_with("pigeon-001: 1234 tasks alive"), "{text}");
    assert!(text.ends_with("(and 2 more)"), "{text}");
    ui.news(1, update());
    assert_eq!(told(&ui), None);
    // What there is when one comes back to it is seen.
    ui.lose(1);
    ui.news(1, News::Target(Box::new(target(1))));
    ui.news(1, update());
    assert_eq!(told(&ui), None);
}

#[test]
fn the_finding_of_the_worst_target_is_copied() {
    let mut ui = Ui::watching(20, FleetView::Findings, SIZE);
    ui.keys("y");
    let copied = ui.effects.iter().find_map(|effect| match effect {
        FleetEffect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    assert!(copied.expect("it is copied").contains("too many alive"));
    assert!(ui.picture().contains("copied as Markdown"));
}

#[test]
fn a_click_sorts_or_selects() {
    let mut ui = Ui::watching(20, FleetView::Targets, SIZE);
    let layout = ui.state.layout();
    let click = |column, row| {
        FleetMessage::Ui(Message::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    };
    ui.send(click(1, layout.headings.y));
    assert_eq!(ui.state.targets.sort.column, InstanceColumn::Name);
    ui.send(click(1, layout.rows.y + 4));
    assert_eq!(ui.state.targets.row(), 4);
    ui.keys("f");
    let sort = ui.state.findings.sort;
    ui.send(click(1, ui.state.layout().headings.y));
    assert_eq!(ui.state.findings.sort, sort, "the rules say their order");
}

#[test]
fn the_first_view_and_order_are_those_of_the_options() {
    for (view, expected) in [
        (View::Tasks, FleetView::Targets),
        (View::Findings, FleetView::Findings),
        (View::Sites, FleetView::Sites),
    ] {
        let options = UiOptions {
            view,
            site_sort: Some(Sort {
                column: loiter_model::query::SiteColumn::Blocked,
                descending: false,
            }),
            ..UiOptions::new("")
        };
        assert_eq!(FleetState::view_of(&options), expected);
        let state = FleetState::new(options, expected, 80, 24);
        assert_eq!(state.sites.sort.column, FleetSiteColumn::Blocked);
        assert!(!state.sites.sort.descending);
    }
}

#[test]
fn a_resize_reaches_both() {
    let mut ui = Ui::watching(200, FleetView::Targets, SIZE);
    ui.keys("G");
    ui.key(KeyCode::Enter);
    let (width, height) = (60, 12);
    ui.ui(Message::Resize { width, height });
    let opened = ui.state.opened.as_ref().expect("it is open");
    assert_eq!(opened.state.size, (60, 12));
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.size, (60, 12));
    let last = ui.state.targets.row();
    assert_eq!(last, 199);
    let height = ui.state.rows_height();
    assert!(
        ui.state.targets.top() + height > last,
        "it is on the screen"
    );
}

#[test]
fn thresholds_are_shown_where_all_have_the_same() {
    let mut ui = Ui::watching(2, FleetView::Targets, SIZE);
    assert!(ui.picture().contains("blocked ≥10s"));
    let mut other = target(5);
    other.thresholds.blocked_after = Nanos::from_secs(3);
    ui.see(5);
    ui.news(5, News::Target(Box::new(other)));
    ui.news(5, News::Sites(Box::new(sites(5))));
    ui.wait(Nanos::from_secs(1));
    let picture = ui.picture();
    assert!(
        picture.contains("blocked") && !picture.contains('≥'),
        "{picture}"
    );
}

/// A UI in which this scope has the keys, in the middle of many rows, with something to be done by
/// each of them.
fn in_scope(scope: Scope) -> Ui {
    let view = match scope {
        Scope::FleetSites => FleetView::Sites,
        Scope::FleetFindings => FleetView::Findings,
        Scope::Picker => FleetView::Picker,
        _ => FleetView::Targets,
    };
    let mut ui = Ui::watching(200, view, SIZE);
    // Room for two rows.
    ui.ui(Message::Resize {
        width: 80,
        height: 7,
    });
    if matches!(scope, Scope::Targets | Scope::Picker) {
        // Esc leads nowhere there, but drops this.
        ui.keys("/pigeon");
        ui.key(KeyCode::Enter);
    }
    // Some are sorted by their first column.
    ui.keys("lj");
    ui
}

/// Whether the UI shows already what this would show.
fn is_there(scope: Scope, action: Action) -> bool {
    matches!(
        (scope, action),
        (Scope::Targets, Action::ShowTargets)
            | (Scope::FleetSites, Action::ShowSites)
            | (Scope::FleetFindings, Action::ShowFindings)
    )
}

fn does(ui: &Ui, before: &Ui, scope: Scope, action: Action) -> bool {
    let (state, row) = (&ui.state, ui.state.table().row());
    let was = before.state.table().row();
    let last = state.table().matched() - 1;
    match action {
        Action::Quit => ui.effects.contains(&FleetEffect::Quit),
        Action::Help => matches!(state.popup, Some(Popup::Help { .. })),
        Action::ChooseColumns => matches!(state.popup, Some(Popup::Columns { .. })),
        Action::Back => match scope {
            Scope::Targets | Scope::Picker => state.filter.is_empty(),
            _ => state.view == FleetView::Targets,
        },
        Action::Open => ui.opened().is_some(),
        Action::Copy => ui
            .effects
            .iter()
            .any(|it| matches!(it, FleetEffect::Copy(_))),
        Action::EditFilter => state.filter.is_edited(),
        Action::ShowTargets => state.view == FleetView::Targets,
        Action::ShowSites => state.view == FleetView::Sites,
        Action::ShowFindings => state.view == FleetView::Findings,
        Action::ToggleFrames => state.all_frames,
        Action::Pause => state.paused.is_some(),
        Action::Reconnect => ui.effects.contains(&FleetEffect::Hurry),
        Action::Mark => state.marked.len() == 1,
        Action::MarkAll => state.marked.len() == 200,
        Action::SortLeft | Action::SortRight => {
            let sorts = |ui: &Ui| (ui.state.targets.sort.column, ui.state.sites.sort.column);
            sorts(ui) != sorts(before)
        }
        Action::InvertSort => {
            let sorts = |ui: &Ui| (ui.state.targets.sort, ui.state.sites.sort);
            sorts(ui) != sorts(before)
        }
        Action::Down | Action::PageDown | Action::HalfPageDown => row > was,
        Action::Up | Action::PageUp | Action::HalfPageUp => row < was,
        Action::Top => row == 0,
        Action::Bottom => row == last,
        other => panic!("{other:?} has no meaning for several targets"),
    }
}

#[test]
fn each_key_does_what_it_says() {
    for binding in BINDINGS {
        for scope in binding.scopes.iter().filter(|scope| scope.is_of_fleet()) {
            for stroke in binding.strokes {
                let before = in_scope(*scope);
                let mut ui = in_scope(*scope);
                assert_eq!(ui.state.scope(), *scope);
                match *stroke {
                    Stroke::Key(code) => ui.key(code),
                    Stroke::Ctrl(letter) => {
                        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
                        ui.ui(Message::Key(key));
                    }
                    Stroke::Twice(letter) => ui.keys(&format!("{letter}{letter}")),
                }
                let was = does(&before, &before, *scope, binding.action);
                assert_eq!(
                    was,
                    is_there(*scope, binding.action),
                    "{stroke:?} in {scope:?}"
                );
                let done = does(&ui, &before, *scope, binding.action);
                assert!(done, "{stroke:?} in {scope:?}: {}", binding.does);
            }
        }
    }
}
