//! Conditions as rows of a form: what happens, and what else is asked for, all of it or any.

use super::RuleDraft;
use crate::form::{Fields, Mistakes};
use crate::rewards::names::{KINDS, Known, NAMES, known};
use crate::rewards::words::kind_of;
use rewards::{Condition, Fact, Name};

/// Characters of a text that something is compared with.
const TEXT_MAX: usize = 100;

/// What a row says of a name: each with its word, and as people read it.
pub(in crate::rewards) const OPERATORS: [(&str, &str); 8] = [
    ("is", "is"),
    ("is-not", "is not"),
    ("one-of", "is one of (a, b, c)"),
    ("none-of", "is none of (a, b, c)"),
    ("at-least", "is at least"),
    ("at-most", "is at most"),
    ("known", "is known"),
    ("unknown", "is not known"),
];

/// A rule's condition, as rows say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    kind: Option<String>,
    is_any: bool,
    rows: Vec<Fields>,
}

impl Rows {
    /// None where rows cannot say it: with conditions within conditions.
    pub(super) fn of(condition: &Condition) -> Option<Self> {
        let all = match condition {
            Condition::All(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut it = Rows::default();
        for condition in all {
            match kind_of(condition) {
                Some(kind) if it.kind.is_none() => it.kind = Some(kind.to_owned()),
                _ => match condition {
                    Condition::Any(any) if any.len() > 1 && it.rows.is_empty() && !it.is_any => {
                        it.is_any = true;
                        it.rows = any.iter().map(row).collect::<Option<_>>()?;
                    }
                    _ if it.is_any => return None,
                    Condition::Between { name, min: Some(min), max: Some(max) } => {
                        let at = |min, max| Condition::Between { name: name.clone(), min, max };
                        it.rows.extend([row(&at(Some(*min), None))?, row(&at(None, Some(*max)))?]);
                    }
                    one => it.rows.push(row(one)?),
                },
            }
        }
        Some(it)
    }

    /// In place of what the rule has said.
    pub(super) fn into_rule(self, rule: &mut RuleDraft) {
        let fields = &mut rule.fields;
        let kind = self.kind.as_deref();
        let is_known = kind.is_none_or(|kind| KINDS.iter().any(|it| it.0 == kind));
        fields.set("kind", if is_known { kind.unwrap_or("anything") } else { "own" });
        fields.set("word", kind.filter(|_| !is_known).unwrap_or_default());
        fields.set("how", if self.is_any { "any" } else { "all" });
        fields.remove("json");
        rule.conditions = self.rows;
    }
}

fn row(condition: &Condition) -> Option<Fields> {
    let (name, operator, value) = match condition {
        Condition::Is { name, fact } => (name, "is", written(name, fact)?),
        Condition::OneOf { name, texts } => (name, "one-of", list(texts)?),
        Condition::Known { name } => (name, "known", String::new()),
        Condition::Between { name, min: Some(min), max: None } => (name, "at-least", min.to_string()),
        Condition::Between { name, min: None, max: Some(max) } => (name, "at-most", max.to_string()),
        Condition::Not(of) => match &**of {
            Condition::Is { name, fact } => (name, "is-not", written(name, fact)?),
            Condition::OneOf { name, texts } => (name, "none-of", list(texts)?),
            Condition::Known { name } => (name, "unknown", String::new()),
            _ => return None,
        },
        _ => return None,
    };
    let mut row = Fields::default();
    set_name(&mut row, ("name", "own"), &name.to_string());
    row.set("op", operator);
    row.set("value", value);
    Some(row)
}

/// A name of the list, or one of somebody's own beside it.
pub(super) fn set_name(fields: &mut Fields, (name, own): (&str, &str), text: &str) {
    let is_listed = NAMES.iter().any(|it| it.0 == text);
    fields.set(name, if is_listed { text } else { "own" });
    fields.set(own, if is_listed { "" } else { text });
}

/// As it is typed. A text that would be read as something else is in quotes.
fn written(name: &Name, fact: &Fact) -> Option<String> {
    match fact {
        Fact::Number(number) => Some(number.to_string()),
        Fact::Flag(flag) => Some(flag.to_string()),
        Fact::Text(text) if typed(name, text) == Ok(fact.clone()) => Some(text.clone()),
        Fact::Text(text) => Some(format!("\"{text}\"")),
        Fact::Texts(_) => None,
    }
}

fn list(texts: &[String]) -> Option<String> {
    let is_plain = |it: &String| !it.contains(',') && it.trim() == it && !it.is_empty();
    texts.iter().all(is_plain).then(|| texts.join(", "))
}

/// What is meant by what was typed.
fn typed(name: &Name, text: &str) -> Result<Fact, &'static str> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        return Ok(Fact::Text(inner.to_owned()));
    }
    let number = || text.parse().map(Fact::Number);
    let flag = match text {
        "true" | "yes" => Some(Fact::Flag(true)),
        "false" | "no" => Some(Fact::Flag(false)),
        _ => None,
    };
    match known(&name.to_string()) {
        Some(Known::Text) => Ok(Fact::Text(text.to_owned())),
        Some(Known::Number) => number().map_err(|_| "Enter a whole number."),
        Some(Known::Flag) => flag.ok_or("Enter true or false."),
        None => Ok(number().ok().or(flag).unwrap_or_else(|| Fact::Text(text.to_owned()))),
    }
}

/// The condition that a rule's rows say. `form` has them by their whole names.
pub(super) fn read(at: usize, rule: &RuleDraft, form: &Fields, mistakes: &mut Mistakes) -> Option<Condition> {
    let mut all = Vec::new();
    let is_kind = |text: &str| Condition::Is {
        name: Name::parse("trigger.kind").expect("a name that is one"),
        fact: Fact::Text(text.to_owned()),
    };
    match rule.fields.text("kind") {
        "" => mistakes.add(format!("r{at}-kind"), "Choose what happens."),
        "anything" => {}
        "own" => match rule.fields.text("word") {
            "" => mistakes.add(format!("r{at}-word"), "Write the word by which the partner tells of it."),
            word => match text(word) {
                Ok(word) => all.push(is_kind(&word)),
                Err(wrong) => mistakes.add(format!("r{at}-word"), wrong),
            },
        },
        kind => all.push(is_kind(kind)),
    }
    let mut rows = Vec::with_capacity(rule.conditions.len());
    for row in 0..rule.conditions.len() {
        rows.extend(read_row(&format!("r{at}-c{row}"), form, mistakes));
    }
    match (rule.fields.text("how"), rows.len()) {
        ("any", 2..) => all.push(Condition::Any(rows)),
        _ => all.append(&mut rows),
    }
    match all.len() {
        _ if !mistakes.is_empty() => None,
        1 => all.pop(),
        _ => Some(Condition::All(all)),
    }
}

fn read_row(prefix: &str, form: &Fields, mistakes: &mut Mistakes) -> Option<Condition> {
    let field = |name: &str| format!("{prefix}-{name}");
    let name = name(form, (&field("name"), &field("own")), mistakes)?;
    let value = field("value");
    let mut wrong = |text: &str| mistakes.add(value.clone(), text);
    let typed_in = form.text(&value);
    let operator = form.text(&field("op"));
    if typed_in.is_empty() && !["known", "unknown"].contains(&operator) {
        wrong("Enter what it is compared with.");
        return None;
    }
    let not = |it| Condition::Not(Box::new(it));
    match operator {
        "known" => Some(Condition::Known { name }),
        "unknown" => Some(not(Condition::Known { name })),
        "at-least" | "at-most" => {
            let Ok(number) = typed_in.parse::<i64>() else {
                wrong("Enter a whole number.");
                return None;
            };
            let is_min = operator == "at-least";
            let (min, max) = (is_min.then_some(number), (!is_min).then_some(number));
            Some(Condition::Between { name, min, max })
        }
        "one-of" | "none-of" => {
            let texts = typed_in.split(',').map(str::trim).filter(|it| !it.is_empty());
            match texts.map(text).collect::<Result<Vec<_>, _>>() {
                Ok(texts) if texts.is_empty() => wrong("Enter texts with a comma between them."),
                Ok(texts) if operator == "one-of" => return Some(Condition::OneOf { name, texts }),
                Ok(texts) => return Some(not(Condition::OneOf { name, texts })),
                Err(text) => wrong(text),
            }
            None
        }
        _ => {
            let fact = typed(&name, typed_in).and_then(|fact| match fact {
                Fact::Text(it) => text(&it).map(Fact::Text),
                other => Ok(other),
            });
            match fact {
                Ok(fact) if operator == "is-not" => Some(not(Condition::Is { name, fact })),
                Ok(fact) => Some(Condition::Is { name, fact }),
                Err(text) => {
                    wrong(text);
                    None
                }
            }
        }
    }
}

/// A name that was chosen from the list, or written beside it.
pub(super) fn name(form: &Fields, (name, own): (&str, &str), mistakes: &mut Mistakes) -> Option<Name> {
    let (field, text) = match form.text(name) {
        "own" => (own, form.text(own)),
        text => (name, text),
    };
    let parsed = Name::parse(text);
    if parsed.is_none() {
        let wrong = match text {
            "" if field == name => "Choose what it is about, or take it away.",
            _ => {
                "A name is trigger, fan, match, place or partner, a dot, and a word of small letters: trigger.amount."
            }
        };
        mistakes.add(field.to_owned(), wrong);
    }
    parsed
}

fn text(text: &str) -> Result<String, &'static str> {
    if (1..=TEXT_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("A text has 1 to 100 characters.")
    }
}
