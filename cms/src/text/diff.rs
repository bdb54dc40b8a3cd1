//! How two texts differ, block by block, for who looks at revisions.

use super::doc::{Block, Doc};
use super::plain;
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};
use std::time::Duration;

/// How long words of one block are compared; what is not compared by then is told as taken out and put in.
const COMPARE_MS_MAX: u64 = 200;

/// What became of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'d> {
    Kept(&'d Block),
    Removed(&'d Block),
    Added(&'d Block),
    /// One stands where another stood. `words` are those of both in order, whatever their look; all kept where the look alone is another.
    Changed {
        before: &'d Block,
        after: &'d Block,
        words: Vec<Piece>,
    },
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub fate: Fate,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    Removed,
    Added,
}

/// Every block of both, from top to bottom.
pub fn between<'d>(before: &'d Doc, after: &'d Doc) -> Vec<Change<'d>> {
    let (before, after) = (before.blocks(), after.blocks());
    let mut changes = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, before, after) {
        match op {
            DiffOp::Equal { old_index, len, .. } => {
                changes.extend(before[old_index..old_index + len].iter().map(Change::Kept));
            }
            DiffOp::Delete { old_index, old_len, .. } => {
                changes.extend(before[old_index..old_index + old_len].iter().map(Change::Removed));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                changes.extend(after[new_index..new_index + new_len].iter().map(Change::Added));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                replaced(
                    &before[old_index..old_index + old_len],
                    &after[new_index..new_index + new_len],
                    &mut changes,
                );
            }
        }
    }
    changes
}

/// Those of one kind are compared with each other, one by one; the others went and came.
fn replaced<'d>(before: &'d [Block], after: &'d [Block], changes: &mut Vec<Change<'d>>) {
    let both = before.len().min(after.len());
    for (before, after) in before.iter().zip(after) {
        if std::mem::discriminant(before) == std::mem::discriminant(after) {
            changes.push(Change::Changed { before, after, words: words(before, after) });
        } else {
            changes.extend([Change::Removed(before), Change::Added(after)]);
        }
    }
    changes.extend(before[both..].iter().map(Change::Removed));
    changes.extend(after[both..].iter().map(Change::Added));
}

fn words(before: &Block, after: &Block) -> Vec<Piece> {
    let (before, after) = (whole(before), whole(after));
    let mut config = TextDiff::configure();
    config.algorithm(Algorithm::Patience).timeout(Duration::from_millis(COMPARE_MS_MAX));
    let diff = config.diff_unicode_words(&before, &after);
    let mut pieces: Vec<Piece> = Vec::new();
    for change in diff.iter_all_changes() {
        let fate = match change.tag() {
            ChangeTag::Equal => Fate::Kept,
            ChangeTag::Delete => Fate::Removed,
            ChangeTag::Insert => Fate::Added,
        };
        match pieces.last_mut() {
            Some(last) if last.fate == fate => last.text.push_str(change.value()),
            _ => pieces.push(Piece { fate, text: change.value().to_owned() }),
        }
    }
    pieces
}

/// All that a block says, what is in it on lines of their own.
pub fn whole(block: &Block) -> String {
    let mut all = plain::own(block);
    for it in block.inner() {
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(&whole(it));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::arbitrary;
    use proptest::prelude::*;
    use serde_json::json;

    fn doc(lines: &[&str]) -> Doc {
        let paragraph = |it: &&str| json!({"type": "paragraph", "content": [{"type": "text", "text": it}]});
        let content: Vec<_> = lines.iter().map(paragraph).collect();
        Doc::parse(&json!({"type": "doc", "content": content})).unwrap()
    }

    #[test]
    fn a_word_that_changed_is_shown_in_its_block_and_the_others_are_kept() {
        let (before, after) =
            (doc(&["Toss", "India bat first.", "Rain"]), doc(&["Toss", "India bowl first."]));
        let changes = between(&before, &after);
        let [Change::Kept(_), Change::Changed { words, .. }, Change::Removed(_)] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        let piece = |fate, text: &str| Piece { fate, text: text.to_owned() };
        let expected = [
            piece(Fate::Kept, "India "),
            piece(Fate::Removed, "bat"),
            piece(Fate::Added, "bowl"),
            piece(Fate::Kept, " first."),
        ];
        assert_eq!(words, &expected);
    }

    #[test]
    fn another_look_is_a_change_whose_words_are_kept() {
        let before = doc(&["Toss"]);
        let bold = json!({"type": "text", "text": "Toss", "marks": [{"type": "bold"}]});
        let after =
            Doc::parse(&json!({"type": "doc", "content": [{"type": "paragraph", "content": [bold]}]}))
                .unwrap();
        let changes = between(&before, &after);
        let [Change::Changed { words, .. }] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!(words, &[Piece { fate: Fate::Kept, text: "Toss".to_owned() }]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Nothing is lost: of what is told, the one side is the text before and the other the text after.
        #[test]
        fn both_texts_can_be_read_from_what_differs(before in arbitrary::doc(), after in arbitrary::doc()) {
            let changes = between(&before, &after);
            let old: Vec<&Block> = changes.iter().filter_map(|it| match it {
                Change::Kept(it) | Change::Removed(it) | Change::Changed { before: it, .. } => Some(*it),
                Change::Added(_) => None,
            }).collect();
            let new: Vec<&Block> = changes.iter().filter_map(|it| match it {
                Change::Kept(it) | Change::Added(it) | Change::Changed { after: it, .. } => Some(*it),
                Change::Removed(_) => None,
            }).collect();
            prop_assert_eq!(old, before.blocks().iter().collect::<Vec<_>>());
            prop_assert_eq!(new, after.blocks().iter().collect::<Vec<_>>());
        }
    }
}
