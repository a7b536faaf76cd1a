//! What things look like: colours by the role they play, and the glyphs.

use loiter_model::{Condition, State, finding::Certainty};
use ratatui::style::{Color, Modifier, Style};

use super::{Charset, Palette, UiOptions, durations::Durations};

/// Looks up styles and glyphs for what the terminal can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    palette: Palette,
    charset: Charset,
    durations: Durations,
    /// Whether ended tasks are dimmed.
    dims_ended: bool,
}

/// What a colour says. Nothing is said by colour alone: a glyph or a word goes with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A blocked task.
    Blocked,
    /// A hogging task.
    Hogging,
    /// A starved task.
    Starved,
    /// A running task, and all that is well.
    Running,
    /// A scheduled task.
    Scheduled,
    /// What one looks at last: labels, units, sites without tasks.
    Faint,
    /// An ended task, as faint unless the user wants it like the others.
    Ended,
    /// Keys, headings, the current thing.
    Accent,
    /// Something may be wrong.
    Warn,
    /// Something failed, or is wrong for certain.
    Bad,
}

impl Role {
    #[cfg(test)]
    const ALL: [Self; 10] = [
        Self::Blocked,
        Self::Hogging,
        Self::Starved,
        Self::Running,
        Self::Scheduled,
        Self::Faint,
        Self::Ended,
        Self::Accent,
        Self::Warn,
        Self::Bad,
    ];

    /// The number in xterm's 256 colours, its 24 bits, and the nearest of the 16.
    ///
    /// The colours are of middle luminance, at least 4:1 against black and against white, so
    /// that they read on a dark and on a light background without asking which it is.
    const fn colours(self) -> (u8, Color, Option<Color>) {
        match self {
            Self::Blocked | Self::Warn => (130, Color::Rgb(175, 95, 0), Some(Color::Yellow)),
            Self::Hogging | Self::Bad => (161, Color::Rgb(215, 0, 95), Some(Color::Red)),
            Self::Starved => (133, Color::Rgb(175, 95, 175), Some(Color::Magenta)),
            Self::Running => (28, Color::Rgb(0, 135, 0), Some(Color::Green)),
            Self::Scheduled => (31, Color::Rgb(0, 135, 175), Some(Color::Cyan)),
            Self::Accent => (63, Color::Rgb(95, 95, 255), Some(Color::Blue)),
            // "Bright black" is invisible in some colour schemes; dimmed text is not.
            Self::Faint | Self::Ended => (243, Color::Rgb(118, 118, 118), None),
        }
    }

    /// The role of a condition.
    pub(crate) const fn of(condition: Condition) -> Self {
        match condition {
            Condition::Blocked => Self::Blocked,
            Condition::Hogging => Self::Hogging,
            Condition::Starved => Self::Starved,
        }
    }

    /// The role of a finding.
    pub(crate) const fn of_certainty(certainty: Certainty) -> Self {
        match certainty {
            Certainty::Proved => Self::Bad,
            Certainty::Suspected => Self::Warn,
            Certainty::Watch => Self::Faint,
        }
    }
}

impl Theme {
    /// As the caller of the UI decides.
    pub(crate) const fn of(options: &UiOptions) -> Self {
        Self {
            palette: options.palette,
            charset: options.charset,
            durations: Durations {
                decimals: options.decimals,
                coloured: options.duration_colours,
            },
            dims_ended: options.ended_colours,
        }
    }

    #[cfg(test)]
    pub(crate) fn new(palette: Palette, charset: Charset) -> Self {
        Self::of(&UiOptions {
            palette,
            charset,
            ..UiOptions::new("")
        })
    }

    pub(crate) const fn durations(self) -> Durations {
        self.durations
    }

    pub(crate) const fn charset(self) -> Charset {
        self.charset
    }

    /// The style of a role: a foreground, or as near to it as the palette comes.
    pub(crate) fn style(self, role: Role) -> Style {
        if role == Role::Ended && !self.dims_ended {
            return Style::new();
        }
        let (indexed, rgb, basic) = role.colours();
        let colour = match self.palette {
            Palette::TrueColor => Some(rgb),
            Palette::Ansi256 => Some(Color::Indexed(indexed)),
            Palette::Ansi16 | Palette::Ansi8 => basic,
            Palette::None => None,
        };
        let style = Style::new();
        match (colour, role) {
            (Some(colour), _) => style.fg(colour),
            (None, Role::Faint | Role::Ended) => style.add_modifier(Modifier::DIM),
            (None, Role::Accent) => style.add_modifier(Modifier::BOLD),
            (None, _) => style,
        }
    }

    /// A role that must catch the eye.
    pub(crate) fn strong(self, role: Role) -> Style {
        self.style(role).add_modifier(Modifier::BOLD)
    }

    /// The selected row, and the badge of the current view: readable whatever the colours.
    pub(crate) fn selected() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(crate) const fn glyphs(self) -> &'static Glyphs {
        match self.charset {
            Charset::Unicode => &UNICODE,
            Charset::Ascii => &ASCII,
        }
    }
}

/// The signs that are drawn. Each is one cell wide in every terminal: no emoji, nothing whose
/// width is "ambiguous" where a column depends on it.
#[derive(Debug)]
pub(crate) struct Glyphs {
    pub(crate) blocked: &'static str,
    pub(crate) hogging: &'static str,
    pub(crate) starved: &'static str,
    pub(crate) running: &'static str,
    pub(crate) scheduled: &'static str,
    pub(crate) idle: &'static str,
    pub(crate) ended: &'static str,
    pub(crate) proved: &'static str,
    pub(crate) suspected: &'static str,
    pub(crate) watch: &'static str,
    pub(crate) connected: &'static str,
    pub(crate) disconnected: &'static str,
    pub(crate) descending: &'static str,
    pub(crate) ascending: &'static str,
    pub(crate) ellipsis: &'static str,
    pub(crate) at_least: &'static str,
    pub(crate) placeholder: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) thumb: &'static str,
    pub(crate) track: &'static str,
    /// From nothing to a full cell.
    pub(crate) bars: &'static [&'static str],
}

impl Glyphs {
    pub(crate) const fn condition(&self, condition: Condition) -> &'static str {
        match condition {
            Condition::Blocked => self.blocked,
            Condition::Hogging => self.hogging,
            Condition::Starved => self.starved,
        }
    }

    pub(crate) const fn certainty(&self, certainty: Certainty) -> &'static str {
        match certainty {
            Certainty::Proved => self.proved,
            Certainty::Suspected => self.suspected,
            Certainty::Watch => self.watch,
        }
    }

    pub(crate) const fn state(&self, state: State) -> &'static str {
        match state {
            State::Running => self.running,
            State::Scheduled => self.scheduled,
            State::Idle => self.idle,
            State::Ended => self.ended,
        }
    }
}

static UNICODE: Glyphs = Glyphs {
    blocked: "■",
    hogging: "▲",
    starved: "▽",
    running: "▸",
    scheduled: "»",
    idle: "·",
    ended: "×",
    proved: "◆",
    suspected: "◇",
    watch: "◦",
    connected: "●",
    disconnected: "○",
    descending: "▼",
    ascending: "▲",
    ellipsis: "…",
    at_least: "≥",
    placeholder: "·",
    rule: "─",
    thumb: "█",
    track: "│",
    bars: &[" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

static ASCII: Glyphs = Glyphs {
    blocked: "B",
    hogging: "H",
    starved: "S",
    running: ">",
    scheduled: "+",
    idle: ".",
    ended: "x",
    proved: "!",
    suspected: "?",
    watch: "-",
    connected: "*",
    disconnected: "o",
    descending: "v",
    ascending: "^",
    ellipsis: "~",
    at_least: ">=",
    placeholder: ".",
    rule: "-",
    thumb: "#",
    track: "|",
    bars: &[" ", ".", ":", "-", "=", "+", "*", "#"],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else {
            panic!("{colour:?} has no fixed luminance");
        };
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.03928 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    #[test]
    fn every_colour_reads_on_black_and_on_white() {
        for role in Role::ALL {
            let luminance = luminance(role.colours().1);
            let on_black = (luminance + 0.05) / 0.05;
            let on_white = 1.05 / (luminance + 0.05);
            assert!(on_black >= 4.0, "{role:?}: {on_black:.1}:1 on black");
            assert!(on_white >= 4.0, "{role:?}: {on_white:.1}:1 on white");
        }
    }

    #[test]
    fn eight_colours_are_among_the_first_eight() {
        let theme = Theme::new(Palette::Ansi8, Charset::Unicode);
        let bright = [
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        for role in Role::ALL {
            let colour = theme.style(role).fg;
            let is_basic = colour.is_none_or(|colour| {
                !bright.contains(&colour) && !matches!(colour, Color::Rgb(..) | Color::Indexed(_))
            });
            assert!(is_basic, "{role:?}: {colour:?}");
        }
    }

    #[test]
    fn ended_tasks_look_like_others_when_asked_for() {
        let theme = Theme::of(&UiOptions {
            ended_colours: false,
            ..UiOptions::new("")
        });
        assert_eq!(theme.style(Role::Ended), Style::new());
        assert_ne!(theme.style(Role::Faint), Style::new());
        let usual = Theme::of(&UiOptions::new(""));
        assert_eq!(usual.style(Role::Ended), usual.style(Role::Faint));
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let theme = Theme::new(Palette::None, Charset::Unicode);
        for role in Role::ALL {
            assert_eq!(theme.style(role).fg, None, "{role:?}");
        }
    }

    #[test]
    fn the_signs_of_what_is_wrong_differ_without_colours() {
        for glyphs in [&UNICODE, &ASCII] {
            let signs: Vec<_> = Condition::ALL.map(|c| glyphs.condition(c)).to_vec();
            let states: Vec<_> = State::ALL.map(|s| glyphs.state(s)).to_vec();
            let certainties: Vec<_> = Certainty::ALL.map(|c| glyphs.certainty(c)).to_vec();
            let all = signs.iter().chain(&states).chain(&certainties);
            let all: std::collections::HashSet<_> = all.collect();
            assert_eq!(all.len(), 10);
        }
    }
}
