//! What a form sends, and what is wrong with it.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The fields of a form or a query, in the order sent, names repeated where the form repeats them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Fields beyond this many are dropped; the longest form but one has 30.
    pub const COUNT_MAX: usize = 200;
    /// The same of the one that is longer: a campaign's, with 50 rules of 60 fields.
    pub const LONG_COUNT_MAX: usize = 4_000;

    /// Reads `application/x-www-form-urlencoded` text (URL Standard §5.1); any text is some list of fields.
    pub fn parse(text: &str) -> Self {
        Self::parse_some(text, Self::COUNT_MAX)
    }

    /// The same of a campaign's form.
    pub fn parse_long(text: &str) -> Self {
        Self::parse_some(text, Self::LONG_COUNT_MAX)
    }

    fn parse_some(text: &str, count_max: usize) -> Self {
        let fields = form_urlencoded::parse(text.as_bytes()).take(count_max);
        Fields(fields.map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// All of them, as they were sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a field at the end, whether or not there is one of its name.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Fields from names and values.
    pub fn of<const N: usize>(fields: [(&str, &str); N]) -> Self {
        Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first value of `name` without blanks around it; empty when the form has no such field.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of `name` exactly as typed.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// Whether the form sent `name` with any value that is not blank.
    pub fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Whether nothing was sent, as on a form's first showing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives `name` one value, in place of those it had.
    pub fn set(&mut self, name: &str, value: impl Display) {
        self.0.retain(|(it, _)| it != name);
        self.0.push((name.to_owned(), value.to_string()));
    }

    /// Takes a field away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(it, _)| it != name);
    }

    /// The fields as they travel in a query.
    pub fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// A whole number within `range`, or none for an empty field. Anything else is a mistake beside the field, and
    /// none as well.
    pub fn number<T>(&self, name: &str, range: RangeInclusive<T>, mistakes: &mut Mistakes) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let number = text.parse().ok().filter(|it| range.contains(it));
        if number.is_none() {
            mistakes.add(
                name.to_owned(),
                format!("Enter a whole number from {} to {}.", range.start(), range.end()),
            );
        }
        number
    }
}

/// Something to put right, and beside which field it is said (empty: above the form).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub field: Cow<'static, str>,
    pub text: String,
}

/// All that is wrong with a form, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// One mistake.
    pub fn one(field: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Mistakes(vec![Mistake { field: field.into(), text: text.into() }])
    }

    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, text: impl Into<String>) {
        self.0.push(Mistake { field: field.into(), text: text.into() });
    }

    /// What is said beside `field`: its first mistake.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|it| it.field == field).map(|it| it.text.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    /// `value` when nothing is wrong.
    pub fn unless_any<T>(self, value: T) -> Result<T, Mistakes> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_send_them_and_sent_back_the_same() {
        let fields = Fields::parse("team=St+Mary%27s&players=A%0D%0AB&empty=&team=other");
        assert_eq!(fields.text("team"), "St Mary's");
        assert_eq!(fields.raw("players"), "A\r\nB");
        assert!(!fields.has("empty") && !fields.has("missing"));
        assert_eq!(Fields::parse(&fields.to_query()), fields);
    }

    #[test]
    fn a_number_out_of_range_or_no_number_at_all_is_a_mistake_beside_its_field() {
        for (text, number, wrong) in [
            ("20", Some(20), false),
            ("", None, false),
            ("0", None, true),
            ("101", None, true),
            ("ten", None, true),
            ("-3", None, true),
        ] {
            let mut mistakes = Mistakes::default();
            let fields = Fields::of([("overs", text)]);
            assert_eq!(fields.number::<u16>("overs", 1..=100, &mut mistakes), number, "{text}");
            assert_eq!(mistakes.of("overs").is_some(), wrong, "{text}");
        }
    }

    #[test]
    fn a_flood_of_fields_is_cut() {
        let text = "a=1&".repeat(10_000);
        assert_eq!(Fields::parse(&text).0.len(), Fields::COUNT_MAX);
    }
}
