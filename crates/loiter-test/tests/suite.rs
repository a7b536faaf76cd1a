//! A suite of tests of which some leak, run in a process of its own: what the harness makes of
//! them.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a report may take to come. Far more than it does: only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The suite, and other tests that are meant to fail: ignored unless they are asked for.
mod fixture {
    use std::{future::pending, time::Duration};

    use tokio::sync::mpsc;

    pub(super) const AWAITED: u32 = line!() + 3;

    async fn next_job(jobs: &mut mpsc::Receiver<u32>) -> Option<u32> {
        jobs.recv().await
    }

    async fn worker(mut jobs: mpsc::Receiver<u32>) -> u32 {
        let mut sum = 0;
        while let Some(job) = next_job(&mut jobs).await {
            sum += job;
        }
        sum
    }

    macro_rules! clean {
        ($($name:ident)*) => {
            $(
                #[loiter_test::test]
                #[ignore = "run by `only_the_test_that_leaks_fails_and_says_where`"]
                async fn $name() {
                    for _ in 0..20 {
                        let (sender, receiver) = mpsc::channel(1);
                        let worker = loiter::spawn(worker(receiver));
                        for job in 0..10 {
                            sender.send(job).await.expect("it listens");
                        }
                        drop(sender);
                        assert_eq!(worker.await.expect("no panic"), 45);
                        // So that many are under way while another one leaks.
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                }
            )*
        };
    }

    mod suite {
        use super::*;

        clean! { a b c d e f g h i j k l m n o p }

        #[loiter_test::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "run by `only_the_test_that_leaks_fails_and_says_where`"]
        async fn forgets_a_worker() {
            let (sender, receiver) = mpsc::channel(1);
            loiter::spawn(worker(receiver));
            sender.send(1).await.expect("it listens");
            // Nobody drops it.
            std::mem::forget(sender);
        }
    }

    #[loiter_test::test(timeout = "10ms")]
    #[should_panic]
    #[ignore = "run by `a_test_that_should_panic_is_not_let_off_with_a_leak`"]
    async fn should_panic_and_leaks() {
        loiter::spawn(pending::<()>());
    }

    #[loiter_test::test(timeout = "10ms")]
    #[ignore = "run by `a_test_that_fails_is_checked_only_when_asked_for`"]
    async fn returns_an_error_and_leaks() -> Result<(), String> {
        loiter::spawn(pending::<()>());
        Err("its own error".to_owned())
    }

    #[loiter_test::test(timeout = "10ms", check_on_failure)]
    #[ignore = "run by `a_test_that_fails_is_checked_only_when_asked_for`"]
    async fn returns_an_error_and_is_checked() -> Result<(), String> {
        loiter::spawn(pending::<()>());
        Err("its own error".to_owned())
    }

    #[loiter_test::test(timeout = "10ms")]
    #[ignore = "run by `a_test_that_fails_is_checked_only_when_asked_for`"]
    async fn panics_and_leaks() {
        loiter::spawn(pending::<()>());
        panic!("its own panic");
    }

    #[loiter_test::test(timeout = "10ms", check_on_failure)]
    #[ignore = "run by `a_test_that_fails_is_checked_only_when_asked_for`"]
    async fn panics_and_is_checked() {
        loiter::spawn(pending::<()>());
        panic!("its own panic");
    }

    #[loiter_test::test(timeout = "10ms")]
    #[ignore = "run by `reports_are_appended_to_a_file`"]
    async fn leaks() {
        loiter::spawn(pending::<()>());
    }

    #[loiter_test::test(timeout = "10ms")]
    #[ignore = "run by `tasks_without_room_are_counted`"]
    async fn leaks_two() {
        loiter::spawn(pending::<()>());
        loiter::spawn(pending::<()>());
    }

    /// Its runtime waits for the function. The test that runs this one ends the process.
    #[loiter_test::test(timeout = "10ms")]
    #[ignore = "run by `a_runtime_that_hangs_does_not_hide_the_report`"]
    async fn leaves_a_function_that_blocks() {
        loiter::spawn_blocking(|| {
            loop {
                std::thread::park();
            }
        });
    }

    #[test]
    #[ignore = "run by `a_check_that_is_not_made_says_so`"]
    fn drops_a_check() {
        drop(loiter_test::LeakCheck::new());
    }

    /// Another subscriber is there first.
    #[test]
    #[ignore = "run by `a_subscriber_that_was_first_leaves_what_loiter_spawns`"]
    fn has_a_subscriber_of_its_own() {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .init();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            let check = loiter_test::LeakCheck::new().timeout(Duration::from_millis(10));
            let leaves_two = async {
                loiter::spawn(pending::<()>());
                tokio::spawn(pending::<()>());
            };
            tracing::info!("its own line");
            check.run(leaves_two).await;
        });
    }

    /// Tokio tells of it only with the flag.
    #[cfg(tokio_unstable)]
    #[loiter_test::test(
        timeout = "10ms",
        subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).finish()
    )]
    #[ignore = "run by `a_subscriber_can_be_handed_over`"]
    async fn hands_its_subscriber_over() {
        tracing::info!("its own line");
        tokio::spawn(pending::<()>());
    }

    #[loiter_test::test(timeout = "10ms")]
    #[ignore = "run by `a_subscriber_of_a_thread_hides_no_leak`"]
    async fn sets_a_subscriber_for_its_thread() {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .finish();
        let _default = tracing::subscriber::set_default(subscriber);
        tracing::info!("its own line");
        tokio::spawn(pending::<()>());
    }
}

/// Some of the fixture's tests, to be run in a process of their own.
fn command(tests: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args([tests, "--ignored"]);
    for variable in loiter::ENV {
        command.env_remove(variable.name);
    }
    command
        .env_remove("LOITER_TEST_JSON")
        .env("RUST_BACKTRACE", "0");
    command
}

/// Runs them.
fn run(tests: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (Output, String) {
    let mut command = command(tests);
    let output = command.args(arguments).envs(variables.iter().copied());
    let output = output.output().expect("it can be run");
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let text = text.concat();
    (output, text)
}

/// Runs one of them, which is to fail.
fn failure(test: &str, variables: &[(&str, &str)]) -> String {
    let name = format!("fixture::{test}");
    let (output, text) = run(&name, &["--exact"], variables);
    assert_eq!(output.status.code(), Some(101), "{text}");
    assert!(text.contains("running 1 test"), "{text}");
    text
}

#[track_caller]
fn assert_has(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "`{expected}` is missing: {text}");
    }
}

#[test]
fn only_the_test_that_leaks_fails_and_says_where() {
    let (output, text) = run("fixture::suite::", &["--test-threads=8"], &[]);
    assert_eq!(output.status.code(), Some(101), "{text}");
    let awaited = format!(
        "suite::fixture::next_job\n    crates/loiter-test/tests/suite.rs:{}:",
        fixture::AWAITED
    );
    assert_has(
        &text,
        &[
            "test result: FAILED. 16 passed; 1 failed",
            "test fixture::suite::forgets_a_worker ... FAILED",
            "fixture::suite::forgets_a_worker leaves 1 task behind, alive 500ms after its end",
            "1 task [mpsc recv, ",
            &awaited,
            "suite::fixture::worker\n    crates/loiter-test/tests/suite.rs:",
            "spawned at crates/loiter-test/tests/suite.rs:",
        ],
    );
}

#[test]
fn a_runtime_that_hangs_does_not_hide_the_report() {
    let mut command = command("fixture::leaves_a_function_that_blocks");
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be run");
    let stderr = child.stderr.take().expect("a pipe");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let (report, reported) = mpsc::channel();
    let reads = thread::spawn(move || {
        if lines.any(|line| line.starts_with("1 blocking function [running, ")) {
            let _ = report.send(());
        }
    });
    let said = reported.recv_timeout(PATIENCE);
    child.kill().expect("it hangs");
    child.wait().expect("it is waited for");
    reads.join().expect("no panic");
    said.expect("the report is there");
}

#[test]
fn a_test_that_should_panic_is_not_let_off_with_a_leak() {
    let text = failure("should_panic_and_leaks", &[]);
    assert_has(
        &text,
        &["test did not panic as expected", "leaves 1 task behind"],
    );
}

#[test]
fn a_test_that_fails_is_checked_only_when_asked_for() {
    for (test, own) in [
        ("returns_an_error_and_leaks", "its own error"),
        ("panics_and_leaks", "its own panic"),
    ] {
        let text = failure(test, &[]);
        assert_has(&text, &[own]);
        assert!(!text.contains("behind"), "{text}");
    }
    for (test, own) in [
        ("returns_an_error_and_is_checked", "its own error"),
        ("panics_and_is_checked", "its own panic"),
    ] {
        assert_has(&failure(test, &[]), &[own, "leaves 1 task behind"]);
    }
}

#[test]
fn reports_are_appended_to_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("leaks.jsonl");
    let name = file.to_str().expect("a text");
    for _ in 0..2 {
        failure("leaks", &[("LOITER_TEST_JSON", name)]);
    }
    let clean = "fixture::suite::a";
    let (output, text) = run(clean, &["--exact"], &[("LOITER_TEST_JSON", name)]);
    assert!(output.status.success(), "{text}");
    assert_has(&text, &["1 passed"]);
    let lines = std::fs::read_to_string(&file).expect("it was written");
    let reports: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    assert_eq!(reports.len(), 2, "{lines}");
    for report in reports {
        assert_eq!(report["test"], "fixture::leaks");
        assert_eq!(
            report["program"].as_str().map(|name| &name[..6]),
            Some("suite-")
        );
        assert_eq!(report["waited_ns"], 10_000_000);
        assert_eq!(report["groups"][0]["wait"], "nothing");
    }
    let text = failure("leaks", &[("LOITER_TEST_JSON", "/no/such/folder/x")]);
    assert_has(
        &text,
        &["which cannot be written to", "leaves 1 task behind"],
    );
}

#[test]
fn what_cannot_be_seen_does_not_pass() {
    let text = failure("leaks", &[("LOITER_ENABLED", "false")]);
    assert_has(
        &text,
        &[
            "no task can be seen, so nothing was checked",
            "LOITER_ENABLED",
        ],
    );
    // Not even of a test that is clean.
    failure("suite::a", &[("LOITER_ENABLED", "false")]);
}

#[test]
fn tasks_without_room_are_counted() {
    let text = failure("leaks_two", &[("LOITER_MAX_TASKS", "1")]);
    assert_has(&text, &["leaves 2 tasks behind", "raise LOITER_MAX_TASKS"]);
}

#[test]
fn without_asking_it_is_not_known_what_tasks_wait_on() {
    let text = failure("leaks", &[("LOITER_CAPTURE_STACKS", "off")]);
    assert_has(&text, &["1 task [idle, ", "LOITER_CAPTURE_STACKS says so"]);
}

#[test]
fn a_check_that_is_not_made_says_so() {
    let (output, text) = run("fixture::drops_a_check", &["--exact", "--nocapture"], &[]);
    assert!(output.status.success(), "{text}");
    assert_has(&text, &["dropped before it was made"]);
}

#[test]
fn a_subscriber_that_was_first_leaves_what_loiter_spawns() {
    let text = failure("has_a_subscriber_of_its_own", &[]);
    assert_has(
        &text,
        &[
            "its own line",
            "leaves 2 tasks behind",
            "1 task [nothing, ",
            "1 more task is alive, ",
            "a tracing subscriber was",
        ],
    );
}

#[cfg(tokio_unstable)]
#[test]
fn a_subscriber_can_be_handed_over() {
    let text = failure("hands_its_subscriber_over", &[]);
    assert_has(
        &text,
        &[
            "its own line",
            "leaves 1 task behind",
            "spawned at crates/loiter-test",
        ],
    );
}

#[test]
fn a_subscriber_of_a_thread_hides_no_leak() {
    let text = failure("sets_a_subscriber_for_its_thread", &[]);
    assert_has(
        &text,
        &[
            "its own line",
            "leaves 1 task behind",
            "1 more task is alive, ",
        ],
    );
}
