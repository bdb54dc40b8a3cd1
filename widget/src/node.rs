//! Elements as plain data, and the one place that turns them into DOM.
//!
//! Leptos' signals run it: an effect that reads a signal gives the [`Node`] it made of it to [`Drawn::redraw`], when the signal changes.
//! Why not Leptos' own elements: each of them is a type of its own, compiled for itself (20 KB of brotli for these views, against 2 KB
//! for this file), and its `view!` macro sets `innerHTML`, which a page with Trusted Types forbids.

use std::{
    borrow::Cow,
    ops::{Deref, DerefMut},
};
use web_sys::{Document, Element};

/// An element with a text or with children, never both. One pointer: what the views build passes from call to call in a register, which
/// makes them a quarter smaller than by value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node(Box<Parts>);

/// What a [`Node`] points to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub tag: &'static str,
    pub attributes: Vec<(&'static str, Cow<'static, str>)>,
    pub text: Cow<'static, str>,
    pub children: Vec<Node>,
    /// Tells items of a list apart that grows at its head; 0 for all others.
    pub key: u64,
}

/// An element of `class` (none when empty).
#[inline(never)]
pub fn node(tag: &'static str, class: &'static str) -> Node {
    let node = Node(Box::new(Parts { tag, ..Parts::default() }));
    if class.is_empty() { node } else { node.with("class", class) }
}

/// A span with a text: the commonest element.
pub fn span(class: &'static str, text: impl Into<Cow<'static, str>>) -> Node {
    node("span", class).text(text)
}

impl Node {
    pub fn with(self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.attribute(name, value.into())
    }

    pub fn text(self, text: impl Into<Cow<'static, str>>) -> Self {
        self.texted(text.into())
    }

    #[inline(never)]
    pub fn children(mut self, children: Vec<Node>) -> Self {
        self.children = children;
        self
    }

    /// One child of a list that grows at its head.
    pub fn keyed(mut self, key: u64) -> Self {
        self.key = key;
        self
    }

    #[inline(never)]
    fn attribute(mut self, name: &'static str, value: Cow<'static, str>) -> Self {
        self.attributes.push((name, value));
        self
    }

    #[inline(never)]
    fn texted(mut self, text: Cow<'static, str>) -> Self {
        self.text = text;
        self
    }
}

impl Deref for Node {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Node {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

/// How many of the new children stand before the first of the old ones; 0 unless they have keys.
fn grown_at_head(old: &[u64], new: &[Node]) -> usize {
    let first = old.first().filter(|it| **it != 0);
    first.and_then(|key| new.iter().position(|it| it.key == *key)).unwrap_or(0)
}

/// A [`Node`] in the page.
pub struct Drawn {
    element: Element,
    node: Node,
    children: Vec<Drawn>,
}

fn is_svg(tag: &str) -> bool {
    matches!(tag, "svg" | "g" | "line" | "polyline" | "rect" | "circle" | "text")
}

fn draw(document: &Document, mut node: Node) -> Drawn {
    let element = match is_svg(node.tag) {
        true => document.create_element_ns(Some("http://www.w3.org/2000/svg"), node.tag),
        false => document.create_element(node.tag),
    };
    let element = element.expect("tags are literals of ours");
    for (name, value) in &node.attributes {
        set(&element, name, value);
    }
    if !node.text.is_empty() {
        element.set_text_content(Some(&node.text));
    }
    let children: Vec<Drawn> =
        std::mem::take(&mut node.children).into_iter().map(|it| draw(document, it)).collect();
    for child in &children {
        insert(&element, &child.element, None);
    }
    Drawn { element, node, children }
}

/// Changes only what differs, so that focus, scrolling and running animations stay.
fn redraw(document: &Document, drawn: &mut Drawn, mut node: Node) {
    if drawn.node.tag != node.tag {
        let new = draw(document, node);
        // Replacing fails only for an element without a parent, which then nobody sees.
        let _ = drawn.element.replace_with_with_node_1(&new.element);
        *drawn = new;
        return;
    }
    for (name, _) in &drawn.node.attributes {
        if !node.attributes.iter().any(|it| it.0 == *name) {
            let _ = drawn.element.remove_attribute(name);
        }
    }
    for attribute in &node.attributes {
        if !drawn.node.attributes.contains(attribute) {
            set(&drawn.element, attribute.0, &attribute.1);
        }
    }
    if drawn.node.text != node.text {
        drawn.element.set_text_content(Some(&node.text));
    }
    redraw_children(document, drawn, std::mem::take(&mut node.children));
    drawn.node = node;
}

fn redraw_children(document: &Document, drawn: &mut Drawn, mut nodes: Vec<Node>) {
    let keys: Vec<u64> = drawn.children.iter().map(|it| it.node.key).collect();
    let head = grown_at_head(&keys, &nodes);
    let rest = nodes.split_off(head);
    let first = drawn.children.first().map(|it| it.element.clone());
    let new: Vec<Drawn> = nodes.into_iter().map(|it| draw(document, it)).collect();
    for child in &new {
        insert(&drawn.element, &child.element, first.as_ref());
    }
    let kept = rest.len();
    for (at, node) in rest.into_iter().enumerate() {
        match drawn.children.get_mut(at) {
            Some(child) => redraw(document, child, node),
            None => {
                let child = draw(document, node);
                insert(&drawn.element, &child.element, None);
                drawn.children.push(child);
            }
        }
    }
    for gone in drawn.children.drain(kept..) {
        gone.element.remove();
    }
    drawn.children.splice(0..0, new);
}

fn set(element: &Element, name: &str, value: &str) {
    // Names are literals of ours, so they are valid.
    let _ = element.set_attribute(name, value);
}

fn insert(parent: &Element, child: &Element, before: Option<&Element>) {
    // `before` is a child of `parent`, or none.
    let _ = parent.insert_before(child, before.map(AsRef::as_ref));
}

impl Drawn {
    /// Draws into `root`, which is empty. None where there is no page.
    pub fn new(root: &Element, node: Node) -> Option<Self> {
        let drawn = draw(&root.owner_document()?, node);
        insert(root, &drawn.element, None);
        Some(drawn)
    }

    /// Changes what is drawn into what is to be seen.
    pub fn redraw(&mut self, node: Node) {
        if let Some(document) = self.element.owner_document() {
            redraw(&document, self, node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyed_list_grows_at_its_head() {
        let item = |key| Node::default().keyed(key);
        assert_eq!(grown_at_head(&[5, 4], &[item(7), item(6), item(5), item(4)]), 2);
        assert_eq!(grown_at_head(&[5, 4], &[item(5), item(4)]), 0);
        assert_eq!(grown_at_head(&[5, 4], &[item(9), item(8)]), 0, "nothing in common: redrawn in place");
        assert_eq!(grown_at_head(&[0, 0], &[item(1), item(0)]), 0, "no keys");
        assert_eq!(grown_at_head(&[], &[item(1)]), 0);
    }
}
