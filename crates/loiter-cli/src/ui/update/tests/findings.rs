//! How findings come, lead to their tasks, and are told of.

use crossterm::event::KeyCode;
use loiter_model::{
    Nanos, Target,
    finding::{Certainty, Finding, FindingKind},
    update::FindingsUpdate,
};

use super::lost;
use crate::{
    source::SourceError,
    ui::{
        Answer, Effect, Line, Question,
        fixture::{self, Ui},
        keymap::Scope,
        state::Place,
    },
};

fn some() -> Ui {
    Ui::findings(80, 24, fixture::findings_update())
}

fn words(ui: &Ui) -> String {
    fixture::words(&ui.state)
}

fn with(findings: Vec<Finding>) -> FindingsUpdate {
    FindingsUpdate {
        findings,
        ..fixture::findings_update()
    }
}

fn too_old() -> SourceError {
    SourceError::TooOld {
        endpoint: "127.0.0.1:6669".to_owned(),
        lacks: "findings",
    }
}

fn asks_for_findings(ui: &mut Ui) -> bool {
    ui.question_on(Line::Findings).is_some()
}

fn notified(ui: &Ui) -> Option<&str> {
    ui.effects.iter().find_map(|effect| match effect {
        Effect::Notify(text) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn the_question_stays_open_from_view_to_view() {
    let mut ui = Ui::tasks(80, 24);
    for key in ["s", "w", "f", "t"] {
        ui.wait(Nanos::from_secs(1));
        ui.keys(key);
        let answered = ui.state.findings.asking.is_answered();
        assert!(answered, "{key} begins the rules anew");
    }
    ui.keys("f");
    assert!(ui.effects.contains(&Effect::Unwatch(Line::View)));
    ui.wait(Nanos::from_secs(1));
    assert_eq!(ui.question(), None, "its rows come by the other line");
    ui.keys("t");
    assert!(matches!(ui.question(), Some(Question::Tasks(_))));
}

#[test]
fn other_limits_are_other_rules() {
    let mut ui = Ui::tasks(80, 24);
    ui.wait(Nanos::from_secs(1));
    ui.keys("-");
    let Some(Question::Findings { thresholds }) = ui.question_on(Line::Findings) else {
        panic!("they are asked for anew");
    };
    assert_eq!(thresholds.blocked_after, Nanos::from_secs(5));
}

#[test]
fn the_header_counts_them_in_every_view() {
    let mut ui = Ui::tasks(80, 24);
    for view in ["f", "t", "s", "w"] {
        ui.keys(view);
        let words = words(&ui);
        assert!(words.contains("Findings 4"), "{words}");
    }
    let mut ui = Ui::task(80, 24);
    assert!(words(&ui).contains("◆ Findings 4"));
    ui.found(with(vec![fixture::finding(
        FindingKind::BlockedSend,
        Certainty::Suspected,
    )]));
    assert!(words(&ui).contains("◇ Findings 1"));
    ui.found(fixture::no_findings());
    assert!(words(&ui).contains("Findings 0"));
}

#[test]
fn an_agent_without_findings_is_told_so_where_they_would_be() {
    let mut ui = Ui::tasks(80, 24);
    ui.not_found(too_old());
    assert!(ui.state.link.is_up() && ui.state.lost.is_none());
    let tasks = words(&ui);
    assert!(!tasks.contains("older") && tasks.contains("connected"));
    assert!(!tasks.contains("Findings"), "{tasks}");
    assert!(!asks_for_findings(&mut ui), "it would say the same again");
    ui.keys("f");
    let findings = words(&ui);
    assert!(
        findings.contains("older than this `loiter`: no findings"),
        "{findings}"
    );
    ui.keys("t");
    assert!(ui.question().is_some(), "the rest works");

    // It may come back as a newer one.
    ui.fail(lost());
    ui.connect(fixture::target());
    assert!(asks_for_findings(&mut ui));
}

#[test]
fn a_source_that_refuses_is_no_lost_connection_either() {
    for error in [
        SourceError::BadQuery("no".to_owned()),
        SourceError::WrongProtocol {
            endpoint: "x:1".to_owned(),
            what: "nonsense".to_owned(),
        },
    ] {
        let mut ui = some();
        let text = error.to_string();
        ui.not_found(error);
        assert!(ui.state.link.is_up(), "{text}");
        ui.found(fixture::no_findings());
        assert_eq!(ui.state.findings.refusal, Some(text), "it was the last");
    }
}

#[test]
fn no_room_is_said_where_they_would_be_and_asked_for_again() {
    let busy = SourceError::Busy {
        endpoint: "127.0.0.1:6669".to_owned(),
        reason: "16 are open".to_owned(),
    };
    let mut ui = Ui::tasks(80, 24);
    ui.not_found(busy);
    assert!(!words(&ui).contains("16 are open"));
    ui.keys("f");
    assert!(words(&ui).contains("16 are open"));
    ui.wait(Nanos::from_secs(2));
    assert!(asks_for_findings(&mut ui));
    ui.found(fixture::findings_update());
    assert!(!words(&ui).contains("16 are open"));
}

#[test]
fn a_broken_line_is_a_lost_connection_and_both_are_asked_again() {
    let mut ui = Ui::tasks(80, 24);
    ui.not_found(lost());
    assert!(!ui.state.link.is_up());
    for line in Line::ALL {
        assert!(ui.effects.contains(&Effect::Unwatch(line)), "{line:?}");
    }
    // The other one breaks at the same time: that is no second failure.
    let due = ui.state.link.due();
    ui.fail(lost());
    assert_eq!(ui.state.link.due(), due);
    ui.wait(Nanos::from_secs(1));
    ui.connect(fixture::target());
    assert!(ui.question().is_some() && asks_for_findings(&mut ui));
    ui.answer(Answer::Tasks(fixture::tasks_update()));
    ui.found(fixture::findings_update());
    assert_eq!(ui.state.lost, None);
}

#[test]
fn a_restarted_service_has_other_findings() {
    let mut ui = some();
    ui.keys("jd");
    ui.not_found(lost());
    ui.wait(Nanos::from_secs(1));
    ui.connect(Target {
        run_id: 2,
        ..fixture::target()
    });
    assert_eq!(ui.state.scope(), Scope::Findings);
    assert!(ui.state.findings.table.rows().is_none());
    assert!(words(&ui).contains("service restarted"));
    ui.found(fixture::findings_update());
    assert_eq!(notified(&ui), None, "what is there at first is seen");
    assert_eq!(ui.state.findings.table.row(), 0);
}

#[test]
fn a_finding_leads_to_its_tasks_and_back() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys("/blocked");
    ui.key(KeyCode::Enter);
    ui.keys("f");
    for (down, filter) in [
        ("", ""),
        ("j", "seq:3,7,11"),
        (
            "j",
            "site=\"src/net/connection_pool.rs:88:9\" \
             wait=\"select · connection_pool.rs:88 Pool::next_job\"",
        ),
    ] {
        ui.wait(Nanos::from_secs(1));
        ui.keys(down);
        ui.key(KeyCode::Enter);
        assert_eq!(ui.state.scope(), Scope::Tasks);
        assert_eq!(ui.state.filter.text(), filter);
        assert!(matches!(ui.question(), Some(Question::Tasks(_))));
        ui.key(KeyCode::Esc);
        assert_eq!(ui.state.scope(), Scope::Findings);
        assert_eq!(ui.state.filter.text(), "blocked", "as it was before");
    }
    ui.keys("d");
    ui.key(KeyCode::Enter);
    assert!(ui.state.filter.text().starts_with("site="));
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.scope(), Scope::Finding);
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.scope(), Scope::Findings);
    // There is nowhere to go back to, and no filter to see here.
    ui.key(KeyCode::Esc);
    assert_eq!(ui.state.filter.text(), "blocked");
}

#[test]
fn the_tasks_of_a_hogging_site_are_the_hogging_ones() {
    let mut ui = some();
    for (kind, filter) in [
        (FindingKind::Hogging, "hogging site=\"src/net/"),
        (FindingKind::Starved, "starved site=\"src/net/"),
    ] {
        ui.found(with(vec![Finding {
            count: 9,
            ..fixture::finding(kind, Certainty::Proved)
        }]));
        ui.key(KeyCode::Enter);
        let text = ui.state.filter.text();
        assert!(text.starts_with(filter), "{text}");
        ui.key(KeyCode::Esc);
    }
    ui.found(with(vec![fixture::finding(
        FindingKind::LostWakeup,
        Certainty::Suspected,
    )]));
    ui.key(KeyCode::Enter);
    assert_eq!(ui.state.filter.text(), "seq:12 all");
}

#[test]
fn what_is_copied_has_no_control_characters() {
    for keys in ["jjy", "jjdy"] {
        let mut ui = some();
        ui.keys(keys);
        let copied = ui.effects.iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.as_str()),
            _ => None,
        });
        let copied = copied.expect("it is copied");
        let is_raw = |c: char| c.is_control() && c != '\n';
        assert!(!copied.contains(is_raw), "{copied:?}");
        assert!(copied.contains("[31m"), "the name is told: {copied}");
        assert!(copied.lines().count() > 3, "{copied}");
        let words = words(&ui);
        assert!(
            words.contains("copied as Markdown through the terminal (OSC 52): blocked receive"),
            "{words}"
        );
    }
    let mut ui = Ui::findings(80, 24, fixture::no_findings());
    ui.keys("y");
    assert_eq!(ui.effects, [Effect::Draw], "there is nothing to copy");
}

#[test]
fn news_are_told_once_and_again_when_they_are_surer() {
    let suspected = || fixture::finding(FindingKind::BlockedSend, Certainty::Suspected);
    let mut ui = some();
    assert_eq!(notified(&ui), None, "what is there at first is seen");
    let mut more = fixture::findings_update();
    more.findings.push(suspected());
    ui.found(more.clone());
    let text = notified(&ui).expect("it is new").to_owned();
    assert!(text.starts_with("pigeon-server: "), "{text}");
    ui.found(more.clone());
    assert_eq!(notified(&ui), None, "it is told");
    ui.found(fixture::findings_update());
    ui.found(more);
    assert_eq!(notified(&ui), None, "it comes and goes");
    let proved = Finding {
        certainty: Certainty::Proved,
        ..suspected()
    };
    ui.found(with(vec![
        proved,
        fixture::finding(FindingKind::BlockedLock, Certainty::Suspected),
        fixture::finding(FindingKind::OrphanedWait, Certainty::Watch),
    ]));
    let text = notified(&ui).expect("it is surer");
    assert!(text.ends_with("(and 1 more)"), "{text}");
}

#[test]
fn what_other_limits_bring_is_no_news() {
    let mut ui = some();
    ui.wait(Nanos::from_secs(1));
    ui.keys("-");
    assert!(asks_for_findings(&mut ui));
    ui.found(with(vec![fixture::finding(
        FindingKind::BlockedSend,
        Certainty::Proved,
    )]));
    assert_eq!(notified(&ui), None);
}

#[test]
fn a_finding_that_is_over_stays_as_long_as_it_is_read() {
    let mut ui = some();
    ui.keys("jd");
    ui.wait(Nanos::from_secs(2));
    ui.found(fixture::no_findings());
    let gone = words(&ui);
    assert!(gone.contains("over: the rules see it no more"), "{gone}");
    assert!(gone.contains("no waker of it exists"), "{gone}");
    ui.found(fixture::findings_update());
    assert!(!words(&ui).contains("over:"));

    // From its tasks too.
    ui.key(KeyCode::Enter);
    ui.found(fixture::no_findings());
    ui.key(KeyCode::Esc);
    assert!(words(&ui).contains("over:"));
    ui.key(KeyCode::Esc);
    assert!(words(&ui).contains("No findings."));
}

#[test]
fn the_selection_goes_with_its_finding() {
    let mut ui = some();
    ui.keys("jj");
    let mut update = fixture::findings_update();
    update.findings.swap(0, 2);
    ui.found(update);
    assert_eq!(ui.state.findings.table.row(), 0);
    ui.keys("G");
    ui.keys("d");
    let Place::Finding(page) = &ui.state.place else {
        panic!("it is read");
    };
    assert_eq!(page.finding.kind, FindingKind::LongBlocking);
}

#[test]
fn paused_asks_for_no_findings_either() {
    let mut ui = Ui::tasks(80, 24);
    ui.keys(" ");
    for line in Line::ALL {
        assert!(ui.effects.contains(&Effect::Unwatch(line)), "{line:?}");
    }
    ui.keys("f");
    assert!(!asks_for_findings(&mut ui));
    assert!(words(&ui).contains("no waker"), "as it was known");
    ui.keys(" ");
    assert!(asks_for_findings(&mut ui));
}

#[test]
fn the_order_is_the_rules() {
    let mut ui = some();
    let kinds = |ui: &Ui| {
        let rows = ui.state.findings.table.rows().expect("there are some");
        let kinds = rows.rows.iter().map(|row| row.finding.kind);
        kinds.collect::<Vec<_>>()
    };
    let before = (kinds(&ui), ui.state.findings.table.sort);
    ui.keys("hli");
    let headings = crate::ui::layout::Layout::of(&ui.state).headings;
    ui.click(headings.x + 5, headings.y);
    assert_eq!((kinds(&ui), ui.state.findings.table.sort), before);
    ui.click(5, headings.y + 2);
    assert_eq!(ui.state.findings.table.row(), 1);
    // Without the first column too.
    ui.keys("c ");
    assert_eq!(ui.state.findings.table.sort, before.1);
}
