//! Traces of what was recorded: in a file, or just now for that purpose.

use std::io::{self, Read, Seek};

use loiter_cli::{
    record::{Options, capture},
    source::{self, Where},
};
use loiter_model::Nanos;
use loiter_recording::{End, ReadError, Recording};

use super::{
    ExportError, WATCH_FOR,
    follow::Chooser,
    play::{Played, Stopped, play},
    trace::{About, Sink},
    tracer::Tracer,
    warn, written,
};
use crate::{cli::ExportArgs, command::block_on, error::Error};

/// Why there is no trace.
enum Failed {
    Read(ReadError),
    Write(io::Error),
}

/// Makes a trace of what the arguments name, and says what is missing in it.
pub(super) fn trace(args: &ExportArgs, sink: &mut impl Sink) -> Result<(), Error> {
    let aim = args.target.aim();
    let ended = match &aim.place {
        Where::File(path) => of(source::open_recording(path)?, args, sink),
        Where::Endpoint(_) => {
            let length = args.watch_for.unwrap_or(WATCH_FOR);
            let recording = block_on(async {
                let source = source::open(&aim.place, &aim.credentials)?;
                Ok::<_, Error>(capture(source, &Options::default(), length.into()).await?)
            })??;
            of(recording, args, sink)
        }
    };
    let ended = ended.map_err(|failed| match failed {
        Failed::Read(error) => ExportError::Read {
            place: aim.place,
            error,
        }
        .into(),
        Failed::Write(error) => written(args, error),
    })?;
    for warning in lacks(&ended) {
        warn(&warning);
    }
    Ok(())
}

/// Plays a recording to the sink; with a filter twice, as what a task does late may be why it is
/// to be shown from its beginning on.
fn of<R: Read + Seek>(
    mut recording: Recording<R>,
    args: &ExportArgs,
    sink: &mut impl Sink,
) -> Result<Ended, Failed> {
    let target = recording.target().map_err(Failed::Read)?;
    let thresholds = args.limits.limits().over(target.thresholds);
    let end = recording.end();
    let filter = &args.filter.filter;
    let chosen = match filter.is_empty() {
        true => None,
        false => {
            let mut chooser = Chooser::new(filter, thresholds);
            play(recording.entries(Nanos::ZERO), end, &mut chooser)?;
            Some(chooser.into_chosen())
        }
    };
    let first = recording.keyframe_before(Nanos::ZERO);
    let about = About {
        target,
        from: recording
            .blocks()
            .get(first)
            .map_or(Nanos::ZERO, |block| block.to),
        filter: filter.to_string(),
    };
    let mut tracer = Tracer::new(sink, &about, thresholds, chosen).map_err(Failed::Write)?;
    let played = play(recording.entries(Nanos::ZERO), end, &mut tracer)?;
    Ok(Ended { played, end })
}

/// A trace that was made.
struct Ended {
    played: Played,
    end: End,
}

impl From<Stopped> for Failed {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Read(error) => Self::Read(error),
            Stopped::Write(error) => Self::Write(error),
        }
    }
}

/// What is missing, a line each.
fn lacks(ended: &Ended) -> Vec<String> {
    let Ended { played, end } = ended;
    let mut lacks = Vec::new();
    if played.events == 0 {
        lacks.push(
            "there is no single event in it: states change when tasks were looked at".to_owned(),
        );
    }
    if played.lost > 0 {
        let (lost, events) = (played.lost, played.events);
        lacks.push(format!(
            "{lost} events were lost beside the {events} that are there: stretches may be wrong \
             around the marks"
        ));
    }
    if played.damaged > 0 {
        lacks.push(format!("{} damaged parts are left out", played.damaged));
    }
    match end {
        End::Whole => {}
        End::CutOff { .. } => lacks.push(format!(
            "the recording is cut off, {} after the program's start",
            played.to
        )),
        End::Damaged { .. } => lacks.push(format!(
            "the recording is damaged from {} after the program's start on",
            played.to
        )),
    }
    lacks
}
