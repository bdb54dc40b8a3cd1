//! Form controls with their label, hint and mistake tied together for every reader (WCAG 2.2: 1.3.1, 3.3.1, 3.3.2).

use crate::form::{Fields, Mistakes};
use maud::{Markup, html};

/// Choices as short as this stand beside each other on a phone.
const SHORT_LENGTH_MAX: usize = 11;

/// A form as last filled in, with what was wrong.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    pub fields: &'a Fields,
    pub mistakes: &'a Mistakes,
}

/// A control's name and words. The hint may be empty.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: &'a str,
}

impl<'a> Label<'a> {
    pub fn new(name: &'a str, label: &'a str) -> Self {
        Label { name, label, hint: "" }
    }

    pub fn hint(self, hint: &'a str) -> Self {
        Label { hint, ..self }
    }
}

/// What can be typed into a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Text,
    Number,
    Date,
    /// A day and a time of it.
    Moment,
    /// Never shown back.
    Secret,
    Email,
    /// The password of an account, never shown back.
    Password,
    /// One that is chosen now: browsers offer to make one, and to keep it.
    NewPassword,
    /// The name of a person.
    Name,
    /// An address of the web.
    Url,
    /// A code that is good once.
    Code,
}

impl Line {
    /// The control's type, its keyboard, and what browsers may fill it with (HTML Standard §4.10.18.7).
    const fn attributes(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Line::Text => ("text", None, "off"),
            Line::Number => ("text", Some("numeric"), "off"),
            Line::Date => ("date", None, "off"),
            Line::Moment => ("datetime-local", None, "off"),
            Line::Secret => ("password", None, "off"),
            Line::Email => ("email", None, "username"),
            Line::Password => ("password", None, "current-password"),
            Line::NewPassword => ("password", None, "new-password"),
            Line::Name => ("text", None, "name"),
            Line::Url => ("text", Some("url"), "off"),
            Line::Code => ("text", None, "one-time-code"),
        }
    }

    const fn is_shown_back(self) -> bool {
        !matches!(self, Line::Secret | Line::Password | Line::NewPassword)
    }
}

/// A choice of a list: its value and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub text: String,
}

impl Choice {
    pub fn new(value: impl ToString, text: impl Into<String>) -> Self {
        Choice { value: value.to_string(), text: text.into() }
    }
}

impl Filled<'_> {
    /// One line of text, at most `length_max` characters.
    pub fn line(self, label: Label<'_>, line: Line, length_max: u16) -> Markup {
        let (input_type, mode, fill) = line.attributes();
        let value = line.is_shown_back().then(|| self.fields.raw(label.name));
        self.around(
            label,
            html! {
                input #(label.name) name=(label.name) type=(input_type) inputmode=[mode] value=[value] maxlength=(length_max)
                    autocomplete=(fill) spellcheck="false" aria-describedby=[self.described(label)]
                    aria-invalid=[self.invalid(label)];
            },
        )
    }

    /// Several lines of text.
    pub fn lines(self, label: Label<'_>, rows: u8, length_max: u16) -> Markup {
        self.long_lines(label, rows, u32::from(length_max))
    }

    /// The same, of a file that is pasted.
    pub fn long_lines(self, label: Label<'_>, rows: u8, length_max: u32) -> Markup {
        self.around(
            label,
            html! {
                textarea #(label.name) name=(label.name) rows=(rows) maxlength=(length_max) spellcheck="false"
                    autocomplete="off" aria-describedby=[self.described(label)] aria-invalid=[self.invalid(label)] {
                    // A line feed right after the tag is dropped by browsers, so one of ours protects the text's own.
                    "\n" (self.fields.raw(label.name))
                }
            },
        )
    }

    /// A file, of the kinds that browsers are to offer; what was chosen is not shown back.
    pub fn file(self, label: Label<'_>, kinds: &str) -> Markup {
        self.around(
            label,
            html! {
                input #(label.name) name=(label.name) type="file" accept=(kinds) aria-describedby=[self.described(label)]
                    aria-invalid=[self.invalid(label)];
            },
        )
    }

    /// One of a list; `none` is what an empty choice is called, where it may be empty.
    pub fn select(self, label: Label<'_>, none: Option<&str>, choices: &[Choice]) -> Markup {
        let chosen = self.fields.text(label.name);
        self.around(
            label,
            html! {
                select #(label.name) name=(label.name) aria-describedby=[self.described(label)]
                    aria-invalid=[self.invalid(label)] {
                    @if let Some(none) = none { option value="" { (none) } }
                    @for choice in choices {
                        option value=(choice.value) selected[choice.value == chosen] { (choice.text) }
                    }
                }
            },
        )
    }

    /// A box to tick; its value is "yes".
    pub fn tick(self, label: Label<'_>) -> Markup {
        html! {
            div.field.tick {
                input #(label.name) name=(label.name) type="checkbox" value="yes" checked[self.fields.has(label.name)]
                    aria-describedby=[self.described(label)];
                label for=(label.name) { (label.label) }
                (self.aside(label))
            }
        }
    }

    /// One of a few, all in view.
    pub fn radios(self, label: Label<'_>, choices: &[Choice]) -> Markup {
        let chosen = self.fields.text(label.name);
        let short = choices.iter().all(|it| it.text.chars().count() <= SHORT_LENGTH_MAX);
        html! {
            fieldset.field.radios #(label.name) aria-describedby=[self.described(label)] {
                legend { (label.label) }
                (self.aside(label))
                div.options.short[short] {
                    @for choice in choices {
                        label {
                            input type="radio" name=(label.name) value=(choice.value) checked[choice.value == chosen];
                            span { (choice.text) }
                        }
                    }
                }
            }
        }
    }

    /// All that is wrong, above the form: read first, with links to the fields.
    pub fn summary(self) -> Markup {
        html! {
            @if !self.mistakes.is_empty() {
                // Focus goes to it where the page is loaded, without a script too (HTML Standard §6.6.7).
                div.mistakes role="alert" tabindex="-1" autofocus {
                    p { strong { "Not done yet:" } }
                    ul {
                        @for mistake in self.mistakes.iter() {
                            li {
                                @if mistake.field.is_empty() { (mistake.text) }
                                @else { a href={ "#" (mistake.field) } { (mistake.text) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn around(self, label: Label<'_>, control: Markup) -> Markup {
        html! {
            div.field {
                label for=(label.name) { (label.label) }
                (self.aside(label))
                (control)
            }
        }
    }

    fn aside(self, label: Label<'_>) -> Markup {
        html! {
            @if !label.hint.is_empty() { p.hint id={ (label.name) "-hint" } { (label.hint) } }
            @if let Some(text) = self.mistakes.of(label.name) { p.mistake id={ (label.name) "-mistake" } { (text) } }
        }
    }

    fn described(self, label: Label<'_>) -> Option<String> {
        let hint = (!label.hint.is_empty()).then(|| format!("{}-hint", label.name));
        let mistake = self.mistakes.of(label.name).map(|_| format!("{}-mistake", label.name));
        match (hint, mistake) {
            (Some(hint), Some(mistake)) => Some(format!("{hint} {mistake}")),
            (hint, mistake) => hint.or(mistake),
        }
    }

    fn invalid(self, label: Label<'_>) -> Option<&'static str> {
        self.mistakes.of(label.name).map(|_| "true")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_beside_its_field_and_the_words_are_kept() {
        let fields = Fields::of([("home", "  The \"Oaks\" <b> ")]);
        let mistakes = Mistakes::one("home", "Too odd.");
        let form = Filled { fields: &fields, mistakes: &mistakes };
        let html =
            form.line(Label::new("home", "Home team").hint("As on the card"), Line::Text, 60).into_string();
        assert!(html.contains(r#"value="  The &quot;Oaks&quot; &lt;b&gt; ""#), "{html}");
        assert!(html.contains(r#"aria-describedby="home-hint home-mistake" aria-invalid="true""#), "{html}");
        assert!(html.contains(r#"<p class="mistake" id="home-mistake">Too odd.</p>"#), "{html}");
    }

    #[test]
    fn a_secret_is_never_shown_back() {
        let fields = Fields::of([("key", "crs_sk_live_secret")]);
        let form = Filled { fields: &fields, mistakes: &Mistakes::default() };
        let html = form.line(Label::new("key", "Key"), Line::Secret, 60).into_string();
        assert!(!html.contains("crs_sk_live_secret"), "{html}");
    }
}
