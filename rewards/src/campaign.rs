//! Campaigns: who has set what aside for which triggers.

use crate::condition::{Condition, Name};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rules of one campaign.
const RULES_MAX: usize = 50;
/// Units that one grant may be of, before a tier's share.
const UNITS_MAX: i64 = 1_000_000;
/// What a tier may give, in hundredths of the amount.
const PERCENT_MAX: i64 = 1_000;
/// Days or times that a streak may be long.
const STREAK_MAX: u32 = 365;
/// Characters of a rule's and a tier's name.
const WORD_MAX: usize = 40;
/// Characters of what a rule is called to fans.
const TITLE_MAX: usize = 80;

/// One version of a campaign: it is never changed, and what was earned by it says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    pub id: String,
    pub version: u32,
    pub starts_at: Timestamp,
    /// Not any more at this moment.
    pub ends_at: Timestamp,
    /// Of several in one group, the one with the highest earns alone; of equal ones that with the lower id.
    #[serde(default)]
    pub priority: i32,
    /// Of those in the same group, one earns for a trigger.
    #[serde(default)]
    pub group: Option<String>,
    /// Of all its rules together.
    #[serde(default)]
    pub caps: Caps,
    pub rules: Vec<Rule>,
}

/// The most that is earned, units; none: no limit but the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// By a fan in a day of UTC, and ever.
    #[serde(default)]
    pub fan_day: Option<i64>,
    #[serde(default)]
    pub fan: Option<i64>,
    /// By all fans of a device in a day.
    #[serde(default)]
    pub device_day: Option<i64>,
    /// By all.
    #[serde(default)]
    pub all: Option<i64>,
}

/// What earns how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Within its campaign: small letters, digits and hyphens.
    pub id: String,
    /// What fans read: "Every six while you watch".
    #[serde(default)]
    pub title: Option<String>,
    pub when: Condition,
    pub amount: Amount,
    #[serde(default)]
    pub caps: Caps,
    #[serde(default)]
    pub streak: Option<Streak>,
}

/// How much, in the units of the campaign's budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Always.
    pub units: i64,
    /// For each of something that is counted, too.
    #[serde(default)]
    pub per: Option<Per>,
    /// By the fan's tier, hundredths of all that: 150 is half as much again. Tiers that are not here have 100. Rounded down.
    #[serde(default)]
    pub tiers: BTreeMap<String, i64>,
}

/// So many units for each of a number that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Per {
    pub name: Name,
    pub units: i64,
    /// What counts of the number at most.
    pub max: i64,
}

/// More for who comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Streak {
    /// When it is met on so many days of UTC without one between them, and again after as many more.
    Days { length: u32, units: i64 },
    /// Each so manieth time that it is met.
    Times { length: u32, units: i64 },
}

impl Streak {
    pub(crate) const fn length(self) -> u32 {
        match self {
            Streak::Days { length, .. } | Streak::Times { length, .. } => length,
        }
    }

    pub(crate) const fn units(self) -> i64 {
        match self {
            Streak::Days { units, .. } | Streak::Times { units, .. } => units,
        }
    }
}

/// Why a campaign cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("it ends before it starts")]
    Ends,

    #[error("a campaign has one rule at least, and {max} at most")]
    Rules { max: usize },

    #[error("two rules are called {id}")]
    SameRule { id: String },

    #[error("{word:?} is no name: 1 to {max} small letters, digits and hyphens")]
    Word { word: String, max: usize },

    #[error("a title has 1 to {max} characters, none of them for control")]
    Title { max: usize },

    #[error("units are 0 to {max}, and not all of them 0: {units}")]
    Units { units: i64, max: i64 },

    #[error("a tier's share is 0 to {max} hundredths: {percent}")]
    Percent { percent: i64, max: i64 },

    #[error("a cap is 1 or more: {units}")]
    Cap { units: i64 },

    #[error("a streak is 2 to {max} long: {length}")]
    StreakLength { length: u32, max: u32 },

    #[error("conditions are within each other {max} deep at most")]
    TooDeep { max: usize },

    #[error("a rule has {max} conditions at most")]
    TooManyConditions { max: usize },

    #[error("something is compared with {max} texts at most")]
    TooManyTexts { max: usize },

    #[error("a text has 1 to {max} characters, none of them for control")]
    Text { max: usize },

    #[error("a condition can never hold")]
    NeverHolds,

    #[error("a number is at least or at most something")]
    NoBound,
}

pub(crate) fn check_word(word: &str) -> Result<(), Invalid> {
    let is_good = (1..=WORD_MAX).contains(&word.len())
        && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    if is_good {
        Ok(())
    } else {
        Err(Invalid::Word { word: word.chars().take(WORD_MAX).collect(), max: WORD_MAX })
    }
}

fn check_units(units: i64) -> Result<(), Invalid> {
    if (0..=UNITS_MAX).contains(&units) { Ok(()) } else { Err(Invalid::Units { units, max: UNITS_MAX }) }
}

impl Campaign {
    /// What its rules ask for by a name, "place.fence": the texts that it is compared with.
    pub fn texts_asked(&self, name: &str) -> Vec<&str> {
        let mut texts = Vec::new();
        self.rules.iter().for_each(|it| it.when.texts_asked(name, &mut texts));
        texts
    }

    /// That it can be: before it is kept, and so before it goes live.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.starts_at >= self.ends_at {
            return Err(Invalid::Ends);
        }
        if !(1..=RULES_MAX).contains(&self.rules.len()) {
            return Err(Invalid::Rules { max: RULES_MAX });
        }
        if let Some(group) = &self.group {
            check_word(group)?;
        }
        self.caps.check()?;
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            check_word(&rule.id)?;
            if !ids.insert(&rule.id) {
                return Err(Invalid::SameRule { id: rule.id.clone() });
            }
            rule.check_title()?;
            rule.when.check()?;
            rule.caps.check()?;
            rule.check_amount()?;
        }
        Ok(())
    }
}

impl Caps {
    pub(crate) fn all(&self) -> [Option<i64>; 4] {
        [self.fan_day, self.fan, self.device_day, self.all]
    }

    fn check(&self) -> Result<(), Invalid> {
        match self.all().into_iter().flatten().find(|it| *it < 1) {
            Some(units) => Err(Invalid::Cap { units }),
            None => Ok(()),
        }
    }
}

impl Rule {
    /// As fans read it.
    pub fn said(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.id)
    }

    fn check_title(&self) -> Result<(), Invalid> {
        let is_good = |it: &String| {
            (1..=TITLE_MAX).contains(&it.trim().chars().count()) && !it.chars().any(char::is_control)
        };
        if self.title.as_ref().is_none_or(is_good) { Ok(()) } else { Err(Invalid::Title { max: TITLE_MAX }) }
    }

    fn check_amount(&self) -> Result<(), Invalid> {
        let Amount { units, per, tiers } = &self.amount;
        check_units(*units)?;
        let mut most = *units;
        if let Some(per) = per {
            check_units(per.units)?;
            check_units(per.max)?;
            check_units(per.units.saturating_mul(per.max))?;
            most = most.max(per.units.saturating_mul(per.max));
        }
        if let Some(streak) = self.streak {
            check_units(streak.units())?;
            if !(2..=STREAK_MAX).contains(&streak.length()) {
                return Err(Invalid::StreakLength { length: streak.length(), max: STREAK_MAX });
            }
            most = most.max(streak.units());
        }
        if most == 0 {
            return Err(Invalid::Units { units: 0, max: UNITS_MAX });
        }
        for (tier, percent) in tiers {
            check_word(tier)?;
            if !(0..=PERCENT_MAX).contains(percent) {
                return Err(Invalid::Percent { percent: *percent, max: PERCENT_MAX });
            }
        }
        Ok(())
    }
}
