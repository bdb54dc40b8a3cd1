//! What a browser would send of a page's controls.

use crate::form::Fields;

/// The fields of a page's form, in its order, without its buttons.
pub(crate) fn submitted(html: &str) -> Fields {
    let mut fields = Fields::default();
    let mut rest = html;
    let mut select = String::new();
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        let name = attribute(tag, "name");
        match (tag.split([' ', '\n']).next().unwrap_or_default(), name) {
            ("input", Some(name)) => {
                let is_box = matches!(attribute(tag, "type").as_deref(), Some("checkbox" | "radio"));
                if !is_box || tag.contains(" checked") {
                    fields.push(name, attribute(tag, "value").unwrap_or_default());
                }
            }
            ("textarea", Some(name)) => {
                let text = &after[..after.find("</textarea>").expect("it ends")];
                let text = text.strip_prefix('\n').unwrap_or(text);
                fields.push(name, unescaped(text).replace('\n', "\r\n"));
            }
            ("select", Some(name)) => select = name,
            ("option", None) if tag.ends_with(" selected") => {
                fields.push(select.clone(), attribute(tag, "value").unwrap_or_default());
            }
            _ => {}
        }
        rest = after;
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    Some(unescaped(&value[..value.find('"')?]))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
