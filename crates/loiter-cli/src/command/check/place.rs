//! Places in the source, as tools want them that show findings beside it.

use std::path::Path;

use loiter_model::Origin;

use super::union::Seen;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// With `/` between its parts; relative where it is under the current directory, and where
    /// the compiler recorded it so.
    pub(super) path: String,
    /// From 1.
    pub(super) line: u32,
    /// From 1; 0 when unknown.
    pub(super) column: u32,
}

impl Place {
    /// `None` without a file or a line. `root` is what paths are relative to.
    pub(super) fn new(file: &str, line: u32, column: u32, root: &Path) -> Option<Self> {
        (!file.is_empty() && line > 0).then(|| Self {
            path: relative(file, root),
            line,
            column,
        })
    }

    /// Where the program's own code waits, or else where the tasks were spawned.
    pub(super) fn of(seen: &Seen, root: &Path) -> Option<Self> {
        let wait = seen.wait();
        let own = wait
            .as_ref()
            .and_then(|wait| wait.place.as_ref())
            .filter(|frame| frame.origin() == Origin::User);
        own.and_then(|frame| Self::new(&frame.file, frame.line, frame.column, root))
            .or_else(|| Self::of_site(seen, root))
    }

    /// Where the tasks were spawned.
    pub(super) fn of_site(seen: &Seen, root: &Path) -> Option<Self> {
        let site = seen.site()?;
        Self::new(&site.file, site.line, site.column, root)
    }

    /// Whether the path is to be read from the root.
    pub(super) fn is_relative(&self) -> bool {
        !self.path.starts_with('/') && !has_drive(&self.path)
    }

    /// As a URI, relative where the path is.
    pub(super) fn uri(&self) -> String {
        let encoded = percent_encoded(&self.path);
        match (self.is_relative(), has_drive(&self.path)) {
            (true, _) => encoded,
            (false, true) => format!("file:///{encoded}"),
            (false, false) => format!("file://{encoded}"),
        }
    }
}

/// A directory as the base of relative URIs.
pub(super) fn base_uri(root: &Path) -> String {
    let path = slashes(&root.to_string_lossy());
    let slash = if path.starts_with('/') { "" } else { "/" };
    let path = percent_encoded(path.trim_end_matches('/'));
    format!("file://{slash}{path}/")
}

fn relative(file: &str, root: &Path) -> String {
    let file = slashes(file);
    let root = slashes(&root.to_string_lossy());
    let below = file
        .strip_prefix(root.trim_end_matches('/'))
        .and_then(|rest| rest.strip_prefix('/'));
    match below {
        Some(rest) if !root.is_empty() && !rest.is_empty() => rest.to_owned(),
        _ => file.strip_prefix("./").unwrap_or(&file).to_owned(),
    }
}

/// A compiler on Windows records `\`.
fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}

fn has_drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic()) && bytes.next() == Some(b':')
}

/// What a path of a URI takes as it is, by RFC 3986; a colon only where it can be no scheme's.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    let drive = has_drive(path);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' => uri.push(char::from(byte)),
            b':' if drive && at == 1 => uri.push(':'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, root: &str) -> Place {
        Place::new(file, 7, 0, Path::new(root)).expect("a file and a line")
    }

    #[test]
    fn paths_are_relative_to_where_the_source_is() {
        for (file, root, expected) in [
            ("/home/me/app/src/pool.rs", "/home/me/app", "src/pool.rs"),
            ("/home/me/app/src/pool.rs", "/home/me/app/", "src/pool.rs"),
            (
                "/home/me/app2/pool.rs",
                "/home/me/app",
                "/home/me/app2/pool.rs",
            ),
            ("/home/me/app/src/pool.rs", "/", "home/me/app/src/pool.rs"),
            ("/home/me/app/src/pool.rs", "", "/home/me/app/src/pool.rs"),
            ("src/pool.rs", "/home/me/app", "src/pool.rs"),
            ("./src/pool.rs", "/home/me/app", "src/pool.rs"),
            ("src\\pool.rs", "C:\\app", "src/pool.rs"),
            ("C:\\app\\src\\pool.rs", "C:\\app", "src/pool.rs"),
        ] {
            assert_eq!(place(file, root).path, expected, "{file} from {root}");
        }
    }

    #[test]
    fn a_uri_is_relative_or_of_a_file() {
        for (file, uri) in [
            ("src/wörker pool.rs", "src/w%C3%B6rker%20pool.rs"),
            ("a:b%.rs", "file:///a:b%25.rs"),
            ("src/a:b#?.rs", "src/a%3Ab%23%3F.rs"),
            ("/tmp/x.rs", "file:///tmp/x.rs"),
            ("C:\\x y.rs", "file:///C:/x%20y.rs"),
        ] {
            assert_eq!(place(file, "/home/me/app").uri(), uri);
        }
        assert_eq!(
            base_uri(Path::new("/home/me/my app")),
            "file:///home/me/my%20app/"
        );
        assert_eq!(base_uri(Path::new("C:\\app")), "file:///C:/app/");
        assert_eq!(base_uri(Path::new("/")), "file:///");
    }

    #[test]
    fn nowhere_is_no_place() {
        assert_eq!(Place::new("", 7, 1, Path::new("/")), None);
        assert_eq!(Place::new("src/pool.rs", 0, 0, Path::new("/")), None);
    }
}
