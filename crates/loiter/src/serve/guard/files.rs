//! Files whose content is taken anew when they change.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::file;

/// A file that changed within this time may change once more without looking different.
const RACY: Duration = Duration::from_secs(3);

/// Some files that belong together.
#[derive(Debug)]
pub(super) struct Files {
    paths: Vec<PathBuf>,
    key: RandomState,
    /// What they looked like when they were read last.
    looks: Option<Vec<Option<Look>>>,
    /// They were changed shortly before that.
    racy: bool,
    /// What was in them when they were good last.
    good: Option<u64>,
    /// What was in them has not been good since, and that was said.
    is_bad: bool,
}

/// What a file looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    /// Device, inode and when that changed: a file that was put in its place is another one.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
    length: u64,
    modified: Option<SystemTime>,
}

/// What has become of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News<T> {
    /// Nothing new is known.
    None,
    /// They are as good as new.
    Fresh(T),
    /// They are no good, for this reason; said once.
    Bad(String),
}

impl Files {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            key: RandomState::new(),
            looks: None,
            racy: false,
            good: None,
            is_bad: false,
        }
    }

    /// Whether there are none.
    pub(super) fn are_none(&self) -> bool {
        self.paths.is_empty()
    }

    /// Reads them if they look different than before, and makes of their contents what they are
    /// for.
    pub(super) fn take<T>(
        &mut self,
        now: SystemTime,
        make: impl FnOnce(&[Vec<u8>]) -> Result<T, String>,
    ) -> News<T> {
        let looks: Vec<_> = self.paths.iter().map(|path| look(path)).collect();
        if self.looks.as_ref() == Some(&looks) && !self.racy {
            return News::None;
        }
        let is_young = |look: &Look| {
            let modified = look.modified?;
            Some(now.duration_since(modified).unwrap_or_default() < RACY)
        };
        self.racy = looks
            .iter()
            .flatten()
            .any(|look| is_young(look).unwrap_or(false));
        self.looks = Some(looks);
        let contents: Result<Vec<_>, _> = self.paths.iter().map(|path| file::read(path)).collect();
        let made = contents.and_then(|contents| {
            let print = self.key.hash_one(&contents);
            let is_new = self.good != Some(print);
            Ok((print, is_new.then(|| make(&contents)).transpose()?))
        });
        match made {
            Ok((print, made)) => {
                self.good = Some(print);
                self.is_bad = false;
                made.map_or(News::None, News::Fresh)
            }
            Err(_) if self.is_bad => News::None,
            Err(reason) => {
                self.is_bad = true;
                News::Bad(reason)
            }
        }
    }
}

fn look(path: &Path) -> Option<Look> {
    fs::metadata(path).ok().map(|there| Look {
        #[cfg(unix)]
        identity: identity(&there),
        length: there.len(),
        modified: there.modified().ok(),
    })
}

#[cfg(unix)]
fn identity(there: &fs::Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;

    (there.dev(), there.ino(), there.ctime(), there.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long after whatever was changed just now.
    fn later() -> SystemTime {
        SystemTime::now() + 10 * RACY
    }

    fn text(contents: &[Vec<u8>]) -> Result<String, String> {
        let text = String::from_utf8(contents.concat()).map_err(|error| error.to_string())?;
        match text.contains("bad") {
            true => Err("it says so".to_owned()),
            false => Ok(text),
        }
    }

    #[test]
    fn what_changes_is_taken_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        let mut files = Files::new(vec![one.clone(), two.clone()]);
        let mut take = || files.take(later(), text);
        let News::Bad(reason) = take() else {
            panic!("there is no file");
        };
        assert!(reason.contains("one` cannot be read"), "{reason}");
        assert_eq!(take(), News::None, "said once");
        fs::write(&one, "a").expect("it is written");
        assert_eq!(take(), News::None, "half of it");
        fs::write(&two, "b").expect("it is written");
        assert_eq!(take(), News::Fresh("ab".to_owned()));
        assert_eq!(take(), News::None);

        // As Kubernetes does: another file in its place.
        let draft = folder.path().join("draft");
        fs::write(&draft, "c").expect("it is written");
        fs::rename(&draft, &two).expect("it is moved");
        assert_eq!(take(), News::Fresh("ac".to_owned()));
        fs::write(&one, "bad").expect("it is written");
        assert_eq!(take(), News::Bad("it says so".to_owned()));
        assert_eq!(take(), News::None, "said once");
        fs::write(&one, "worse and bad").expect("it is written");
        assert_eq!(take(), News::None, "said once");
        fs::write(&one, "a").expect("it is written");
        assert_eq!(take(), News::None, "it is as before");
        fs::remove_file(&one).expect("it was there");
        assert!(matches!(take(), News::Bad(_)));
    }

    #[test]
    fn a_change_that_cannot_be_seen_is_not_missed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one");
        let mut files = Files::new(vec![path.clone()]);
        fs::write(&path, "a").expect("it is written");
        let first = files.take(SystemTime::now(), text);
        assert_eq!(first, News::Fresh("a".to_owned()));
        // As if the clock of the file system had not gone on.
        fs::write(&path, "b").expect("it is written");
        files.looks = Some(vec![look(&path)]);
        let second = files.take(SystemTime::now(), text);
        assert_eq!(second, News::Fresh("b".to_owned()));
    }
}
