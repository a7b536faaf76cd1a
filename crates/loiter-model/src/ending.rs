//! Why a future was dropped, told from the calls above its drop.

use crate::{
    Ending, Frame,
    stack::{function, package::Code},
};

impl Ending {
    /// How a task ended whose future was dropped before it returned, by the calls above the drop,
    /// innermost first.
    ///
    /// tokio drops the future of an aborted task where it would have polled it. A runtime or a
    /// `LocalSet` that goes down shuts down each task that it still has. Both go through tables of
    /// functions, so that the calls are there in every build. Who comes first is told: a task that
    /// is inside a poll while its runtime goes down is aborted by that, and one whose abort the
    /// runtime has not seen yet goes down with it.
    ///
    /// [`Cancelled`](Self::Cancelled) where no call tells.
    #[must_use]
    pub fn of_drop(frames: &[Frame]) -> Self {
        let told = frames.iter().find_map(|frame| {
            let names = function::names(&frame.function);
            let code = Code::of(&frame.file, &names);
            if code.package != "tokio" || !code.is_in("runtime/task/raw") {
                return None;
            }
            if names.contains(&"shutdown") {
                return Some(Self::RuntimeDropped);
            }
            names.contains(&"poll").then_some(Self::Cancelled)
        });
        told.unwrap_or(Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: &str) -> Frame {
        Frame {
            function: function.into(),
            file: file.into(),
            line: 1,
            column: 1,
        }
    }

    #[test]
    fn the_innermost_call_of_the_runtime_tells() {
        const RAW: &str = "/home/me/.cargo/registry/src/index/tokio-1.54.1/src/runtime/task/raw.rs";
        let drop = frame(
            "drop_in_place<app::serve::{async_fn_env#0}>",
            "/rustc/0/library/core/src/ptr/mod.rs",
        );
        let own = frame("shutdown", "src/main.rs");
        for (call, file, expected) in [
            (
                "shutdown<app::serve, tokio::sync>",
                RAW,
                Ending::RuntimeDropped,
            ),
            (
                "tokio::runtime::task::raw::shutdown",
                "",
                Ending::RuntimeDropped,
            ),
            ("poll<app::serve, tokio::sync>", RAW, Ending::Cancelled),
            (
                "tokio::runtime::task::raw::poll::<app::shutdown>",
                "",
                Ending::Cancelled,
            ),
            ("app::raw::shutdown", "", Ending::Cancelled),
        ] {
            let frames = [drop.clone(), own.clone(), frame(call, file)];
            assert_eq!(Ending::of_drop(&frames), expected, "{call}");
        }
        // A task that drops another runtime.
        let nested = [frame("shutdown", RAW), frame("poll", RAW)];
        assert_eq!(Ending::of_drop(&nested), Ending::RuntimeDropped);
        assert_eq!(Ending::of_drop(&[]), Ending::Cancelled);
    }
}
