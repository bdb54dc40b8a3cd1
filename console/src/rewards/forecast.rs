//! What a version would have cost on what was heard, what it comes to until its end, and how it goes live: with a doubt, not by itself.

use super::campaign::may_change;
use super::{Here, Tab, counted, moment, percent, title, words};
use crate::controls::{Filled, Label};
use crate::finance::money::count;
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::table;
use crate::form::{Fields, Mistakes};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use rewards::campaigns::Listed;
use rewards::{Campaign, DryRun, Why};

/// Days back that may be looked at; the one in the middle at first.
pub const DAYS: [u16; 3] = [7, 30, 90];
pub const DAYS_AT_FIRST: u16 = 30;

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Lines of the table until the end.
const LINES_MAX: i64 = 12;

/// What came of trying it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    Ran(DryRun),
    /// It took longer than a page may.
    TooSlow,
}

/// A version that was tried.
#[derive(Clone, Copy, Debug)]
pub struct Forecast<'a> {
    pub campaign: &'a Listed,
    pub version: &'a Campaign,
    /// Back from now.
    pub days: u16,
    pub tried: &'a Tried,
    /// Of its budget, units.
    pub left: i64,
    /// Of the form that has it go live.
    pub mistakes: &'a Mistakes,
}

/// At the pace of what was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Units, rounded up.
    pub a_day: i64,
    /// Seconds that it runs yet.
    seconds: i64,
    /// Until its end, and no more than its cap leaves.
    pub whole: i64,
}

/// Why going live is to be thought over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its budget does not reach until its end.
    Beyond,
    /// There is none.
    Empty,
    /// Its end is behind us.
    Over,
    /// It could not be tried.
    Unknown,
}

impl Forecast<'_> {
    fn run(&self) -> Option<&DryRun> {
        match self.tried {
            Tried::Ran(run) => Some(run),
            Tried::TooSlow => None,
        }
    }

    /// What is to come, by what was heard from its first moment on: fans who came last week say nothing of the month before.
    pub fn outlook(&self, now: Timestamp) -> Outlook {
        let begins = self.version.starts_at.max(now);
        let seconds = self.version.ends_at.duration_since(begins).as_secs().max(0);
        let Some((run, (first, last))) = self.run().and_then(|it| Some((it, it.heard?))) else {
            return Outlook { seconds, ..Outlook::default() };
        };
        let until = if run.is_cut { last } else { now };
        let heard = until.duration_since(first).as_secs().max(DAY_SECONDS);
        let in_time = |seconds: i64| {
            let units = i128::from(run.units) * i128::from(seconds);
            i64::try_from((units + i128::from(heard) - 1) / i128::from(heard)).unwrap_or(i64::MAX)
        };
        let room = self.version.caps.all.map_or(i64::MAX, |it| (it - self.campaign.units).max(0));
        Outlook { a_day: in_time(DAY_SECONDS), seconds, whole: in_time(seconds).min(room) }
    }

    /// In the order in which they are told.
    pub fn doubts(&self, now: Timestamp) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if now >= self.version.ends_at {
            doubts.push(Doubt::Over);
        }
        if self.left <= 0 {
            doubts.push(Doubt::Empty);
        } else if self.outlook(now).whole > self.left {
            doubts.push(Doubt::Beyond);
        }
        if self.run().is_none() {
            doubts.push(Doubt::Unknown);
        }
        doubts
    }
}

pub fn page(here: &Here<'_>, forecast: &Forecast<'_>) -> Markup {
    let (campaign, number) = (forecast.campaign, forecast.version.version);
    let name = format!("{}: try version {number}", campaign.name);
    let main = html! {
        div {
            (title(here, &name))
            p.muted {
                "What was heard is judged by its rules as if it had been live. Nothing is earned. "
                a href=(here.path(&format!("/campaigns/{}", campaign.id))) { "Back to the campaign" }
            }
        }
        (days(here, forecast))
        (doubts(here, forecast))
        @if let Some(run) = forecast.run() {
            @if run.judged == 0 { (nothing(forecast)) }
            @else {
                (sums(here, forecast, run))
                (rules(forecast, run))
                (until_the_end(here, forecast))
            }
        }
        (go_live(here, forecast))
    };
    here.page(Tab::Campaigns, &name, main)
}

fn days(here: &Here<'_>, forecast: &Forecast<'_>) -> Markup {
    let (id, number) = (&forecast.campaign.id, forecast.version.version);
    html! {
        nav.row.shows aria-label="How far back" {
            @for days in DAYS {
                a.button href=(here.path(&format!("/campaigns/{id}/forecast?version={number}&days={days}")))
                    aria-current=[(days == forecast.days).then_some("true")] { "Last " (days) " days" }
            }
        }
    }
}

fn doubts(here: &Here<'_>, forecast: &Forecast<'_>) -> Markup {
    let outlook = forecast.outlook(here.now);
    html! { @for doubt in forecast.doubts(here.now) {
        p.notice.doubt role="alert" { @match doubt {
            Doubt::Beyond => {
                strong { "Its budget does not reach." } " At this pace it gives " (count(outlook.whole)) " points until its end, and "
                (count(forecast.left)) " are left" (lasts(here, forecast, outlook)) ". " @if here.may_fill() { "Fill the budget" } @else { "Have the budget filled" } ", or set a \
                    limit of all fans together."
            }
            Doubt::Empty => {
                strong { "Its budget is empty." } " What fans earn is not paid, and is not made up for later: "
                a href=(here.path(&format!("/campaigns/{}#budget", forecast.campaign.id))) { @if here.may_fill() { "fill it" } @else { "have it filled" } } "."
            }
            Doubt::Over => {
                strong { "It is over." } " This version ended " (moment(forecast.version.ends_at)) " UTC: live, it earns nobody anything."
            }
            Doubt::Unknown => {
                strong { "It could not be tried." } " So much was heard in the last " (forecast.days) " days that \
                    judging it takes longer than a page may. Try fewer days."
            }
        } }
    } }
}

/// ", which last until about 3 Jun".
fn lasts(here: &Here<'_>, forecast: &Forecast<'_>, outlook: Outlook) -> String {
    let seconds = i128::from(forecast.left) * i128::from(DAY_SECONDS) / i128::from(outlook.a_day.max(1));
    let begins = forecast.version.starts_at.max(here.now);
    let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    let until = begins.checked_add(seconds).ok();
    until.map(|it| it.strftime(", which last until about %-d %B %Y").to_string()).unwrap_or_default()
}

fn nothing(forecast: &Forecast<'_>) -> Markup {
    html! {
        p.boxed {
            "Nothing was heard of its fans in the last " (forecast.days) " days, so nothing can be said of what it costs. "
            "Whoever wants to be careful sets a limit of all fans together."
        }
    }
}

fn sums(here: &Here<'_>, forecast: &Forecast<'_>, run: &DryRun) -> Markup {
    let outlook = forecast.outlook(here.now);
    let share = |units: i64| (forecast.left > 0).then(|| percent(units, forecast.left));
    let days = (outlook.seconds + DAY_SECONDS - 1) / DAY_SECONDS;
    html! {
        dl.tiles.wide.sums {
            div { dt { "The last " (forecast.days) " days would have cost" } dd { (count(run.units)) }
                @if let Some(share) = share(run.units) { dd.change { "would use " (share) " of the budget left" } } }
            div { dt { "A day, about" } dd { (count(outlook.a_day)) } dd.change { "points" } }
            div { dt { "Until its end, about" } dd.negative[outlook.whole > forecast.left] { (count(outlook.whole)) }
                dd.change { (counted(days, "day", "days")) @if let Some(share) = share(outlook.whole) { ", " (share) " of the budget left" } } }
            div { dt { "Fans who would have earned" } dd { (count(i64::try_from(run.fans).unwrap_or(i64::MAX))) }
                dd.change { (counted(run.judged as i64, "thing", "things")) " judged" } }
        }
        @if forecast.left > 0 {
            meter.budget-share min="0" max="100" high="80" value=(outlook.whole.saturating_mul(100) / forecast.left)
                aria-label="Of the budget left, until its end" {
                (percent(outlook.whole, forecast.left))
            }
        }
        @if let (true, Some((_, last))) = (run.is_cut, run.heard) {
            p.notice role="note" {
                strong { "Only a part was looked at." } " There was more than " (count(run.judged as i64)) " things to judge: what was heard after "
                (moment(last)) " UTC is left out, and the pace is that of the part."
            }
        }
    }
}

fn rules(forecast: &Forecast<'_>, run: &DryRun) -> Markup {
    let columns = [
        Text("Rule"),
        Number("Grants"),
        Number("Points"),
        Number("Of the cost"),
        Text("Earned nothing, and why"),
    ];
    let rows = html! { @for rule in &forecast.version.rules {
        @let of = run.rules.get(&rule.id).cloned().unwrap_or_default();
        tr {
            th.named scope="row" { (rule.said()) " " code.id { (rule.id) } }
            td.number { (count(of.grants as i64)) }
            td.number { (count(of.units)) }
            td.number { (percent(of.units, run.units)) }
            td.wide {
                @if of.withheld.is_empty() { span.muted { "—" } }
                @else { ul.whys {
                    // That a six is no four is no news: it is told last.
                    @for (why, number) in of.withheld.iter().filter(|it| *it.0 != Why::NotMet) {
                        li { (words::why(*why)) ": " (count(*number as i64)) }
                    }
                    @if let Some(number) = of.withheld.get(&Why::NotMet) { li.muted { (words::why(Why::NotMet)) ": " (count(*number as i64)) } }
                } }
            }
        }
    } };
    html! {
        section aria-labelledby="by-rule" {
            h2 #by-rule { "By rule" }
            (table("Cost of rules", &columns, rows))
        }
    }
}

fn until_the_end(here: &Here<'_>, forecast: &Forecast<'_>) -> Markup {
    let outlook = forecast.outlook(here.now);
    let days = (outlook.seconds + DAY_SECONDS - 1) / DAY_SECONDS;
    if days == 0 || outlook.a_day == 0 {
        return html! {};
    }
    let begins = forecast.version.starts_at.max(here.now);
    let step = (days + LINES_MAX - 1) / LINES_MAX;
    let marks = (1..=LINES_MAX).map(|it| (it * step).min(days));
    let mut marks: Vec<i64> = marks.collect();
    marks.dedup();
    let most = forecast.left.max(outlook.whole).max(1);
    let columns = [
        Text("Until (UTC)"),
        Number("Days"),
        Number("Given by then"),
        Number("Budget left"),
        Text("Of the budget"),
    ];
    let rows = html! { @for day in marks {
        @let given = outlook.a_day.saturating_mul(day).min(outlook.whole);
        @let left = forecast.left.saturating_sub(given);
        @let until = begins.checked_add(SignedDuration::from_hours(24 * day)).map_or(forecast.version.ends_at, |it| it.min(forecast.version.ends_at));
        tr {
            th scope="row" { (moment(until)) }
            td.number { (count(day)) }
            td.number { (count(given)) }
            td.number.negative[left < 0] { (count(left)) }
            td.bar { meter min="0" max=(most) high=(forecast.left.max(0)) value=(given) aria-label={ "Given by day " (day) } { (count(given)) } }
        }
    } };
    html! {
        section aria-labelledby="to-come" {
            h2 #to-come { "Until its end, at this pace" }
            p.muted { "The same each day as what was heard came to, from its first moment on. Matches come in \
                seasons: a day of a final is not a day." }
            (table("Days to come", &columns, rows))
        }
    }
}

fn go_live(here: &Here<'_>, forecast: &Forecast<'_>) -> Markup {
    let (campaign, number) = (forecast.campaign, forecast.version.version);
    if !may_change(here, campaign) {
        return html! {};
    }
    if campaign.live_version == Some(number) {
        return html! { p { span.flag.good { "live" } " This version is live." } };
    }
    let doubts = forecast.doubts(here.now);
    let none = Fields::default();
    let form = Filled { fields: &none, mistakes: forecast.mistakes };
    let sure = match doubts.first() {
        Some(Doubt::Beyond) => "I know that the budget does not reach until its end",
        Some(Doubt::Empty) => "I know that its budget is empty",
        Some(Doubt::Over) => "I know that it is over",
        Some(Doubt::Unknown) => "I know that nobody has seen what it costs",
        None => "",
    };
    let button = match campaign.live_version {
        Some(live) => format!("Go live with version {number} in place of {live}"),
        None => format!("Go live with version {number}"),
    };
    html! {
        section.boxed aria-labelledby="go" {
            h2 #go { "Go live" }
            p { "From then on what happens is judged by version " (number) ". What was earned before stays as it is." }
            (form.summary())
            (here.form(&format!("/campaigns/{}/live", campaign.id),
                html! {
                    input type="hidden" name="version" value=(number);
                    input type="hidden" name="days" value=(forecast.days);
                    @if !doubts.is_empty() { (form.tick(Label::new("sure", sure))) }
                },
                html! { button.danger[!doubts.is_empty()].primary[doubts.is_empty()] type="submit" { (button) } }))
        }
    }
}
