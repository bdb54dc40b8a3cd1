//! A field of a form for text with structure: an editor where scripts run, and words where none does.

use maud::{Markup, html};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// What the editor is made of, the packages by their lock file: the name of the bundle follows from it (`xtask/src/bundle/editor.rs`).
const SOURCES: [&[u8]; 7] = [
    include_bytes!("../editor/package-lock.json"),
    include_bytes!("../editor/src/dialog.js"),
    include_bytes!("../editor/src/editor.js"),
    include_bytes!("../editor/src/mention.js"),
    include_bytes!("../editor/src/picture.js"),
    include_bytes!("../editor/src/schema.js"),
    include_bytes!("../editor/src/toolbar.js"),
];

static PATH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    SOURCES.iter().for_each(|it| hasher.update(it));
    let hash: String = hasher.finalize().iter().take(8).map(|it| format!("{it:02x}")).collect();
    format!("/console/parts/editor-{hash}.js")
});

/// Where a page finds the editor. It is immutable; where there was no npm it is not there, and the field is a textarea.
pub fn path() -> &'static str {
    &PATH
}

/// The editor's script, once a page. `integrity` is what `dist/console.json` says of it. The sheet `rich.css` goes with it.
pub fn script(integrity: Option<&str>) -> Markup {
    html! { script type="module" src=(path()) integrity=[integrity] {} }
}

/// A text in a form.
#[derive(Clone, Copy, Debug)]
pub struct Rich<'a> {
    /// Of the form's field, and of its element.
    pub name: &'a str,
    pub label: &'a str,
    /// As JSON (`cms::text::Doc`); and as words alone, for who has no script. What comes back is one of both: `Doc::submitted` tells which.
    pub doc: &'a str,
    pub plain: &'a str,
    /// The language of the text.
    pub language: &'a str,
    /// 0: as many as there are.
    pub words_max: u32,
    /// Where names are looked up: answers `?q=` with JSON, `[{id, label, kind}]`; kind is player, team or match. None: nobody can be named.
    pub mentions: Option<&'a str>,
    /// The same of pictures, `[{id, label, thumbnail}]`, and of what can be shown in the text, `[{id, label, kind}]`.
    pub media: Option<&'a str>,
    pub embeds: Option<&'a str>,
    /// Where a picture is to be had in small, with `{id}` in it.
    pub thumbnail: &'a str,
}

impl Rich<'_> {
    pub fn render(&self) -> Markup {
        let hint = format!("{}-hint", self.name);
        html! {
            div.rich-field {
                label for=(self.name) { (self.label) }
                div.rich data-rich data-for=(self.name) data-label=(self.label) data-doc=(self.doc)
                    data-max-words=[(self.words_max > 0).then_some(self.words_max)]
                    data-mentions=[self.mentions] data-media=[self.media] data-embeds=[self.embeds]
                    data-thumbnail=(self.thumbnail) {}
                textarea #(self.name) name=(self.name) lang=(self.language) rows="12" aria-describedby=(hint) { (self.plain) }
                // Gone with the textarea where the editor is there.
                p.hint #(hint) { "Without scripts this is plain text: to change it takes headings, links and pictures out." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_the_text_twice_and_neither_can_break_out_of_its_place() {
        let rich = Rich {
            name: "body",
            label: "Body",
            doc: r#"{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"\"><script>"}]}]}"#,
            plain: "</textarea><script>alert(1)</script>",
            language: "hi",
            words_max: 0,
            mentions: Some("/console/names?a=1&b=2"),
            media: None,
            embeds: None,
            thumbnail: "/console/media/{id}",
        };
        let html = rich.render().into_string();
        assert!(!html.contains("<script") && html.matches("</textarea>").count() == 1, "{html}");
        assert!(html.contains(r#"data-mentions="/console/names?a=1&amp;b=2""#), "{html}");
        assert!(!html.contains("data-media") && !html.contains("data-max-words"), "{html}");
    }
}
