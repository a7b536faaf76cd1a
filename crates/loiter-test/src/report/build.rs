//! Makes a report of what is left over.

use std::{
    cmp::Reverse,
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use loiter_model::{
    Frame, Kind, Origin, Site, StackSource, State, Task, Tier, Wait, WaitKind, finding::Certainty,
};

use super::{Call, Contents, Extent, Leak, LeakReport, Place, Spawner, Trouble, advice};
use crate::{label::Label, look::Look, settle::Left};

/// The number of the report's shape.
const SCHEMA: u32 = 1;
/// Names, scopes and spawners of a group that are told.
const TOLD: usize = 8;
/// Branches of a stack that are told, and calls of a branch.
const BRANCHES: usize = 16;
const CALLS: usize = 64;

/// What a report is about.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) test: String,
    pub(crate) label: Option<Label>,
    pub(crate) timeout: Duration,
}

/// What makes tasks equal.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    site: Arc<Site>,
    kind: Kind,
    wait: Option<Arc<Wait>>,
    /// Running tasks do not wait.
    running: bool,
    certainty: Option<Certainty>,
}

impl LeakReport {
    /// Of tasks that are left over.
    pub(crate) fn of_leaks(about: &About, left: &Left) -> Self {
        let look = &left.look;
        let groups = groups(about, look);
        Self(Box::new(Contents {
            tasks: look.tasks.len() as u64,
            unseen: look.unseen,
            tier: Some(left.tier.name()),
            notes: notes(about, left, &groups),
            groups,
            ..Contents::empty(about)
        }))
    }

    /// Of a check that cannot be made.
    pub(crate) fn of_trouble(about: &About, trouble: Trouble) -> Self {
        Self(Box::new(Contents {
            trouble: Some(trouble),
            ..Contents::empty(about)
        }))
    }
}

impl Contents {
    fn empty(about: &About) -> Self {
        let program = env::current_exe().ok();
        let program = program.and_then(|path| Some(path.file_stem()?.to_string_lossy().into()));
        Self {
            schema: SCHEMA,
            program: program.unwrap_or_default(),
            test: about.test.clone(),
            extent: match about.label {
                Some(_) => Extent::Test,
                None => Extent::Process,
            },
            waited_ns: u64::try_from(about.timeout.as_nanos()).unwrap_or(u64::MAX),
            tasks: 0,
            unseen: 0,
            tier: None,
            groups: Vec::new(),
            notes: Vec::new(),
            trouble: None,
        }
    }
}

/// The oldest task of each group is its first: that is how a look lists them.
fn groups(about: &About, look: &Look) -> Vec<Leak> {
    let mut order: Vec<Vec<&Task>> = Vec::new();
    let mut indices: HashMap<Key, usize> = HashMap::new();
    for task in &look.tasks {
        let wait = look.wait(task);
        let key = Key {
            site: look.site(task),
            kind: task.kind,
            running: task.state == State::Running,
            certainty: certainty(task, wait.as_deref()),
            wait,
        };
        let index = *indices.entry(key).or_insert_with(|| {
            order.push(Vec::new());
            order.len() - 1
        });
        order[index].push(task);
    }
    let mut groups: Vec<Leak> = order.iter().map(|tasks| leak(about, look, tasks)).collect();
    groups.sort_by_key(|group| (group.certainty.is_none(), Reverse(group.count)));
    groups
}

/// How sure it is that nothing can wake a task, as the finding of that name has it.
fn certainty(task: &Task, wait: Option<&Wait>) -> Option<Certainty> {
    let is_wakerless = task.state == State::Idle
        && task.polls > 0
        && task.live_wakers == 0
        && matches!(task.kind, Kind::Task | Kind::Local)
        && !task.may_be_part;
    match wait {
        _ if !is_wakerless => None,
        Some(wait) => (wait.kind == WaitKind::Nothing && wait.stack.source == StackSource::Probed)
            .then_some(Certainty::Proved),
        None => Some(Certainty::Suspected),
    }
}

fn leak(about: &About, look: &Look, tasks: &[&Task]) -> Leak {
    let first = tasks[0];
    let (site, wait) = (look.site(first), look.wait(first));
    let certainty = certainty(first, wait.as_deref());
    let advice = advice::of(
        first.kind,
        first.state,
        wait.as_ref().map(|wait| wait.kind),
        certainty.is_some(),
    );
    let scope_below = |task: &Task| {
        let path = look.name(task.scope)?;
        let below = match &about.label {
            Some(label) => label.inside(&path)?,
            None => &path,
        };
        (!below.is_empty()).then(|| below.to_owned())
    };
    let spawner = |task: &Task| {
        // A task of the test's own future has none worth telling.
        let parent = task.parent.filter(|parent| !look.parents.is_root(*parent));
        let (name, site) = look.parents.get(parent)?;
        Some(Spawner {
            name: name.map(|name| name.to_string()),
            site: Place::of(&site),
        })
    };
    Leak {
        count: tasks.len() as u64,
        names: some(tasks, |task| {
            look.name(task.name).map(|name| name.to_string())
        }),
        scopes: some(tasks, scope_below),
        kind: first.kind.name(),
        state: first.state.name(),
        oldest_ns: first.in_state.0,
        wait: wait.as_ref().map(|wait| wait.kind.name()),
        source: wait.as_ref().map(|wait| wait.stack.source.name()),
        branches: wait.as_deref().map(branches).unwrap_or_default(),
        site: Place::of(&site),
        spawned_by: some(tasks, spawner),
        certainty: certainty.map(Certainty::name),
        cause: advice.cause,
        cure: advice.cure,
        code: advice.code,
    }
}

/// Some of what the tasks have, each once.
fn some<T: PartialEq>(tasks: &[&Task], get: impl Fn(&Task) -> Option<T>) -> Vec<T> {
    let mut some = Vec::new();
    for value in tasks.iter().filter_map(|task| get(task)) {
        if some.len() == TOLD {
            break;
        }
        if !some.contains(&value) {
            some.push(value);
        }
    }
    some
}

fn branches(wait: &Wait) -> Vec<Vec<Call>> {
    let branches = wait.stack.branches.iter().take(BRANCHES);
    branches
        .map(|branch| {
            let frames = without_sampling(&branch.frames).iter().take(CALLS);
            frames.map(Call::of).collect()
        })
        .collect()
}

/// A sample is taken where tokio tells of a clone of a waker: those calls are not the task's.
fn without_sampling(frames: &[Frame]) -> &[Frame] {
    let tells = |frame: &Frame| {
        frame.origin() == Origin::Tokio && frame.path().ends_with("::task::waker::clone_waker")
    };
    match frames.iter().rposition(tells) {
        Some(at) => &frames[at + 1..],
        None => frames,
    }
}

impl Call {
    fn of(frame: &Frame) -> Self {
        let path = frame.path();
        Self {
            function: if path.is_empty() {
                frame.function.to_string()
            } else {
                path
            },
            place: Place::of(&Site::new(frame.file.clone(), frame.line, frame.column)),
            origin: frame.origin().name(),
        }
    }
}

impl Place {
    fn of(site: &Site) -> Self {
        let file = site.short_file();
        Self {
            file: in_workspace(file).unwrap_or(file).to_owned(),
            line: site.line,
            column: site.column,
        }
    }
}

/// A path below the folder of the workspace that the test is run in: the compiler has such paths
/// for spawns, and full ones for calls.
fn in_workspace(file: &str) -> Option<&str> {
    static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        let current = env::current_dir().ok()?;
        let mut folders = current.ancestors();
        let root = folders.find(|folder| folder.join("Cargo.lock").exists())?;
        Some(root.to_owned())
    });
    Path::new(file).strip_prefix(root.as_ref()?).ok()?.to_str()
}

fn notes(about: &About, left: &Left, groups: &[Leak]) -> Vec<String> {
    let mut notes = Vec::new();
    if left.look.unseen > 0 {
        notes.push(unseen(about, left.look.unseen, left.tier));
    } else if let Some(remedy) = left.tier.remedy() {
        notes.push(format!("not every task can be seen: {remedy}"));
    }
    if left.look.untracked > 0 {
        notes.push(format!(
            "{} tasks of this process could not be tracked: raise LOITER_MAX_TASKS",
            left.look.untracked
        ));
    }
    let unknown: u64 = groups
        .iter()
        .filter(|leak| is_unknown(leak))
        .map(|leak| leak.count)
        .sum();
    match left.asked {
        None => notes.push(
            "tasks are not asked what they wait on: LOITER_CAPTURE_STACKS says so".to_owned(),
        ),
        Some(asked) if asked.timed_out > 0 => notes.push(format!(
            "{} tasks did not say in time what they wait on: they are many, or their runtime \
             does not run",
            asked.timed_out
        )),
        Some(_) if unknown > 0 => notes.push(format!(
            "what {unknown} tasks wait on is not known: only those that are spawned with \
             loiter::spawn can be asked"
        )),
        Some(_) => {}
    }
    let calls = groups
        .iter()
        .flat_map(|group| group.branches.iter().flatten());
    let mut own = calls.filter(|call| call.origin != "std").peekable();
    if own.peek().is_some() && own.all(|call| call.place.file.is_empty()) {
        notes.push(
            "files and lines are missing: add `debug = \"line-tables-only\"` to the profile that \
             the tests are built with"
                .to_owned(),
        );
    }
    notes
}

/// Whether it should be known what they wait on, and is not.
fn is_unknown(leak: &Leak) -> bool {
    leak.wait.is_none()
        && leak.certainty.is_none()
        && leak.state == State::Idle.name()
        && leak.kind != Kind::Blocking.name()
}

/// What can be said of tasks of which nothing is known.
fn unseen(about: &About, count: u64, tier: Tier) -> String {
    let tasks = match count {
        1 => "1 more task is alive".to_owned(),
        _ => format!("{count} more tasks are alive"),
    };
    let by_whom = match (tier, &about.label) {
        (Tier::NotBuiltIn, _) => {
            "spawned with tokio::spawn: build the tests with RUSTFLAGS=\"--cfg tokio_unstable\", \
             or spawn with loiter::spawn, to see where"
        }
        (Tier::SubscriberTaken, _) => {
            "spawned with tokio::spawn, which cannot be seen as a tracing subscriber was \
             installed before loiter: hand it over (`subscriber = ...` of #[loiter_test::test]), \
             or spawn with loiter::spawn, to see where"
        }
        (Tier::EveryTask, Some(_)) => {
            "on the test's runtime, spawned outside of its future: on a thread of its own, or \
             where a tracing subscriber of the test's own was the thread's default"
        }
        (Tier::EveryTask, None) => {
            "spawned before loiter-test was first called, or where a tracing subscriber of a \
             test's own was the thread's default"
        }
    };
    format!("{tasks}, {by_whom}")
}
