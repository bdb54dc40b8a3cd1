//! What editors publish, in the widget, and what else stands beside a score: a module that asks, and others, each brought by one before it.

use super::messages::{PART, WORDS, english, languages, object, tables};
use super::source::{filled, joined, read};
use super::{File, LANGUAGES, STYLE, style};

const FOLDER: &str = "widget/loader/content";
/// What is there with each card and full view.
const BOARD: &[&str] = &["choose", "theme", "board"];
/// What comes with the first article or profile that is opened.
const SHEET: &[&str] = &["dialog", "sheet"];
/// What comes with a tone, and with the first look at the settings.
const TONES: &str = "widget/loader/content/tones.js";

/// A module with words of its own.
struct Told {
    /// Its name among the parts that have words.
    part: &'static str,
    module: &'static str,
    scripts: &'static [&'static str],
    sheets: &'static [&'static str],
}

/// What comes with the first card, the first question, a look at who leads, something that was missed, and somebody whom the fan holds dear.
const TOLD: [Told; 5] = [
    Told {
        part: "content",
        module: "cards.js",
        scripts: &["table", "words", "picture", "rich", "cards"],
        sheets: &[style::CONTENT_CARDS],
    },
    Told { part: "quiz", module: "quiz.js", scripts: &["table", "quiz"], sheets: &[style::CONTENT_QUIZ] },
    Told {
        part: "leaders",
        module: "leaders.js",
        scripts: &["table", "dialog", "leaders"],
        sheets: &[style::CONTENT_DIALOG, style::CONTENT_LEADERS],
    },
    Told {
        part: "reports",
        module: "reports.js",
        scripts: &["table", "reports"],
        sheets: &[style::CONTENT_REPORTS],
    },
    Told {
        part: "favourites",
        module: "favourites.js",
        scripts: &["table", "favourites"],
        sheets: &[style::CONTENT_FAVOURITES],
    },
];

impl Told {
    fn source(&self) -> anyhow::Result<String> {
        let tags: Vec<String> = languages(self.part)?.into_iter().map(|it| it.0).collect();
        let values = [
            (WORDS, object(&english(self.part)?)),
            (LANGUAGES, serde_json::to_string(&tags)?),
            (PART, self.part.to_owned()),
            (STYLE, style::parts(self.sheets)?),
        ];
        filled(self.module, joined(FOLDER, self.scripts)?, &values)
    }
}

/// Its files in the bundle's folder.
pub(super) fn files() -> anyhow::Result<Vec<File>> {
    let board = filled(FOLDER, joined(FOLDER, BOARD)?, &[(STYLE, style::part(style::CONTENT)?)])?;
    let sheets = style::parts(&[style::CONTENT_DIALOG, style::CONTENT_SHEET])?;
    let sheet = filled(FOLDER, joined(FOLDER, SHEET)?, &[(STYLE, sheets)])?;
    let mut files: Vec<File> = [("content.js", board), ("sheet.js", sheet), ("tones.js", read(TONES)?)]
        .into_iter()
        .map(|(name, source)| (name.to_owned(), source.into_bytes()))
        .collect();
    for told in &TOLD {
        files.push((told.module.to_owned(), told.source()?.into_bytes()));
        files.extend(tables(told.part)?);
    }
    Ok(files)
}
