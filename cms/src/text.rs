//! Text with structure, as editors write it: a closed tree, in the JSON of ProseMirror and Tiptap.
//!
//! [`Doc`] first. What comes from outside becomes one by [`Doc::read`], or is refused with every [`Problem`] and where it is; there is no other
//! way to have one, so that whoever holds a `Doc` may show it. HTML is never kept: it is written anew from the tree, with names and
//! addresses as they are now ([`html::of`]).
//!
//! What is said of a text: [`Doc::words`], [`Doc::excerpt`], [`Doc::references`]; how two differ: [`diff::between`].

mod clean;
pub mod diff;
mod doc;
pub mod html;
mod link;
mod parse;
mod plain;
mod problem;

pub use doc::{
    Block, Doc, Embed, EmbedKind, HeadingAttrs, Image, Inline, Item, Level, LinkAttrs, ListAttrs, Mark,
    Mention, MentionKind, References, Subject, SubjectKind,
};
pub use html::{Lookup, Picture, Source, Target};
pub use link::{Href, LinkRefused};
pub use parse::{
    ALT_MAX, BYTES_MAX, CAPTION_MAX, CHARACTERS_MAX, DEPTH_MAX, ID_MAX, LABEL_MAX, NODES_MAX, PROBLEMS_MAX,
    START_MAX,
};
pub use problem::{Problem, What};

/// A text of one line as it is kept; see [`clean`].
pub(crate) fn cleaned(text: &str) -> String {
    clean::text(text)
}

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;
