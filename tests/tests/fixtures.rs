//! Recordings and seeds that are kept here say nothing of whoever made them.
//!
//! A recording has the paths that the compiler saw, those of its maker's cargo registry among them.
//! `LOITER_REGENERATE=1 cargo test -p loiter-tests --test fixtures` writes the kept ones anew with
//! `/cargo` and `/rustup` in their place, as `--remap-path-prefix` would have made them: to be run whenever one of
//! them was recorded again.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
};

use loiter_model::{Branch, Frame, Site, Wait, update::LabelSet};
use loiter_recording::{Entry, Recording, Writer};

/// Where files are kept that somebody's machine has made.
const FOLDERS: [&str; 2] = ["fixtures", "fuzz/seeds"];
/// What paths of a home directory begin with.
const HOMES: [&str; 4] = ["/root/", "/home/", "/Users/", "C:\\Users\\"];
/// Where cargo and rustup keep what they fetch, in their user's home, and where it is here.
const TOOLS: [(&str, &str); 2] = [("/.cargo/", "/cargo/"), ("/.rustup/", "/rustup/")];

/// Where this workspace is: paths of debug info begin there, and need not.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/");
/// Where absolute paths may be.
const NEUTRAL: [&str; 3] = ["/cargo/", "/rustup/", "/rustc/"];

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.flat_map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    });
    files.collect()
}

fn kept() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    FOLDERS
        .iter()
        .flat_map(|it| files(&here.join(it)))
        .collect()
}

/// All that a recording says, what comes before its first keyframe too, if it is one.
fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut recording = Recording::open(Cursor::new(bytes)).ok()?;
    let numbers = 0..recording.blocks().len();
    let entries = numbers.filter_map(|number| recording.read(number).expect("it is whole"));
    Some(entries.collect())
}

/// What there is to be read in a file, however it is compressed.
fn words(bytes: &[u8]) -> String {
    match entries(bytes) {
        Some(entries) => format!("{entries:?}"),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn neutral(path: &Arc<str>) -> Arc<str> {
    let workspace = WORKSPACE.strip_suffix("tests/").expect("it is in there");
    if let Some(inside) = path.strip_prefix(workspace) {
        return inside.into();
    }
    let moved = TOOLS.iter().find_map(|(there, here)| {
        let (_home, inside) = path.split_once(there)?;
        Some(format!("{here}{inside}").into())
    });
    moved.unwrap_or_else(|| path.clone())
}

fn neutral_frame(frame: &Frame) -> Frame {
    Frame {
        file: neutral(&frame.file),
        ..frame.clone()
    }
}

fn neutral_labels(labels: &mut LabelSet) {
    for site in labels.sites.values_mut() {
        *site = Arc::new(Site {
            file: neutral(&site.file),
            ..(**site).clone()
        });
    }
    for wait in labels.waits.values_mut() {
        let mut neutral: Wait = (**wait).clone();
        neutral.place = wait.place.as_ref().map(neutral_frame);
        let branches = wait.stack.branches.iter().map(|branch| Branch {
            frames: branch.frames.iter().map(neutral_frame).collect(),
        });
        neutral.stack.branches = branches.collect();
        *wait = Arc::new(neutral);
    }
}

/// What an entry names.
fn labels_of(entry: &mut Entry) -> Option<&mut LabelSet> {
    Some(match entry {
        Entry::Tasks(update) => &mut update.labels,
        Entry::Sites(update) => &mut update.labels,
        Entry::Resources(update) => &mut update.labels,
        Entry::Findings(update) => &mut update.labels,
        Entry::Events(batch) => &mut batch.labels,
        Entry::Waits(waits) => &mut waits.labels,
        Entry::Keyframe { .. } | Entry::KeyframeEnd { .. } | Entry::Gap(_) => return None,
    })
}

/// The paths in it.
fn paths(entry: &Entry) -> Vec<String> {
    let mut entry = entry.clone();
    let Some(labels) = labels_of(&mut entry) else {
        return Vec::new();
    };
    let sites = labels.sites.values().map(|site| site.file.to_string());
    let branches = labels.waits.values().flat_map(|wait| &wait.stack.branches);
    let frames = branches.flat_map(|branch| &branch.frames);
    sites
        .chain(frames.map(|frame| frame.file.to_string()))
        .collect()
}

/// The same recording with neutral paths.
fn neutral_recording(entries: Vec<Entry>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory");
    for mut entry in entries {
        if let Some(labels) = labels_of(&mut entry) {
            neutral_labels(labels);
        }
        let at = entry.at();
        let is_block = matches!(entry, Entry::Events(_));
        writer.add(entry);
        writer.settle(at).expect("memory");
        // As many blocks as there were.
        if is_block {
            writer.flush().expect("memory");
        }
    }
    writer.finish().expect("memory")
}

#[test]
fn nothing_kept_here_has_a_home_directory_in_it() {
    let kept = kept();
    assert!(kept.len() > 5, "{kept:?}");
    for path in kept {
        let bytes = fs::read(&path).expect("a file");
        let renews = std::env::var_os("LOITER_REGENERATE").is_some();
        if let Some(entries) = entries(&bytes).filter(|_| renews) {
            fs::write(&path, neutral_recording(entries)).expect("it can be written");
        }
        let bytes = fs::read(&path).expect("a file");
        for path in entries(&bytes).iter().flatten().flat_map(paths) {
            let is_neutral = NEUTRAL.iter().any(|folder| path.starts_with(folder));
            assert!(!path.starts_with('/') || is_neutral, "{path}");
        }
        let words = words(&bytes);
        for home in HOMES {
            let found = words
                .find(home)
                .map(|at| &words[at..(at + 60).min(words.len())]);
            assert_eq!(found, None, "in {}", path.display());
        }
    }
}

#[test]
fn neutral_paths_are_those_of_no_home() {
    let registry = "/home/me/.cargo/registry/src/index/tokio-1.54.1/src/lib.rs".into();
    assert_eq!(
        *neutral(&registry),
        *"/cargo/registry/src/index/tokio-1.54.1/src/lib.rs"
    );
    let own = "crates/loiter-demo/src/main.rs".into();
    assert_eq!(neutral(&own), own);
}

#[test]
fn a_seed_is_the_recording_that_it_was_copied_from() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path| fs::read(here.join(path)).expect("a file");
    let seed = read("fuzz/seeds/recording/console.loiter");
    assert!(seed == read("fixtures/recordings/console.loiter"));
}
