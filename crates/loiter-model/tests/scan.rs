//! The scans against the plainest way to the same answer: filter, sort everything, cut.

mod arbitrary;

use std::{cmp::Reverse, collections::BTreeMap};

use arbitrary::{idle_task, labels, query, tasks};
use loiter_model::{
    Nanos, SiteId, SiteStats, State, Task, Totals, WaitId, WaitStats,
    query::{
        Filter, Group, Labels, SiteColumn, SiteQuery, SiteScan, Sort, TaskColumn, TaskQuery,
        TaskScan, WaitColumn, WaitQuery, WaitScan, Window,
    },
};
use proptest::{prelude::*, sample::select};

/// Every task that matches, sorted.
fn sorted(tasks: &[Task], query: &TaskQuery, labels: &impl Labels) -> Vec<Task> {
    let limits = &query.thresholds;
    let matches = |task: &&Task| query.filter.matches(task, limits, labels);
    let mut rows: Vec<Task> = tasks.iter().filter(matches).copied().collect();
    rows.sort_by(|a, b| {
        let key = |task| query.sort.column.key(task, limits, labels);
        key(a)
            .compare(&key(b), query.sort.descending)
            .then(a.seq.cmp(&b.seq))
    });
    rows
}

fn cut<T: Clone>(rows: &[T], window: Window) -> (u64, Vec<T>) {
    let count = rows.len() as u64;
    let offset = if window.offset < count {
        window.offset
    } else {
        count.saturating_sub(window.limit)
    };
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let rows = rows[offset as usize..]
        .iter()
        .take(limit)
        .cloned()
        .collect();
    (offset, rows)
}

fn totals(tasks: &[Task], query: &TaskQuery) -> Totals {
    let mut totals = Totals::default();
    for task in tasks {
        totals.count(task, &query.thresholds);
    }
    totals
}

/// The sites of the tasks that match, added up.
fn added_up(tasks: &[Task], query: &SiteQuery, labels: &impl Labels) -> Vec<SiteStats> {
    let limits = &query.thresholds;
    let matches = |task: &&Task| query.filter.matches(task, limits, labels);
    let matching: Vec<Task> = tasks.iter().filter(matches).copied().collect();
    let mut sites: Vec<SiteId> = matching.iter().map(|task| task.site).collect();
    sites.sort();
    sites.dedup();
    let stats = |site| {
        let of_site = || matching.iter().filter(move |task| task.site == site);
        let alive = || of_site().filter(|task| task.state != State::Ended);
        let in_state = |state| of_site().filter(|task| task.state == state).count() as u64;
        let warned = |name| {
            let is_so = |task: &&Task| task.condition(limits).is_some_and(|is| is.name() == name);
            of_site().filter(is_so).count() as u64
        };
        SiteStats {
            site,
            alive: alive().count() as u64,
            idle: in_state(State::Idle),
            scheduled: in_state(State::Scheduled),
            running: in_state(State::Running),
            blocked: warned("blocked"),
            hogging: warned("hogging"),
            starved: warned("starved"),
            oldest_idle: of_site().filter_map(Task::idle).max(),
            bytes: alive().fold(0, |sum: u64, task| {
                sum.saturating_add(task.size.unwrap_or(0))
            }),
            ..SiteStats::default()
        }
    };
    sites.into_iter().map(stats).collect()
}

/// What two tasks that wait alike have in common, in words.
fn likeness(task: &Task, group: Group, labels: &impl Labels) -> String {
    let Some(id) = task.wait else {
        return format!("{:?} {:?}", task.state, task.site);
    };
    match labels.wait(id).filter(|_| group == Group::Wait) {
        Some(wait) => format!("{:?} {:?}", wait.kind, wait.place),
        None => format!("{id:?}"),
    }
}

/// The tasks that match, added up by how they wait.
fn waits_added_up(
    tasks: &[Task],
    group: Group,
    query: &WaitQuery,
    labels: &impl Labels,
) -> Vec<WaitStats> {
    let matches = |task: &&Task| query.filter.matches(task, &query.thresholds, labels);
    let mut groups: BTreeMap<String, Vec<Task>> = BTreeMap::new();
    for task in tasks.iter().filter(matches) {
        let alike = groups.entry(likeness(task, group, labels)).or_default();
        alike.push(*task);
    }
    let stats = |mut tasks: Vec<Task>| {
        tasks.sort_by_key(|task| (Reverse(task.in_state), task.seq));
        let alive = tasks.iter().filter(|task| task.state != State::Ended);
        WaitStats {
            wait: tasks.iter().filter_map(|task| task.wait).min(),
            state: tasks[0].state,
            site: tasks[0].site,
            count: tasks.len() as u64,
            oldest: Some(tasks[0].in_state),
            median: Some(tasks[tasks.len() / 2].in_state),
            bytes: alive.fold(0, |sum: u64, task| {
                sum.saturating_add(task.size.unwrap_or(0))
            }),
            sample: tasks.iter().take(8).map(|task| task.seq).collect(),
        }
    };
    groups.into_values().map(stats).collect()
}

/// What rows come in when the column does not tell them apart.
fn number(stats: &WaitStats) -> (bool, Option<WaitId>, State, Option<SiteId>) {
    let site = stats.wait.is_none().then_some(stats.site);
    (stats.wait.is_none(), stats.wait, stats.state, site)
}

/// What only the caller knows; all of it sorts.
fn complete(stats: &mut SiteStats) {
    let id = u64::from(stats.site.0);
    stats.spawned = id % 3;
    stats.ended = id % 2;
    stats.spawned_per_sec = (id % 4) as f64;
    stats.history = vec![0, (id % 3) as u32];
}

fn is_within_an_eighth(median: Nanos, exact: Nanos) -> bool {
    let longest = (1u64 << 48) - 1;
    let exact = exact.0.min(longest);
    median.0.abs_diff(exact) <= exact / 8
}

proptest! {
    #[test]
    fn a_task_scan_gives_the_window_of_all_rows_sorted(
        tasks in tasks(400),
        query in query::<TaskColumn>(),
    ) {
        let labels = labels();
        let mut scan = TaskScan::new(&query, &labels);
        tasks.iter().for_each(|task| scan.visit(task));
        let answer = scan.finish();

        let rows = sorted(&tasks, &query, &labels);
        prop_assert_eq!(answer.totals, totals(&tasks, &query));
        prop_assert_eq!(answer.matched, rows.len() as u64);
        prop_assert_eq!((answer.offset, answer.tasks), cut(&rows, query.window));
    }

    #[test]
    fn an_expectation_changes_nothing_unless_it_is_far_too_low(
        tasks in tasks(400),
        query in query::<TaskColumn>(),
        expected in 0..400u64,
    ) {
        let labels = labels();
        let mut scan = TaskScan::expecting(expected, &query, &labels);
        tasks.iter().for_each(|task| scan.visit(task));
        let answer = scan.finish();

        let rows = sorted(&tasks, &query, &labels);
        prop_assert_eq!(answer.matched, rows.len() as u64);
        if expected >= answer.matched {
            prop_assert_eq!((answer.offset, answer.tasks), cut(&rows, query.window));
        } else {
            let window = Window { offset: answer.offset, ..query.window };
            prop_assert!(answer.offset >= cut(&rows, query.window).0);
            prop_assert_eq!((answer.offset, answer.tasks), cut(&rows, window));
        }
    }

    #[test]
    fn a_site_scan_gives_the_window_of_all_sites_sorted(
        tasks in tasks(200),
        mut query in query::<SiteColumn>(),
    ) {
        // The median is an estimate: it is checked by itself.
        if query.sort.column == SiteColumn::MedianIdle {
            query.sort.column = SiteColumn::OldestIdle;
        }
        let labels = labels();
        let mut scan = SiteScan::new(&query, &labels);
        tasks.iter().for_each(|task| scan.visit(task));
        let mut answer = scan.finish(complete);

        let mut rows = added_up(&tasks, &query, &labels);
        rows.iter_mut().for_each(complete);
        rows.sort_by(|a, b| {
            let key = |stats| query.sort.column.key(stats, &labels);
            key(a).compare(&key(b), query.sort.descending).then(a.site.cmp(&b.site))
        });
        prop_assert_eq!(answer.matched, rows.len() as u64);
        for stats in &mut answer.sites {
            let matches = |task: &&Task| query.filter.matches(task, &query.thresholds, &labels);
            let of_site = tasks.iter().filter(matches).filter(|task| task.site == stats.site);
            let mut waits: Vec<Nanos> = of_site.filter_map(Task::idle).collect();
            waits.sort();
            match stats.median_idle.take() {
                Some(median) => {
                    let exact = waits[waits.len().div_ceil(2) - 1];
                    prop_assert!(is_within_an_eighth(median, exact), "{median} for {exact}");
                }
                None => prop_assert!(waits.is_empty()),
            }
        }
        prop_assert_eq!((answer.offset, answer.sites), cut(&rows, query.window));
    }
}

proptest! {
    #[test]
    fn a_wait_scan_gives_the_window_of_all_groups_sorted(
        tasks in tasks(200),
        group in select(&Group::ALL[..]),
        mut query in query::<WaitColumn>(),
    ) {
        // The median is an estimate: it is checked by itself.
        if query.sort.column == WaitColumn::Median {
            query.sort.column = WaitColumn::Oldest;
        }
        let labels = labels();
        let mut scan = WaitScan::new(group, &query, &labels);
        tasks.iter().for_each(|task| scan.visit(task));
        let mut answer = scan.finish();

        let mut rows = waits_added_up(&tasks, group, &query, &labels);
        rows.sort_by(|a, b| {
            let key = |stats| query.sort.column.key(stats, &labels);
            key(a)
                .compare(&key(b), query.sort.descending)
                .then_with(|| number(a).cmp(&number(b)))
        });
        prop_assert_eq!(answer.matched, rows.len() as u64);
        let (offset, mut expected) = cut(&rows, query.window);
        prop_assert_eq!(answer.offset, offset);
        for (stats, expected) in answer.waits.iter_mut().zip(&mut expected) {
            let (median, exact) = (stats.median.take(), expected.median.take());
            let (Some(median), Some(exact)) = (median, exact) else {
                return Err(TestCaseError::fail("a group without a median"));
            };
            // That of one task is exact.
            let is_right = median == exact || is_within_an_eighth(median, exact);
            prop_assert!(is_right, "{median} for {exact}");
        }
        prop_assert_eq!(answer.waits, expected);
    }
}

#[test]
fn the_end_key_shows_the_last_rows() {
    let labels = labels();
    let tasks: Vec<Task> = (1..=1000).map(idle_task).collect();
    let query = TaskQuery {
        filter: Filter::default(),
        sort: Sort::by(TaskColumn::Seq),
        window: Window {
            offset: u64::MAX,
            limit: 3,
        },
        thresholds: Default::default(),
    };
    let mut scan = TaskScan::new(&query, &labels);
    tasks.iter().for_each(|task| scan.visit(task));
    let answer = scan.finish();
    let seqs: Vec<u64> = answer.tasks.iter().map(|task| task.seq.get()).collect();
    assert_eq!((answer.offset, seqs), (997, vec![998, 999, 1000]));
}
