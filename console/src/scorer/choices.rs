//! What the scorer has said about the next ball before it is bowled. It is in the page's address and nowhere else: a
//! match's log holds only what happened.

use crate::form::Fields;
use cricket::{PlayerId, Side};

/// Chosen for the next ball or innings; none where nothing is chosen. The page ignores what the match does not allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub bowler: Option<PlayerId>,
    pub striker: Option<PlayerId>,
    /// One more ball in this over (from 0), which was complete.
    pub over: Option<u16>,
    /// Who bats in the next innings, when it is not whose turn it is.
    pub batting: Option<Side>,
    /// The next innings is a super over.
    pub super_over: bool,
}

impl Choices {
    /// From a query, or from the hidden fields of a form.
    pub fn of(fields: &Fields) -> Self {
        Choices {
            bowler: player(fields, "bowler"),
            striker: player(fields, "striker"),
            over: fields.text("over").parse().ok(),
            batting: side(fields.text("batting")),
            super_over: fields.text("super_over") == "yes",
        }
    }

    /// The query that carries them, "?bowler=14&striker=3"; empty without any.
    pub fn query(&self) -> String {
        let mut fields = Fields::default();
        if let Some(bowler) = self.bowler {
            fields.set("bowler", bowler.0);
        }
        if let Some(striker) = self.striker {
            fields.set("striker", striker.0);
        }
        if let Some(over) = self.over {
            fields.set("over", over);
        }
        if let Some(batting) = self.batting {
            fields.set("batting", side_value(batting));
        }
        if self.super_over {
            fields.set("super_over", "yes");
        }
        if fields.is_empty() { String::new() } else { format!("?{}", fields.to_query()) }
    }
}

/// The player whose number is in the field.
pub(super) fn player(fields: &Fields, name: &str) -> Option<PlayerId> {
    fields.text(name).parse().ok().map(PlayerId)
}

/// "home" or "away".
pub(super) fn side(text: &str) -> Option<Side> {
    match text {
        "home" => Some(Side::Home),
        "away" => Some(Side::Away),
        _ => None,
    }
}

pub(super) const fn side_value(side: Side) -> &'static str {
    match side {
        Side::Home => "home",
        Side::Away => "away",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_survive_the_address() {
        let all = Choices {
            bowler: Some(PlayerId(14)),
            striker: Some(PlayerId(3)),
            over: Some(7),
            batting: Some(Side::Away),
            super_over: true,
        };
        for choices in [Choices::default(), all, Choices { over: Some(0), ..Choices::default() }] {
            let query = choices.query();
            assert_eq!(Choices::of(&Fields::parse(query.trim_start_matches('?'))), choices, "{query}");
        }
    }

    #[test]
    fn nonsense_in_the_address_chooses_nothing() {
        let fields = Fields::parse("bowler=-1&striker=Das&over=x&batting=both&super_over=1");
        assert_eq!(Choices::of(&fields), Choices::default());
    }
}
