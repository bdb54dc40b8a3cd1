//! Hours, countries and refusals as comma-separated values (RFC 4180), for spreadsheets.

use super::figures::streams;
use super::{Part, Span};
use crate::Error;
use store::{At, Client, Row};

/// The most rows of one text, some 20 MB. Where there are more, none are given.
const ROWS_MAX: usize = 100_000;

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// The figures of each hour, key and match.
    #[default]
    Hours,
    /// The opened streams of each hour, key, match and country.
    Countries,
    /// How often each was refused: hour, key, match, reason and origin.
    Refusals,
}

impl What {
    const ALL: [What; 3] = [What::Hours, What::Countries, What::Refusals];

    pub const fn word(self) -> &'static str {
        match self {
            What::Hours => "hours",
            What::Countries => "countries",
            What::Refusals => "refusals",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// The names of the columns that are not [`WHOSE`], but for the last one, which is the mode.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            What::Hours => &["impressions", "opens", "stream_seconds", "peak_streams", "updates"],
            What::Countries => &["country", "opens"],
            What::Refusals => &["code", "origin", "count", "last_at"],
        }
    }
}

/// The names of the first columns: when, and of what.
const WHOSE: [&str; 6] = ["hour", "site_id", "site", "key_id", "key", "match_id"];

/// A header, and a row for each; lines end in CR LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    pub text: String,
    /// Without the header.
    pub rows: usize,
}

const HOURS: &str = "
    select h.hour, h.site_id, coalesce(s.name, '') as site, h.key_id, coalesce(k.name, '') as key, h.match_id, h.mode,
        h.impressions, h.opens, h.stream_ms, h.updates, p.stream_ms as peak_ms
    from partners.usage_hour h
    left join partners.site s on s.id = h.site_id and s.organisation_id = h.organisation_id
    left join partners.api_key k on k.id = h.key_id and k.organisation_id = h.organisation_id
    left join partners.usage_peak p on p.organisation_id = h.organisation_id and p.hour = h.hour and p.kind = 'line'
        and p.part = h.key_id || ' ' || h.match_id
    where h.organisation_id = $1 and h.hour >= $2 and h.hour < $3 and case $4
        when 'mode' then h.mode = $5 when 'site' then h.site_id = $5 when 'key' then h.key_id = $5
        when 'match' then h.match_id = $5 else true end
    order by h.hour, h.key_id, h.match_id limit $6";

const COUNTRIES: &str = "
    select h.hour, h.site_id, coalesce(s.name, '') as site, h.key_id, coalesce(k.name, '') as key, h.match_id, h.mode,
        h.country, h.opens
    from partners.usage_open h
    left join partners.site s on s.id = h.site_id and s.organisation_id = h.organisation_id
    left join partners.api_key k on k.id = h.key_id and k.organisation_id = h.organisation_id
    where h.organisation_id = $1 and h.hour >= $2 and h.hour < $3 and case $4
        when 'mode' then h.mode = $5 when 'site' then h.site_id = $5 when 'key' then h.key_id = $5
        when 'match' then h.match_id = $5 else true end
    order by h.hour, h.key_id, h.match_id, h.country limit $6";

const REFUSALS: &str = "
    select h.hour, coalesce(h.site_id, '') as site_id, coalesce(s.name, '') as site, h.key_id, coalesce(k.name, '') as key,
        h.match_id, coalesce(h.mode, '') as mode, h.code, h.origin, h.count, h.last_at
    from partners.usage_refused h
    left join partners.site s on s.id = h.site_id and s.organisation_id = h.organisation_id
    left join partners.api_key k on k.id = h.key_id and k.organisation_id = h.organisation_id
    where h.organisation_id = $1 and h.hour >= $2 and h.hour < $3 and case $4
        when 'mode' then h.mode = $5 when 'site' then h.site_id = $5 when 'key' then h.key_id = $5
        when 'match' then h.match_id = $5 else true end
    order by h.hour, h.key_id, h.match_id, h.code, h.origin limit $6";

/// What an organisation, or a part of it, used or was refused, by the hour. A row's peak is that of its key and match alone. Refused where there
/// are more than a hundred thousand rows: a part of them would be taken for all.
pub async fn csv(
    client: &Client<'_>,
    organisation_id: &str,
    what: What,
    part: Part<'_>,
    span: Span,
) -> Result<Csv, Error> {
    csv_of_at_most(client, organisation_id, what, (part, span), ROWS_MAX).await
}

pub(super) async fn csv_of_at_most(
    client: &Client<'_>,
    organisation_id: &str,
    what: What,
    (part, span): (Part<'_>, Span),
    rows_max: usize,
) -> Result<Csv, Error> {
    let (kind, id) = part.words();
    // One more, to know whether there is one.
    let limit = rows_max as i64 + 1;
    let params: store::Params<'_> =
        &[&organisation_id, &At(span.from()), &At(span.until()), &kind, &id, &limit];
    let sql = match what {
        What::Hours => HOURS,
        What::Countries => COUNTRIES,
        What::Refusals => REFUSALS,
    };
    let rows = client.query(sql, params).await?;
    if rows.len() > rows_max {
        return Err(Error::TooManyRows { max: rows_max });
    }
    let mut text = String::with_capacity((rows.len() + 1) * 160);
    let header = WHOSE.iter().chain(what.columns()).chain(["mode"].iter()).map(|it| (*it).to_owned());
    push_line(&mut text, header);
    for row in &rows {
        push_line(&mut text, whose(row).into_iter().chain(fields(what, row)).chain([row.get("mode")]));
    }
    Ok(Csv { text, rows: rows.len() })
}

fn whose(row: &Row) -> [String; WHOSE.len()] {
    [
        row.get::<_, At>("hour").0.to_string(),
        row.get("site_id"),
        row.get("site"),
        row.get("key_id"),
        row.get("key"),
        row.get("match_id"),
    ]
}

/// As [`What::columns`] names them.
fn fields(what: What, row: &Row) -> Vec<String> {
    let number = |column| row.get::<_, i64>(column).to_string();
    match what {
        What::Hours => vec![
            number("impressions"),
            number("opens"),
            (row.get::<_, i64>("stream_ms") / 1_000).to_string(),
            streams(row.get("peak_ms")).to_string(),
            number("updates"),
        ],
        What::Countries => vec![row.get("country"), number("opens")],
        What::Refusals => vec![
            row.get("code"),
            row.get("origin"),
            number("count"),
            row.get::<_, At>("last_at").0.to_string(),
        ],
    }
}

fn push_line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_field(text, &field);
    }
    text.push_str("\r\n");
}

/// A field, in quotes where it needs them. What a spreadsheet would take for a formula gets an apostrophe before it: names are what partners'
/// people wrote, and who opens the file may be somebody else.
fn push_field(text: &mut String, field: &str) {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    if field.contains(['"', ',', '\r', '\n']) {
        text.push('"');
        text.push_str(guard);
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(guard);
        text.push_str(field);
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[HOURS, COUNTRIES, REFUSALS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_back_as_it_was_and_is_never_a_formula() {
        for (field, expected) in [
            ("Shop", "Shop"),
            ("", ""),
            ("Shop, the", "\"Shop, the\""),
            ("The \"Shop\"", "\"The \"\"Shop\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@sum(a)", "'@sum(a)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            (
                "=hyperlink(\"https://evil.test\",\"x\")",
                "\"'=hyperlink(\"\"https://evil.test\"\",\"\"x\"\")\"",
            ),
            ("a=b", "a=b"),
        ] {
            let mut text = String::new();
            push_field(&mut text, field);
            assert_eq!(text, expected, "{field:?}");
        }
    }
}
