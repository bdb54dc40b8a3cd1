//! One picture: what it shows, what must not be cut off, and who uses it.

use super::{image, label, noun, path, url};
use crate::assets;
use crate::content::{Here, PATH, Tab};
use crate::controls::{Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use crate::layout::csrf_field;
use crate::when;
use cms::media::{ALT_MAX, Asset, CAPTION_MAX, CREDIT_MAX, Description, Focus, Shape};
use cms::rights::may_keep_pictures;
use maud::{Markup, html};

/// Thousandths in a hundredth, which people write.
const THOUSANDTHS: u16 = 10;

/// A document that names the picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub entry: String,
    pub language: String,
    pub title: String,
    /// Of its type: "News card".
    pub noun: &'static str,
    pub by: Uses,
}

/// Where it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uses {
    /// Fans see it.
    Published,
    Draft,
}

/// Why what was pressed was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong<'a> {
    Nothing,
    /// Somebody else has changed it since the form was loaded.
    Clash,
    Said(&'a str),
}

/// What is shown of one.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub asset: &'a Asset,
    pub form: Filled<'a>,
    pub uses: &'a [Use],
    /// Who uploaded it.
    pub made_by: &'a str,
    pub wrong: Wrong<'a>,
}

/// The form of what is said of a picture.
pub fn fields(asset: &Asset) -> Fields {
    let Description { alt, caption, credit, focus } = &asset.description;
    let mut fields = Fields::default();
    fields.set("version", asset.version);
    fields.set("alt", alt);
    fields.set("caption", caption);
    fields.set("credit", credit);
    fields.set("x", hundredths(focus.x));
    fields.set("y", hundredths(focus.y));
    fields
}

/// What a form says of a picture, and which version of it was looked at; or what is to be put right.
pub fn read(form: &Fields) -> Result<(i32, Description), Mistakes> {
    let mut mistakes = Mistakes::default();
    let texts = [("alt", ALT_MAX), ("caption", CAPTION_MAX), ("credit", CREDIT_MAX)];
    for (name, max) in texts {
        if form.text(name).chars().count() > max {
            mistakes.add(name, format!("It has {max} characters at most."));
        }
    }
    let mut place = |name: &'static str| {
        let place = thousandths(form.text(name));
        if place.is_none() {
            mistakes.add(name, "A number from 0 to 100, such as 50 or 33.3.");
        }
        place.unwrap_or_default()
    };
    let focus = Focus { x: place("x"), y: place("y") };
    let text = |name: &str| form.text(name).to_owned();
    let description =
        Description { alt: text("alt"), caption: text("caption"), credit: text("credit"), focus };
    mistakes.unless_any((form.text("version").parse().unwrap_or_default(), description))
}

/// "50", "33.3".
fn hundredths(thousandths: u16) -> String {
    match (thousandths / THOUSANDTHS, thousandths % THOUSANDTHS) {
        (whole, 0) => whole.to_string(),
        (whole, rest) => format!("{whole}.{rest}"),
    }
}

/// Of hundredths with one place behind the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |it: &str, max| (1..=max).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    if !digits(whole, 3) || !digits(rest, 1) {
        return None;
    }
    let thousandths = whole.parse::<u16>().ok()? * THOUSANDTHS + rest.parse::<u16>().ok()?;
    (thousandths <= 1_000).then_some(thousandths)
}

pub fn show(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let asset = shown.asset;
    let may = may_keep_pictures(here.rights.role);
    let main = html! {
        div {
            p.back { a href={ (PATH) "/media" } { "Pictures" } }
            h1 { (label(asset)) }
            p.muted {
                (asset.name) " · " (asset.width) " × " (asset.height) " " (noun(asset.given)) " · " (size(asset.bytes)) " · "
                (shown.made_by) ", " (when(asset.made_at))
            }
        }
        (wrong(shown))
        @if asset.trashed_at.is_some() {
            p.notice { strong { "It is in the trash. " } "It is deleted for good a month after it was thrown away." }
        } @else if asset.description.alt.is_empty() {
            p.notice { strong { "It cannot be published yet: " } "say what it shows, for who does not see it." }
        }
        div.of-picture {
            (pictures(asset))
            @if may && asset.trashed_at.is_none() { (form(here, shown)) } @else { (said(asset)) }
        }
        (uses(shown.uses))
        (files(asset))
        @if may { (fate(here, shown)) }
        script type="module" src=(assets::path("media.js")) {}
    };
    here.page(Tab::Media, label(asset), main)
}

fn wrong(shown: &Shown<'_>) -> Markup {
    html! { @match shown.wrong {
        Wrong::Nothing => {}
        Wrong::Said(text) => p.notice role="alert" { (text) },
        Wrong::Clash => {
            div.notice.stack role="alert" {
                p { strong { "Somebody else has changed it meanwhile. " } "What you wrote is in the form still, and is not saved. What differs:" }
                (differences(shown))
                p { "Save again to have it as you wrote it, or load the page anew to have theirs." }
            }
        }
    } }
}

fn differences(shown: &Shown<'_>) -> Markup {
    let theirs = fields(shown.asset);
    let names = [
        ("alt", "What it shows"),
        ("caption", "Caption"),
        ("credit", "Credit"),
        ("x", "From the left"),
        ("y", "From the top"),
    ];
    html! {
        dl.facts {
            @for (name, label) in names {
                @if theirs.text(name) != shown.form.fields.text(name) {
                    div { dt { (label) ", theirs" } dd { @if theirs.text(name).is_empty() { "nothing" } @else { (theirs.text(name)) } } }
                }
            }
        }
    }
}

/// The whole with the place that matters, and what of it crops show. Where a script runs they follow what is chosen.
fn pictures(asset: &Asset) -> Markup {
    let Focus { x, y } = asset.description.focus;
    let largest = asset.picture(Shape::Whole, url).map(|it| it.fallback);
    html! {
        div.looks data-looks {
            figure {
                div.whole data-focus {
                    (image(asset, Shape::Whole, "(max-width: 60rem) 92vw, 560px"))
                    svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" {
                        line.under x1=(x) x2=(x) y1="0" y2="1000" {}
                        line.under x1="0" x2="1000" y1=(y) y2=(y) {}
                        line x1=(x) x2=(x) y1="0" y2="1000" {}
                        line x1="0" x2="1000" y1=(y) y2=(y) {}
                    }
                }
                figcaption.muted { "The lines cross where nothing is cut off." }
            }
            div.crops {
                @for (shape, name) in [(Shape::Wide, "Wide, 16:9"), (Shape::Square, "Square")] {
                    figure data-crop=(shape.word()) data-src=[largest.as_ref().map(|it| &it.url)] {
                        (image(asset, shape, "280px"))
                        figcaption.muted { (name) }
                    }
                }
            }
        }
    }
}

fn form(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let filled = shown.form;
    let asset = shown.asset;
    let alt = Label::new("alt", "What it shows")
        .hint("For who does not see it, in a sentence: Asha Vale lifts the cup, her team around her. It is needed before it can be published.");
    let place = |name, label| filled.line(Label::new(name, label), Line::Number, 5);
    html! {
        div.stack {
            (filled.summary())
            form.stack.boxed method="post" action=(path(&asset.id)) data-describe {
                (csrf_field(here.who.form_token))
                // The one that is there now: who saves after a clash has seen what differs.
                input type="hidden" name="version" value=(asset.version);
                (filled.lines(alt, 3, ALT_MAX as u16))
                (filled.lines(Label::new("caption", "Caption").hint("What stands below it, where nothing else is said"), 2, CAPTION_MAX as u16))
                (filled.line(Label::new("credit", "Credit").hint("Whose it is: Photo: Ben Oduya"), Line::Text, CREDIT_MAX as u16))
                fieldset {
                    legend { "What must not be cut off" }
                    p.hint { "In hundredths." span data-script hidden { " Or choose it in the picture: click, or use the arrow keys." } }
                    div.pair { (place("x", "From the left")) (place("y", "From the top")) }
                }
                p.row { button.primary type="submit" { "Save" } }
            }
        }
    }
}

/// The same for who may not change it.
fn said(asset: &Asset) -> Markup {
    let Description { alt, caption, credit, .. } = &asset.description;
    let or_none = |it: &str| if it.is_empty() { "—".to_owned() } else { it.to_owned() };
    html! {
        dl.facts {
            @for (name, what) in [("What it shows", alt), ("Caption", caption), ("Credit", credit)] {
                div { dt { (name) } dd { (or_none(what)) } }
            }
        }
    }
}

fn uses(all: &[Use]) -> Markup {
    html! {
        section aria-labelledby="uses" {
            h2 #uses { "Where it is used" }
            @if all.is_empty() { p.muted { "Nowhere." } }
            @else {
                ul.rows {
                    @for it in all {
                        li {
                            div {
                                a href={ (PATH) "/entries/" (it.entry) "?lang=" (it.language) } {
                                    @if it.title.is_empty() { (it.entry) } @else { (it.title) }
                                }
                            }
                            span.muted { (it.noun) ", " (it.language) }
                            @match it.by {
                                Uses::Published => span.flag.good { "fans see it" },
                                Uses::Draft => span.flag.off { "draft" },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn files(asset: &Asset) -> Markup {
    let shapes = [(Shape::Whole, "Whole"), (Shape::Wide, "Wide"), (Shape::Square, "Square")];
    html! {
        details.boxed {
            summary { "Its files" }
            ul.files {
                @for (shape, name) in shapes {
                    @for it in asset.files.iter().filter(|it| it.shape == shape) {
                        li { a href=(url(&it.name)) { (name) ", " (it.width) " × " (it.height) " " (it.format.word()) } " " span.muted { (size(u64::from(it.bytes))) } }
                    }
                }
            }
        }
    }
}

/// Into the trash, or out of it.
fn fate(here: &Here<'_>, shown: &Shown<'_>) -> Markup {
    let asset = shown.asset;
    let (act, words, class) = match asset.trashed_at {
        Some(_) => ("restore", "Take it out of the trash", "primary"),
        None => ("trash", "Throw it away", "danger"),
    };
    let is_shown = shown.uses.iter().any(|it| it.by == Uses::Published);
    html! {
        section.apart {
            @if is_shown && asset.trashed_at.is_none() {
                p.muted { "It cannot be thrown away: fans see it. Take it out of what is published first." }
            } @else {
                form method="post" action={ (path(&asset.id)) "/" (act) } {
                    (csrf_field(here.who.form_token))
                    input type="hidden" name="version" value=(asset.version);
                    button class=(class) type="submit" { (words) }
                }
            }
        }
    }
}

/// "1.2 MB", "340 KB".
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, asset, here};
    use cms::rights::{Rights, Role};

    fn page(role: Role, asset: &Asset, typed: &Fields, uses: &[Use], wrong: Wrong<'_>) -> String {
        let mistakes = Mistakes::default();
        let form = Filled { fields: typed, mistakes: &mistakes };
        let shown = Shown { asset, form, uses, made_by: HOSTILE, wrong };
        show(&here(&Rights::all(role)), &shown).into_string()
    }

    fn used(by: Uses) -> Use {
        Use {
            entry: "ent_1".to_owned(),
            language: "hi".to_owned(),
            title: HOSTILE.to_owned(),
            noun: "News card",
            by,
        }
    }

    #[test]
    fn what_is_said_of_it_is_read_back() {
        let asset = asset();
        assert_eq!(read(&fields(&asset)).unwrap(), (asset.version, asset.description.clone()));
        for (text, expected) in [
            ("0", Some(0)),
            ("50", Some(500)),
            ("33.3", Some(333)),
            ("33,3", Some(333)),
            ("100", Some(1_000)),
            ("100.0", Some(1_000)),
            ("100.1", None),
            ("", None),
            ("-1", None),
            ("5.25", None),
            ("1000", None),
            ("left", None),
        ] {
            assert_eq!(thousandths(text), expected, "{text}");
            let mut fields = fields(&asset);
            fields.set("x", text);
            assert_eq!(read(&fields).is_err_and(|it| it.of("x").is_some()), expected.is_none(), "{text}");
        }
        let mut fields = fields(&asset);
        fields.set("alt", "a".repeat(ALT_MAX + 1));
        assert!(read(&fields).unwrap_err().of("alt").is_some());
    }

    #[test]
    fn who_comes_late_sees_what_differs_and_keeps_the_own_words() {
        let asset = asset();
        let mut mine = fields(&asset);
        mine.set("alt", "Mine");
        mine.set("version", asset.version - 1);
        let page = page(Role::Editor, &asset, &mine, &[], Wrong::Clash);
        assert!(page.contains("What it shows, theirs") && page.contains(&asset.description.alt), "{page}");
        assert!(!page.contains("Caption, theirs") && page.contains("\nMine</textarea>"), "{page}");
        let version = format!("name=\"version\" value=\"{}\"", asset.version);
        assert!(page.contains(&version) && page.matches("name=\"version\"").count() == 2, "{page}");
    }

    #[test]
    fn what_fans_see_is_not_offered_to_be_thrown_away() {
        let asset = asset();
        let page = |role, uses: &[Use]| page(role, &asset, &fields(&asset), uses, Wrong::Nothing);
        let free = page(Role::Editor, &[used(Uses::Draft)]);
        assert!(free.contains("/med_1/trash\"") && !free.contains("<script>alert"), "{free}");
        assert!(free.contains("href=\"/console/content/entries/ent_1?lang=hi\""));
        assert!(!page(Role::Editor, &[used(Uses::Published)]).contains("/med_1/trash\""));
        let viewer = page(Role::Viewer, &[]);
        assert!(!viewer.contains("method=\"post\" action=\"/console/content"), "{viewer}");
    }

    #[test]
    fn sizes_are_for_people() {
        for (bytes, expected) in
            [(12, "12 bytes"), (1_001, "2 KB"), (999_999, "1000 KB"), (1_250_000, "1.2 MB")]
        {
            assert_eq!(size(bytes), expected);
        }
    }
}
