//! Forms as Stripe takes them: `metadata[payment]=…` is an object in an object, and digits are a number.

use serde_json::{Map, Value, json};

pub(crate) fn nested(text: &str) -> Value {
    let mut all = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let number = value.parse::<i64>();
        let value = number.map_or_else(|_| json!(value), |it| json!(it));
        match name.trim_end_matches(']').split_once('[') {
            Some((outer, inner)) => {
                let held = all.entry(outer.to_owned()).or_insert_with(|| json!({}));
                held[inner] = value;
            }
            None => {
                all.insert(name.into_owned(), value);
            }
        }
    }
    Value::Object(all)
}
