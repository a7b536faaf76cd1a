//! What the environment tells of the terminal.

use std::ffi::OsString;

use loiter_cli::ui::{Charset, Palette};

/// Reads an environment variable: [`std::env::var_os`], or a table in tests.
type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The colours that the terminal can show.
pub(crate) fn palette(env: Env<'_>) -> Palette {
    // See no-color.org: any value counts but the empty one.
    if env("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Palette::None;
    }
    if matches!(text(env, "COLORTERM").as_str(), "truecolor" | "24bit") {
        return Palette::TrueColor;
    }
    match text(env, "TERM").as_str() {
        "" | "dumb" => Palette::None,
        // DEC's terminals after which these are named had no colours.
        term if term.starts_with("vt1") || term.starts_with("vt2") => Palette::None,
        term if term.ends_with("-direct") => Palette::TrueColor,
        term if term.contains("256color") => Palette::Ansi256,
        // Consoles that are known for eight.
        "linux" | "ansi" | "cygwin" | "pcansi" | "cons25" => Palette::Ansi8,
        _ => Palette::Ansi16,
    }
}

/// The characters that the terminal can show: those of the locale.
pub(crate) fn charset(env: Env<'_>) -> Charset {
    // The first that is set and not empty decides, as in POSIX.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .map(|name| text(env, name))
        .find(|value| !value.is_empty());
    match locale {
        // Containers have none, and are looked at from terminals that speak UTF-8.
        None => Charset::Unicode,
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            if locale.contains("utf-8") || locale.contains("utf8") {
                Charset::Unicode
            } else {
                Charset::Ascii
            }
        }
    }
}

fn text(env: Env<'_>, name: &str) -> String {
    env(name).map_or_else(String::new, |value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(table: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            let found = table.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        }
    }

    #[test]
    fn the_palette_follows_the_terminal() {
        for (table, expected) in [
            (&[("TERM", "xterm")][..], Palette::Ansi16),
            (&[("TERM", "screen-256color")], Palette::Ansi256),
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                Palette::TrueColor,
            ),
            (&[("TERM", "xterm-direct")], Palette::TrueColor),
            (&[("TERM", "dumb")], Palette::None),
            (&[("TERM", "vt100")], Palette::None),
            (&[("TERM", "linux")], Palette::Ansi8),
            (&[], Palette::None),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], Palette::None),
            (&[("TERM", "xterm"), ("NO_COLOR", "")], Palette::Ansi16),
        ] {
            assert_eq!(palette(&env(table)), expected, "{table:?}");
        }
    }

    #[test]
    fn the_charset_follows_the_locale() {
        for (table, expected) in [
            (&[][..], Charset::Unicode),
            (&[("LANG", "C.UTF-8")], Charset::Unicode),
            (&[("LANG", "de_DE.utf8")], Charset::Unicode),
            (&[("LANG", "C")], Charset::Ascii),
            (&[("LANG", "C.UTF-8"), ("LC_ALL", "POSIX")], Charset::Ascii),
            (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "")], Charset::Unicode),
        ] {
            assert_eq!(charset(&env(table)), expected, "{table:?}");
        }
    }
}
