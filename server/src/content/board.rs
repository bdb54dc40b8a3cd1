//! A board: all that a widget shows of what editors have published, for one reader.

use super::card::{Card, KINDS, PREVIEW};
use super::named::{Names, read_names};
use crate::tones::{self, Offered};
use cms::delivery::{self, Ask, DOCUMENTS_MAX, Document};
use cms::entry::Entry;
use cms::preview::Preview;
use cms::{Error, Language, news};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::Client;
use utoipa::ToSchema;

/// Cards of a type.
const CARDS_MAX: i64 = 20;
/// Flags are few.
const FLAGS_MAX: i64 = DOCUMENTS_MAX;
/// Profiles of a match's players: two squads.
pub(crate) const PLAYERS_MAX: usize = 80;

/// Who reads: what a board differs by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Whose {
    /// "org_…"; none: nobody's page.
    pub(crate) partner: Option<String>,
    /// ISO 3166, where it is known.
    pub(crate) place: Option<String>,
    pub(crate) language: Language,
    /// "mat_…"
    pub(crate) match_id: Option<String>,
}

/// What a widget shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentBoard)]
pub(crate) struct Board {
    /// Of the newest change that is in it: an event with this number or a smaller one says nothing new.
    pub(crate) number: i64,
    /// The language that was asked for.
    language: String,
    /// The highest priority first, then the newest.
    cards: Vec<Card>,
    /// Of the match.
    preview: Option<Card>,
    /// Profiles of the match's players: "ent_…" by the name that the feed has for them.
    players: BTreeMap<String, String>,
    /// Features that are on for fewer than all: for how many fans of a hundred, by name.
    flags: BTreeMap<String, u8>,
    /// Colours, radius and typeface, where the page does not say them.
    theme: Option<Value>,
    /// Whether something is asked on the match, or was.
    quizzes: bool,
    /// In which balls may be told.
    tones: Vec<Offered>,
    /// Told to all while it is there.
    notice: Option<String>,
    hides_promotions: bool,
}

/// Reads a board as it is at `now`: in a dozen statements, whatever there is. `players` are the names of the match's players.
pub(super) async fn read(
    client: &Client<'_>,
    whose: &Whose,
    players: &[String],
    base: &str,
    now: Timestamp,
) -> Result<Board, Error> {
    // First: what is told meanwhile is told again, rather than never.
    let number = news::last(client).await?;
    let ask = |kind: &'static str, limit: i64| Ask {
        kind,
        slot: None,
        partner: whose.partner.as_deref(),
        place: whose.place.as_deref(),
        language: &whose.language,
        now,
        limit,
    };
    let mut documents = Vec::new();
    for kind in KINDS {
        documents.extend(delivery::of(client, &ask(kind, CARDS_MAX)).await?);
    }
    documents.sort_by_key(|it| std::cmp::Reverse((it.priority, it.published_at)));
    let preview = match &whose.match_id {
        Some(id) => delivery::about(client, &ask(PREVIEW, 1), std::slice::from_ref(id)).await?.pop(),
        None => None,
    };
    let profiles = match players {
        [] => Vec::new(),
        players => delivery::about(client, &ask("player", DOCUMENTS_MAX), players).await?,
    };
    let flags = delivery::of(client, &ask("flag", FLAGS_MAX)).await?;
    let theme = delivery::of(client, &ask("theme", 1)).await?.pop();
    let quizzes = match &whose.match_id {
        Some(id) => quizzes::is_asked_about(client, id).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether something is asked on a match is not known");
            false
        }),
        None => false,
    };
    let tones = tones::offered(client, &ask("tone", DOCUMENTS_MAX)).await?;
    let globals = delivery::of_key(client, "globals", "globals", &whose.language).await?;
    let names = read_names(client, documents.iter().chain(&preview), &whose.language, base).await?;
    let mut board = Board {
        number,
        language: whose.language.to_string(),
        cards: cards(&documents, &names)?,
        preview: preview.as_ref().map(|it| card(it, &names)).transpose()?.flatten(),
        players: BTreeMap::new(),
        flags: BTreeMap::new(),
        theme: None,
        quizzes,
        tones,
        notice: None,
        hides_promotions: false,
    };
    profiles.iter().rev().chain(&flags).chain(&theme).chain(&globals).for_each(|it| board.take(it));
    Ok(board)
}

fn card(document: &Document, names: &Names) -> Result<Option<Card>, Error> {
    // What another language has of its own is not known here: whichever stands is the one to be shown.
    Card::of(std::slice::from_ref(document), document.language.as_str(), names)
}

fn cards(documents: &[Document], names: &Names) -> Result<Vec<Card>, Error> {
    documents.iter().filter_map(|it| card(it, names).transpose()).collect()
}

impl Board {
    /// Takes in what is no card.
    fn take(&mut self, it: &Document) {
        let text = |name: &str| it.body[name].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
        match it.kind.as_str() {
            "player" => {
                let name = text("feed_id");
                self.players.extend(name.map(|name| (name, it.entry.clone())));
            }
            "flag" => {
                let share = match it.body["is_on"].as_bool() {
                    Some(true) => it.body["percent"].as_u64().unwrap_or(100),
                    Some(false) | None => 0,
                };
                let share = u8::try_from(share.min(100)).unwrap_or(100);
                self.flags.extend(it.key.as_ref().map(|key| (key.clone(), share)));
            }
            "theme" => {
                self.theme = Some(json!({
                    "light": it.body["light"],
                    "dark": it.body["dark"],
                    "radius_px": it.body["radius_px"].as_u64().unwrap_or_default(),
                    "typeface": it.body["typeface"],
                }));
            }
            "globals" => {
                self.notice = text("notice");
                self.hides_promotions = it.body["hides_promotions"].as_bool().unwrap_or_default();
            }
            _ => {}
        }
    }

    /// With a draft in the place of what is published of its entry, or beside it, whomever it is for.
    pub(super) async fn with_draft(
        mut self,
        client: &Client<'_>,
        draft: &Preview,
        base: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let it = of_draft(draft, now);
        let mut names = read_names(client, [&it], &draft.language, base).await?;
        names.know(needed(draft, now));
        match card(&it, &names)? {
            Some(card) if card.kind == PREVIEW => self.preview = Some(card),
            Some(card) => {
                self.cards.retain(|it| it.id != card.id);
                self.cards.insert(0, card);
            }
            None => self.take(&it),
        }
        Ok(self)
    }
}

/// A draft as if it were published: now, and first of all.
pub(crate) fn of_draft(draft: &Preview, now: Timestamp) -> Document {
    as_published(&draft.entry, &draft.language, &draft.body, now)
}

/// What it needs, as if that were published with it.
pub(crate) fn needed(draft: &Preview, now: Timestamp) -> impl Iterator<Item = Document> {
    draft.needs.iter().map(move |it| as_published(&it.entry, &it.language, &it.body, now))
}

fn as_published(entry: &Entry, language: &Language, body: &Value, now: Timestamp) -> Document {
    Document {
        entry: entry.id.clone(),
        kind: entry.kind.facts.name.to_owned(),
        key: entry.key.clone(),
        language: language.clone(),
        published_at: now,
        body: body.clone(),
        etag: String::new(),
        from: None,
        until: None,
        priority: i16::MAX,
        keys: Vec::new(),
    }
}
