//! What editors publish, in the widget: a module that asks, and two that draw, each brought by the one before it.

use super::messages::{WORDS, english, languages, object, tables};
use super::source::{filled, joined, read};
use super::{File, LANGUAGES, STYLE, style};

const FOLDER: &str = "widget/loader/content";
/// What is there with each card and full view.
const BOARD: &[&str] = &["choose", "theme", "board"];
/// What comes with the first card.
const CARDS: &[&str] = &["words", "picture", "rich", "cards"];
/// What comes with the first article or profile that is opened.
const SHEET: &str = "widget/loader/content/sheet.js";
/// What comes with a tone, and with the first look at the settings.
const TONES: &str = "widget/loader/content/tones.js";
/// What comes with the first question.
const QUIZ: &str = "widget/loader/content/quiz.js";
/// Its name among the parts that have words.
const QUIZ_PART: &str = "quiz";
/// The part's name among those that have words.
const PART: &str = "content";

/// Its files in the bundle's folder.
pub(super) fn files() -> anyhow::Result<Vec<File>> {
    let board = filled(FOLDER, joined(FOLDER, BOARD)?, &[(STYLE, style::part(style::CONTENT)?)])?;
    let tags: Vec<String> = languages(PART)?.into_iter().map(|it| it.0).collect();
    let cards = [
        (WORDS, object(&english(PART)?)),
        (LANGUAGES, serde_json::to_string(&tags)?),
        (STYLE, style::part(style::CONTENT_CARDS)?),
    ];
    let cards = filled(FOLDER, joined(FOLDER, CARDS)?, &cards)?;
    let sheet = filled(SHEET, read(SHEET)?, &[(STYLE, style::part(style::CONTENT_SHEET)?)])?;
    let tags: Vec<String> = languages(QUIZ_PART)?.into_iter().map(|it| it.0).collect();
    let quiz = [
        (WORDS, object(&english(QUIZ_PART)?)),
        (LANGUAGES, serde_json::to_string(&tags)?),
        (STYLE, style::part(style::CONTENT_QUIZ)?),
    ];
    let quiz = filled(QUIZ, read(QUIZ)?, &quiz)?;
    let scripts = [
        ("content.js", board),
        ("cards.js", cards),
        ("sheet.js", sheet),
        ("tones.js", read(TONES)?),
        ("quiz.js", quiz),
    ];
    let scripts = scripts.into_iter().map(|(name, source)| (name.to_owned(), source.into_bytes()));
    Ok(scripts.chain(tables(PART)?).chain(tables(QUIZ_PART)?).collect())
}
