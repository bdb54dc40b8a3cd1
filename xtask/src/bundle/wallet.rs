//! `<crease-wallet>` and `<crease-rewards>`: their script, which a page names; and what the bundle's folder has for
//! them, the wallet's panel, what is in the rewards, and the languages of both.

use super::messages::{Messages, WORDS, english, languages, object, tables};
use super::source::{filled, joined, read};
use super::{File, LANGUAGES, PLACEHOLDER, STYLE, shrink, style};
use crate::install::NodeTools;
use anyhow::Context;

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
/// The parts that have words.
const SPEAKING: &[&str] = &["wallet", "rewards", "market"];

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
        files.extend(tables(part)?);
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

/// What the rewards are called, by language.
fn titles() -> anyhow::Result<Messages> {
    let mut titles = Vec::new();
    for (tag, messages) in [("en".to_owned(), english("rewards")?)].into_iter().chain(languages("rewards")?) {
        let title = messages.into_iter().find(|it| it.0 == "TITLE");
        titles.push((tag, title.context("rewards have a TITLE")?.1));
    }
    Ok(titles)
}
