//! Lists, a page at a time.

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Things on one page, unless asked for fewer.
pub(in crate::http) const ROWS_MAX: usize = 100;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct PageQuery {
    /// The `next` of the page before.
    pub(in crate::http) cursor: Option<String>,
    /// Things on the page, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    pub(in crate::http) limit: Option<u32>,
}

impl PageQuery {
    pub(in crate::http) fn rows(&self) -> Result<usize, Problem> {
        match self.limit.map(|it| usize::try_from(it).unwrap_or(usize::MAX)) {
            None => Ok(ROWS_MAX),
            Some(limit @ 1..=ROWS_MAX) => Ok(limit),
            Some(limit) => Err(Problem::invalid(format!("limit: {limit}, 1 to {ROWS_MAX} are allowed"))),
        }
    }

    /// The place after which the page begins.
    pub(in crate::http) fn after<P: DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        self.cursor.as_deref().map(place).transpose()
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Page<T> {
    pub(in crate::http) data: Vec<T>,
    /// Ask again with `cursor=` this; null on the last page.
    pub(in crate::http) next: Option<String>,
}

impl<T> Page<T> {
    /// The page that a list's query answers when it is asked for one row more than the page has: what came is in the list's order.
    pub(in crate::http) fn of_rows<P: Serialize>(
        mut rows: Vec<T>,
        rows_max: usize,
        place: impl Fn(&T) -> P,
    ) -> Self {
        let has_more = rows.len() > rows_max;
        rows.truncate(rows_max);
        let next = rows.last().filter(|_| has_more).map(|it| cursor(&place(it)));
        Self { data: rows, next }
    }

    /// The page of a short list, all of which is at hand, in the order of its things' places.
    pub(in crate::http) fn of<P>(
        mut all: Vec<T>,
        asked: &PageQuery,
        place: impl Fn(&T) -> P,
    ) -> Result<Self, Problem>
    where
        P: Ord + Serialize + DeserializeOwned,
    {
        let (rows_max, after) = (asked.rows()?, asked.after::<P>()?);
        all.sort_by_cached_key(&place);
        let begins = after.map_or(0, |after| all.partition_point(|it| place(it) <= after));
        Ok(Self::of_rows(all.split_off(begins), rows_max, place))
    }

    /// The same page of what these things are shown as.
    pub(in crate::http) fn map<S>(self, shown: impl FnMut(T) -> S) -> Page<S> {
        Page { data: self.data.into_iter().map(shown).collect(), next: self.next }
    }
}

/// Far longer than any that we give.
const CURSOR_CHARS_MAX: usize = 1_000;

/// A place in a list, as the address has it. It names what the list is ordered by, so that it is good after the thing is gone.
fn cursor(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).expect("a place is JSON"))
}

/// The place that a cursor names.
pub(in crate::http) fn place<P: DeserializeOwned>(cursor: &str) -> Result<P, Problem> {
    let bytes = Some(cursor).filter(|it| it.len() <= CURSOR_CHARS_MAX);
    let json = bytes.and_then(|it| URL_SAFE_NO_PAD.decode(it).ok());
    // A zero, which no text of ours has and PostgreSQL does not take.
    let json = json.filter(|it| !it.windows(6).any(|six| six == b"\\u0000"));
    let place = json.and_then(|it| serde_json::from_slice(&it).ok());
    place.ok_or_else(|| Problem::invalid("cursor: it is of another list"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Reverse;

    fn asked(cursor: Option<String>, limit: Option<u32>) -> PageQuery {
        PageQuery { cursor, limit }
    }

    #[test]
    fn pages_follow_each_other_and_leave_nothing_out() {
        let all: Vec<String> = (0..7).map(|it| format!("x{it}")).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = Page::of(all.clone(), &asked(cursor, Some(3)), |it| Reverse(it.clone())).unwrap();
            assert!(page.data.len() <= 3);
            seen.extend(page.data);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all.into_iter().rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_cursor_is_good_when_the_thing_that_it_names_is_gone() {
        let mut all: Vec<String> = (0..5).map(|it| format!("x{it}")).collect();
        let first = Page::of(all.clone(), &asked(None, Some(2)), String::clone).unwrap();
        all.retain(|it| it != "x1");
        let rest = Page::of(all, &asked(first.next, Some(9)), String::clone).unwrap();
        assert_eq!((rest.data, rest.next), (vec!["x2".into(), "x3".into(), "x4".into()], None));
    }

    #[test]
    fn what_is_no_cursor_of_this_list_and_no_number_of_rows_is_refused() {
        let all = || vec!["x".to_owned()];
        for (cursor, limit) in [
            (None, Some(0)),
            (None, Some(101)),
            (Some("of_another_list".to_owned()), None),
            (Some(cursor(&7)), None),
            (Some(cursor(&"a\0b")), None),
            (Some(cursor(&"x".repeat(1_000))), None),
        ] {
            assert!(Page::of(all(), &asked(cursor.clone(), limit), String::clone).is_err(), "{cursor:?}");
        }
    }
}
