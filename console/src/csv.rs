//! Tables as comma-separated values (RFC 4180), for spreadsheets.

use jiff::Timestamp;

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// What somebody wrote, or an id.
    Text(&'a str),
    /// "-12.50", "9900".
    Number(String),
    /// RFC 3339, UTC.
    Time(Timestamp),
    Empty,
}

impl Cell<'_> {
    pub fn count(number: i64) -> Self {
        Cell::Number(number.to_string())
    }
}

/// Rows, one after another; lines end in CR LF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csv(String);

impl Csv {
    /// With the names of its columns.
    pub fn of(columns: &[&str]) -> Self {
        let mut csv = Self::default();
        let names: Vec<Cell<'_>> = columns.iter().map(|it| Cell::Text(it)).collect();
        csv.row(&names);
        csv
    }

    pub fn row(&mut self, cells: &[Cell<'_>]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            match cell {
                Cell::Text(text) => self.text(text),
                Cell::Number(number) => self.0.push_str(number),
                Cell::Time(at) => self.0.push_str(&at.to_string()),
                Cell::Empty => {}
            }
        }
        self.0.push_str("\r\n");
    }

    pub fn into_text(self) -> String {
        self.0
    }

    /// In quotes where it needs them. What a spreadsheet would take for a formula gets an apostrophe before it: names are what other people
    /// wrote. A number is one, also below zero.
    fn text(&mut self, text: &str) {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
            && !is_number(text);
        let guard = if is_formula { "'" } else { "" };
        if text.contains(['"', ',', '\r', '\n']) {
            self.0.push('"');
            self.0.push_str(guard);
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(guard);
            self.0.push_str(text);
        }
    }
}

/// Whether it is digits, with a minus before them and a point in between at most.
fn is_number(text: &str) -> bool {
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    text.split_once('.').map_or_else(|| digits(text), |(whole, part)| digits(whole) && digits(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_back_as_it_was_and_is_never_a_formula() {
        for (text, expected) in [
            ("Shop", "Shop"),
            ("", ""),
            ("Shop, the", "\"Shop, the\""),
            ("The \"Shop\"", "\"The \"\"Shop\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("@sum(a)", "'@sum(a)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("－1+1", "'－1+1"),
            ("-1+cmd|' /c calc'!A0", "'-1+cmd|' /c calc'!A0"),
            ("-1", "-1"),
            ("-12.50", "-12.50"),
            ("-", "'-"),
            ("-.5", "'-.5"),
            ("-1.2.3", "'-1.2.3"),
            (
                "=hyperlink(\"https://evil.test\",\"x\")",
                "\"'=hyperlink(\"\"https://evil.test\"\",\"\"x\"\")\"",
            ),
            ("a=b", "a=b"),
        ] {
            let mut csv = Csv::default();
            csv.row(&[Cell::Text(text), Cell::Empty]);
            assert_eq!(csv.into_text(), format!("{expected},\r\n"), "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_numbers_and_times_are_of_utc() {
        let mut csv = Csv::of(&["at", "units"]);
        let at: Timestamp = "2026-11-30T05:30:00.25+05:30".parse().unwrap();
        csv.row(&[Cell::Time(at), Cell::count(-9900), Cell::Number("-99.00".to_owned())]);
        assert_eq!(csv.into_text(), "at,units\r\n2026-11-30T00:00:00.25Z,-9900,-99.00\r\n");
    }
}
