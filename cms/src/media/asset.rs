//! A picture as it is kept and found.

use super::error::Error;
use super::format::{Format, Given};
use crate::text::{Picture, Source};
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{At, Client, Row};

/// Characters.
pub const ALT_MAX: usize = 300;
pub const CAPTION_MAX: usize = 500;
pub const CREDIT_MAX: usize = 200;
/// Pictures of one page of a list.
pub const LIST_MAX: u16 = 100;

/// What must not be cut off: thousandths of the width from the left, and of the height from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Focus {
    pub x: u16,
    pub y: u16,
}

impl Focus {
    pub const MIDDLE: Focus = Focus { x: 500, y: 500 };
}

/// Which part of a picture a file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// What others are made of; never served.
    Master,
    Whole,
    Square,
    /// 16:9.
    Wide,
}

impl Shape {
    /// Those that are served.
    pub const SHOWN: [Shape; 3] = [Shape::Whole, Shape::Square, Shape::Wide];
    /// Those that follow what matters in the picture.
    pub const CROPS: [Shape; 2] = [Shape::Square, Shape::Wide];

    pub const fn word(self) -> &'static str {
        match self {
            Shape::Master => "master",
            Shape::Whole => "whole",
            Shape::Square => "square",
            Shape::Wide => "wide",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Shape::Master, Shape::Whole, Shape::Square, Shape::Wide].into_iter().find(|it| it.word() == word)
    }

    /// Width to height; none of what is not cut.
    pub(super) const fn ratio(self) -> Option<(u32, u32)> {
        match self {
            Shape::Master | Shape::Whole => None,
            Shape::Square => Some((1, 1)),
            Shape::Wide => Some((16, 9)),
        }
    }
}

/// What people say of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What it shows, for who does not see it. What has none is not published.
    pub alt: String,
    pub caption: String,
    /// Whose it is.
    pub credit: String,
    pub focus: Focus,
}

impl Description {
    /// Without what nobody sees, and what stands around it.
    pub(super) fn cleaned(&self) -> Self {
        let clean = |it: &str| crate::text::cleaned(it).trim().to_owned();
        let Description { alt, caption, credit, focus } = self;
        Description { alt: clean(alt), caption: clean(caption), credit: clean(credit), focus: *focus }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let texts = [
            ("what a picture shows", &self.alt, ALT_MAX),
            ("a caption", &self.caption, CAPTION_MAX),
            ("a credit", &self.credit, CREDIT_MAX),
        ];
        for (what, text, max) in texts {
            if text.chars().count() > max {
                return Err(Error::Text { what, max });
            }
        }
        if self.focus.x > 1_000 || self.focus.y > 1_000 {
            return Err(Error::Outside { x: self.focus.x, y: self.focus.y });
        }
        Ok(())
    }
}

/// A picture that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// "med_…"
    pub id: String,
    /// What its file was called.
    pub name: String,
    pub given: Given,
    /// Pixels, upright, as it was uploaded.
    pub width: u32,
    pub height: u32,
    /// Of the upload.
    pub bytes: u64,
    /// What most of it is, as 0xRRGGBB.
    pub colour: u32,
    pub description: Description,
    /// Who uploaded it, "usr_…".
    pub made_by: String,
    pub made_at: Timestamp,
    pub trashed_at: Option<Timestamp>,
    /// Grows with each change.
    pub version: i32,
    /// Those that it has now, from the narrowest to the widest of each shape.
    pub files: Vec<AssetFile>,
}

/// One of a picture's files. Its bytes never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFile {
    /// "med_…/1-0123456789abcdef.webp"
    pub name: String,
    pub shape: Shape,
    pub format: Format,
    pub width: u32,
    pub height: u32,
    pub bytes: u32,
}

impl Asset {
    /// For a page, with where its files are to be had by their names.
    pub fn picture(&self, shape: Shape, url: impl Fn(&str) -> String) -> Option<Picture> {
        let sources = |is: fn(Format) -> bool| -> Vec<Source> {
            let of_shape = self.files.iter().filter(|it| it.shape == shape && is(it.format));
            of_shape.map(|it| Source { url: url(&it.name), width: it.width, height: it.height }).collect()
        };
        let fallbacks = sources(|it| it != Format::Webp);
        Some(Picture {
            fallback: fallbacks.last()?.clone(),
            fallbacks,
            webp: sources(|it| it == Format::Webp),
            alt: self.description.alt.clone(),
            credit: self.description.credit.clone(),
        })
    }

    /// The colour as CSS says it: "#0a1b2c".
    pub fn colour_css(&self) -> String {
        format!("#{:06x}", self.colour)
    }
}

/// Which pictures are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing<'a> {
    /// Words that are in its texts, or begin one; all of them where it is empty.
    pub words: &'a str,
    pub place: Where,
    pub which: Which,
    /// The last of the page before.
    pub before: Option<&'a str>,
    pub limit: u16,
}

/// Whether pictures are in use or thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    Library,
    Trash,
}

/// Which of them are looked for, by what is to be done about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    #[default]
    All,
    /// Neither published nor written of anywhere.
    Unused,
    /// Nobody has said what they show.
    Undescribed,
}

impl Which {
    pub const ALL: [Which; 3] = [Which::All, Which::Unused, Which::Undescribed];

    pub const fn word(self) -> &'static str {
        match self {
            Which::All => "all",
            Which::Unused => "unused",
            Which::Undescribed => "undescribed",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, name, format, width, height, bytes, colour, focus_x, focus_y, alt, caption, credit, made_by, made_at,
                trashed_at, version
            from cms.media m where state = 'ready' and ",
            $rest
        )
    };
}

const FIND: &str = select!("id = any($1)");

macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "(trashed_at is not null) = $1 and ($2::text is null or id collate \"C\" < $2)
                and ($4 <> 'undescribed' or alt = '')
                and ($4 <> 'unused' or not exists (select from cms.media_use u where u.media_id = m.id)
                    and not exists (select from cms.relation r where r.target = m.id))",
            $rest
        )
    };
}

const LIST: &str = concat!(select!(""), listed!(" order by id collate \"C\" desc limit $3"));

// What is found first, and its order then: along the index of ids the server would look through all for a word that few have.
const FOUND: &str = concat!(
    "with found as materialized (select id from cms.media m where state = 'ready' and ",
    listed!(" and words @@ to_tsquery('simple', $5))"),
    select!(
        "id in (select id from found order by id collate \"C\" desc limit $3) order by id collate \"C\" desc"
    )
);

const FILES: &str = "
    select media_id, name, shape, format, width, height, bytes from cms.media_file
    where media_id = any($1) and replaced_at is null
    order by media_id, shape, width, format";

// Those that were replaced are served still: a page that is open asks for them.
const SERVED: &str = "
    select f.name, f.shape, f.format, f.width, f.height, f.bytes
    from cms.media_file f join cms.media m on m.id = f.media_id
    where f.name = $1 and f.shape <> 'master' and m.state = 'ready'";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FIND, LIST, FOUND, FILES, SERVED];

/// The picture of that id, in the library or in the trash.
pub async fn find(client: &Client<'_>, id: &str) -> Result<Option<Asset>, Error> {
    Ok(find_all(client, &[id.to_owned()]).await?.into_values().next())
}

/// Those of these ids that are there, by two statements however many they are.
pub async fn find_all(client: &Client<'_>, ids: &[String]) -> Result<BTreeMap<String, Asset>, Error> {
    let rows = client.query(FIND, &[&ids]).await?;
    let assets = rows.iter().map(read).collect::<Result<Vec<Asset>, Error>>()?;
    let mut assets: BTreeMap<String, Asset> = assets.into_iter().map(|it| (it.id.clone(), it)).collect();
    add_files(client, &mut assets).await?;
    Ok(assets)
}

/// The file of that name, if it may be served: its bytes are on the shelf. What never changes may be kept by whoever asks for it.
pub async fn served(client: &Client<'_>, name: &str) -> Result<Option<AssetFile>, Error> {
    client.query_opt(SERVED, &[&name]).await?.as_ref().map(read_file).transpose()
}

/// A page of the library or of the trash, the newest first.
pub async fn list(client: &Client<'_>, listing: &Listing<'_>) -> Result<Vec<Asset>, Error> {
    let is_trash = listing.place == Where::Trash;
    let limit = i64::from(listing.limit.clamp(1, LIST_MAX));
    let words = query_of(listing.words);
    let which = listing.which.word();
    let params: store::Params<'_> = &[&is_trash, &listing.before, &limit, &which, &words];
    let rows = match words.as_str() {
        "" => client.query(LIST, &params[..4]).await?,
        _ => client.query(FOUND, params).await?,
    };
    let assets = rows.iter().map(read).collect::<Result<Vec<Asset>, Error>>()?;
    let order: Vec<String> = assets.iter().map(|it| it.id.clone()).collect();
    let mut assets: BTreeMap<String, Asset> = assets.into_iter().map(|it| (it.id.clone(), it)).collect();
    add_files(client, &mut assets).await?;
    Ok(order.iter().filter_map(|it| assets.remove(it)).collect())
}

/// What somebody types as PostgreSQL's query: each word, or the beginning of one.
fn query_of(words: &str) -> String {
    let only_letters = words.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    only_letters.take(8).map(|it| format!("{it}:*")).collect::<Vec<String>>().join(" & ")
}

async fn add_files(client: &Client<'_>, assets: &mut BTreeMap<String, Asset>) -> Result<(), Error> {
    let ids: Vec<&str> = assets.keys().map(String::as_str).collect();
    let rows = client.query(FILES, &[&ids]).await?;
    for row in &rows {
        if let Some(asset) = assets.get_mut(row.get::<_, &str>("media_id")) {
            asset.files.push(read_file(row)?);
        }
    }
    Ok(())
}

fn read(row: &Row) -> Result<Asset, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { id: id.clone(), column };
    let unsigned = |column| u32::try_from(row.get::<_, i32>(column)).map_err(|_| unreadable(column));
    let thousandths = |column| u16::try_from(row.get::<_, i16>(column)).map_err(|_| unreadable(column));
    let description = Description {
        alt: row.get("alt"),
        caption: row.get("caption"),
        credit: row.get("credit"),
        focus: Focus { x: thousandths("focus_x")?, y: thousandths("focus_y")? },
    };
    Ok(Asset {
        name: row.get("name"),
        given: Given::of(row.get("format")).ok_or_else(|| unreadable("format"))?,
        width: unsigned("width")?,
        height: unsigned("height")?,
        bytes: u64::try_from(row.get::<_, i64>("bytes")).map_err(|_| unreadable("bytes"))?,
        colour: unsigned("colour")?,
        description,
        made_by: row.get("made_by"),
        made_at: row.get::<_, At>("made_at").0,
        trashed_at: row.get::<_, Option<At>>("trashed_at").map(|it| it.0),
        version: row.get("version"),
        files: Vec::new(),
        id,
    })
}

fn read_file(row: &Row) -> Result<AssetFile, Error> {
    let name: String = row.get("name");
    let unreadable = |column| Error::Unreadable { id: name.clone(), column };
    let unsigned = |column| u32::try_from(row.get::<_, i32>(column)).map_err(|_| unreadable(column));
    Ok(AssetFile {
        shape: Shape::of(row.get("shape")).ok_or_else(|| unreadable("shape"))?,
        format: Format::of(row.get("format")).ok_or_else(|| unreadable("format"))?,
        width: unsigned("width")?,
        height: unsigned("height")?,
        bytes: unsigned("bytes")?,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_types_is_never_an_operator() {
        for (typed, expected) in [
            ("kohli six", "kohli:* & six:*"),
            ("  ", ""),
            ("a' | !b:* & (c)", "a:* & b:* & c:*"),
            ("विराट", "व:* & र:* & ट:*"),
        ] {
            let query = query_of(typed);
            if typed.is_ascii() {
                assert_eq!(query, expected, "{typed}");
            } else {
                assert!(query.split(" & ").all(|it| it.ends_with(":*")), "{query}");
            }
        }
    }
}
