//! Markets as operators watch them: how each stands, the depth of one, its fills, what is stuck, and what can be done about it.

use super::{Here, Tab, WHY_MAX, moment, title};
use crate::controls::{Choice, Filled, Label, Line};
use crate::finance::at;
use crate::finance::money::count;
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::{facts, table};
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};
use rewards::exchange::listing::{State, Terms};
use rewards::exchange::{Around, Best, Collar, Last, Price, Shown as Rests, Stuck, Trade};

const DIGITS_MAX: u16 = 10;
/// Levels of each side that are shown.
const LEVELS: usize = 20;

/// A market with its figures.
#[derive(Clone, Debug)]
pub struct Row {
    /// "mkt_…"
    pub id: String,
    /// "prd_…", and its name.
    pub product: String,
    pub name: String,
    pub state: State,
    pub terms: Terms,
    pub bid: Option<u32>,
    pub ask: Option<u32>,
    pub last: Option<Last>,
    /// Units and points since midnight (UTC).
    pub units_today: i64,
    pub points_today: i64,
    pub open_orders: i64,
    /// Units that rest on each side.
    pub bids: i64,
    pub asks: i64,
    pub stuck: i64,
    /// The process that writes it; none for now.
    pub holder: Option<String>,
}

impl Row {
    fn spread(&self) -> Option<u32> {
        Some(self.ask?.saturating_sub(self.bid?))
    }
}

fn flag(row: &Row) -> Markup {
    html! {
        @match row.state {
            State::Open => { span.flag.good { "open" } }
            State::Halted => { span.flag.bad { "halted" } }
            State::Closed => { span.flag.off { "closed" } }
        }
        @if row.holder.is_none() && row.state != State::Closed { " " span.flag { "nobody writes it" } }
    }
}

fn points(it: Option<u32>) -> String {
    it.map_or_else(|| "—".to_owned(), |it| count(i64::from(it)))
}

/// All of these books, the newest first; those where something is stuck are named above them.
pub fn list(here: &Here<'_>, found: &[Row]) -> Markup {
    let stuck: i64 = found.iter().map(|it| it.stuck).sum();
    let main = html! {
        div.line {
            (title(here, "Markets"))
            @if here.may_act() { a.button.primary href=(here.path("/markets/new")) { "New market" } }
        }
        @if stuck > 0 {
            p.notice role="alert" {
                strong { @if stuck == 1 { "1 settlement is stuck." } @else { (count(stuck)) " settlements are stuck." } }
                " The ledger refuses them for now, mostly since a wallet is frozen. They are tried again by themselves; "
                "see why on the market's page."
            }
        }
        @if found.is_empty() {
            div.boxed.empty {
                p { "There is no market in these books yet." }
                p.muted { "On a market fans sell each other vouchers for points, by price and time. A product \
                    whose terms say that it may be traded can have one." }
            }
        } @else { (listed(here, found)) }
    };
    here.page(Tab::Markets, "Markets", main)
}

fn listed(here: &Here<'_>, found: &[Row]) -> Markup {
    let columns = [
        Text("Market of"),
        Text("State"),
        Number("Bid"),
        Number("Ask"),
        Number("Spread"),
        Number("Last"),
        Number("Units today"),
        Number("Points today"),
        Number("Open orders"),
        Number("Stuck"),
    ];
    let rows = html! { @for row in found {
        tr {
            th.named scope="row" { a href=(here.path(&format!("/markets/{}", row.id))) { (row.name) } }
            td { (flag(row)) }
            td.number { (points(row.bid)) }
            td.number { (points(row.ask)) }
            td.number { (points(row.spread())) }
            td.number { (points(row.last.map(|it| it.price))) }
            td.number { (count(row.units_today)) }
            td.number { (count(row.points_today)) }
            td.number { (count(row.open_orders)) }
            td.number.negative[row.stuck > 0] { (count(row.stuck)) }
        }
    } };
    table("Markets", &columns, rows)
}

/// One, with all that is seen of it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub row: &'a Row,
    /// None where whoever writes it does not answer.
    pub best: Option<&'a Best>,
    /// The newest first.
    pub trades: &'a [Trade],
    pub stuck: &'a [Stuck],
    /// Of what is done about it, as it was filled in.
    pub form: Filled<'a>,
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let row = shown.row;
    let main = html! {
        div {
            (title(here, &row.name))
            p { (flag(row)) " · " code.id { (row.id) } " · " a href=(here.path(&format!("/products/{}", row.product))) { "the product" } }
        }
        @if row.state == State::Halted {
            p.notice role="alert" { strong { "It is halted." } " Orders rest, and may be cancelled; nothing else \
                is taken until it is reopened." }
        }
        (sums(row))
        section aria-labelledby="depth" {
            h2 #depth { "Depth" }
            @match shown.best { Some(best) => { (depth(best)) } None => { p.notice { "Whoever writes this market \
                does not answer at the moment: its depth is not known. Load the page again." } } }
        }
        (stuck(here, shown))
        section aria-labelledby="fills" {
            h2 #fills { "Recent fills" }
            (trades(shown.trades))
        }
        (acts(here, shown))
        section aria-labelledby="rules" {
            h2 #rules { "Rules" }
            (rules(row))
        }
    };
    here.page(Tab::Markets, &row.name, main)
}

fn sums(row: &Row) -> Markup {
    html! {
        dl.tiles.wide.sums {
            div { dt { "Bid" } dd { (points(row.bid)) } dd.change { (count(row.bids)) " units rest" } }
            div { dt { "Ask" } dd { (points(row.ask)) } dd.change { (count(row.asks)) " units rest" } }
            div { dt { "Spread" } dd { (points(row.spread())) } dd.change { "points" } }
            div { dt { "Last" } dd { (points(row.last.map(|it| it.price))) } @if let Some(last) = row.last { dd.change { (moment(last.at)) } } }
            div { dt { "Units today" } dd { (count(row.units_today)) } dd.change { "for " (count(row.points_today)) " points" } }
            div { dt { "Open orders" } dd { (count(row.open_orders)) } dd.change { "resting" } }
        }
    }
}

fn depth(best: &Best) -> Markup {
    let most = best.bids.iter().chain(&best.asks).take(LEVELS * 2).map(|it| it.1).max().unwrap_or(0).max(1);
    if best.bids.is_empty() && best.asks.is_empty() {
        return html! { p.muted { "Nothing rests in it." } };
    }
    html! {
        div.sides {
            (side("Bids", "What fans would buy, the highest first", &best.bids, most))
            (side("Asks", "What fans would sell, the lowest first", &best.asks, most))
        }
    }
}

fn side(name: &str, said: &str, levels: &[Rests], most: u64) -> Markup {
    let columns = [Number("Points"), Number("Units"), Text("Beside the largest")];
    let rows = html! { @for (price, units) in levels.iter().take(LEVELS) {
        tr {
            th.number scope="row" { (count(i64::from(*price))) }
            td.number { (count(i64::try_from(*units).unwrap_or(i64::MAX))) }
            td.bar { meter min="0" max=(most) value=(units) aria-label={ (units) " units at " (price) " points" } { (units) } }
        }
    } };
    html! {
        div.side {
            h3 { (name) } p.hint { (said) }
            @if levels.is_empty() { p.muted { "Nothing." } } @else { (table(name, &columns, rows)) }
            @if levels.len() > LEVELS { p.hint { (levels.len() - LEVELS) " more levels." } }
        }
    }
}

fn trades(trades: &[Trade]) -> Markup {
    if trades.is_empty() {
        return html! { p.muted { "Nothing was traded yet." } };
    }
    let columns = [Text("Time (UTC)"), Number("Points"), Number("Units"), Text("Who came")];
    let rows = html! { @for it in trades {
        tr {
            th scope="row" { (at(it.at)) }
            td.number { (count(i64::from(it.price))) }
            td.number { (count(i64::from(it.quantity))) }
            td { @if it.side_word() == "buy" { "a buyer" } @else { "a seller" } }
        }
    } };
    table("Fills, the newest first", &columns, rows)
}

fn stuck(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    if shown.stuck.is_empty() {
        return html! {};
    }
    let columns = [
        Text("Since (UTC)"),
        Number("Command"),
        Number("Points"),
        Number("Units"),
        Text("Why"),
        Text("Tried last (UTC)"),
    ];
    let rows = html! { @for it in shown.stuck {
        tr {
            th scope="row" { (at(it.since)) }
            td.number { (count(it.seq)) }
            td.number { (points(it.price)) }
            td.number { (points(it.quantity)) }
            td.wide { (it.reason) }
            td { (at(it.tried_at)) }
        }
    } };
    html! {
        section aria-labelledby="stuck" {
            h2 #stuck { "Stuck settlements" }
            p.muted { "The ledger refuses these for now. What else touches their orders waits behind them; all \
                others go on. They are tried again by themselves." }
            (table("What is stuck", &columns, rows))
            (here.form(&format!("/markets/{}/try", shown.row.id), html! {}, html! { button type="submit" { "Try them now" } }))
        }
    }
}

/// Each in a fold of its own, with why.
fn acts(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let (row, form) = (shown.row, shown.form);
    if !here.may_act() || row.state == State::Closed {
        return html! {};
    }
    let is_wrong = |name: &str| form.mistakes.of(name).is_some();
    let why = |name: &str| form.line(Label::new(name, "Why").hint("For the log"), Line::Text, WHY_MAX);
    let reference = Label::new("reference", "New centre of the collar, points").hint("Empty: as it was");
    html! {
        section aria-labelledby="acts" {
            h2 #acts { "What can be done" }
            (form.summary())
            @if row.state == State::Open {
                details.boxed open[is_wrong("halt-why")] {
                    summary { "Halt it" }
                    p { "Orders rest, and nothing but cancelling is taken until it is reopened." }
                    (here.form(&format!("/markets/{}/halt", row.id), why("halt-why"), html! { button.danger type="submit" { "Halt the market" } }))
                }
            } @else {
                details.boxed open[is_wrong("reopen-why") || is_wrong("reference")] {
                    summary { "Reopen it" }
                    (here.form(&format!("/markets/{}/reopen", row.id),
                        html! { (why("reopen-why")) @if row.terms.collar.is_some() { (form.line(reference, Line::Number, DIGITS_MAX)) } },
                        html! { button.primary type="submit" { "Reopen the market" } }))
                }
            }
            details.boxed open[is_wrong("close-why") || is_wrong("sure")] {
                summary { "Close it for good" }
                p { "All orders are cancelled, and what was held for them is free. A market that is closed is \
                    never opened again." }
                (here.form(&format!("/markets/{}/close", row.id),
                    html! { (why("close-why")) (form.tick(Label::new("sure", "I know that it is never opened again"))) },
                    html! { button.danger type="submit" { "Close the market for good" } }))
            }
        }
    }
}

fn rules(row: &Row) -> Markup {
    let terms = &row.terms;
    let number = |it: u32| count(i64::from(it));
    facts(&[
        (
            "Prices",
            html! { (number(terms.low)) " to " (number(terms.high)) " points, " (number(terms.tick)) " apart" },
        ),
        (
            "Quantities",
            html! { "multiples of " (number(terms.lot)) ", " (number(terms.quantity_max)) " at most" },
        ),
        (
            "Collar",
            html! { @match terms.collar {
                None => { "none" }
                Some(it) => {
                    (hundredths(it.basis_points)) " % around "
                    @if it.around == Around::LastFill { "the last fill, at first " }
                    (number(it.reference.points()))
                }
            } },
        ),
        (
            "A fan",
            html! { (number(terms.fan_orders_max)) " orders at once, " (number(terms.fan_minute_max)) " a minute" },
        ),
        (
            "Written by",
            html! { @match &row.holder { Some(it) => { code.id { (it) } } None => { span.muted { "nobody for now" } } } },
        ),
    ])
}

/// "12.5" of 1,250.
fn hundredths(number: u32) -> String {
    match number % 100 {
        0 => (number / 100).to_string(),
        part => format!("{}.{part:02}", number / 100).trim_end_matches('0').to_owned(),
    }
}

/// The form of a new one, as it is first shown.
pub fn form() -> Fields {
    let usual = Terms::USUAL;
    let mut fields = Fields::default();
    let numbers = [
        ("low", usual.low),
        ("tick", usual.tick),
        ("high", usual.high),
        ("lot", usual.lot),
        ("quantity-max", usual.quantity_max),
        ("fan-orders-max", usual.fan_orders_max),
        ("fan-minute-max", usual.fan_minute_max),
    ];
    for (name, number) in numbers {
        fields.set(name, number);
    }
    fields
}

/// The rules that a form says, or what is to be put right.
pub fn read(form: &Fields) -> Result<Terms, Mistakes> {
    let mut mistakes = Mistakes::default();
    let mut number = |name: &'static str, most: u32| {
        let number = form.number(name, 1..=most, &mut mistakes);
        if !form.has(name) {
            mistakes.add(name, "Enter a number.");
        }
        number.unwrap_or(1)
    };
    let (low, tick, high) =
        (number("low", 10_000_000), number("tick", 10_000_000), number("high", 10_000_000));
    let (lot, quantity_max) = (number("lot", 1_000_000), number("quantity-max", 1_000_000));
    let (fan_orders_max, fan_minute_max) =
        (number("fan-orders-max", 10_000), number("fan-minute-max", 10_000));
    if mistakes.is_empty() && high < low {
        mistakes.add("high", "The highest price is below the lowest.");
    }
    if mistakes.is_empty() && quantity_max < lot {
        mistakes.add("quantity-max", "It is less than the lot.");
    }
    let around = match form.text("collar") {
        "reference" => Some(Around::Reference),
        "last-fill" => Some(Around::LastFill),
        _ => None,
    };
    let collar = around.and_then(|around| {
        let reference = form.number::<u32>("collar-reference", 1..=10_000_000, &mut mistakes);
        let percent = form.number::<u32>("collar-percent", 1..=100, &mut mistakes);
        for name in ["collar-reference", "collar-percent"] {
            if !form.has(name) {
                mistakes.add(name, "Enter a number.");
            }
        }
        Some(Collar { around, reference: Price::new(reference?)?, basis_points: percent? * 100 })
    });
    let terms =
        Terms { low, tick, high, lot, quantity_max, collar, fan_orders_max, fan_minute_max, ..Terms::USUAL };
    mistakes.unless_any(terms)
}

/// The form that makes one; `products` may be traded, by their ids.
pub fn new(here: &Here<'_>, products: &[Choice], form: Filled<'_>) -> Markup {
    let number = |name: &str, label: &str, hint: &str| {
        form.line(Label::new(name, label).hint(hint), Line::Number, DIGITS_MAX)
    };
    let collars = [
        Choice::new("reference", "Around a price that you set"),
        Choice::new("last-fill", "Around the last fill"),
    ];
    let main = html! {
        (title(here, "New market"))
        @if products.is_empty() {
            p.boxed { "No product can have one. " a href=(here.path("/products")) { "Products" } " whose terms \
                say that they may be traded, and that have no market yet, are offered here." }
        } @else {
            p.muted { "Its rules hold for as long as it does." }
            div.narrow {
                (form.summary())
                (here.form("/markets/new",
                    html! {
                        (form.select(Label::new("product", "Product"), Some("Choose …"), products))
                        div.columns.four {
                            (number("low", "Lowest price", "Points"))
                            (number("high", "Highest price", ""))
                            (number("tick", "Prices are apart", ""))
                        }
                        div.columns.four {
                            (number("lot", "Lot", "Units: quantities are multiples of it"))
                            (number("quantity-max", "Most of one order", ""))
                        }
                        div.columns.four {
                            (number("fan-orders-max", "Orders of a fan at once", ""))
                            (number("fan-minute-max", "Orders of a fan a minute", ""))
                        }
                        (form.select(Label::new("collar", "Collar").hint("How far prices may be from a centre"), Some("None"), &collars))
                        div.columns.four.collar {
                            (number("collar-reference", "Centre at first, points", ""))
                            (number("collar-percent", "Percent around it", ""))
                        }
                    },
                    html! { button.primary type="submit" { "Make the market" } }))
            }
        }
    };
    here.page(Tab::Markets, "New market", main)
}
