//! Stock tokio-console.

use std::collections::BTreeSet;

use loiter_tests::{Server, Terminal, tokio_console_terminal, wait_until};
use vt100::Screen;

use crate::service::{SHAPES, Service};

/// Their glyphs for running, scheduled, idle and ended.
const STATES: [&str; 4] = ["▶", "⏫", "⏸", "⏹"];

/// Stock tokio-console in a wide terminal, once it shows tasks.
fn attached(service: &Service) -> Terminal {
    let terminal = tokio_console_terminal(&[&format!("http://{}", service.address)]);
    terminal.resize(50, 200);
    terminal.wait_for_text("CONNECTED");
    terminal
}

/// The cells of each row of a table, below the headings.
fn rows(screen: &Screen, heading: &str) -> Vec<Vec<String>> {
    let (_, columns) = screen.size();
    screen
        .rows(0, columns.get())
        .skip_while(|line| !line.contains(heading))
        .skip(1)
        .take_while(|line| line.starts_with('│'))
        .map(|line| {
            let cells = line.split_whitespace().map(|cell| cell.trim_matches('│'));
            cells
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .filter(|row: &Vec<String>| !row.is_empty())
        .collect()
}

/// What does not depend on time of the tasks with these names: state, name, kind and location.
fn tasks(screen: &Screen, names: &[&str]) -> BTreeSet<Vec<String>> {
    let of_row = |row: Vec<String>| {
        let state = row
            .iter()
            .position(|cell| STATES.contains(&cell.as_str()))?;
        let name = row.get(state + 1)?.clone();
        let kind = row.iter().position(|cell| cell == "task")?;
        let location = row.get(kind + 1)?.clone();
        let is_wanted = names.contains(&name.as_str());
        is_wanted.then(|| vec![row[state].clone(), name, row[kind].clone(), location])
    };
    rows(screen, "State")
        .into_iter()
        .filter_map(of_row)
        .collect()
}

/// What does not depend on time of the resources that the program made, and of their parts:
/// kind, type, visibility and location.
fn resources(screen: &Screen) -> Vec<Vec<String>> {
    let of_row = |row: Vec<String>| {
        let seen = row
            .iter()
            .position(|cell| ["✅", "🔒"].contains(&cell.as_str()))?;
        let kind = row
            .iter()
            .find(|cell| ["Sync", "Timer"].contains(&cell.as_str()))?;
        let location = row.get(seen + 1)?;
        // console-subscriber has channels of its own, whose semaphores are parts of nothing.
        if row[seen] == "🔒" && row.get(1).is_none_or(|parent| parent == "n/a") {
            return None;
        }
        Some(vec![
            kind.clone(),
            row.get(seen.checked_sub(1)?)?.clone(),
            row[seen].clone(),
            location.clone(),
        ])
    };
    let mut resources: Vec<_> = rows(screen, "Vis").into_iter().filter_map(of_row).collect();
    resources.sort();
    resources
}

#[test]
fn it_shows_the_same_tasks_of_both_servers() {
    for (shape, names) in SHAPES {
        let [stock, ours] = [Server::ConsoleSubscriber, Server::Agent].map(|server| {
            let service = Service::start(&[shape], server);
            let terminal = attached(&service);
            terminal.wait_for_some("row for each task, idle", |screen| {
                let tasks = tasks(screen, names);
                let are_idle = tasks.iter().all(|task| task[0] == "⏸");
                (tasks.len() == names.len() && are_idle).then_some(tasks)
            })
        });
        assert_eq!(ours, stock, "{shape}");
    }
}

#[test]
fn it_shows_the_same_resources_of_both_servers() {
    let types = ["Mutex", "RwLock", "Semaphore", "Barrier", "Sleep"];
    for ((shape, names), wanted) in SHAPES.iter().zip(types) {
        let services = [Server::ConsoleSubscriber, Server::Agent]
            .map(|server| Service::start(&[shape], server));
        let terminals = services.each_ref().map(|service| {
            let mut terminal = attached(service);
            terminal.wait_for("rows of tasks", |screen| {
                tasks(screen, names).len() == names.len()
            });
            terminal.type_keys("r");
            terminal
        });
        // They come within a second or two of the tasks, not all at once.
        wait_until("the same resources on both screens", || {
            let [stock, ours] = terminals
                .each_ref()
                .map(|terminal| terminal.look(resources));
            let has_wanted = stock.iter().any(|resource| resource[1] == wanted);
            (has_wanted && ours == stock).then_some(())
        });
    }
}

#[test]
fn it_shows_a_task_of_the_agent_in_detail_and_pauses() {
    let service = Service::start(&["long-sleep"], Server::Agent);
    let mut terminal = attached(&service);
    terminal.wait_for_text("sleeper");
    // Nothing is selected at first.
    terminal.type_keys("j\r");
    for text in [
        "Task",
        "Waker",
        "Poll Times Percentiles",
        "Sched Times Percentiles",
    ] {
        terminal.wait_for_text(text);
    }
    terminal.type_keys("\x1b");
    terminal.wait_for_text("Tasks (");
    terminal.type_keys(" ");
    terminal.wait_for_text("PAUSED");
    terminal.type_keys(" ");
    terminal.wait_for("it goes on", |screen| !screen.contents().contains("PAUS"));
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

/// Ten times as many as tokio-console can draw of console-subscriber's.
#[test]
fn the_first_message_of_very_many_tasks_arrives() {
    let service = Service::start(&["many-tasks", "--count", "20000"], Server::Agent);
    let terminal = attached(&service);
    terminal.wait_for("all of them", |screen| {
        let title = screen.contents();
        let count = title
            .split("Tasks (")
            .nth(1)
            .and_then(|rest| rest.split(')').next());
        count.and_then(|count| count.parse::<u64>().ok()) >= Some(20_000)
    });
}
