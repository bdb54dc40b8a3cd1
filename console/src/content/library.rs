//! Pictures: the library as a grid, how they come into it, and one of them with what is said of it.

mod picture;

pub use picture::{Shown, Use, Uses, Wrong, fields, read, show};

use super::{Here, PATH, Tab};
use crate::assets;
use crate::finance::table::pager;
use crate::layout::csrf_field;
use cms::media::{Asset, BYTES_MAX, Given, PIXELS_MAX, Shape, Where, Which};
use cms::rights::may_keep_pictures;
use form_urlencoded::Serializer;
use maud::{Markup, html};

/// What a browser is to offer of somebody's files.
const KINDS: &str = "image/jpeg,image/png,image/webp,image/gif";
/// Characters of what is searched for.
const WORDS_MAX: u16 = 200;
/// How wide a picture of the grid is on its page, in CSS pixels: browsers choose a file by it.
const SIZES: &str = "(max-width: 40rem) 45vw, 220px";

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sought<'a> {
    pub words: &'a str,
    pub which: Which,
    pub place: Where,
}

impl Sought<'_> {
    /// The address of its page that begins after a picture; the first one without.
    pub fn path(&self, before: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        if !self.words.is_empty() {
            query.append_pair("q", self.words);
        }
        if self.word() != Which::All.word() {
            query.append_pair("which", self.word());
        }
        if let Some(before) = before {
            query.append_pair("before", before);
        }
        let query = query.finish();
        let and = if query.is_empty() { "" } else { "?" };
        format!("{PATH}/media{and}{query}")
    }

    /// As an address and a form have it: the trash is chosen as the rest is.
    fn word(&self) -> &'static str {
        match self.place {
            Where::Trash => "trash",
            Where::Library => self.which.word(),
        }
    }

    /// What a word of an address means; none where it is none of ours.
    pub fn which(word: &str) -> Option<(Which, Where)> {
        match word {
            "" => Some((Which::All, Where::Library)),
            "trash" => Some((Which::All, Where::Trash)),
            word => Which::of(word).map(|it| (it, Where::Library)),
        }
    }
}

/// A page of pictures.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    pub found: &'a [Asset],
    pub sought: Sought<'a>,
    /// Whether it is not the first page.
    pub before: Option<&'a str>,
    pub next: Option<&'a str>,
    /// What became of files that came together, where no script sends them one by one.
    pub sent: &'a [Sent],
}

/// A file that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What it was called.
    pub name: String,
    pub became: Became,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    Picture {
        id: String,
    },
    /// The same bytes were there.
    Before {
        id: String,
    },
    Refused {
        why: String,
    },
}

/// Where a file of a picture is served.
pub fn url(file: &str) -> String {
    format!("/media/{file}")
}

/// Where a picture is had in small, whichever file that is.
pub fn thumbnail(id: &str) -> String {
    format!("{PATH}/media/{id}/thumbnail")
}

/// The page of one.
pub fn path(id: &str) -> String {
    format!("{PATH}/media/{id}")
}

/// What a picture is called in a list: what it shows, or its file's name.
pub fn label(asset: &Asset) -> &str {
    let alt = asset.description.alt.as_str();
    if alt.is_empty() { &asset.name } else { alt }
}

pub(super) const fn noun(given: Given) -> &'static str {
    match given {
        Given::Jpeg => "JPEG",
        Given::Png => "PNG",
        Given::Webp => "WebP",
        Given::Gif => "GIF",
    }
}

pub fn grid(here: &Here<'_>, grid: &Grid<'_>) -> Markup {
    let Grid { found, sought, .. } = grid;
    let main = html! {
        h1 { @if sought.place == Where::Trash { "Pictures in the trash" } @else { "Pictures" } }
        (became(grid.sent))
        @if sought.place == Where::Library && may_keep_pictures(here.rights.role) { (upload(here)) }
        (search(sought))
        // What is uploaded by a script takes its place here.
        div.stack data-grid {
            @if found.is_empty() { p.muted { (nothing(sought)) } }
            @else { ul.pictures { @for it in *found { li { (card(it)) } } } }
        }
        script type="module" src=(assets::path("media.js")) {}
        (pager(grid.before.map(|_| sought.path(None)), grid.next.map(|it| sought.path(Some(it)))))
    };
    here.page(Tab::Media, "Pictures", main)
}

fn nothing(sought: &Sought<'_>) -> &'static str {
    match (sought.words, sought.place, sought.which) {
        ("", Where::Trash, _) => "The trash is empty. What is thrown away can be taken back for a month.",
        ("", _, Which::All) => "There is no picture yet.",
        ("", _, Which::Unused) => "Every picture is used somewhere.",
        ("", _, Which::Undescribed) => "Of every picture it is said what it shows.",
        _ => "No picture has these words.",
    }
}

fn upload(here: &Here<'_>) -> Markup {
    html! {
        form.upload.boxed method="post" action={ (PATH) "/media" } enctype="multipart/form-data" data-upload data-bytes-max=(BYTES_MAX) {
            (csrf_field(here.who.form_token))
            div.field {
                label for="files" { "Add pictures" }
                p.hint #files-hint {
                    "JPEG, PNG, WebP, or a GIF that stands still; at most " (BYTES_MAX >> 20) " MB and " (PIXELS_MAX / 1_000_000)
                    " million pixels each. Where it was taken, by whom and with what is taken out."
                    span data-script hidden { " Drag them onto this page, or paste one." }
                }
                input #files type="file" name="files" multiple accept=(KINDS) aria-describedby="files-hint";
            }
            p.row { button.primary type="submit" { "Upload" } }
            ul.uploads data-uploads {}
        }
    }
}

fn became(sent: &[Sent]) -> Markup {
    html! {
        @if !sent.is_empty() {
            section.boxed.sent role="status" aria-label="What became of the files" {
                ul.uploads {
                    @for it in sent {
                        li.bad[matches!(it.became, Became::Refused { .. })] {
                            strong { (it.name) } " "
                            @match &it.became {
                                Became::Picture { id } => span { "is there. " a href=(path(id)) { "Say what it shows" } },
                                Became::Before { id } => span { "is there already. " a href=(path(id)) { "Look at it" } },
                                Became::Refused { why } => span { "is not taken: " (why) },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn search(sought: &Sought<'_>) -> Markup {
    let choices = [
        (Which::All.word(), "All"),
        (Which::Undescribed.word(), "Not described"),
        (Which::Unused.word(), "Used nowhere"),
        ("trash", "In the trash"),
    ];
    html! {
        form.filters role="search" method="get" action={ (PATH) "/media" } {
            div.field {
                label for="q" { "Search" }
                input #q type="text" name="q" value=(sought.words) maxlength=(WORDS_MAX) autocomplete="off";
            }
            div.field {
                label for="which" { "Which" }
                select #which name="which" {
                    @for (word, name) in choices { option value=(word) selected[word == sought.word()] { (name) } }
                }
            }
            button type="submit" { "Find" }
        }
    }
}

fn card(asset: &Asset) -> Markup {
    html! {
        a.picture href=(path(&asset.id)) {
            span.frame { (image(asset, Shape::Whole, SIZES)) }
            span.name { (label(asset)) }
            span.muted { (asset.width) " × " (asset.height) " " (noun(asset.given)) }
            @if asset.description.alt.is_empty() { span.flag { "not described" } }
        }
    }
}

/// A picture as its files are; it says nothing to who does not see it, for its words stand beside it.
fn image(asset: &Asset, shape: Shape, sizes: &str) -> Markup {
    let Some(picture) = asset.picture(shape, url) else { return html! {} };
    let set = |all: &[cms::text::Source]| {
        all.iter().map(|it| format!("{} {}w", it.url, it.width)).collect::<Vec<_>>().join(", ")
    };
    let fallback = &picture.fallback;
    html! {
        picture {
            @if !picture.webp.is_empty() { source type="image/webp" srcset=(set(&picture.webp)) sizes=(sizes); }
            img src=(fallback.url) srcset=(set(&picture.fallbacks)) sizes=(sizes) width=(fallback.width) height=(fallback.height)
                alt="" loading="lazy" decoding="async";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, asset, here};
    use cms::rights::Role;

    fn grid_of(role: Role, found: &[Asset], sent: &[Sent], word: &str) -> String {
        let (which, place) = Sought::which(word).unwrap();
        let sought = Sought { words: "a&b", which, place };
        let rights = cms::rights::Rights::all(role);
        grid(&here(&rights), &Grid { found, sought, before: None, next: Some("med_9"), sent }).into_string()
    }

    #[test]
    fn what_people_call_their_files_stays_a_text() {
        let mut hostile = asset();
        hostile.name = HOSTILE.to_owned();
        hostile.description.alt = String::new();
        let sent = [Sent { name: HOSTILE.to_owned(), became: Became::Refused { why: HOSTILE.to_owned() } }];
        let page = grid_of(Role::Editor, &[hostile, asset()], &sent, "undescribed");
        assert!(!page.contains("<script>alert") && !page.contains(" style="), "{page}");
        assert_eq!(page.matches("not described</span>").count(), 1);
        assert!(
            page.contains("href=\"/console/content/media?q=a%26b&amp;which=undescribed&amp;before=med_9\""),
            "{page}"
        );
    }

    #[test]
    fn who_may_only_look_is_offered_no_upload() {
        for (role, expected) in
            [(Role::Viewer, false), (Role::Translator, false), (Role::Editor, true), (Role::Admin, true)]
        {
            assert_eq!(grid_of(role, &[], &[], "").contains("type=\"file\""), expected, "{}", role.word());
        }
        assert!(!grid_of(Role::Admin, &[], &[], "trash").contains("type=\"file\""));
    }

    #[test]
    fn a_word_of_an_address_is_one_of_ours_or_none() {
        for (word, expected) in [
            ("", Some((Which::All, Where::Library))),
            ("unused", Some((Which::Unused, Where::Library))),
            ("trash", Some((Which::All, Where::Trash))),
            ("else", None),
        ] {
            assert_eq!(Sought::which(word), expected, "{word}");
        }
    }
}
