//! What a fan may choose: the language, and the tone of the commentary.

use super::tabs::LANGUAGE;
use crate::node::{Node, node};
use cricket::{Words, text, words::languages::NAMES, words::messages as say};

pub(crate) fn settings(words: Words) -> Node {
    let languages = NAMES.iter().map(|(tag, name)| {
        // Each in its own letters, for whoever looks for it.
        choice(*tag == words.tag(), name)
            .with("data-ask", text!(LANGUAGE, tag))
            .with("lang", *tag)
            .with("dir", "auto")
    });
    // Those that there are besides come after it (`loader/content/tones.js`): into an element of this name, which no other panel has.
    let tones = vec![choice(true, words.get(say::PLAIN))];
    node("div", "settings").children(vec![
        group("div", words.get(say::LANGUAGE), languages.collect()),
        group("menu", words.get(say::TONE), tones),
    ])
}

/// Buttons of which one is pressed, under a heading.
fn group(tag: &'static str, title: &'static str, choices: Vec<Node>) -> Node {
    let group = node(tag, "filters").with("role", "group").with("aria-label", title).children(choices);
    node("section", "").children(vec![node("h2", "").text(title), group])
}

fn choice(is_chosen: bool, name: &'static str) -> Node {
    let pressed = if is_chosen { "true" } else { "false" };
    node("button", "").with("type", "button").with("aria-pressed", pressed).text(name)
}
