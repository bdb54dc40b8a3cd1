//! Tolerant access to JSON fields: numbers may be texts, texts numbers, lists single values.

use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

/// The first of these keys that is there and not null.
pub(super) fn first<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| object.get(*key)).filter(|it| !it.is_null())
}

/// A text, trimmed; none when it is empty or no text.
pub(super) fn text<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a str> {
    first(object, keys)?.as_str().map(str::trim).filter(|it| !it.is_empty())
}

/// A text, or a number as text.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number that is not negative: `4`, `4.0`, `"4"`.
pub(super) fn number(value: &Value) -> Option<u32> {
    let whole = word(value)?;
    let whole = match whole.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|it| it == b'0') => whole,
        Some(_) => return None,
        None => whole.as_str(),
    };
    whole.parse().ok()
}

/// `true`, `"true"`, `1`.
pub(super) fn flag(object: &Object, key: &str) -> bool {
    match object.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        Some(Value::Number(number)) => number.as_u64().is_some_and(|it| it > 0),
        _ => false,
    }
}

/// The members of a list; a single value counts as a list of one, null as an empty one.
pub(super) fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values,
        Some(single) => std::slice::from_ref(single),
    }
}

/// The texts of a list.
pub(super) fn texts<'a>(object: &'a Object, key: &str) -> Vec<&'a str> {
    let values = list(object.get(key)).iter();
    values.filter_map(Value::as_str).map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// "7.3" as 7 and 3; "20" as 20 and 0.
pub(super) fn over_and_ball(value: &Value) -> Option<(u16, u8)> {
    let text = word(value)?;
    let (over, ball) = text.split_once('.').unwrap_or((&text, "0"));
    Some((over.parse().ok()?, ball.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{number, over_and_ball};
    use serde_json::json;

    #[test]
    fn a_number_may_be_a_text_but_not_a_part_or_a_debt() {
        for (value, expected) in [
            (json!(4), Some(4)),
            (json!("4"), Some(4)),
            (json!(4.0), Some(4)),
            (json!(4.5), None),
            (json!(-1), None),
            (json!("four"), None),
            (json!([4]), None),
            (json!(null), None),
            (json!(1e30), None),
        ] {
            assert_eq!(number(&value), expected, "{value}");
        }
    }

    #[test]
    fn overs_are_read_as_over_and_ball() {
        for (value, expected) in [
            (json!(7.3), Some((7, 3))),
            (json!("7.3"), Some((7, 3))),
            (json!(20), Some((20, 0))),
            (json!(-1.2), None),
            (json!(true), None),
        ] {
            assert_eq!(over_and_ball(&value), expected, "{value}");
        }
    }
}
