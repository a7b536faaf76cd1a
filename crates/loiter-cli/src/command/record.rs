//! `loiter record`: what happens to the tasks of a program, in a file.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use loiter_cli::{
    record::{Files, Options, Progress, record},
    source::{self, Where},
    text,
};
use tokio::time;

use super::block_on;
use crate::{cli::RecordArgs, error::Error};

/// Records until it has been long enough, or somebody has seen enough.
pub(crate) fn run(args: &RecordArgs) -> Result<(), Error> {
    if let Where::File(path) = &args.target.target {
        let path = path.display();
        return Err(Error::Usage(format!(
            "`{path}` is a file, and no program that could be recorded"
        )));
    }
    if args.output.as_os_str() == "-" {
        return Err(Error::Usage(
            "a recording has its index at its end; write it to a file".to_owned(),
        ));
    }
    let options = Options {
        filter: args.filter.filter.clone(),
        max_size: args.max_size,
        ..Options::default()
    };
    let aim = args.target.aim();
    let source = source::open(&aim.place, &aim.credentials)?;
    let mut files = Files::new(&args.output);
    let mut line = Line::new(io::stderr().is_terminal());
    let end = end(args.record_for.map(Into::into));
    let recorded = block_on(record(source, &options, &mut files, end, |progress| {
        line.show(progress);
    }));
    line.clear();
    let progress = recorded??;
    // With stderr closed, the file has to do.
    let _ = writeln!(io::stderr(), "{}", summary(args, &progress));
    Ok(())
}

/// When it is enough.
async fn end(after: Option<Duration>) {
    let enough = async {
        match after {
            Some(after) => time::sleep(after).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = enough => {}
        () = stopped() => {}
    }
}

/// Ctrl-C, or a polite kill.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        if let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = listen.map(signal) {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// The line that tells how far it is, on a terminal.
struct Line {
    is_shown: bool,
    last: Option<(Instant, u64)>,
}

impl Line {
    fn new(is_shown: bool) -> Self {
        Self {
            is_shown,
            last: None,
        }
    }

    fn show(&mut self, progress: &Progress) {
        let now = Instant::now();
        let (then, before) = self
            .last
            .replace((now, progress.events))
            .unwrap_or((now, 0));
        if !self.is_shown {
            return;
        }
        let seconds = now.saturating_duration_since(then).as_secs_f64().max(0.1);
        let rate = (progress.events - before) as f64 / seconds;
        let line = text::clean(&state(progress, rate)).into_owned();
        // Back to the beginning of the line, and away with what is left of the last one.
        let _ = write!(io::stderr(), "\r{line}\x1b[K");
    }

    fn clear(&self) {
        if self.is_shown && self.last.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn state(progress: &Progress, rate: f64) -> String {
    let mut line = match &progress.target {
        // Not every teller tells its process id.
        Some((name, 0)) => format!("recording {name}"),
        Some((name, pid)) => format!("recording {name} ({pid})"),
        None => "recording".to_owned(),
    };
    line.push_str(&format!(
        ": {}, {} events ({rate:.0}/s), {}",
        progress.recorded,
        progress.events,
        size(progress.bytes)
    ));
    if progress.files > 1 {
        line.push_str(&format!(" in {} files", progress.files));
    }
    if progress.lost > 0 {
        line.push_str(&format!(", {} events lost", progress.lost));
    }
    if let Some(trouble) = &progress.trouble {
        line.push_str(&format!("; {trouble}"));
    }
    line
}

fn summary(args: &RecordArgs, progress: &Progress) -> String {
    let what = state(progress, 0.0).replacen("recording", "recorded", 1);
    let what = what.replace(" (0/s)", "");
    let file = args.output.display().to_string();
    format!(
        "{}; see it with `loiter replay {}`",
        text::clean(&what),
        text::clean(&file)
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::Nanos;

    use super::*;

    #[test]
    fn the_line_tells_what_there_is_to_tell() {
        let mut progress = Progress {
            target: Some(("orders".to_owned(), 4711)),
            recorded: Nanos::from_secs(61),
            events: 12_345,
            bytes: 3_400_000,
            files: 1,
            ..Progress::default()
        };
        assert_eq!(
            state(&progress, 201.6),
            "recording orders (4711): 1m01s, 12345 events (202/s), 3.4 MB"
        );
        progress.files = 3;
        progress.lost = 7;
        progress.trouble = Some("cannot reach it".to_owned());
        let line = state(&progress, 0.0);
        assert!(
            line.ends_with("3.4 MB in 3 files, 7 events lost; cannot reach it"),
            "{line}"
        );
    }
}
