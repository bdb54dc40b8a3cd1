//! Fields, as a form shows them, read from a schema.

use super::Reference;
use crate::rights::Role;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Bytes of what an entry is found by.
const WORDS_MAX: usize = 100_000;

/// A field of a document, of a group or of a block.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    pub name: String,
    pub label: String,
    /// A sentence for who fills it in; may be empty.
    pub help: String,
    pub shape: Shape,
    /// Whether it may not be missing when it is published.
    pub is_needed: bool,
    /// Whether each language has its own. Only fields of the document itself say so; what lies within goes with it.
    pub is_localised: bool,
    /// Who may write it, and whoever may do more.
    pub role: Role,
    /// Always, where there is none; else when any of them holds.
    pub shown_when: Vec<Condition>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "shape")]
pub enum Shape {
    /// Its length is in characters; `widget` says how it is written where that is not one line: "lines", "link", "colour", …
    Text {
        length_min: u64,
        length_max: u64,
        widget: Option<String>,
    },
    Rich,
    Number {
        min: Option<i64>,
        max: Option<i64>,
    },
    /// Yes or no.
    Switch,
    /// With its zone.
    DateTime,
    Select {
        options: Vec<String>,
        /// What people call them, where somebody has said so.
        labels: BTreeMap<String, String>,
    },
    Relation {
        kinds: Vec<String>,
    },
    Media,
    /// The id of what other crates own.
    Outside {
        what: Outside,
    },
    List {
        item: Box<Shape>,
        items_min: u64,
        items_max: u64,
    },
    Group {
        fields: Vec<Field>,
    },
    /// One of several groups, told apart by their field "type".
    Blocks {
        blocks: Vec<Block>,
    },
}

/// What content names that is not content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    Match,
    Campaign,
    Partner,
}

impl Outside {
    pub const ALL: [Outside; 3] = [Outside::Match, Outside::Campaign, Outside::Partner];

    /// As a schema's `x-widget` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Outside::Match => "match",
            Outside::Campaign => "campaign",
            Outside::Partner => "partner",
        }
    }

    /// What its ids begin with, before the "_".
    pub const fn prefix(self) -> &'static str {
        match self {
            Outside::Match => "mat",
            Outside::Campaign => "cmp",
            Outside::Partner => "org",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A group that is one of several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Block {
    /// What its field "type" says.
    pub name: String,
    pub label: String,
    pub fields: Vec<Field>,
}

/// That a field is shown when another one of the same group has one of some values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Condition {
    pub field: String,
    pub is: Vec<Value>,
}

/// The fields of an object's schema, in the order that it notes; others are first.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let needed: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let order: Vec<&str> =
        schema["x-order"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let real = properties.filter(|(_, it)| it.get("const").is_none());
    let mut fields: Vec<Field> = real.map(|(name, it)| field(name, it, &needed)).collect();
    fields.sort_by_key(|field| order.iter().position(|it| *it == field.name));
    fields
}

fn field(name: &str, schema: &Value, needed: &[&str]) -> Field {
    let condition = |it: &Value| Condition {
        field: text(it, "field").to_owned(),
        is: it["is"].as_array().cloned().unwrap_or_default(),
    };
    let shown_when = match schema.get("x-shown-when") {
        Some(Value::Array(any)) => any.iter().map(condition).collect(),
        Some(one) => vec![condition(one)],
        None => Vec::new(),
    };
    Field {
        name: name.to_owned(),
        label: match text(schema, "title") {
            "" => name.replace('_', " "),
            title => title.to_owned(),
        },
        help: text(schema, "description").to_owned(),
        shape: shape(schema, &[]),
        is_needed: needed.contains(&name),
        is_localised: schema["x-localised"] == true,
        role: Role::from_str(text(schema, "x-role")).unwrap_or(Role::Translator),
        shown_when,
    }
}

/// `kinds` are those that the field of a list says of its items.
fn shape(schema: &Value, kinds: &[String]) -> Shape {
    let own = schema["x-relation"].as_array().into_iter().flatten();
    let own: Vec<String> = own.filter_map(Value::as_str).map(str::to_owned).collect();
    let kinds = if own.is_empty() { kinds.to_vec() } else { own };
    let number = |key: &str| schema[key].as_u64();
    match (text(schema, "x-widget"), text(schema, "type")) {
        ("rich", _) => Shape::Rich,
        ("date-time", _) => Shape::DateTime,
        ("relation", _) => Shape::Relation { kinds },
        ("media", _) => Shape::Media,
        (widget, "string") if let Some(what) = Outside::of(widget) => Shape::Outside { what },
        (_, "boolean") => Shape::Switch,
        (_, "integer" | "number") => {
            Shape::Number { min: schema["minimum"].as_i64(), max: schema["maximum"].as_i64() }
        }
        (_, "array") => Shape::List {
            item: Box::new(shape(&schema["items"], &kinds)),
            items_min: number("minItems").unwrap_or(0),
            items_max: number("maxItems").unwrap_or(u64::MAX),
        },
        (_, "object") => Shape::Group { fields: fields(schema) },
        (widget, "string") => match schema["enum"].as_array() {
            Some(options) => Shape::Select {
                options: options.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                labels: labels(schema),
            },
            None => Shape::Text {
                length_min: number("minLength").unwrap_or(0),
                length_max: number("maxLength").unwrap_or(u64::MAX),
                widget: Some(widget.to_owned()).filter(|it| !it.is_empty()),
            },
        },
        _ => Shape::Blocks { blocks: schema["oneOf"].as_array().into_iter().flatten().map(block).collect() },
    }
}

fn labels(schema: &Value) -> BTreeMap<String, String> {
    let all = schema["x-labels"].as_object().into_iter().flatten();
    all.filter_map(|(word, label)| Some((word.clone(), label.as_str()?.to_owned()))).collect()
}

fn block(schema: &Value) -> Block {
    let name = text(&schema["properties"]["type"], "const").to_owned();
    let label = match text(schema, "title") {
        "" => name.clone(),
        title => title.to_owned(),
    };
    Block { name, label, fields: fields(schema) }
}

fn text<'v>(schema: &'v Value, key: &str) -> &'v str {
    schema[key].as_str().unwrap_or_default()
}

impl Block {
    /// The block that an item is.
    pub(super) fn of<'b>(blocks: &'b [Block], item: &Value) -> Option<&'b Block> {
        blocks.iter().find(|it| item["type"] == it.name)
    }
}

impl Condition {
    /// Whether it holds in a group's values.
    pub fn holds(&self, group: &Value) -> bool {
        group.get(&self.field).is_some_and(|it| self.is.contains(it))
    }
}

/// Calls `each` with every value that is no list and no group: its path, its shape.
pub(super) fn walk<'v>(
    fields: &[Field],
    group: &'v Value,
    path: &str,
    each: &mut dyn FnMut(&str, &Shape, &'v Value),
) {
    for field in fields {
        if let Some(value) = group.get(&field.name) {
            walk_shape(&field.shape, value, &format!("{path}/{}", field.name), each);
        }
    }
}

fn walk_shape<'v>(
    shape: &Shape,
    value: &'v Value,
    path: &str,
    each: &mut dyn FnMut(&str, &Shape, &'v Value),
) {
    match shape {
        Shape::Group { fields } => walk(fields, value, path, each),
        Shape::Blocks { blocks } => {
            if let Some(block) = Block::of(blocks, value) {
                walk(&block.fields, value, path, each);
            }
        }
        Shape::List { item, .. } => {
            for (at, value) in value.as_array().into_iter().flatten().enumerate() {
                walk_shape(item, value, &format!("{path}/{at}"), each);
            }
        }
        other => each(path, other, value),
    }
}

/// What a document names by ids of a prefix.
pub(super) fn references(fields: &[Field], body: &Value, prefix: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(fields, body, "", &mut |path, shape, value| match shape {
        Shape::Relation { kinds } if prefix == "ent" => {
            found.extend(value.as_str().map(|it| reference(path, it, kinds)));
        }
        Shape::Media if prefix == "med" => found.extend(value.as_str().map(|it| reference(path, it, &[]))),
        Shape::Rich => {
            strings(value, &mut |it| {
                if store::ids::is_valid(prefix, it) {
                    found.push(reference(path, it, &[]));
                }
            });
        }
        _ => {}
    });
    found.sort();
    found.dedup();
    found
}

fn reference(path: &str, target: &str, kinds: &[String]) -> Reference {
    Reference { path: path.to_owned(), target: target.to_owned(), kinds: kinds.to_vec() }
}

fn strings<'v>(value: &'v Value, each: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|it| strings(it, each)),
        Value::Object(fields) => fields.values().for_each(|it| strings(it, each)),
        _ => {}
    }
}

/// Adds the words that people have written: of rich text those that are read, and not its tree.
pub(super) fn words(fields: &[Field], body: &Value, out: &mut String) {
    walk(fields, body, "", &mut |_, shape, value| match shape {
        Shape::Text { .. } | Shape::Select { .. } => add(out, value.as_str()),
        Shape::Rich => texts(value, out),
        _ => {}
    });
}

fn texts(node: &Value, out: &mut String) {
    match node {
        Value::Array(nodes) => nodes.iter().for_each(|it| texts(it, out)),
        Value::Object(fields) => {
            add(out, fields.get("text").and_then(Value::as_str));
            for name in ["label", "alt", "caption"] {
                add(out, fields.get("attrs").and_then(|it| it[name].as_str()));
            }
            fields.get("content").into_iter().for_each(|it| texts(it, out));
        }
        _ => {}
    }
}

fn add(out: &mut String, text: Option<&str>) {
    if let Some(text) = text.filter(|it| out.len() + it.len() < WORDS_MAX) {
        out.push_str(text);
        out.push(' ');
    }
}

/// A schema that knows no null: what is not there is left out.
pub(super) fn without_null(schema: Value) -> Value {
    let Value::Object(mut fields) = schema else { return schema };
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|it| it != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = fields.get_mut("enum") {
        options.retain(|it| !it.is_null());
    }
    if let Some(Value::Array(any)) = fields.get("anyOf") {
        let mut real = any.iter().filter(|it| it["type"] != "null").cloned();
        if let (Some(Value::Object(inner)), None) = (real.next(), real.next()) {
            fields.remove("anyOf");
            // What the field says goes before what its type says.
            for (key, value) in inner {
                fields.entry(key).or_insert(value);
            }
        }
    }
    // How wide a number is in a program's memory is nobody's matter.
    fields.remove("format");
    if fields.get("description").is_some_and(|it| it == "") {
        fields.remove("description");
    }
    if fields.get("default").is_some_and(Value::is_null) {
        fields.remove("default");
    }
    Value::Object(inside(fields, without_null))
}

/// A schema for what is still being written: nothing is needed but what tells blocks from each other, and nothing too short or unlike.
pub(super) fn lenient(schema: Value) -> Value {
    let Value::Object(mut fields) = schema else { return schema };
    for key in ["minLength", "minItems", "minimum", "maximum", "pattern"] {
        fields.remove(key);
    }
    let is_told_apart = fields.get("properties").is_some_and(|it| it["type"].get("const").is_some());
    match is_told_apart {
        true => fields.insert("required".to_owned(), Value::from(vec!["type"])),
        false => fields.remove("required"),
    };
    Value::Object(inside(fields, lenient))
}

/// Does the same to the schemas within a schema.
fn inside(mut fields: Map<String, Value>, change: fn(Value) -> Value) -> Map<String, Value> {
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(|it| *it = change(it.take()));
    }
    if let Some(items) = fields.get_mut("items") {
        *items = change(items.take());
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(Value::Array(options)) = fields.get_mut(key) {
            options.iter_mut().for_each(|it| *it = change(it.take()));
        }
    }
    fields
}
