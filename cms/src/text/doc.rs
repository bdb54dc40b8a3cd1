//! The tree of a text, in the very form of its JSON: a change of a name here is a change of what is stored.

use super::Href;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;

/// A text that was read and found good. Invariant: it is within the limits of [`super::parse`], texts are clean and not empty, marks are in order
/// and each there once, lists and quotes have something in them, and an item begins with a paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(tag = "type", rename = "doc", deny_unknown_fields)]
#[schemars(rename = "Doc", transform = doc_by_type)]
pub struct Doc {
    pub(super) content: Vec<Block>,
}

/// What stands below another on a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Block {
    Paragraph {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        content: Vec<Inline>,
    },
    Heading {
        attrs: HeadingAttrs,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        content: Vec<Inline>,
    },
    BulletList {
        content: Vec<Item>,
    },
    OrderedList {
        attrs: ListAttrs,
        content: Vec<Item>,
    },
    Blockquote {
        content: Vec<Block>,
    },
    HorizontalRule {},
    Image {
        attrs: Image,
    },
    Embed {
        attrs: Embed,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadingAttrs {
    pub level: Level,
}

/// How high a heading is: the page's own title is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Two,
    Three,
}

impl Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(match self {
            Level::Two => 2,
            Level::Three => 3,
        })
    }
}

impl JsonSchema for Level {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"enum": [2, 3]})
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAttrs {
    /// The number of its first item.
    pub start: u32,
}

/// One of a list: a paragraph, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "type", rename = "listItem", deny_unknown_fields)]
#[schemars(rename = "Item", transform = item_by_type)]
pub struct Item {
    pub content: Vec<Block>,
}

/// A picture of the media.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// "med_…"
    pub media: String,
    /// What it shows, here; the picture's own words where it is empty.
    #[serde(default)]
    pub alt: String,
    #[serde(default)]
    pub caption: String,
}

/// Something of the product that is shown in the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Embed {
    pub kind: EmbedKind,
    pub id: String,
    /// What it was called when it was put there: shown where it is no more.
    #[serde(default)]
    pub label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmbedKind {
    Match,
    Player,
    Poll,
    Quiz,
}

/// What stands beside another in a line. Marks are on all of them, as the editor sets them on whatever is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Inline {
    Text {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        marks: Vec<Mark>,
    },
    HardBreak {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        marks: Vec<Mark>,
    },
    Mention {
        attrs: Mention,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        marks: Vec<Mark>,
    },
}

/// How something in a line looks, or where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Mark {
    Link { attrs: LinkAttrs },
    Bold {},
    Italic {},
    Strike {},
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkAttrs {
    pub href: Href,
}

/// Somebody or something that the text names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    pub kind: MentionKind,
    pub id: String,
    /// What it was called when it was named: shown where it is no more.
    pub label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MentionKind {
    Player,
    Team,
    Match,
}

/// Something of the product that a text is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    pub kind: SubjectKind,
    pub id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectKind {
    Player,
    Team,
    Match,
    Poll,
    Quiz,
}

impl SubjectKind {
    pub const fn word(self) -> &'static str {
        match self {
            SubjectKind::Player => "player",
            SubjectKind::Team => "team",
            SubjectKind::Match => "match",
            SubjectKind::Poll => "poll",
            SubjectKind::Quiz => "quiz",
        }
    }
}

impl MentionKind {
    pub const ALL: [MentionKind; 3] = [MentionKind::Player, MentionKind::Team, MentionKind::Match];

    pub const fn subject(self) -> SubjectKind {
        match self {
            MentionKind::Player => SubjectKind::Player,
            MentionKind::Team => SubjectKind::Team,
            MentionKind::Match => SubjectKind::Match,
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.subject().word() == word)
    }
}

impl EmbedKind {
    pub const ALL: [EmbedKind; 4] = [EmbedKind::Match, EmbedKind::Player, EmbedKind::Poll, EmbedKind::Quiz];

    pub const fn subject(self) -> SubjectKind {
        match self {
            EmbedKind::Match => SubjectKind::Match,
            EmbedKind::Player => SubjectKind::Player,
            EmbedKind::Poll => SubjectKind::Poll,
            EmbedKind::Quiz => SubjectKind::Quiz,
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.subject().word() == word)
    }
}

impl Mention {
    pub fn subject(&self) -> Subject {
        Subject { kind: self.kind.subject(), id: self.id.clone() }
    }
}

impl Embed {
    pub fn subject(&self) -> Subject {
        Subject { kind: self.kind.subject(), id: self.id.clone() }
    }
}

impl Inline {
    pub fn marks(&self) -> &[Mark] {
        match self {
            Inline::Text { marks, .. } | Inline::HardBreak { marks } | Inline::Mention { marks, .. } => marks,
        }
    }

    /// Where it leads.
    pub fn href(&self) -> Option<&Href> {
        self.marks().iter().find_map(|it| match it {
            Mark::Link { attrs } => Some(&attrs.href),
            _ => None,
        })
    }
}

impl Block {
    /// What stands in its line; none of one that has blocks in it, or nothing.
    pub fn line(&self) -> &[Inline] {
        match self {
            Block::Paragraph { content } | Block::Heading { content, .. } => content,
            _ => &[],
        }
    }

    /// The blocks in it, from top to bottom.
    pub fn inner(&self) -> Box<dyn Iterator<Item = &Block> + '_> {
        match self {
            Block::BulletList { content } | Block::OrderedList { content, .. } => {
                Box::new(content.iter().flat_map(|it| &it.content))
            }
            Block::Blockquote { content } => Box::new(content.iter()),
            _ => Box::new(std::iter::empty()),
        }
    }
}

/// What a text is made of that is kept elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Ids of pictures, "med_…".
    pub media: BTreeSet<String>,
    pub subjects: BTreeSet<Subject>,
}

impl Doc {
    pub fn blocks(&self) -> &[Block] {
        &self.content
    }

    /// Whether there is nothing to read or to see in it; an editor that was never typed in leaves an empty paragraph.
    pub fn is_empty(&self) -> bool {
        self.content.iter().all(|it| matches!(it, Block::Paragraph { content } if content.is_empty()))
    }

    pub fn references(&self) -> References {
        let mut found = References::default();
        self.content.iter().for_each(|it| refer(it, &mut found));
        found
    }

    /// Its JSON Schema, of the very types that are stored. Limits, clean texts and good links are more than a schema says.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Doc)
    }
}

fn doc_by_type(schema: &mut schemars::Schema) {
    by_type(schema, "doc");
}

fn item_by_type(schema: &mut schemars::Schema) {
    by_type(schema, "listItem");
}

/// What serde writes of a struct with a tag, and schemars leaves out.
fn by_type(schema: &mut schemars::Schema, name: &str) {
    let properties = schema.ensure_object().entry("properties").or_insert_with(|| json!({}));
    properties["type"] = json!({"type": "string", "const": name});
    let required = schema.ensure_object().entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.insert(0, json!("type"));
    }
}

fn refer(block: &Block, found: &mut References) {
    match block {
        Block::Image { attrs } => {
            found.media.insert(attrs.media.clone());
        }
        Block::Embed { attrs } => {
            found.subjects.insert(attrs.subject());
        }
        _ => {}
    }
    for it in block.line() {
        if let Inline::Mention { attrs, .. } = it {
            found.subjects.insert(attrs.subject());
        }
    }
    block.inner().for_each(|it| refer(it, found));
}
