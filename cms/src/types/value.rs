//! What fields of many types are made of.

use super::order::in_order;
use crate::language::Language;
use crate::problem::Problem;
use jiff::{Timestamp, ZonedDateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A moment on the clock of a place: "2026-12-01T19:00:00+05:30[Asia/Kolkata]" (RFC 9557). It keeps the zone that its editor thinks in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "date-time", "maxLength" = 80))]
pub struct DateTime(String);

impl DateTime {
    /// None where it is not one.
    pub fn at(&self) -> Option<Timestamp> {
        Self::read(&self.0)
    }

    pub(crate) fn read(text: &str) -> Option<Timestamp> {
        text.parse::<ZonedDateTime>().ok().map(|it| it.timestamp())
    }
}

/// An address to go to: "https://…", "mailto:…", or a path of the page's own site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "link", "maxLength" = 2000))]
pub struct Href(String);

impl Href {
    /// Whether a page may link to it. What a browser would skip, such as a tab within the scheme, makes it none.
    pub(crate) fn is_good(text: &str) -> bool {
        let is_plain = !text.chars().any(|it| it.is_control() || it.is_whitespace() || it == '\\');
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let after = |scheme: &str| {
            text.strip_prefix(scheme).is_some_and(|rest| !rest.starts_with(['/', '@']) && !rest.is_empty())
        };
        is_plain && (is_path || after("https://") || after("mailto:"))
    }
}

/// Another entry, by its id: "ent_…".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "relation", "pattern" = "^ent_[0-9A-Za-z]{22}$", "maxLength" = 26))]
pub struct Relation(String);

impl Relation {
    pub fn id(&self) -> &str {
        &self.0
    }
}

/// A partner's organisation: "org_…".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "partner", "pattern" = "^org_[0-9A-Za-z]+$", "maxLength" = 40))]
pub struct PartnerId(String);

impl PartnerId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// "#0b5fff"
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "colour", "pattern" = "^#[0-9a-f]{6}$", "maxLength" = 7))]
pub struct Colour(pub(super) String);

/// What tells an item of a list from the others while it is moved and changed: small, made by the form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "hidden", "pattern" = "^[0-9A-Za-z_-]+$", "minLength" = 1, "maxLength" = 32))]
pub struct ItemId(pub(super) String);

impl ItemId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A country or a part of one (ISO 3166-2): "IN", "IN-KA". A country stands for all of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "place", "pattern" = "^[A-Z]{2}(-[0-9A-Z]{1,3})?$", "maxLength" = 6))]
pub struct Place(String);

/// A language (BCP 47).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "", extend("x-widget" = "language", "maxLength" = 35))]
pub struct Tag(String);

impl Tag {
    pub(crate) fn is_good(text: &str) -> bool {
        Language::parse(text).is_ok_and(|it| it.as_str() == text)
    }
}

/// Where in a widget something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    MatchTop,
    MatchFeed,
    MatchBottom,
    InningsBreak,
    Result,
}

/// Who sees it, where and when; left out: everybody, everywhere, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Targets {
    /// On pages of these partners only.
    #[serde(default)]
    #[schemars(title = "Partners", length(max = 500))]
    pub partners: Vec<PartnerId>,
    /// To people in these places only. Who may be anywhere does not see it then.
    #[serde(default)]
    #[schemars(title = "Places", length(max = 300))]
    pub places: Vec<Place>,
    /// To people who read one of these languages only.
    #[serde(default)]
    #[schemars(title = "Languages", length(max = 50))]
    pub languages: Vec<Tag>,
    /// Not before.
    #[schemars(title = "From")]
    pub from: Option<DateTime>,
    /// Not from then on.
    #[schemars(title = "Until")]
    pub until: Option<DateTime>,
    /// The highest comes first.
    #[serde(default)]
    #[schemars(title = "Priority", range(min = -100, max = 100))]
    pub priority: i16,
}

impl Targets {
    /// That it ends after it begins; `path` is where it stands.
    pub(crate) fn check(&self, path: &str) -> Vec<Problem> {
        let (from, until) =
            (self.from.as_ref().and_then(DateTime::at), self.until.as_ref().and_then(DateTime::at));
        match (from, until) {
            (Some(from), Some(until)) if until <= from => {
                vec![Problem::new(format!("{path}/until"), "is after it begins, or left out")]
            }
            _ => Vec::new(),
        }
    }
}

/// That no two items of a list have one id.
pub(super) fn check_ids<'i>(path: &str, ids: impl Iterator<Item = &'i ItemId>) -> Vec<Problem> {
    let mut seen = std::collections::BTreeSet::new();
    let twice = ids.enumerate().filter(|(_, id)| !seen.insert(*id));
    twice.map(|(at, _)| Problem::new(format!("{path}/{at}/id"), "is another item's, too")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_page_may_link_to_is_an_address() {
        for (text, expected) in [
            ("https://crease.example/a?b=1#c", true),
            ("/matches/12", true),
            ("mailto:desk@crease.example", true),
            ("http://crease.example", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https:///evil.example", false),
            ("https://", false),
            ("javascript:alert(1)", false),
            ("JaVaScript:alert(1)", false),
            ("java\tscript:alert(1)", false),
            (" https://crease.example", false),
            ("data:text/html,x", false),
            ("", false),
        ] {
            assert_eq!(Href::is_good(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_moment_keeps_its_zone_and_knows_its_instant() {
        let at = |text: &str| DateTime::read(text).map(|it| it.to_string());
        assert_eq!(at("2026-12-01T19:00:00+05:30[Asia/Kolkata]").as_deref(), Some("2026-12-01T13:30:00Z"));
        for text in [
            "2026-12-01T19:00:00Z",
            "2026-12-01T19:00:00",
            "tomorrow",
            "2026-12-01T19:00:00+05:30[Asia/Nowhere]",
            "2026-12-01T19:00:00+02:00[Asia/Kolkata]",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
