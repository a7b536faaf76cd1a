//! Names of the program's async functions that were inlined into what polls them.
//!
//! In release builds that is most of them, and debug info of lines calls each `{async_fn#0}`.

use loiter_model::{Frame, Origin};

use super::is_span;

/// A call without a name that its caller names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) index: usize,
    /// The type of a method is missing: `app::pool::{impl#0}::work::{async_fn#0}`.
    pub(super) name: String,
    /// Its caller is the function of the machine code.
    pub(super) in_physical: bool,
}

/// The program's own calls that their callers name; of frames at one address, innermost first.
pub(super) fn named(frames: &[Frame]) -> Vec<Named> {
    let calls = frames.iter().zip(&frames[1.min(frames.len())..]);
    let calls = calls.enumerate().filter_map(|(index, (frame, caller))| {
        if frame.origin() != Origin::User || !polls_what_it_was_given(caller) {
            return None;
        }
        Some(Named {
            index,
            name: frame.name_by_caller(caller)?,
            in_physical: index + 2 == frames.len(),
        })
    });
    calls.collect()
}

/// Whether a call, of which there are no lines, is the poll of a task's own future. Its symbol
/// alone then tells what was inlined into it.
pub(super) fn is_bare_look(frame: &Frame) -> bool {
    frame.file.is_empty() && frame.path() == "loiter::task::look::poll"
}

/// How many of the calls at an address are there already, when that future was not inlined.
pub(super) fn repeated(inner: Option<&Frame>, calls: &[Frame]) -> usize {
    match (inner, calls) {
        (Some(inner), [polled, look]) if inner == polled && is_bare_look(look) => 1,
        _ => 0,
    }
}

/// Whether all futures that a function polls are of types that it has as parameters.
///
/// Others may poll helpers of their own, or what a future gives: futures-util's `and_then`
/// has the type of its first future, and polls the second one, too.
fn polls_what_it_was_given(caller: &Frame) -> bool {
    match caller.origin() {
        Origin::Agent | Origin::Std | Origin::Tokio => true,
        Origin::Library => is_span(caller),
        Origin::User => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: &str = "/registry/src/index/loiter-0.1.0/src/task/look.rs";
    const TOKIO: &str = "/registry/src/index/tokio-1.54.1/src/runtime/task/core.rs";
    const SPAN: &str = "/registry/src/index/tracing-0.1.44/src/instrument.rs";
    const THEN: &str =
        "/registry/src/index/futures-util-0.3.31/src/future/try_future/try_flatten.rs";
    const OURS: &str = "src/pool.rs";

    fn frames(calls: &[(&str, &str)]) -> Vec<Frame> {
        let frame = |&(function, file): &(&str, &str)| Frame {
            function: function.into(),
            file: file.into(),
            line: 1,
            column: 1,
        };
        calls.iter().map(frame).collect()
    }

    #[test]
    fn what_is_polled_as_it_was_given_has_a_name() {
        for caller in [
            LOOK,
            TOKIO,
            SPAN,
            "/rustc/1/library/core/src/future/future.rs",
        ] {
            let frames = frames(&[
                (
                    "{async_fn#0}<u8>",
                    "/registry/src/index/tokio-1.54.1/src/sync/mpsc/bounded.rs",
                ),
                ("{async_fn#0}", OURS),
                ("{async_block#0}", OURS),
                ("poll<app::work::{async_fn#0}::{async_block_env#0}>", caller),
            ]);
            let expected = Named {
                index: 2,
                name: "app::work::{async_fn#0}::{async_block#0}".to_owned(),
                in_physical: true,
            };
            assert_eq!(named(&frames), [expected], "{caller}");
        }
    }

    #[test]
    fn each_call_has_a_caller_of_its_own() {
        let frames = frames(&[
            ("{async_fn#0}", OURS),
            ("poll<app::rest::{async_fn_env#0}>", TOKIO),
            ("{async_fn#0}", OURS),
            ("poll<app::work::{async_fn_env#0}>", SPAN),
            ("poll<app::Traced>", LOOK),
        ]);
        let found = named(&frames);
        let found: Vec<_> = found
            .iter()
            .map(|named| (named.index, &*named.name, named.in_physical))
            .collect();
        let expected = [
            (0, "app::rest::{async_fn#0}", false),
            (2, "app::work::{async_fn#0}", false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn without_lines_the_polled_future_is_there_once() {
        const LOOKS: &str = "loiter::task::look::poll::<app::work::{closure#0}>";
        let calls = frames(&[("app::work::{closure#0}", ""), (LOOKS, "")]);
        assert!(is_bare_look(&calls[1]));
        assert_eq!(repeated(None, &calls), 0);
        assert_eq!(repeated(Some(&calls[0]), &calls), 1);
        let other = frames(&[("app::rest::{closure#0}", "")]);
        assert_eq!(repeated(Some(&other[0]), &calls), 0);
        let with_lines = frames(&[("app::work::{closure#0}", OURS), (LOOKS, LOOK)]);
        assert_eq!(
            repeated(Some(&with_lines[0]), &with_lines),
            0,
            "it polls itself"
        );
    }

    #[test]
    fn nothing_gets_a_wrong_name() {
        for (function, file, caller, file_of_caller) in [
            // A helper of the caller's own.
            (
                "{async_fn#0}",
                OURS,
                "{async_fn#0}<app::work::{async_fn_env#0}>",
                OURS,
            ),
            // What the first future gives.
            (
                "{async_fn#0}",
                OURS,
                "poll<app::work::{async_fn_env#0}>",
                THEN,
            ),
            // A library's.
            (
                "{async_fn#0}",
                TOKIO,
                "poll<app::work::{async_fn_env#0}>",
                LOOK,
            ),
            // It has one.
            (
                "app::rest::{async_fn#0}",
                OURS,
                "poll<app::work::{async_fn_env#0}>",
                LOOK,
            ),
            ("rest", OURS, "poll<app::work::{async_fn_env#0}>", LOOK),
        ] {
            let frames = frames(&[(function, file), (caller, file_of_caller)]);
            assert_eq!(named(&frames), [], "{function} in {caller}");
        }
        assert_eq!(named(&frames(&[("{async_fn#0}", OURS)])), []);
        assert_eq!(named(&[]), []);
    }
}
