//! Hours as comma-separated values (RFC 4180), for spreadsheets.

use super::figures::streams;
use super::{Part, Span};
use crate::Error;
use store::{At, Client, Row};

/// The most rows of one text, some 20 MB.
const ROWS_MAX: usize = 100_000;

/// A header, and a row for each hour, key and match; lines end in CR LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    pub text: String,
    /// Without the header.
    pub rows: usize,
    /// There are more rows: ask for a shorter span.
    pub is_cut: bool,
}

const HEADER: [&str; 11] = [
    "hour",
    "site_id",
    "site",
    "key_id",
    "key",
    "match_id",
    "impressions",
    "opens",
    "stream_seconds",
    "peak_streams",
    "updates",
];

const ROWS: &str = "
    select h.hour, h.site_id, coalesce(s.name, '') as site, h.key_id, coalesce(k.name, '') as key, h.match_id,
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

/// The hours of a part of an organisation. A row's peak is that of its key and match alone.
pub async fn csv(
    client: &Client<'_>,
    organisation_id: &str,
    part: Part<'_>,
    span: Span,
) -> Result<Csv, Error> {
    csv_of_at_most(client, organisation_id, part, span, ROWS_MAX).await
}

pub(super) async fn csv_of_at_most(
    client: &Client<'_>,
    organisation_id: &str,
    part: Part<'_>,
    span: Span,
    rows_max: usize,
) -> Result<Csv, Error> {
    let (kind, id) = part.words();
    // One more, to know whether there is one.
    let limit = rows_max as i64 + 1;
    let params: store::Params<'_> =
        &[&organisation_id, &At(span.from()), &At(span.until()), &kind, &id, &limit];
    let rows = client.query(ROWS, params).await?;
    let mut text = String::with_capacity((rows.len() + 1) * 160);
    push_line(&mut text, &HEADER);
    rows.iter().take(rows_max).for_each(|row| push_row(&mut text, row));
    Ok(Csv { text, rows: rows.len().min(rows_max), is_cut: rows.len() > rows_max })
}

fn push_row(text: &mut String, row: &Row) {
    let number = |column| row.get::<_, i64>(column).to_string();
    let fields: [&str; HEADER.len()] = [
        &row.get::<_, At>("hour").0.to_string(),
        row.get("site_id"),
        row.get("site"),
        row.get("key_id"),
        row.get("key"),
        row.get("match_id"),
        &number("impressions"),
        &number("opens"),
        &(row.get::<_, i64>("stream_ms") / 1_000).to_string(),
        &streams(row.get("peak_ms")).to_string(),
        &number("updates"),
    ];
    push_line(text, &fields);
}

fn push_line(text: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_field(text, field);
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
pub(crate) const STATEMENTS: &[&str] = &[ROWS];

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
