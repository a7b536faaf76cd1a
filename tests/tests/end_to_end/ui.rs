//! The terminal UI, used as people use it.

use loiter_model::Nanos;
use loiter_tests::{Loiter, Terminal, hang_up, interrupt, terminate};
use loiter_wire::v1::{WatchTaskRequest, loiter_client::LoiterClient};
use tonic::transport::Endpoint;
use vt100::{Color, Screen};

use crate::{LOITER, shared};

/// The UI on a source that panics.
const PANICKING: Loiter = Loiter::at(env!("CARGO_BIN_EXE_panicking-ui"));

/// The UI on the shared service, once it shows something.
fn attached(args: &[&str]) -> Terminal {
    let terminal = LOITER.terminal(&[&[shared().address.as_str()], args].concat());
    terminal.wait_for_text("connected");
    terminal.wait_for_text(" alive");
    terminal
}

/// The lines of the screen.
fn lines(screen: &Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get()).collect()
}

/// The lines that show a task or a site: those with a source location, below the headings.
fn rows(screen: &Screen) -> Vec<String> {
    lines(screen)
        .into_iter()
        .skip_while(|line| !is_headings(line))
        .filter(|line| line.contains(".rs:"))
        .collect()
}

fn is_headings(line: &str) -> bool {
    line.contains("Site") && (line.contains("Name") || line.contains("Alive"))
}

/// The row and column of a heading.
fn heading(screen: &Screen, title: &str) -> Option<(usize, usize)> {
    let lines = lines(screen);
    let row = lines
        .iter()
        .position(|line| line.contains("Site") && line.contains(title))?;
    let byte = lines[row].find(title)?;
    Some((row, lines[row][..byte].chars().count()))
}

#[test]
fn it_attaches_and_shows_the_tasks() {
    let mut terminal = attached(&[]);
    for text in [
        "loiter-demo",
        &shared().address,
        "blocked-send",
        "leak/blocked_send.rs",
    ] {
        terminal.wait_for_text(text);
    }
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn it_asks_nothing_of_the_terminal() {
    let terminal = LOITER.silent_terminal(&[&shared().address]);
    terminal.wait_for_text("blocked-send");
}

#[test]
fn blocked_tasks_are_counted_and_the_longest_idle_is_on_top() {
    let terminal = attached(&["--blocked-after", "100ms"]);
    terminal.wait_for("blocked tasks on top", |screen| {
        let idle = idle_times(screen);
        let longest_first = idle.is_sorted_by(|a, b| a >= b);
        let is_blocked = idle.first() >= Some(&Nanos::from_millis(100));
        idle.len() > 5 && longest_first && is_blocked && !screen.contents().contains(" 0 blocked")
    });
}

/// The idle times on the screen, from top to bottom.
fn idle_times(screen: &Screen) -> Vec<Nanos> {
    let idle_time = |row: String| {
        let mut words = row.split_whitespace();
        words.find(|word| *word == "idle")?;
        words.next()?.parse().ok()
    };
    rows(screen).into_iter().filter_map(idle_time).collect()
}

#[test]
fn a_filter_is_written_with_a_slash() {
    let mut terminal = attached(&[]);
    terminal.type_keys("/name:lock-waiter\r");
    terminal.wait_for("only what matches", |screen| {
        let rows = rows(screen);
        rows.len() == 3 && rows.iter().all(|row| row.contains("lock-waiter"))
    });
    terminal.type_keys("\x1b");
    terminal.wait_for("all tasks again", |screen| rows(screen).len() > 3);
}

#[test]
fn a_wrong_filter_is_explained_while_it_is_written() {
    let mut terminal = attached(&[]);
    terminal.type_keys("/idle>soon");
    terminal.wait_for_text("`soon` is no duration");
    // The rows are still those of no filter.
    terminal.wait_for("all tasks", |screen| rows(screen).len() > 3);
}

#[test]
fn the_selected_task_opens() {
    let mut terminal = attached(&["--filter", "name:lock-holder"]);
    terminal.wait_for("one row", |screen| rows(screen).len() == 1);
    terminal.type_keys("\r");
    for text in ["lock-holder", "timeline", "longest poll", "live wakers"] {
        terminal.wait_for_text(text);
    }
    terminal.type_keys("\x1b");
    terminal.wait_for("the list again", |screen| heading(screen, "Name").is_some());
}

#[test]
fn plus_and_minus_move_the_threshold() {
    let mut terminal = attached(&["--blocked-after", "10s"]);
    terminal.wait_for_text("blocked ≥10s");
    terminal.type_keys("+");
    terminal.wait_for("a longer threshold", |screen| {
        let contents = screen.contents();
        contents.contains("blocked ≥") && !contents.contains("blocked ≥10s")
    });
    terminal.type_keys("-");
    terminal.wait_for_text("blocked ≥10s");
}

#[test]
fn sites_are_one_key_away_and_lead_back_to_their_tasks() {
    let mut terminal = attached(&["--filter", "site:lock_held.rs"]);
    terminal.wait_for("four tasks", |screen| rows(screen).len() == 4);
    terminal.type_keys("s");
    terminal.wait_for("two sites", |screen| {
        heading(screen, "Alive").is_some() && rows(screen).len() == 2
    });
    // The first one has three tasks alive, the second one.
    terminal.type_keys("\r");
    terminal.wait_for("the tasks of the first site", |screen| {
        heading(screen, "Name").is_some() && rows(screen).len() == 3
    });
}

#[test]
fn a_click_on_a_heading_sorts() {
    let mut terminal = attached(&["--filter", "name:-"]);
    let (row, column) = terminal.wait_for_some("a heading", |screen| heading(screen, "Name"));
    terminal.click(row, column);
    terminal.wait_for("names in order", |screen| {
        let names = names(screen);
        names.len() > 3 && names.is_sorted()
    });
    terminal.click(row, column);
    terminal.wait_for("names in the other order", |screen| {
        let names = names(screen);
        names.len() > 3 && names.is_sorted_by(|a, b| a >= b)
    });
}

/// The names of the tasks, from top to bottom. Every one of them has a hyphen.
fn names(screen: &Screen) -> Vec<String> {
    let name = |row: String| {
        let word = row
            .split_whitespace()
            .find(|word| word.contains('-') && word.starts_with(|c: char| c.is_ascii_lowercase()));
        word.map(str::to_owned)
    };
    rows(screen).into_iter().filter_map(name).collect()
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let terminal = attached(&[]);
    terminal.wait_for_text("blocked-send");
    terminal.resize(12, 60);
    terminal.wait_for("a picture of the new size", |screen| {
        let lines = lines(screen);
        lines.len() == 12 && lines[11].contains("q quit") && !rows(screen).is_empty()
    });
    terminal.resize(50, 200);
    terminal.wait_for("a picture of the larger size", |screen| {
        let lines = lines(screen);
        lines.len() == 50 && lines[49].trim_end().ends_with("q quit")
    });
}

#[test]
fn ctrl_c_quits_even_while_a_filter_is_written() {
    let mut terminal = attached(&[]);
    terminal.type_keys("/site");
    terminal.wait_for_text("/site");
    terminal.type_keys("\x03");
    terminal.wait_for_end(0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in [terminate, interrupt, hang_up] {
        let mut terminal = attached(&[]);
        signal(terminal.pid());
        terminal.wait_for_end(0);
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_read_there() {
    for (args, message, code) in [
        (&[][..], "the source panics", 101),
        (&["--elsewhere"], "the source's thread panics", 2),
    ] {
        let mut terminal = PANICKING.terminal(args);
        terminal.wait_for_end(code);
        // On the main screen, where it stays.
        terminal.wait_for_text(message);
    }
}

#[test]
fn a_blocked_task_is_highlighted_in_the_list_and_when_it_opens() {
    let args = ["--filter", "name:lock-holder", "--blocked-after", "100ms"];
    let mut terminal = attached(&args);
    let in_the_list = terminal.wait_for_some("a blocked row", |screen| {
        sign(screen, |line| {
            line.starts_with('■') && line.contains("lock-holder")
        })
    });
    assert_ne!(in_the_list, Color::Default);
    terminal.type_keys("\r");
    let opened = terminal.wait_for_some("a blocked task", |screen| {
        sign(screen, |line| {
            line.trim_start().starts_with("state") && line.contains(": blocked")
        })
    });
    assert_eq!(opened, in_the_list);
    terminal.wait_for_text("■ idle for");
}

/// The colour of the sign for blocked tasks in the first such line.
fn sign(screen: &Screen, is_it: impl Fn(&str) -> bool) -> Option<Color> {
    let lines = lines(screen);
    let row = lines.iter().position(|line| is_it(line))?;
    let before = lines[row].split_once('■')?.0.chars().count();
    let (row, column) = (u16::try_from(row).ok()?, u16::try_from(before).ok()?);
    let cell = screen.cell(row, column)?;
    (cell.contents() == "■").then(|| cell.fgcolor())
}

#[test]
fn a_task_that_the_agent_has_no_room_for_is_no_lost_connection() {
    let service = LOITER.demo();
    let address = service.address();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // As many as the agent looks at closely.
    let others = runtime.block_on(async {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URI");
        let mut client = LoiterClient::new(endpoint.connect_lazy());
        let mut others = Vec::new();
        for _ in 0..16 {
            let request = WatchTaskRequest {
                seq: 1,
                ..WatchTaskRequest::default()
            };
            others.push(client.watch_task(request).await.expect("a place"));
        }
        others
    });
    let mut terminal = LOITER.terminal(&[&address, "--filter", "name:lock-holder"]);
    terminal.wait_for("one row", |screen| rows(screen).len() == 1);
    terminal.type_keys("\r");
    terminal.wait_for("the reason", |screen| {
        let contents = screen.contents();
        contents.contains("no room for another watcher") && contents.contains("connected")
    });
    terminal.type_keys("\x1b");
    terminal.wait_for("the list", |screen| rows(screen).len() == 1);
    terminal.type_keys("\r");
    terminal.wait_for_text("no room for another watcher");
    // Asked again, it has room.
    drop(others);
    terminal.wait_for_text("longest poll");
}
