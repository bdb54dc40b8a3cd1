//! A text without its structure: for searches, summaries, and for who edits it where no script runs.

use super::doc::{Block, Doc, Inline};
use super::problem::Problem;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

impl Doc {
    /// Its words alone. Blocks have an empty line between them, items a line each with "• " or their number; of pictures it is the caption, of what
    /// is named or shown the label.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        self.content.iter().for_each(|it| write(it, "", &mut out));
        out.trim_end().to_owned()
    }

    /// How many words there are to read, parted by white space: captions are none, names of players are. The editor counts the same way.
    pub fn words(&self) -> usize {
        fn count(block: &Block) -> usize {
            let own = line(block).split_whitespace().count();
            own + block.inner().map(count).sum::<usize>()
        }
        self.content.iter().map(count).sum()
    }

    /// Its beginning, of `characters` at most, cut behind a word and with "…" where there is more. Headings and captions are left out.
    pub fn excerpt(&self, characters: usize) -> String {
        let mut all = String::new();
        let mut open: Vec<&Block> = self.content.iter().rev().collect();
        while let Some(block) = open.pop() {
            // What is read is a little more than what is kept, so that it is known whether there is more.
            if all.graphemes(true).count() > characters {
                break;
            }
            if let Block::Paragraph { .. } = block {
                line(block).split_whitespace().for_each(|it| {
                    if !all.is_empty() {
                        all.push(' ');
                    }
                    all.push_str(it);
                });
            }
            let inner: Vec<&Block> = block.inner().collect();
            open.extend(inner.into_iter().rev());
        }
        cut(&all, characters)
    }

    /// A text that somebody wrote without an editor: empty lines part paragraphs, ends of lines stay.
    pub fn of_plain(text: &str) -> Result<Doc, Vec<Problem>> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut paragraphs: Vec<Vec<&str>> = vec![Vec::new()];
        for line in text.lines() {
            match paragraphs.last_mut() {
                Some(last) if !line.trim().is_empty() => last.push(line.trim()),
                Some(last) if !last.is_empty() => paragraphs.push(Vec::new()),
                _ => {}
            }
        }
        let paragraphs = paragraphs.iter().filter(|it| !it.is_empty()).map(|lines| {
            let texts = lines.iter().map(|it| json!({"type": "text", "text": it}));
            let mut content: Vec<Value> = Vec::new();
            for text in texts {
                if !content.is_empty() {
                    content.push(json!({"type": "hardBreak"}));
                }
                content.push(text);
            }
            json!({"type": "paragraph", "content": content})
        });
        Doc::parse(&json!({"type": "doc", "content": paragraphs.collect::<Vec<Value>>()}))
    }

    /// What a form's field says of a text that was `before`: the editor's JSON, or words of somebody without a script, who was shown
    /// [`Doc::plain`]. Words that were not changed leave the text as it was; of those that were, the structure is gone.
    pub fn submitted(field: &str, before: &Doc) -> Result<Doc, Vec<Problem>> {
        if field.trim_start().starts_with("{\"type\":\"doc\"") {
            return Doc::read(field);
        }
        // Browsers send ends of lines as two characters.
        if field.replace("\r\n", "\n").trim_end() == before.plain() {
            return Ok(before.clone());
        }
        Doc::of_plain(field)
    }
}

/// What stands in a block's line, as one text.
pub(super) fn line(block: &Block) -> String {
    let word = |it: &Inline| match it {
        Inline::Text { text, .. } => text.clone(),
        Inline::HardBreak { .. } => "\n".to_owned(),
        Inline::Mention { attrs, .. } => attrs.label.clone(),
    };
    block.line().iter().map(word).collect()
}

/// What a block says by itself.
pub(super) fn own(block: &Block) -> String {
    match block {
        Block::Image { attrs } => attrs.caption.clone(),
        Block::Embed { attrs } => attrs.label.clone(),
        block => line(block),
    }
}

fn write(block: &Block, indent: &str, out: &mut String) {
    match block {
        Block::BulletList { content } => {
            for it in content {
                write_item(&it.content, "• ", indent, out);
            }
            out.push('\n');
        }
        Block::OrderedList { attrs, content } => {
            for (number, it) in (u64::from(attrs.start)..).zip(content) {
                write_item(&it.content, &format!("{number}. "), indent, out);
            }
            out.push('\n');
        }
        Block::Blockquote { content } => content.iter().for_each(|it| write(it, indent, out)),
        Block::HorizontalRule {} => {}
        block => {
            let text = own(block);
            if !text.is_empty() {
                write_lines(&text, indent, out);
                out.push('\n');
            }
        }
    }
}

/// An item's first paragraph beside its mark, what belongs to it below.
fn write_item(blocks: &[Block], mark: &str, indent: &str, out: &mut String) {
    let Some((first, rest)) = blocks.split_first() else { return };
    out.push_str(indent);
    out.push_str(mark);
    out.push_str(own(first).replace('\n', " ").trim());
    out.push('\n');
    let indent = format!("{indent}  ");
    for it in rest {
        write(it, &indent, out);
        if out.ends_with("\n\n") {
            out.pop();
        }
    }
}

fn write_lines(text: &str, indent: &str, out: &mut String) {
    for line in text.lines() {
        out.push_str(indent);
        out.push_str(line);
        out.push('\n');
    }
}

/// The beginning of a text whose words are parted by single spaces, in what readers take for characters.
fn cut(text: &str, characters: usize) -> String {
    if text.graphemes(true).count() <= characters {
        return text.to_owned();
    }
    // The last one is the "…".
    let room = characters.saturating_sub(1);
    let kept: String = text.graphemes(true).take(room).collect();
    let is_between = text[kept.len()..].starts_with(|it: char| !it.is_alphanumeric());
    let words = match kept.rfind(' ') {
        Some(at) if !is_between => &kept[..at],
        _ => &kept,
    };
    let words = words.trim_end_matches([' ', ',', ';', ':', '-', '–', '.']);
    if characters == 0 { String::new() } else { format!("{words}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(content: Value) -> Doc {
        Doc::parse(&json!({"type": "doc", "content": content})).unwrap()
    }

    fn paragraph(text: &str) -> Value {
        json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
    }

    #[test]
    fn a_text_is_told_without_its_structure() {
        let doc = doc(json!([
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Five to win"}]},
            {"type": "paragraph", "content": [
                {"type": "mention", "attrs": {"kind": "player", "id": "p1", "label": "R. Sharma"}},
                {"type": "text", "text": " hits", "marks": [{"type": "bold"}]},
                {"type": "text", "text": " two"},
                {"type": "hardBreak"},
                {"type": "text", "text": "sixes."},
            ]},
            {"type": "orderedList", "attrs": {"start": 9}, "content": [
                {"type": "listItem", "content": [paragraph("nine"), {"type": "bulletList", "content": [
                    {"type": "listItem", "content": [paragraph("inner")]}]}]},
                {"type": "listItem", "content": [paragraph("ten")]},
            ]},
            {"type": "horizontalRule"},
            {"type": "image", "attrs": {"media": "med_1", "alt": "A bat", "caption": "His bat"}},
            {"type": "blockquote", "content": [paragraph("We won.")]},
        ]));
        let expected =
            "Five to win\n\nR. Sharma hits two\nsixes.\n\n9. nine\n  • inner\n10. ten\n\nHis bat\n\nWe won.";
        assert_eq!(doc.plain(), expected);
        assert_eq!(doc.words(), 13);
        assert_eq!(doc.excerpt(100), "R. Sharma hits two sixes. nine inner ten We won.");
    }

    #[test]
    fn an_excerpt_ends_behind_a_word() {
        let doc = doc(json!([paragraph("One over, two wickets"), paragraph("and no run.")]));
        for (characters, expected) in [
            (100, "One over, two wickets and no run."),
            (33, "One over, two wickets and no run."),
            (32, "One over, two wickets and no…"),
            (10, "One over…"),
            (9, "One over…"),
            (8, "One…"),
            (2, "O…"),
            (1, "…"),
            (0, ""),
        ] {
            assert_eq!(doc.excerpt(characters), expected, "{characters}");
        }
        let one = Doc::of_plain("வெற்றிபெற்றது").unwrap();
        let cut = one.excerpt(4);
        assert_eq!(cut, "வெற்றி…", "no letter is torn from its vowel");
    }

    #[test]
    fn words_of_somebody_without_a_script_are_paragraphs_and_lines() {
        let doc = Doc::of_plain("One\r\ntwo\r\n\r\n\r\n  three \n\n").unwrap();
        assert_eq!(doc.plain(), "One\ntwo\n\nthree");
        assert_eq!(doc.blocks().len(), 2);
        assert!(Doc::of_plain(" \n\n ").unwrap().is_empty());
    }

    #[test]
    fn a_form_without_a_script_keeps_the_structure_of_what_it_does_not_change() {
        let before = doc(json!([
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Toss"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "Heads", "marks": [{"type": "bold"}]}]},
        ]));
        let submitted = |field: &str| Doc::submitted(field, &before).unwrap();
        assert_eq!(submitted("Toss\r\n\r\nHeads"), before);
        assert_eq!(submitted("Toss\n\nTails"), Doc::of_plain("Toss\n\nTails").unwrap());
        assert_eq!(submitted(&serde_json::to_string(&before).unwrap()), before);
        assert!(Doc::submitted(r#"{"type":"doc","content":[{"type":"script"}]}"#, &before).is_err());
    }
}
