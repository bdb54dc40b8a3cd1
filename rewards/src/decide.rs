//! What a trigger earns a fan.

use crate::campaign::{Campaign, Caps, Rule, Streak};
use crate::condition::{Name, Scene};
use crate::trigger::Trigger;
use jiff::Timestamp;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use wallet::TransferId;

/// What has been earned before, units: within what a cap speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// By this fan on the day of the trigger, and ever.
    pub fan_day: i64,
    pub fan: i64,
    /// By all fans of the device on that day; none where no device is known: what has a cap of devices is not earned then.
    pub device_day: Option<i64>,
    /// By all.
    pub all: i64,
}

/// What went before by a rule, for this fan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastOfRule {
    pub earned: Earned,
    /// How often it was met.
    pub times: u32,
    /// The last day on which it was met, counted from 1970-01-01 (UTC), and how many before it without one between them, itself among them.
    pub last_day: Option<i32>,
    pub days: u32,
}

/// What went before in the campaigns that are judged. What is not here is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// By the campaign's id.
    pub campaigns: BTreeMap<String, Earned>,
    /// By the ids of campaign and rule.
    pub rules: BTreeMap<(String, String), PastOfRule>,
}

/// Why a rule earns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    NotYet,
    Over,
    /// Its condition does not hold.
    NotMet,
    /// It is met, and comes to nothing for this fan and these numbers.
    Nothing,
    FanDay,
    Fan,
    DeviceDay,
    All,
    /// Another campaign of its group has earned.
    Excluded,
}

impl Why {
    /// As rows and messages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Why::NotYet => "not-yet",
            Why::Over => "over",
            Why::NotMet => "not-met",
            Why::Nothing => "nothing",
            Why::FanDay => "fan-day",
            Why::Fan => "fan",
            Why::DeviceDay => "device-day",
            Why::All => "all",
            Why::Excluded => "excluded",
        }
    }
}

/// What one rule makes of a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub campaign: String,
    pub version: u32,
    pub rule: String,
    /// Units, above zero; less than the rule says where a cap is near.
    pub outcome: Result<i64, Why>,
    /// What is to be remembered of the rule where it is met, with this.
    pub past: Option<PastOfRule>,
}

/// The transfer of what a trigger earns a fan by a rule: the same each time that it is judged, in whichever version of the campaign.
pub fn grant_id(trigger: &Trigger, campaign: &str, rule: &str, fan: &str) -> TransferId {
    TransferId::following_from("grant", &[trigger.source.word(), &trigger.id, campaign, rule, fan])
}

/// Days since 1970-01-01 (UTC).
pub(crate) fn day_of(at: Timestamp) -> i32 {
    // Within what a `Timestamp` can be, which is some thousand years.
    at.as_second().div_euclid(24 * 60 * 60) as i32
}

/// Judges every rule of every campaign, in the order in which they are answered: those of high priority first. What one rule earns counts in the
/// caps that the next is judged by.
pub fn decide(
    campaigns: &[impl Borrow<Campaign>],
    trigger: &Trigger,
    scene: &Scene,
    past: &Past,
) -> Vec<Decision> {
    let mut sorted: Vec<&Campaign> = campaigns.iter().map(Borrow::borrow).collect();
    sorted.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
    let (mut groups, mut decisions) = (Vec::new(), Vec::new());
    for campaign in sorted {
        let mut earned = past.campaigns.get(&campaign.id).copied().unwrap_or_default();
        let is_excluded = campaign.group.as_ref().is_some_and(|it| groups.contains(&it));
        let mut has_earned = false;
        for rule in &campaign.rules {
            let key = (campaign.id.clone(), rule.id.clone());
            let before = past.rules.get(&key).copied().unwrap_or_default();
            let judged = match is_excluded {
                true => Err(Why::Excluded),
                false => judge(campaign, rule, trigger, scene, &before),
            };
            let (outcome, past) = match judged {
                Ok((wanted, mut after)) => {
                    let outcome = within(wanted, &rule.caps, &after.earned)
                        .and_then(|it| within(it, &campaign.caps, &earned));
                    if let Ok(units) = outcome {
                        after.earned.add(units);
                        earned.add(units);
                        has_earned = true;
                    }
                    (outcome, Some(after))
                }
                Err(why) => (Err(why), None),
            };
            let (campaign, version, rule) = (campaign.id.clone(), campaign.version, rule.id.clone());
            decisions.push(Decision { campaign, version, rule, outcome, past });
        }
        if has_earned {
            groups.extend(&campaign.group);
        }
    }
    decisions
}

/// What a rule would earn without caps, and what is to be remembered of it.
fn judge(
    campaign: &Campaign,
    rule: &Rule,
    trigger: &Trigger,
    scene: &Scene,
    before: &PastOfRule,
) -> Result<(i64, PastOfRule), Why> {
    if trigger.at < campaign.starts_at {
        return Err(Why::NotYet);
    }
    if trigger.at >= campaign.ends_at {
        return Err(Why::Over);
    }
    if !rule.when.holds(scene) {
        return Err(Why::NotMet);
    }
    let day = day_of(trigger.at);
    let after = before.met(day);
    let is_full = match rule.streak {
        // Once a day, however often it is met.
        Some(Streak::Days { length, .. }) => {
            before.last_day.is_none_or(|it| day > it) && after.days.is_multiple_of(length)
        }
        Some(Streak::Times { length, .. }) => after.times.is_multiple_of(length),
        None => false,
    };
    let mut units = rule.amount.units;
    if let Some(per) = &rule.amount.per {
        let number = scene.number(&per.name).unwrap_or(0).clamp(0, per.max);
        units = units.saturating_add(per.units.saturating_mul(number));
    }
    if let Some(streak) = rule.streak.filter(|_| is_full) {
        units = units.saturating_add(streak.units());
    }
    let tier = Name::parse("fan.tier").and_then(|it| scene.text(&it));
    let percent = tier.and_then(|it| rule.amount.tiers.get(it)).copied().unwrap_or(100);
    Ok((units.saturating_mul(percent) / 100, after))
}

impl PastOfRule {
    /// Once more, on a day. What comes late is of a day that is over, and neither begins nor ends a streak.
    fn met(self, day: i32) -> Self {
        let times = self.times.saturating_add(1);
        let (last_day, days) = match self.last_day {
            Some(last) if day <= last => (last, self.days),
            Some(last) if day == last + 1 => (day, self.days.saturating_add(1)),
            _ => (day, 1),
        };
        Self { times, last_day: Some(last_day), days, ..self }
    }
}

impl Earned {
    fn add(&mut self, units: i64) {
        self.fan_day = self.fan_day.saturating_add(units);
        self.fan = self.fan.saturating_add(units);
        self.all = self.all.saturating_add(units);
        self.device_day = self.device_day.map(|it| it.saturating_add(units));
    }
}

/// As much of it as caps leave.
fn within(units: i64, caps: &Caps, earned: &Earned) -> Result<i64, Why> {
    if units <= 0 {
        return Err(Why::Nothing);
    }
    let so_far = [Some(earned.fan_day), Some(earned.fan), earned.device_day, Some(earned.all)];
    let whys = [Why::FanDay, Why::Fan, Why::DeviceDay, Why::All];
    let mut left = units;
    for ((cap, so_far), why) in caps.all().into_iter().zip(so_far).zip(whys) {
        let Some(cap) = cap else { continue };
        left = left.min(cap.saturating_sub(so_far.unwrap_or(i64::MAX)));
        if left <= 0 {
            return Err(why);
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests;
