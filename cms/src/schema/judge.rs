//! What is wrong with a document, in words for its editor.

use super::field::{Field, Shape, walk};
use crate::problem::Problem;
use crate::text::Doc;
use crate::types::{DateTime, Href, Tag};
use jsonschema::error::ValidationErrorKind as Failed;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// Problems that are told at once.
const PROBLEMS_MAX: usize = 100;

/// What the schema says.
pub(super) fn problems(validator: &Validator, schema: &Value, body: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for error in validator.iter_errors(body).take(PROBLEMS_MAX) {
        say(&error, schema, &mut problems);
    }
    problems
}

fn say(error: &ValidationError<'_>, schema: &Value, out: &mut Vec<Problem>) {
    let path = error.instance_path().to_string();
    let length = error.instance().as_str().map_or(0, |it| it.chars().count());
    let what = match error.kind() {
        Failed::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            out.push(Problem::new(format!("{path}/{}", escaped(name)), "is needed"));
            return;
        }
        Failed::AdditionalProperties { unexpected } => {
            out.extend(
                unexpected
                    .iter()
                    .map(|it| Problem::new(format!("{path}/{}", escaped(it)), "is no field that there is")),
            );
            return;
        }
        Failed::MaxLength { limit } => format!("has {limit} characters at most, and {length} now"),
        Failed::MinLength { .. } if length == 0 => "is needed".to_owned(),
        Failed::MinLength { limit } => format!("has {limit} characters at least, and {length} now"),
        Failed::MaxItems { limit } => format!("has {limit} items at most"),
        Failed::MinItems { limit } => format!("has {limit} items at least"),
        Failed::Minimum { limit } => format!("is {limit} at least"),
        Failed::Maximum { limit } => format!("is {limit} at most"),
        Failed::Enum { options } => format!("is one of {}", listed(options)),
        Failed::Pattern { .. } => pattern(error, schema).to_owned(),
        Failed::Type { .. } => format!("is to be {}", expected(error, schema)),
        Failed::Constant { expected_value } => format!("is to be {expected_value}"),
        Failed::OneOfNotValid { context } => {
            // The one that it says to be.
            let is_other = |it: &ValidationError<'_>| matches!(it.kind(), Failed::Constant { .. });
            match context.iter().find(|errors| !errors.iter().any(is_other)) {
                Some(errors) if error.instance()["type"].is_string() => {
                    errors.iter().for_each(|it| say(it, schema, out));
                    return;
                }
                _ => "is of no type that there is".to_owned(),
            }
        }
        _ => error.masked().to_string(),
    };
    out.push(Problem::new(path, what));
}

/// The schema that has said no.
fn refusing<'s>(error: &ValidationError<'_>, schema: &'s Value) -> &'s Value {
    let path = error.schema_path().to_string();
    let parent = path.rsplit_once('/').map_or("", |it| it.0);
    schema.pointer(parent).unwrap_or(&Value::Null)
}

fn pattern(error: &ValidationError<'_>, schema: &Value) -> &'static str {
    match refusing(error, schema)["x-widget"].as_str() {
        Some("relation") => "is no entry",
        Some("media") => "is no picture of the library",
        Some("colour") => "is to be a colour such as #0b5fff",
        Some("place") => "is to be a country or a part of one (ISO 3166-2), such as IN-KA",
        Some("match") => "is no match",
        Some("campaign") => "is no campaign",
        Some("partner") => "is no partner",
        _ => "is not written as it has to be",
    }
}

fn expected(error: &ValidationError<'_>, schema: &Value) -> &'static str {
    match refusing(error, schema)["type"].as_str() {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "yes or no",
        Some("array") => "a list",
        Some("object") => "a group of fields",
        _ => "something else",
    }
}

fn listed(options: &Value) -> String {
    let words = options
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
    words.collect::<Vec<_>>().join(", ")
}

/// As RFC 6901 writes a name in a pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What is wrong with texts with structure: they are read as what they will be shown as, from the first draft on.
pub(super) fn rich(fields: &[Field], body: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(fields, body, "", &mut |path, shape, value| {
        // Of what is not even an object the schema has said so.
        let Value::Object(_) = value else { return };
        if let (Shape::Rich, Err(wrong)) = (shape, Doc::parse(value)) {
            problems.extend(
                wrong.iter().map(|it| Problem::new(format!("{path}{}", it.path), it.what.to_string())),
            );
        }
    });
    problems
}

/// What no schema says of single values.
pub(super) fn values(fields: &[Field], body: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(fields, body, "", &mut |path, shape, value| {
        let Some(text) = value.as_str() else { return };
        let has_lines = matches!(shape, Shape::Text { widget: Some(widget), .. } if widget == "lines");
        if text.chars().any(|it| is_hidden(it) && !(has_lines && it == '\n')) {
            problems.push(Problem::new(path, "has a character that nobody sees: write it anew"));
        }
        let widget = match shape {
            Shape::DateTime => "date-time",
            Shape::Text { widget: Some(widget), .. } => widget,
            _ => return,
        };
        let what = match widget {
            "date-time" if DateTime::read(text).is_none() => "is to be a moment with its zone",
            "link" if !Href::is_good(text) => "is to begin with https://, mailto: or a single /",
            "language" if !Tag::is_good(text) => "is no language",
            _ => return,
        };
        problems.push(Problem::new(path, what));
    });
    problems
}

/// For control, or for turning what follows around: one text would look like another.
fn is_hidden(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// What the database cannot keep: U+0000, wherever it is.
pub(super) fn unkept(body: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    look(body, String::new(), &mut problems);
    problems
}

fn look(value: &Value, path: String, out: &mut Vec<Problem>) {
    match value {
        Value::String(text) if text.contains('\0') => {
            out.push(Problem::new(path, "has a character that no text has"));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, it)| look(it, format!("{path}/{at}"), out));
        }
        Value::Object(fields) => {
            for (name, it) in fields {
                if name.contains('\0') {
                    out.push(Problem::new(path.clone(), "has a field that no document has"));
                }
                look(it, format!("{path}/{}", escaped(name)), out);
            }
        }
        _ => {}
    }
}
