//! Checks at the very end of a test program, when all of its tests are done.

use std::sync::Once;

use crate::{agent, check::LeakCheck};

/// Has all tasks of the process checked when it exits: tasks of runtimes in statics, which no
/// single test sees the end of. The report goes to stderr, and exit code 0 becomes 1; any other
/// code is kept and nothing is checked. Call it in any test, as often as you like.
///
/// On Linux with glibc, and on other Unix systems; there, where an exit handler is not told the
/// exit code, it checks always and makes 1 of any code when a task is left over. Elsewhere it
/// does nothing: use [`verify_main`] in a program without harness.
///
/// Where each test has a process of its own, as under nextest, it checks each.
#[track_caller]
pub fn check_binary() {
    LeakCheck::new().check_binary();
}

/// Begins to see tasks, wherever they are spawned from now on. Tests made by the attribute do so
/// by themselves, and every check does when it is built. Where that is at the end only, as with
/// [`verify_main`] or [`verify_none`](crate::verify_none), this has to be called before: first
/// thing in `main`, or in the test.
pub fn start() {
    agent::start();
}

/// For the `main` of a test program that has no harness: [`LeakCheck::verify_main`] without
/// options.
///
/// Without a call of [`start`], or of anything else here, before the tests, no task can have been
/// seen: that is reported like one that is left over.
///
/// ```no_run
/// # fn run_tests() -> i32 { 0 }
/// fn main() {
///     loiter_test::start();
///     let code = run_tests();
///     std::process::exit(loiter_test::verify_main(code));
/// }
/// ```
#[track_caller]
#[must_use = "it is the code to end with"]
pub fn verify_main(code: i32) -> i32 {
    let is_too_late = agent::start();
    let check = LeakCheck::new();
    match is_too_late {
        true => check.blinded(TOO_LATE).verify_main(code),
        false => check.verify_main(code),
    }
}

const TOO_LATE: &str = "loiter-test was started when all was over: call loiter_test::start first \
                        thing in `main`";

impl LeakCheck {
    /// [`check_binary`] with options; those of the first call count.
    ///
    /// The function given to [`cleanup`](Self::cleanup) is called when the process exits.
    pub fn check_binary(self) {
        static ONCE: Once = Once::new();
        let mut check = Some(self.at_exit());
        ONCE.call_once(|| {
            if let Some(check) = check.take() {
                handler::register(check);
            }
        });
        // A further one is not needed.
        if let Some(check) = check {
            check.not_needed();
        }
    }
}

#[cfg(unix)]
mod handler {
    use std::{
        ffi::c_int,
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Mutex, PoisonError},
        thread,
    };

    use crate::check::LeakCheck;

    static CHECK: Mutex<Option<LeakCheck>> = Mutex::new(None);

    pub(super) fn register(check: LeakCheck) {
        *CHECK.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
        if !system::register() {
            eprintln!("loiter-test: no exit handler can be registered: nothing will be checked");
        }
    }

    /// The code to end with. Never panics: it is called by the C library.
    fn checked(code: c_int) -> c_int {
        catch_unwind(AssertUnwindSafe(|| {
            let Some(check) = CHECK.lock().unwrap_or_else(PoisonError::into_inner).take() else {
                return code;
            };
            // This thread's own variables may be gone already.
            let checking = thread::Builder::new().spawn(move || check.verify_main(code));
            match checking.map(thread::JoinHandle::join) {
                Ok(Ok(code)) => code,
                Ok(Err(_)) | Err(_) => {
                    eprintln!("loiter-test: the check at the exit of the process failed");
                    if code == 0 { 1 } else { code }
                }
            }
        }))
        .unwrap_or(code)
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    mod system {
        use std::{
            ffi::{c_int, c_void},
            ptr,
        };

        unsafe extern "C" {
            fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void)
            -> c_int;
            fn exit(code: c_int) -> !;
        }

        pub(super) fn register() -> bool {
            // SAFETY: on_exit(3) keeps the function's address, which is valid for ever, and the
            // argument, which is not used. The function never unwinds.
            unsafe { on_exit(at_exit, ptr::null_mut()) == 0 }
        }

        extern "C" fn at_exit(code: c_int, _: *mut c_void) {
            let checked = super::checked(code);
            if checked != code {
                // SAFETY: any thread may call exit(3); from inside an exit handler, Linux goes on
                // with the handlers that are left, such as the one that writes coverage data,
                // and with the new code (atexit(3)).
                unsafe { exit(checked) }
            }
        }
    }

    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    mod system {
        use std::ffi::c_int;

        unsafe extern "C" {
            safe fn atexit(function: extern "C" fn()) -> c_int;
            fn _exit(code: c_int) -> !;
        }

        pub(super) fn register() -> bool {
            atexit(at_exit) == 0
        }

        extern "C" fn at_exit() {
            let checked = super::checked(0);
            if checked != 0 {
                // Elsewhere than on Linux a second `exit` may go round in circles.
                // SAFETY: any thread may call _exit(2) at any time.
                unsafe { _exit(checked) }
            }
        }
    }
}

#[cfg(not(unix))]
mod handler {
    use crate::check::LeakCheck;

    pub(super) fn register(check: LeakCheck) {
        eprintln!("loiter-test: check_binary does nothing on this system: use verify_main");
        check.not_needed();
    }
}
