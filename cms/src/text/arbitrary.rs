//! Texts of every shape, for tests.

use super::Doc;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any text that can be read.
pub(crate) fn doc() -> impl Strategy<Value = Doc> {
    vec(block(), 0..6).prop_map(|content| {
        let json = json!({"type": "doc", "content": content});
        Doc::parse(&json).unwrap_or_else(|why| panic!("{json}: {why:?}"))
    })
}

fn block() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => paragraph(),
        1 => (2..=3_u8, line()).prop_map(
            |(level, content)| json!({"type": "heading", "attrs": {"level": level}, "content": content})
        ),
        1 => Just(json!({"type": "horizontalRule"})),
        1 => (id(), words(), words()).prop_map(|(id, alt, caption)| {
            json!({"type": "image", "attrs": {"media": format!("med_{id}"), "alt": alt, "caption": caption}})
        }),
        1 => (prop::sample::select(vec!["match", "player", "poll", "quiz"]), id(), words()).prop_map(
            |(kind, id, label)| json!({"type": "embed", "attrs": {"kind": kind, "id": id, "label": label}})
        ),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let item = (paragraph(), vec(inner.clone(), 0..2)).prop_map(|(first, rest)| {
            let content: Vec<Value> = std::iter::once(first).chain(rest).collect();
            json!({"type": "listItem", "content": content})
        });
        let item = item.boxed();
        prop_oneof![
            vec(item.clone(), 1..4).prop_map(|content| json!({"type": "bulletList", "content": content})),
            (0..=super::START_MAX, vec(item, 1..4)).prop_map(
                |(start, content)| json!({"type": "orderedList", "attrs": {"start": start}, "content": content})
            ),
            vec(inner, 1..4).prop_map(|content| json!({"type": "blockquote", "content": content})),
        ]
    })
}

fn paragraph() -> impl Strategy<Value = Value> {
    line().prop_map(|content| json!({"type": "paragraph", "content": content}))
}

fn line() -> impl Strategy<Value = Vec<Value>> {
    let text = (any::<String>(), marks())
        .prop_map(|(text, marks)| json!({"type": "text", "text": text, "marks": marks}));
    let named = prop::sample::select(vec!["player", "team", "match"]);
    let mention = (named, id(), "[A-Za-z<&\"']{1,12}", marks()).prop_map(|(kind, id, label, marks)| {
        json!({"type": "mention", "attrs": {"kind": kind, "id": id, "label": label}, "marks": marks})
    });
    let broken = marks().prop_map(|marks| json!({"type": "hardBreak", "marks": marks}));
    vec(prop_oneof![6 => text, 1 => mention, 1 => broken], 0..6)
}

/// In any order.
fn marks() -> impl Strategy<Value = Vec<Value>> {
    let hrefs = vec!["https://example.com/a?b=\"<c>'&d", "/matches/1", "#top", "mailto:desk@example.com"];
    let link = prop::option::of(prop::sample::select(hrefs));
    let plain = prop::sample::subsequence(vec!["bold", "italic", "strike"], 0..=3).prop_shuffle();
    (link, plain).prop_map(|(link, plain)| {
        let mut marks: Vec<Value> = plain.into_iter().map(|it| json!({"type": it})).collect();
        marks.extend(link.map(|href| json!({"type": "link", "attrs": {"href": href}})));
        marks
    })
}

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,22}"
}

/// What markup is made of, and what it is not.
fn words() -> impl Strategy<Value = String> {
    "[ a-z<>&\"'=/\u{0}-\u{1f}\u{e9}\u{202e}क्षי]{0,20}"
}
