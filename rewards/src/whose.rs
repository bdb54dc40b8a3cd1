//! Whose campaigns and products somebody sees.

/// All of them, or those of one organisation alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// For operators.
    Everybodys,
    /// For its members; the house's own and another's are not there.
    Of(&'a str),
}

impl<'a> Whose<'a> {
    /// None where all are seen.
    pub const fn organisation_id(self) -> Option<&'a str> {
        match self {
            Whose::Everybodys => None,
            Whose::Of(id) => Some(id),
        }
    }

    /// Whether what belongs to an organisation, or to the house, is among them.
    pub fn has(self, organisation_id: Option<&str>) -> bool {
        match self {
            Whose::Everybodys => true,
            Whose::Of(id) => organisation_id == Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_sees_what_is_its_own_and_operators_see_all() {
        for (whose, of, expected) in [
            (Whose::Everybodys, None, true),
            (Whose::Everybodys, Some("org_1"), true),
            (Whose::Of("org_1"), Some("org_1"), true),
            (Whose::Of("org_1"), Some("org_2"), false),
            (Whose::Of("org_1"), None, false),
        ] {
            assert_eq!(whose.has(of), expected, "{whose:?} {of:?}");
        }
    }
}
