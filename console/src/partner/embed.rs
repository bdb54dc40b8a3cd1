//! The code to paste, with the widget itself beside it.

use super::Here;
use super::keys::copied;
use crate::controls::{Choice, Filled, Label, Line};
use crate::form::{Fields, Mistakes};
use maud::{Markup, html};

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

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// Of `#rrggbb`, as a browser's colour picker says it.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#').filter(|it| it.len() == 6 && it.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Colour { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    /// WCAG 2.2's relative luminance.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// WCAG 2.2's contrast ratio, from 1 to 21.
    pub fn contrast(self, other: Colour) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// What WCAG 2.2 asks of text (1.4.3).
const CONTRAST_MIN: f64 = 4.5;

impl Look {
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

    /// What is said of pairs of colours that are hard to read.
    pub fn hard_to_read(&self) -> Vec<String> {
        let tokens = &self.tokens;
        let pair = |text: Option<Colour>, what: &str| {
            let ratio = text?.contrast(tokens.paper?);
            // Cut, not rounded: 4.48 is not 4.5.
            let shown = (ratio * 10.0).floor() / 10.0;
            (ratio < CONTRAST_MIN)
                .then(|| format!("{what} on the background: {shown:.1} to 1, where 4.5 is needed."))
        };
        [pair(tokens.ink, "The text"), pair(tokens.accent, "The accent")].into_iter().flatten().collect()
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
        format!("[crease match=\"{}\"{}]", self.match_id, self.look.attributes())
    }
}

/// The page.
#[derive(Clone, Copy, Debug)]
pub struct Generator<'a> {
    pub code: Code<'a>,
    /// The key was issued a moment ago: this is the only time that it is shown.
    pub is_key_new: bool,
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
    let main = html! {
        h1 { "The code for your page" }
        @if of.is_key_new {
            div.notice.stack {
                p { strong { "Your key, for your pages: " } "it is shown this once. Copy the code below, or keep the key by itself." }
                (copied("key-text", of.code.key, "Copy the key"))
            }
        }
        (filled.summary())
        div.generator {
            form.stack.boxed #look method="get" action=(here.path("/embed")) data-live {
                (filled.radios(Label::new("view", "View"), &View::ALL.map(|it| Choice::new(it.word(), it.word()))))
                (filled.radios(Label::new("theme", "Theme"), &Theme::ALL.map(|it| Choice::new(it.word(), it.word()))))
                (filled.select(Label::new("lang", "Language"), Some("As the page is"),
                    &of.languages.iter().map(|(tag, name)| Choice::new(tag, *name)).collect::<Vec<_>>()))
                (filled.select(Label::new("tone", "Tone").hint("How the commentary is told."), Some("As usual"),
                    &Tone::ALL.map(|it| Choice::new(it.word(), it.word()))))
                fieldset.field {
                    legend { "Colours" }
                    (colour(filled, ("own_paper", "paper"), "Background", "#ffffff"))
                    (colour(filled, ("own_ink", "ink"), "Text", "#16211b"))
                    (colour(filled, ("own_accent", "accent"), "Accent", "#0b6b3a"))
                }
                (filled.line(Label::new("radius", "Corners").hint("In pixels, 0 to 40; empty: as the theme has them."), Line::Number, 2))
                (filled.line(Label::new("match", "Match").hint("The id of a match, mat_… ; the sandbox match while you build."), Line::Text, 40))
                p { button type="submit" { "Show" } }
            }
            div.stack {
                section.shown {
                    h2 { "How it looks" }
                    iframe #preview title="The widget" src=(preview) loading="lazy" {}
                    @for text in &hard { p.notice role="status" { (text) } }
                }
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

/// `usual` is what the picker begins with: about what the light theme has.
fn colour(filled: Filled<'_>, (own, name): (&'static str, &'static str), words: &str, usual: &str) -> Markup {
    let value = filled.fields.text(name);
    html! {
        div.colour {
            input #(own) name=(own) type="checkbox" value="yes" checked[filled.fields.has(own)];
            label for=(own) { (words) }
            input name=(name) type="color" value=(if value.is_empty() { usual } else { value }) aria-label={ (words) " colour" };
        }
    }
}

/// The page in the frame: the widget, on the sandbox match. `nonce` lets its one style in.
#[derive(Clone, Copy, Debug)]
pub struct Preview<'a> {
    pub key: &'a str,
    /// None when this Crease has no sandbox match.
    pub match_id: Option<&'a str>,
    pub look: &'a Look,
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
                style nonce=(of.nonce) { "body { margin: 8px } crease-match { " (look.css().join(" ")) " }" }
                script async src="/v1/crease.js" data-key=(of.key) {}
            }
            body {
                @match of.match_id {
                    Some(id) => { crease-match match=(id) view=(look.view.word()) theme=(look.theme.word()) lang=[(!look.lang.is_empty()).then_some(&look.lang)] tone=[look.tone.map(Tone::word)] {} }
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
        assert!(html.contains("view=\"full\" theme=\"dark\" lang=\"hi\" tone=\"plain\"></crease-match>"), "{html}");
        let react = code(&own).react();
        assert!(react.contains("lang=\"hi\" tone=\"plain\""), "{react}");
        assert!(
            react.contains("style={{ \"--crease-accent\": \"#ffcc00\", \"--crease-radius\": \"0px\" }}"),
            "{react}"
        );
        assert_eq!(
            code(&own).wordpress(),
            "[crease match=\"mat_1\" view=\"full\" theme=\"dark\" lang=\"hi\" tone=\"plain\"]"
        );
        let preview = preview(Preview { key: "k", match_id: Some("mat_1"), look: &own, nonce: "n" }).into_string();
        assert!(preview.contains("lang=\"hi\" tone=\"plain\"></crease-match>"), "{preview}");
    }

    #[test]
    fn what_is_no_colour_or_language_does_not_reach_the_page() {
        let hostile = "#fff}</style><script>";
        let (look, mistakes) =
            look(&[("own_ink", "yes"), ("ink", hostile), ("lang", "\"><b>"), ("tone", "\"><b>"), ("radius", "99")]);
        assert!(mistakes.of("ink").is_some() && mistakes.of("radius").is_some());
        assert_eq!((look.css(), look.lang.as_str(), look.tone), (vec![], "", None));
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let colour = |text| Colour::parse(text).unwrap();
        for (one, two, ratio) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
        ] {
            assert!((colour(one).contrast(colour(two)) - ratio).abs() < 0.01, "{one} {two}");
        }
        let (faint, _) =
            look(&[("own_ink", "yes"), ("ink", "#777777"), ("own_paper", "yes"), ("paper", "#ffffff")]);
        assert_eq!(faint.hard_to_read(), ["The text on the background: 4.4 to 1, where 4.5 is needed."]);
    }
}
