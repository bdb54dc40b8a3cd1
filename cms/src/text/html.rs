//! HTML of a text: written anew from the tree each time, of our own elements and nothing else.

use super::doc::{Block, Doc, Image, Inline, Item, Level, Mark, Mention, Subject};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// What a text refers to, as it is now. Whoever shows a text asks for its [`References`](super::References) at once and fills this in; what is
/// not in it is shown by the words that the text has of it, or left out.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// By "med_…".
    pub media: BTreeMap<String, Picture>,
    pub subjects: BTreeMap<Subject, Target>,
}

/// A picture, by where it is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Of the largest JPEG or PNG: what every browser shows.
    pub fallback: Source,
    /// The same in other widths.
    pub fallbacks: Vec<Source>,
    /// As WebP; none where there is none.
    pub webp: Vec<Source>,
    /// What it shows; a text may say it in other words.
    pub alt: String,
    pub credit: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub url: String,
    /// Pixels.
    pub width: u32,
    pub height: u32,
}

/// Somebody or something of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub label: String,
    /// Where it is shown; none where nobody may see it yet.
    pub href: Option<String>,
}

/// How wide a picture is shown: all of a phone, and no wider than a text is.
const SIZES: &str = "(max-width: 45rem) 100vw, 45rem";

/// The HTML of a text. Elements: p, h2, h3, ul, ol, li, blockquote, hr, br, strong, em, s, a, span, figure, picture, source, img, figcaption, small
/// and div; attributes: href, rel, target, start, data-embed, data-mention, data-id, and those of pictures. No style, no class, no script.
pub fn of(doc: &Doc, lookup: &Lookup) -> String {
    html! { @for it in doc.blocks() { (block(it, lookup)) } }.into_string()
}

fn block(it: &Block, lookup: &Lookup) -> Markup {
    html! {
        @match it {
            // An empty one is how editors make room: that is the page's to do.
            Block::Paragraph { content } => @if !content.is_empty() { p { (line(content, lookup)) } }
            Block::Heading { attrs, content } => @if !content.is_empty() {
                @match attrs.level {
                    Level::Two => { h2 { (line(content, lookup)) } }
                    Level::Three => { h3 { (line(content, lookup)) } }
                }
            }
            Block::BulletList { content } => { ul { @for it in content { (item(it, lookup)) } } }
            Block::OrderedList { attrs, content } => {
                ol start=[(attrs.start != 1).then_some(attrs.start)] { @for it in content { (item(it, lookup)) } }
            }
            Block::Blockquote { content } => { blockquote { @for it in content { (block(it, lookup)) } } }
            Block::HorizontalRule {} => { hr; }
            Block::Image { attrs } => (image(attrs, lookup)),
            Block::Embed { attrs } => {
                @let found = lookup.subjects.get(&attrs.subject());
                @let label = found.map_or(attrs.label.as_str(), |it| it.label.as_str());
                @match found {
                    Some(found) => {
                        div data-embed=(attrs.kind.subject().word()) data-id=(attrs.id) {
                            @match &found.href {
                                Some(href) => { a href=(href) { (label) } }
                                None => (label),
                            }
                        }
                    }
                    None => @if !label.is_empty() { p { (label) } }
                }
            }
        }
    }
}

/// An item of one paragraph has no paragraph in it: lists of a word each are common.
fn item(item: &Item, lookup: &Lookup) -> Markup {
    html! {
        li {
            @match item.content.as_slice() {
                [Block::Paragraph { content }] => (line(content, lookup)),
                blocks => @for it in blocks { (block(it, lookup)) }
            }
        }
    }
}

fn image(image: &Image, lookup: &Lookup) -> Markup {
    let Some(picture) = lookup.media.get(&image.media) else { return html! {} };
    let alt = if image.alt.is_empty() { &picture.alt } else { &image.alt };
    let of_widths = |sources: &[Source]| {
        let each = sources.iter().map(|it| format!("{} {}w", it.url, it.width));
        each.collect::<Vec<String>>().join(", ")
    };
    let Source { url, width, height } = &picture.fallback;
    html! {
        figure {
            picture {
                @if !picture.webp.is_empty() {
                    source type="image/webp" srcset=(of_widths(&picture.webp)) sizes=(SIZES);
                }
                img src=(url) srcset=[(!picture.fallbacks.is_empty()).then(|| of_widths(&picture.fallbacks))]
                    sizes=[(!picture.fallbacks.is_empty()).then_some(SIZES)]
                    width=(width) height=(height) alt=(alt) loading="lazy" decoding="async";
            }
            @if !image.caption.is_empty() || !picture.credit.is_empty() {
                figcaption {
                    (image.caption)
                    @if !picture.credit.is_empty() {
                        @if !image.caption.is_empty() { " " }
                        small { (picture.credit) }
                    }
                }
            }
        }
    }
}

/// What stands beside another and leads to the same place is one link.
fn line(line: &[Inline], lookup: &Lookup) -> Markup {
    html! {
        @for run in line.chunk_by(|one, next| one.href() == next.href()) {
            @match run[0].href() {
                // Of another site: it learns neither which page it was, nor gets hold of it.
                Some(href) if href.is_elsewhere() => {
                    a href=(href.as_str()) rel="noopener noreferrer" target="_blank" {
                        @for it in run { (marked(it, inner_marks(it), lookup)) }
                    }
                }
                Some(href) => { a href=(href.as_str()) { @for it in run { (marked(it, inner_marks(it), lookup)) } } }
                None => @for it in run { (marked(it, inner_marks(it), lookup)) }
            }
        }
    }
}

/// Links are the first by their order.
fn inner_marks(it: &Inline) -> &[Mark] {
    match it.marks() {
        [Mark::Link { .. }, rest @ ..] => rest,
        all => all,
    }
}

fn marked(it: &Inline, marks: &[Mark], lookup: &Lookup) -> Markup {
    let Some((mark, rest)) = marks.split_first() else { return bare(it, lookup) };
    html! {
        @match mark {
            Mark::Bold {} => { strong { (marked(it, rest, lookup)) } }
            Mark::Italic {} => { em { (marked(it, rest, lookup)) } }
            Mark::Strike {} => { s { (marked(it, rest, lookup)) } }
            Mark::Link { .. } => (marked(it, rest, lookup)),
        }
    }
}

fn bare(it: &Inline, lookup: &Lookup) -> Markup {
    html! {
        @match it {
            Inline::Text { text, .. } => (text),
            Inline::HardBreak { .. } => { br; }
            Inline::Mention { attrs, .. } => (mention(attrs, it.href().is_some(), lookup)),
        }
    }
}

/// In a link it is none itself: links have none in them.
fn mention(mention: &Mention, is_linked: bool, lookup: &Lookup) -> Markup {
    let kind = mention.kind.subject().word();
    let Some(found) = lookup.subjects.get(&mention.subject()) else { return html! { (mention.label) } };
    html! {
        @match found.href.as_ref().filter(|_| !is_linked) {
            Some(href) => { a href=(href) data-mention=(kind) data-id=(mention.id) { (found.label) } }
            None => { span data-mention=(kind) data-id=(mention.id) { (found.label) } }
        }
    }
}
