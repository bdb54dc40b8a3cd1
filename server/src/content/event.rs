//! What open streams are told of what was published: the documents themselves, once for all streams of a process.

use super::card::Card;
use super::named::read_names;
use bytes::Bytes;
use cms::delivery;
use cms::news::News;
use cms::{Error, Language};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use store::Client;

/// The longest event; of what is longer, widgets are only told to ask.
const EVENT_BYTES_MAX: usize = 32 * 1024;

/// What widgets show beside cards, or find them by.
const OTHERS: [&str; 6] = ["flag", "theme", "globals", "player", "team", "tone"];

/// The data of an event `content`.
#[derive(Debug, Serialize)]
struct Told<'t> {
    number: i64,
    /// When it was published, in ms since 1970.
    t: i64,
    /// They take the place of those with their id.
    cards: Vec<Card>,
    /// Cards that are to be seen no more.
    gone: BTreeSet<&'t str>,
    /// Whether a widget is to ask for its board: what has changed is not for everybody, or no card.
    ask: bool,
}

/// The event of these news; none where no widget shows anything of it.
pub(super) async fn of(
    client: &Client<'_>,
    news: &News,
    base: &str,
    now: Timestamp,
) -> Result<Option<Bytes>, Error> {
    let is_card = |kind: &str| super::card::KINDS.contains(&kind) || kind == super::card::PREVIEW;
    let ids: BTreeSet<&str> =
        news.items.iter().filter(|it| is_card(&it.kind)).map(|it| it.entry.as_str()).collect();
    let mut ask = news.items.iter().any(|it| OTHERS.contains(&it.kind.as_str()));
    let (mut cards, mut gone) = (Vec::new(), ids.clone());
    let all: Vec<String> = ids.iter().map(|it| (*it).to_owned()).collect();
    for ids in all.chunks(usize::try_from(delivery::DOCUMENTS_MAX).unwrap_or(usize::MAX)) {
        let editions = delivery::editions(client, ids).await?;
        let documents = editions.iter().flat_map(|it| &it.documents);
        let language = editions.first().map_or_else(|| Language::parse("en"), |it| Ok(it.main.clone()))?;
        let names = read_names(client, documents, &language, base).await?;
        for it in &editions {
            if !it.is_for_all {
                ask = true;
                continue;
            }
            let card = Card::of(&it.documents, it.main.as_str(), &names)?;
            if let Some(card) = card.filter(|it| it.is_on(now)) {
                gone.remove(card.id.as_str());
                cards.push(card);
            }
        }
    }
    if cards.is_empty() && gone.is_empty() && !ask {
        return Ok(None);
    }
    let told = Told { number: news.number, t: news.at.as_millisecond(), cards, gone, ask };
    let frame = frame(&told);
    if frame.len() <= EVENT_BYTES_MAX {
        return Ok(Some(frame));
    }
    Ok(Some(self::ask(news)))
}

/// The event that says nothing but that widgets are to ask.
pub(super) fn ask(news: &News) -> Bytes {
    let (number, t) = (news.number, news.at.as_millisecond());
    frame(&Told { number, t, cards: Vec::new(), gone: BTreeSet::new(), ask: true })
}

/// It has no id: it is no update of a match.
fn frame(told: &Told<'_>) -> Bytes {
    let data = serde_json::to_string(told).expect("texts and numbers are JSON");
    Bytes::from(format!("event: content\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_is_to_be_asked_for() {
        let news = News { number: 7, at: Timestamp::UNIX_EPOCH, keys: Vec::new(), items: Vec::new() };
        let expected =
            "event: content\ndata: {\"number\":7,\"t\":0,\"cards\":[],\"gone\":[],\"ask\":true}\n\n";
        assert_eq!(ask(&news), expected);
    }
}
