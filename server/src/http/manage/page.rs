//! Lists, a page at a time.

use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Things on one page, unless asked for fewer.
pub(super) const ROWS_MAX: usize = 100;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Things on the page, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<u32>,
}

impl PageQuery {
    pub(super) fn rows(&self) -> Result<usize, Problem> {
        match self.limit.map(|it| usize::try_from(it).unwrap_or(usize::MAX)) {
            None => Ok(ROWS_MAX),
            Some(limit @ 1..=ROWS_MAX) => Ok(limit),
            Some(limit) => Err(Problem::invalid(format!("limit: {limit}, 1 to {ROWS_MAX} are allowed"))),
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    /// Ask again with `cursor=` this; null on the last page.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// The page after the thing that the cursor names; `all` is in the list's order.
    pub(super) fn of(all: Vec<T>, asked: &PageQuery, id: impl Fn(&T) -> &str) -> Result<Self, Problem> {
        let rows = asked.rows()?;
        let begins = match &asked.cursor {
            None => 0,
            Some(cursor) => {
                let at = all.iter().position(|it| id(it) == cursor);
                1 + at.ok_or_else(|| {
                    Problem::invalid("cursor: it is of another list, or what it named is gone")
                })?
            }
        };
        let has_more = all.len() > begins + rows;
        let data: Vec<T> = all.into_iter().skip(begins).take(rows).collect();
        let next = data.last().filter(|_| has_more).map(|it| id(it).to_owned());
        Ok(Self { data, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_leave_nothing_out() {
        let all: Vec<String> = (0..7).map(|it| format!("x{it}")).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let asked = PageQuery { cursor, limit: Some(3) };
            let page = Page::of(all.clone(), &asked, String::as_str).unwrap();
            assert!(page.data.len() <= 3);
            seen.extend(page.data);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        for (limit, cursor) in [(Some(0), None), (Some(101), None), (None, Some("of_another_list"))] {
            let asked = PageQuery { cursor: cursor.map(str::to_owned), limit };
            assert!(Page::of(all.clone(), &asked, String::as_str).is_err());
        }
    }
}
