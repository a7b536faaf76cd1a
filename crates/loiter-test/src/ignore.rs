//! Tasks that a check leaves out.

use loiter_model::{Frame, Origin, Site, Wait};

/// By what a task is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ignore {
    Site(Place),
    Await(Call),
    AwaitTop(Call),
    SpawnedBy(Spawner),
    Named(Name),
}

/// What is looked at of a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspect<'a> {
    pub(crate) site: &'a Site,
    pub(crate) name: Option<&'a str>,
    /// Unless it is not known.
    pub(crate) wait: Option<&'a Wait>,
    pub(crate) parent: Option<Parent<'a>>,
}

/// The task that spawned it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parent<'a> {
    pub(crate) site: &'a Site,
    pub(crate) name: Option<&'a str>,
}

impl Ignore {
    pub(crate) fn site(text: &str) -> Self {
        Self::Site(Place::new(text))
    }

    pub(crate) fn awaiting(text: &str) -> Self {
        Self::Await(Call::new(text))
    }

    pub(crate) fn await_top(text: &str) -> Self {
        Self::AwaitTop(Call::new(text))
    }

    pub(crate) fn spawned_by(text: &str) -> Self {
        Self::SpawnedBy(Spawner::new(text))
    }

    pub(crate) fn named(text: &str) -> Self {
        Self::Named(Name(text.to_owned()))
    }

    /// Whether it has to be known what a task waits on.
    pub(crate) fn needs_wait(&self) -> bool {
        matches!(self, Self::Await(_) | Self::AwaitTop(_))
    }

    /// Whether it has to be known which task spawned it.
    pub(crate) fn needs_parent(&self) -> bool {
        matches!(self, Self::SpawnedBy(_))
    }

    pub(crate) fn matches(&self, suspect: &Suspect<'_>) -> bool {
        match self {
            Self::Site(place) => place.is_of(suspect.site),
            Self::Await(call) => suspect.wait.is_some_and(|wait| call.is_in(wait)),
            Self::AwaitTop(call) => suspect.wait.is_some_and(|wait| call.is_on_top_of(wait)),
            Self::SpawnedBy(spawner) => spawner.spawned(suspect),
            Self::Named(name) => suspect.name.is_some_and(|of| name.is(of)),
        }
    }
}

/// `PATH`, `PATH:LINE` or `PATH:LINE:COLUMN`; of the path, the last components are enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    path: String,
    line: Option<u32>,
    column: Option<u32>,
}

impl Place {
    fn new(text: &str) -> Self {
        let text = text.trim();
        let (mut path, mut numbers) = (text, Vec::new());
        while let Some((before, number)) = path.rsplit_once(':')
            && let Ok(number) = number.parse()
            && numbers.len() < 2
        {
            numbers.insert(0, number);
            path = before;
        }
        Self {
            path: path.replace('\\', "/"),
            line: numbers.first().copied(),
            column: numbers.get(1).copied(),
        }
    }

    fn is_of(&self, site: &Site) -> bool {
        self.is(&site.file, site.line, site.column)
    }

    fn is(&self, file: &str, line: u32, column: u32) -> bool {
        let file = file.replace('\\', "/");
        ends_with(&file, &self.path, "/")
            && self.line.is_none_or(|own| own == line)
            && self.column.is_none_or(|own| own == column)
    }
}

/// Whether a path ends with whole components of another one.
fn ends_with(path: &str, end: &str, separator: &str) -> bool {
    let before = path.strip_suffix(end);
    !end.is_empty() && before.is_some_and(|rest| rest.is_empty() || rest.ends_with(separator))
}

/// A call of an await stack: the place of its source, or its function, of which the last names
/// are enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    text: String,
    place: Place,
}

impl Call {
    fn new(text: &str) -> Self {
        Self {
            text: text.trim().to_owned(),
            place: Place::new(text),
        }
    }

    fn is(&self, frame: &Frame) -> bool {
        ends_with(&frame.path(), &self.text, "::")
            || self.place.is(&frame.file, frame.line, frame.column)
    }

    fn is_in(&self, wait: &Wait) -> bool {
        let mut branches = wait.stack.branches.iter();
        branches.any(|branch| branch.frames.iter().any(|frame| self.is(frame)))
    }

    /// The kind of the wait counts as what is on top, too.
    fn is_on_top_of(&self, wait: &Wait) -> bool {
        let mut branches = wait.stack.branches.iter();
        wait.kind.name() == self.text
            || branches.any(|branch| top(&branch.frames).is_some_and(|frame| self.is(frame)))
    }
}

/// The innermost call that is the program's own; without one, a library's.
fn top(frames: &[Frame]) -> Option<&Frame> {
    let of = |origin| frames.iter().find(|frame| frame.origin() == origin);
    of(Origin::User).or_else(|| of(Origin::Library))
}

/// A package, a task by its name, or a task by its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spawner {
    text: String,
    place: Place,
}

impl Spawner {
    fn new(text: &str) -> Self {
        Self {
            text: text.trim().to_owned(),
            place: Place::new(text),
        }
    }

    fn spawned(&self, suspect: &Suspect<'_>) -> bool {
        let of_package = suspect
            .site
            .package()
            .is_some_and(|package| package.replace('-', "_") == self.text.replace('-', "_"));
        of_package
            || suspect.parent.is_some_and(|parent| {
                parent.name == Some(&*self.text) || self.place.is_of(parent.site)
            })
    }
}

/// A name in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    fn is(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        for part in parts {
            let Some(at) = rest.find(part) else {
                return false;
            };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{AwaitStack, Branch, StackSource};

    use super::*;

    fn frame(function: &str, file: &str, line: u32) -> Frame {
        Frame {
            function: function.into(),
            file: file.into(),
            line,
            column: 9,
        }
    }

    fn suspect(site: &Site) -> Suspect<'_> {
        Suspect {
            site,
            name: None,
            wait: None,
            parent: None,
        }
    }

    /// `serve` awaits `next_job`, which awaits a channel.
    fn wait() -> Wait {
        let tokio = "/home/me/.cargo/registry/src/index/tokio-1.54.1/src/sync/mpsc/chan.rs";
        let frames = vec![
            frame("<tokio::sync::mpsc::chan::Rx<u8, S>>::recv", tokio, 300),
            frame("app::pool::Pool::next_job::{{closure}}", "src/pool.rs", 88),
            frame("app::serve::{{closure}}", "src/serve.rs", 12),
        ];
        Wait::new(AwaitStack {
            branches: vec![Branch { frames }],
            source: StackSource::Probed,
        })
    }

    #[test]
    fn a_site_is_told_by_the_end_of_its_path() {
        let site = Site::new("/home/me/app/src/pool.rs", 88, 9);
        for (text, expected) in [
            ("pool.rs", true),
            ("src/pool.rs", true),
            ("src\\pool.rs", true),
            ("/home/me/app/src/pool.rs", true),
            ("pool.rs:88", true),
            ("src/pool.rs:88:9", true),
            ("pool.rs:8", false),
            ("pool.rs:88:1", false),
            ("ool.rs", false),
            ("pool", false),
            ("other.rs", false),
            ("", false),
            (":88", false),
        ] {
            assert_eq!(
                Ignore::site(text).matches(&suspect(&site)),
                expected,
                "{text}"
            );
        }
        let windows = Site::new("C:\\app\\src\\pool.rs", 88, 9);
        assert!(Ignore::site("src/pool.rs:88").matches(&suspect(&windows)));
    }

    #[test]
    fn any_call_or_the_top_one_is_told_by_function_or_place() {
        let (site, wait) = (Site::new("src/main.rs", 1, 1), wait());
        let suspect = Suspect {
            wait: Some(&wait),
            ..suspect(&site)
        };
        for (text, any, top) in [
            ("next_job", true, true),
            ("Pool::next_job", true, true),
            ("app::pool::Pool::next_job", true, true),
            ("pool.rs:88", true, true),
            ("serve", true, false),
            ("src/serve.rs", true, false),
            ("Rx::recv", true, false),
            ("mpsc recv", false, true),
            ("job", false, false),
            ("main", false, false),
            ("src/main.rs:1", false, false),
            ("", false, false),
        ] {
            assert_eq!(Ignore::awaiting(text).matches(&suspect), any, "{text}");
            assert_eq!(Ignore::await_top(text).matches(&suspect), top, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_ignored() {
        let site = Site::new("src/main.rs", 1, 1);
        assert!(!Ignore::awaiting("serve").matches(&suspect(&site)));
        assert!(!Ignore::await_top("serve").matches(&suspect(&site)));
        assert!(!Ignore::named("*").matches(&suspect(&site)));
        assert!(!Ignore::spawned_by("acceptor").matches(&suspect(&site)));
    }

    #[test]
    fn a_spawner_is_a_package_or_a_task() {
        let hyper = Site::new(
            "/me/.cargo/registry/src/index/hyper-util-0.1.17/src/rt.rs",
            12,
            9,
        );
        assert!(Ignore::spawned_by("hyper-util").matches(&suspect(&hyper)));
        assert!(Ignore::spawned_by("hyper_util").matches(&suspect(&hyper)));
        assert!(!Ignore::spawned_by("hyper").matches(&suspect(&hyper)));

        let (own, parent) = (
            Site::new("src/job.rs", 3, 5),
            Site::new("src/pool.rs", 88, 9),
        );
        let suspect = Suspect {
            parent: Some(Parent {
                site: &parent,
                name: Some("acceptor"),
            }),
            ..suspect(&own)
        };
        assert!(Ignore::spawned_by("acceptor").matches(&suspect));
        assert!(Ignore::spawned_by("pool.rs:88").matches(&suspect));
        assert!(!Ignore::spawned_by("job.rs").matches(&suspect));
        assert!(!Ignore::spawned_by("accept").matches(&suspect));
    }

    #[test]
    fn a_star_in_a_name_is_any_text() {
        for (pattern, name, expected) in [
            ("worker", "worker", true),
            ("worker", "worker-1", false),
            ("worker-*", "worker-1", true),
            ("worker-*", "worker", false),
            ("*-1", "worker-1", true),
            ("*", "", true),
            ("w*r*1", "worker-1", true),
            ("w*r*2", "worker-1", false),
            ("ab*ba", "aba", false),
            ("a**b", "ab", true),
        ] {
            assert_eq!(
                Name(pattern.to_owned()).is(name),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
