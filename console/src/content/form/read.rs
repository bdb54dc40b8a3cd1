//! From a form back to a document.
//!
//! Invariant: what was not changed in the form is as it was in the document that filled it, whatever its spelling; what its writer may not
//! write, too. A field whose words cannot be kept stays as it was and is told of, and all others are kept.

use super::Of;
use super::moment;
use super::sent::{DATE, Rows, Sent, TIME, WAS, YES, ZONE};
use cms::Problem;
use cms::rights::{Rights, may_write};
use cms::schema::{Field, Kind, Shape};
use cms::text::Doc;
use serde_json::{Map, Value};

/// What a form has made of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub body: Value,
    /// Of fields that are as they were, though the form says something else.
    pub problems: Vec<Problem>,
}

/// The document that a form says; `base` is what filled it.
pub fn read(of: &Of<'_>, sent: &Sent, base: &Value) -> Read {
    let mut reading = Reading { sent, problems: Vec::new() };
    let mut body = Map::new();
    for field in of.fields() {
        let (path, was) = (format!("/{}", field.name), base.get(&field.name));
        let said = match may_write(of.rights.role, field) {
            true => reading.field(field, &path, was),
            false => was.cloned(),
        };
        body.extend(said.map(|it| (field.name.clone(), it)));
    }
    let mut read = Read { body: Value::Object(body), problems: reading.problems };
    settle(of, &mut read, base);
    read
}

/// A new document: what is to be yes or no is no until somebody says so, where that is theirs to say.
pub fn begun(kind: &Kind, rights: &Rights) -> Value {
    let said = kind
        .fields
        .iter()
        .filter(|it| it.is_needed && it.shape == Shape::Switch && may_write(rights.role, it));
    Value::Object(said.map(|it| (it.name.clone(), Value::Bool(false))).collect())
}

/// Fields that no draft may have stay as they were.
fn settle(of: &Of<'_>, read: &mut Read, base: &Value) {
    let refused = of.kind.check_draft(&read.body, of.part);
    let Some(body) = read.body.as_object_mut() else { return };
    for name in refused.iter().filter_map(|it| it.path.split('/').nth(1)) {
        match base.get(name) {
            Some(was) => drop(body.insert(name.to_owned(), was.clone())),
            None => drop(body.remove(name)),
        }
    }
    read.problems.extend(refused);
}

struct Reading<'s> {
    sent: &'s Sent,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn field(&mut self, field: &Field, path: &str, was: Option<&Value>) -> Option<Value> {
        let problems = self.problems.len();
        let said = self.said(&field.shape, path, was, field.is_needed);
        if self.problems.len() > problems {
            return was.cloned();
        }
        if field.is_needed && field.shape == Shape::Switch {
            return said;
        }
        // Whatever its spelling was: not there, or empty.
        let mut same = Sent::default();
        let group = was.map_or_else(Map::new, |it| Map::from_iter([(field.name.clone(), it.clone())]));
        same.fill_group(std::slice::from_ref(field), &Value::Object(group), "");
        let mut again = Reading { sent: &same, problems: Vec::new() };
        let is_same =
            again.said(&field.shape, path, was, field.is_needed) == said && again.problems.is_empty();
        if is_same { was.cloned() } else { said }
    }

    fn group(&mut self, fields: &[Field], path: &str, was: Option<&Value>) -> Map<String, Value> {
        let mut group = Map::new();
        for field in fields {
            let was = was.and_then(|it| it.get(&field.name));
            let said = self.said(&field.shape, &format!("{path}/{}", field.name), was, field.is_needed);
            group.extend(said.map(|it| (field.name.clone(), it)));
        }
        group
    }

    fn said(&mut self, shape: &Shape, path: &str, was: Option<&Value>, is_needed: bool) -> Option<Value> {
        let text = self.sent.text(path);
        match shape {
            Shape::Text { .. } => Some(text).filter(|it| !it.is_empty()).map(Value::from),
            Shape::Select { .. } => Some(text.trim()).filter(|it| !it.is_empty()).map(Value::from),
            // Of one that was chosen and one that was written, the last.
            Shape::Relation { .. } | Shape::Media | Shape::Outside { .. } => {
                self.sent.ids(path).last().copied().map(Value::from)
            }
            Shape::Number { .. } => self.number(path),
            Shape::Switch => match self.sent.find(path) {
                Some(word) => (word == YES || is_needed || was.is_some()).then_some(Value::Bool(word == YES)),
                None => is_needed.then_some(Value::Bool(false)),
            },
            Shape::DateTime => self.moment(path),
            Shape::Rich => self.rich(path, was),
            Shape::Group { fields } => {
                let group = self.group(fields, path, was);
                (is_needed || !group.is_empty()).then_some(Value::Object(group))
            }
            Shape::Blocks { blocks } => {
                let name = self.sent.text(&format!("{path}/type"));
                let block = blocks.iter().find(|it| it.name == name)?;
                let mut group = self.group(&block.fields, path, was);
                group.insert("type".to_owned(), Value::from(name));
                Some(Value::Object(group))
            }
            Shape::List { item, .. } => {
                Some(self.list(item, path, was)).filter(|it| !it.is_empty()).map(Value::Array)
            }
        }
    }

    fn list(&mut self, item: &Shape, path: &str, was: Option<&Value>) -> Vec<Value> {
        match Rows::of(item) {
            Rows::Lines => self
                .sent
                .text(path)
                .lines()
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(Value::from)
                .collect(),
            Rows::Ids => self.sent.ids(path).into_iter().map(Value::from).collect(),
            Rows::Items => {
                let items = self.sent.items(path).into_iter();
                items
                    .filter_map(|at| {
                        let path = format!("{path}/{at}");
                        let was = self.before(&path, at, was);
                        self.said(item, &path, was, true)
                    })
                    .collect()
            }
        }
    }

    /// What an item was, wherever it stood.
    fn before<'v>(&self, path: &str, at: usize, was: Option<&'v Value>) -> Option<&'v Value> {
        let id = self.sent.text(&format!("{path}/id"));
        match was?.as_array()?.iter().find(|it| it["id"] == id) {
            Some(found) if !id.is_empty() => Some(found),
            _ if id.is_empty() => was?.get(at),
            _ => None,
        }
    }

    fn number(&mut self, path: &str) -> Option<Value> {
        let text = self.sent.text(path).trim();
        if text.is_empty() {
            return None;
        }
        let number = text.parse::<i64>().ok();
        if number.is_none() {
            self.problems.push(Problem::new(path, "is to be a whole number"));
        }
        number.map(Value::from)
    }

    fn moment(&mut self, path: &str) -> Option<Value> {
        let part = |part: &str| self.sent.text(&format!("{path}{part}")).trim().to_owned();
        let (date, time, zone, was) = (part(DATE), part(TIME), part(ZONE), part(WAS));
        if date.is_empty() && time.is_empty() {
            return None;
        }
        // Of a time that comes twice, and of parts of a second, the fields say nothing.
        if moment::parts(&was) == (date.clone(), time.clone(), zone.clone()) {
            return Some(Value::from(was));
        }
        match moment::read(&date, &time, &zone) {
            Ok(at) => Some(Value::from(at.to_string())),
            Err(what) => {
                self.problems.push(Problem::new(path, what));
                None
            }
        }
    }

    fn rich(&mut self, path: &str, was: Option<&Value>) -> Option<Value> {
        let before = was.and_then(|it| Doc::parse(it).ok()).unwrap_or_default();
        let text = self.sent.text(path);
        let read = match super::sent::tree(text) {
            Some(tree) => Doc::parse(&tree),
            None => Doc::submitted(text, &before),
        };
        match read {
            Ok(doc) if doc.is_empty() => None,
            Ok(doc) => serde_json::to_value(&doc).ok(),
            Err(problems) => {
                let told =
                    problems.iter().map(|it| Problem::new(format!("{path}{}", it.path), it.what.to_string()));
                self.problems.extend(told);
                None
            }
        }
    }
}
