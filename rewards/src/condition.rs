//! When a rule earns: a condition over what is known. It is data, written by people in a form and kept as JSON.

use crate::campaign::Invalid;
use crate::trigger::Fact;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How deep conditions are within each other, and how many there are in one rule.
const DEPTH_MAX: usize = 8;
const COUNT_MAX: usize = 64;
/// Texts that one is compared with, and characters of each.
const TEXTS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 100;

/// What may be known: `trigger.kind`, `trigger.runs`, `fan.tier`, `match.format`, `place.country`, `partner.id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// What something is known of.
const THINGS: [&str; 5] = ["trigger", "fan", "match", "place", "partner"];

impl Name {
    /// A thing, a dot, and a word of small letters, digits and `_` that begins with a letter, of at most forty characters.
    pub fn parse(text: &str) -> Option<Self> {
        let (thing, word) = text.split_once('.')?;
        let is_word = word.len() <= 40
            && word.starts_with(|it: char| it.is_ascii_lowercase())
            && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
        (THINGS.contains(&thing) && is_word).then(|| Self(text.to_owned()))
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| {
            format!("{text:?} names nothing that is known: say trigger.kind, fan.tier, match.format …")
        })
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// All that is known when a trigger is judged for a fan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene(BTreeMap<Name, Fact>);

impl Scene {
    /// What is known by such a name; what was known by it before is forgotten.
    #[must_use]
    pub fn with(mut self, name: Name, fact: Fact) -> Self {
        self.0.insert(name, fact);
        self
    }

    pub fn get(&self, name: &Name) -> Option<&Fact> {
        self.0.get(name)
    }

    pub(crate) fn number(&self, name: &Name) -> Option<i64> {
        match self.get(name)? {
            Fact::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &Name) -> Option<&str> {
        match self.get(name)? {
            Fact::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Whether a trigger earns. What is not known is not so: `Not` of it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Every one; so it is where there is none.
    All(Vec<Condition>),
    /// At least one.
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// Known as just that, or as one of several texts that are known.
    Is {
        name: Name,
        fact: Fact,
    },
    /// Known as one of these texts.
    OneOf {
        name: Name,
        texts: Vec<String>,
    },
    /// A number that is known, at least and at most; either may be missing.
    Between {
        name: Name,
        min: Option<i64>,
        max: Option<i64>,
    },
    /// Anything is known.
    Known {
        name: Name,
    },
}

impl Condition {
    pub fn holds(&self, scene: &Scene) -> bool {
        match self {
            Condition::All(all) => all.iter().all(|it| it.holds(scene)),
            Condition::Any(any) => any.iter().any(|it| it.holds(scene)),
            Condition::Not(of) => !of.holds(scene),
            Condition::Is { name, fact } => match (scene.get(name), fact) {
                (Some(Fact::Texts(known)), Fact::Text(text)) => known.contains(text),
                (known, fact) => known == Some(fact),
            },
            Condition::OneOf { name, texts } => match scene.get(name) {
                Some(Fact::Text(known)) => texts.contains(known),
                Some(Fact::Texts(known)) => known.iter().any(|it| texts.contains(it)),
                _ => false,
            },
            Condition::Between { name, min, max } => scene
                .number(name)
                .is_some_and(|it| min.is_none_or(|min| it >= min) && max.is_none_or(|max| it <= max)),
            Condition::Known { name } => scene.get(name).is_some(),
        }
    }

    /// The texts that what is known by a name is compared with.
    pub(crate) fn texts_asked<'a>(&'a self, of: &str, texts: &mut Vec<&'a str>) {
        match self {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|it| it.texts_asked(of, texts)),
            Condition::Not(it) => it.texts_asked(of, texts),
            Condition::Is { name, fact: Fact::Text(text) } if name.0 == of => texts.push(text),
            Condition::OneOf { name, texts: several } if name.0 == of => {
                texts.extend(several.iter().map(String::as_str));
            }
            Condition::Is { .. }
            | Condition::OneOf { .. }
            | Condition::Between { .. }
            | Condition::Known { .. } => {}
        }
    }

    /// That it is within what a rule may have, and can hold at all.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut count = 0;
        self.check_within(DEPTH_MAX, &mut count)
    }

    fn check_within(&self, depth: usize, count: &mut usize) -> Result<(), Invalid> {
        *count += 1;
        if depth == 0 {
            return Err(Invalid::TooDeep { max: DEPTH_MAX });
        }
        if *count > COUNT_MAX {
            return Err(Invalid::TooManyConditions { max: COUNT_MAX });
        }
        match self {
            Condition::All(of) => of.iter().try_for_each(|it| it.check_within(depth - 1, count)),
            Condition::Any(of) if of.is_empty() => Err(Invalid::NeverHolds),
            Condition::Any(of) => of.iter().try_for_each(|it| it.check_within(depth - 1, count)),
            Condition::Not(of) => of.check_within(depth - 1, count),
            Condition::Is { fact, .. } => match fact {
                Fact::Text(text) => check_text(text),
                // Several are known, and one is asked for.
                Fact::Texts(_) => Err(Invalid::NeverHolds),
                Fact::Flag(_) | Fact::Number(_) => Ok(()),
            },
            Condition::OneOf { texts, .. } if texts.is_empty() => Err(Invalid::NeverHolds),
            Condition::OneOf { texts, .. } if texts.len() > TEXTS_MAX => {
                Err(Invalid::TooManyTexts { max: TEXTS_MAX })
            }
            Condition::OneOf { texts, .. } => texts.iter().try_for_each(|it| check_text(it)),
            Condition::Between { min: Some(min), max: Some(max), .. } if min > max => {
                Err(Invalid::NeverHolds)
            }
            Condition::Between { min: None, max: None, .. } => Err(Invalid::NoBound),
            Condition::Between { .. } | Condition::Known { .. } => Ok(()),
        }
    }
}

fn check_text(text: &str) -> Result<(), Invalid> {
    if (1..=TEXT_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Invalid::Text { max: TEXT_CHARS_MAX })
    }
}
