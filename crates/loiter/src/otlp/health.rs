//! What is said of a collector that does not take what it is sent: once, until it does again.

/// Pure: is told what became of each try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Health {
    #[default]
    Well,
    /// It was said what is wrong.
    Ill,
}

/// What to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Ill,
    WellAgain,
}

impl Health {
    pub(super) fn note(&mut self, is_well: bool) -> Option<News> {
        let news = match (*self, is_well) {
            (Self::Well, false) => Some(News::Ill),
            (Self::Ill, true) => Some(News::WellAgain),
            _ => None,
        };
        *self = if is_well { Self::Well } else { Self::Ill };
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_said_once() {
        let mut health = Health::default();
        let said = [true, false, false, true, true, false].map(|is_well| health.note(is_well));
        let (ill, well) = (Some(News::Ill), Some(News::WellAgain));
        assert_eq!(said, [None, ill, None, well, None, ill]);
    }
}
