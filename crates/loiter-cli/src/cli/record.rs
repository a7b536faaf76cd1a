//! The command lines of `loiter record` and `loiter replay`.

use std::path::PathBuf;

use clap::Args;
use loiter_cli::source::At;
use loiter_model::Nanos;

use super::{FilterArg, QueryArgs, TargetArgs, ViewArgs};

/// What to record, where to and for how long.
#[derive(Args, Debug)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// How long to record [default: until Ctrl-C]
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) record_for: Option<Nanos>,

    /// Go on in FILE.1, FILE.2 and so on whenever a file is as large as this, such as `100MB`
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) max_size: Option<u64>,

    /// Only tasks that match, such as `site:pool`: by what holds for a task's whole life
    #[arg(
        long,
        short,
        value_name = "FILTER",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) filter: FilterArg,
}

/// What to replay, and how the UI starts.
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// A file of `loiter record` or `loiter snapshot`, or one that console-subscriber has recorded
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Where to begin: a time from the beginning, such as `1m30s`, or before the end, such as `-10s`
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<At>,

    /// How fast: 2 for twice as fast as it happened
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    pub(crate) speed: f64,

    /// Stand still at first
    #[arg(long)]
    pub(crate) paused: bool,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

/// Reads a size: a number, with `KB`, `MB` or `GB` (thousands) or `KiB`, `MiB` or `GiB` behind it.
fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(format!("`{unit}` is no unit; write for example `100MB`")),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "write a number of bytes, such as `100MB`".to_owned())?;
    match number.checked_mul(factor) {
        Some(bytes) if bytes > 0 => Ok(bytes),
        _ => Err("write a size between one byte and 18 million terabytes".to_owned()),
    }
}

/// Reads a factor.
fn speed(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('x').parse() {
        Ok(speed) if (0.1..=100.0).contains(&speed) => Ok(speed),
        _ => Err("write a number from 0.1 to 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, size) in [
            ("17", 17),
            ("100MB", 100_000_000),
            ("64 KiB", 65_536),
            ("2g", 2_000_000_000),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "MB", "-1", "1.5MB", "10 parsecs", "0", "99999999999GB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_speed_is_a_factor() {
        assert_eq!(speed("2"), Ok(2.0));
        assert_eq!(speed("0.5x"), Ok(0.5));
        assert!(speed("0").is_err());
        assert!(speed("1000").is_err());
        assert!(speed("fast").is_err());
    }
}
