//! Values of fields as people compare them: before and after, with what differs within a text.

use crate::content::form::moment;
use cms::text::Doc;
use cms::text::diff::{Change as Block, Fate, Piece, between, whole};
use maud::{Markup, html};
use serde_json::Value;

/// A field's value.
pub(super) fn shown(value: Option<&Value>) -> Markup {
    match value {
        None | Some(Value::Null) => html! { p.muted { "nothing" } },
        Some(Value::Bool(true)) => html! { p { "yes" } },
        Some(Value::Bool(false)) => html! { p { "no" } },
        Some(Value::Number(number)) => html! { p { (number) } },
        Some(Value::String(text)) => html! { p.words { (told(text)) } },
        Some(Value::Array(items)) => html! { ol.values { @for it in items { li { (shown(Some(it))) } } } },
        Some(tree @ Value::Object(fields)) => match Doc::parse(tree) {
            Ok(doc) => html! { div.rich-shown { (plain_blocks(&doc)) } },
            Err(_) => html! {
                dl.values {
                    @for (name, it) in fields.iter().filter(|it| it.0 != "id") { div { dt { (crate::content::form::worded(name)) } dd { (shown(Some(it))) } } }
                }
            },
        },
    }
}

/// A moment as a moment, everything else as it is.
fn told(text: &str) -> Markup {
    match text.parse::<jiff::ZonedDateTime>() {
        Ok(at) => moment::told(at.timestamp(), at.time_zone().iana_name().unwrap_or("UTC")),
        Err(_) => html! { (text) },
    }
}

fn plain_blocks(doc: &Doc) -> Markup {
    html! { @for it in doc.plain().split("\n\n") { p.words { (it) } } }
}

/// What became of a field: of texts word by word.
pub(super) fn changed(before: Option<&Value>, after: Option<&Value>) -> Markup {
    let docs =
        before.zip(after).and_then(|(one, other)| Some((Doc::parse(one).ok()?, Doc::parse(other).ok()?)));
    if let Some((one, other)) = docs {
        return html! { div.rich-shown { @for it in between(&one, &other) { (block(&it)) } } };
    }
    html! {
        div.sides {
            div.side { span.of { "Before" } del.whole { (shown(before)) } }
            div.side { span.of { "After" } ins.whole { (shown(after)) } }
        }
    }
}

fn block(change: &Block<'_>) -> Markup {
    match change {
        Block::Kept(it) => html! { p.words { (whole(it)) } },
        Block::Removed(it) => html! { p.words { del { (whole(it)) } } },
        Block::Added(it) => html! { p.words { ins { (whole(it)) } } },
        Block::Changed { words, before, after } if words.iter().all(|it| it.fate == Fate::Kept) => html! {
            p.words { @if before == after { (whole(after)) } @else { ins { (whole(after)) } span.muted { " (looks otherwise)" } } }
        },
        Block::Changed { words, .. } => html! { p.words { @for it in words { (piece(it)) } } },
    }
}

fn piece(it: &Piece) -> Markup {
    match it.fate {
        Fate::Kept => html! { (it.text) },
        Fate::Removed => html! { del { (it.text) } },
        Fate::Added => html! { ins { (it.text) } },
    }
}
