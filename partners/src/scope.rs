//! What a secret key may do.

/// A part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Create matches and send what happens in them.
    Feed,
    /// Read matches and follow them.
    Read,
    /// Sites, keys, members, webhooks: all that the dashboard changes.
    Manage,
    /// Figures of the audience, which a spreadsheet may have that may change nothing.
    Usage,
    /// Fans' wallets: look, freeze, limit, erase.
    Wallet,
    /// What fans do, by which they may earn.
    Rewards,
    /// Vouchers of the organisation's own products: look one up, redeem it. A till's key, which may nothing else.
    Redeem,
}

impl Scope {
    pub const ALL: [Scope; 7] =
        [Scope::Feed, Scope::Read, Scope::Manage, Scope::Usage, Scope::Wallet, Scope::Rewards, Scope::Redeem];

    pub const fn word(self) -> &'static str {
        match self {
            Scope::Feed => "feed",
            Scope::Read => "read",
            Scope::Manage => "manage",
            Scope::Usage => "usage",
            Scope::Wallet => "wallet",
            Scope::Rewards => "rewards",
            Scope::Redeem => "redeem",
        }
    }

    pub fn of_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Scopes = Scopes(0);

    pub const fn of(scopes: &[Scope]) -> Scopes {
        let (mut bits, mut at) = (0, 0);
        while at < scopes.len() {
            bits |= 1 << scopes[at] as u8;
            at += 1;
        }
        Scopes(bits)
    }

    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order in which they are declared.
    pub fn words(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|it| self.has(*it)).map(Scope::word).collect()
    }

    /// Words that this release does not know give nothing.
    pub(crate) fn of_words(words: &[String]) -> Scopes {
        let known: Vec<Scope> = words.iter().filter_map(|it| Scope::of_word(it)).collect();
        Scopes::of(&known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read_back() {
        let some = Scopes::of(&[Scope::Usage, Scope::Feed]);
        assert_eq!(some.words(), ["feed", "usage"]);
        let words: Vec<String> = some.words().into_iter().map(str::to_owned).collect();
        assert_eq!(Scopes::of_words(&words), some);
        assert!(some.has(Scope::Feed) && !some.has(Scope::Manage) && !some.is_empty());
        assert!(Scopes::of_words(&["of_a_later_release".to_owned()]).is_empty());
    }
}
