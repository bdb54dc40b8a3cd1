//! What becomes of balls that are told in tones, live; what models cost and why their lines are refused; and a place to try a tone.

use crate::content::{Here, PATH, Tab};
use crate::controls::{Choice, Filled, Label};
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::{facts, table};
use cms::rights::Role;
use commentary::figures::{Calls, Lines};
use commentary::{Edge, Facts, How, Kind, Out, Preset, Refusal, Score};
use maud::{Markup, html};

/// Characters of how a tone sounds, and of a line.
pub const GUIDE_MAX: u16 = 1000;
pub const LINE_MAX: u16 = 400;
/// Millionths of the currency.
const MICROS: i64 = 1_000_000;

/// What models are used for.
#[derive(Clone, Copy, Debug)]
pub struct Spent<'a> {
    /// None where the phrases that we ship tell everything.
    pub model: Option<&'a str>,
    /// Today (UTC), and at most in a day, in millionths of the currency of the prices.
    pub today: i64,
    pub day_max: i64,
}

/// A tone in which somebody follows a match, and the last balls that were told in it.
#[derive(Clone, Debug)]
pub struct Followed {
    pub match_id: String,
    /// "Fernhill v Marlow Green"
    pub title: String,
    pub tone: String,
    pub language: String,
    /// Text, and who told it; the latest first.
    pub lines: Vec<(String, String)>,
}

/// Everything that is seen as it is now.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    pub spent: Spent<'a>,
    pub followed: &'a [Followed],
    /// Since midnight (UTC).
    pub lines: &'a [Lines],
    pub calls: &'a [Calls],
}

/// What came of a try.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// The line of the phrases that we ship.
    pub offline: String,
    /// What the guard says of the line that was typed, filled with the ball's values where it stands.
    pub typed: Option<Result<String, Vec<Refusal>>>,
    /// What the model said: what a fan would read, who tells it, and what was refused on the way.
    pub asked: Option<(String, String, Vec<Refusal>)>,
}

/// The page's form, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Playground<'a> {
    pub presets: &'a [Preset],
    pub form: Filled<'a>,
    pub tried: Option<&'a Tried>,
}

/// A preset's name in the form.
pub fn value(preset: &Preset) -> String {
    format!("{} {}", preset.key, preset.language.tag())
}

/// Balls to try a tone on, by the word of their kind.
pub fn samples() -> Vec<(&'static str, &'static str, Facts)> {
    let plain = Facts {
        bowler: "Marsh".to_owned(),
        batter: "Vale".to_owned(),
        non_striker: "Holt".to_owned(),
        batting_team: "Fernhill".to_owned(),
        fielding_team: "Marlow Green".to_owned(),
        over: "14.2".to_owned(),
        score: Score { runs: 121, wickets: 3, all_out: false },
        batter_runs: 44,
        batter_balls: 31,
        bowler_wickets: 1,
        bowler_runs: 27,
        ..Facts::default()
    };
    let out = |how, fielders: &[&str]| Out {
        player: "Vale".to_owned(),
        how,
        fielders: fielders.iter().map(|it| (*it).to_owned()).collect(),
        is_bowlers: how != How::RunOut,
        runs: 44,
        balls: 31,
    };
    let hit = |kind, edge, runs| Facts { kind, boundary: Some(edge), runs, bat_runs: runs, ..plain.clone() };
    let gone = |how, fielders| Facts { kind: Kind::Wicket, out: vec![out(how, fielders)], ..plain.clone() };
    let run = |runs| Facts { kind: Kind::Runs, runs, bat_runs: runs, ..plain.clone() };
    vec![
        ("six", "A six", hit(Kind::Six, Edge::Six, 6)),
        ("four", "A four", hit(Kind::Four, Edge::Four, 4)),
        ("single", "A single", run(1)),
        ("two", "Two runs", run(2)),
        ("dot", "No run", plain.clone()),
        ("caught", "Caught", gone(How::Caught, &["Lark"])),
        ("bowled", "Bowled", gone(How::Bowled, &[])),
        ("lbw", "Leg before", gone(How::Lbw, &[])),
        ("run-out", "Run out", gone(How::RunOut, &["Quill"])),
        (
            "fifty",
            "A four that brings up fifty",
            Facts { milestone: Some(50), batter_runs: 52, ..hit(Kind::Four, Edge::Four, 4) },
        ),
    ]
}

pub fn page(here: &Here<'_>, live: &Live<'_>, playground: &Playground<'_>) -> Markup {
    let main = html! {
        h1 { "Tones" }
        p.muted {
            "What becomes of balls that are told in tones. The tones themselves are "
            a href={ (PATH) "?kind=tone" } { "entries" } "; what a model says is checked against the ball before anybody reads it."
        }
        (drawn(live))
        (form(here, playground, live.spent.model.is_some()))
    };
    here.page(Tab::Tones, "Tones", main)
}

/// The part that is drawn anew every few seconds.
fn drawn(live: &Live<'_>) -> Markup {
    let address = format!("{PATH}/tones");
    html! {
        div #live hx-get=(address) hx-trigger="every 3s" hx-select="#live" hx-swap="outerHTML" {
            section aria-labelledby="spent" {
                h2 #spent { "Models" }
                (spent(live.spent))
                @if live.calls.is_empty() { p.muted { "No model was asked today." } } @else { (calls(live.calls)) }
            }
            section aria-labelledby="followed" {
                h2 #followed { "Followed now" }
                @if live.followed.is_empty() { p.muted { "Nobody follows a match in a tone: nothing is told." } }
                @for it in live.followed { (followed(it)) }
            }
            section aria-labelledby="lines" {
                h2 #lines { "Lines today" }
                @if live.lines.is_empty() { p.muted { "None was told yet." } } @else { (lines(live.lines)) }
            }
        }
    }
}

fn money(micros: i64) -> String {
    format!("{}.{:04}", micros / MICROS, micros % MICROS / 100)
}

fn spent(spent: Spent<'_>) -> Markup {
    let model = spent.model.unwrap_or("none: the phrases that we ship");
    facts(&[
        ("Model", html! { (model) }),
        ("Spent today", html! { (money(spent.today)) " of " (money(spent.day_max)) }),
    ])
}

fn calls(all: &[Calls]) -> Markup {
    let ms = |it: Option<i32>| it.map_or_else(|| "–".to_owned(), |it| format!("{it} ms"));
    let rows = html! { @for it in all {
        tr {
            th scope="row" { (it.model) }
            td { (it.outcome) }
            td.number { (it.calls) }
            td.number { (money(it.cost)) }
            td.number { (it.tokens_in) }
            td.number { (it.tokens_out) }
            td.number { (ms(it.p50_ms)) }
            td.number { (ms(it.p95_ms)) }
        }
    } };
    let columns = [
        Text("Model"),
        Text("What became of it"),
        Number("Calls"),
        Number("Cost"),
        Number("Tokens in"),
        Number("Tokens out"),
        Number("Half within"),
        Number("95 % within"),
    ];
    table("Calls of models today", &columns, rows)
}

fn followed(it: &Followed) -> Markup {
    html! {
        article.card {
            h3 { (it.title) " " span.muted { (it.tone) ", " (it.language) } }
            @if it.lines.is_empty() { p.muted { "No ball was told yet." } } @else {
                ul { @for (text, source) in &it.lines { li { span lang=(it.language) dir="auto" { (text) } " " span.muted { (source) } } } }
            }
        }
    }
}

fn lines(all: &[Lines]) -> Markup {
    let rows = html! { @for it in all {
        tr {
            th scope="row" { (it.tone) }
            td { (it.language) }
            td { (outcome(&it.outcome)) }
            td { (reason(&it.reason)) }
            td { (it.model) }
            td.number { (it.lines) }
        }
    } };
    let columns = [
        Text("Tone"),
        Text("Language"),
        Text("What became of them"),
        Text("Why"),
        Text("Model"),
        Number("Lines"),
    ];
    table("Lines by tone", &columns, rows)
}

fn outcome(word: &str) -> &str {
    match word {
        "model" => "told by the model",
        "cache" => "told as before",
        "offline" => "told by our phrases",
        "refused" => "refused",
        other => other,
    }
}

fn reason(word: &str) -> &str {
    match word {
        "no_model" => "there is no model",
        "guard" => "what the model said was refused",
        "missing" => "the model left it out",
        "late" => "two more balls had been bowled",
        "breaker" => "the model's server has failed too often",
        "budget" => "the budget is spent",
        "place" => "a place for a value is wrong",
        "length" => "too long",
        "never" => "a word that the tone never says",
        "word" => "an unknown word",
        "name" => "a name that is not in the ball",
        "number" => "a wrong number",
        "role" => "a wrong role",
        "unclear_role" => "it is not clear who did it",
        "event" => "something that did not happen",
        "negated" => "something is denied",
        other => other,
    }
}

fn form(here: &Here<'_>, playground: &Playground<'_>, has_model: bool) -> Markup {
    let tones: Vec<Choice> = playground
        .presets
        .iter()
        .map(|it| Choice::new(value(it), format!("{} ({})", it.name, it.language.tag())))
        .collect();
    let balls: Vec<Choice> = samples().iter().map(|it| Choice::new(it.0, it.1)).collect();
    let form = playground.form;
    let guide =
        Label::new("guide", "How it sounds").hint("In the place of what the tone says. Empty: as it says.");
    let line = Label::new("line", "A line to check").hint(
        "With places for values, such as {batter} and {bowler}, or written out: Vale hits Marsh for six.",
    );
    let is_writer = here.rights.role > Role::Translator;
    html! {
        section aria-labelledby="playground" {
            h2 #playground { "Playground" }
            p.muted { "Vale faces Marsh; Fernhill bat, and are 121/3." }
            (form.summary())
            (here.form("/tones#tried", html! {
                (form.select(Label::new("tone", "Tone"), None, &tones))
                (form.select(Label::new("ball", "Ball"), None, &balls))
                (form.lines(guide, 3, GUIDE_MAX))
                (form.lines(line, 2, LINE_MAX))
            }, html! {
                p.row {
                    button.primary type="submit" name="do" value="try" { "Try" }
                    @if has_model && is_writer { button type="submit" name="do" value="ask" { "Try, and ask the model" } }
                }
            }))
            @if let Some(tried) = playground.tried { (result(tried)) }
        }
    }
}

fn result(tried: &Tried) -> Markup {
    html! {
        section #tried aria-labelledby="result" {
            h3 #result { "What came of it" }
            dl.facts {
                div { dt { "Our phrases" } dd dir="auto" { (tried.offline) } }
                @if let Some(typed) = &tried.typed {
                    div { dt { "Your line" } dd {
                        @match typed {
                            Ok(text) => { p role="status" { "It stands." } p dir="auto" { (text) } }
                            Err(refusals) => { p role="status" { "It is refused." } (refused(refusals)) }
                        }
                    } }
                }
                @if let Some((text, source, refusals)) = &tried.asked {
                    div { dt { "The model" } dd {
                        p dir="auto" { (text) } p.muted { (source) }
                        @if !refusals.is_empty() { p { "Refused on the way:" } (refused(refusals)) }
                    } }
                }
            }
        }
    }
}

fn refused(refusals: &[Refusal]) -> Markup {
    html! { ul { @for it in refusals { li { (it.to_string()) } } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here};
    use crate::form::{Fields, Mistakes};
    use cms::rights::Rights;

    fn live<'a>(followed: &'a [Followed], lines: &'a [Lines]) -> Live<'a> {
        let spent = Spent { model: Some("small-1"), today: 1_234_500, day_max: 20_000_000 };
        Live { spent, followed, lines, calls: &[] }
    }

    #[test]
    fn what_others_wrote_is_text_and_reasons_are_words() {
        let followed = [Followed {
            match_id: "mat_1".to_owned(),
            title: HOSTILE.to_owned(),
            tone: HOSTILE.to_owned(),
            language: "en".to_owned(),
            lines: vec![(HOSTILE.to_owned(), "offline".to_owned())],
        }];
        let lines = [Lines {
            tone: "hype".to_owned(),
            language: "en".to_owned(),
            model: HOSTILE.to_owned(),
            outcome: "refused".to_owned(),
            reason: "role".to_owned(),
            lines: 3,
        }];
        let rights = Rights::all(Role::Editor);
        let (fields, mistakes) = (Fields::default(), Mistakes::default());
        let tried = Tried {
            offline: HOSTILE.to_owned(),
            typed: Some(Err(vec![Refusal::Word { found: HOSTILE.to_owned() }])),
            asked: None,
        };
        let presets = Preset::built_in();
        let form = Filled { fields: &fields, mistakes: &mistakes };
        let playground = Playground { presets: &presets, form, tried: Some(&tried) };
        let page = page(&here(&rights), &live(&followed, &lines), &playground).into_string();
        assert!(!page.contains(HOSTILE), "{page}");
        for text in ["a wrong role", "1.2345 of 20.0000", "It is refused.", "Try, and ask the model"] {
            assert!(page.contains(text), "{text}");
        }
        let viewer = Rights::all(Role::Viewer);
        let seen = super::page(&here(&viewer), &live(&[], &[]), &playground).into_string();
        assert!(!seen.contains("ask the model"), "that costs money");
    }

    #[test]
    fn each_tone_tells_each_sample() {
        for preset in Preset::built_in() {
            for (name, _, facts) in samples() {
                let line = commentary::phrases::told(&facts, &preset, 0);
                let line = line.unwrap_or_else(|| panic!("{name} in {} {}", preset.key, preset.language));
                assert!(commentary::guard::check(&facts, &preset, &line).is_ok(), "{name}: {line}");
            }
        }
    }
}
