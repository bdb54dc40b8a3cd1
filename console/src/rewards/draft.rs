//! A version of a campaign as it is being written: all that was typed, whether or not it makes sense yet.
//!
//! Fields of a rule are named `r0-title`, those of its conditions `r0-c1-value`. A [`Draft`] is read from such a form and gives the same form back,
//! so that nothing typed is lost; a campaign becomes one to be changed ([`Draft::of`]), and one becomes a campaign or mistakes beside its
//! fields ([`Draft::read`]).

mod read;
mod rows;

use super::builder::Press;
use crate::form::{Fields, Mistakes};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rewards::{Campaign, Caps, Rule, Streak};
pub(super) use rows::OPERATORS;
use rows::Rows;
use std::collections::BTreeMap;

/// Rules of a form, and conditions of a rule: as many as the domain takes.
pub(super) const RULES_MAX: usize = 50;
pub(super) const CONDITIONS_MAX: usize = 64;
/// A campaign is planned for so many days at first.
const DAYS_AT_FIRST: i64 = 30;

/// What is in a field of its own beside lists: the number of the version that it was begun from, say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    fields: Fields,
    pub(super) rules: Vec<RuleDraft>,
}

/// A rule's fields by their names within it, and those of its conditions within each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RuleDraft {
    pub(super) fields: Fields,
    pub(super) conditions: Vec<Fields>,
}

impl RuleDraft {
    /// One in which nothing is filled in, but which is there.
    fn blank() -> Self {
        Self { fields: Fields::of([("title", ""), ("kind", ""), ("how", "all")]), conditions: Vec::new() }
    }

    /// Whether its conditions are written as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.fields.text("how") == "json"
    }
}

impl Draft {
    /// A new one: from the next full hour on.
    pub fn new(now: Timestamp) -> Self {
        let hour = 60 * 60;
        let next = Timestamp::from_second((now.as_second() / hour + 1) * hour).unwrap_or(now);
        let until = next + SignedDuration::from_hours(24 * DAYS_AT_FIRST);
        let mut fields = Fields::default();
        fields.set("starts", typed(next));
        fields.set("ends", typed(until));
        fields.set("priority", 0);
        Self { fields, rules: vec![RuleDraft::blank()] }
    }

    /// From what a form has sent. Its token and its button are no part of it.
    pub fn sent(form: &Fields) -> Self {
        let mut fields = Fields::default();
        let mut rules: BTreeMap<usize, (Fields, BTreeMap<usize, Fields>)> = BTreeMap::new();
        for (name, value) in form.pairs() {
            let Some((rule, rest)) = numbered(name, 'r', RULES_MAX) else {
                if !["csrf", "do"].contains(&name) {
                    fields.push(name, value);
                }
                continue;
            };
            let (of_rule, conditions) = rules.entry(rule).or_default();
            match numbered(rest, 'c', CONDITIONS_MAX) {
                Some((condition, rest)) => conditions.entry(condition).or_default().push(rest, value),
                None => of_rule.push(rest, value),
            }
        }
        let rules = rules
            .into_values()
            .map(|(fields, conditions)| RuleDraft { fields, conditions: conditions.into_values().collect() });
        Self { fields, rules: rules.collect() }
    }

    /// The form, as it is shown again.
    pub fn form(&self) -> Fields {
        let mut form = self.fields.clone();
        for (at, rule) in self.rules.iter().enumerate() {
            for (name, value) in rule.fields.pairs() {
                form.push(format!("r{at}-{name}"), value);
            }
            for (condition, fields) in rule.conditions.iter().enumerate() {
                for (name, value) in fields.pairs() {
                    form.push(format!("r{at}-c{condition}-{name}"), value);
                }
            }
        }
        form
    }

    /// A version, to be changed.
    pub fn of(campaign: &Campaign) -> Self {
        let mut fields = Fields::default();
        fields.set("starts", typed(campaign.starts_at));
        fields.set("ends", typed(campaign.ends_at));
        fields.set("priority", campaign.priority);
        fields.set("group", campaign.group.as_deref().unwrap_or_default());
        set_caps(&mut fields, &campaign.caps);
        Self { fields, rules: campaign.rules.iter().map(of_rule).collect() }
    }

    /// The last version that there was when it was begun.
    pub fn begun_from(&self) -> u32 {
        self.fields.text("last").parse().unwrap_or(0)
    }

    #[must_use]
    pub fn from_version(mut self, last: u32) -> Self {
        self.fields.set("last", last);
        self
    }

    /// Does what a button of the form says. What cannot be done is said.
    pub fn press(&mut self, press: Press) -> Mistakes {
        let mut mistakes = Mistakes::default();
        match press {
            Press::Look | Press::Save => {}
            Press::AddRule => {
                if self.rules.len() < RULES_MAX {
                    self.rules.push(RuleDraft::blank());
                } else {
                    mistakes.add("", format!("A campaign has {RULES_MAX} rules at most."));
                }
            }
            Press::TakeRule(at) if at < self.rules.len() => {
                self.rules.remove(at);
            }
            Press::CopyRule(at) if at < self.rules.len() && self.rules.len() < RULES_MAX => {
                let mut copy = self.rules[at].clone();
                copy.fields.set("id", "");
                self.rules.insert(at + 1, copy);
            }
            Press::AddCondition(at) => {
                if let Some(rule) = self.rules.get_mut(at).filter(|it| it.conditions.len() < CONDITIONS_MAX) {
                    rule.conditions.push(Fields::of([("name", ""), ("op", "is")]));
                }
            }
            Press::TakeCondition(at, condition) => {
                if let Some(rule) = self.rules.get_mut(at).filter(|it| condition < it.conditions.len()) {
                    rule.conditions.remove(condition);
                }
            }
            Press::AsJson(at) => self.as_json(at, &mut mistakes),
            Press::AsRows(at) => self.as_rows(at, &mut mistakes),
            Press::TakeRule(_) | Press::CopyRule(_) => {}
        }
        mistakes
    }

    fn as_json(&mut self, at: usize, mistakes: &mut Mistakes) {
        let form = self.form();
        let Some(rule) = self.rules.get_mut(at).filter(|it| !it.is_json()) else { return };
        if let Some(when) = rows::read(at, rule, &form, mistakes) {
            let text = serde_json::to_string_pretty(&when).unwrap_or_default();
            rule.fields.set("json", text);
            rule.fields.set("how", "json");
            rule.conditions.clear();
        }
    }

    fn as_rows(&mut self, at: usize, mistakes: &mut Mistakes) {
        let Some(rule) = self.rules.get_mut(at).filter(|it| it.is_json()) else { return };
        let field = format!("r{at}-json");
        match read::condition(rule.fields.raw("json")) {
            Err(text) => mistakes.add(field, text),
            Ok(when) => match Rows::of(&when) {
                Some(rows) => rows.into_rule(rule),
                None => mistakes.add(field, "Rows cannot say this: it has conditions within conditions."),
            },
        }
    }
}

/// "r12-title" is the field "title" of rule 12.
fn numbered(name: &str, letter: char, count_max: usize) -> Option<(usize, &str)> {
    let (number, rest) = name.strip_prefix(letter)?.split_once('-')?;
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit());
    let number = number.parse().ok().filter(|it| is_number && *it < count_max)?;
    Some((number, rest))
}

/// A moment as browsers write it into a field of day and time.
pub(super) fn typed(at: Timestamp) -> String {
    let format = if at.as_second() % 60 == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
    at.strftime(format).to_string()
}

/// Of UTC, whole seconds.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let at: DateTime = text.trim_end_matches('Z').parse().ok()?;
    let at = TimeZone::UTC.to_timestamp(at).ok()?;
    let far = Timestamp::UNIX_EPOCH.checked_add((24 * 365 * 1000).hours()).ok()?;
    (Timestamp::UNIX_EPOCH..far).contains(&at).then_some(at)
}

fn set_caps(fields: &mut Fields, caps: &Caps) {
    let all = [
        ("cap-fan-day", caps.fan_day),
        ("cap-fan", caps.fan),
        ("cap-device-day", caps.device_day),
        ("cap-all", caps.all),
    ];
    for (name, cap) in all {
        fields.set(name, cap.map(|it| it.to_string()).unwrap_or_default());
    }
}

fn of_rule(rule: &Rule) -> RuleDraft {
    let mut draft = RuleDraft::default();
    match Rows::of(&rule.when) {
        Some(rows) => rows.into_rule(&mut draft),
        None => {
            draft.fields.set("how", "json");
            draft.fields.set("json", serde_json::to_string_pretty(&rule.when).unwrap_or_default());
        }
    }
    let fields = &mut draft.fields;
    fields.set("id", &rule.id);
    fields.set("title", rule.title.as_deref().unwrap_or_default());
    fields.set("units", rule.amount.units);
    if let Some(per) = &rule.amount.per {
        rows::set_name(fields, ("per", "per-own"), &per.name.to_string());
        fields.set("per-units", per.units);
        fields.set("per-max", per.max);
    }
    for (tier, percent) in &rule.amount.tiers {
        fields.set(&format!("tier-{tier}"), percent);
    }
    set_caps(fields, &rule.caps);
    if let Some(streak) = rule.streak {
        let (word, length, units) = match streak {
            Streak::Days { length, units } => ("days", length, units),
            Streak::Times { length, units } => ("times", length, units),
        };
        fields.set("streak", word);
        fields.set("streak-length", length);
        fields.set("streak-units", units);
    }
    draft
}
