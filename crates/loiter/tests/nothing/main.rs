//! Without the agent there is nothing of it: no subscriber, no thread, no port, and what is spawned
//! through this crate costs what it costs through tokio. Run with `--no-default-features`.
#![cfg(all(not(feature = "agent"), not(loom)))]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    future::ready,
    process::Command,
};

use loiter::FutureExt as _;
use tokio::{runtime, task::JoinHandle};
use tracing_core::dispatcher;

/// Counts what a thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

// SAFETY: the system's allocator does it all; the count is a plain cell, which allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|allocated| {
            let (times, bytes) = allocated.get();
            allocated.set((times + 1, bytes + layout.size()));
        });
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: it came from there.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often, and how much, this thread allocates in it.
fn allocated(run: impl FnOnce()) -> (usize, usize) {
    let before = ALLOCATED.get();
    run();
    let after = ALLOCATED.get();
    (after.0 - before.0, after.1 - before.1)
}

fn start() {
    loiter::Builder::new().name("nothing").init();
    loiter::init();
}

#[test]
fn nobody_stands_before_the_programs_subscriber() {
    start();
    assert!(!dispatcher::has_been_set());
}

/// Each by itself and with a hundred others, as some allocations come only now and then.
#[test]
fn a_spawn_allocates_what_tokios_does() {
    start();
    let runtime = runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let _here = runtime.enter();
    let count = |spawn: fn() -> JoinHandle<u8>| {
        drop(spawn());
        allocated(|| (0..100).for_each(|_| drop(spawn())))
    };
    let bare = count(|| tokio::spawn(async { 1 }));
    assert!(bare.0 >= 100, "{bare:?}");
    let through: [fn() -> JoinHandle<u8>; 5] = [
        || loiter::spawn(async { 1 }),
        || loiter::task::spawn_on(async { 1 }, &runtime::Handle::current()),
        || {
            let named = loiter::task::Builder::new()
                .name("one")
                .scope("all")
                .expect_idle();
            named.spawn(async { 1 }).expect("never fails")
        },
        || tokio::spawn(async { 1 }.watched("one")),
        || tokio::spawn(loiter::scope("all", async { 1 })),
    ];
    for (place, spawn) in through.into_iter().enumerate() {
        assert_eq!(count(spawn), bare, "way {place}");
    }
}

#[test]
fn a_wrapped_future_is_no_larger() {
    let future = || async { ready([0_u8; 300]).await };
    let bare = size_of_val(&future());
    assert_eq!(size_of_val(&future().watched("one")), bare);
    assert_eq!(size_of_val(&loiter::scope("all", future())), bare);
    assert_eq!(
        size_of::<loiter::JoinSet<u8>>(),
        size_of::<tokio::task::JoinSet<u8>>()
    );
    assert_eq!(size_of::<loiter::Agent>(), size_of::<usize>());
}

/// What public items are made of, and no more of what the agent needs.
#[test]
fn dependencies_are_few() {
    let tree = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--no-default-features"])
        .args(["--edges", "normal", "--depth", "1", "--prefix", "none"])
        .output()
        .expect("Cargo");
    let text = String::from_utf8(tree.stdout).expect("text");
    let names = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next());
    let names: Vec<_> = names.collect();
    let expected = [
        "hyper",
        "loiter-model",
        "pin-project-lite",
        "thiserror",
        "tokio",
        "tokio-stream",
        "tracing-core",
    ];
    assert_eq!(names, expected, "{}", String::from_utf8_lossy(&tree.stderr));
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        collections::BTreeSet,
        fs,
        net::{Ipv4Addr, TcpListener},
    };

    use super::start;

    #[test]
    fn there_is_no_thread() {
        start();
        let tasks = fs::read_dir("/proc/self/task").expect("this process");
        let names =
            tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        let names: Vec<_> = names.collect();
        assert!(!names.is_empty());
        assert!(
            !names.iter().any(|name| name.starts_with("loiter")),
            "{names:?}"
        );
    }

    #[test]
    fn there_is_no_port_and_no_socket() {
        start();
        // One of the test's own, to see that it would be seen.
        let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = own.local_addr().expect("bound").port();
        let listening = listening();
        assert_eq!(listening.len(), 1, "{listening:?}");
        let line = listening.first().expect("one");
        assert!(line.contains(&format!(":{port:04X} ")), "{line}");
    }

    /// The lines of the system's tables about this process's sockets that wait for clients.
    fn listening() -> BTreeSet<String> {
        let open = fs::read_dir("/proc/self/fd").expect("this process");
        let links = open.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        let own: BTreeSet<_> = links
            .filter_map(|link| {
                let link = link.to_str()?.strip_prefix("socket:[")?;
                Some(link.strip_suffix(']')?.to_owned())
            })
            .collect();
        // Where the state is in a line, what it is called, and where the inode is.
        let tables = [
            ("tcp", 3, "0A", 9),
            ("tcp6", 3, "0A", 9),
            ("unix", 3, "00010000", 6),
        ];
        let mut found = BTreeSet::new();
        for (table, state, waits, inode) in tables {
            let text = fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
            for line in text.lines().skip(1) {
                let words: Vec<_> = line.split_whitespace().collect();
                let is_own = words.get(inode).is_some_and(|inode| own.contains(*inode));
                if is_own && words.get(state) == Some(&waits) {
                    found.insert(line.to_owned());
                }
            }
        }
        found
    }
}
