//! Snapshots as recordings of one instant, so that what opens the one opens the other.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom},
};

use loiter_model::{
    Nanos,
    update::{FindingsUpdate, Overview, SitesUpdate},
};
use loiter_recording::{Entry, Writer};

use crate::snapshot::{FormatError, Part, Reader};

/// A snapshot that was read, as a recording in a file that is gone when it is closed.
///
/// # Errors
/// Those of the snapshot, and when there is no room for the other file.
pub(super) fn convert(snapshot: File) -> Result<File, FormatError> {
    let file = tempfile::tempfile().map_err(FormatError::Io)?;
    let out = BufWriter::new(file.try_clone().map_err(FormatError::Io)?);
    let mut still = Still::new(Writer::new(out).map_err(FormatError::Io)?);
    for part in Reader::new(snapshot)? {
        still.part(part?).map_err(FormatError::Io)?;
    }
    still.finish()?;
    rewound(file).map_err(FormatError::Io)
}

fn rewound(mut file: File) -> io::Result<File> {
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// The one keyframe, as far as it has come.
///
/// Its parts were told one after the other. What is written is in the order of time, and what a site
/// has counted counts for more than what its tasks add up to, so sites are written last and as of the
/// end.
struct Still {
    writer: Writer<BufWriter<File>>,
    has_begun: bool,
    findings: Vec<FindingsUpdate>,
    sites: Vec<SitesUpdate>,
    /// The time of the last part.
    at: Nanos,
}

impl Still {
    fn new(writer: Writer<BufWriter<File>>) -> Self {
        Self {
            writer,
            has_begun: false,
            findings: Vec::new(),
            sites: Vec::new(),
            at: Nanos::ZERO,
        }
    }

    fn part(&mut self, part: Part) -> io::Result<()> {
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
            Part::Findings(update) => {
                self.passes(&update.overview);
                self.findings.push(update);
            }
            Part::Sites(update) => {
                self.passes(&update.overview);
                self.sites.push(update);
            }
            Part::Tasks(update) => {
                self.passes(&update.overview);
                self.writer.add(Entry::Tasks(update));
            }
        }
        // Only so much is held as one part has.
        self.writer.settle(self.at)
    }

    fn passes(&mut self, overview: &Overview) {
        self.at = self.at.max(overview.at);
    }

    fn finish(self) -> Result<(), FormatError> {
        let Self {
            mut writer,
            has_begun,
            findings,
            sites,
            at,
        } = self;
        if !has_begun {
            return Err(FormatError::Damaged("it names no process".to_owned()));
        }
        for mut update in sites {
            update.overview.at = at;
            writer.add(Entry::Sites(update));
        }
        writer.add(Entry::KeyframeEnd { at });
        // Of one instant there is only what was known at it.
        for mut update in findings {
            update.overview.at = at;
            writer.add(Entry::Findings(update));
        }
        let finished = writer.finish().and_then(|out| Ok(out.into_inner()?));
        finished.map(drop).map_err(FormatError::Io)
    }
}
