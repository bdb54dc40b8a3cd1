//! Where in a file's text a path leads.

/// The line, from 1, on which the value begins to which `path` leads (`innings[0].overs[3].deliveries[2].runs`), or
/// where there is none the nearest value around it. `text` is valid JSON. Walks all of it in the worst case, which is
/// why only an error asks.
pub(super) fn line(text: &[u8], path: &str) -> usize {
    let mut scan = Scan { text, at: 0 };
    let mut rest = path;
    scan.space();
    let mut place = scan.at;
    while !rest.is_empty()
        && let Some((at, after)) = scan.member(rest)
    {
        (place, scan.at, rest) = (at, at, after);
    }
    1 + text.iter().take(place).filter(|it| **it == b'\n').count()
}

/// Reads on in JSON that is known to be valid; on other text what it answers is wrong, and no more than that.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.next().is_some_and(|it| it.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Where the member of the value here begins that `path` names first, and what of the path remains.
    fn member<'p>(&mut self, path: &'p str) -> Option<(usize, &'p str)> {
        match self.next()? {
            b'{' => self.of_object(path),
            b'[' => self.of_list(path),
            _ => None,
        }
    }

    /// Keys may have dots in them, so the longest that fits is meant; of two that are equal the last, as for the reader.
    fn of_object<'p>(&mut self, path: &'p str) -> Option<(usize, &'p str)> {
        let path = path.strip_prefix('.').unwrap_or(path);
        let mut found: Option<(usize, &str)> = None;
        while self.more() {
            let key: String = serde_json::from_slice(self.value()).ok()?;
            self.space();
            self.at += 1; // The colon.
            self.space();
            let begin = self.at;
            self.value();
            let after = path.strip_prefix(&key).filter(|it| it.is_empty() || it.starts_with(['.', '[']));
            if let Some(after) = after
                && found.is_none_or(|(_, shortest)| after.len() <= shortest.len())
            {
                found = Some((begin, after));
            }
        }
        found
    }

    fn of_list<'p>(&mut self, path: &'p str) -> Option<(usize, &'p str)> {
        let (index, after) = path.strip_prefix('[')?.split_once(']')?;
        let index: usize = index.parse().ok()?;
        for _ in 0..index {
            if !self.more() {
                return None;
            }
            self.value();
        }
        self.more().then_some((self.at, after))
    }

    /// Goes past the bracket or comma here to the next key or value; false where there is none.
    fn more(&mut self) -> bool {
        self.space();
        if !matches!(self.next(), Some(b'{' | b'[' | b',')) {
            return false;
        }
        self.at += 1;
        self.space();
        !matches!(self.next(), None | Some(b'}' | b']'))
    }

    /// Goes past the value here; answers its text.
    fn value(&mut self) -> &'a [u8] {
        let begin = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.next() {
            match byte {
                b'"' => self.string(),
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
            let closed = matches!(byte, b'"' | b'}' | b']');
            if closed && depth == 0 {
                break;
            }
        }
        self.text.get(begin..self.at).unwrap_or_default()
    }

    /// Goes to the quote that ends the text here.
    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.next().filter(|it| *it != b'"') {
            self.at += if byte == b'\\' { 2 } else { 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    const FILE: &str = r#"
{
  "meta": {"revision": 1, "quoted \" } ] , [": [
    1]},
  "innings": [
    {"team": "Home", "overs": [{"over": 0,
      "deliveries": [
        {},
        {"batter": "A. Player", "extras": {
          "no.balls": 1,
          "no": 2
        },
        "runs": 3}
      ]}]},
    4,
    {"team": 5,
     "team": 6}
  ]
}
"#;

    #[test]
    fn a_path_leads_to_its_value_or_to_the_nearest_one_around_it() {
        for (path, expected) in [
            ("", 2),
            ("info", 2),
            ("the file", 2),
            ("meta", 3),
            ("meta.quoted \" } ] , [[0]", 4),
            ("innings", 5),
            ("innings[0]", 6),
            ("innings[0].overs[0].deliveries", 7),
            ("innings[0].overs[0].deliveries[0]", 8),
            ("innings[0].overs[0].deliveries[0].batter", 8),
            ("innings[0].overs[0].deliveries[1]", 9),
            ("innings[0].overs[0].deliveries[1].bowler", 9),
            ("innings[0].overs[0].deliveries[1].extras.no.balls", 10),
            ("innings[0].overs[0].deliveries[1].extras.no", 11),
            ("innings[0].overs[0].deliveries[1].runs", 13),
            ("innings[0].overs[0].deliveries[1].runs.total", 13),
            ("innings[0].overs[0].deliveries[2]", 7),
            ("innings[0].overs[1].deliveries[0]", 6),
            ("innings[1]", 15),
            ("innings[1].team", 15),
            ("innings[2].team", 17),
            ("innings[3]", 5),
        ] {
            assert_eq!(line(FILE.as_bytes(), path), expected, "{path}");
        }
    }

    #[test]
    fn a_text_that_ends_early_is_no_harm() {
        for end in 0..FILE.len() {
            let found = line(&FILE.as_bytes()[..end], "innings[0].overs[0].deliveries[1].runs.total");
            assert!((1..=18).contains(&found), "{end}");
        }
    }
}
