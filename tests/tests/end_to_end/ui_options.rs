//! What the command line changes of the UI.

use loiter_model::query::Filter;
use loiter_tests::{FakeAgent, Terminal};
use loiter_wire::v1::{Query, WatchTasksRequest};
use vt100::{Color, Screen};

use crate::{LOITER, shared};

fn started(args: &[&str], env: &[(&str, &str)]) -> Terminal {
    let args = [&[shared().address.as_str()], args].concat();
    let terminal = LOITER.terminal_with(&args, env);
    terminal.wait_for_text("connected");
    terminal.wait_for_text(".rs:");
    terminal
}

/// The question that the UI asks an agent first.
fn question(args: &[&str]) -> WatchTasksRequest {
    let agent = FakeAgent::saying(FakeAgent::target(), FakeAgent::no_tasks());
    let address = agent.start();
    let _terminal = LOITER.terminal(&[&[address.as_str()], args].concat());
    agent.wait_for_question()
}

fn query(args: &[&str]) -> Query {
    question(args).query.expect("a query")
}

#[test]
fn the_target_may_stand_in_the_environment() {
    let address = &shared().address;
    let terminal = LOITER.terminal_with(&[], &[("LOITER_TARGET", address)]);
    terminal.wait_for_text("loiter-demo");
}

#[test]
fn filter_is_the_first_filter() {
    let terminal = started(&["--filter", "name:lock-waiter"], &[]);
    terminal.wait_for_text("name:lock-waiter");
    terminal.wait_for("three rows", |screen| {
        screen.contents().matches("lock_held.rs:").count() == 3
    });
    assert_eq!(query(&["--filter", "site:pool"]).filter, "site:pool");
}

#[test]
fn sort_and_reverse_are_the_first_order() {
    let order = |args: &[&str]| {
        let query = query(args);
        (query.sort, query.descending)
    };
    assert_eq!(order(&[]), ("idle".to_owned(), true));
    assert_eq!(order(&["--reverse"]), ("idle".to_owned(), false));
    assert_eq!(order(&["--sort", "name"]), ("name".to_owned(), false));
    assert_eq!(order(&["--sort", "polls"]), ("polls".to_owned(), true));
}

#[test]
fn blocked_after_is_the_first_threshold() {
    let terminal = started(&["--blocked-after", "2m"], &[]);
    terminal.wait_for_text("blocked ≥2m");
}

#[test]
fn the_other_limits_are_the_first_ones_as_well() {
    let args = ["--hogging-after", "1h", "--starved-after", "2ms"];
    let terminal = started(&args, &[]);
    terminal.wait_for_text("0 hogging ≥1h");
    terminal.wait_for_text("starved ≥2ms");
    let limits = query(&args).thresholds.expect("limits");
    assert_eq!(limits.hogging_after_ns, 3_600_000_000_000);
    assert_eq!(limits.starved_after_ns, 2_000_000);
    assert_eq!(limits.blocked_after_ns, 10_000_000_000, "the service's own");
}

#[test]
fn view_is_the_first_view() {
    let terminal = started(&["--view", "sites"], &[]);
    terminal.wait_for_text("Alive");
    let terminal = started(&["--view", "tasks"], &[]);
    terminal.wait_for("tasks", |screen| {
        let contents = screen.contents();
        contents.contains("Idle▼") && !contents.contains("Alive")
    });
}

#[test]
fn sort_is_by_a_column_of_the_view() {
    let order = |args: &[&str]| {
        let query = query(&[&["--view", "sites"], args].concat());
        (query.sort, query.descending)
    };
    assert_eq!(order(&[]), ("alive".to_owned(), true));
    assert_eq!(
        order(&["--sort", "alive", "-r"]),
        ("alive".to_owned(), false)
    );
    assert_eq!(order(&["-s", "site"]), ("site".to_owned(), false));
    let finished = LOITER.run(&["--view", "sites", "--sort", "polls"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("oldest-idle"), "{finished:?}");
}

#[test]
fn retained_tasks_are_asked_for_where_there_are_tasks() {
    let filter = |text: &str| text.parse::<Filter>().expect("a filter");
    let asked = query(&["--retain-for", "6s", "-f", "site:pool"]).filter;
    assert_eq!(filter(&asked), filter("site:pool all -ended-for>6s"));
    assert_eq!(query(&["--retain-for", "none"]).filter, "");
    let sites = query(&["--retain-for", "6s", "--view", "sites"]);
    assert_eq!(sites.filter, "");
}

#[test]
fn interval_is_how_often_it_asks_for_news() {
    assert_eq!(question(&["--interval", "250ms"]).interval_ms, 250);
    assert_eq!(question(&[]).interval_ms, 0);
}

fn is_ascii(screen: &Screen) -> bool {
    screen.contents().is_ascii()
}

#[test]
fn ascii_draws_without_other_characters() {
    let all_ascii = started(&["--ascii"], &[]);
    all_ascii.wait_for("only ASCII", is_ascii);
    let by_locale = started(&[], &[("LANG", "C")]);
    by_locale.wait_for("only ASCII", is_ascii);
    let usual = started(&[], &[]);
    usual.wait_for("more than ASCII", |screen| !is_ascii(screen));
}

/// The colours on the screen.
pub(crate) fn colours(screen: &Screen) -> Vec<Color> {
    let (rows, columns) = screen.size();
    let mut colours = Vec::new();
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            if let Some(cell) = screen.cell(row, column) {
                colours.extend([cell.fgcolor(), cell.bgcolor()]);
            }
        }
    }
    colours.retain(|colour| *colour != Color::Default);
    colours
}

/// What kind of colours are on the screen.
#[derive(Debug, PartialEq)]
enum Depth {
    None,
    Ansi16,
    Ansi256,
    TrueColor,
}

fn depth(screen: &Screen) -> Depth {
    let colours = colours(screen);
    if colours.is_empty() {
        Depth::None
    } else if colours
        .iter()
        .any(|colour| matches!(colour, Color::Rgb(..)))
    {
        Depth::TrueColor
    } else if colours
        .iter()
        .any(|colour| matches!(colour, Color::Idx(16..)))
    {
        Depth::Ansi256
    } else {
        Depth::Ansi16
    }
}

#[test]
fn colours_are_those_of_the_palette() {
    for (args, env, expected) in [
        (&[][..], &[][..], Depth::Ansi256),
        (&[], &[("COLORTERM", "truecolor")], Depth::TrueColor),
        (&[], &[("TERM", "xterm")], Depth::Ansi16),
        (&[], &[("NO_COLOR", "1")], Depth::None),
        (&["--no-color"], &[], Depth::None),
        (&["--palette", "none"], &[], Depth::None),
        (&["--palette", "16"], &[], Depth::Ansi16),
        (&["--palette", "8"], &[], Depth::Ansi16),
        (&[], &[("TERM", "linux")], Depth::Ansi16),
        (&[], &[("LOITER_PALETTE", "8")], Depth::Ansi16),
        (
            &["--palette", "256"],
            &[("LOITER_PALETTE", "8")],
            Depth::Ansi256,
        ),
        (&["--palette", "256"], &[("NO_COLOR", "1")], Depth::Ansi256),
        (&["--palette", "true-color"], &[], Depth::TrueColor),
    ] {
        let terminal = started(args, env);
        terminal.wait_for(
            &format!("{expected:?} with {args:?} and {env:?}"),
            |screen| {
                // Rows have been drawn, and with them whatever is coloured.
                screen.contents().contains(".rs:") && depth(screen) == expected
            },
        );
    }
}
