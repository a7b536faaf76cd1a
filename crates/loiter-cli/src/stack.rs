//! What is said of await stacks, in the UI and by the commands.

use loiter_model::{AwaitStack, Frame, Origin, update::CaptureOutcome};

/// What to do where stacks have functions but no lines of source, or not even those.
pub const ADD_DEBUG_INFO: &str = "files and lines are missing: add `debug = 1`, or \
                                  `debug = \"line-tables-only\"`, under `[profile.release]` to the \
                                  service's Cargo.toml";

/// What a wait without any branch means.
pub const NO_WAKER: &str = "registered no waker: nothing can wake it";

/// A part of a branch, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A call.
    Frame(&'a Frame),
    /// Calls in a row that are the runtime's or the standard library's, folded into one line.
    Folded {
        /// How many.
        frames: usize,
        /// Whose: `tokio`, `std`, `tokio and std`, …
        whose: String,
    },
}

/// The frames of a branch with those folded that are known to be neither the program's nor its
/// libraries'.
#[must_use]
pub fn fold(frames: &[Frame]) -> Vec<Part<'_>> {
    let is_aside = |frame: &Frame| match frame.origin() {
        Origin::User | Origin::Library => false,
        Origin::Tokio | Origin::Std | Origin::Agent => !frame.is_unresolved(),
    };
    let mut parts = Vec::new();
    for run in frames.chunk_by(|a, b| is_aside(a) == is_aside(b)) {
        if run.first().is_some_and(is_aside) {
            parts.push(Part::Folded {
                frames: run.len(),
                whose: whose(run),
            });
        } else {
            parts.extend(run.iter().map(Part::Frame));
        }
    }
    parts
}

fn whose(frames: &[Frame]) -> String {
    let names = [
        (Origin::Tokio, "tokio"),
        (Origin::Agent, "loiter"),
        (Origin::Std, "std"),
    ];
    let there: Vec<&str> = names
        .into_iter()
        .filter(|(origin, _)| frames.iter().any(|frame| frame.origin() == *origin))
        .map(|(_, name)| name)
        .collect();
    match there.as_slice() {
        [first, second, third] => format!("{first}, {second} and {third}"),
        there => there.join(" and "),
    }
}

/// `3 frames of tokio`.
#[must_use]
pub fn folded(frames: usize, whose: &str) -> String {
    let plural = if frames == 1 { "" } else { "s" };
    format!("{frames} frame{plural} of {whose}")
}

/// Whether the program was built without what it takes to name files and lines. The standard
/// library brings its own.
#[must_use]
pub fn lacks_lines(stack: &AwaitStack) -> bool {
    let frames = stack.branches.iter().flat_map(|branch| &branch.frames);
    let mut own = frames
        .filter(|frame| frame.origin() != Origin::Std)
        .peekable();
    own.peek().is_some() && own.all(|frame| frame.file.is_empty())
}

/// What became of a request to find out what tasks wait on: `captured 120 of 123; 3 were seen
/// only by tracing`.
#[must_use]
pub fn outcome(outcome: &CaptureOutcome) -> String {
    let CaptureOutcome {
        matched,
        captured,
        not_idle,
        not_watched,
        timed_out,
        over_limit,
    } = *outcome;
    let mut text = format!("captured {captured} of {matched}");
    for (count, one, many) in [
        (
            not_watched,
            "was not spawned through loiter",
            "were not spawned through loiter",
        ),
        (not_idle, "was not idle", "were not idle"),
        (
            timed_out,
            "was not polled in time",
            "were not polled in time",
        ),
        (over_limit, "is over the limit", "are over the limit"),
    ] {
        match count {
            0 => {}
            1 => text.push_str(&format!("; 1 {one}")),
            _ => text.push_str(&format!("; {count} {many}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use loiter_model::{Branch, StackSource};

    use super::*;

    fn frame(function: &str, file: &str) -> Frame {
        Frame {
            function: function.into(),
            file: file.into(),
            line: u32::from(!file.is_empty()),
            column: 0,
        }
    }

    fn stack(frames: Vec<Frame>) -> AwaitStack {
        AwaitStack {
            branches: vec![Branch { frames }],
            source: StackSource::Probed,
        }
    }

    #[test]
    fn what_is_not_the_programs_is_folded_where_it_stands() {
        let registry = "/home/me/.cargo/registry/src/index/";
        let frames = [
            frame("recv", &format!("{registry}tokio-1.48.0/src/sync/mpsc.rs")),
            frame("poll", "/rustc/0123/library/core/src/future.rs"),
            frame("next", "src/pool.rs"),
            frame("serve", &format!("{registry}hyper-1.8.0/src/rt.rs")),
            frame("poll", &format!("{registry}tokio-1.48.0/src/task.rs")),
        ];
        let shown: Vec<String> = fold(&frames)
            .into_iter()
            .map(|part| match part {
                Part::Frame(frame) => frame.function.to_string(),
                Part::Folded { frames, whose } => folded(frames, &whose),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2 frames of tokio and std",
                "next",
                "serve",
                "1 frame of tokio"
            ]
        );
    }

    #[test]
    fn what_could_not_be_read_is_not_folded() {
        let frames = [frame("app+0x1234", ""), frame("app+0x5678", "")];
        assert_eq!(
            fold(&frames),
            frames.iter().map(Part::Frame).collect::<Vec<_>>()
        );
    }

    #[test]
    fn debug_info_is_missing_where_only_std_has_lines() {
        let std = frame(
            "core::future::poll_fn",
            "/rustc/0123/library/core/src/future.rs",
        );
        let bare = frame("app::pool::next", "");
        let full = frame("app::pool::next", "src/pool.rs");
        assert!(lacks_lines(&stack(vec![std.clone(), bare.clone()])));
        assert!(!lacks_lines(&stack(vec![bare, full])));
        assert!(!lacks_lines(&stack(vec![std])));
        assert!(!lacks_lines(&stack(Vec::new())));
    }

    #[test]
    fn the_outcome_tells_why_some_are_missing() {
        let all = CaptureOutcome {
            matched: 3,
            captured: 3,
            ..CaptureOutcome::default()
        };
        assert_eq!(outcome(&all), "captured 3 of 3");
        let some = CaptureOutcome {
            matched: 126,
            captured: 120,
            not_watched: 3,
            not_idle: 2,
            timed_out: 1,
            ..CaptureOutcome::default()
        };
        assert_eq!(
            outcome(&some),
            "captured 120 of 126; 3 were not spawned through loiter; 2 were not idle; 1 was not \
             polled in time"
        );
    }
}
