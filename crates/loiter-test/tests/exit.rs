//! What becomes of the exit code of a test program: one without harness, which runs itself.

use std::{env, future::pending, process::Command, sync::OnceLock, time::Duration};

use loiter_test::LeakCheck;
use tokio::runtime::{self, Runtime};

/// Set in the child processes.
const SCENARIO: &str = "LOITER_TEST_EXIT_SCENARIO";

/// What a program does, the code it ends with, and a part of what it says.
struct Scenario {
    name: &'static str,
    program: fn() -> i32,
    code: i32,
    /// Empty: it says nothing.
    says: &'static str,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a clean program passes silently",
        program: || {
            loiter_test::start();
            loiter_test::verify_main(0)
        },
        code: 0,
        says: "",
    },
    Scenario {
        name: "what was started when all was over does not pass",
        program: || {
            leak();
            loiter_test::verify_main(0)
        },
        code: 1,
        says: "call loiter_test::start first",
    },
    Scenario {
        name: "a leak makes 1 of 0",
        program: || {
            let check = check();
            leak();
            check.verify_main(0)
        },
        code: 1,
        says: "1 task is alive in this process",
    },
    Scenario {
        name: "another code is kept, and nothing is checked",
        program: || {
            let check = check();
            leak();
            check.verify_main(7)
        },
        code: 7,
        says: "",
    },
    Scenario {
        name: "another code is kept, and a leak is told when asked for",
        program: || {
            let check = check().check_on_failure();
            leak();
            check.verify_main(7)
        },
        code: 7,
        says: "1 task is alive in this process",
    },
    Scenario {
        name: "cleanup has the code",
        program: || {
            let check = check().cleanup(|code| eprintln!("cleanup with {code}"));
            check.verify_main(3)
        },
        code: 3,
        says: "cleanup with 3",
    },
    Scenario {
        name: "at exit, a clean program passes silently",
        program: || {
            loiter_test::check_binary();
            loiter_test::check_binary();
            0
        },
        code: 0,
        says: "",
    },
    Scenario {
        name: "at exit, a leak makes 1 of 0",
        program: || {
            check().check_binary();
            // The options of the first call count.
            check().ignore_named("*").ignore_unseen().check_binary();
            leak();
            0
        },
        code: 1,
        says: "1 task is alive in this process",
    },
    Scenario {
        name: "at exit, the runtime in a static is still asked",
        program: || {
            check().check_binary();
            leak();
            0
        },
        code: 1,
        says: "[nothing, ",
    },
    Scenario {
        name: "at exit, what is ignored is ignored",
        program: || {
            check().ignore_site("exit.rs").check_binary();
            leak();
            0
        },
        code: 0,
        says: "",
    },
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    Scenario {
        name: "at exit, another code is kept",
        program: || {
            check().check_binary();
            leak();
            7
        },
        code: 7,
        says: "",
    },
    Scenario {
        name: "at exit, what cannot be seen does not pass",
        program: || {
            loiter_test::check_binary();
            0
        },
        code: 1,
        says: "no task can be seen",
    },
];

fn check() -> LeakCheck {
    LeakCheck::new().timeout(Duration::from_millis(30))
}

/// Leaves a task on a runtime that lives as long as the process.
fn leak() {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build();
        runtime.expect("a runtime")
    });
    loiter::task::spawn_on(pending::<()>(), runtime.handle());
}

fn main() {
    if let Ok(name) = env::var(SCENARIO) {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name);
        std::process::exit((scenario.expect("a known one").program)());
    }
    // As much of a harness as runners of tests want.
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        let only_ignored = arguments.iter().any(|argument| argument == "--ignored");
        if !only_ignored {
            println!("exit_codes: test");
        }
        return;
    }
    for scenario in SCENARIOS {
        run(scenario);
        println!("{} ... ok", scenario.name);
    }
}

fn run(scenario: &Scenario) {
    let Scenario {
        name, code, says, ..
    } = scenario;
    let mut command = Command::new(env::current_exe().expect("this program"));
    for variable in loiter::ENV {
        command.env_remove(variable.name);
    }
    command.env_remove("LOITER_TEST_JSON").env(SCENARIO, name);
    if name.contains("cannot be seen") {
        command.env("LOITER_ENABLED", "false");
    }
    let output = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(*code), "{name}: {said}");
    match says.is_empty() {
        true => assert_eq!(said, "", "{name}"),
        false => assert!(said.contains(says), "{name}: {said}"),
    }
}
