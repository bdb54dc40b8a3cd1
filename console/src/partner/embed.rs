//! The code to paste, with the widget itself beside it.

mod colour;

pub use colour::Colour;

use super::Here;
use super::keys::copied;
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use crate::layout::csrf_field;
use colour::{DARK, LIGHT, Usual, complaint};
use maud::{Markup, html};
use partners::Permission;

/// How a widget looks, as far as a page says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub view: View,
    pub theme: Theme,
    /// A BCP 47 tag of a language that the widget speaks; empty: the page's.
    pub lang: String,
    /// None: the widget's usual one.
    pub tone: Option<Tone>,
    /// Colours and corners that are not the theme's own.
    pub tokens: Tokens,
}

/// A view of the widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Compact,
    Card,
    Full,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

/// How the commentary is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
}

impl View {
    const ALL: [View; 3] = [View::Compact, View::Card, View::Full];

    pub const fn word(self) -> &'static str {
        match self {
            View::Compact => "compact",
            View::Card => "card",
            View::Full => "full",
        }
    }
}

impl Theme {
    const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    pub const fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Tone {
    const ALL: [Tone; 1] = [Tone::Plain];

    pub const fn word(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
        }
    }
}

/// The custom properties that a page gives the widget; a missing one is the theme's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub paper: Option<Colour>,
    pub ink: Option<Colour>,
    pub accent: Option<Colour>,
    /// Corners, in pixels.
    pub radius: Option<u8>,
}

impl Look {
    /// As it is where nothing is said.
    pub const USUAL: Look = Look {
        view: View::Card,
        theme: Theme::Auto,
        lang: String::new(),
        tone: None,
        tokens: Tokens { paper: None, ink: None, accent: None, radius: None },
    };

    /// Of a form or a query; what is not said, or is no choice, is as it usually is. `languages` are those that the widget speaks.
    pub fn parse(fields: &Fields, languages: &[(&str, &str)]) -> (Look, Mistakes) {
        let mut mistakes = Mistakes::default();
        let mut colour = |tick: &str, name: &'static str| {
            let text = if fields.has(tick) { fields.text(name) } else { "" };
            let parsed = Colour::parse(text);
            if parsed.is_none() && !text.is_empty() {
                mistakes.add(name, "A colour is written #rrggbb.");
            }
            parsed
        };
        let (paper, ink, accent) =
            (colour("own_paper", "paper"), colour("own_ink", "ink"), colour("own_accent", "accent"));
        let radius = fields.number("radius", 0..=40, &mut mistakes);
        let lang = fields.text("lang");
        let look = Look {
            view: View::ALL.into_iter().find(|it| it.word() == fields.text("view")).unwrap_or(View::Card),
            theme: Theme::ALL.into_iter().find(|it| it.word() == fields.text("theme")).unwrap_or(Theme::Auto),
            lang: if languages.iter().any(|it| it.0 == lang) { lang.to_owned() } else { String::new() },
            tone: Tone::ALL.into_iter().find(|it| it.word() == fields.text("tone")),
            tokens: Tokens { paper, ink, accent, radius },
        };
        (look, mistakes)
    }

    /// The custom properties as declarations of CSS, one a line.
    pub fn css(&self) -> Vec<String> {
        let tokens = &self.tokens;
        let colours = [("paper", tokens.paper), ("ink", tokens.ink), ("accent", tokens.accent)];
        let colours = colours.iter().filter_map(|(name, it)| Some(format!("--crease-{name}: {};", (*it)?)));
        let radius = tokens.radius.map(|it| format!("--crease-radius: {it}px;"));
        colours.chain(radius).collect()
    }

    /// What is said of pairs of colours that are hard to read, in each theme that fans may see: what is chosen holds in all of them, beside
    /// what the theme has of its own.
    pub fn hard_to_read(&self) -> Vec<String> {
        let themes: &[Usual] = match self.theme {
            Theme::Auto => &[LIGHT, DARK],
            Theme::Light => &[LIGHT],
            Theme::Dark => &[DARK],
        };
        let Tokens { paper, ink, accent, .. } = self.tokens;
        let mut said = Vec::new();
        for usual in themes {
            let pairs = [
                ("The text", ink, usual.ink),
                ("The lesser text", None, usual.soft),
                ("The accent", accent, usual.accent),
            ];
            for (what, chosen, own) in pairs {
                let place = match (chosen, paper) {
                    (None, None) => continue,
                    (Some(_), Some(_)) => String::new(),
                    _ => format!(", in the {} theme", usual.theme),
                };
                let ground = paper.unwrap_or(usual.paper);
                // A pair that is chosen is the same in both themes.
                said.extend(
                    complaint(what, chosen.unwrap_or(own), ground, &place).filter(|it| !said.contains(it)),
                );
            }
        }
        said
    }

    /// Attributes of the element, with a blank before each.
    fn attributes(&self) -> String {
        let theme = if self.theme == Theme::Auto {
            String::new()
        } else {
            format!(" theme=\"{}\"", self.theme.word())
        };
        let lang = if self.lang.is_empty() { String::new() } else { format!(" lang=\"{}\"", self.lang) };
        let tone = self.tone.map_or_else(String::new, |it| format!(" tone=\"{}\"", it.word()));
        format!(" view=\"{}\"{theme}{lang}{tone}", self.view.word())
    }
}

/// What the code is made from.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// Where Crease is: `https://crease.example`.
    pub origin: &'a str,
    /// The key's text where it was just issued, else its first characters and "…".
    pub key: &'a str,
    pub match_id: &'a str,
    pub look: &'a Look,
}

impl Code<'_> {
    /// For any page.
    pub fn html(&self) -> String {
        let css = self.look.css();
        let style = if css.is_empty() {
            String::new()
        } else {
            format!("<style>crease-match {{ {} }}</style>\n", css.join(" "))
        };
        format!(
            "<script async src=\"{}/v1/crease.js\" data-key=\"{}\"></script>\n{style}<crease-match match=\"{}\"{}></crease-match>",
            self.origin,
            self.key,
            self.match_id,
            self.look.attributes()
        )
    }

    /// For React, with the npm package.
    pub fn react(&self) -> String {
        let css = self.look.css();
        let style = if css.is_empty() {
            String::new()
        } else {
            let pairs = css.iter().filter_map(|it| it.trim_end_matches(';').split_once(": "));
            let pairs: Vec<String> = pairs.map(|(name, value)| format!("\"{name}\": \"{value}\"")).collect();
            format!(" style={{{{ {} }}}}", pairs.join(", "))
        };
        format!(
            "import {{ load }} from \"crease-match\";\nimport {{ CreaseMatch }} from \"crease-match/react\";\n\n\
             load({{ host: \"{}\", key: \"{}\" }});\n\n\
             <CreaseMatch match=\"{}\"{}{style} />",
            self.origin,
            self.key,
            self.match_id,
            self.look.attributes()
        )
    }

    /// For WordPress, with the plug-in.
    pub fn wordpress(&self) -> String {
        let Tokens { paper, ink, accent, radius } = self.look.tokens;
        let colours = [("paper", paper), ("ink", ink), ("accent", accent)];
        let colours = colours.iter().filter_map(|(name, it)| Some(format!(" {name}=\"{}\"", (*it)?)));
        let tokens: String = colours.chain(radius.map(|it| format!(" radius=\"{it}\""))).collect();
        format!("[crease match=\"{}\"{}{tokens}]", self.match_id, self.look.attributes())
    }
}

/// What the page knows of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All of its text: it was issued a moment ago, and forms carry it from one showing to the next.
    Whole,
    /// Its first characters, which is all that is kept.
    Prefix,
    /// There is none for pages that works.
    Nothing,
}

/// The page.
#[derive(Clone, Copy, Debug)]
pub struct Generator<'a> {
    pub code: Code<'a>,
    /// What the page knows of the key.
    pub known: Known,
    /// Languages that the widget speaks: tag and own name.
    pub languages: &'a [(&'a str, &'a str)],
    /// What was asked, for the preview.
    pub fields: &'a Fields,
    pub mistakes: &'a Mistakes,
}

pub fn page(here: Here<'_>, of: Generator<'_>) -> Markup {
    let filled = Filled { fields: of.fields, mistakes: of.mistakes };
    let preview = format!("/console/preview?{}", of.fields.to_query());
    let hard = of.code.look.hard_to_read();
    let is_whole = of.known == Known::Whole;
    let main = html! {
        h1 { "The code for your page" }
        @if is_whole {
            div.notice.stack {
                p { strong { "Your key, for your pages: " } "it is shown this once. Copy the code below, or keep the key by itself." }
                (copied("key-text", of.code.key, "Copy the key"))
            }
        }
        (filled.summary())
        div.generator {
            // The key is never in an address: as long as the page knows all of it, it travels in the form.
            form.stack.boxed #look method=(if is_whole { "post" } else { "get" }) action=(here.path("/embed")) data-live {
                @if is_whole {
                    (csrf_field(here.person.csrf))
                    input type="hidden" name="key" value=(of.code.key);
                }
                (filled.radios(Label::new("view", "View"), &View::ALL.map(|it| Choice::new(it.word(), it.word()))))
                (filled.radios(Label::new("theme", "Theme"), &Theme::ALL.map(|it| Choice::new(it.word(), it.word()))))
                (filled.select(Label::new("lang", "Language"), Some("As the page is"),
                    &of.languages.iter().map(|(tag, name)| Choice::new(tag, *name)).collect::<Vec<_>>()))
                (filled.select(Label::new("tone", "Tone").hint("How the commentary is told."), Some("As usual"),
                    &Tone::ALL.map(|it| Choice::new(it.word(), it.word()))))
                fieldset.field {
                    legend { "Colours" }
                    (colour(filled, ("own_paper", "paper"), "Background", LIGHT.paper))
                    (colour(filled, ("own_ink", "ink"), "Text", LIGHT.ink))
                    (colour(filled, ("own_accent", "accent"), "Accent", LIGHT.accent))
                }
                (filled.line(Label::new("radius", "Corners").hint("In pixels, 0 to 40; empty: as the theme has them."), Line::Number, 2))
                (filled.line(Label::new("match", "Match").hint("The id of a match, mat_… ; the sandbox match while you build."), Line::Text, 40))
                p { button type="submit" { "Show" } }
                @if is_whole { p.hint { "Your key stays in the code while you choose." } }
            }
            div.stack {
                section.shown {
                    h2 { "How it looks" }
                    iframe #preview title="The widget" src=(preview) loading="lazy" {}
                    @for text in &hard { p.notice role="status" { (text) } }
                }
                (lacking(here, of))
                section {
                    h2 { "HTML" }
                    p.muted { "The first line once a page, the last wherever the match belongs." }
                    (copied("code-html", &of.code.html(), "Copy the HTML"))
                }
                details {
                    summary { "React" }
                    (copied("code-react", &of.code.react(), "Copy the React code"))
                }
                details {
                    summary { "WordPress" }
                    p.muted { "With the plug-in, whose settings take the key." }
                    (copied("code-wordpress", &of.code.wordpress(), "Copy the shortcode"))
                }
            }
        }
    };
    here.page("Embed", main)
}

/// Said above code that cannot be pasted as it is. Where this tab's script still has the key, it puts it in and takes this away.
fn lacking(here: Here<'_>, of: Generator<'_>) -> Markup {
    let new_key = html! {
        @if here.place.may(Permission::Build) { " " a href=(here.path("/keys/new")) { "Make a key for your pages" } "." }
    };
    html! {
        @match of.known {
            Known::Whole => {}
            Known::Prefix => {
                p.notice #key-lacking {
                    "Write your own key where " code { (of.code.key) } " stands: it was shown once, when it was made, and we do not have the rest."
                    (new_key)
                }
            }
            Known::Nothing => {
                p.notice { "There is no key for your pages yet; the code needs one where " code { (of.code.key) } " stands." (new_key) }
            }
        }
    }
}

/// `usual` is what the picker begins with: what the light theme has.
fn colour(
    filled: Filled<'_>,
    (own, name): (&'static str, &'static str),
    words: &str,
    usual: Colour,
) -> Markup {
    let value = filled.fields.text(name);
    html! {
        div.colour {
            input #(own) name=(own) type="checkbox" value="yes" checked[filled.fields.has(own)];
            label for=(own) { (words) }
            input name=(name) type="color" value=(Colour::parse(value).unwrap_or(usual)) aria-label={ (words) " colour" };
        }
    }
}

/// The page in the frame: the widget, on the sandbox match. `nonce` lets its one style in; `css` is ours, and has nothing in it that anybody typed.
#[derive(Clone, Copy, Debug)]
pub struct Preview<'a> {
    pub key: &'a str,
    /// None when this Crease has no sandbox match.
    pub match_id: Option<&'a str>,
    pub look: &'a Look,
    /// Of a draft that stands in for what is published.
    pub draft: Option<&'a str>,
    /// Beside what the look says.
    pub css: &'a str,
    pub nonce: &'a str,
}

pub fn preview(of: Preview<'_>) -> Markup {
    let look = of.look;
    let scheme = match look.theme {
        Theme::Auto => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    html! {
        (maud::DOCTYPE)
        html lang=(if look.lang.is_empty() { "en" } else { &look.lang }) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(scheme);
                title { "Preview" }
                style nonce=(of.nonce) { "body { margin: 8px } crease-match { " (look.css().join(" ")) " } " (maud::PreEscaped(of.css)) }
                script async src="/v1/crease.js" data-key=(of.key) {}
            }
            body {
                @match of.match_id {
                    Some(id) => { crease-match match=(id) view=(look.view.word()) theme=(look.theme.word()) lang=[(!look.lang.is_empty()).then_some(&look.lang)] tone=[look.tone.map(Tone::word)] preview=[of.draft] {} }
                    None => { p { "There is no sandbox match here to show it with." } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: &[(&str, &str)] = &[("en", "English"), ("hi", "हिन्दी")];

    fn look(fields: &[(&str, &str)]) -> (Look, Mistakes) {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Look::parse(&Fields::parse(&query), LANGUAGES)
    }

    #[test]
    fn the_code_says_what_was_chosen_and_nothing_more() {
        let (plain, mistakes) = look(&[]);
        assert!(mistakes.is_empty());
        let code =
            |look| Code { origin: "https://crease.example", key: "crs_pk_live_x", match_id: "mat_1", look };
        assert_eq!(
            code(&plain).html(),
            "<script async src=\"https://crease.example/v1/crease.js\" data-key=\"crs_pk_live_x\"></script>\n\
             <crease-match match=\"mat_1\" view=\"card\"></crease-match>"
        );
        let (own, _) = look(&[
            ("view", "full"),
            ("theme", "dark"),
            ("lang", "hi"),
            ("tone", "plain"),
            ("own_accent", "yes"),
            ("accent", "#ffcc00"),
            ("paper", "#111111"),
            ("radius", "0"),
        ]);
        let html = code(&own).html();
        assert!(
            html.contains("<style>crease-match { --crease-accent: #ffcc00; --crease-radius: 0px; }</style>"),
            "{html}"
        );
        assert!(
            html.contains("view=\"full\" theme=\"dark\" lang=\"hi\" tone=\"plain\"></crease-match>"),
            "{html}"
        );
        let react = code(&own).react();
        assert!(react.contains("lang=\"hi\" tone=\"plain\""), "{react}");
        assert!(
            react.contains("style={{ \"--crease-accent\": \"#ffcc00\", \"--crease-radius\": \"0px\" }}"),
            "{react}"
        );
        assert_eq!(
            code(&own).wordpress(),
            "[crease match=\"mat_1\" view=\"full\" theme=\"dark\" lang=\"hi\" tone=\"plain\" accent=\"#ffcc00\" radius=\"0\"]"
        );
        let preview = preview(Preview {
            key: "k",
            match_id: Some("mat_1"),
            look: &own,
            draft: None,
            css: "",
            nonce: "n",
        })
        .into_string();
        assert!(preview.contains("lang=\"hi\" tone=\"plain\"></crease-match>"), "{preview}");
    }

    #[test]
    fn what_is_no_colour_or_language_does_not_reach_the_page() {
        let hostile = "#fff}</style><script>";
        let (look, mistakes) = look(&[
            ("own_ink", "yes"),
            ("ink", hostile),
            ("lang", "\"><b>"),
            ("tone", "\"><b>"),
            ("radius", "99"),
        ]);
        assert!(mistakes.of("ink").is_some() && mistakes.of("radius").is_some());
        assert_eq!((look.css(), look.lang.as_str(), look.tone), (vec![], "", None));
    }

    #[test]
    fn what_is_chosen_is_read_beside_what_the_themes_have() {
        let check = |fields: &[(&str, &str)], expected: &[&str]| {
            let chosen = |name: &&str| ["paper", "ink", "accent"].contains(name);
            let own: Vec<_> =
                fields.iter().map(|it| it.0).filter(chosen).map(|it| format!("own_{it}")).collect();
            let ticked = own.iter().map(|it| (it.as_str(), "yes"));
            let (look, _) = look(&fields.iter().copied().chain(ticked).collect::<Vec<_>>());
            assert_eq!(look.hard_to_read(), expected, "{fields:?}");
        };
        check(&[], &[]);
        check(
            &[("theme", "light"), ("ink", "#777777"), ("paper", "#ffffff")],
            &["The text on the background: 4.4 to 1, where 4.5 is needed."],
        );
        // The one colour that is chosen meets the theme's own.
        check(
            &[("theme", "light"), ("ink", "#ffffff")],
            &["The text on the background, in the light theme: 1.0 to 1, where 4.5 is needed."],
        );
        check(&[("theme", "dark"), ("ink", "#ffffff")], &[]);
        check(
            &[("theme", "dark"), ("accent", "#0b6b4a")],
            &["The accent on the background, in the dark theme: 2.7 to 1, where 4.5 is needed."],
        );
        check(
            &[("theme", "light"), ("paper", "#999999")],
            &[
                "The lesser text on the background, in the light theme: 2.2 to 1, where 4.5 is needed.",
                "The accent on the background, in the light theme: 2.2 to 1, where 4.5 is needed.",
            ],
        );
        // Each fan sees one of two.
        check(
            &[("ink", "#ffffff")],
            &["The text on the background, in the light theme: 1.0 to 1, where 4.5 is needed."],
        );
        check(
            &[("ink", "#777777"), ("paper", "#ffffff"), ("accent", "#0b6b4a")],
            &[
                "The text on the background: 4.4 to 1, where 4.5 is needed.",
                "The lesser text on the background, in the dark theme: 2.3 to 1, where 4.5 is needed.",
            ],
        );
    }
}
