//! A draft as fans would see it: the real widget on the sandbox match, with what is written now in the place of what is published; and links by
//! which somebody outside sees the same, until they end.

use super::{Here, PATH, Tab};
use crate::controls::{Choice, Filled, Label, Line};
use crate::layout::{Area, Page, csrf_field};
use crate::partner::embed::{Colour, Theme};
use crate::{Fields, when};
use cms::entry::Entry;
use cms::rights::{Act, Rights};
use cms::{Language, Problem};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

/// The types that a widget shows: others are opened from these, or are for programs.
const SHOWN: [&str; 8] =
    ["match-preview", "news-card", "banner", "promo-card", "player", "theme", "flag", "globals"];
/// For how long a link is good, in hours.
pub const HOURS: [(i64, &str); 3] = [(24, "a day"), (72, "three days"), (168, "a week")];
const PARTNER_MAX: u16 = 120;

/// How wide the widget's page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Phone,
    Tablet,
    Desktop,
}

impl Width {
    pub const ALL: [Width; 3] = [Width::Phone, Width::Tablet, Width::Desktop];

    pub const fn word(self) -> &'static str {
        match self {
            Width::Phone => "phone",
            Width::Tablet => "tablet",
            Width::Desktop => "desktop",
        }
    }

    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Width::Phone)
    }
}

/// A link that was just made.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    pub url: &'a str,
    pub ends_at: Timestamp,
}

/// A draft, and how it is looked at.
#[derive(Clone, Copy)]
pub struct Previewed<'a> {
    pub entry: &'a Entry,
    pub language: &'a Language,
    /// What it is called.
    pub title: &'a str,
    /// What keeps it from being published.
    pub problems: &'a [Problem],
    /// Languages that it is written in.
    pub languages: &'a [String],
    /// Themes of the newsroom, by id and name.
    pub themes: &'a [(String, String)],
    pub width: Width,
    /// As it was asked for, for the form and the frame.
    pub form: Filled<'a>,
    pub link: Option<Link<'a>>,
}

/// The address of it.
pub fn path(entry: &str, language: &str) -> String {
    format!("{PATH}/preview?entry={entry}&lang={language}")
}

pub fn page(here: &Here<'_>, of: &Previewed<'_>) -> Markup {
    let kind = of.entry.kind.facts;
    let frame = format!("{PATH}/preview/frame?{}", of.form.fields.to_query());
    let main = html! {
        div {
            p.back { a href={ (PATH) "/entries/" (of.entry.id) "?lang=" (of.language) } { (of.title) } }
            h1 { "Preview" }
            p.muted { (kind.noun) ", " (of.language) ", as it is written now. Fans see nothing of it by this." }
        }
        (made(of))
        @if !SHOWN.contains(&kind.name) {
            p.notice { (kind.plural) " are not shown by a widget itself: they open from what leads to them. The widget is as fans have it now." }
        }
        @if !of.problems.is_empty() {
            section.notice aria-labelledby="lacks" {
                h2 #lacks { "It cannot be published yet" }
                ul { @for it in of.problems { li { (it.to_string()) } } }
            }
        }
        (of.form.summary())
        (choices(of))
        div class={ "framed " (of.width.word()) } { iframe #preview title="The widget with the draft" src=(frame) {} }
        (share(here, of))
    };
    here.page(Tab::Entries, "Preview", main)
}

fn choices(of: &Previewed<'_>) -> Markup {
    let themes: Vec<Choice> = of.themes.iter().map(|(id, name)| Choice::new(id, name)).collect();
    let languages: Vec<Choice> = of.languages.iter().map(|it| Choice::new(it, it)).collect();
    let partner = Label::new("partner", "On the page of");
    html! {
        form.filters method="get" action={ (PATH) "/preview" } {
            input type="hidden" name="entry" value=(of.entry.id);
            (of.form.select(Label::new("lang", "Language"), None, &languages))
            (of.form.select(Label::new("theme", "By"), None, &[
                Choice::new("auto", "day or night"), Choice::new("light", "day"), Choice::new("dark", "night"),
            ]))
            (of.form.select(Label::new("look", "Theme"), Some("as fans have it"), &themes))
            (of.form.select(Label::new("width", "Width"), None, &Width::ALL.map(|it| Choice::new(it.word(), it.word()))))
            (of.form.select(Label::new("view", "View"), None, &["card", "full", "compact"].map(|it| Choice::new(it, it))))
            (of.form.line(partner, Line::Text, PARTNER_MAX))
            button type="submit" { "Show" }
        }
        p.hint { "A partner is named by its id or its whole name; empty: a page of nobody's." }
    }
}

fn made(of: &Previewed<'_>) -> Markup {
    html! { @if let Some(link) = of.link {
        section.notice.stack role="status" {
            p { strong { "The link, shown this once: " } "whoever has it sees the draft as it is then, until " (when(link.ends_at)) "." }
            p { code #link { (link.url) } }
        }
    } }
}

fn share(here: &Here<'_>, of: &Previewed<'_>) -> Markup {
    let main = &of.entry.main_language;
    let may = |act: Act, rights: &Rights| rights.check(act, of.entry.kind, of.language, main).is_ok();
    let hidden = html! {
        (csrf_field(here.who.form_token))
        input type="hidden" name="entry" value=(of.entry.id);
        input type="hidden" name="lang" value=(of.language);
    };
    html! {
        @if may(Act::Preview, here.rights) {
            section.apart.stack aria-labelledby="share" {
                h2 #share { "For somebody outside" }
                form.row method="post" action={ (PATH) "/preview/link" } {
                    (hidden)
                    label for="hours" { "A link that is good for" }
                    select #hours name="hours" { @for (hours, name) in HOURS { option value=(hours) { (name) } } }
                    button type="submit" { "Make a link" }
                }
                @if here.rights.check(Act::Write, of.entry.kind, main, main).is_ok() {
                    form method="post" action={ (PATH) "/preview/end" } {
                        (hidden)
                        button.quiet type="submit" { "End all links to this entry" }
                    }
                }
            }
        }
    }
}

/// What somebody outside sees by a link: the widget, and nothing of the newsroom.
pub fn seen(frame: &str, ends_at: Timestamp) -> Markup {
    let main = html! {
        h1 { "Preview" }
        p.muted { "A draft, as it is written now: it is not published. This link ends on " (when(ends_at)) "." }
        div.framed.desktop { iframe #preview title="The widget with the draft" src=(frame) {} }
    };
    Page { title: "Preview", area: Area::Shown, say: "", main }.render()
}

/// Custom properties of a widget as a theme of the newsroom has them, so far as its draft says colours.
pub fn css(theme: &Value, shown: Theme) -> String {
    let names = [
        ("ground", "paper"),
        ("text", "ink"),
        ("quiet", "ink-soft"),
        ("accent", "accent"),
        ("on_accent", "on-accent"),
    ];
    let colours = |of: &str| -> String {
        let colour = |name: &str| Colour::parse(theme[of][name].as_str()?);
        let said =
            names.iter().filter_map(|(name, own)| Some(format!(" --crease-{own}: {};", colour(name)?)));
        format!("crease-match {{{} }}", said.collect::<String>())
    };
    let radius = theme["radius_px"].as_u64().unwrap_or_default().min(40);
    let radius = format!("crease-match {{ --crease-radius: {radius}px; }}");
    match shown {
        Theme::Light => format!("{radius} {}", colours("light")),
        Theme::Dark => format!("{radius} {}", colours("dark")),
        Theme::Auto => {
            let (light, dark) = (colours("light"), colours("dark"));
            format!("{radius} {light} @media (prefers-color-scheme: dark) {{ {dark} }}")
        }
    }
}

/// The form of a first look.
pub fn fields(entry: &str, language: &str, asked: &Fields) -> Fields {
    let mut fields = Fields::default();
    fields.set("entry", entry);
    fields.set("lang", language);
    fields.set("width", Width::of(asked.text("width")).word());
    for (name, usual, all) in
        [("theme", "auto", ["auto", "light", "dark"]), ("view", "card", ["card", "full", "compact"])]
    {
        let word = asked.text(name);
        fields.set(name, if all.contains(&word) { word } else { usual });
    }
    for name in ["look", "partner"] {
        if asked.has(name) {
            fields.set(name, asked.text(name));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mistakes;
    use crate::content::newsroom::testing::{HOSTILE, here, now};
    use cms::rights::Role;
    use cms::schema::kind;
    use serde_json::json;

    fn drawn(role: Role, of: &str) -> String {
        let english = Language::parse("en").unwrap();
        let entry = Entry {
            id: "ent_1".to_owned(),
            kind: kind(of).unwrap(),
            key: None,
            main_language: english.clone(),
            made_by: "usr_1".to_owned(),
            made_at: now(),
            trashed_at: None,
        };
        let asked =
            Fields::of([("theme", "dark"), ("width", HOSTILE), ("partner", HOSTILE), ("view", "full")]);
        let (fields, mistakes) = (fields("ent_1", "en", &asked), Mistakes::default());
        let previewed = Previewed {
            entry: &entry,
            language: &english,
            title: HOSTILE,
            problems: &[],
            languages: &["en".to_owned()],
            themes: &[("ent_2".to_owned(), HOSTILE.to_owned())],
            width: Width::Phone,
            form: Filled { fields: &fields, mistakes: &mistakes },
            link: None,
        };
        page(&here(&Rights::all(role)), &previewed).into_string()
    }

    #[test]
    fn what_is_chosen_goes_to_the_frame_and_names_stay_texts() {
        let page = drawn(Role::Editor, "banner");
        assert!(page.contains("preview/frame?entry=ent_1&amp;lang=en&amp;width=phone&amp;theme=dark&amp;view=full&amp;partner="), "{page}");
        assert!(!page.contains("<script>alert") && !page.contains("not shown by a widget"), "{page}");
        assert!(drawn(Role::Editor, "article").contains("not shown by a widget"));
    }

    #[test]
    fn links_are_made_and_ended_by_who_may() {
        for (role, makes, ends) in
            [(Role::Viewer, false, false), (Role::Translator, true, false), (Role::Editor, true, true)]
        {
            let page = drawn(role, "banner");
            assert_eq!(page.contains("/preview/link\""), makes, "{}", role.word());
            assert_eq!(page.contains("/preview/end\""), ends, "{}", role.word());
        }
    }

    #[test]
    fn a_theme_is_colours_and_nothing_else() {
        let theme = json!({ "light": { "ground": "#ffffff", "text": "red; } body { display: none" }, "dark": { "ground": "#000000" }, "radius_px": 8 });
        assert_eq!(
            css(&theme, Theme::Light),
            "crease-match { --crease-radius: 8px; } crease-match { --crease-paper: #ffffff; }"
        );
        assert_eq!(
            css(&theme, Theme::Auto),
            "crease-match { --crease-radius: 8px; } crease-match { --crease-paper: #ffffff; } \
             @media (prefers-color-scheme: dark) { crease-match { --crease-paper: #000000; } }"
        );
    }
}
