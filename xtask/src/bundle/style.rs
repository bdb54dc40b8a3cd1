//! The widget's style sheets without comments and spare white space: 0.7 KB of brotli less in what fans download.

use anyhow::Context;
use std::fs;

/// The match's own, `crease.css`.
pub(super) const MATCH: &str = "widget/src/style.css";
/// That of lists of matches, which stands in their script.
pub(super) const MATCHES: &str = "widget/src/matches.css";
/// That of the wallet's chip, which stands in its script.
pub(super) const WALLET: &str = "widget/src/wallet.css";
/// What the wallet's panel has beside that of the chip.
pub(super) const WALLET_PANEL: &str = "widget/src/wallet-panel.css";
/// What the rewards have beside it.
pub(super) const REWARDS: &str = "widget/src/rewards.css";
/// What their market has beside both.
pub(super) const MARKET: &str = "widget/src/market.css";
/// What editors publish beside a match: what is always there, cards, and what opens from them.
pub(super) const CONTENT: &str = "widget/src/content.css";
pub(super) const CONTENT_CARDS: &str = "widget/src/content-cards.css";
pub(super) const CONTENT_REPORTS: &str = "widget/src/content-reports.css";
pub(super) const CONTENT_FAVOURITES: &str = "widget/src/content-favourites.css";
pub(super) const CONTENT_QUIZ: &str = "widget/src/content-quiz.css";
pub(super) const CONTENT_DIALOG: &str = "widget/src/content-dialog.css";
pub(super) const CONTENT_LEADERS: &str = "widget/src/content-leaders.css";
pub(super) const CONTENT_SHEET: &str = "widget/src/content-sheet.css";

/// Colours, which sheets begin with.
const THEME: &str = "widget/src/theme.css";

/// The text of a sheet.
pub(super) fn sheet(path: &str) -> anyhow::Result<String> {
    minified(&(read(THEME)? + &read(path)?))
}

/// The text of one that stands beside a sheet, which has the colours.
pub(super) fn part(path: &str) -> anyhow::Result<String> {
    minified(&read(path)?)
}

/// Of several parts, one after another.
pub(super) fn parts(paths: &[&str]) -> anyhow::Result<String> {
    paths.iter().map(|path| part(path)).collect()
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {path}"))
}

/// The same rules. White space goes where the grammar does not need it: beside `{};,>`, and after a colon, which in a selector never has
/// any. No text of ours (`content`, font names) holds a comment, or one of these signs beside a space.
fn minified(sheet: &str) -> anyhow::Result<String> {
    let mut out = String::new();
    let mut rest = sheet;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").context("a comment of the style sheet does not end")?.1;
    }
    out.push_str(rest);
    let mut out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for sign in ["{", "}", ";", ",", ">"] {
        out = out.replace(&[" ", sign].concat(), sign).replace(&[sign, " "].concat(), sign);
    }
    Ok(out.replace(": ", ":").replace(";}", "}"))
}

#[cfg(test)]
mod tests {
    use super::minified;

    #[test]
    fn what_the_grammar_does_not_need_goes() {
        let sheet = "/* a */ .card > p,\n.team { margin: 0 auto; color: var(--ink); }\n/* b */\n@media (hover: hover) { a { top: 0 } }\n";
        let short = ".card>p,.team{margin:0 auto;color:var(--ink)}@media (hover:hover){a{top:0}}";
        assert_eq!(minified(sheet).unwrap(), short);
        assert!(minified("a { } /* b").is_err());
    }
}
