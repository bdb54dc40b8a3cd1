//! `<crease-wallet>`: its script, which a page names; and what the bundle's folder has for it, the panel and the
//! languages.

use super::{File, PLACEHOLDER, STYLE, shrink, style};
use crate::install::NodeTools;
use anyhow::Context;
use std::fs;

/// The script's parts. They stand in one block, and share their names.
const SCRIPT: &[&str] = &["page", "words", "purse", "draw", "element"];
const FOLDER: &str = "widget/loader/wallet";
/// What opens from the chip; in `dist/` its name is [`PANEL_NAME`].
const PANEL: &str = "widget/loader/wallet/panel.js";
const PANEL_NAME: &str = "wallet.js";
/// "wallet.en.txt" and so on: a line "NAME = text" a message.
const LANGUAGES_FOLDER: &str = "widget/languages";
/// Written by the script where the English texts, and the tags of the other languages, belong.
const WORDS: &str = "__CREASE_WORDS__";
const LANGUAGES: &str = "__CREASE_LANGUAGES__";

/// Names and texts of messages, in the order of the file.
type Messages = Vec<(String, String)>;

/// The wallet's files in the bundle's folder.
pub(super) fn files() -> anyhow::Result<Vec<File>> {
    let panel = read(PANEL)?;
    anyhow::ensure!(panel.contains(STYLE), "{PANEL} does not contain {STYLE}");
    let panel = panel.replace(STYLE, &style::part(style::WALLET_PANEL)?);
    let mut files = vec![(PANEL_NAME.to_owned(), panel.into_bytes())];
    for (tag, messages) in languages()? {
        files.push((format!("wallet.{tag}.txt"), table(&messages).into_bytes()));
    }
    Ok(files)
}

/// The script that knows its bundle.
pub(super) fn script(hash: &str, tools: Option<&NodeTools>) -> anyhow::Result<Vec<u8>> {
    let mut source = String::from("if (!customElements.get(\"crease-wallet\")) {\n");
    for part in SCRIPT {
        source += &read(&format!("{FOLDER}/{part}.js"))?;
    }
    source += "}\n";
    let tags: Vec<String> = languages()?.into_iter().map(|it| it.0).collect();
    let english = messages(&read(&format!("{LANGUAGES_FOLDER}/wallet.en.txt"))?)?;
    let values = [
        (PLACEHOLDER, hash.to_owned()),
        (WORDS, object(&english)),
        (LANGUAGES, serde_json::to_string(&tags)?),
        (STYLE, style::sheet(style::WALLET)?),
    ];
    for (mark, value) in values {
        anyhow::ensure!(source.contains(mark), "{FOLDER} does not contain {mark}");
        source = source.replace(mark, &value);
    }
    match tools {
        Some(tools) => shrink::script(tools, source.as_bytes(), shrink::Kind::Script),
        None => Ok(source.into_bytes()),
    }
}

/// The languages beside English by tag, in the order of their tags.
fn languages() -> anyhow::Result<Vec<(String, Messages)>> {
    let mut languages = Vec::new();
    for entry in fs::read_dir(LANGUAGES_FOLDER).with_context(|| format!("reading {LANGUAGES_FOLDER}"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|it| it.to_str()).context("a language's file has a name")?;
        let tag = name.strip_prefix("wallet.").and_then(|it| it.strip_suffix(".txt"));
        let tag = tag.with_context(|| format!("{name} is no language of the wallet"))?;
        if tag != "en" {
            languages.push((tag.to_owned(), messages(&read(&path.display().to_string())?)?));
        }
    }
    languages.sort();
    Ok(languages)
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {path}"))
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
fn object(messages: &Messages) -> String {
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
        let all = |tag: &str| {
            messages(&fs::read_to_string(folder.join(format!("wallet.{tag}.txt"))).unwrap()).unwrap()
        };
        let english = all("en");
        // The languages that a match is told in.
        for entry in fs::read_dir(workspace::root().join("cricket/languages")).unwrap() {
            let path = entry.unwrap().path();
            let tag = path.file_stem().unwrap().to_str().unwrap();
            let other = all(tag);
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
