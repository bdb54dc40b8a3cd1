//! Cards: what stands in a widget of what editors have published, whichever type it is of.

use super::named::Names;
use cms::Error;
use cms::delivery::Document;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The types that are cards in a place of the widget.
pub(super) const KINDS: [&str; 3] = ["news-card", "banner", "promo-card"];
/// That of the one card of a match.
pub(super) const PREVIEW: &str = "match-preview";

/// A card.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentCard)]
pub(crate) struct Card {
    /// "ent_…"
    pub(super) id: String,
    /// news-card, banner, promo-card, match-preview
    pub(super) kind: String,
    /// Where it stands: match-top, match-feed, match-bottom, innings-break, result; null of a preview.
    slot: Option<String>,
    /// The match that a preview is of.
    #[serde(rename = "match")]
    match_id: Option<String>,
    /// The highest comes first.
    priority: i16,
    /// When it is shown, in ms since 1970, where that has a beginning or an end.
    from: Option<i64>,
    until: Option<i64>,
    /// When it was published, in ms since 1970.
    at: i64,
    /// The language that it was written in first.
    main: String,
    /// Whether readers are to be told that it is paid for.
    paid: bool,
    /// What it says, by language.
    words: BTreeMap<String, Words>,
}

/// What a card says in a language.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = ContentWords)]
struct Words {
    headline: String,
    text: Option<String>,
    /// Text with structure: a closed tree of nodes.
    body: Option<Value>,
    /// On its button.
    call: Option<String>,
    href: Option<String>,
    /// The article that it leads to, "ent_…".
    article: Option<String>,
    terms: Option<Value>,
    picture: Option<Value>,
    /// Of a preview: its parts, from 0 to 10 how good the pitch is to bat on, and where it is played.
    parts: Option<Value>,
    pitch: Option<u64>,
    venue: Option<String>,
}

impl Card {
    /// Of a document in one language or several, the first of which says all that they share. None where it is no card.
    pub(super) fn of(documents: &[Document], main: &str, names: &Names) -> Result<Option<Self>, Error> {
        let Some(first) = documents.first() else { return Ok(None) };
        if !KINDS.contains(&first.kind.as_str()) && first.kind != PREVIEW {
            return Ok(None);
        }
        let text = |name: &str| first.body[name].as_str().map(str::to_owned);
        let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
        let mut words = BTreeMap::new();
        for it in documents {
            words.insert(it.language.to_string(), Words::of(it, names)?);
        }
        Ok(Some(Self {
            id: first.entry.clone(),
            kind: first.kind.clone(),
            slot: text("slot"),
            match_id: text("match_id"),
            priority: first.priority,
            from: ms(first.from),
            until: ms(first.until),
            at: documents.iter().map(|it| it.published_at.as_millisecond()).max().unwrap_or_default(),
            main: main.to_owned(),
            paid: first.body["is_paid"].as_bool().unwrap_or_default(),
            words,
        }))
    }

    /// Whether it is shown now, as far as time says.
    pub(super) fn is_on(&self, now: Timestamp) -> bool {
        let now = now.as_millisecond();
        self.from.is_none_or(|it| it <= now) && self.until.is_none_or(|it| now < it)
    }
}

impl Words {
    fn of(document: &Document, names: &Names) -> Result<Self, Error> {
        let fields = names.fields(document)?;
        let text = |name: &str| fields[name].as_str().map(str::to_owned);
        let tree = |name: &str| fields.get(name).filter(|it| it.is_object()).cloned();
        let common = Self {
            headline: text("headline").unwrap_or_default(),
            body: tree("body"),
            call: text("call"),
            href: text("address"),
            picture: tree("picture"),
            ..Self::default()
        };
        Ok(match document.kind.as_str() {
            "banner" => Self { headline: text("text").unwrap_or_default(), ..common },
            "promo-card" => Self { text: text("text"), terms: tree("terms"), ..common },
            "news-card" => {
                let leads_to = fields["leads_to"].as_str().unwrap_or_default();
                let article = fields["article"]["id"].as_str().filter(|_| leads_to == "article");
                let href = common.href.filter(|_| leads_to == "address");
                Self { article: article.map(str::to_owned), href, ..common }
            }
            _ => Self {
                parts: fields.get("parts").filter(|it| it.is_array()).cloned(),
                pitch: fields["pitch"].as_u64(),
                venue: fields["venue"]["title"].as_str().map(str::to_owned),
                ..common
            },
        })
    }
}
