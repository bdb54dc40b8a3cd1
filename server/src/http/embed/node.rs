//! A piece of the frame: an element or a text, written as HTML or as JSON. What is a text stays one in both.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Elements and attributes are named by us alone; texts and values may hold anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    Element { tag: &'static str, attributes: Vec<(&'static str, String)>, children: Vec<Node> },
}

/// An element of `class` (none when empty).
pub(super) fn node(tag: &'static str, class: &str) -> Node {
    let node = Node::Element { tag, attributes: Vec::new(), children: Vec::new() };
    if class.is_empty() { node } else { node.with("class", class) }
}

/// A span with a text.
pub(super) fn span(class: &str, text: impl Into<String>) -> Node {
    node("span", class).text(text)
}

impl Node {
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Node::Element { attributes, .. } = &mut self {
            attributes.push((name, value.into()));
        }
        self
    }

    pub(super) fn text(self, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { self } else { self.children([Node::Text(text)]) }
    }

    pub(super) fn children(mut self, more: impl IntoIterator<Item = Node>) -> Self {
        if let Node::Element { children, .. } = &mut self {
            children.extend(more);
        }
        self
    }

    /// Appends it as HTML. Invariant: no tag used here is a void or a raw-text element.
    pub(super) fn write_html(&self, html: &mut String) {
        match self {
            Node::Text(text) => escape(text, html),
            Node::Element { tag, attributes, children } => {
                html.extend(["<", tag]);
                for (name, value) in attributes {
                    html.extend([" ", name, "=\""]);
                    escape(value, html);
                    html.push('"');
                }
                html.push('>');
                children.iter().for_each(|it| it.write_html(html));
                html.extend(["</", tag, ">"]);
            }
        }
    }
}

/// `["tag", {"attribute": "value"}, children …]`, or a text.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (tag, attributes, children) = match self {
            Node::Text(text) => return serializer.serialize_str(text),
            Node::Element { tag, attributes, children } => (tag, attributes, children),
        };
        let mut array = serializer.serialize_seq(Some(2 + children.len()))?;
        array.serialize_element(tag)?;
        array.serialize_element(&Attributes(attributes))?;
        children.iter().try_for_each(|it| array.serialize_element(it))?;
        array.end()
    }
}

struct Attributes<'a>(&'a [(&'static str, String)]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

/// Appends a text so that it is one in an element's content and in a double-quoted attribute.
pub(super) fn escape(text: &str, html: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_stay_what_they_are_in_both_forms() {
        let hostile = "</p><script>\"&";
        let tree = node("p", "a").with("title", hostile).children([span("", hostile)]);
        let mut html = String::new();
        tree.write_html(&mut html);
        let escaped = "&lt;/p&gt;&lt;script&gt;&quot;&amp;";
        assert_eq!(html, format!("<p class=\"a\" title=\"{escaped}\"><span>{escaped}</span></p>"));
        let json = serde_json::json!(["p", { "class": "a", "title": hostile }, ["span", {}, hostile]]);
        assert_eq!(serde_json::to_value(&tree).unwrap(), json);
    }
}
