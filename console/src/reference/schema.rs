//! Schemas as lists of fields, nested where a field has fields of its own.

use super::description::{Description, anchor, entries, list, reference, text};
use super::prose;
use maud::{Markup, html};
use serde_json::Value;

/// How many named schemas are opened inside each other; a deeper one is a link to its own place. Keeps the page small,
/// and ends a schema that holds itself together with [`Walk::is_open`].
const OPEN_MAX: usize = 3;

/// The way to a schema: the named ones around it. Invariant: no name twice, so every walk ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk<'a> {
    open: Vec<&'a str>,
    opens: Opens,
}

/// What is done with a named schema inside another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Opens {
    /// Its fields can be unfolded in place.
    #[default]
    InPlace,
    /// It is a link alone.
    Elsewhere,
}

impl<'a> Walk<'a> {
    /// In the list of schemas each is shown once, so that one names another by a link.
    pub(super) fn listed(name: &'a str) -> Self {
        Self { open: vec![name], opens: Opens::Elsewhere }
    }

    fn is_open(&self, name: &str) -> bool {
        self.open.contains(&name)
    }

    fn may_unfold(&self, name: &str) -> bool {
        self.opens == Opens::InPlace && self.open.len() < OPEN_MAX && !self.is_open(name)
    }

    fn into(&self, name: &'a str) -> Self {
        let open = self.open.iter().copied().chain([name]).collect();
        Self { open, opens: self.opens }
    }
}

/// A property of an object.
struct Field<'a> {
    name: &'a str,
    schema: &'a Value,
    required: bool,
}

/// An object's fields (the required ones first) and alternatives, those of its `allOf` parts included.
#[derive(Default)]
struct Shape<'a> {
    fields: Vec<Field<'a>>,
    variants: Vec<&'a Value>,
    /// The schema of values under names that are not fixed.
    others: Option<&'a Value>,
}

fn shape<'a>(description: Description<'a>, schema: &'a Value) -> Shape<'a> {
    let mut shape = Shape::default();
    gather(description, schema, &mut Vec::new(), &mut shape);
    shape.fields.sort_by_key(|it| !it.required);
    shape
}

/// `seen` holds the references on the way: an `allOf` that comes back to itself adds nothing.
fn gather<'a>(
    description: Description<'a>,
    schema: &'a Value,
    seen: &mut Vec<&'a str>,
    shape: &mut Shape<'a>,
) {
    if let Some(name) = schema["$ref"].as_str() {
        if !seen.contains(&name) {
            seen.push(name);
            gather(description, description.resolve(schema), seen, shape);
            seen.pop();
        }
        return;
    }
    let required = list(&schema["required"]);
    shape.fields.extend(entries(&schema["properties"]).map(|(name, it)| Field {
        name,
        schema: it,
        required: required.iter().any(|it| it == name),
    }));
    shape.variants.extend(alternatives(schema));
    shape.others = shape.others.or(schema.get("additionalProperties").filter(|it| it.is_object()));
    for part in list(&schema["allOf"]) {
        gather(description, part, seen, shape);
    }
}

/// The ways in which a value may look, `null` left out.
fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let all = list(&schema["oneOf"]).iter().chain(list(&schema["anyOf"]));
    all.filter(|it| it["type"] != "null")
}

/// What is inside: a list's items, a map's values, the one way in which a value that may be null can look otherwise.
fn core(schema: &Value) -> &Value {
    if schema["items"].is_object() {
        return core(&schema["items"]);
    }
    let mut ways = alternatives(schema);
    match (ways.next(), ways.next()) {
        (Some(only), None) => core(only),
        _ => schema,
    }
}

/// Everything about a schema but its type's name: text, values, fields, alternatives.
pub(super) fn body<'a>(description: Description<'a>, schema: &'a Value, walk: &Walk<'a>) -> Markup {
    let inner = core(schema);
    html! {
        @if let Some(name) = reference(inner) {
            (named(description, inner, name, walk))
        } @else {
            (facts(inner))
            (insides(description, inner, walk, None))
        }
    }
}

/// A schema of `components`: its values when that is all there is, its fields to unfold, or nothing but the link that
/// the type's name is already.
fn named<'a>(description: Description<'a>, schema: &'a Value, name: &'a str, walk: &Walk<'a>) -> Markup {
    let target = description.resolve(schema);
    let shape = shape(description, target);
    let is_plain = shape.fields.is_empty() && shape.variants.is_empty() && shape.others.is_none();
    html! {
        @if is_plain {
            (facts(target))
        } @else if walk.open.is_empty() {
            (prose(text(&target["description"])))
            (insides(description, target, &walk.into(name), None))
        } @else if walk.may_unfold(name) {
            details.inside {
                summary { "Inside " code { (name) } }
                (prose(text(&target["description"])))
                (insides(description, target, &walk.into(name), None))
            }
        }
    }
}

/// Fields and alternatives. The field named `told` has been told already.
fn insides<'a>(
    description: Description<'a>,
    schema: &'a Value,
    walk: &Walk<'a>,
    told: Option<&str>,
) -> Markup {
    let mut shape = shape(description, schema);
    shape.fields.retain(|it| Some(it.name) != told);
    html! {
        @if !shape.fields.is_empty() {
            dl.fields { @for it in &shape.fields { (field(description, it, walk)) } }
        }
        @if let Some(others) = shape.others {
            p { "Under each further name: " (kind(others)) }
            (body(description, others, walk))
        }
        @if !shape.variants.is_empty() {
            p.one-of { "One of these " (shape.variants.len()) ":" }
            ul.variants { @for it in &shape.variants { li { (variant(description, it, walk)) } } }
        }
    }
}

fn field<'a>(description: Description<'a>, field: &Field<'a>, walk: &Walk<'a>) -> Markup {
    html! {
        div {
            dt {
                code { (field.name) } " "
                span.kind { (kind(field.schema)) } " "
                @if field.required { span.required { "required" } } @else { span.muted { "optional" } }
            }
            dd {
                (prose(text(&field.schema["description"])))
                @if !std::ptr::eq(core(field.schema), field.schema) { (facts(field.schema)) }
                (body(description, field.schema, walk))
            }
        }
    }
}

fn variant<'a>(description: Description<'a>, schema: &'a Value, walk: &Walk<'a>) -> Markup {
    let tag = fields_in_place(schema).find_map(|(name, it)| Some((name, fixed(it)?)));
    html! {
        p.variant { (variant_name(schema, tag)) }
        (prose(text(&schema["description"])))
        @match tag {
            Some((name, _)) => { (insides(description, schema, walk, Some(name))) }
            None => { (body(description, schema, walk)) }
        }
    }
}

/// What tells a variant from its neighbours: a field of one fixed value, the only field, or its type.
fn variant_name(schema: &Value, tag: Option<(&str, &Value)>) -> Markup {
    let mut names = fields_in_place(schema).map(|(name, _)| name);
    let only = names.next().filter(|_| names.next().is_none());
    html! {
        @match (tag, only) {
            (Some((name, value)), _) => { code { (name) ": " (json(value)) } }
            (None, Some(name)) => { code { "{ " (json(&Value::from(name))) ": … }" } }
            (None, None) => @match text(&schema["title"]) {
                "" => { span.kind { (kind(schema)) } }
                title => { (title) }
            }
        }
    }
}

/// Fields that a variant writes itself, its `allOf` parts included but no reference.
fn fields_in_place(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    std::iter::once(schema).chain(list(&schema["allOf"])).flat_map(|it| entries(&it["properties"]))
}

/// The only value that a schema allows.
fn fixed(schema: &Value) -> Option<&Value> {
    match list(&schema["enum"]) {
        [only] => Some(only),
        _ => schema.get("const"),
    }
}

/// Values, limits, defaults and examples. (That a number is not negative is said with its type.)
fn facts(schema: &Value) -> Markup {
    let named = [
        ("More than", "exclusiveMinimum"),
        ("At most", "maximum"),
        ("Less than", "exclusiveMaximum"),
        ("Characters at least", "minLength"),
        ("Characters at most", "maxLength"),
        ("Items at least", "minItems"),
        ("Items at most", "maxItems"),
        ("Pattern", "pattern"),
        ("When left out", "default"),
        ("Example", "example"),
    ];
    let least = schema.get("minimum").filter(|it| **it != 0).map(|it| ("At least", it));
    let facts =
        least.into_iter().chain(named.into_iter().filter_map(|(word, key)| Some((word, schema.get(key)?))));
    let examples = list(&schema["examples"]).iter().map(|it| ("Example", it));
    let values = list(&schema["enum"]);
    html! {
        @match (values, schema.get("const")) {
            ([], None) => {}
            ([only], _) | ([], Some(only)) => { p { "Always " code { (json(only)) } "." } }
            _ => { p { "One of " @for (place, it) in values.iter().enumerate() {
                @if place > 0 { ", " } code { (json(it)) }
            } "." } }
        }
        @for (word, value) in facts.chain(examples) { p.fact { (word) ": " code { (json(value)) } } }
    }
}

/// What a value is, in a few words; a named schema is a link to its place.
pub(super) fn kind(schema: &Value) -> Markup {
    let may_be_null = list(&schema["type"]).iter().chain(list(&schema["oneOf"])).any(is_null);
    html! {
        @if let Some(name) = reference(schema) {
            a href={ "#" (anchor("schema", name)) } { (name) }
        } @else if schema["items"].is_object() {
            "list of " (kind(&schema["items"]))
        } @else if let ways @ [_, ..] = alternatives(schema).collect::<Vec<_>>().as_slice() {
            (ways_in_words(ways))
        } @else if !list(&schema["allOf"]).is_empty() {
            @for (place, it) in list(&schema["allOf"]).iter().enumerate() {
                @if place > 0 { " with " } (kind(it))
            }
        } @else {
            (plain_kind(schema))
        }
        @if may_be_null { " or null" }
    }
}

fn is_null(it: &Value) -> bool {
    it == "null" || it["type"] == "null"
}

fn ways_in_words(ways: &[&Value]) -> Markup {
    html! {
        @match ways {
            [one] => { (kind(one)) }
            [one, other] => { (kind(one)) " or " (kind(other)) }
            many => { "one of " (many.len()) }
        }
    }
}

/// "integer (int32), 0 or more", "object", "any value".
fn plain_kind(schema: &Value) -> String {
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(text).filter(|it| *it != "null").collect(),
        _ if schema["properties"].is_object() => vec!["object"],
        _ => vec!["any value"],
    };
    let format = match text(&schema["format"]) {
        "" => String::new(),
        format => format!(" ({format})"),
    };
    let range = if schema["minimum"] == 0 { ", 0 or more" } else { "" };
    names.join(" or ") + &format + range
}

/// A value as a program writes it.
fn json(value: &Value) -> String {
    value.to_string()
}
