//! How durations are written, and the colours of their units.

use loiter_model::Nanos;

use super::theme::Role;

/// What the user wants of durations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durations {
    /// Digits behind the point; three digits in all when `None`.
    pub(crate) decimals: Option<u8>,
    /// Whether each has the colour of its unit.
    pub(crate) coloured: bool,
}

/// The units that are written with a point, and the digits there are behind it.
const UNITS: [(u64, &str, usize); 3] = [
    (1_000_000_000, "s", 9),
    (1_000_000, "ms", 6),
    (1_000, "µs", 3),
];
const MINUTE: Nanos = Nanos::from_secs(60);
const HOUR: Nanos = Nanos::from_secs(60 * 60);

impl Durations {
    /// The duration in at most so many cells, cut off, never rounded up: a wait of 9.99 s is none
    /// of 10.
    pub(crate) fn text(self, duration: Nanos, cells: u16) -> String {
        let Nanos(nanos) = duration;
        let usual = || duration.to_string();
        let Some(decimals) = self.decimals.filter(|_| duration < MINUTE) else {
            return usual();
        };
        let Some((unit, suffix, most)) = UNITS.iter().find(|(unit, ..)| nanos >= *unit) else {
            return usual();
        };
        let whole = (nanos / unit).to_string();
        let room = usize::from(cells).saturating_sub(whole.len() + suffix.chars().count() + 1);
        let decimals = usize::from(decimals).min(*most).min(room);
        if decimals == 0 {
            return format!("{whole}{suffix}");
        }
        let rest = format!("{:0most$}", nanos % unit);
        format!("{whole}.{}{suffix}", &rest[..decimals])
    }

    /// The same where there is room.
    pub(crate) fn whole(self, duration: Nanos) -> String {
        self.text(duration, u16::MAX)
    }

    /// The colour of its unit, if it is to have one.
    pub(crate) fn role(self, duration: Nanos) -> Option<Role> {
        if !self.coloured {
            return None;
        }
        Some(match duration {
            Nanos(..1_000_000) => Role::Faint,
            Nanos(..1_000_000_000) => Role::Scheduled,
            seconds if seconds < MINUTE => Role::Running,
            minutes if minutes < HOUR => Role::Accent,
            _ => Role::Starved,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(decimals: u8) -> Durations {
        Durations {
            decimals: Some(decimals),
            ..Durations::default()
        }
    }

    #[test]
    fn there_are_as_many_digits_as_asked_for() {
        for (nanos, decimals, expected) in [
            (0, 2, "0"),
            (999, 2, "999ns"),
            (1_999, 0, "1µs"),
            (1_999, 9, "1.999µs"),
            (12_345_678, 1, "12.3ms"),
            (12_345_678, 4, "12.3456ms"),
            (9_999_999_999, 2, "9.99s"),
            (1_000_000_007, 9, "1.000000007s"),
            (83_000_000_000, 2, "1m23s"),
        ] {
            assert_eq!(with(decimals).whole(Nanos(nanos)), expected);
        }
        assert_eq!(Durations::default().whole(Nanos(12_345_678)), "12.3ms");
    }

    #[test]
    fn digits_without_room_are_left_out() {
        assert_eq!(with(3).text(Nanos(123_456_789), 7), "123.4ms");
        assert_eq!(with(3).text(Nanos(123_456_789), 6), "123ms");
        assert_eq!(with(3).text(Nanos(1_234_567), 7), "1.234ms");
    }

    #[test]
    fn units_have_different_colours_when_asked_for() {
        let coloured = Durations {
            coloured: true,
            ..Durations::default()
        };
        let times = [
            1,
            1_000_000,
            1_000_000_000,
            60_000_000_000,
            3_600_000_000_000,
        ];
        let roles = times.map(|time| coloured.role(Nanos(time)));
        for (index, role) in roles.iter().enumerate() {
            assert!(role.is_some() && !roles[..index].contains(role), "{role:?}");
        }
        assert_eq!(Durations::default().role(Nanos(1)), None);
    }

    proptest! {
        #[test]
        fn a_column_of_figures_holds_every_duration(nanos in any::<u64>(), decimals in 0u8..=9) {
            let short = nanos % Nanos::from_secs(86_400).0;
            let text = with(decimals).text(Nanos(short), 7);
            prop_assert!(crate::ui::text::width(&text) <= 7, "{}", text);
        }
    }
}
