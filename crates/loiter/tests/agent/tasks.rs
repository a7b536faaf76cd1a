//! `WatchTasks`: filters, order, windows, totals, groups.

use std::future::pending;

use loiter::Builder;
use loiter_wire::v1;
use tonic::Code;

use crate::{
    options::totals,
    support::{Client, Program, listen, message, query, update_where},
};

/// Ten tasks named `worker-0` to `worker-9` and five of another site.
async fn fifteen_tasks() {
    listen(Builder::new());
    for number in 0..10 {
        let name = format!("worker-{number}");
        let task = tokio::task::Builder::new()
            .name(&name)
            .spawn(hold(name.clone()));
        drop(task.expect("a runtime"));
    }
    crate::options::spawn_waiting(5);
}

/// Waits for ever, with something in its future.
async fn hold(name: String) {
    pending::<()>().await;
    drop(name);
}

/// The answer when all of them wait.
async fn answer(client: &mut Client, query: v1::WatchTasksRequest) -> v1::TasksUpdate {
    update_where(client, query, |update| totals(update).idle == 15).await
}

fn names(update: &v1::TasksUpdate) -> Vec<&str> {
    let labels = update.labels.as_ref().expect("labels");
    let names = update.tasks.iter().filter_map(|task| task.name);
    names.map(|name| labels.names[&name].as_str()).collect()
}

fn with(change: impl FnOnce(&mut v1::Query)) -> v1::WatchTasksRequest {
    let mut request = query("");
    change(request.query.get_or_insert_default());
    request
}

#[tokio::test]
async fn rows_are_filtered_sorted_and_cut() {
    let mut program = Program::start(async |_| fifteen_tasks().await);
    let client = &mut program.client().await;

    let all = answer(client, query("")).await;
    assert_eq!((all.matched, all.offset, all.tasks.len()), (15, 0, 15));

    let window = with(|query| {
        query.filter = "name:worker".to_owned();
        query.sort = "name".to_owned();
        query.descending = true;
        query.offset = 2;
        query.limit = 3;
    });
    let window = answer(client, window).await;
    assert_eq!(names(&window), ["worker-7", "worker-6", "worker-5"]);
    assert_eq!((window.matched, window.offset), (10, 2));
    assert_eq!(totals(&window).alive, 15, "totals are over every task");

    let last = with(|query| {
        query.sort = "seq".to_owned();
        query.offset = u64::MAX;
        query.limit = 5;
    });
    let last = answer(client, last).await;
    let seqs: Vec<u64> = last.tasks.iter().map(|task| task.seq).collect();
    assert_eq!((seqs, last.offset), (vec![11, 12, 13, 14, 15], 10));

    let none = answer(client, query("name:nobody")).await;
    assert_eq!((none.matched, none.tasks.len()), (0, 0));
}

#[tokio::test]
async fn the_usual_order_is_the_longest_wait_first() {
    let mut program = Program::start(async |_| fifteen_tasks().await);
    let update = answer(&mut program.client().await, query("")).await;
    assert!(
        update
            .tasks
            .is_sorted_by(|a, b| a.in_state_ns >= b.in_state_ns)
    );
}

#[tokio::test]
async fn a_row_tells_what_the_task_is() {
    let mut program = Program::start(async |_| fifteen_tasks().await);
    let update = answer(&mut program.client().await, query("name:worker-3")).await;
    let [task] = &update.tasks[..] else {
        panic!("{update:?}");
    };
    assert_eq!(names(&update), ["worker-3"]);
    assert_eq!(
        (task.kind(), task.state()),
        (v1::Kind::Task, v1::State::Idle)
    );
    assert_eq!((task.polls, task.wakes, task.ending), (1, 0, 0));
    assert!(
        task.size >= Some(size_of::<String>() as u64),
        "it holds one"
    );
    assert!(task.tokio_id > 0);
    assert!(task.total_ns >= task.in_state_ns + task.busy_ns);
    let site = &update.labels.as_ref().expect("labels").sites[&task.site];
    assert!(site.file.ends_with("agent/tasks.rs"), "{site:?}");
    assert!(site.line > 0 && site.column > 0);
}

#[tokio::test]
async fn a_site_is_a_row_when_asked_for() {
    let mut program = Program::start(async |_| {
        fifteen_tasks().await;
        crate::options::finish_tasks(4).await;
    });
    let client = &mut program.client().await;
    let sites = with(|query| query.group = v1::Group::Site.into());
    let update = update_where(client, sites, |update| {
        // The sums are read after the scan: a task that just ends may be in both.
        (totals(update).idle, totals(update).ended, update.matched) == (15, 4, 2)
    })
    .await;
    assert_eq!(update.tasks, []);
    assert_eq!(update.matched, 2, "sites without a task alive are left out");
    let labels = update.labels.as_ref().expect("labels");
    let rows: Vec<_> = update
        .sites
        .iter()
        .map(|row| {
            let file = labels.sites[&row.site]
                .file
                .rsplit('/')
                .next()
                .unwrap_or_default();
            (file, row.alive, row.idle, row.spawned, row.ended)
        })
        .collect();
    assert_eq!(
        rows,
        [("tasks.rs", 10, 10, 10, 0), ("options.rs", 5, 5, 5, 0)]
    );
    assert!(update.sites.iter().all(|row| row.oldest_idle_ns.is_some()));

    let ascending = with(|query| {
        query.group = v1::Group::Site.into();
        query.sort = "alive".to_owned();
        query.limit = 1;
    });
    let update = answer(client, ascending).await;
    assert_eq!(
        (update.matched, update.sites.len(), update.sites[0].alive),
        (2, 1, 5)
    );

    let ended = with(|query| {
        query.group = v1::Group::Site.into();
        query.filter = "state:ended".to_owned();
    });
    let update = update_where(client, ended, |update| update.matched == 1).await;
    let row = &update.sites[0];
    assert_eq!((row.spawned, row.ended), (4, 4));
    assert_eq!(row.lifetime.expect("quantiles").count, 4);
}

#[tokio::test]
async fn answers_go_on() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        loop {
            cues.next().await;
            crate::options::spawn_waiting(1);
        }
    });
    let client = &mut program.client().await;
    let stream = client.watch_tasks(query("")).await;
    let mut updates = stream.expect("an answer").into_inner();
    let mut at = 0;
    for alive in 0..3 {
        loop {
            let update = message(&mut updates)
                .await
                .expect("a stream without an end");
            let now = update.overview.as_ref().expect("an overview").at_ns;
            assert!(now > at);
            at = now;
            if update.tasks.len() == alive {
                break;
            }
        }
        program.cue("spawn");
    }
}

#[tokio::test]
async fn the_limits_of_the_query_count() {
    let mut program = Program::start(async |_| fifteen_tasks().await);
    let at_once = with(|query| {
        query.thresholds = Some(v1::Thresholds {
            blocked_after_ns: 1,
            hogging_after_ns: 1,
            starved_after_ns: 1,
            lints: None,
        });
    });
    let update = answer(&mut program.client().await, at_once).await;
    assert_eq!(totals(&update).blocked, 15);
}

#[tokio::test]
async fn what_cannot_be_asked_is_named() {
    let mut program = Program::start(async |_| listen(Builder::new()));
    let client = &mut program.client().await;
    let questions = [
        (
            with(|query| query.filter = "colour:red".to_owned()),
            "colour",
        ),
        (with(|query| query.filter = "idle>soon".to_owned()), "soon"),
        (with(|query| query.filter = "a".repeat(5000)), "4096"),
        (
            with(|query| query.sort = "colour".to_owned()),
            "no column `colour`",
        ),
        (with(|query| query.group = 7), "group 7"),
    ];
    for (question, named) in questions {
        let status = client
            .watch_tasks(question)
            .await
            .expect_err("a bad question");
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains(named), "{status}");
    }
}
