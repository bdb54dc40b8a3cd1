//! How many watch: figures, a chart over time, and what they are made of.

mod chart;
mod words;

pub(super) use words::grouped;

use super::Here;
use crate::controls::Choice;
use maud::{Markup, html};
use partners::limit::{QuotaKind, QuotaState, State};
use partners::usage::{Figures, Point, Reason, RefusedOrigin, Step, Top};
use partners::{Record, Site};
use std::collections::HashMap;
use words::{change, country};

/// Which of the figures the chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Figure {
    #[default]
    Opens,
    Peak,
    StreamMinutes,
    Impressions,
    Updates,
}

impl Figure {
    pub const ALL: [Figure; 5] =
        [Figure::Opens, Figure::Peak, Figure::StreamMinutes, Figure::Impressions, Figure::Updates];

    /// As the address has it.
    pub const fn word(self) -> &'static str {
        match self {
            Figure::Opens => "opens",
            Figure::Peak => "peak",
            Figure::StreamMinutes => "minutes",
            Figure::Impressions => "impressions",
            Figure::Updates => "updates",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Its name, and what is counted.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Figure::Opens => {
                ("Fans who tuned in", "Streams that were opened. Who comes back after a break counts again.")
            }
            Figure::Peak => ("Most at once", "Streams in the busiest minute, on average."),
            Figure::StreamMinutes => ("Minutes watched", "For how long all streams together were open."),
            Figure::Impressions => (
                "Impressions",
                "Score boxes that were shown, before anybody tuned in. A cache of yours hides some.",
            ),
            Figure::Updates => {
                ("Updates delivered", "Balls and other news, times the streams that they were sent to.")
            }
        }
    }

    fn of(self, figures: &Figures) -> i64 {
        match self {
            Figure::Opens => figures.opens,
            Figure::Peak => figures.peak,
            Figure::StreamMinutes => figures.stream_minutes(),
            Figure::Impressions => figures.impressions,
            Figure::Updates => figures.updates,
        }
    }
}

/// What is looked at, as the form has it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// `7d`; `custom` with days.
    pub period: &'a str,
    /// Days of UTC, the last one included: `2026-11-29`.
    pub from: String,
    pub until: String,
    /// `all`, `live`, `test`, or the id of a site, key or match.
    pub part: &'a str,
    pub figure: Figure,
    /// What is wrong with it; empty where nothing is.
    pub mistake: &'a str,
}

/// Periods, as the address has them and as people say them.
pub const PERIODS: [(&str, &str); 6] = [
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("month", "This month"),
    ("last-month", "Last month"),
    ("custom", "From – to"),
];

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    pub asked: &'a Asked<'a>,
    pub sites: &'a [Site],
    pub keys: &'a [Record],
    /// The teams of matches, by their ids.
    pub matches: &'a HashMap<String, String>,
    pub sums: Figures,
    /// Of as long a time before.
    pub before: Figures,
    pub points: &'a [Point],
    pub step: Step,
    pub by_site: &'a [Top],
    pub by_key: &'a [Top],
    pub by_match: &'a [Top],
    pub by_country: &'a [Top],
    pub reasons: &'a [Reason],
    pub quotas: &'a [QuotaState],
}

pub fn page(here: Here<'_>, usage: &Usage<'_>) -> Markup {
    let asked = usage.asked;
    let is_empty = usage.sums == Figures::default() && usage.reasons.is_empty();
    let main = html! {
        div.line {
            h1 { "Usage" }
            a #csv .button href=(here.path(&format!("/usage.csv?{}", query(asked)))) { "Download CSV" }
        }
        (form(here, usage))
        div #figures .usage data-say="The figures are those that you asked for." {
            @if !asked.mistake.is_empty() { p.notice role="alert" { (asked.mistake) } }
            (quotas(usage.quotas))
            @if is_empty {
                p.notice {
                    "Nothing was counted in that time. Figures come within ten seconds of the first fan: "
                    a href=(here.path("/embed")) { "paste the code" } " and open your page."
                }
            }
            dl.tiles.wide.sums {
                @for figure in Figure::ALL { (tile(figure, usage)) }
            }
            (chart::of(asked.figure, usage.points, usage.step))
            div.shares {
                (shares(("Sites", "Site"), usage.by_site, usage.sums.opens, |it| name_of_site(usage.sites, it)))
                (shares(("Keys", "Key"), usage.by_key, usage.sums.opens, |it| name_of_key(usage.keys, it)))
                (shares(("Matches", "Match"), usage.by_match, usage.sums.opens, |it| name_of_match(usage.matches, it)))
                (shares(("Countries", "Country"), usage.by_country, usage.sums.opens, country))
            }
            (reasons(here, "Refused", usage.reasons))
            p.muted {
                "For a spreadsheet, too, by the hour: "
                a href=(here.path(&format!("/usage.csv?{}&what=countries", query(asked)))) { "countries" } " and "
                a href=(here.path(&format!("/usage.csv?{}&what=refusals", query(asked)))) { "refusals" } "."
            }
        }
    };
    here.at(crate::layout::Tab::Usage).page("Usage", main)
}

fn query(asked: &Asked<'_>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("period", asked.period),
            ("from", &asked.from),
            ("until", &asked.until),
            ("of", asked.part),
            ("show", asked.figure.word()),
        ])
        .finish()
}

fn form(here: Here<'_>, usage: &Usage<'_>) -> Markup {
    let asked = usage.asked;
    let figures: Vec<Choice> = Figure::ALL.iter().map(|it| Choice::new(it.word(), it.words().0)).collect();
    let periods: Vec<Choice> = PERIODS.iter().map(|it| Choice::new(it.0, it.1)).collect();
    html! {
        form.row.asked method="get" action=(here.path("/usage")) hx-get=(here.path("/usage")) hx-trigger="change, submit"
            hx-target="#figures" hx-select="#figures" hx-select-oob="#csv" hx-swap="outerHTML" hx-push-url="true" hx-sync="this:replace" {
            label { span { "When" } (select("period", &periods, asked.period)) }
            label.day { span { "From" } input type="date" name="from" value=(asked.from); }
            label.day { span { "To" } input type="date" name="until" value=(asked.until); }
            label { span { "Of" } (part(usage)) }
            label { span { "Chart" } (select("show", &figures, asked.figure.word())) }
            button type="submit" { "Show" }
        }
    }
}

fn select(name: &str, choices: &[Choice], chosen: &str) -> Markup {
    html! {
        select name=(name) {
            @for it in choices { option value=(it.value) selected[it.value == chosen] { (it.text) } }
        }
    }
}

fn part(usage: &Usage<'_>) -> Markup {
    let chosen = usage.asked.part;
    let is_match = chosen.starts_with("mat_");
    // A site that was removed has its figures still.
    let is_gone = chosen.starts_with("sit_") && !usage.sites.iter().any(|it| it.id == chosen);
    let is_unknown = chosen.starts_with("key_") && !usage.keys.iter().any(|it| it.id == chosen);
    html! {
        select name="of" {
            option value="all" selected[chosen == "all"] { "Everything" }
            option value="live" selected[chosen == "live"] { "Live keys" }
            option value="test" selected[chosen == "test"] { "Test keys" }
            @if is_gone { option value=(chosen) selected { (name_of_site(usage.sites, chosen)) } }
            @if is_unknown { option value=(chosen) selected { (name_of_key(usage.keys, chosen)) } }
            @if !usage.sites.is_empty() {
                optgroup label="Sites" { @for it in usage.sites { option value=(it.id) selected[it.id == chosen] { (it.name) } } }
            }
            @if !usage.keys.is_empty() {
                optgroup label="Keys" { @for it in usage.keys { option value=(it.id) selected[it.id == chosen] { (it.name) " (" (it.prefix) "…)" } } }
            }
            @if is_match || !usage.by_match.is_empty() {
                optgroup label="Matches" {
                    @if is_match && !usage.by_match.iter().any(|it| it.id == chosen) { option value=(chosen) selected { (name_of_match(usage.matches, chosen)) } }
                    @for it in usage.by_match.iter().filter(|it| it.id.starts_with("mat_")) { option value=(it.id) selected[it.id == chosen] { (name_of_match(usage.matches, &it.id)) } }
                }
            }
        }
    }
}

fn tile(figure: Figure, usage: &Usage<'_>) -> Markup {
    let (name, what) = figure.words();
    let (now, before) = (figure.of(&usage.sums), figure.of(&usage.before));
    html! {
        div title=(what) {
            dt { (name) }
            dd { (grouped(now)) }
            @if let Some(change) = change(now, before) { dd.change { (change) span.unseen { " than in the time before" } } }
        }
    }
}

/// What there is of a month, and how much of it is used.
fn quotas(quotas: &[QuotaState]) -> Markup {
    html! {
        @for it in quotas.iter().filter(|it| it.hard.is_some() || it.soft.is_some()) {
            @let name = match it.kind {
                QuotaKind::Streams => "streams at once",
                QuotaKind::StreamMinutes => "minutes watched this month",
                QuotaKind::Impressions => "impressions this month",
            };
            @let most = it.hard.or(it.soft).unwrap_or_default();
            div.quota.over[it.state != State::Below] {
                p {
                    b { (grouped(it.used.cast_signed())) } " of " (grouped(most.cast_signed())) " " (name)
                    @match it.state {
                        State::Hard => strong { " — used up: further ones are refused until the month is over" },
                        State::Soft => strong { " — nearly used up" },
                        State::Below => {}
                    }
                }
                progress value=(it.used.min(most)) max=(most.max(1)) aria-label=(name) {}
            }
        }
    }
}

/// The parts that opened the most streams, each with its share of all that were opened.
fn shares((title, of): (&str, &str), parts: &[Top], sum: i64, name: impl Fn(&str) -> String) -> Markup {
    let share = |it: &Top| if sum > 0 { it.figures.opens * 100 / sum } else { 0 };
    html! {
        @if !parts.is_empty() {
            section {
                h2 { (title) }
                div.scroll {
                    table.list.share {
                        thead { tr { th scope="col" { (of) } th scope="col" .number { "Tuned in" } th scope="col" .unseen-head { span.unseen { "Share" } } } }
                        tbody {
                            @for it in parts {
                                tr {
                                    th scope="row" { (name(&it.id)) }
                                    td.number { (grouped(it.figures.opens)) }
                                    td { meter min="0" max="100" value=(share(it)) title={ (share(it)) " %" } { (share(it)) " %" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn name_of_site(sites: &[Site], id: &str) -> String {
    match (id, sites.iter().find(|it| it.id == id)) {
        ("", _) => "of no site".to_owned(),
        (_, Some(site)) => site.name.clone(),
        (_, None) => format!("{id} (removed)"),
    }
}

fn name_of_key(keys: &[Record], id: &str) -> String {
    let key = keys.iter().find(|it| it.id == id);
    key.map_or_else(|| id.to_owned(), |it| format!("{} ({}…)", it.name, it.prefix))
}

fn name_of_match(matches: &HashMap<String, String>, id: &str) -> String {
    match matches.get(id) {
        Some(name) => name.clone(),
        None if id == partners::usage::OTHER => "others".to_owned(),
        None => id.to_owned(),
    }
}

/// How often keys were refused for which reason, and what to do about it.
pub(super) fn reasons(here: Here<'_>, title: &str, reasons: &[Reason]) -> Markup {
    html! {
        @if !reasons.is_empty() {
            section {
                h2 { (title) }
                ul.rows {
                    @for it in reasons {
                        @let (what, fix) = words::reason(&it.code);
                        li {
                            div { strong { (what) } p.muted { (fix) } }
                            @if it.code == "origin_refused" { a.button href=(here.path("/sites")) { "See where" } }
                            span.number { (grouped(it.count)) }
                        }
                    }
                }
            }
        }
    }
}

/// Where keys were refused for the page that they were on, with a button that allows it.
pub fn refused(here: Here<'_>, origins: &[RefusedOrigin]) -> Markup {
    let may_build = here.place.may(partners::Permission::Build);
    html! {
        @if !origins.is_empty() {
            section #refused {
                h2 { "Refused within a week" }
                p.muted { "Pages that showed a key of yours, and are on none of its addresses. Allow what is yours; leave the rest." }
                ul.rows {
                    @for it in origins {
                        li {
                            div {
                                strong { (it.origin) }
                                p.muted { (grouped(it.count)) " refusals, the last " (crate::when(it.last_at)) }
                            }
                            @match &it.site_id {
                                Some(site) if may_build => {
                                    form method="post" action=(here.path(&format!("/sites/{site}/allow"))) {
                                        (crate::layout::csrf_field(here.person.csrf))
                                        input type="hidden" name="origin" value=(it.origin);
                                        button type="submit" { "Allow it" span.unseen { ": " (it.origin) } }
                                    }
                                }
                                Some(_) => {}
                                None => a href=(here.path(&format!("/keys/{}", it.key_id))) { "See the key" },
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
