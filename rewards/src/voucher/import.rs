//! A partner's codes, as a CSV file of one column (RFC 4180).

use crate::code::Code;
use std::collections::HashMap;
use std::fmt;

/// Bytes of a file.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Codes that come at once, imported or made.
pub const CODES_MAX: usize = 50_000;
/// Lines that are named where many are wrong.
const NAMED_MAX: usize = 20;

/// First lines that are no code but say what the column is.
const HEADERS: [&str; 4] = ["code", "codes", "voucher", "voucher_code"];

/// Why nothing is imported. It never tells a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotImported {
    #[error("the file has more than {BYTES_MAX} bytes")]
    TooLong,

    #[error("the file has more than {CODES_MAX} codes")]
    TooMany,

    #[error("there is no code in the file")]
    Empty,

    #[error("the file is not UTF-8")]
    NotText,

    #[error("{}", told(named, *more))]
    Lines { named: Vec<BadLine>, more: usize },
}

/// A line that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// 1, 2, 3…
    pub line: usize,
    pub why: Bad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    #[error("is no code: 1 to 64 letters, digits, hyphens, dots and underscores")]
    NotACode,

    #[error("has more than one column")]
    Columns,

    #[error("is that of line {of} again")]
    Repeated { of: usize },

    #[error("is a code that was imported before")]
    Known,
}

impl fmt::Display for BadLine {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "line {} {}", self.line, self.why)
    }
}

fn told(named: &[BadLine], more: usize) -> String {
    let named: Vec<String> = named.iter().map(ToString::to_string).collect();
    match more {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

impl NotImported {
    /// In the order of their lines.
    pub(super) fn lines(mut all: Vec<BadLine>) -> Self {
        all.sort_by_key(|it| it.line);
        let more = all.len().saturating_sub(NAMED_MAX);
        all.truncate(NAMED_MAX);
        Self::Lines { named: all, more }
    }
}

/// Every code with its line: all, or none. Empty lines are passed over; a first line that names the column is, too.
pub(super) fn read(csv: &[u8]) -> Result<Vec<(usize, Code)>, NotImported> {
    if csv.len() > BYTES_MAX {
        return Err(NotImported::TooLong);
    }
    let text = std::str::from_utf8(csv).map_err(|_| NotImported::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut codes, mut bad) = (Vec::new(), Vec::new());
    let mut seen = HashMap::new();
    for (at, line) in text.split('\n').enumerate() {
        let (number, line) = (at + 1, unquoted(line.trim()));
        let is_header = number == 1 && HEADERS.contains(&line.to_ascii_lowercase().as_str());
        if line.is_empty() || is_header {
            continue;
        }
        if codes.len() + bad.len() == CODES_MAX {
            return Err(NotImported::TooMany);
        }
        match Code::imported(line) {
            Err(_) => {
                let why = if line.contains([',', ';', '\t']) { Bad::Columns } else { Bad::NotACode };
                bad.push(BadLine { line: number, why });
            }
            Ok(code) => match seen.get(&code) {
                Some(of) => bad.push(BadLine { line: number, why: Bad::Repeated { of: *of } }),
                None => {
                    seen.insert(code.clone(), number);
                    codes.push((number, code));
                }
            },
        }
    }
    match (codes.is_empty(), bad.is_empty()) {
        (_, false) => Err(NotImported::lines(bad)),
        (true, true) => Err(NotImported::Empty),
        (false, true) => Ok(codes),
    }
}

/// What stands between quotes: no code has any in it.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(csv: &str, expected: Result<&[(usize, &str)], NotImported>) {
        let read = read(csv.as_bytes());
        let read = read.as_ref().map(|all| -> Vec<(usize, &str)> {
            all.iter().map(|(line, code)| (*line, code.reveal())).collect()
        });
        assert_eq!(read.map_err(Clone::clone), expected.map(<[_]>::to_vec), "{csv:?}");
    }

    fn lines(all: &[(usize, Bad)]) -> NotImported {
        NotImported::lines(all.iter().map(|(line, why)| BadLine { line: *line, why: *why }).collect())
    }

    #[test]
    fn a_column_is_read_whatever_its_ends_and_its_head() {
        check("A1\nB2", Ok(&[(1, "A1"), (2, "B2")]));
        check("Code\r\nA1\r\n\r\n\"B-2\" \r\n", Ok(&[(2, "A1"), (4, "B-2")]));
        check("\u{feff}voucher_code\nA1\n", Ok(&[(2, "A1")]));
        // It is a head on the first line alone.
        check("A1\ncode", Ok(&[(1, "A1"), (2, "code")]));
    }

    #[test]
    fn every_line_that_is_wrong_is_named_and_no_code_is_told() {
        check("", Err(NotImported::Empty));
        check("code\n\n", Err(NotImported::Empty));
        check(
            "A1\nA1\nB 2\nC3,x\n=1+1\nA1",
            Err(lines(&[
                (2, Bad::Repeated { of: 1 }),
                (3, Bad::NotACode),
                (4, Bad::Columns),
                (5, Bad::NotACode),
                (6, Bad::Repeated { of: 1 }),
            ])),
        );
        let long: String = (0..30).map(|_| "SECRET CODE\n").collect();
        let error = read(long.as_bytes()).unwrap_err();
        assert!(matches!(&error, NotImported::Lines { named, more: 10 } if named.len() == 20), "{error}");
        assert!(error.to_string().ends_with("; and 10 more") && !error.to_string().contains("SECRET"));
        assert_eq!(read(&[b'A', 0xff]), Err(NotImported::NotText));
    }

    #[test]
    fn a_file_has_its_limits() {
        let all: String = (0..=CODES_MAX).map(|it| format!("C{it}\n")).collect();
        assert_eq!(read(all.as_bytes()), Err(NotImported::TooMany));
        let most = &all[..all.len() - format!("C{CODES_MAX}\n").len()];
        assert_eq!(read(most.as_bytes()).map(|it| it.len()), Ok(CODES_MAX));
        assert_eq!(read(&vec![b'\n'; BYTES_MAX + 1]), Err(NotImported::TooLong));
    }

    proptest! {
        #[test]
        fn no_file_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _any = read(&bytes);
        }
    }
}
