//! Annotations of a GitHub workflow: lines that the runner reads, by the rules of its "workflow
//! commands".

use std::{
    io::{self, Write},
    path::Path,
};

use loiter_cli::text;

use super::{Report, place::Place, report::Level, text as plain, union::Seen};

/// Writes a line a finding, then the counts as a line of the log.
pub(super) fn write(report: &Report, root: &Path, out: &mut impl Write) -> io::Result<()> {
    for seen in &report.findings {
        writeln!(out, "{}", annotation(report, seen, root))?;
    }
    for remark in report.remarks() {
        // Not at the beginning of a line: a program's name could look like a command.
        writeln!(out, "loiter: {remark}")?;
    }
    Ok(())
}

fn annotation(report: &Report, seen: &Seen, root: &Path) -> String {
    let level = match report.level(seen) {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let place = Place::of(seen, root).map_or_else(String::new, |place| {
        let column = match place.column {
            0 => String::new(),
            column => format!(",col={column}"),
        };
        let file = text::clean(&place.path);
        format!("file={},line={}{column},", property(&file), place.line)
    });
    let kind = seen.finding.kind.name();
    let title = format!("{kind} ({})", seen.finding.certainty.name());
    format!(
        "::{level} {place}title={}::{}",
        property(&title),
        data(&plain::message(seen))
    )
}

/// A message.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("a%0A\r\n::error::b, c"), "a%250A%0D%0A::error::b, c");
        assert_eq!(property("C:/a,b%\n"), "C%3A/a%2Cb%25%0A");
    }
}
