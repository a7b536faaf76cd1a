//! `/debug/pprof/`: the tasks as a profile, where Go has that of its goroutines.

use std::{sync::Arc, time::SystemTime};

use hyper::body::Bytes;
use loiter_model::Nanos;
use loiter_pprof::{Subject, TaskProfile};
use tonic::codegen::http::{StatusCode, header::CONTENT_DISPOSITION};

use super::{plain::Reply, shared::Shared};
use crate::{
    publish::{self, Answers},
    upkeep::Part,
};

/// Making one form of one profile may take this share of the agent's thread: one in so many.
const SHARE: u32 = 20;

/// What `?debug=` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The message of pprof, in gzip.
    Message,
    /// Equal tasks with their count.
    Counts,
    /// A block for each group.
    Dump,
}

impl Form {
    /// As Go reads it: what is no number is 0, and what is more than 2 is 2.
    fn of(query: &str) -> Self {
        let debug = query
            .split('&')
            .find_map(|part| part.strip_prefix("debug="))
            .and_then(|debug| debug.parse().ok())
            .unwrap_or(0);
        match debug {
            i64::MIN..=0 => Self::Message,
            1 => Self::Counts,
            2.. => Self::Dump,
        }
    }
}

/// Answers those who collect profiles.
pub(super) struct Profiles {
    answers: Arc<Answers>,
    tasks: Forms,
    leaks: Forms,
}

/// The forms of one profile.
struct Forms {
    message: Shared<Option<Bytes>>,
    counts: Shared<Option<Bytes>>,
    dump: Shared<Option<Bytes>>,
}

impl Forms {
    fn new() -> Self {
        Self {
            message: Shared::new(SHARE),
            counts: Shared::new(SHARE),
            dump: Shared::new(SHARE),
        }
    }
}

impl Profiles {
    pub(super) fn new(answers: Arc<Answers>) -> Self {
        Self {
            answers,
            tasks: Forms::new(),
            leaks: Forms::new(),
        }
    }

    /// Every task alive.
    pub(super) async fn goroutine(&self, query: &str) -> Reply {
        self.profile(Subject::Tasks, query).await
    }

    /// The tasks that findings are about.
    pub(super) async fn goroutine_leak(&self, query: &str) -> Reply {
        self.profile(Subject::Leaks, query).await
    }

    async fn profile(&self, subject: Subject, query: &str) -> Reply {
        if query.split('&').any(is_over_time) {
            return Reply::text(
                StatusCode::BAD_REQUEST,
                "a profile of tasks is of one instant: no seconds\n",
            );
        }
        let forms = match subject {
            Subject::Tasks => &self.tasks,
            Subject::Leaks => &self.leaks,
        };
        let form = Form::of(query);
        let shared = match form {
            Form::Message => &forms.message,
            Form::Counts => &forms.counts,
            Form::Dump => &forms.dump,
        };
        let answers = self.answers.clone();
        let made = shared.get(|| async move {
            let profile = answers.profile(subject).await;
            // With thousands of different stacks this takes a while.
            publish::apart(Part::Plain, move || write(&profile, form)).await
        });
        let Some(body) = made.await.flatten() else {
            return Reply::failed();
        };
        match form {
            Form::Message => Reply::of("application/octet-stream", body).with(
                CONTENT_DISPOSITION,
                match subject {
                    Subject::Tasks => "attachment; filename=\"goroutine\"",
                    Subject::Leaks => "attachment; filename=\"goroutineleak\"",
                },
            ),
            Form::Counts | Form::Dump => Reply::of("text/plain; charset=utf-8", body),
        }
    }
}

/// Go makes a profile of a difference for `seconds=N`.
fn is_over_time(part: &str) -> bool {
    part.strip_prefix("seconds=")
        .is_some_and(|seconds| seconds != "0" && !seconds.is_empty())
}

fn write(profile: &TaskProfile, form: Form) -> Bytes {
    match form {
        Form::Message => {
            let now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
            profile.to_pprof(Nanos(now)).into()
        }
        Form::Counts => profile.to_counts().into(),
        Form::Dump => profile.to_dump().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read_as_go_does() {
        for (query, form) in [
            ("", Form::Message),
            ("debug=0", Form::Message),
            ("debug=x", Form::Message),
            ("debug=-1", Form::Message),
            ("debug=1", Form::Counts),
            ("seconds=0&debug=2", Form::Dump),
            ("debug=3", Form::Dump),
        ] {
            assert_eq!(Form::of(query), form, "{query}");
        }
    }

    #[test]
    fn only_one_instant_can_be_asked_for() {
        assert!(is_over_time("seconds=30"));
        assert!(!is_over_time("seconds=0"));
        assert!(!is_over_time("debug=1"));
    }
}
