//! What was typed becomes a campaign, or mistakes beside its fields.

use super::rows;
use super::{Draft, RULES_MAX, RuleDraft, moment};
use crate::form::{Fields, Mistakes};
use crate::rewards::words;
use jiff::Timestamp;
use rewards::{Amount, Campaign, Caps, Condition, Invalid, Per, Rule, Streak};
use std::collections::{BTreeMap, BTreeSet};

/// Units that are typed, at most: what a grant may be of, and what a cap may be.
const UNITS_MAX: i64 = 1_000_000;
const CAP_MAX: i64 = 1_000_000_000_000;
/// Characters of an id that is made.
const ID_MAX: usize = 40;

impl Draft {
    /// The campaign of that id that it says, or what is to be put right. Ids that are empty are made from titles.
    pub fn read(&self, id: &str) -> Result<Campaign, Mistakes> {
        let (form, mut mistakes) = (self.form(), Mistakes::default());
        let starts_at = moment_of(&form, "starts", &mut mistakes);
        let ends_at = moment_of(&form, "ends", &mut mistakes);
        if starts_at.zip(ends_at).is_some_and(|(starts, ends)| starts >= ends) {
            mistakes.add("ends", "It ends before it starts.");
        }
        let priority = form.number("priority", -1_000..=1_000, &mut mistakes).unwrap_or(0);
        let group = Some(form.text("group").to_owned()).filter(|it| !it.is_empty());
        let caps = caps(&form, "", &mut mistakes);
        if self.rules.is_empty() {
            mistakes.add("", "A campaign has one rule at least: add one.");
        }
        let ids = self.ids();
        let mut rules = Vec::with_capacity(self.rules.len());
        let mut seen = BTreeSet::new();
        for (at, (draft, rule_id)) in self.rules.iter().zip(&ids).enumerate() {
            if !seen.insert(rule_id) {
                mistakes.add(format!("r{at}-id"), format!("Another rule is called {rule_id}."));
            }
            let mut of_rule = Mistakes::default();
            let rule = rule(at, (draft, rule_id), &form, &mut of_rule);
            for it in of_rule.iter() {
                mistakes.add(it.field.clone(), it.text.clone());
            }
            rules.extend(rule);
        }
        let never = Timestamp::UNIX_EPOCH;
        let campaign = Campaign {
            id: id.to_owned(),
            version: 1,
            starts_at: starts_at.unwrap_or(never),
            ends_at: ends_at.unwrap_or(never),
            priority,
            group,
            caps,
            rules,
        };
        if mistakes.is_empty() {
            if let Err(invalid) = campaign.check() {
                let field = if let Invalid::Word { .. } = invalid { "group" } else { "" };
                mistakes.add(field, sentence(&invalid));
            }
        } else if let Some(Err(invalid)) = campaign.group.as_ref().map(|_| check_group(&campaign)) {
            mistakes.add("group", sentence(&invalid));
        }
        mistakes.unless_any(campaign)
    }

    /// A rule in words, where nothing of it is wrong.
    pub(in crate::rewards) fn said(&self, at: usize) -> Option<String> {
        let (form, mut mistakes) = (self.form(), Mistakes::default());
        let said = rule(at, (self.rules.get(at)?, "a"), &form, &mut mistakes);
        said.filter(|_| mistakes.is_empty()).map(|it| words::rule(&it))
    }

    /// Each rule's: as typed, else made from its title, unlike those before it.
    fn ids(&self) -> Vec<String> {
        let typed: BTreeSet<&str> = self.rules.iter().map(|it| it.fields.text("id")).collect();
        let mut made = BTreeSet::new();
        let mut ids = Vec::with_capacity(self.rules.len());
        for (at, rule) in self.rules.iter().enumerate() {
            let id = rule.fields.text("id");
            if !id.is_empty() {
                ids.push(id.to_owned());
                continue;
            }
            let stem = match slug(rule.fields.text("title")) {
                it if it.is_empty() => format!("rule-{}", at + 1),
                it => it,
            };
            let numbered = (2..=RULES_MAX * 2).map(|number| {
                let end = format!("-{number}");
                format!("{}{end}", &stem[..stem.len().min(ID_MAX - end.len())])
            });
            let is_free = |it: &String| !typed.contains(it.as_str()) && !made.contains(it);
            let id =
                std::iter::once(stem.clone()).chain(numbered).find(is_free).unwrap_or_else(|| stem.clone());
            made.insert(id.clone());
            ids.push(id);
        }
        ids
    }
}

/// A campaign of nothing but this group and a rule that is well.
fn check_group(campaign: &Campaign) -> Result<(), Invalid> {
    let amount = Amount { units: 1, per: None, tiers: BTreeMap::new() };
    let (when, caps) = (Condition::All(Vec::new()), Caps::default());
    let rule = Rule { id: "a".to_owned(), title: None, when, amount, caps, streak: None };
    alone(rule, campaign.group.clone()).check()
}

fn alone(rule: Rule, group: Option<String>) -> Campaign {
    Campaign {
        id: String::new(),
        version: 1,
        starts_at: Timestamp::MIN,
        ends_at: Timestamp::MAX,
        priority: 0,
        group,
        caps: Caps::default(),
        rules: vec![rule],
    }
}

fn moment_of(form: &Fields, name: &'static str, mistakes: &mut Mistakes) -> Option<Timestamp> {
    let at = moment(form.text(name));
    if at.is_none() {
        mistakes.add(name, "Choose a day and a time of it, such as 2026-11-30T18:00.");
    }
    at
}

/// "Every six!" becomes "every-six".
fn slug(title: &str) -> String {
    let mut id = String::new();
    for it in title.to_lowercase().chars() {
        if it.is_ascii_alphanumeric() {
            id.push(it);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(ID_MAX);
    id.trim_end_matches('-').to_owned()
}

fn caps(form: &Fields, prefix: &str, mistakes: &mut Mistakes) -> Caps {
    let mut cap = |name: &str| form.number(&format!("{prefix}{name}"), 1..=CAP_MAX, mistakes);
    Caps {
        fan_day: cap("cap-fan-day"),
        fan: cap("cap-fan"),
        device_day: cap("cap-device-day"),
        all: cap("cap-all"),
    }
}

/// A condition from JSON, or what is wrong with it and where.
pub(super) fn condition(text: &str) -> Result<Condition, String> {
    if text.trim().is_empty() {
        return Err(
            "Write a condition: {\"is\": {\"name\": \"trigger.kind\", \"fact\": \"six\"}}.".to_owned()
        );
    }
    serde_json::from_str(text).map_err(|error| format!("This is no condition: {error}."))
}

fn rule(at: usize, (draft, id): (&RuleDraft, &str), form: &Fields, mistakes: &mut Mistakes) -> Option<Rule> {
    let field = |name: &str| format!("r{at}-{name}");
    let when = if draft.is_json() {
        condition(draft.fields.raw("json")).map_err(|text| mistakes.add(field("json"), text)).ok()
    } else {
        rows::read(at, draft, form, mistakes)
    };
    let title = Some(draft.fields.text("title").to_owned()).filter(|it| !it.is_empty());
    let units = form.number(&field("units"), 0..=UNITS_MAX, mistakes).unwrap_or(0);
    let per = per(at, form, mistakes);
    let mut tiers = BTreeMap::new();
    for (name, value) in draft.fields.pairs() {
        let Some(tier) = name.strip_prefix("tier-").filter(|_| !value.trim().is_empty()) else { continue };
        let percent = form.number(&field(name), 0..=1_000, mistakes);
        tiers.extend(percent.map(|it| (tier.to_owned(), it)));
    }
    let streak = streak(at, form, mistakes);
    let caps = caps(form, &field(""), mistakes);
    let amount = Amount { units, per, tiers };
    let rule = Rule { id: id.to_owned(), title, when: when?, amount, caps, streak };
    if let (true, Err(invalid)) = (mistakes.is_empty(), alone(rule.clone(), None).check()) {
        mistakes.add(field(field_of(&invalid, draft)), sentence(&invalid));
    }
    Some(rule)
}

fn per(at: usize, form: &Fields, mistakes: &mut Mistakes) -> Option<Per> {
    let field = |name: &str| format!("r{at}-{name}");
    if !form.has(&field("per")) {
        return None;
    }
    let name = rows::name(form, (&field("per"), &field("per-own")), mistakes);
    let mut number = |name: &str| {
        let typed = form.number(&field(name), 1..=UNITS_MAX, mistakes);
        if !form.has(&field(name)) {
            mistakes.add(field(name), "Enter a number.");
        }
        typed
    };
    let (units, max) = (number("per-units"), number("per-max"));
    let (name, units, max) = (name?, units?, max?);
    if units.saturating_mul(max) > UNITS_MAX {
        mistakes.add(field("per-max"), format!("Together that is more than {UNITS_MAX} points."));
    }
    Some(Per { name, units, max })
}

fn streak(at: usize, form: &Fields, mistakes: &mut Mistakes) -> Option<Streak> {
    let field = |name: &str| format!("r{at}-{name}");
    let kind = form.text(&field("streak"));
    if kind.is_empty() {
        return None;
    }
    let length = form.number(&field("streak-length"), 2..=365, mistakes);
    let units = form.number(&field("streak-units"), 1..=UNITS_MAX, mistakes);
    for name in ["streak-length", "streak-units"] {
        if !form.has(&field(name)) {
            mistakes.add(field(name), "Enter a number.");
        }
    }
    let (length, units) = (length?, units?);
    Some(if kind == "days" { Streak::Days { length, units } } else { Streak::Times { length, units } })
}

/// Beside which of a rule's fields it is said.
fn field_of(invalid: &Invalid, draft: &RuleDraft) -> &'static str {
    match invalid {
        Invalid::Word { word, .. } if draft.fields.has(&format!("tier-{word}")) => "units",
        Invalid::Word { .. } | Invalid::SameRule { .. } => "id",
        Invalid::Title { .. } => "title",
        Invalid::Units { .. } | Invalid::Percent { .. } => "units",
        Invalid::Cap { .. } => "cap-all",
        Invalid::StreakLength { .. } => "streak-length",
        Invalid::Ends | Invalid::Rules { .. } => "title",
        Invalid::TooDeep { .. }
        | Invalid::TooManyConditions { .. }
        | Invalid::TooManyTexts { .. }
        | Invalid::Text { .. }
        | Invalid::NeverHolds
        | Invalid::NoBound => {
            if draft.is_json() {
                "json"
            } else {
                "kind"
            }
        }
    }
}

/// As people read it.
fn sentence(invalid: &Invalid) -> String {
    match invalid {
        Invalid::Units { units: 0, .. } => {
            "A rule gives something: enter points, or points for each of a number.".to_owned()
        }
        other => {
            let text = other.to_string();
            let mut chars = text.chars();
            let first = chars.next().map(|it| it.to_uppercase().collect::<String>()).unwrap_or_default();
            format!("{first}{}.", chars.as_str())
        }
    }
}
