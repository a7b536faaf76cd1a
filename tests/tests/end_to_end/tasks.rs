//! `loiter tasks`: what it prints of a real service.

use loiter_tests::{Loiter, wait_until};
use serde_json::Value;

use crate::{LOITER, shared};

/// The demo's tasks that are idle for good, by name.
const STUCK: [&str; 6] = [
    "await-acknowledgement",
    "blocked-receive",
    "blocked-send",
    "lock-holder",
    "lock-waiter",
    "wait-on-nothing",
];

fn tasks(args: &[&str]) -> Vec<Value> {
    rows("tasks", args)
}

fn sites(args: &[&str]) -> Vec<Value> {
    rows("sites", &[&["--group", "site"], args].concat())
}

fn rows(key: &str, args: &[&str]) -> Vec<Value> {
    let document = LOITER.tasks(&[&[shared().address.as_str()], args].concat());
    let rows = document[key].as_array();
    rows.unwrap_or_else(|| panic!("no {key} in {document}"))
        .clone()
}

fn names(tasks: &[Value]) -> Vec<&str> {
    tasks
        .iter()
        .filter_map(|task| task["name"].as_str())
        .collect()
}

fn numbers(rows: &[Value], field: &str) -> Vec<u64> {
    rows.iter().filter_map(|row| row[field].as_u64()).collect()
}

/// The tasks of a filter, once there are `count` of them.
fn wait_for_tasks(filter: &str, count: usize) -> Vec<Value> {
    wait_until(filter, || {
        let tasks = tasks(&["--filter", filter]);
        (tasks.len() >= count).then_some(tasks)
    })
}

#[test]
fn the_document_says_whose_tasks_these_are() {
    let document = LOITER.tasks(&[&shared().address]);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["tier"], "every_task");
    assert_eq!(document["target"]["name"], "loiter-demo");
    assert_eq!(document["target"]["pid"], shared().program.pid());
    assert_eq!(
        document["thresholds"]["blocked_after_ns"],
        10_000_000_000_u64
    );
    let rows = document["tasks"].as_array().expect("tasks").len();
    assert_eq!(document["matched"], rows);
    let alive = document["totals"]["alive"].as_u64().expect("a count");
    assert!(alive >= 10, "{alive} alive");
    assert!(document["totals"]["spawned"].as_u64() >= Some(alive));
}

#[test]
fn every_cause_of_a_leak_shows_what_it_is() {
    let expected = [
        ("blocked-send", "blocked_send.rs", "task", "idle"),
        ("blocked-receive", "blocked_receive.rs", "task", "idle"),
        ("wait-on-nothing", "wait_on_nothing.rs", "task", "idle"),
        ("infinite-loop", "infinite_loop.rs", "task", "running"),
        ("lock-holder", "lock_held.rs", "task", "idle"),
        ("lock-waiter", "lock_held.rs", "task", "idle"),
        ("long-blocking", "long_blocking.rs", "blocking", "running"),
        ("await-acknowledgement", "unacknowledged.rs", "task", "idle"),
        ("starved", "starved.rs", "task", "scheduled"),
    ];
    for (name, file, kind, state) in expected {
        let filter = format!("name:{name} state:{state}");
        let task = wait_for_tasks(&filter, 1).remove(0);
        assert_eq!(task["kind"], kind, "{task}");
        let path = task["site"]["file"].as_str().expect("a file");
        assert!(path.ends_with(&format!("leak/{file}")), "{task}");
        assert!(task["site"]["line"].as_u64() > Some(0), "{task}");
    }
}

#[test]
fn nothing_can_wake_a_wait_on_nothing() {
    let task = wait_for_tasks("name:wait-on-nothing state:idle", 1).remove(0);
    assert_eq!(task["wakers"], 0, "{task}");
    let task = wait_for_tasks("name:blocked-receive state:idle", 1).remove(0);
    assert_eq!(task["wakers"], 1, "{task}");
}

#[test]
fn a_loop_without_exit_is_one_long_poll() {
    let task = wait_for_tasks("name:infinite-loop hogging", 1).remove(0);
    assert_eq!(task["polls"], 1, "{task}");
    assert_eq!(task["warn"], "hogging", "{task}");
    assert_eq!(task["idle_ns"], Value::Null, "{task}");
    assert!(
        task["longest_poll_ns"].as_u64() >= Some(1_000_000_000),
        "{task}"
    );
}

#[test]
fn a_busy_loop_wakes_itself_in_each_poll() {
    let task = wait_for_tasks("name:busy-loop self-wakes>10", 1).remove(0);
    let (wakes, self_wakes) = (task["wakes"].as_u64(), task["self_wakes"].as_u64());
    assert_eq!(wakes, self_wakes, "{task}");
    assert!(task["polls"].as_u64() >= self_wakes, "{task}");
}

#[test]
fn three_wait_for_the_lock() {
    assert_eq!(wait_for_tasks("name:lock-waiter state:idle", 3).len(), 3);
}

#[test]
fn each_order_leaks_a_task() {
    let before = wait_for_tasks("name:await-acknowledgement", 1).len();
    wait_for_tasks("name:await-acknowledgement", before + 2);
    let parents = wait_for_tasks("name:await-acknowledgement", 1);
    assert!(parents[0]["parent"].is_u64(), "{}", parents[0]);
}

#[test]
fn short_lives_are_counted_and_remembered() {
    let site = wait_until("ended short tasks", || {
        let sites = sites(&["--filter", "site:churn.rs all", "--sort", "ended"]);
        sites
            .into_iter()
            .find(|site| site["ended"].as_u64() > Some(50))
    });
    assert!(site["spawned"].as_u64() >= site["ended"].as_u64(), "{site}");
    assert!(site["lifetime"]["count"].as_u64() > Some(0), "{site}");
    // Where the operating system came between a task's last poll and its drop, it is unknown how
    // it ended; that is the exception.
    let ended = wait_for_tasks("name:short-lived finished", 1).remove(0);
    assert_eq!(ended["state"], "ended", "{ended}");
    let others = tasks(&["--filter", "name:short-lived ending:cancelled,panicked"]);
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn a_correct_task_is_not_called_blocked() {
    // Until the leaked ones have waited for longer than anything else in the service does.
    wait_for_tasks("name:blocked-send idle>6s", 1);
    let blocked = tasks(&["--filter", "blocked", "--blocked-after", "5s"]);
    let blocked = names(&blocked);
    for name in STUCK {
        assert!(blocked.contains(&name), "{name} is missing in {blocked:?}");
    }
    for name in blocked {
        assert!(STUCK.contains(&name), "{name} is called blocked");
    }
}

#[test]
fn a_task_of_a_local_set_is_local() {
    let task = wait_for_tasks("kind:local", 1).remove(0);
    assert_eq!(task["name"], "session", "{task}");
}

#[test]
fn the_filter_keeps_what_matches() {
    let waiters = tasks(&["--filter", "name:lock-waiter"]);
    assert_eq!(names(&waiters), ["lock-waiter"; 3]);
    let document = LOITER.tasks(&[&shared().address, "--filter", "name:lock-waiter"]);
    assert_eq!(document["matched"], 3);
    assert!(
        document["totals"]["alive"].as_u64() > Some(3),
        "the totals are of all tasks"
    );
}

#[test]
fn the_longest_idle_comes_first() {
    let idle = numbers(&tasks(&["--filter", "state:idle"]), "idle_ns");
    assert!(idle.len() > 5);
    assert!(idle.is_sorted_by(|a, b| a >= b), "{idle:?}");
}

#[test]
fn rows_are_sorted_by_any_column_in_its_own_direction() {
    let polls = numbers(&tasks(&["--sort", "polls"]), "polls");
    assert!(polls.is_sorted_by(|a, b| a >= b), "{polls:?}");
    let by_name = tasks(&["--sort", "name", "--filter", "named"]);
    assert!(names(&by_name).is_sorted(), "{:?}", names(&by_name));
}

#[test]
fn reverse_turns_the_order_round() {
    let polls = numbers(&tasks(&["--sort", "polls", "--reverse"]), "polls");
    assert!(polls.is_sorted(), "{polls:?}");
    let idle = numbers(&tasks(&["--reverse", "--filter", "state:idle"]), "idle_ns");
    assert!(idle.is_sorted(), "{idle:?}");
}

#[test]
fn the_limit_cuts_rows_off_but_not_the_count() {
    let document = LOITER.tasks(&[&shared().address, "--limit", "2"]);
    assert_eq!(document["tasks"].as_array().map(Vec::len), Some(2));
    assert!(document["matched"].as_u64() > Some(2), "{document}");
}

#[test]
fn a_group_has_a_row_a_site() {
    let sites = sites(&["--filter", "name:lock-waiter"]);
    assert_eq!(sites.len(), 1, "{sites:?}");
    assert_eq!(sites[0]["alive"], 3);
    let file = sites[0]["site"]["file"].as_str().expect("a file");
    assert!(file.ends_with("leak/lock_held.rs"), "{file}");
}

#[test]
fn sites_are_sorted_by_their_own_columns() {
    let alive = numbers(&sites(&[]), "alive");
    assert!(alive.len() > 5);
    assert!(alive.is_sorted_by(|a, b| a >= b), "{alive:?}");
    let oldest = numbers(
        &sites(&["--sort", "oldest-idle", "--reverse"]),
        "oldest_idle_ns",
    );
    assert!(oldest.is_sorted(), "{oldest:?}");
}

#[test]
fn blocked_is_what_one_says_it_is() {
    let args = [
        "--filter",
        "name:blocked-receive state:idle",
        "--blocked-after",
    ];
    wait_for_tasks("name:blocked-receive state:idle", 1);
    let with = |limit| tasks(&[&args[..], &[limit]].concat()).remove(0);
    assert_eq!(with("1ns")["warn"], "blocked");
    assert_eq!(with("365d")["warn"], Value::Null);
    let document = LOITER.tasks(&[&shared().address, "--blocked-after", "1m30s"]);
    assert_eq!(
        document["thresholds"]["blocked_after_ns"],
        90_000_000_000_u64
    );
}

#[test]
fn hogging_is_what_one_says_it_is() {
    let args = ["--filter", "name:infinite-loop", "--hogging-after"];
    wait_for_tasks("name:infinite-loop state:running", 1);
    let with = |limit| tasks(&[&args[..], &[limit]].concat()).remove(0);
    assert_eq!(with("1ns")["warn"], "hogging");
    assert_eq!(with("365d")["warn"], Value::Null);
    let document = LOITER.tasks(&[&shared().address, "--hogging-after", "2s"]);
    assert_eq!(
        document["thresholds"]["hogging_after_ns"],
        2_000_000_000_u64
    );
}

#[test]
fn starved_is_what_one_says_it_is() {
    let task = wait_for_tasks("name:starved starved", 1).remove(0);
    assert_eq!(task["warn"], "starved", "{task}");
    assert!(task["in_state_ns"].as_u64() >= Some(100_000_000), "{task}");
    let with = |limit| {
        wait_until("a scheduled task", || {
            let filter = "name:starved state:scheduled";
            tasks(&["--filter", filter, "--starved-after", limit]).pop()
        })
    };
    assert_eq!(with("1ns")["warn"], "starved");
    assert_eq!(with("365d")["warn"], Value::Null);
    let document = LOITER.tasks(&[&shared().address, "--starved-after", "3ms"]);
    assert_eq!(document["thresholds"]["starved_after_ns"], 3_000_000_u64);
}

#[test]
fn short_options_are_the_long_ones() {
    let short = tasks(&["-f", "named", "-s", "polls", "-r", "-n", "3"]);
    assert_eq!(short.len(), 3);
    let polls = numbers(&short, "polls");
    assert!(polls.is_sorted(), "{polls:?}");
    assert!(
        short.iter().all(|task| task["name"].is_string()),
        "{short:?}"
    );
}

#[test]
fn the_target_may_stand_in_the_environment() {
    let mut command = LOITER.command(&["tasks"]);
    command.env("LOITER_TARGET", &shared().address);
    let finished = Loiter::finish(command);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("\"loiter-demo\""), "{finished:?}");
}

#[test]
fn a_pipe_gets_a_table_when_asked_for() {
    let args = [
        "tasks",
        &shared().address,
        "--table",
        "--filter",
        "name:lock-waiter",
    ];
    let finished = LOITER.run(&args);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert!(
        lines[0].contains("Name") && lines[0].contains("Idle"),
        "{finished:?}"
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("lock_held.rs"))
            .count(),
        3
    );
    let summary = lines.last().expect("a summary");
    assert!(summary.starts_with("loiter-demo ("), "{summary}");
    assert!(summary.contains("3 of 3 rows"), "{summary}");
}

#[test]
fn a_table_may_have_a_row_a_site() {
    let args = [
        "tasks",
        &shared().address,
        "--table",
        "--group",
        "site",
        "--filter",
        "name:lock-waiter",
    ];
    let finished = LOITER.run(&args);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert!(
        lines[0].contains("Alive") && lines[0].contains("Oldest"),
        "{finished:?}"
    );
    assert!(lines[1].trim_start().starts_with("3 "), "{finished:?}");
    assert!(lines[1].contains("leak/lock_held.rs"), "{finished:?}");
    let summary = lines.last().expect("a summary");
    assert!(summary.contains("1 of 1 rows"), "{summary}");
}

#[test]
fn a_terminal_gets_a_table() {
    let mut terminal = LOITER.terminal(&["tasks", &shared().address, "-f", "name:lock-waiter"]);
    terminal.wait_for_text("3 of 3 rows");
    assert!(
        !terminal.contents().contains("\"tasks\""),
        "{}",
        terminal.contents()
    );
    terminal.wait_for_end(0);
}

#[test]
fn a_terminal_gets_json_when_asked_for() {
    let filter = "name:lock-holder";
    let terminal = LOITER.terminal(&["tasks", &shared().address, "--json", "-f", filter]);
    // Of a task's fields one of the last: the first ones have left the screen by then.
    terminal.wait_for_text("\"lints\": []");
}
