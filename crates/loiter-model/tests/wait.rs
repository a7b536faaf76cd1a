//! What stacks are judged to be.
//!
//! `stacks/names.txt` and `stacks/lines.txt` were recorded with a waker that looks who clones it,
//! in release builds with `debug = 1` and with `debug = "line-tables-only"`: tokio 1.54.1,
//! tokio-util 0.7.20, futures 0.3.34. A case is what the stack is of, the wait as it is displayed,
//! and a list of frames for each branch.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use loiter_model::{AwaitStack, Branch, Frame, StackSource, Wait, WaitKind};
use proptest::{collection::vec, option, prelude::*, sample::select};

const NAMES: &str = include_str!("stacks/names.txt");
const LINES: &str = include_str!("stacks/lines.txt");

fn wait(branches: Vec<Vec<Frame>>) -> Wait {
    let branches = branches.into_iter().map(|frames| Branch { frames });
    Wait::new(AwaitStack {
        branches: branches.collect(),
        source: StackSource::Probed,
    })
}

/// Title, what is expected, and what is found.
fn cases(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str, Wait)> {
    text.split("== ").skip(1).map(|case| {
        let (title, branches) = case.split_once('\n').expect("a title");
        let (title, expected) = title.split_once(": ").expect("an expectation");
        let branches = branches.split("--\n").skip(1);
        let branches = branches.map(|branch| branch.lines().map(frame).collect());
        (title, expected, wait(branches.collect()))
    })
}

/// Reads `function | file:line:column`; `~` stands for cargo's folder of packages.
fn frame(line: &str) -> Frame {
    let (function, place) = line.split_once(" | ").expect("a function and a place");
    let mut parts = place.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|number| number.parse().ok());
    let (column, line) = (number(), number());
    let file = parts.next().expect("a file").replace(
        "~/",
        "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/",
    );
    Frame {
        function: function.into(),
        file: file.into(),
        line: line.expect("a line"),
        column: column.expect("a column"),
    }
}

#[test]
fn recorded_stacks_are_judged_right() {
    let mut kinds = HashSet::new();
    for (title, expected, wait) in cases(NAMES).chain(cases(LINES)) {
        assert_eq!(wait.to_string(), expected, "{title}");
        kinds.insert(wait.kind);
    }
    kinds.insert(wait(Vec::new()).kind);
    let missing: Vec<_> = WaitKind::ALL
        .iter()
        .filter(|kind| !kinds.contains(kind))
        .collect();
    assert!(missing.is_empty(), "no stack for {missing:?}");
}

#[test]
fn the_packages_may_come_from_elsewhere() {
    for home in [
        "vendor/",
        "/home/me/.cargo/git/checkouts/tokio-0a1b2c3d/4e5f6a7/",
        "C:\\Users\\me\\.cargo\\registry\\src\\index\\",
    ] {
        for (title, expected, known) in cases(LINES) {
            let branches = known.stack.branches.into_iter().map(|branch| {
                let frames = branch.frames.into_iter();
                frames.map(|frame| moved(frame, home)).collect()
            });
            let found = wait(branches.collect());
            assert_eq!(found.to_string(), expected, "{title} in {home}");
        }
    }
}

fn moved(frame: Frame, home: &str) -> Frame {
    let Some((_, path)) = frame.file.split_once("index.crates.io-1949cf8c6b5b557f/") else {
        return frame;
    };
    let mut file = format!("{home}{path}");
    if home.contains("checkouts") {
        // Checked out, a package has no version.
        let (package, rest) = path.split_once('/').expect("a folder");
        let name = package.rsplit_once('-').expect("a version").0;
        file = format!("{home}{name}/{rest}");
    }
    if home.contains('\\') {
        file = file.replace('/', "\\");
    }
    Frame {
        file: file.into(),
        ..frame
    }
}

#[test]
fn without_debug_info_functions_tell() {
    let known = |function: &str| Frame {
        function: function.into(),
        file: "".into(),
        line: 0,
        column: 0,
    };
    let serve = "app::serve::{{closure}}::h0123456789abcdef";
    for (functions, expected) in [
        (
            vec!["<tokio::sync::mpsc::chan::Rx<T,S>>::recv", serve],
            "mpsc recv · serve",
        ),
        (
            vec![
                "tokio::sync::mpsc::bounded::Receiver<T>::recv::{{closure}}",
                serve,
            ],
            "mpsc recv · serve",
        ),
        (
            vec![
                "<tokio::sync::batch_semaphore::Acquire as core::future::future::Future>::poll",
                serve,
            ],
            "unknown · serve",
        ),
        (
            vec![
                "<tokio::sync::batch_semaphore::Acquire as core::future::future::Future>::poll",
                "tokio::sync::mutex::Mutex<T>::lock::{{closure}}",
                serve,
            ],
            "mutex · serve",
        ),
        (
            vec![
                "<tokio::sync::batch_semaphore::Acquire as core::future::future::Future>::poll",
                "<tokio::sync::rwlock::RwLock<u8>>::write::{closure#0}",
                serve,
            ],
            "rwlock write · serve",
        ),
        (
            vec![
                "<tokio::time::sleep::Sleep as core::future::future::Future>::poll",
                "hyper::proto::h1::conn::Conn<I,B,T>::poll_read_head",
            ],
            "sleep · Conn::poll_read_head",
        ),
        (
            vec![
                "<tokio::sync::notify::Notified as core::future::future::Future>::poll",
                serve,
            ],
            "unknown · serve",
        ),
        (
            vec![
                "<tokio::sync::notify::Notified as core::future::future::Future>::poll",
                "<tokio::sync::watch::Receiver<u8>>::changed::{closure#0}",
                serve,
            ],
            "watch changed · serve",
        ),
        (
            vec![
                "<tokio::sync::notify::Notified as core::future::future::Future>::poll",
                "<tokio_util::sync::cancellation_token::WaitForCancellationFuture as core::future::future::Future>::poll",
                serve,
            ],
            "notify · serve",
        ),
        (vec!["start_thread"], "unknown"),
        (vec![""], "unknown"),
        (vec![], "unknown"),
    ] {
        let found = wait(vec![functions.iter().copied().map(known).collect()]);
        assert_eq!(found.to_string(), expected, "{functions:?}");
    }
}

#[test]
fn a_program_s_own_files_are_never_taken_for_tokio_s() {
    for file in [
        "src/sync/mutex.rs",
        "tokio/src/sync/mutex.rs",
        "sync/mutex.rs",
    ] {
        let frame = Frame {
            function: "{async_fn#0}".into(),
            file: file.into(),
            line: 88,
            column: 9,
        };
        let found = wait(vec![vec![frame]]);
        assert_eq!(found.to_string(), "unknown · mutex.rs:88 async fn");
    }
}

static ALL: LazyLock<Vec<(&str, &str, Wait)>> =
    LazyLock::new(|| cases(NAMES).chain(cases(LINES)).collect());

/// Those that were recorded call by call alike in both builds: with names, and with lines only.
static BOTH: LazyLock<Vec<(&str, Wait, Wait)>> = LazyLock::new(|| {
    let lines: HashMap<_, _> = cases(LINES).map(|(title, _, wait)| (title, wait)).collect();
    let both = cases(NAMES).filter_map(|(title, _, names)| {
        let lines = lines.get(title)?.clone();
        (places(&names) == places(&lines)).then_some((title, names, lines))
    });
    both.collect()
});

/// The places of all calls.
fn places(wait: &Wait) -> Vec<Vec<(&str, u32, u32)>> {
    fn place(frame: &Frame) -> (&str, u32, u32) {
        (&frame.file, frame.line, frame.column)
    }
    let branches = wait.stack.branches.iter();
    branches
        .map(|branch| branch.frames.iter().map(place).collect())
        .collect()
}

#[test]
fn the_two_builds_were_recorded_alike() {
    assert!(BOTH.len() > 50, "{}", BOTH.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever is left out of a stack, as inlining does: a kind is right or unknown.
    #[test]
    fn fewer_frames_never_give_a_wrong_name(
        case in any::<prop::sample::Index>(),
        without in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (title, _, whole) = case.get(&ALL);
        // Without the frame that says so it is the wait that was not begun.
        if whole.stack.branches.len() != 1 || *title == "spent budget" {
            return Ok(());
        }
        let mut frames = whole.stack.branches[0].frames.clone();
        for index in without {
            if frames.len() > 1 {
                // The last one is the program's.
                frames.remove(index.index(frames.len() - 1));
            }
        }
        let kind = wait(vec![frames.clone()]).kind;
        prop_assert!(
            kind == whole.kind || may_seem(whole.kind, kind),
            "{title}: {kind:?} of {frames:#?}"
        );
    }

    /// Where only lines are known, the symbol table still names what was not inlined.
    #[test]
    fn full_names_among_short_ones_make_none_wrong(
        case in any::<prop::sample::Index>(),
        full in vec(any::<bool>(), 32),
    ) {
        let (title, names, lines) = case.get(&BOTH);
        let branches = names.stack.branches.iter().zip(&lines.stack.branches);
        let mixed = branches.map(|(names, lines)| {
            let frames = names.frames.iter().zip(&lines.frames).zip(full.iter().cycle());
            frames.map(|((name, line), full)| if *full { name } else { line }.clone()).collect()
        });
        let mixed = wait(mixed.collect());
        let is_right = mixed.kind == names.kind || mixed.kind == lines.kind;
        prop_assert!(is_right, "{title}: {:#?}", mixed);
        let at = |wait: &Wait| wait.place.as_ref().map(Frame::short_place);
        prop_assert_eq!(at(&mixed), at(lines), "{}", title);
    }

    #[test]
    fn any_frames_are_judged(
        branches in vec(vec((text(), text(), option::of(1..9u32)), 0..5), 0..4)
    ) {
        let branches = branches.into_iter().map(|frames| {
            let frames = frames.into_iter().map(|(function, file, line)| Frame {
                function: function.into(),
                file: file.into(),
                line: line.unwrap_or(0),
                column: 1,
            });
            frames.collect()
        });
        let found = wait(branches.collect());
        prop_assert!(!found.to_string().is_empty());
        prop_assert_eq!(found.kind == WaitKind::Nothing, found.stack.branches.is_empty());
    }
}

/// What a kind is made of shows when the frames that tell are missing.
fn may_seem(kind: WaitKind, seems: WaitKind) -> bool {
    seems == WaitKind::Unknown
        || match kind {
            WaitKind::WatchChanged => seems == WaitKind::Notify,
            WaitKind::Barrier => matches!(seems, WaitKind::Notify | WaitKind::WatchChanged),
            WaitKind::Signal => matches!(seems, WaitKind::Notify | WaitKind::WatchChanged),
            WaitKind::Process | WaitKind::Accept => seems == WaitKind::IoRead,
            WaitKind::IoRead => seems == WaitKind::Join,
            WaitKind::Join => seems == WaitKind::Notify,
            WaitKind::Unknown => seems == WaitKind::Notify,
            _ => false,
        }
}

fn text() -> impl Strategy<Value = String> {
    let part = select(vec![
        "tokio",
        "-1.54.1",
        "/src/",
        "sync",
        "mpsc",
        "mutex",
        ".rs",
        "::",
        "<",
        ">",
        " as ",
        "/",
        "\\",
        "registry/src/",
        "git/checkouts/",
        "vendor/",
        "{async_fn#0}",
        "/rustc/",
        "é",
        "-",
    ]);
    vec(part, 0..8).prop_map(|parts| parts.concat())
}
