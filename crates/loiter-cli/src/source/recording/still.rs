//! Snapshots as recordings of one instant, so that what opens the one opens the other.

use std::{
    fs::File,
    io::{BufWriter, Seek, SeekFrom},
};

use loiter_model::{Nanos, update::Overview};
use loiter_recording::{Entry, Writer};

use crate::snapshot::{FormatError, MOST_OF_A_KIND, Only, Part, Reader};

/// A snapshot, as a recording in a file that is gone when it is closed.
///
/// It is read three times, so that whatever is in it, no more is held at a time than one part has.
///
/// # Errors
/// Those of the snapshot, and when there is no room for the other file.
pub(super) fn convert(snapshot: File) -> Result<File, FormatError> {
    let file = tempfile::tempfile().map_err(FormatError::Io)?;
    let out = BufWriter::new(file.try_clone().map_err(FormatError::Io)?);
    let mut still = Still::new(Writer::new(out).map_err(FormatError::Io)?);
    for part in Reader::new(rewound(&snapshot)?)? {
        still.part(part?)?;
    }
    if !still.has_begun {
        return Err(FormatError::Damaged("it names no process".to_owned()));
    }
    for part in Reader::new(rewound(&snapshot)?)?.only(Only::Sites) {
        still.late(part?)?;
    }
    still.writer.add(Entry::KeyframeEnd { at: still.at });
    for part in Reader::new(rewound(&snapshot)?)?.only(Only::Findings) {
        still.late(part?)?;
    }
    let finished = still.writer.finish().and_then(|out| Ok(out.into_inner()?));
    finished.map_err(FormatError::Io)?;
    rewound(&file)?;
    Ok(file)
}

fn rewound(mut file: &File) -> Result<&File, FormatError> {
    file.seek(SeekFrom::Start(0)).map_err(FormatError::Io)?;
    Ok(file)
}

/// The one keyframe, as far as it has come.
///
/// Its parts were told one after the other. What is written is in the order of time, and what a site
/// has counted counts for more than what its tasks add up to, so sites are written last and as of the
/// end. Of one instant there is only what was known at it, so findings come after the keyframe.
struct Still {
    writer: Writer<BufWriter<File>>,
    has_begun: bool,
    /// So many tasks, sites and findings were read.
    read: [usize; 3],
    /// The time of the last part.
    at: Nanos,
}

impl Still {
    fn new(writer: Writer<BufWriter<File>>) -> Self {
        Self {
            writer,
            has_begun: false,
            read: [0; 3],
            at: Nanos::ZERO,
        }
    }

    /// Takes a part: the target or tasks. Of the rest, only how much it is, and its time.
    fn part(&mut self, part: Part) -> Result<(), FormatError> {
        match part {
            Part::Target(target) => {
                // It was asked for first.
                self.at = self.at.max(target.uptime);
                self.has_begun = true;
                self.writer.add(Entry::Keyframe {
                    at: self.at,
                    target: Box::new(target),
                });
            }
            Part::Tasks(update) => {
                self.passes(0, update.tasks.len(), &update.overview)?;
                self.writer.add(Entry::Tasks(update));
            }
            Part::Sites(update) => self.passes(1, update.sites.len(), &update.overview)?,
            Part::Findings(update) => self.passes(2, update.findings.len(), &update.overview)?,
        }
        self.written()
    }

    fn passes(&mut self, kind: usize, rows: usize, overview: &Overview) -> Result<(), FormatError> {
        self.at = self.at.max(overview.at);
        self.read[kind] += rows;
        match self.read[kind] {
            0..=MOST_OF_A_KIND => Ok(()),
            _ => Err(FormatError::TooLarge(format!(
                "more than {MOST_OF_A_KIND} tasks, sites or findings"
            ))),
        }
    }

    /// Takes a part of what is written as of the end.
    fn late(&mut self, part: Part) -> Result<(), FormatError> {
        match part {
            Part::Sites(mut update) => {
                update.overview.at = self.at;
                self.writer.add(Entry::Sites(update));
            }
            Part::Findings(mut update) => {
                update.overview.at = self.at;
                self.writer.add(Entry::Findings(update));
            }
            Part::Target(_) | Part::Tasks(_) => {}
        }
        self.written()
    }

    /// What was taken is in the file, and not in memory.
    fn written(&mut self) -> Result<(), FormatError> {
        self.writer.settle(self.at).map_err(FormatError::Io)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_very_many_rows_is_refused() {
        let out = BufWriter::new(tempfile::tempfile().expect("a file"));
        let mut still = Still::new(Writer::new(out).expect("room"));
        let overview = Overview::default();
        for kind in 0..3 {
            let read = still.passes(kind, MOST_OF_A_KIND, &overview);
            read.expect("as many as there may be");
        }
        let error = still.passes(1, 1, &overview).expect_err("too many");
        assert!(matches!(error, FormatError::TooLarge(_)), "{error}");
    }
}
