//! What differs between documents, and what becomes of two who have changed the same one: pure.
//!
//! Groups are compared field by field; lists whose items have ids, item by item, wherever these have moved to. Everything else is one value:
//! a text, a list without ids, a rich text.

use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Names from the document down, as in a JSON pointer; "#abc" is the item of a list whose id is abc, "#" the order of a list's items.
    pub path: String,
    /// None: it was not there.
    pub before: Option<Value>,
    /// None: it is not there any more.
    pub after: Option<Value>,
}

/// A field that two have changed, each otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    pub path: String,
    pub base: Option<Value>,
    pub theirs: Option<Value>,
    pub yours: Option<Value>,
}

/// What comes of two who have changed the same document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merge {
    /// With what both have changed; where they are in conflict, as theirs is.
    pub body: Value,
    /// None: it is ready.
    pub conflicts: Vec<Conflict>,
}

/// The fields that differ, by path.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(Some(before), Some(after), String::new(), &mut changes);
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// The names of the document's own fields that differ.
pub fn fields(before: &Value, after: &Value) -> BTreeSet<String> {
    let names =
        |it: &Value| it.as_object().map(|it| it.keys().cloned().collect::<BTreeSet<_>>()).unwrap_or_default();
    let all: BTreeSet<String> = names(before).union(&names(after)).cloned().collect();
    all.into_iter().filter(|it| before.get(it) != after.get(it)).collect()
}

/// What two have made of the same document.
pub fn merge(base: &Value, theirs: &Value, yours: &Value) -> Merge {
    let mut conflicts = Vec::new();
    let body = join(Some(base), Some(theirs), Some(yours), String::new(), &mut conflicts);
    Merge { body: body.unwrap_or(Value::Null), conflicts }
}

/// Puts a value where a path of [`Change`] leads, or takes out what is there. What it leads through is made where it is not there; a path
/// that leads nowhere changes nothing.
pub fn put(body: &mut Value, path: &str, value: Option<&Value>) {
    let Some((parent, last)) = path.rsplit_once('/') else {
        *body = value.cloned().unwrap_or(Value::Null);
        return;
    };
    let mut here = body;
    for part in parent.split('/').skip(1) {
        let Some(next) = step(here, part) else { return };
        here = next;
    }
    match (here, last.strip_prefix('#'), value) {
        (Value::Array(items), Some(""), Some(order)) => {
            let place = |it: &Value| order.as_array().into_iter().flatten().position(|id| *id == it["id"]);
            // What the order does not name stays behind what it stood behind.
            let mut last = 0;
            let mut placed: Vec<(usize, Value)> = Vec::new();
            for item in items.drain(..) {
                last = place(&item).unwrap_or(last);
                placed.push((last, item));
            }
            placed.sort_by_key(|it| it.0);
            items.extend(placed.into_iter().map(|it| it.1));
        }
        (Value::Array(items), Some(id), value) => {
            let at = items.iter().position(|it| it["id"] == id);
            match (at, value) {
                (Some(at), Some(value)) => items[at] = value.clone(),
                (Some(at), None) => drop(items.remove(at)),
                (None, Some(value)) => items.push(value.clone()),
                (None, None) => {}
            }
        }
        (Value::Object(fields), None, Some(value)) => drop(fields.insert(unescaped(last), value.clone())),
        (Value::Object(fields), None, None) => drop(fields.remove(&unescaped(last))),
        _ => {}
    }
}

fn step<'v>(here: &'v mut Value, part: &str) -> Option<&'v mut Value> {
    match (here, part.strip_prefix('#')) {
        (Value::Array(items), Some(id)) => items.iter_mut().find(|it| it["id"] == id),
        (Value::Object(fields), None) => {
            Some(fields.entry(unescaped(part)).or_insert_with(|| Value::Object(Map::new())))
        }
        _ => None,
    }
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

fn compare(before: Option<&Value>, after: Option<&Value>, path: String, out: &mut Vec<Change>) {
    if before == after {
        return;
    }
    if let (Some(one), Some(other)) = (before.and_then(group), after.and_then(group)) {
        let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for name in names {
            compare(one.get(name), other.get(name), format!("{path}/{}", escaped(name)), out);
        }
    } else if let (Some(one), Some(other)) = (before.and_then(items), after.and_then(items)) {
        let ids: BTreeSet<&str> = one.ids.iter().chain(&other.ids).copied().collect();
        for id in ids {
            compare(one.by_id.get(id).copied(), other.by_id.get(id).copied(), format!("{path}/#{id}"), out);
        }
        let common = |of: &Items<'_>, with: &Items<'_>| -> Vec<Value> {
            of.ids.iter().filter(|it| with.by_id.contains_key(*it)).map(|it| Value::from(*it)).collect()
        };
        let (before, after) = (common(&one, &other), common(&other, &one));
        if before != after {
            let path = format!("{path}/#");
            out.push(Change { path, before: Some(before.into()), after: Some(after.into()) });
        }
    } else {
        out.push(Change { path, before: before.cloned(), after: after.cloned() });
    }
}

fn join(
    base: Option<&Value>,
    theirs: Option<&Value>,
    yours: Option<&Value>,
    path: String,
    out: &mut Vec<Conflict>,
) -> Option<Value> {
    if theirs == yours || base == yours {
        return theirs.cloned();
    }
    if base == theirs {
        return yours.cloned();
    }
    // What both have added is compared with nothing.
    let (no_group, no_items) = (Map::new(), Items::default());
    if let (Some(one), Some(other)) = (theirs.and_then(group), yours.and_then(group))
        && let Some(base) = base.map_or(Some(&no_group), group)
    {
        let names: BTreeSet<&String> = base.keys().chain(one.keys()).chain(other.keys()).collect();
        let joined = names.into_iter().filter_map(|name| {
            let path = format!("{path}/{}", escaped(name));
            Some((name.clone(), join(base.get(name), one.get(name), other.get(name), path, out)?))
        });
        return Some(Value::Object(joined.collect()));
    }
    if let (Some(one), Some(other)) = (theirs.and_then(items), yours.and_then(items))
        && let Some(base) = base.map_or(Some(no_items), items)
    {
        let mut joined = BTreeMap::new();
        let ids: BTreeSet<&str> = base.ids.iter().chain(&one.ids).chain(&other.ids).copied().collect();
        for id in ids {
            let of = |it: &Items<'_>| it.by_id.get(id).copied().cloned();
            let (base, one, other) = (of(&base), of(&one), of(&other));
            let kept = join(base.as_ref(), one.as_ref(), other.as_ref(), format!("{path}/#{id}"), out);
            joined.extend(kept.map(|it| (id, it)));
        }
        let order = order(&base, &one, &other, &path, out);
        return Some(order.into_iter().filter_map(|it| joined.remove(it)).collect());
    }
    out.push(Conflict { path, base: base.cloned(), theirs: theirs.cloned(), yours: yours.cloned() });
    theirs.cloned()
}

/// The ids of all items in the order that they are to have: of whoever has moved some; what the other has added stays behind what it stood behind.
fn order<'v>(
    base: &Items<'v>,
    theirs: &Items<'v>,
    yours: &Items<'v>,
    path: &str,
    out: &mut Vec<Conflict>,
) -> Vec<&'v str> {
    let has_moved = |of: &Items<'v>| {
        let (kept, was): (Vec<_>, Vec<_>) = (
            of.ids.iter().filter(|it| base.by_id.contains_key(*it)).collect(),
            base.ids.iter().filter(|it| of.by_id.contains_key(*it)).collect(),
        );
        kept != was
    };
    let (leading, following) = match (has_moved(theirs), has_moved(yours)) {
        (false, true) => (yours, theirs),
        (true, true) => {
            let common = |of: &Items<'v>| -> Vec<&'v str> {
                of.ids
                    .iter()
                    .copied()
                    .filter(|it| theirs.by_id.contains_key(it) && yours.by_id.contains_key(it))
                    .collect()
            };
            let (one, other) = (common(theirs), common(yours));
            if one != other {
                let path = format!("{path}/#");
                out.push(Conflict {
                    path,
                    base: Some(base.order()),
                    theirs: Some(theirs.order()),
                    yours: Some(yours.order()),
                });
            }
            (theirs, yours)
        }
        _ => (theirs, yours),
    };
    let mut order = leading.ids.clone();
    let mut behind: Option<&str> = None;
    for id in &following.ids {
        if !order.contains(id) {
            let place =
                behind.and_then(|it| order.iter().position(|there| *there == it)).map_or(0, |it| it + 1);
            order.insert(place, id);
        }
        behind = Some(id);
    }
    // One that was taken out here and changed there is kept in conflict, and has a place still.
    let rest: Vec<&str> = base.ids.iter().copied().filter(|it| !order.contains(it)).collect();
    order.extend(rest);
    order
}

/// What is compared field by field. A rich text is one value.
fn group(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object().filter(|it| it.get("type").is_none_or(|it| it != "doc"))
}

/// A list whose items have ids.
#[derive(Default)]
struct Items<'v> {
    ids: Vec<&'v str>,
    by_id: BTreeMap<&'v str, &'v Value>,
}

impl Items<'_> {
    fn order(&self) -> Value {
        self.ids.iter().map(|it| Value::from(*it)).collect()
    }
}

/// None where an item has no id, or two have one.
fn items(value: &Value) -> Option<Items<'_>> {
    let mut items = Items::default();
    for it in value.as_array()? {
        let id = it.get("id")?.as_str()?;
        if items.by_id.insert(id, it).is_some() {
            return None;
        }
        items.ids.push(id);
    }
    Some(items)
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn paths(changes: &[Change]) -> Vec<&str> {
        changes.iter().map(|it| it.path.as_str()).collect()
    }

    #[test]
    fn what_differs_is_told_by_field_and_by_item() {
        let before = json!({
            "title": "One", "gone": 1, "same": [1],
            "items": [{ "id": "a", "label": "A" }, { "id": "b", "label": "B" }, { "id": "c" }],
            "body": { "type": "doc", "content": [1] },
        });
        let after = json!({
            "title": "Two", "new": 1, "same": [1],
            "items": [{ "id": "b", "label": "B" }, { "id": "a", "label": "AA" }, { "id": "d" }],
            "body": { "type": "doc", "content": [2] },
        });
        let changes = diff(&before, &after);
        let expected =
            ["/body", "/gone", "/items/#", "/items/#a/label", "/items/#c", "/items/#d", "/new", "/title"];
        assert_eq!(paths(&changes), expected);
        assert_eq!(changes[2].after, Some(json!(["b", "a"])));
        assert_eq!(
            fields(&before, &after).into_iter().collect::<Vec<_>>(),
            ["body", "gone", "items", "new", "title"]
        );
    }

    #[test]
    fn who_change_different_fields_are_brought_together() {
        let base = json!({ "title": "T", "text": "x", "group": { "a": 1, "b": 1 }, "items": [{ "id": "a", "n": 1 }, { "id": "b" }] });
        let theirs = json!({ "title": "TT", "text": "x", "group": { "a": 2, "b": 1 }, "items": [{ "id": "a", "n": 1 }, { "id": "new" }, { "id": "b" }] });
        let yours = json!({ "title": "T", "group": { "a": 1, "b": 2 }, "items": [{ "id": "b" }, { "id": "a", "n": 2 }], "more": 1 });
        let merge = merge(&base, &theirs, &yours);
        assert_eq!(merge.conflicts, []);
        let expected = json!({
            "title": "TT", "group": { "a": 2, "b": 2 }, "more": 1,
            "items": [{ "id": "b" }, { "id": "a", "n": 2 }, { "id": "new" }],
        });
        assert_eq!(merge.body, expected);
    }

    #[test]
    fn who_change_the_same_field_are_asked() {
        let base = json!({ "title": "T", "items": [{ "id": "a", "n": 1 }, { "id": "b" }, { "id": "c" }] });
        let theirs = json!({ "title": "A", "items": [{ "id": "b" }, { "id": "c" }] });
        let yours = json!({ "title": "B", "items": [{ "id": "a", "n": 2 }, { "id": "c" }, { "id": "b" }] });
        let merge = merge(&base, &theirs, &yours);
        let paths: Vec<&str> = merge.conflicts.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["/items/#a", "/title"]);
        assert_eq!(
            (merge.conflicts[0].theirs.clone(), merge.conflicts[0].yours.clone()),
            (None, Some(json!({ "id": "a", "n": 2 })))
        );
        assert_eq!(merge.body["title"], "A");
    }

    #[test]
    fn two_orders_are_a_conflict_and_the_same_order_is_none() {
        let list =
            |ids: &[&str]| json!({ "items": ids.iter().map(|it| json!({ "id": it })).collect::<Vec<_>>() });
        let base = list(&["a", "b", "c"]);
        let merged = merge(&base, &list(&["b", "a", "c"]), &list(&["c", "a", "b"]));
        assert_eq!(merged.conflicts.len(), 1);
        assert_eq!(merged.conflicts[0].path, "/items/#");
        let merged = merge(&base, &list(&["b", "a", "c"]), &list(&["b", "a", "c", "d"]));
        assert_eq!((merged.conflicts.len(), merged.body), (0, list(&["b", "a", "c", "d"])));
    }

    /// A document with a group, a list of items and a rich text, of few values, so that two of them often have some in common.
    fn document() -> impl Strategy<Value = Value> {
        let small = || prop_oneof![Just(json!(1)), Just(json!(2)), Just(json!("x"))];
        let group = prop::collection::btree_map("[ab]", small(), 0..3);
        let item = ("[a-e]", small()).prop_map(|(id, n)| (id.clone(), json!({ "id": id, "n": n })));
        let items = prop::collection::btree_map("[a-e]", item, 0..5).prop_map(|it| {
            let by_id: BTreeMap<String, Value> = it.into_values().collect();
            by_id.into_values().collect::<Vec<_>>()
        });
        let items = items.prop_shuffle();
        let rich = small().prop_map(|it| json!({ "type": "doc", "content": [it] }));
        (prop::option::of(small()), group, items, prop::option::of(rich)).prop_map(
            |(title, group, items, body)| {
                let mut whole = json!({ "group": group, "items": items });
                title.into_iter().for_each(|it| whole["title"] = it);
                body.into_iter().for_each(|it| whole["body"] = it);
                whole
            },
        )
    }

    proptest! {
        #[test]
        fn only_the_same_have_no_difference(one in document(), other in document()) {
            prop_assert_eq!(diff(&one, &other).is_empty(), one == other);
            prop_assert_eq!(fields(&one, &other).is_empty(), one == other);
        }

        #[test]
        fn whoever_has_changed_nothing_takes_what_the_other_has(base in document(), other in document()) {
            let ready = |body: Value| Merge { body, conflicts: Vec::new() };
            prop_assert_eq!(merge(&base, &base, &other), ready(other.clone()));
            prop_assert_eq!(merge(&base, &other, &base), ready(other.clone()));
            prop_assert_eq!(merge(&base, &other, &other), ready(other));
        }

        /// Whoever takes what both have of each conflict from one side has what that side has there.
        #[test]
        fn a_conflict_is_settled_by_either_side(base in document(), theirs in document(), yours in document()) {
            let merged = merge(&base, &theirs, &yours);
            let mut body = merged.body.clone();
            for it in &merged.conflicts {
                put(&mut body, &it.path, it.yours.as_ref());
            }
            for it in merged.conflicts.iter().filter(|it| !it.path.ends_with("/#")) {
                let left = diff(&body, &yours);
                prop_assert!(!left.iter().any(|change| change.path.starts_with(&it.path) && !change.path.ends_with("/#")), "{}: {:?}", it.path, left);
            }
            for it in &merged.conflicts {
                put(&mut body, &it.path, it.theirs.as_ref());
            }
            let left = diff(&body, &merged.body);
            prop_assert!(left.iter().all(|it| it.path.ends_with("/#")), "{:?}", left);
        }

        /// Nobody's words are lost: what either has changed is in the outcome, or is a conflict that shows it.
        #[test]
        fn what_was_changed_is_there_or_in_conflict(base in document(), theirs in document(), yours in document()) {
            let merged = merge(&base, &theirs, &yours);
            for (of, is_yours) in [(&theirs, false), (&yours, true)] {
                for change in diff(&base, of) {
                    let is_told = merged.conflicts.iter().any(|it| {
                        change.path.starts_with(&it.path) || it.path.starts_with(&change.path)
                    });
                    // The order of a list is what whoever has moved its items says, with what the other has added.
                    let is_there = change.path.ends_with("/#")
                        || !diff(&merged.body, of).iter().any(|it| it.path.starts_with(&change.path));
                    prop_assert!(is_told || is_there, "{} {is_yours}: {:?}", change.path, merged);
                }
            }
        }

        #[test]
        fn who_was_first_makes_no_difference_where_there_is_no_conflict(base in document(), theirs in document(), yours in document()) {
            let (one, other) = (merge(&base, &theirs, &yours), merge(&base, &yours, &theirs));
            prop_assert_eq!(one.conflicts.len(), other.conflicts.len());
        }
    }
}
