//! What a form of an entry says: the values of each field by its JSON pointer, and buttons that change the lists in it.

use crate::form::Fields;
use cms::schema::{Block, Field, Shape};
use serde_json::Value;
use std::collections::BTreeMap;

/// Says that a list has an item, whatever is filled in of it.
pub(super) const ITEM: &str = "#item";
/// A moment's parts, and how it was written when the form was made.
pub(super) const DATE: &str = "#date";
pub(super) const TIME: &str = "#time";
pub(super) const ZONE: &str = "#zone";
pub(super) const WAS: &str = "#was";
/// A box that is not ticked sends nothing; this goes before each.
pub(super) const NO: &str = "no";
pub(super) const YES: &str = "yes";
/// The last field of a form: without it some of the form is missing, and what is not there is not taken for emptied.
pub const END: &str = "#end";

/// The values of a form's fields, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent(BTreeMap<String, Vec<String>>);

impl Sent {
    /// Of a form that was sent; only what begins like a pointer is of the document.
    pub fn of(fields: &Fields) -> Self {
        let mut sent = Self::default();
        for (name, value) in fields.pairs().filter(|it| it.0.starts_with('/')) {
            // Browsers end lines as mail does (HTML Standard §4.10.21.4).
            sent.add(name, value.replace("\r\n", "\n"));
        }
        sent
    }

    /// The form that a document fills.
    pub fn filled(fields: &[Field], body: &Value) -> Self {
        let mut sent = Self::default();
        sent.fill_group(fields, body, "");
        sent
    }

    pub(super) fn fill_group(&mut self, fields: &[Field], group: &Value, path: &str) {
        for field in fields {
            if let Some(value) = group.get(&field.name) {
                self.fill(&field.shape, value, &format!("{path}/{}", field.name));
            }
        }
    }

    fn fill(&mut self, shape: &Shape, value: &Value, path: &str) {
        match shape {
            Shape::Group { fields } => self.fill_group(fields, value, path),
            Shape::Blocks { blocks } => {
                let name = value["type"].as_str().unwrap_or_default();
                self.add(format!("{path}/type"), name);
                if let Some(block) = blocks.iter().find(|it| it.name == name) {
                    self.fill_group(&block.fields, value, path);
                }
            }
            Shape::List { item, .. } => match super::Rows::of(item) {
                Rows::Lines => {
                    let lines = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    self.add(path, lines.collect::<Vec<_>>().join("\n"));
                }
                Rows::Ids => {
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .for_each(|it| self.add(path, it));
                }
                Rows::Items => {
                    for (at, value) in value.as_array().into_iter().flatten().enumerate() {
                        self.add(format!("{path}/{at}{ITEM}"), "");
                        self.fill(item, value, &format!("{path}/{at}"));
                    }
                }
            },
            Shape::Switch => self.add(path, if *value == true { YES } else { NO }),
            Shape::DateTime => {
                let text = value.as_str().unwrap_or_default();
                let (date, time, zone) = super::moment::parts(text);
                self.add(format!("{path}{DATE}"), date);
                self.add(format!("{path}{TIME}"), time);
                self.add(format!("{path}{ZONE}"), zone);
                self.add(format!("{path}{WAS}"), text);
            }
            Shape::Rich => self.add(path, value.to_string()),
            Shape::Number { .. } => self.add(path, value.to_string()),
            Shape::Text { .. }
            | Shape::Select { .. }
            | Shape::Relation { .. }
            | Shape::Media
            | Shape::Outside { .. } => {
                self.add(path, value.as_str().unwrap_or_default());
            }
        }
    }

    pub(super) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.entry(name.into()).or_default().push(value.into());
    }

    /// The last value of a name; none where the form has no such field.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// All ids that stand in fields of a name, each once, in their order.
    pub(super) fn ids(&self, name: &str) -> Vec<&str> {
        let values = self.0.get(name).into_iter().flatten();
        let mut ids: Vec<&str> = Vec::new();
        for id in values.flat_map(|it| it.split([' ', ',', '\n', '\t'])).filter(|it| !it.is_empty()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// The ids that its fields name, of those that begin so: "ent_", "med_", "mat_".
    pub fn named(&self, prefix: &str) -> Vec<String> {
        let all = self.0.values().flatten().flat_map(|it| it.split([' ', ',', '\n', '\t']));
        let mut ids: Vec<String> = all.filter(|it| is_id(prefix, it)).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The numbers of a list's items, in their order.
    pub(super) fn items(&self, list: &str) -> Vec<usize> {
        let prefix = format!("{list}/");
        let mut found: Vec<usize> =
            self.under(&prefix).filter_map(|it| it.strip_suffix(ITEM)?.parse().ok()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What follows a beginning in the names that have it.
    fn under<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.range(prefix.to_owned()..).map_while(move |(name, _)| name.strip_prefix(prefix))
    }
}

/// Whether it is written as ids of that beginning are.
fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 22 && rest.bytes().all(|it| it.is_ascii_alphanumeric()))
}

/// The tree that a rich text's field holds, as a document filled it; an editor's begins otherwise, and words alone are none.
pub(super) fn tree(text: &str) -> Option<Value> {
    let tree: Value = text.starts_with("{\"content\":").then(|| serde_json::from_str(text).ok())??;
    (tree["type"] == "doc").then_some(tree)
}

/// How the items of a list stand in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Texts, one a line of a field.
    Lines,
    /// Ids, each in a field of the same name.
    Ids,
    /// Each with fields of its own.
    Items,
}

impl Rows {
    pub(super) fn of(item: &Shape) -> Self {
        match item {
            Shape::Text { .. } => Rows::Lines,
            Shape::Relation { .. } | Shape::Media | Shape::Outside { .. } => Rows::Ids,
            _ => Rows::Items,
        }
    }
}

/// A button that changes a list: "add /parts quote", "take /parts/2", "up /parts/2", "down /parts/2".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press<'a> {
    act: Act,
    list: &'a str,
    /// The item's number; of what is added, none.
    at: usize,
    /// Of what is added: which block.
    block: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Add,
    Take,
    Up,
    Down,
}

impl<'a> Press<'a> {
    /// None where a button says something else.
    pub fn of(text: &'a str) -> Option<Self> {
        let (act, rest) = text.split_once(' ')?;
        let act = match act {
            "add" => {
                let (list, block) = rest.split_once(' ').unwrap_or((rest, ""));
                return list.starts_with('/').then_some(Press { act: Act::Add, list, at: 0, block });
            }
            "take" => Act::Take,
            "up" => Act::Up,
            "down" => Act::Down,
            _ => return None,
        };
        let (list, at) = rest.rsplit_once('/')?;
        Some(Press { act, list, at: at.parse().ok()?, block: "" })
    }

    /// The list that it changes.
    pub fn list(&self) -> &str {
        self.list
    }

    /// The form after it; `fresh` is what an item that is added is called. A list that there is not, or that is full, stays as it is.
    pub fn press(&self, fields: &[Field], sent: &Sent, fresh: &str) -> Sent {
        let Some(Shape::List { item, items_max, .. }) = shape_at(fields, self.list, sent) else {
            return sent.clone();
        };
        let mut order: Vec<Option<usize>> = sent.items(self.list).into_iter().map(Some).collect();
        let at = order.iter().position(|it| *it == Some(self.at));
        match (self.act, at) {
            (Act::Add, _) if (order.len() as u64) < *items_max => order.push(None),
            (Act::Take, Some(at)) => drop(order.remove(at)),
            (Act::Up, Some(at)) if at > 0 => order.swap(at, at - 1),
            (Act::Down, Some(at)) if at + 1 < order.len() => order.swap(at, at + 1),
            _ => return sent.clone(),
        }
        let prefix = format!("{}/", self.list);
        let mut next: BTreeMap<_, _> = sent.0.clone();
        next.retain(|name, _| !name.starts_with(&prefix));
        let mut next = Sent(next);
        for (to, from) in order.into_iter().enumerate() {
            match from {
                Some(from) => {
                    for rest in sent.under(&format!("{prefix}{from}")).filter(|it| it.starts_with(['/', '#']))
                    {
                        let values =
                            sent.0.get(&format!("{prefix}{from}{rest}")).cloned().unwrap_or_default();
                        next.0.insert(format!("{prefix}{to}{rest}"), values);
                    }
                }
                None => self.add(item, &format!("{prefix}{to}"), fresh, &mut next),
            }
        }
        next
    }

    fn add(&self, item: &Shape, path: &str, fresh: &str, to: &mut Sent) {
        let fields = match item {
            Shape::Group { fields } => fields.as_slice(),
            Shape::Blocks { blocks } => {
                let Some(block) = block(blocks, self.block) else { return };
                to.add(format!("{path}/type"), &block.name);
                block.fields.as_slice()
            }
            _ => &[],
        };
        to.add(format!("{path}{ITEM}"), "");
        if fields.iter().any(|it| it.name == "id") {
            to.add(format!("{path}/id"), fresh);
        }
    }
}

fn block<'b>(blocks: &'b [Block], name: &str) -> Option<&'b Block> {
    blocks.iter().find(|it| it.name == name)
}

/// The shape of what a pointer leads to, in a form that is filled in so.
fn shape_at<'f>(fields: &'f [Field], path: &str, sent: &Sent) -> Option<&'f Shape> {
    let mut parts = path.strip_prefix('/')?.split('/');
    let mut here = String::new();
    let mut shape = named(fields, parts.next()?, &mut here)?;
    for part in parts {
        shape = match shape {
            Shape::Group { fields } => named(fields, part, &mut here)?,
            Shape::Blocks { blocks } => {
                let block = block(blocks, sent.text(&format!("{here}/type")))?;
                named(&block.fields, part, &mut here)?
            }
            Shape::List { item, .. } => {
                part.parse::<usize>().ok()?;
                here = format!("{here}/{part}");
                item
            }
            _ => return None,
        };
    }
    Some(shape)
}

fn named<'f>(fields: &'f [Field], name: &str, here: &mut String) -> Option<&'f Shape> {
    *here = format!("{here}/{name}");
    fields.iter().find(|it| it.name == name).map(|it| &it.shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cms::schema::kind;
    use serde_json::json;

    fn questions(sent: &Sent) -> Vec<(String, String)> {
        let of = |at: usize| {
            let text = |name: &str| sent.text(&format!("/questions/{at}/{name}")).to_owned();
            (text("id"), text("text"))
        };
        sent.items("/questions").into_iter().map(of).collect()
    }

    #[test]
    fn buttons_add_take_and_move_items_with_all_that_is_in_them() {
        let fields = &kind("quiz").unwrap().fields;
        let question = |id: &str, text: &str, choice: &str| json!({ "id": id, "text": text, "choices": [{ "id": "c", "text": choice }] });
        let body = json!({ "questions": [question("a", "A?", "1"), question("b", "B?", "2")] });
        let sent = Sent::filled(fields, &body);
        let press = |text: &str, sent: &Sent| Press::of(text).unwrap().press(fields, sent, "new");
        let pairs = |all: &[(&str, &str)]| {
            all.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect::<Vec<_>>()
        };

        let down = press("down /questions/0", &sent);
        assert_eq!(questions(&down), pairs(&[("b", "B?"), ("a", "A?")]));
        assert_eq!(down.text("/questions/1/choices/0/text"), "1");
        assert_eq!(press("up /questions/1", &down), sent);
        assert_eq!(questions(&press("take /questions/0", &sent)), pairs(&[("b", "B?")]));
        let added = press("add /questions", &sent);
        assert_eq!(questions(&added), pairs(&[("a", "A?"), ("b", "B?"), ("new", "")]));
        let choice = press("add /questions/1/choices", &added);
        assert_eq!(choice.text("/questions/1/choices/1/id"), "new");
        // What cannot be done changes nothing.
        for text in [
            "up /questions/0",
            "down /questions/1",
            "take /questions/9",
            "add /title",
            "add /nothing",
            "add /questions/x/choices",
        ] {
            assert_eq!(press(text, &sent), sent, "{text}");
        }
        for text in ["save", "add", "add questions", "up /questions", "up /questions/x", ""] {
            assert_eq!(Press::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_takes_no_more_than_it_has_room_for() {
        let fields = &kind("quiz").unwrap().fields;
        let mut sent = Sent::default();
        for _ in 0..40 {
            sent = Press::of("add /questions").unwrap().press(fields, &sent, "x");
        }
        assert_eq!(sent.items("/questions").len(), 30);
    }

    #[test]
    fn a_block_is_added_by_its_name() {
        let fields = &kind("match-preview").unwrap().fields;
        let sent = Press::of("add /parts quote").unwrap().press(fields, &Sent::default(), "q");
        assert_eq!((sent.text("/parts/0/type"), sent.text("/parts/0/id")), ("quote", "q"));
        assert_eq!(
            Press::of("add /parts nothing").unwrap().press(fields, &Sent::default(), "q"),
            Sent::default()
        );
    }
}
