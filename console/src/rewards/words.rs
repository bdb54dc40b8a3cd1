//! Rules in words, as who answers for a campaign reads them over before it goes live.

use super::counted;
use super::names::{called, happened};
use crate::finance::money::count;
use rewards::{Amount, Caps, Condition, Fact, Rule, Streak, Why};

/// How often something is within something.
const DEPTH_MAX: u8 = 8;

/// "a six, if format is t20 and runs off the ball is at least 6".
pub(super) fn when(condition: &Condition) -> String {
    let of_all = match condition {
        Condition::All(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (kinds, others): (Vec<_>, Vec<_>) = of_all.iter().partition(|it| kind_of(it).is_some());
    let kinds: Vec<String> = kinds.into_iter().filter_map(kind_of).map(happened).collect();
    let others: Vec<String> = others.into_iter().map(|it| said(it, DEPTH_MAX)).collect();
    match (kinds.is_empty(), others.is_empty()) {
        (true, true) => "anything that is heard".to_owned(),
        (true, false) => format!("anything, if {}", others.join(" and ")),
        (false, true) => kinds.join(" and "),
        (false, false) => format!("{}, if {}", kinds.join(" and "), others.join(" and ")),
    }
}

/// The kind of trigger that it asks for, where it asks for no more.
pub(super) fn kind_of(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::Is { name, fact: Fact::Text(kind) } if name.to_string() == "trigger.kind" => Some(kind),
        _ => None,
    }
}

fn said(condition: &Condition, depth: u8) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "…".to_owned() };
    let several = |all: &[Condition], and: &str| {
        let all: Vec<String> = all.iter().map(|it| said(it, depth)).collect();
        if all.len() == 1 { all.concat() } else { format!("({})", all.join(and)) }
    };
    match condition {
        Condition::All(all) if all.is_empty() => "always".to_owned(),
        Condition::All(all) => several(all, " and "),
        Condition::Any(any) => several(any, " or "),
        Condition::Not(of) => match &**of {
            Condition::Is { name, fact } => {
                format!("{} is not {}", called(&name.to_string()), fact_said(fact))
            }
            Condition::OneOf { name, texts } => {
                format!("{} is none of {}", called(&name.to_string()), texts.join(", "))
            }
            Condition::Known { name } => format!("{} is not known", called(&name.to_string())),
            other => format!("not {}", said(other, depth)),
        },
        Condition::Is { name, fact } => format!("{} is {}", called(&name.to_string()), fact_said(fact)),
        Condition::OneOf { name, texts } => {
            format!("{} is one of {}", called(&name.to_string()), texts.join(", "))
        }
        Condition::Between { name, min, max } => {
            let name = called(&name.to_string());
            match (min, max) {
                (Some(min), Some(max)) => format!("{name} is {} to {}", count(*min), count(*max)),
                (Some(min), None) => format!("{name} is at least {}", count(*min)),
                (None, Some(max)) => format!("{name} is at most {}", count(*max)),
                (None, None) => format!("{name} is a number"),
            }
        }
        Condition::Known { name } => format!("{} is known", called(&name.to_string())),
    }
}

fn fact_said(fact: &Fact) -> String {
    match fact {
        Fact::Flag(true) => "so".to_owned(),
        Fact::Flag(false) => "not so".to_owned(),
        Fact::Number(number) => count(*number),
        Fact::Text(text) => text.clone(),
        Fact::Texts(texts) => texts.join(", "),
    }
}

/// "10 points, and 2 for each of runs off the ball (6 at most)".
pub(super) fn amount(amount: &Amount) -> String {
    let Amount { units, per, tiers } = amount;
    let mut text = counted(*units, "point", "points");
    if let Some(per) = per {
        let of = called(&per.name.to_string());
        text.push_str(&format!(", and {} for each of {of} ({} at most)", count(per.units), count(per.max)));
    }
    let shares: Vec<String> =
        tiers.iter().map(|(tier, share)| format!("{share} % of it for {tier}")).collect();
    if !shares.is_empty() {
        text.push_str(&format!("; {}", shares.join(", ")));
    }
    text
}

/// "25 a fan and day · 1,000 in all"; empty without one.
pub(super) fn caps(caps: &Caps) -> String {
    let all = [
        (caps.fan_day, "a fan and day"),
        (caps.fan, "a fan"),
        (caps.device_day, "a device and day"),
        (caps.all, "in all"),
    ];
    let said = all.iter().filter_map(|(cap, of)| Some(format!("{} {of}", count((*cap)?))));
    said.collect::<Vec<_>>().join(" · ")
}

pub(super) fn streak(streak: Streak) -> String {
    match streak {
        Streak::Days { length, units } => {
            format!("{} more when it is met {length} days in a row", count(units))
        }
        Streak::Times { length, units } => format!("{} more each {length} times", count(units)),
    }
}

/// All of a rule in one sentence.
pub(super) fn rule(rule: &Rule) -> String {
    let mut text = format!("{} for {}", amount(&rule.amount), when(&rule.when));
    if let Some(of) = rule.streak {
        text.push_str(&format!("; {}", streak(of)));
    }
    let most = caps(&rule.caps);
    if !most.is_empty() {
        text.push_str(&format!("; at most {most}"));
    }
    text
}

/// Why a rule has earned nothing.
pub(super) const fn why(why: Why) -> &'static str {
    match why {
        Why::NotYet => "before it starts",
        Why::Over => "after it ends",
        Why::NotMet => "the condition did not hold",
        Why::Nothing => "it came to nothing",
        Why::FanDay => "the fan's cap of the day was reached",
        Why::Fan => "the fan's cap was reached",
        Why::DeviceDay => "the device's cap of the day was reached, or no device was known",
        Why::All => "the cap of all was reached",
        Why::Excluded => "another campaign of the group has earned",
    }
}
