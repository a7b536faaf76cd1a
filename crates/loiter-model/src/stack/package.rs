//! Which package a source file is of, by the path that the compiler recorded.

use super::Origin;

/// Packages whose code waits on behalf of others, so that no frame of theirs is where a program
/// waits.
const PRIMITIVES: &[&str] = &[
    "async-channel",
    "concurrent-queue",
    "event-listener",
    "event-listener-strategy",
    "flume",
    "futures",
    "futures-channel",
    "futures-core",
    "futures-executor",
    "futures-lite",
    "futures-sink",
    "futures-task",
    "futures-util",
    "pin-project-lite",
];

/// Other packages by which functions are known where no file is.
const LIBRARIES: &[&str] = &[
    "axum",
    "h2",
    "hyper",
    "hyper-util",
    "mio",
    "reqwest",
    "tonic",
    "tower",
    "tracing",
];

/// Where code is from.
pub(crate) struct Code {
    pub(crate) origin: Origin,
    /// The package's name; empty for the program's own.
    pub(crate) package: String,
    /// The module, and where only the function is known also its names: `sync/mpsc/chan`.
    path: String,
}

impl Code {
    /// Of a file, or of a function by its [`names`](super::function::names) where no file is
    /// known.
    pub(crate) fn of(file: &str, names: &[&str]) -> Self {
        if file.is_empty() {
            return Self::of_function(names);
        }
        Self::of_file(&file.replace('\\', "/"))
    }

    /// Whether it is in that module or below.
    pub(crate) fn is_in(&self, module: &str) -> bool {
        let below = self.path.strip_prefix(module);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// Whether a module of its path has this name.
    pub(crate) fn passes(&self, module: &str) -> bool {
        self.path.split('/').any(|part| part == module)
    }

    /// Whether it only waits on behalf of others.
    pub(crate) fn is_primitive(&self) -> bool {
        PRIMITIVES.contains(&&*self.package)
    }

    fn of_file(file: &str) -> Self {
        if is_std(file) {
            // The toolchain is in a `src` of its own.
            let path = file.rsplit_once("/src/").map_or(file, |(_, path)| path);
            return Self::new("std", path);
        }
        if let Some((package, path)) = dependency(file) {
            return Self::new(package, path);
        }
        if from_component(file, "crates/loiter/src/").is_some() {
            return Self::new("loiter", after_source(file));
        }
        Self::new("", file)
    }

    fn of_function(names: &[&str]) -> Self {
        let (first, rest) = match names {
            // C has no paths.
            [] | [_] => ("std", names),
            [first, rest @ ..] => (*first, rest),
        };
        let package = match first {
            "core" | "alloc" | "std" => "std".to_owned(),
            name => name.replace('_', "-"),
        };
        let is_known = |names: &[&str]| names.contains(&&*package);
        if origin(&package) == Origin::Library && !is_known(PRIMITIVES) && !is_known(LIBRARIES) {
            return Self::new("", "");
        }
        Self::new(&package, &rest.join("/"))
    }

    fn new(package: &str, path: &str) -> Self {
        let path = path.strip_suffix(".rs").unwrap_or(path);
        let path = path.strip_suffix("/mod").unwrap_or(path);
        Self {
            origin: origin(package),
            package: package.to_owned(),
            path: path.to_owned(),
        }
    }
}

fn origin(package: &str) -> Origin {
    match package {
        "" => Origin::User,
        "std" => Origin::Std,
        "tokio" | "tokio-util" | "tokio-stream" => Origin::Tokio,
        "loiter" => Origin::Agent,
        _ => Origin::Library,
    }
}

/// The standard library, or what lies below it: no other language awaits anything.
fn is_std(file: &str) -> bool {
    if !file.ends_with(".rs") {
        return true;
    }
    // As distributed, with the `rust-src` component, and its own dependencies.
    let marks = ["/rustc/", "/rustlib/src/rust/library/", "/rust/deps/"];
    let own = ["library/std/", "library/core/", "library/alloc/"];
    marks.iter().any(|mark| file.contains(mark)) || own.iter().any(|own| file.starts_with(own))
}

/// The package of a dependency, and the file's path in it.
fn dependency(file: &str) -> Option<(&str, &str)> {
    if let Some((_, after)) = file.split_once("registry/src/") {
        let (_, inside) = after.split_once('/')?;
        let (folder, path) = inside.split_once('/')?;
        return Some((package(folder).unwrap_or(folder), after_source(path)));
    }
    if let Some((_, after)) = file.split_once("git/checkouts/") {
        let mut parts = after.splitn(3, '/');
        let (repository, inside) = (parts.next()?, parts.nth(1)?);
        let repository = repository
            .rsplit_once('-')
            .map_or(repository, |(name, _)| name);
        let folder = match inside.split_once("/src/") {
            Some((folders, _)) => folders.rsplit('/').next().unwrap_or(folders),
            None => repository,
        };
        return Some((folder, after_source(inside)));
    }
    if let Some(inside) = from_component(file, "vendor/") {
        let (folder, path) = inside.split_once('/')?;
        return Some((package(folder).unwrap_or(folder), after_source(path)));
    }
    // Other tools than cargo have folders of their own. Only the packages whose insides are
    // known count: any other may be the program, in a folder with a version.
    let (folders, path) = file.split_once("/src/")?;
    let package = package(folders.rsplit('/').next()?)?;
    let is_known =
        PRIMITIVES.contains(&package) || matches!(origin(package), Origin::Tokio | Origin::Agent);
    is_known.then_some((package, path))
}

/// The name of a folder that is called by a name and a version.
fn package(folder: &str) -> Option<&str> {
    let is_version =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.');
    folder
        .match_indices('-')
        .find(|(at, _)| is_version(&folder[at + 1..]))
        .map(|(at, _)| &folder[..at])
}

/// What follows some folders of a path.
fn from_component<'a>(file: &'a str, folders: &str) -> Option<&'a str> {
    file.match_indices(folders)
        .find(|(at, _)| *at == 0 || file[..*at].ends_with('/'))
        .map(|(at, _)| &file[at + folders.len()..])
}

fn after_source(path: &str) -> &str {
    from_component(path, "src/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_a_package() {
        for (file, origin, package, path) in [
            ("src/sync/mutex.rs", Origin::User, "", "src/sync/mutex"),
            (
                "/home/me/app/src/tokio/sync/mutex.rs",
                Origin::User,
                "",
                "/home/me/app/src/tokio/sync/mutex",
            ),
            (
                "/home/me/app-1.2.0/src/main.rs",
                Origin::User,
                "",
                "/home/me/app-1.2.0/src/main",
            ),
            (
                "crates/loiter-demo/src/main.rs",
                Origin::User,
                "",
                "crates/loiter-demo/src/main",
            ),
            (
                "/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/tokio-1.54.1/src/sync/mutex.rs",
                Origin::Tokio,
                "tokio",
                "sync/mutex",
            ),
            (
                "C:\\Users\\me\\.cargo\\registry\\src\\index\\tokio-util-0.7.20\\src\\task\\mod.rs",
                Origin::Tokio,
                "tokio-util",
                "task",
            ),
            (
                "/home/me/.cargo/registry/src/index/tokio-postgres-0.7.10/src/client.rs",
                Origin::Library,
                "tokio-postgres",
                "client",
            ),
            (
                "/home/me/.cargo/registry/src/index/sqlx-0.9.0-alpha.1/src/lib.rs",
                Origin::Library,
                "sqlx",
                "lib",
            ),
            (
                "/root/.cargo/git/checkouts/tokio-1f2e3d/0a1b2c3/tokio/src/time/sleep.rs",
                Origin::Tokio,
                "tokio",
                "time/sleep",
            ),
            (
                "/root/.cargo/git/checkouts/deadpool-1f2e3d/0a1b2c3/src/lib.rs",
                Origin::Library,
                "deadpool",
                "lib",
            ),
            (
                "/root/.cargo/git/checkouts/loiter-1f2e3d/0a1b2c3/crates/loiter/src/lib.rs",
                Origin::Agent,
                "loiter",
                "lib",
            ),
            (
                "vendor/tokio/src/sync/notify.rs",
                Origin::Tokio,
                "tokio",
                "sync/notify",
            ),
            (
                "/build/deps/tokio-1.54.1/src/sync/notify.rs",
                Origin::Tokio,
                "tokio",
                "sync/notify",
            ),
            (
                "crates/loiter/src/task/watched.rs",
                Origin::Agent,
                "loiter",
                "task/watched",
            ),
            (
                "/x/registry/src/i/loiter-0.1.0/src/lib.rs",
                Origin::Agent,
                "loiter",
                "lib",
            ),
            (
                "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/task/wake.rs",
                Origin::Std,
                "std",
                "task/wake",
            ),
            (
                "/root/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/panic.rs",
                Origin::Std,
                "std",
                "panic",
            ),
            (
                "./nptl/pthread_create.c",
                Origin::Std,
                "std",
                "./nptl/pthread_create.c",
            ),
            (
                "library/core/src/future/poll_fn.rs",
                Origin::Std,
                "std",
                "future/poll_fn",
            ),
        ] {
            let code = Code::of(file, &["tokio", "sync", "mutex"]);
            assert_eq!(
                (code.origin, &*code.package, &*code.path),
                (origin, package, path),
                "{file}"
            );
        }
    }

    #[test]
    fn without_a_file_the_function_tells() {
        for (names, origin, path) in [
            (
                &["tokio", "sync", "mutex", "Mutex", "lock"][..],
                Origin::Tokio,
                "sync/mutex/Mutex/lock",
            ),
            (&["tokio_util", "sync", "x"], Origin::Tokio, "sync/x"),
            (&["futures_util", "lock", "x"], Origin::Library, "lock/x"),
            (&["hyper", "client"], Origin::Library, "client"),
            (&["core", "task", "Waker"], Origin::Std, "task/Waker"),
            (&["loiter", "task", "poll"], Origin::Agent, "task/poll"),
            (&["app", "main"], Origin::User, ""),
            (&["start_thread"], Origin::Std, "start_thread"),
            (&[], Origin::Std, ""),
        ] {
            let code = Code::of("", names);
            assert_eq!((code.origin, &*code.path), (origin, path), "{names:?}");
        }
    }
}
