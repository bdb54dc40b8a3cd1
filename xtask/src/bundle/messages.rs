//! The words of the widget's parts that are told apart from the match's own: a file a part and language, "wallet.en.txt", "rewards.hi.txt", a
//! line "NAME = text" a message.

use super::File;
use super::source::read;
use anyhow::Context;
use std::fs;

const LANGUAGES_FOLDER: &str = "widget/languages";
/// The parts that have words.
const PARTS: &[&str] =
    &["wallet", "rewards", "market", "content", "quiz", "leaders", "reports", "favourites"];
/// Written by a script where the English texts belong.
pub(super) const WORDS: &str = "__CREASE_WORDS__";
/// And where the part's name belongs.
pub(super) const PART: &str = "__CREASE_PART__";

/// Names and texts of messages, in the order of the file.
pub(super) type Messages = Vec<(String, String)>;

/// A part's messages in English.
pub(super) fn english(part: &str) -> anyhow::Result<Messages> {
    messages(&read(&format!("{LANGUAGES_FOLDER}/{part}.en.txt"))?)
}

/// A part's languages beside English by tag, in the order of their tags.
pub(super) fn languages(part: &str) -> anyhow::Result<Vec<(String, Messages)>> {
    let mut languages = Vec::new();
    for entry in fs::read_dir(LANGUAGES_FOLDER).with_context(|| format!("reading {LANGUAGES_FOLDER}"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|it| it.to_str()).context("a language's file has a name")?;
        let words = name.split_once('.').and_then(|(of, rest)| Some((of, rest.strip_suffix(".txt")?)));
        let (of, tag) = words.with_context(|| format!("{name} is no language of a part"))?;
        anyhow::ensure!(PARTS.contains(&of), "{name}: no such part");
        if of == part && tag != "en" {
            languages.push((tag.to_owned(), messages(&read(&path.display().to_string())?)?));
        }
    }
    languages.sort();
    Ok(languages)
}

/// A part's files in the bundle's folder, one a language beside English.
pub(super) fn tables(part: &str) -> anyhow::Result<Vec<File>> {
    let tables = languages(part)?.into_iter();
    Ok(tables.map(|(tag, messages)| (format!("{part}.{tag}.txt"), table(&messages).into_bytes())).collect())
}

fn messages(source: &str) -> anyhow::Result<Messages> {
    let message = |line: &str| {
        let (name, text) = line.split_once(" = ").with_context(|| format!("no message: {line}"))?;
        Ok((name.to_owned(), text.to_owned()))
    };
    source.lines().map(message).collect()
}

/// The texts alone: the script knows their names by the order of the English ones.
fn table(messages: &Messages) -> String {
    messages.iter().map(|it| it.1.as_str()).collect::<Vec<_>>().join("\n")
}

/// A JavaScript object, in order.
pub(super) fn object(messages: &Messages) -> String {
    let text = |it: &str| serde_json::Value::from(it).to_string();
    let members: Vec<String> =
        messages.iter().map(|(name, it)| format!("{}:{}", text(name), text(it))).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    /// What stands in braces, in any order.
    fn values(text: &str) -> Vec<&str> {
        let mut values: Vec<&str> =
            text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    #[test]
    fn a_language_lacks_no_message_and_no_value() {
        let folder = workspace::root().join(LANGUAGES_FOLDER);
        let all = |part: &str, tag: &str| {
            messages(&fs::read_to_string(folder.join(format!("{part}.{tag}.txt"))).unwrap()).unwrap()
        };
        // The languages that a match is told in.
        let spoken: Vec<_> = fs::read_dir(workspace::root().join("cricket/languages")).unwrap().collect();
        for (part, entry) in PARTS.iter().flat_map(|part| spoken.iter().map(move |it| (part, it))) {
            let path = entry.as_ref().unwrap().path();
            let tag = path.file_stem().unwrap().to_str().unwrap();
            let (english, other) = (all(part, "en"), all(part, tag));
            assert_eq!(other.len(), english.len(), "{tag}");
            for ((name, text), (expected, original)) in other.iter().zip(&english) {
                assert_eq!(name, expected, "{tag}");
                assert_eq!(values(text), values(original), "{tag}: {name}");
                assert_eq!(text.split('|').count(), original.split('|').count(), "{tag}: {name}");
            }
        }
    }

    #[test]
    fn a_table_has_the_texts_in_the_order_of_the_names() {
        let messages = messages("ONE = a \"b\"\nTWO = {0} = c\n").unwrap();
        assert_eq!(table(&messages), "a \"b\"\n{0} = c");
        assert_eq!(object(&messages), r#"{"ONE":"a \"b\"","TWO":"{0} = c"}"#);
    }
}
