//! The form in which a version of a campaign is written. Its buttons come back with the same form; only "Save" writes something.

use super::draft::{Draft, RuleDraft};
use super::names::{KINDS, Known, NAMES};
use super::{Here, Tab, title};
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use crate::layout::csrf_field;
use maud::{Markup, html};
use rewards::campaigns::Listed;

use super::draft::OPERATORS;

/// Digits of a number that is typed.
const DIGITS_MAX: u16 = 15;
/// Characters of a title, an id and a text, as the domain takes them.
const TITLE_MAX: u16 = 80;
const WORD_MAX: u16 = 40;
const TEXT_MAX: u16 = 2_000;
const JSON_MAX: u16 = 20_000;

/// The button that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Say what is wrong, and change nothing.
    Look,
    Save,
    AddRule,
    CopyRule(usize),
    TakeRule(usize),
    AddCondition(usize),
    TakeCondition(usize, usize),
    /// Of a rule's conditions.
    AsJson(usize),
    AsRows(usize),
}

impl Press {
    /// What a button says; what none of ours does is a look.
    pub fn of(word: &str) -> Self {
        let mut parts = word.split(' ');
        let verb = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|it| it.parse::<usize>().ok());
        match (verb, number(), number()) {
            ("save", None, None) => Press::Save,
            ("add-rule", None, None) => Press::AddRule,
            ("copy-rule", Some(rule), None) => Press::CopyRule(rule),
            ("take-rule", Some(rule), None) => Press::TakeRule(rule),
            ("add-condition", Some(rule), None) => Press::AddCondition(rule),
            ("take-condition", Some(rule), Some(condition)) => Press::TakeCondition(rule, condition),
            ("as-json", Some(rule), None) => Press::AsJson(rule),
            ("as-rows", Some(rule), None) => Press::AsRows(rule),
            _ => Press::Look,
        }
    }
}

/// What is being written, of which campaign.
#[derive(Clone, Copy, Debug)]
pub struct Building<'a> {
    pub campaign: &'a Listed,
    pub draft: &'a Draft,
    pub mistakes: &'a Mistakes,
    /// Names of those that there are.
    pub tiers: &'a [(String, i64)],
}

/// The page of it.
pub fn page(here: &Here<'_>, building: &Building<'_>) -> Markup {
    let Building { campaign, draft, mistakes, tiers } = *building;
    let (fields, next) = (draft.form(), campaign.last_version + 1);
    let form = Filled { fields: &fields, mistakes };
    let to = here.path(&format!("/campaigns/{}/write", campaign.id));
    let main = html! {
        div {
            (title(here, &format!("{}: version {next}", campaign.name)))
            p.muted {
                "A version is never changed, and is not live by being saved. "
                a href=(here.path(&format!("/campaigns/{}", campaign.id))) { "Back to the campaign" }
            }
        }
        @if here.may_act() {
            form.build method="post" action=(to) novalidate {
                (csrf_field(here.form_token()))
                input type="hidden" name="last" value=(fields.text("last"));
                // What Enter presses.
                button.unseen type="submit" name="do" value="look" tabindex="-1" { "Check" }
                (wrong(form))
                (span(here, form))
                section #rules aria-labelledby="rules-name" {
                    h2 #rules-name { "What earns" }
                    @for (at, rule) in draft.rules.iter().enumerate() {
                        (Part { form, to: &to, at, rule, tiers, said: draft.said(at) }.render())
                    }
                    div.row {
                        button type="submit" name="do" value="add-rule" formaction={ (to) "#r" (draft.rules.len()) } { "Add a rule" }
                    }
                }
                fieldset {
                    legend { "At most, of all rules together" }
                    (caps(form, ""))
                }
                details.boxed open[is_open(&fields, mistakes)] {
                    summary { "Beside other campaigns" }
                    div.columns {
                        (form.line(Label::new("priority", "Priority").hint("The highest is judged first"), Line::Number, DIGITS_MAX))
                        (form.line(Label::new("group", "Group").hint("Of campaigns in one group, one earns for a \
                            thing that happens"), Line::Text, WORD_MAX))
                    }
                }
                div.saves {
                    button.primary type="submit" name="do" value="save" { "Save as version " (next) }
                    button type="submit" name="do" value="look" { "Check it" }
                }
            }
        }
    };
    here.page(Tab::Campaigns, &format!("{}: version {next}", campaign.name), main)
}

/// All that is wrong, above the form, each with the rule that it is of.
fn wrong(form: Filled<'_>) -> Markup {
    let of_rule = |field: &str| {
        let number: usize = field.strip_prefix('r')?.split('-').next()?.parse().ok()?;
        Some(format!("Rule {}: ", number + 1))
    };
    let mut told = Mistakes::default();
    for it in form.mistakes.iter() {
        let of = of_rule(&it.field).unwrap_or_default();
        told.add(it.field.clone(), format!("{of}{}", it.text));
    }
    Filled { fields: form.fields, mistakes: &told }.summary()
}

fn is_open(fields: &Fields, mistakes: &Mistakes) -> bool {
    fields.has("group") || !["", "0"].contains(&fields.text("priority")) || mistakes.of("priority").is_some()
}

fn span(here: &Here<'_>, form: Filled<'_>) -> Markup {
    let now = here.now.strftime("It is %-d %B %Y, %H:%M UTC").to_string();
    html! {
        fieldset {
            legend { "When, in UTC" }
            p.hint { (now) ". What happens before it starts, and from its end on, earns nothing." }
            div.columns {
                (form.line(Label::new("starts", "Starts (UTC)"), Line::Moment, 32))
                (form.line(Label::new("ends", "Ends (UTC)"), Line::Moment, 32))
            }
        }
    }
}

fn caps(form: Filled<'_>, prefix: &str) -> Markup {
    let all = [
        ("cap-fan-day", "A fan in a day"),
        ("cap-fan", "A fan ever"),
        ("cap-device-day", "All fans of a device in a day"),
        ("cap-all", "All fans together"),
    ];
    html! {
        p.hint { "Points; empty: no limit but the budget." }
        div.columns.four {
            @for (name, label) in all {
                @let name = format!("{prefix}{name}");
                (form.line(Label::new(&name, label), Line::Number, DIGITS_MAX))
            }
        }
    }
}

/// Names to choose from; numbers alone where something is counted.
fn choices(of: Option<Known>) -> Vec<Choice> {
    let listed = NAMES.iter().filter(|it| of.is_none_or(|of| it.2 == of));
    let listed = listed.map(|(name, text, _)| Choice::new(name, *text));
    listed.chain([Choice::new("own", "Another, by its name …")]).collect()
}

/// One rule in the form.
struct Part<'a> {
    form: Filled<'a>,
    to: &'a str,
    at: usize,
    rule: &'a RuleDraft,
    tiers: &'a [(String, i64)],
    /// In words, where it makes sense already.
    said: Option<String>,
}

impl Part<'_> {
    fn field(&self, name: &str) -> String {
        format!("r{}-{name}", self.at)
    }

    fn line(&self, name: &str, label: &str, hint: &str, (line, length_max): (Line, u16)) -> Markup {
        self.form.line(Label::new(&self.field(name), label).hint(hint), line, length_max)
    }

    fn select(&self, name: &str, label: &str, none: Option<&str>, choices: &[Choice]) -> Markup {
        self.form.select(Label::new(&self.field(name), label), none, choices)
    }

    fn button(&self, verb: &str, rest: &str, part: &str, text: &str) -> Markup {
        let value = format!("{verb} {}{rest}", self.at);
        html! {
            button type="submit" name="do" value=(value) formaction={ (self.to) "#" (part) }
                aria-label={ (text) ": rule " (self.at + 1) } { (text) }
        }
    }

    fn render(&self) -> Markup {
        let at = self.at;
        let number = (Line::Number, DIGITS_MAX);
        html! {
            fieldset.rule id={ "r" (at) } {
                legend { "Rule " (at + 1) }
                div.columns.earns {
                    (self.line("title", "Title", "What fans read: Every six", (Line::Text, TITLE_MAX)))
                    (self.line("units", "Points", "Each time", number))
                }
                @if self.rule.is_json() { (self.json()) } @else { (self.rows()) }
                (self.more())
                @if let Some(said) = &self.said { p.said { strong { "In words: " } (said) "." } }
                div.row.rule-acts {
                    (self.button("copy-rule", "", &format!("r{}", at + 1), "Copy"))
                    (self.button("take-rule", "", "rules", "Take away"))
                }
            }
        }
    }

    fn rows(&self) -> Markup {
        let kinds = KINDS.iter().map(|(kind, text, _)| Choice::new(kind, *text));
        let others = [
            Choice::new("own", "A partner tells of it, by its own word …"),
            Choice::new("anything", "Anything that is heard"),
        ];
        let kinds: Vec<Choice> = kinds.chain(others).collect();
        let hows = [Choice::new("all", "all of these hold"), Choice::new("any", "any of these holds")];
        let count = self.rule.conditions.len();
        html! {
            div.columns.happens {
                (self.select("kind", "What happens", Some("Choose …"), &kinds))
                div.own { (self.line("word", "The word", "As the partner's server sends it: purchase", (Line::Text, TEXT_MAX))) }
            }
            @if count > 1 { (self.select("how", "And only if", None, &hows)) }
            @else { input type="hidden" name=(self.field("how")) value=(self.rule.fields.text("how")); }
            @if count > 0 {
                ol.conditions aria-label={ "Conditions of rule " (self.at + 1) } {
                    @for row in 0..count { (self.condition(row)) }
                }
            }
            div.row {
                (self.button("add-condition", "", &self.field(&format!("c{count}")), "Add a condition"))
                (self.button("as-json", "", &self.field("json"), "Write conditions as JSON"))
            }
        }
    }

    fn condition(&self, row: usize) -> Markup {
        let field = |name: &str| self.field(&format!("c{row}-{name}"));
        let operators = OPERATORS.map(|(word, text)| Choice::new(word, text));
        let (name, op, value, own) = (field("name"), field("op"), field("value"), field("own"));
        let form = self.form;
        html! {
            li.condition id=(self.field(&format!("c{row}"))) {
                (form.select(Label::new(&name, "About"), Some("Choose …"), &choices(None)))
                (form.select(Label::new(&op, "That it"), None, &operators))
                div.value { (form.line(Label::new(&value, "What"), Line::Text, TEXT_MAX)) }
                div.own { (form.line(Label::new(&own, "Its name").hint("trigger.amount, as the partner's server sends it"), Line::Text, WORD_MAX * 2)) }
                button.away type="submit" name="do" value={ "take-condition " (self.at) " " (row) }
                    formaction={ (self.to) "#r" (self.at) }
                    aria-label={ "Take away condition " (row + 1) " of rule " (self.at + 1) } { "Take away" }
            }
        }
    }

    fn json(&self) -> Markup {
        let hint = "All of the condition, what happens too: {\"all\": [{\"is\": {\"name\": \"trigger.kind\", \"fact\": \"six\"}}, {\"any\": [ … ]}]}. \
            There are all, any, not, is, one_of, between and known.";
        html! {
            input type="hidden" name=(self.field("how")) value="json";
            (self.form.lines(Label::new(&self.field("json"), "When it earns, as JSON").hint(hint), 12, JSON_MAX))
            div.row { (self.button("as-rows", "", &format!("r{}", self.at), "Back to rows")) }
        }
    }

    /// What most rules do without.
    fn more(&self) -> Markup {
        let fields = &self.rule.fields;
        let names = ["per", "streak", "cap-fan-day", "cap-fan", "cap-device-day", "cap-all"];
        let is_used = names.iter().any(|it| fields.has(it))
            || fields.pairs().any(|(name, value)| name.starts_with("tier-") && !value.trim().is_empty());
        let prefix = format!("r{}-", self.at);
        let names = ["per", "streak", "cap-", "tier-", "id"];
        let is_wrong = self.form.mistakes.iter().any(|it| {
            it.field.strip_prefix(&prefix).is_some_and(|rest| names.iter().any(|name| rest.starts_with(name)))
        });
        let number = (Line::Number, DIGITS_MAX);
        let streaks = [Choice::new("days", "Days in a row"), Choice::new("times", "Each so many times")];
        html! {
            details.more open[is_used || is_wrong] {
                summary { "More: by number, tier, streak and limit" }
                div.parts {
                    section.part {
                        h3 { "For each of a number, too" }
                        div.columns.four {
                            (self.select("per", "Number", Some("None"), &choices(Some(Known::Number))))
                            (self.line("per-units", "Points for each", "", number))
                            (self.line("per-max", "Of which count at most", "", number))
                            div.own { (self.line("per-own", "Its name", "", (Line::Text, WORD_MAX * 2))) }
                        }
                    }
                    section.part { h3 { "By the fan's tier" } (self.of_tiers()) }
                    section.part {
                        h3 { "Streak" }
                        div.columns.four {
                            (self.select("streak", "More for who comes back", Some("No streak"), &streaks))
                            (self.line("streak-length", "How many days or times", "", number))
                            (self.line("streak-units", "Points more", "", number))
                        }
                    }
                    section.part { h3 { "At most, by this rule" } (caps(self.form, &format!("r{}-", self.at))) }
                    (self.line("id", "Id", "Made from the title where it is empty. Keep it from version to \
                        version: what a fan has earned by a rule is known by it.", (Line::Text, WORD_MAX)))
                }
            }
        }
    }

    /// A field for each tier that there is, or that the rule speaks of.
    fn of_tiers(&self) -> Markup {
        let mut names: Vec<&str> = self.tiers.iter().map(|it| it.0.as_str()).collect();
        let spoken = self.rule.fields.pairs().filter(|it| !it.1.trim().is_empty());
        for tier in spoken.filter_map(|it| it.0.strip_prefix("tier-")) {
            if !names.contains(&tier) {
                names.push(tier);
            }
        }
        html! {
            @if names.is_empty() { p.hint { "There are no tiers in these books." } }
            @else {
                p.hint { "Percent of the points; empty: 100." }
                div.columns.four {
                    @for tier in names { (self.line(&format!("tier-{tier}"), tier, "", (Line::Number, DIGITS_MAX))) }
                }
            }
        }
    }
}
