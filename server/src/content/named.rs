//! What documents name, so that who reads one needs to ask for nothing else: pictures by where they are to be had, entries by what they are
//! called.

use cms::delivery::{self, DOCUMENTS_MAX, Document};
use cms::media::{self, Asset, Shape};
use cms::schema::{self, Reference};
use cms::text::html::Source;
use cms::{Error, Language};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::Client;
use utoipa::ToSchema;

/// Who fans do not see these fields of: who a document is for, and what editors call it among themselves.
const WITHHELD: [(&str, &str); 3] = [("", "targets"), ("banner", "name"), ("quiz", "answers")];

/// Pictures and entries, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pictures: BTreeMap<String, Asset>,
    entries: BTreeMap<String, Document>,
    /// What the addresses of pictures begin with: "" or "https://…".
    base: String,
}

/// All that these documents name, in two statements for each hundred of it.
pub(crate) async fn read_names<'d>(
    client: &Client<'_>,
    documents: impl IntoIterator<Item = &'d Document>,
    language: &Language,
    base: &str,
) -> Result<Names, Error> {
    let (mut pictures, mut entries) = (BTreeSet::new(), BTreeSet::new());
    for it in documents {
        let kind = schema::kind(&it.kind)?;
        let target = |it: Reference| it.target;
        pictures.extend(kind.media(&it.body).into_iter().map(target));
        entries.extend(kind.relations(&it.body).into_iter().map(target));
    }
    let mut names = Names { base: base.to_owned(), ..Names::default() };
    let pictures: Vec<String> = pictures.into_iter().collect();
    for ids in pictures.chunks(media::LIST_MAX.into()) {
        names.pictures.extend(media::find_all(client, ids).await?);
    }
    let entries: Vec<String> = entries.into_iter().collect();
    for ids in entries.chunks(usize::try_from(DOCUMENTS_MAX).unwrap_or(usize::MAX)) {
        let found = delivery::of_ids(client, ids, language).await?;
        names.entries.extend(found.into_iter().map(|it| (it.entry.clone(), it)));
    }
    Ok(names)
}

/// A document.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentDocument)]
pub(crate) struct Shown {
    /// "ent_…"
    id: String,
    kind: String,
    key: Option<String>,
    /// Which it is in: the one that was asked for, or what stands in for it.
    language: String,
    /// RFC 3339
    published_at: String,
    /// As the schema `Fields_` and its type says, but for whom it is for. In the place of an id stands what it names: a picture with its
    /// addresses and sizes, an entry with `id`, `kind`, `key` and `title`; null where that is not to be seen.
    fields: Value,
}

/// A document as `/v1/content` answers it.
pub(crate) fn document(it: &Document, names: &Names) -> Result<Shown, Error> {
    Ok(Shown {
        id: it.entry.clone(),
        kind: it.kind.clone(),
        key: it.key.clone(),
        language: it.language.to_string(),
        published_at: it.published_at.to_string(),
        fields: names.fields(it)?,
    })
}

impl Names {
    /// Takes in what fans do not see yet.
    pub(crate) fn know(&mut self, documents: impl Iterator<Item = Document>) {
        self.entries.extend(documents.map(|it| (it.entry.clone(), it)));
    }

    /// A document's fields, with what they name.
    pub(super) fn fields(&self, document: &Document) -> Result<Value, Error> {
        let (kind, mut body) = (schema::kind(&document.kind)?, document.body.clone());
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| {
                !WITHHELD.iter().any(|it| it.1 == name && (it.0.is_empty() || it.0 == document.kind))
            });
        }
        let named = kind.media(&document.body).into_iter().chain(kind.relations(&document.body));
        // Of a text with structure the path is the field's: it is looked through once.
        let paths: BTreeSet<(String, String)> = named.map(|it| (it.path, it.target)).collect();
        let mut texts = BTreeSet::new();
        for (path, target) in &paths {
            match body.pointer_mut(path) {
                Some(text @ Value::String(_)) => {
                    *text = match target.starts_with("med_") {
                        true => self.picture(target).unwrap_or(Value::Null),
                        false => self.entry(target),
                    }
                }
                Some(Value::Object(_)) => {
                    texts.insert(path.as_str());
                }
                _ => {}
            }
        }
        for path in texts {
            if let Some(text) = body.pointer_mut(path) {
                self.fill(text);
            }
        }
        Ok(body)
    }

    /// Within a text: pictures get where they are, and who is named what they are called now.
    fn fill(&self, node: &mut Value) {
        let kind = node["type"].as_str().unwrap_or_default().to_owned();
        if let Some(attrs) = node.get_mut("attrs").and_then(Value::as_object_mut) {
            let id = |name: &str| attrs.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            match kind.as_str() {
                "image" => {
                    let picture = self.picture(&id("media"));
                    attrs.insert("picture".to_owned(), picture.unwrap_or(Value::Null));
                }
                "mention" | "embed" => {
                    if let Some(title) = self.title(&id("id")) {
                        attrs.insert("label".to_owned(), title.into());
                    }
                }
                _ => {}
            }
        }
        for it in node.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
            self.fill(it);
        }
    }

    fn title(&self, id: &str) -> Option<String> {
        let it = self.entries.get(id)?;
        let title = schema::kind(&it.kind).ok()?.title(&it.body);
        (!title.is_empty()).then_some(title)
    }

    /// An entry that is named: null where it is not published.
    fn entry(&self, id: &str) -> Value {
        let Some(it) = self.entries.get(id) else { return Value::Null };
        json!({ "id": id, "kind": it.kind, "key": it.key, "title": self.title(id) })
    }

    fn picture(&self, id: &str) -> Option<Value> {
        let asset = self.pictures.get(id)?;
        let picture = asset.picture(Shape::Whole, |name| format!("{}/media/{name}", self.base))?;
        let widths = |all: &[Source]| {
            let each = all.iter().map(|it| format!("{} {}w", it.url, it.width));
            each.collect::<Vec<_>>().join(", ")
        };
        Some(json!({
            "alt": picture.alt,
            "credit": picture.credit,
            "colour": asset.colour_css(),
            "src": picture.fallback.url,
            "width": picture.fallback.width,
            "height": picture.fallback.height,
            "srcset": widths(&picture.fallbacks),
            "webp": widths(&picture.webp),
        }))
    }
}
