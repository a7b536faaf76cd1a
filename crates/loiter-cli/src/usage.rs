//! Usage errors in one line.

use clap::error::ErrorKind;

/// What is wrong with the arguments and how to say it right. clap would print a paragraph, with
/// the usage and tips on lines of their own.
pub(crate) fn one_line(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let text = rendered.strip_prefix("error: ").unwrap_or(&rendered);
    let end = ["\n\nUsage:", "\n\nFor more information"]
        .iter()
        .filter_map(|tail| text.find(tail))
        .min()
        .unwrap_or(text.len());
    let mut message = text[..end]
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("; ");
    if !explains_itself(error.kind()) {
        message.push_str("; see `loiter --help`");
    }
    message
}

/// Whether the message already says what may stand there.
fn explains_itself(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidValue | ErrorKind::ValueValidation)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn message(args: &[&str]) -> String {
        let args = ["loiter"].iter().chain(args);
        one_line(&Cli::try_parse_from(args).expect_err("bad usage"))
    }

    #[test]
    fn every_usage_error_is_one_line_with_a_way_out() {
        for (args, what, way_out) in [
            (&["--fliter", "x"][..], "'--fliter'", "'--filter'"),
            (&["--frobnicate"], "'--frobnicate'", "see `loiter --help`"),
            (
                &["tasks", "--sort", "nonsense"],
                "'nonsense'",
                "longest-poll",
            ),
            (&["tasks", "--blocked-after", "10"], "'10'", "`10s`"),
            (
                &["tasks", "--filter", "ä idle>x"],
                "at character 8",
                "`10s`",
            ),
            (
                &["tasks", "--json", "--table"],
                "cannot be used",
                "see `loiter --help`",
            ),
            (&["tasks", "db"], "'db'", "`db:6669`"),
            (&["http://db"], "'http://db'", "`db:6669`"),
            (
                &["demo", "--serve", "--listen", "127.0.0.1:7701x"],
                "'127.0.0.1:7701x'",
                "`127.0.0.1:6669`",
            ),
            (
                &["tasks", "--filter", "site:pool starved,hogging"],
                "`starved,hogging`",
                "`warn:starved,hogging`",
            ),
            (
                &["--filter=-idle,ended"],
                "`idle,ended`",
                "`state:idle,ended`",
            ),
            (
                &["--ascii", "tasks"],
                "`tasks` is a command",
                "before its options",
            ),
            (&["completions"], "<SHELL>", "see `loiter --help`"),
            (&["completions", "sh"], "'sh'", "bash"),
            (
                &["demo", "--listen", "127.0.0.1:0"],
                "--serve",
                "see `loiter --help`",
            ),
            (&["check", "--fail-on", "any"], "'any'", "suspected"),
            (&["check", "--format", "xml"], "'xml'", "junit"),
            (&["check", "--for", "30"], "'30'", "`30s`"),
            (&["snapshot"], "--output", "see `loiter --help`"),
            (&["diff", "a"], "<AFTER>", "see `loiter --help`"),
            (
                &["diff", "a", "b", "--fail-on-growth=0"],
                "'0'",
                "0 is not in 1..",
            ),
            (
                &["demo", "--serve", "--ascii"],
                "--ascii",
                "see `loiter --help`",
            ),
        ] {
            let message = message(args);
            assert!(!message.contains('\n'), "{message}");
            assert!(message.contains(what), "{message}");
            assert!(message.contains(way_out), "{message}");
        }
    }
}
