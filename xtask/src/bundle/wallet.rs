//! `<crease-wallet>` and `<crease-rewards>`: their script, which a page names; and what the bundle's folder has for
//! them, the wallet's panel, what is in the rewards, and the languages of both.

use super::{File, PLACEHOLDER, STYLE, shrink, style};
use crate::install::NodeTools;
use anyhow::Context;
use std::fs;

/// The script's parts. They stand in one block, and share their names.
const SCRIPT: &[&str] = &["page", "words", "purse", "draw", "life", "rewards", "element"];
const FOLDER: &str = "widget/loader/wallet";
/// What opens from the chip; in `dist/` its name is [`PANEL_NAME`].
const PANEL: &str = "widget/loader/wallet/panel.js";
const PANEL_NAME: &str = "wallet.js";
/// What <crease-rewards> shows, as one module; and its part that comes when it is opened.
const REWARDS: &[&str] = &["ask", "part", "step", "earned", "vouchers", "market-tab", "view"];
const REWARDS_FOLDER: &str = "widget/loader/rewards";
const MARKET: &str = "widget/loader/rewards/market.js";
/// What sees to it that watching earns.
const WATCH: &str = "widget/loader/watch.js";
/// The tab in a match's full view; and where its name in each language belongs in it.
const TAB: &str = "widget/loader/tab.js";
const TITLES: &str = "__CREASE_TITLES__";
/// "wallet.en.txt", "rewards.en.txt" and so on: a line "NAME = text" a message.
const LANGUAGES_FOLDER: &str = "widget/languages";
/// The parts that have words.
const SPEAKING: &[&str] = &["wallet", "rewards", "market"];
/// Written by the script where the English texts, and the tags of the other languages, belong.
const WORDS: &str = "__CREASE_WORDS__";
const LANGUAGES: &str = "__CREASE_LANGUAGES__";

/// Names and texts of messages, in the order of the file.
type Messages = Vec<(String, String)>;

/// The files of both in the bundle's folder.
pub(super) fn files() -> anyhow::Result<Vec<File>> {
    let panel = filled(PANEL, read(PANEL)?, &[(STYLE, style::part(style::WALLET_PANEL)?)])?;
    let rewards = [(WORDS, object(&english("rewards")?)), (STYLE, style::part(style::REWARDS)?)];
    let rewards = filled(REWARDS_FOLDER, joined(REWARDS_FOLDER, REWARDS)?, &rewards)?;
    let market = [(WORDS, object(&english("market")?)), (STYLE, style::part(style::MARKET)?)];
    let market = filled(MARKET, read(MARKET)?, &market)?;
    let tab = filled(TAB, read(TAB)?, &[(TITLES, object(&titles()?))])?;
    let scripts = [
        (PANEL_NAME, panel),
        ("rewards.js", rewards),
        ("market.js", market),
        ("tab.js", tab),
        ("watch.js", read(WATCH)?),
    ];
    let mut files: Vec<File> =
        scripts.into_iter().map(|(name, source)| (name.to_owned(), source.into_bytes())).collect();
    for part in SPEAKING {
        for (tag, messages) in languages(part)? {
            files.push((format!("{part}.{tag}.txt"), table(&messages).into_bytes()));
        }
    }
    Ok(files)
}

/// The script that knows its bundle.
pub(super) fn script(hash: &str, tools: Option<&NodeTools>) -> anyhow::Result<Vec<u8>> {
    let block = joined(FOLDER, SCRIPT)?;
    let source = format!("if (!customElements.get(\"crease-wallet\")) {{\n{block}}}\n");
    let tags: Vec<String> = languages("wallet")?.into_iter().map(|it| it.0).collect();
    let values = [
        (PLACEHOLDER, hash.to_owned()),
        (WORDS, object(&english("wallet")?)),
        (LANGUAGES, serde_json::to_string(&tags)?),
        (STYLE, style::sheet(style::WALLET)?),
    ];
    let source = filled(FOLDER, source, &values)?;
    match tools {
        Some(tools) => shrink::script(tools, source.as_bytes(), shrink::Kind::Script),
        None => Ok(source.into_bytes()),
    }
}

/// Files of a folder, one behind the other.
fn joined(folder: &str, names: &[&str]) -> anyhow::Result<String> {
    names.iter().map(|name| read(&format!("{folder}/{name}.js"))).collect()
}

/// A source with what belongs in the place of its marks; it has each of them.
fn filled(path: &str, mut source: String, values: &[(&str, String)]) -> anyhow::Result<String> {
    for (mark, value) in values {
        anyhow::ensure!(source.contains(mark), "{path} does not contain {mark}");
        source = source.replace(mark, value);
    }
    Ok(source)
}

/// What the rewards are called, by language.
fn titles() -> anyhow::Result<Messages> {
    let mut titles = Vec::new();
    for (tag, messages) in [("en".to_owned(), english("rewards")?)].into_iter().chain(languages("rewards")?) {
        let title = messages.into_iter().find(|it| it.0 == "TITLE");
        titles.push((tag, title.context("rewards have a TITLE")?.1));
    }
    Ok(titles)
}

/// A part's messages in English.
fn english(part: &str) -> anyhow::Result<Messages> {
    messages(&read(&format!("{LANGUAGES_FOLDER}/{part}.en.txt"))?)
}

/// A part's languages beside English by tag, in the order of their tags.
fn languages(part: &str) -> anyhow::Result<Vec<(String, Messages)>> {
    let mut languages = Vec::new();
    for entry in fs::read_dir(LANGUAGES_FOLDER).with_context(|| format!("reading {LANGUAGES_FOLDER}"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|it| it.to_str()).context("a language's file has a name")?;
        let words = name.split_once('.').and_then(|(of, rest)| Some((of, rest.strip_suffix(".txt")?)));
        let (of, tag) = words.with_context(|| format!("{name} is no language of a part"))?;
        anyhow::ensure!(SPEAKING.contains(&of), "{name}: no such part");
        if of == part && tag != "en" {
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
        let all = |part: &str, tag: &str| {
            messages(&fs::read_to_string(folder.join(format!("{part}.{tag}.txt"))).unwrap()).unwrap()
        };
        // The languages that a match is told in.
        let spoken: Vec<_> = fs::read_dir(workspace::root().join("cricket/languages")).unwrap().collect();
        for (part, entry) in SPEAKING.iter().flat_map(|part| spoken.iter().map(move |it| (part, it))) {
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
