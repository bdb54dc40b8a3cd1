//! A command to copy for an operation.

use super::description::{Description, Operation, entries, list, text};
use serde_json::{Map, Value};

/// Schemas inside each other in an example that is made up; ends one that holds itself.
const DEPTH_MAX: usize = 8;

/// A command for a POSIX shell. It takes the server's address from `CREASE_URL`, unless the description names one, and
/// the key from `CREASE_KEY`.
pub(super) fn command(description: Description<'_>, operation: &Operation<'_>) -> String {
    let mut lines =
        vec![format!("curl{} \"{}\"", flags(description, operation), address(description, operation))];
    if operation.needs_key(description) {
        lines.push("-H \"Authorization: Bearer $CREASE_KEY\"".to_owned());
    }
    let parameters = operation.parameters(description);
    for it in parameters.into_iter().filter(|it| it["in"] == "header" && it["required"] == true) {
        lines.push(format!("-H {}", quoted(&format!("{}: {}", text(&it["name"]), example_of(it)))));
    }
    let request = description.resolve(&operation.value["requestBody"]);
    if let Some((media_type, content)) = entries(&request["content"]).next() {
        lines.push(format!("-H {}", quoted(&format!("Content-Type: {media_type}"))));
        let body = content_example(description, content);
        let body = serde_json::to_string_pretty(&body).unwrap_or_else(|_| body.to_string());
        lines.push(format!("--data {}", quoted(&body)));
    }
    lines.join(" \\\n  ")
}

fn flags(description: Description<'_>, operation: &Operation<'_>) -> String {
    let streams =
        operation.responses(description).any(|(_, it)| it["content"].get("text/event-stream").is_some());
    // Without -N curl holds back what a stream sends.
    let unbuffered = if streams { " -N" } else { "" };
    match operation.method {
        "get" => unbuffered.to_owned(),
        method => format!("{unbuffered} -X {}", method.to_uppercase()),
    }
}

/// The whole address, safe between double quotes.
fn address(description: Description<'_>, operation: &Operation<'_>) -> String {
    let server = text(&description.0["servers"][0]["url"]);
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    for it in operation.parameters(description) {
        let name = text(&it["name"]);
        match text(&it["in"]) {
            "path" => path = path.replace(&format!("{{{name}}}"), &example_of(it)),
            "query" if it["required"] == true => query.push(format!("{name}={}", example_of(it))),
            _ => {}
        }
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let base = if server.contains("://") { in_double_quotes(server) } else { "$CREASE_URL".to_owned() };
    base + &in_double_quotes(&format!("{path}{query}"))
}

/// The parameter's example, or its name in capitals as a gap to fill. (Braces would mean something to curl.)
fn example_of(parameter: &Value) -> String {
    let given = parameter.get("example").or(parameter["schema"].get("example"));
    match given.or(parameter["schema"]["examples"].get(0)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => text(&parameter["name"]).to_uppercase(),
    }
}

/// What is between single quotes means itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn in_double_quotes(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, letter| {
        if matches!(letter, '"' | '\\' | '$' | '`') {
            safe.push('\\');
        }
        safe.push(letter);
        safe
    })
}

/// The example that the description gives, or else one made of what is required.
fn content_example<'a>(description: Description<'a>, content: &'a Value) -> Value {
    let named = entries(&content["examples"]).next().and_then(|(_, it)| description.resolve(it).get("value"));
    match content.get("example").or(named) {
        Some(given) => given.clone(),
        None => made_up(description, &content["schema"], DEPTH_MAX),
    }
}

/// A value of the schema's type with every required field; of the others those that have an example or a named schema
/// with fields of its own, for there is the content.
fn made_up<'a>(description: Description<'a>, schema: &'a Value, depth_left: usize) -> Value {
    let Some(depth_left) = depth_left.checked_sub(1) else { return Value::Null };
    let schema = description.resolve(schema);
    let given = schema.get("example").or(schema["examples"].get(0)).or(schema.get("default"));
    if let Some(given) = given.or(schema.get("const")).or(schema["enum"].get(0)) {
        return given.clone();
    }
    let ways = list(&schema["oneOf"]).iter().chain(list(&schema["anyOf"]));
    let mut fields = match ways.into_iter().find(|it| it["type"] != "null") {
        Some(first) => match made_up(description, first, depth_left) {
            Value::Object(fields) => fields,
            other => return other,
        },
        None => Map::new(),
    };
    for part in list(&schema["allOf"]) {
        match made_up(description, part, depth_left) {
            Value::Object(more) => fields.extend(more),
            _ => continue,
        }
    }
    let required = list(&schema["required"]);
    for (name, field) in entries(&schema["properties"]) {
        let is_required = required.iter().any(|it| it == name);
        if is_required || field.get("example").is_some() || has_content(description, field) {
            fields.insert(name.to_owned(), made_up(description, field, depth_left));
        }
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str());
    match kind {
        Some("string") => Value::from("…"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(Value::from(1)),
        Some("boolean") => Value::from(true),
        Some("array") => Value::from(vec![made_up(description, &schema["items"], depth_left)]),
        Some("null") => Value::Null,
        _ => Value::Object(fields),
    }
}

/// Whether a field that may be left out stands for a named object or one of several.
fn has_content<'a>(description: Description<'a>, field: &'a Value) -> bool {
    let mut ways = std::iter::once(field).chain(list(&field["oneOf"]));
    ways.any(|it| {
        let target = description.resolve(it);
        !std::ptr::eq(target, it) && (target["oneOf"].is_array() || target["properties"].is_object())
    })
}
