//! Products, whose vouchers fans have for points: the list with its figures, one with its codes, and the form of its terms.

use super::campaigns::{id, of_whom, whose};
use super::draft::{moment as moment_typed, typed};
use super::{Here, NAME_MAX, Tab, moment, percent, title};
use crate::controls::{Choice, Filled, Label, Line};
use crate::finance::money::count;
use crate::finance::table::Column::{Number, Text};
use crate::finance::table::{facts, pager, table};
use crate::form::{Fields, Mistakes};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use rewards::product::{Between, Codes, Product, State, Terms};
use rewards::voucher::Figures;

const DIGITS_MAX: u16 = 15;
const DESCRIPTION_MAX: u16 = 2_000;
/// Characters of codes that are pasted: as many as come at once, with their ends.
const CSV_MAX: u32 = 4_000_000;
/// Codes that come at once, as the domain takes them.
pub const CODES_MAX: usize = 50_000;
/// In hundredths of all that there ever were, what is little.
const LITTLE: i64 = 10;
/// A product is planned for so long at first.
const HOURS_AT_FIRST: i64 = 24 * 90;

/// A product with where its vouchers are.
#[derive(Clone, Debug)]
pub struct Row {
    pub product: Product,
    pub figures: Figures,
    /// The name of its organisation; none: it is for all fans.
    pub organisation: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub found: &'a [Row],
    /// Whether it is not the first page.
    pub after: Option<&'a str>,
    pub next: Option<&'a str>,
}

/// How much there is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is not sold, or there is enough.
    Fine,
    Little,
    None,
}

impl Row {
    pub fn level(&self, now: Timestamp) -> Level {
        let Figures { made, in_stock, .. } = self.figures;
        match in_stock {
            _ if !self.product.is_on_sale(now) => Level::Fine,
            ..=0 => Level::None,
            left if left.saturating_mul(100) <= made.saturating_mul(LITTLE) => Level::Little,
            _ => Level::Fine,
        }
    }
}

pub fn list(here: &Here<'_>, list: &List<'_>) -> Markup {
    let main = html! {
        div.line {
            (title(here, "Vouchers"))
            @if here.may_act() { a.button.primary href=(here.path("/products/new")) { "New product" } }
        }
        @if list.found.is_empty() {
            div.boxed.empty {
                p { "There is no product in these books yet." }
                p.muted { "A product is what a voucher is for: a coffee, a shirt, a month of the app. Fans have \
                    it for points, open it, and somebody redeems its code." }
            }
        } @else { (listed(here, list.found)) }
        (pager(list.after.map(|_| here.path("/products")), list.next.map(|it| here.path(&format!("/products?after={it}")))))
    };
    here.page(Tab::Vouchers, "Vouchers", main)
}

fn flag(product: &Product, now: Timestamp) -> Markup {
    match product.state {
        State::Draft => html! { span.flag.off { "draft" } },
        State::OnSale if now < product.terms.valid_from => html! { span.flag { "on sale, not begun" } },
        State::OnSale if now >= product.terms.valid_until => html! { span.flag.off { "over" } },
        State::OnSale => html! { span.flag.good { "on sale" } },
        State::Paused => html! { span.flag { "paused" } },
        State::Over => html! { span.flag.off { "over" } },
    }
}

fn level(row: &Row, now: Timestamp) -> Markup {
    match row.level(now) {
        Level::Fine => html! {},
        Level::Little => html! { " " span.flag { "little left" } },
        Level::None => html! { " " span.flag.bad { "sold out" } },
    }
}

fn listed(here: &Here<'_>, found: &[Row]) -> Markup {
    let mut columns = vec![
        Text("Product"),
        Text("State"),
        Number("In stock"),
        Number("Points"),
        Number("Made"),
        Number("Reserved"),
        Number("Held"),
        Number("Claimed"),
        Number("Redeemed"),
        Number("Expired"),
    ];
    if !here.is_partner() {
        columns.push(Text("Whose fans"));
    }
    columns.push(Text("Good until (UTC)"));
    let rows = html! { @for row in found {
        @let Row { product, figures, organisation } = row;
        tr {
            th.named scope="row" { a href=(here.path(&format!("/products/{}", product.id))) { (product.terms.name) } }
            td { (flag(product, here.now)) }
            td.number { (count(figures.in_stock)) (level(row, here.now)) }
            td.number { (product.terms.price.map_or_else(|| "—".to_owned(), count)) }
            @let rest = [figures.reserved, figures.held, figures.claimed, figures.redeemed, figures.expired];
            td.number { (count(figures.made)) }
            @for it in rest { td.number { (count(it)) } }
            @if !here.is_partner() { td { (whose(organisation.as_deref())) } }
            td { (moment(product.terms.valid_until)) }
        }
    } };
    table("Products", &columns, rows)
}

/// The form as it is first shown: of a product, or of a new one.
pub fn form(product: Option<&Product>, now: Timestamp) -> Fields {
    let mut fields = Fields::default();
    let Some(Product { terms, version, .. }) = product else {
        fields.set("whose", "all");
        fields.set("codes", "made");
        let minute = Timestamp::from_second(now.as_second() / 60 * 60).unwrap_or(now);
        fields.set("from", typed(minute));
        fields.set("until", typed(minute + SignedDuration::from_hours(HOURS_AT_FIRST)));
        return fields;
    };
    let digits = |it: Option<i64>| it.map(|it| it.to_string()).unwrap_or_default();
    fields.set("version", version);
    fields.set("name", &terms.name);
    fields.set("description", &terms.description);
    fields.set("price", digits(terms.price));
    fields.set("fan-max", digits(terms.fan_max.map(i64::from)));
    fields.set("fan-day-max", digits(terms.fan_day_max.map(i64::from)));
    fields.set("from", typed(terms.valid_from));
    fields.set("until", typed(terms.valid_until));
    fields.set("seconds", digits(terms.claim_seconds));
    for (name, is_so) in [("transferable", terms.between.transferable), ("tradable", terms.between.tradable)]
    {
        fields.set(name, if is_so { "yes" } else { "" });
    }
    fields
}

/// The terms that a form says, or what is to be put right. `codes` is where codes come from, which a product keeps.
pub fn read(form: &Fields, codes: Option<Codes>) -> Result<Terms, Mistakes> {
    let mut mistakes = Mistakes::default();
    let name = form.text("name");
    if !(1..=usize::from(NAME_MAX)).contains(&name.chars().count()) || name.contains('\0') {
        mistakes.add("name", format!("Give it a name, of 1 to {NAME_MAX} characters."));
    }
    let description = form.text("description").replace('\r', "");
    if description.chars().count() > usize::from(DESCRIPTION_MAX) || description.contains('\0') {
        mistakes.add("description", format!("A description has {DESCRIPTION_MAX} characters at most."));
    }
    let mut at = |name: &'static str| {
        let at = moment_typed(form.text(name));
        if at.is_none() {
            mistakes.add(name, "Choose a day and a time of it, such as 2026-11-30T18:00.");
        }
        at.unwrap_or(Timestamp::UNIX_EPOCH)
    };
    let (valid_from, valid_until) = (at("from"), at("until"));
    if mistakes.of("from").is_none() && mistakes.of("until").is_none() && valid_from >= valid_until {
        mistakes.add("until", "It is over before it begins.");
    }
    let chosen = codes.or_else(|| Codes::of(form.text("codes")));
    if chosen.is_none() {
        mistakes.add("codes", "Choose where codes come from.");
    }
    let terms = Terms {
        name: name.to_owned(),
        description,
        price: form.number("price", 1..=1_000_000_000, &mut mistakes),
        fan_max: form.number("fan-max", 1..=1_000_000, &mut mistakes),
        fan_day_max: form.number("fan-day-max", 1..=1_000_000, &mut mistakes),
        valid_from,
        valid_until,
        claim_seconds: form.number("seconds", 1..=10 * 365 * 86_400, &mut mistakes),
        between: Between { transferable: form.has("transferable"), tradable: form.has("tradable") },
        codes: chosen.unwrap_or(Codes::Made),
    };
    mistakes.unless_any(terms)
}

fn terms(form: Filled<'_>) -> Markup {
    let number = |name: &str, label: &str, hint: &str| {
        form.line(Label::new(name, label).hint(hint), Line::Number, DIGITS_MAX)
    };
    html! {
        (form.line(Label::new("name", "Name").hint("Fans read it: A flat white at Blue Tokai"), Line::Text, NAME_MAX))
        (form.lines(Label::new("description", "Description").hint("Fans read it: what they get, where, and what not"), 3, DESCRIPTION_MAX))
        div.columns {
            (number("price", "Price in points", "Empty: it is not sold for points"))
            (number("fan-max", "A fan buys at most", "Empty: as many as there are"))
            (number("fan-day-max", "And in a day of UTC", ""))
        }
        div.columns {
            (form.line(Label::new("from", "Good from (UTC)"), Line::Moment, 32))
            (form.line(Label::new("until", "Good until (UTC)").hint("All of its vouchers are over then, whoever \
                has them"), Line::Moment, 32))
        }
        (number("seconds", "Seconds that a code is good after it was shown", "900 is a quarter of an hour; empty: \
            as long as the product is"))
        (form.tick(Label::new("transferable", "Fans may give it to each other")))
        (form.tick(Label::new("tradable", "It may be traded on a market")))
    }
}

/// The form that makes one.
pub fn new(here: &Here<'_>, form: Filled<'_>) -> Markup {
    let codes = [
        Choice::new("made", "They are made here, and redeemed here"),
        Choice::new(
            "imported",
            if here.is_partner() {
                "They are yours: you honour them"
            } else {
                "They are a partner's, who honours them"
            },
        ),
    ];
    let main = html! {
        (title(here, "New product"))
        div.narrow {
            (form.summary())
            (here.form("/products/new",
                html! {
                    (id(form))
                    (of_whom(here, form, "Who can have it"))
                    (form.radios(Label::new("codes", "Where codes come from").hint("It stays so"), &codes))
                    (terms(form))
                },
                html! { button.primary type="submit" { "Make it, as a draft" } }))
        }
    };
    here.page(Tab::Vouchers, "New product", main)
}

/// One, with its forms as they were filled in.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub row: &'a Row,
    /// Of its terms.
    pub terms: Filled<'a>,
    /// Of codes that are added, with `key`, under which it is done however often it is sent.
    pub codes: Filled<'a>,
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let row = shown.row;
    let (product, name) = (&row.product, row.product.terms.name.as_str());
    let main = html! {
        div {
            (title(here, name))
            p { (flag(product, here.now)) (level(row, here.now)) @if !here.is_partner() { " for " (whose(row.organisation.as_deref())) } " · " code.id { (product.id) } }
        }
        (warning(here, row))
        (figures(row))
        (selling(here, product))
        section aria-labelledby="terms" {
            h2 #terms { "Terms" }
            (told(here, product))
            @if here.may_act() && product.state != State::Over {
                details.boxed open[!shown.terms.mistakes.is_empty()] {
                    summary { "Change them" }
                    p.hint { "What fans have bought they have. Where codes come from stays as it is." }
                    (shown.terms.summary())
                    (here.form(&format!("/products/{}", product.id),
                        html! { input type="hidden" name="version" value=(shown.terms.fields.text("version")); (terms(shown.terms)) },
                        html! { button.primary type="submit" { "Change the terms" } }))
                }
            }
        }
        @if here.may_act() && product.state != State::Over {
            section aria-labelledby="codes-name" {
                h2 #codes-name { "Add codes" }
                (add(here, product, shown.codes))
            }
        }
    };
    here.page(Tab::Vouchers, name, main)
}

fn warning(here: &Here<'_>, row: &Row) -> Markup {
    let at = &row.figures;
    html! { @match row.level(here.now) {
        Level::Fine => {}
        Level::Little => { p.notice role="alert" {
            strong { "Little is left. " } (count(at.in_stock)) " of " (count(at.made)) " can be had: add codes." } }
        Level::None => { p.notice role="alert" { strong { "It is sold out. " } "Fans see it, and cannot have it: \
            add codes, or pause it." } }
    } }
}

fn figures(row: &Row) -> Markup {
    let it = &row.figures;
    let all = [
        ("In stock", it.in_stock, "to be had"),
        ("Reserved", it.reserved, "fans are buying"),
        ("Held", it.held, "not opened yet"),
        ("Claimed", it.claimed, "opened, good still"),
        ("Redeemed", it.redeemed, "used"),
        ("Expired", it.expired, "over"),
    ];
    html! {
        dl.tiles.wide.sums.stock {
            div { dt { "Made" } dd { (count(it.made)) } dd.change { "codes, ever" } }
            @for (name, number, said) in all {
                div { dt { (name) } dd { (count(number)) } dd.change { (said) @if it.made > 0 && number > 0 { ", " (percent(number, it.made)) } } }
            }
        }
    }
}

fn selling(here: &Here<'_>, product: &Product) -> Markup {
    let (state, name, class) = match product.state {
        State::Over => return html! {},
        State::OnSale => ("paused", "Pause it: none is sold", "danger"),
        State::Draft | State::Paused => ("on-sale", "Put it on sale", "primary"),
    };
    here.form(
        &format!("/products/{}/state", product.id),
        html! { input type="hidden" name="state" value=(state); },
        html! { button class=(class) type="submit" { (name) } },
    )
}

fn told(here: &Here<'_>, product: &Product) -> Markup {
    let terms = &product.terms;
    let or_none = |it: Option<i64>| it.map_or_else(|| "no limit".to_owned(), count);
    let price =
        terms.price.map_or_else(|| "not sold for points".to_owned(), |it| format!("{} points", count(it)));
    let between = match (terms.between.transferable, terms.between.tradable) {
        (true, true) => "given to others, and traded",
        (true, false) => "given to others",
        (false, true) => "traded",
        (false, false) => "neither given to others nor traded",
    };
    let codes = match terms.codes {
        Codes::Made => "made here, and redeemed here",
        Codes::Imported if here.is_partner() => "yours: you honour them",
        Codes::Imported => "a partner's",
    };
    facts(&[
        ("Price", html! { (price) }),
        (
            "A fan buys",
            html! { "ever: " (or_none(terms.fan_max.map(i64::from))) ", in a day: " (or_none(terms.fan_day_max.map(i64::from))) },
        ),
        ("Good (UTC)", html! { (moment(terms.valid_from)) " – " (moment(terms.valid_until)) }),
        (
            "A shown code",
            html! { @match terms.claim_seconds { Some(it) => { "is good for " (count(it)) " seconds" } None => { "is good as long as the product is" } } },
        ),
        ("Between fans", html! { (between) }),
        ("Codes", html! { (codes) }),
        (
            "Description",
            html! { @if terms.description.is_empty() { span.muted { "none" } } @else { (terms.description) } },
        ),
    ])
}

fn add(here: &Here<'_>, product: &Product, form: Filled<'_>) -> Markup {
    let most = count(CODES_MAX as i64);
    let (rest, key) = (format!("/products/{}/codes", product.id), form.fields.text("key"));
    let key = html! { input type="hidden" name="key" value=(key); };
    let form_of_codes = match product.terms.codes {
        Codes::Made => {
            let hint = format!("1 to {most} at once. Each is one voucher in stock.");
            let field = form.line(Label::new("count", "How many").hint(&hint), Line::Number, DIGITS_MAX);
            let button = html! { button.primary type="submit" { "Make codes" } };
            here.form(&rest, html! { (key) (field) }, button)
        }
        Codes::Imported => {
            let whose = if here.is_partner() { "Your codes" } else { "The partner's codes" };
            let hint = format!("One a line, {most} at most. All of them are taken in, or none.");
            let file =
                Label::new("file", "Or a file with them").hint("CSV or text of one column, 4 MB at most");
            let fields = html! {
                (key)
                (form.long_lines(Label::new("csv", whose).hint(&hint), 8, CSV_MAX))
                (form.file(file, ".csv,.txt,text/csv,text/plain"))
            };
            let button = html! { button.primary type="submit" { "Take in these codes" } };
            here.form_with_file(&rest, fields, button)
        }
    };
    html! {
        div.boxed.codes-form {
            (form.summary())
            (form_of_codes)
        }
    }
}
