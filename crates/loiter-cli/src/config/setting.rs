//! The one table of what can be set.

/// Something that can be set in a file, by the environment and by an option.
#[derive(Debug)]
pub struct Setting {
    /// Its key in a file: the table, a dot and the name, or the name alone.
    pub key: &'static str,
    /// The kind of its value.
    pub takes: Takes,
    /// What it is unless somebody says otherwise; `None` where that is up to the program or the
    /// terminal that is looked at.
    pub default: Option<&'static str>,
    /// How else it may be written, for the file that starts one off.
    pub example: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// Its option on the command line, or the name of its argument.
    pub option: &'static str,
    /// Which commands it is for.
    pub only_for: OnlyFor,
    /// Whether `./loiter.toml` may not say it.
    pub own_file_only: bool,
    /// What it says, in a sentence without its end.
    pub meaning: &'static str,
}

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A text, or one of some words.
    Text,
    /// Such as `10s`.
    Duration,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Truth,
    /// Some texts; in the environment with commas between them.
    List,
}

/// Which commands a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnlyFor {
    /// All that have its option.
    Nothing,
    /// The terminal UI: what people like to look at is not for scripts.
    Ui,
    /// `loiter check`.
    Check,
}

impl Setting {
    /// The table it stands in, and its name there.
    #[must_use]
    pub fn table_and_name(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }

    const fn own_file_only(self) -> Self {
        Self {
            own_file_only: true,
            ..self
        }
    }
}

macro_rules! settings {
    ($($key:literal $takes:ident $default:expr, $example:literal, $env:literal $option:literal $only_for:ident $meaning:literal $(, $more:ident)*;)*) => {
        /// Everything that can be set, tables together.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            key: $key,
            takes: Takes::$takes,
            default: $default,
            example: $example,
            env: $env,
            option: $option,
            only_for: OnlyFor::$only_for,
            own_file_only: false,
            meaning: $meaning,
        }$(.$more())*),*];
    };
}

settings! {
    "target" Text Some(loiter_model::DEFAULT_ADDR), ":6669", "LOITER_TARGET" "TARGET" Nothing
        "The program to look at when none is given";

    "attach.ca" Text None, "/etc/loiter/ca.pem", "LOITER_ATTACH_CA" "--ca" Nothing
        "Of `https://` targets, the file with the certificates of the CAs to trust, in PEM; unless set, those of the system",
        own_file_only;
    "attach.cert" Text None, "/etc/loiter/me.pem", "LOITER_ATTACH_CERT" "--cert" Nothing
        "Of `https://` targets, the file with the client certificate to show, in PEM",
        own_file_only;
    "attach.key" Text None, "/etc/loiter/me.key", "LOITER_ATTACH_KEY" "--key" Nothing
        "The file with the private key of the client certificate, in PEM; unless set, that of the certificate",
        own_file_only;
    "attach.token_file" Text None, "/etc/loiter/token", "LOITER_ATTACH_TOKEN_FILE" "--token-file" Nothing
        "The file with the token to show; the token itself may stand in `LOITER_ATTACH_TOKEN`",
        own_file_only;

    "ui.view" Text Some("tasks"), "findings", "LOITER_VIEW" "--view" Ui
        "The view to start with";
    "ui.filter" Text Some(""), "kind:task", "LOITER_FILTER" "--filter" Ui
        "The filter to start with";
    "ui.sort" Text None, "idle", "LOITER_SORT" "--sort" Ui
        "The column to sort by in the view of `ui.view`; of no effect in another one";
    "ui.reverse" Truth Some("false"), "true", "LOITER_REVERSE" "--reverse" Ui
        "Sort in the other direction than the column has by itself";
    "ui.retain_for" Duration Some("none"), "6s", "LOITER_RETAIN_FOR" "--retain-for" Ui
        "How long ended tasks stay in the table of tasks, or `none`";
    "ui.interval" Duration None, "1s", "LOITER_INTERVAL" "--interval" Ui
        "How often to ask for news";
    "ui.notify" Text Some("off"), "bell", "LOITER_NOTIFY" "--notify" Ui
        "How the terminal is to tell of a new finding: off, bell, osc9 or osc777";
    "ui.ascii" Truth None, "true", "LOITER_ASCII" "--ascii" Ui
        "Draw with ASCII characters only; unless set, as the locale has it";

    "colors.palette" Text Some("auto"), "truecolor", "LOITER_PALETTE" "--palette" Ui
        "The colours that the terminal can show: auto, truecolor, 256, 16, 8 or none";
    "colors.durations" Truth Some("false"), "true", "LOITER_DURATION_COLORS" "--duration-colors" Ui
        "Show each duration in the colour of its unit";
    "colors.ended" Truth Some("true"), "false", "LOITER_ENDED_COLORS" "--ended-colors" Ui
        "Show ended tasks dimmed, and how they ended in a colour";

    "durations.decimals" Number None, "1", "LOITER_PRECISION" "--precision" Ui
        "Digits behind the point of a duration, as far as there is room; unless set, three digits in all";

    "thresholds.blocked_after" Duration None, "10s", "LOITER_BLOCKED_AFTER" "--blocked-after" Nothing
        "The idle time from which a task counts as blocked";
    "thresholds.hogging_after" Duration None, "1s", "LOITER_HOGGING_AFTER" "--hogging-after" Nothing
        "The length of one poll from which a task counts as hogging its worker";
    "thresholds.starved_after" Duration None, "100ms", "LOITER_STARVED_AFTER" "--starved-after" Nothing
        "The wait for a worker from which a woken task counts as starved";

    "lints.allow" List None, "auto-boxed-future,large-future", "LOITER_ALLOW_LINTS" "--allow-lints" Nothing
        "Lints that stay silent, beside those that the program allows, or `all`";
    "lints.warn" List None, "lost-waker", "LOITER_WARN_LINTS" "--warn-lints" Nothing
        "Lints that do not, whatever the program or `lints.allow` says";
    "lints.self_wakes_percent" Number None, "50", "LOITER_SELF_WAKES_PERCENT" "--self-wakes-percent" Nothing
        "The share of a task's wakes beyond which there is a hint when they are its own";
    "lints.never_yielded_after" Duration None, "1s", "LOITER_NEVER_YIELDED_AFTER" "--never-yielded-after" Nothing
        "The length of a task's first poll from which on there is a hint";
    "lints.large_future_bytes" Number None, "1024", "LOITER_LARGE_FUTURE_BYTES" "--large-future-bytes" Nothing
        "The size of a future from which on there is a hint";

    "check.for" Duration Some("30s"), "1m", "LOITER_CHECK_FOR" "--for" Check
        "How long to watch";
    "check.fail_on" Text Some("suspected"), "proved", "LOITER_CHECK_FAIL_ON" "--fail-on" Check
        "The certainty from which on a finding fails the check: proved, suspected or watch";
    "check.max_alive" Number None, "1000", "LOITER_CHECK_MAX_ALIVE" "--max-alive" Check
        "Tasks that may be alive in all";
    "check.max_alive_at_site" Number None, "100", "LOITER_CHECK_MAX_ALIVE_AT_SITE" "--max-alive-at-site" Check
        "Tasks of one site that may be alive";

    "log.filter" Text None, "info", "LOITER_LOG" "--log" Nothing
        "What loiter itself logs to a file, as `loiter=debug` or a level; nothing unless it or the file is set",
        own_file_only;
    "log.file" Text None, "/tmp/loiter.log", "LOITER_LOG_FILE" "--log-file" Nothing
        "The file to log to; unless set, loiter.log in the user's folder for state",
        own_file_only;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_there_twice_and_tables_are_together() {
        for text in [|s: &Setting| s.key, |s: &Setting| s.env] {
            let all: HashSet<_> = SETTINGS.iter().map(text).collect();
            assert_eq!(all.len(), SETTINGS.len());
        }
        let mut tables: Vec<_> = SETTINGS.iter().map(|s| s.table_and_name().0).collect();
        tables.dedup();
        let different: HashSet<_> = tables.iter().collect();
        assert_eq!(different.len(), tables.len(), "{tables:?}");
        assert_eq!(tables[0], "", "keys without a table come first in a file");
    }

    #[test]
    fn names_follow_the_rules() {
        for setting in SETTINGS {
            assert!(setting.env.starts_with("LOITER_"), "{setting:?}");
            assert!(!setting.meaning.is_empty(), "{setting:?}");
            assert!(!setting.meaning.ends_with('.'), "{setting:?}");
            assert_ne!(Some(setting.example), setting.default, "{setting:?}");
        }
    }
}
