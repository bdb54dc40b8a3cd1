//! What messages tell of.

/// What a message tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    MatchStarted,
    InningsBreak,
    Wicket,
    MatchResult,
    /// A key has used up what its plan allows.
    QuotaReached,
    /// A key is about to stop working.
    KeyExpiring,
    /// Sent on request, whatever an endpoint wants.
    Test,
}

impl Kind {
    /// Those that an endpoint can want.
    pub const WANTED: [Kind; 6] = [
        Kind::MatchStarted,
        Kind::InningsBreak,
        Kind::Wicket,
        Kind::MatchResult,
        Kind::QuotaReached,
        Kind::KeyExpiring,
    ];

    /// The `type` of a message's body.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::MatchStarted => "match.started",
            Kind::InningsBreak => "match.innings_break",
            Kind::Wicket => "match.wicket",
            Kind::MatchResult => "match.result",
            Kind::QuotaReached => "quota.reached",
            Kind::KeyExpiring => "key.expiring",
            Kind::Test => "webhook.test",
        }
    }

    /// The kind that a word names.
    pub fn of_word(word: &str) -> Option<Kind> {
        Kind::WANTED.into_iter().chain([Kind::Test]).find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for kind in Kind::WANTED.into_iter().chain([Kind::Test]) {
            assert_eq!(Kind::of_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::of_word("match.rain"), None);
    }
}
