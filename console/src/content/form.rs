//! The form of an entry in a language, made from its [`Kind`] alone: what is filled in ([`Sent`]), how it becomes a document again ([`read`]),
//! and how it looks ([`Form`]). Each field is named by its JSON pointer.

mod control;
mod label;
mod list;
pub mod moment;
mod read;
mod sent;

pub use label::{field_name, language_name, worded};
pub use read::{Read, begun, read};
use sent::Rows;
pub use sent::{END, Press, Sent};

use cms::Problem;
use cms::rights::{Rights, may_write};
use cms::schema::{Field, Kind, Part, Shape};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;

/// Whose form it is: of which type and document, and what its writer may do.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    pub kind: &'static Kind,
    pub part: Part,
    pub rights: &'a Rights,
}

impl Of<'_> {
    /// The fields of its document: in other than the main language those that each language has of its own.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        let part = self.part;
        self.kind.fields.iter().filter(move |it| part == Part::Main || it.is_localised)
    }
}

/// An entry or a picture that a field names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub label: String,
    /// "Player", "Draft"; empty for pictures.
    pub about: String,
    /// Where it is edited.
    pub href: String,
    /// Of pictures, in small.
    pub thumbnail: Option<String>,
}

/// A form as it is shown.
pub struct Form<'a> {
    pub of: Of<'a>,
    pub sent: &'a Sent,
    pub problems: &'a [Problem],
    pub language: &'a str,
    /// The main language and its document, for who writes in another one.
    pub source: Option<(&'a str, &'a Value)>,
    /// What is named, by id.
    pub named: &'a BTreeMap<String, Named>,
    /// Where a picture is to be had in small, with `{id}` in it.
    pub thumbnail: &'a str,
}

impl Form<'_> {
    /// All fields. They are within a form that posts.
    pub fn render(&self) -> Markup {
        html! {
            @for field in self.of.fields() { (self.field(field, &format!("/{}", field.name))) }
            datalist id="zones" { @for zone in moment::ZONES { option value=(zone) {} } }
            input type="hidden" name=(END) value="";
        }
    }

    /// What is wrong, with ways to the fields.
    pub fn summary(&self) -> Markup {
        html! {
            @if !self.problems.is_empty() {
                div.mistakes role="alert" tabindex="-1" autofocus {
                    p { strong { "To be put right:" } }
                    ul { @for it in self.problems { li { a href={ "#" (self.nearest(&it.path)) } { (field_name(self.of.kind, &it.path)) ": " (it.what) } } } }
                }
            }
        }
    }

    /// The element to go to for a problem: what the form has of its path.
    fn nearest<'p>(&self, path: &'p str) -> &'p str {
        let mut path = path;
        while !path.is_empty() && self.sent.find(path).is_none() && path.matches('/').count() > 1 {
            path = path.rsplit_once('/').map_or("", |it| it.0);
        }
        path
    }

    /// A field of the document itself.
    fn field(&self, field: &Field, path: &str) -> Markup {
        let is_own = may_write(self.of.rights.role, field);
        html! {
            div.entry-field data-field=(path) data-shown-when=[self.condition(field, path)] {
                @if is_own { (self.control(field, path)) }
                @else {
                    fieldset.plain.locked disabled {
                        (self.control(field, path))
                        p.hint { "For " (field.role.word()) "s to change." }
                    }
                }
                @if let Some((language, main)) = self.source { (source(field, language, main)) }
            }
        }
    }

    /// Any of what has to hold for a field to be shown, as JSON: the name of another one, and its values.
    fn condition(&self, field: &Field, path: &str) -> Option<String> {
        if field.shown_when.is_empty() {
            return None;
        }
        let group = path.rsplit_once('/').map_or("", |it| it.0);
        let word = |it: &Value| match it {
            Value::Bool(true) => sent::YES.to_owned(),
            Value::Bool(false) => sent::NO.to_owned(),
            Value::String(word) => word.clone(),
            other => other.to_string(),
        };
        let any = field.shown_when.iter().map(|it| {
            let words: Vec<String> = it.is.iter().map(word).collect();
            (format!("{group}/{}", it.field), words)
        });
        serde_json::to_string(&any.collect::<Vec<_>>()).ok()
    }

    /// What is wrong with a field; with `deep` also what is within it.
    fn wrong(&self, path: &str, deep: Deep) -> Option<String> {
        let is_within = |it: &str| {
            deep == Deep::Within && it.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        let of: Vec<&str> = self
            .problems
            .iter()
            .filter(|it| it.path == path || is_within(&it.path))
            .map(|it| it.what.as_str())
            .collect();
        (!of.is_empty()).then(|| of.join("; "))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deep {
    Itself,
    Within,
}

/// What the main language says, for who puts it into another.
fn source(field: &Field, language: &str, main: &Value) -> Markup {
    let text = match (&field.shape, main.get(&field.name)) {
        (Shape::Text { .. }, Some(Value::String(text))) => text.clone(),
        (Shape::Rich, Some(value)) => cms::text::Doc::parse(value).map(|it| it.plain()).unwrap_or_default(),
        (Shape::List { item, .. }, Some(Value::Array(items))) if Rows::of(item) == Rows::Lines => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        }
        _ => return html! {},
    };
    html! {
        div.source lang=(language) { span.of { (language_name(language)) } p { (text) } }
    }
}

#[cfg(test)]
mod tests;
