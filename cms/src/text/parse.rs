//! From JSON to a [`Doc`]: everything is refused that is not known. All that is wrong is said at once, since somebody has to put it right.

use super::clean;
use super::doc::{
    Block, Doc, Embed, EmbedKind, HeadingAttrs, Image, Inline, Item, Level, LinkAttrs, ListAttrs, Mark,
    Mention, MentionKind,
};
use super::link::Href;
use super::problem::{Problem, What};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Bytes of the JSON.
pub const BYTES_MAX: usize = 512 * 1024;
/// Blocks in blocks, lists and their items counted each: a list in a list in a list is 6 deep, and its paragraphs 7.
pub const DEPTH_MAX: usize = 12;
/// Blocks, items and what stands in lines.
pub const NODES_MAX: usize = 10_000;
/// Characters of all texts together.
pub const CHARACTERS_MAX: usize = 100_000;
/// Characters of a picture's words and of its caption, and of what is named or shown.
pub const ALT_MAX: usize = 300;
pub const CAPTION_MAX: usize = 500;
pub const LABEL_MAX: usize = 120;
/// Characters of an id: 0-9A-Za-z, "_" and "-".
pub const ID_MAX: usize = 64;
/// The highest number that a list begins with.
pub const START_MAX: u32 = 9_999;
/// So many are told at once.
pub const PROBLEMS_MAX: usize = 20;
/// Characters of what was given, in a problem.
const NAME_MAX: usize = 40;

impl Doc {
    /// Reads a text as it was sent: JSON of [`BYTES_MAX`] bytes at most.
    pub fn read(json: &str) -> Result<Doc, Vec<Problem>> {
        let whole = |what| vec![Problem { path: String::new(), what }];
        if json.len() > BYTES_MAX {
            return Err(whole(What::Bytes { bytes: json.len(), max: BYTES_MAX }));
        }
        // Deeper than 128 it is refused there.
        let value: Value =
            serde_json::from_str(json).map_err(|error| whole(What::Json { reason: error.to_string() }))?;
        Doc::parse(&value)
    }

    /// Reads a text that is JSON already. Takes time and memory in proportion to the limits, whatever it is given.
    pub fn parse(value: &Value) -> Result<Doc, Vec<Problem>> {
        let mut reader = Reader::default();
        let content = reader.doc(value);
        match content {
            Some(content) if reader.problems.is_empty() => Ok(Doc { content }),
            _ => Err(reader.problems),
        }
    }
}

/// As [`Doc::parse`], for types that have a text among others: whatever is read is good. The message has the first problem.
impl<'de> Deserialize<'de> for Doc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        Doc::parse(&value).map_err(|problems| match problems.first() {
            Some(problem) => D::Error::custom(problem),
            None => D::Error::custom("this is no text"),
        })
    }
}

/// A part of a path.
#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    At(usize),
}

#[derive(Default)]
struct Reader {
    path: Vec<Step>,
    problems: Vec<Problem>,
    nodes: usize,
    characters: usize,
    /// Nothing more is read.
    is_over: bool,
}

impl Reader {
    fn doc(&mut self, value: &Value) -> Option<Vec<Block>> {
        let (name, node) = self.node(value)?;
        if name != "doc" {
            return self.refuse(unknown(name));
        }
        self.known(node, &["type", "content"]);
        self.each(node, |reader, it| reader.block(it, 1))
    }

    fn block(&mut self, value: &Value, depth: usize) -> Option<Block> {
        self.count(depth)?;
        let (name, node) = self.node(value)?;
        match name {
            "paragraph" => {
                self.known(node, &["type", "content"]);
                Some(Block::Paragraph { content: self.line(node)? })
            }
            "heading" => {
                self.known(node, &["type", "attrs", "content"]);
                let attrs = self.attrs(node, &["level"], |reader, attrs| {
                    Some(HeadingAttrs { level: reader.level(attrs)? })
                });
                let content = self.line(node);
                Some(Block::Heading { attrs: attrs?, content: content? })
            }
            "bulletList" => {
                self.known(node, &["type", "content"]);
                Some(Block::BulletList { content: self.some(node, |reader, it| reader.item(it, depth + 1))? })
            }
            "orderedList" => {
                self.known(node, &["type", "attrs", "content"]);
                let attrs = self
                    .attrs(node, &["start"], |reader, attrs| Some(ListAttrs { start: reader.start(attrs)? }));
                let content = self.some(node, |reader, it| reader.item(it, depth + 1));
                Some(Block::OrderedList { attrs: attrs?, content: content? })
            }
            "blockquote" => {
                self.known(node, &["type", "content"]);
                Some(Block::Blockquote {
                    content: self.some(node, |reader, it| reader.block(it, depth + 1))?,
                })
            }
            "horizontalRule" => {
                self.known(node, &["type"]);
                Some(Block::HorizontalRule {})
            }
            "image" => {
                self.known(node, &["type", "attrs"]);
                let attrs = self.attrs(node, &["media", "alt", "caption"], Self::image)?;
                Some(Block::Image { attrs })
            }
            "embed" => {
                self.known(node, &["type", "attrs"]);
                let attrs = self.attrs(node, &["kind", "id", "label"], Self::embed)?;
                Some(Block::Embed { attrs })
            }
            name => self.at("type", |reader| reader.refuse(unknown(name))),
        }
    }

    fn item(&mut self, value: &Value, depth: usize) -> Option<Item> {
        self.count(depth)?;
        let (name, node) = self.node(value)?;
        if name != "listItem" {
            return self.at("type", |reader| reader.refuse(unknown(name)));
        }
        self.known(node, &["type", "content"]);
        let content = self.some(node, |reader, it| reader.block(it, depth + 1))?;
        if !matches!(content.first(), Some(Block::Paragraph { .. })) {
            return self.refuse(What::Headless);
        }
        Some(Item { content })
    }

    /// What stands in a line: pieces of text with the same marks are one.
    fn line(&mut self, node: &Map<String, Value>) -> Option<Vec<Inline>> {
        let read = self.each(node, Self::inline)?;
        let mut line: Vec<Inline> = Vec::with_capacity(read.len());
        for it in read.into_iter().filter(|it| !matches!(it, Inline::Text { text, .. } if text.is_empty())) {
            match (line.last_mut(), &it) {
                (Some(Inline::Text { text, marks }), Inline::Text { text: more, marks: its })
                    if marks == its =>
                {
                    text.push_str(more);
                }
                _ => line.push(it),
            }
        }
        for it in &mut line {
            if let Inline::Text { text, .. } = it {
                // What was put together may have another normal form.
                *text = clean::text(text);
            }
        }
        Some(line)
    }

    fn inline(&mut self, value: &Value) -> Option<Inline> {
        self.count(0)?;
        let (name, node) = self.node(value)?;
        match name {
            "text" => {
                self.known(node, &["type", "text", "marks"]);
                let marks = self.marks(node);
                let text = self.at("text", |reader| {
                    let given = reader.text(node.get("text"))?;
                    reader.weigh(given)?;
                    Some(clean::text(given))
                })?;
                Some(Inline::Text { text, marks: marks? })
            }
            "hardBreak" => {
                self.known(node, &["type", "marks"]);
                Some(Inline::HardBreak { marks: self.marks(node)? })
            }
            "mention" => {
                self.known(node, &["type", "attrs", "marks"]);
                let marks = self.marks(node);
                let attrs = self.attrs(node, &["kind", "id", "label"], Self::mention);
                Some(Inline::Mention { attrs: attrs?, marks: marks? })
            }
            name => self.at("type", |reader| reader.refuse(unknown(name))),
        }
    }

    fn marks(&mut self, node: &Map<String, Value>) -> Option<Vec<Mark>> {
        if !node.contains_key("marks") {
            return Some(Vec::new());
        }
        let mut marks: Vec<Mark> = self.at("marks", |reader| reader.list(node.get("marks"), Self::mark))?;
        marks.sort();
        if marks.windows(2).any(|it| std::mem::discriminant(&it[0]) == std::mem::discriminant(&it[1])) {
            return self.at("marks", |reader| reader.refuse(What::Twice));
        }
        Some(marks)
    }

    fn mark(&mut self, value: &Value) -> Option<Mark> {
        // As many as there are nodes, so that marks are bounded too.
        self.count(0)?;
        let (name, node) = self.node(value)?;
        let plain = match name {
            "bold" => Mark::Bold {},
            "italic" => Mark::Italic {},
            "strike" => Mark::Strike {},
            "link" => {
                self.known(node, &["type", "attrs"]);
                let attrs = self.attrs(node, &["href"], |reader, attrs| {
                    reader.at("href", |reader| {
                        let href = Href::parse(reader.text(attrs.get("href"))?);
                        href.map_or_else(
                            |why| reader.refuse(What::Link(why)),
                            |href| Some(LinkAttrs { href }),
                        )
                    })
                });
                return Some(Mark::Link { attrs: attrs? });
            }
            name => return self.at("type", |reader| reader.refuse(unknown(name))),
        };
        self.known(node, &["type"]);
        Some(plain)
    }

    fn image(&mut self, attrs: &Map<String, Value>) -> Option<Image> {
        let media = self.at("media", |reader| {
            let id = reader.id(attrs.get("media"))?;
            if id.starts_with("med_") {
                Some(id)
            } else {
                reader.refuse(What::Expected { what: "the id of a picture, \"med_…\"," })
            }
        });
        let alt = self.words(attrs, "alt", ALT_MAX);
        let caption = self.words(attrs, "caption", CAPTION_MAX);
        Some(Image { media: media?, alt: alt?, caption: caption? })
    }

    fn embed(&mut self, attrs: &Map<String, Value>) -> Option<Embed> {
        let kind = self.at("kind", |reader| {
            let kind = EmbedKind::of(reader.text(attrs.get("kind"))?);
            kind.or_else(|| reader.refuse(What::Expected { what: "match, player, poll or quiz" }))
        });
        let id = self.at("id", |reader| reader.id(attrs.get("id")));
        let label = self.words(attrs, "label", LABEL_MAX);
        Some(Embed { kind: kind?, id: id?, label: label? })
    }

    fn mention(&mut self, attrs: &Map<String, Value>) -> Option<Mention> {
        let kind = self.at("kind", |reader| {
            let kind = MentionKind::of(reader.text(attrs.get("kind"))?);
            kind.or_else(|| reader.refuse(What::Expected { what: "player, team or match" }))
        });
        let id = self.at("id", |reader| reader.id(attrs.get("id")));
        let label = self.words(attrs, "label", LABEL_MAX);
        if label.as_ref().is_some_and(String::is_empty) {
            return self.at("label", |reader| reader.refuse(What::Hollow));
        }
        Some(Mention { kind: kind?, id: id?, label: label? })
    }

    fn level(&mut self, attrs: &Map<String, Value>) -> Option<Level> {
        self.at("level", |reader| match attrs.get("level").and_then(Value::as_u64) {
            Some(2) => Some(Level::Two),
            Some(3) => Some(Level::Three),
            _ => reader.refuse(What::Expected { what: "2 or 3" }),
        })
    }

    fn start(&mut self, attrs: &Map<String, Value>) -> Option<u32> {
        let start = attrs.get("start").and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
        let start = start.filter(|it| *it <= START_MAX);
        self.at("start", |reader| {
            start.or_else(|| reader.refuse(What::Expected { what: "a number from 0 to 9999" }))
        })
    }
}

/// The parts of JSON that everything is made of.
impl Reader {
    /// Notes what is wrong here.
    fn refuse<T>(&mut self, what: What) -> Option<T> {
        if self.problems.len() < PROBLEMS_MAX {
            let pointer = self.path.iter().map(|step| match step {
                Step::Key(key) => format!("/{key}"),
                Step::At(at) => format!("/{at}"),
            });
            self.problems.push(Problem { path: pointer.collect(), what });
        }
        self.is_over |= self.problems.len() == PROBLEMS_MAX;
        None
    }

    /// The last that is told: nothing more is read.
    fn stop<T>(&mut self, what: What) -> Option<T> {
        if !self.is_over {
            self.refuse::<()>(what);
            self.is_over = true;
        }
        None
    }

    fn at<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.path.push(Step::Key(key));
        let read = read(self);
        self.path.pop();
        read
    }

    /// One more part, at that depth.
    fn count(&mut self, depth: usize) -> Option<()> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return self.stop(What::Nodes { max: NODES_MAX });
        }
        if depth > DEPTH_MAX { self.refuse(What::Deep { max: DEPTH_MAX }) } else { Some(()) }
    }

    fn weigh(&mut self, text: &str) -> Option<()> {
        self.characters += text.chars().count();
        if self.characters > CHARACTERS_MAX {
            self.stop(What::Long { max: CHARACTERS_MAX })
        } else {
            Some(())
        }
    }

    /// An object with a type.
    fn node<'v>(&mut self, value: &'v Value) -> Option<(&'v str, &'v Map<String, Value>)> {
        let Value::Object(node) = value else { return self.refuse(What::Expected { what: "an object" }) };
        match node.get("type") {
            Some(Value::String(name)) => Some((name, node)),
            Some(_) => self.at("type", |reader| reader.refuse(What::Expected { what: "a text" })),
            None => self.refuse(What::Missing { name: "type" }),
        }
    }

    /// Refuses what is not among these.
    fn known(&mut self, node: &Map<String, Value>, names: &[&str]) {
        if let Some(name) = node.keys().find(|it| !names.contains(&it.as_str())) {
            self.refuse::<()>(unknown(name));
        }
    }

    fn attrs<T>(
        &mut self,
        node: &Map<String, Value>,
        names: &[&str],
        read: impl FnOnce(&mut Self, &Map<String, Value>) -> Option<T>,
    ) -> Option<T> {
        let Some(attrs) = node.get("attrs") else { return self.refuse(What::Missing { name: "attrs" }) };
        self.at("attrs", |reader| {
            let Value::Object(attrs) = attrs else {
                return reader.refuse(What::Expected { what: "an object" });
            };
            reader.known(attrs, names);
            read(reader, attrs)
        })
    }

    /// What is in a node; nothing where nothing is said.
    fn each<T>(
        &mut self,
        node: &Map<String, Value>,
        read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        match node.get("content") {
            None => Some(Vec::new()),
            content => self.at("content", |reader| reader.list(content, read)),
        }
    }

    /// The same of one that is nothing without.
    fn some<T>(
        &mut self,
        node: &Map<String, Value>,
        read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let content = self.each(node, read)?;
        if content.is_empty() { self.refuse(What::Hollow) } else { Some(content) }
    }

    fn list<T>(
        &mut self,
        value: Option<&Value>,
        mut read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(Value::Array(values)) = value else {
            return self.refuse(What::Expected { what: "a list" });
        };
        let mut whole = Some(Vec::new());
        for (at, value) in values.iter().enumerate() {
            if self.is_over {
                return None;
            }
            self.path.push(Step::At(at));
            let one = read(self, value);
            self.path.pop();
            // The others are read still, for what is wrong with them.
            match (one, &mut whole) {
                (Some(one), Some(list)) => list.push(one),
                (None, _) => whole = None,
                _ => {}
            }
        }
        whole
    }

    fn text<'v>(&mut self, value: Option<&'v Value>) -> Option<&'v str> {
        match value {
            Some(Value::String(text)) => Some(text),
            Some(_) => self.refuse(What::Expected { what: "a text" }),
            None => self.refuse(What::Missing { name: "it" }),
        }
    }

    fn id(&mut self, value: Option<&Value>) -> Option<String> {
        let id = self.text(value)?;
        let is_letter = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
        if (1..=ID_MAX).contains(&id.len()) && id.bytes().all(is_letter) {
            return Some(id.to_owned());
        }
        self.refuse(What::Expected { what: "an id" })
    }

    /// An attribute that is a text of some words; nothing where nothing is said.
    fn words(&mut self, attrs: &Map<String, Value>, key: &'static str, max: usize) -> Option<String> {
        if !attrs.contains_key(key) {
            return Some(String::new());
        }
        self.at(key, |reader| {
            let text = clean::text(reader.text(attrs.get(key))?);
            let text = text.trim();
            if text.chars().count() > max { reader.refuse(What::Long { max }) } else { Some(text.to_owned()) }
        })
    }
}

fn unknown(name: &str) -> What {
    What::Unknown { name: name.chars().take(NAME_MAX).collect() }
}
