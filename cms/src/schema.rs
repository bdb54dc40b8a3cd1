//! What a content type is to forms, checks and differences: its schema, made once from its struct, and the fields that are read from that.

mod field;
mod judge;

pub use field::{Block, Condition, Field, Outside, Shape};

use crate::error::Error;
use crate::problem::Problem;
use crate::types::{self, Content, Facts};
use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Bytes of a document as JSON.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Characters of what an entry is called in lists.
const TITLE_MAX: usize = 200;

/// A content type.
pub struct Kind {
    pub facts: Facts,
    /// JSON Schema (2020-12) of a whole document.
    pub schema: Value,
    pub fields: Vec<Field>,
    whole: Validator,
    /// The same without what may be missing for as long as it is written.
    draft: Validator,
    check: fn(&Value) -> Vec<Problem>,
}

/// Which document of an entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of its main language: all fields.
    Main,
    /// Of another language: the localised ones.
    Other,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    vec![
        Kind::of::<types::Article>(),
        Kind::of::<types::NewsCard>(),
        Kind::of::<types::MatchPreview>(),
        Kind::of::<types::Player>(),
        Kind::of::<types::Team>(),
        Kind::of::<types::Venue>(),
        Kind::of::<types::Banner>(),
        Kind::of::<types::PromoCard>(),
        Kind::of::<types::Theme>(),
        Kind::of::<types::Quiz>(),
        Kind::of::<types::CampaignText>(),
        Kind::of::<types::Flag>(),
        Kind::of::<types::Tone>(),
        Kind::of::<types::LegalNotice>(),
        Kind::of::<types::Navigation>(),
        Kind::of::<types::Globals>(),
    ]
});

/// All content types, in the order in which editors see them.
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The content type of that name.
pub fn kind(name: &str) -> Result<&'static Kind, Error> {
    let unknown = || Error::UnknownKind { name: name.chars().take(40).collect() };
    kinds().iter().find(|it| it.facts.name == name).ok_or_else(unknown)
}

/// Something that a document names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// A JSON pointer.
    pub path: String,
    /// "ent_…" or "med_…"
    pub target: String,
    /// Of which types the entry may be; empty: any.
    pub kinds: Vec<String>,
}

impl Kind {
    fn of<T: Content>() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true);
        let root = settings.into_generator().into_root_schema_for::<T>();
        let schema = field::without_null(root.to_value());
        let build = |it: &Value| jsonschema::draft202012::new(it).expect("a struct's schema is one");
        Self {
            facts: T::FACTS,
            fields: field::fields(&schema),
            whole: build(&schema),
            draft: build(&field::lenient(schema.clone())),
            check: |body| match serde_json::from_value::<T>(body.clone()) {
                Ok(it) => it.check(),
                Err(error) => vec![Problem::new("", format!("cannot be read: {error}"))],
            },
            schema,
        }
    }

    /// That a document may be kept while it is written: what it has is of the right shape and length, however much is missing.
    pub fn check_draft(&self, body: &Value, part: Part) -> Vec<Problem> {
        let Some(fields) = body.as_object() else { return vec![Problem::new("", "is to be an object")] };
        let length = body.to_string().len();
        if length > BODY_BYTES_MAX {
            return vec![Problem::new("", format!("has {BODY_BYTES_MAX} bytes at most, and {length} now"))];
        }
        let mut problems = judge::problems(&self.draft, &self.schema, body);
        problems.extend(judge::unkept(body));
        problems.extend(judge::rich(&self.fields, body));
        if part == Part::Other {
            let shared = self.fields.iter().filter(|it| !it.is_localised && fields.contains_key(&it.name));
            problems.extend(shared.map(|it| {
                let what = "is the same in all languages: change it in the main one";
                Problem::new(format!("/{}", it.name), what)
            }));
        }
        problems.sort();
        problems.dedup();
        problems
    }

    /// That a document can be published.
    pub fn check_whole(&self, body: &Value) -> Vec<Problem> {
        let mut problems = judge::problems(&self.whole, &self.schema, body);
        problems.extend(judge::unkept(body));
        problems.extend(judge::rich(&self.fields, body));
        problems.extend(judge::values(&self.fields, body));
        if problems.is_empty() {
            problems = (self.check)(body);
        }
        problems.sort();
        problems.dedup();
        problems
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|it| it.name == name)
    }

    /// Whether an entry of it differs between languages at all.
    pub fn is_localised(&self) -> bool {
        self.fields.iter().any(|it| it.is_localised)
    }

    /// What a document is called in lists; empty where it has no title yet.
    pub fn title(&self, body: &Value) -> String {
        let title = body.get(self.facts.title).and_then(Value::as_str).unwrap_or_default();
        title.trim().chars().take(TITLE_MAX).collect()
    }

    /// What fans get: the fields that all languages share, of the main language's document, with those of one language. All localised fields
    /// are of one language: a reader gets no mixture.
    pub fn merged(&self, main: &Value, language: &Value) -> Value {
        let mut whole = Map::new();
        for field in &self.fields {
            let from = if field.is_localised { language } else { main };
            if let Some(value) = from.get(&field.name) {
                whole.insert(field.name.clone(), value.clone());
            }
        }
        Value::Object(whole)
    }

    /// The entries that a document names, rich text included.
    pub fn relations(&self, body: &Value) -> Vec<Reference> {
        field::references(&self.fields, body, "ent")
    }

    /// The pictures that a document names, rich text included.
    pub fn media(&self, body: &Value) -> Vec<Reference> {
        field::references(&self.fields, body, "med")
    }

    /// The text that a document is found by.
    pub fn words(&self, body: &Value) -> String {
        let mut words = String::new();
        field::words(&self.fields, body, &mut words);
        words
    }
}

#[cfg(test)]
mod tests;
