//! What boards call a fan, and how far a fan's streaks go.

use crate::error::Error;
use crate::settlement::day_of;
use jiff::Timestamp;
use rewards::Books;
use store::{At, Client, Transaction};

/// Characters of a handle.
const HANDLE_MIN: usize = 2;
const HANDLE_MAX: usize = 24;

/// What a fan is called on boards: letters and digits of any script, spaces, and what stands between words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle(String);

/// Why something is no handle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAHandle {
    #[error("a handle has {HANDLE_MIN} to {HANDLE_MAX} characters")]
    Length,
    #[error("a handle has letters, digits, spaces, '-', '_', '.' and '\u{2019}', and not {character:?}")]
    Character { character: char },
}

impl Handle {
    /// Spaces around it are taken off.
    ///
    /// Neither what controls a terminal or the direction of what follows, nor what nobody sees, is a letter.
    pub fn parse(text: &str) -> Result<Self, NotAHandle> {
        let text = text.trim();
        if !(HANDLE_MIN..=HANDLE_MAX).contains(&text.chars().count()) {
            return Err(NotAHandle::Length);
        }
        match text.chars().find(|it| !is_of_a_handle(*it)) {
            Some(character) => Err(NotAHandle::Character { character }),
            None => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Marks of Indian scripts are no letters to Rust, and belong to words: their blocks, with what joins their letters.
fn is_of_a_handle(it: char) -> bool {
    let is_indian = matches!(it, '\u{0900}'..='\u{0DFF}' | '\u{200C}' | '\u{200D}');
    let is_arabic_mark = matches!(it, '\u{064B}'..='\u{0652}' | '\u{0670}');
    it.is_alphanumeric() || is_indian || is_arabic_mark || matches!(it, ' ' | '-' | '_' | '.' | '\u{2019}')
}

const PICK: &str = "
    insert into quizzes.fan (fan_id, handle, picked_at) values ($1, $2, $3)
    on conflict (fan_id) do update set handle = excluded.handle, picked_at = excluded.picked_at";
const DROP: &str = "delete from quizzes.fan where fan_id = $1";

/// Sets what boards call a fan; with none, they call it nothing.
pub async fn set_handle(
    tx: &Transaction<'_>,
    fan_id: &str,
    handle: Option<&Handle>,
    now: Timestamp,
) -> Result<(), Error> {
    match handle {
        Some(handle) => tx.execute(PICK, &[&fan_id, &handle.as_str(), &At(now)]).await?,
        None => tx.execute(DROP, &[&fan_id]).await?,
    };
    Ok(())
}

const CALLED: &str = "select handle from quizzes.fan where fan_id = $1";

/// What boards call a fan; most have picked nothing.
pub async fn handle(client: &Client<'_>, fan_id: &str) -> Result<Option<String>, Error> {
    Ok(client.query_opt(CALLED, &[&fan_id]).await?.map(|row| row.get("handle")))
}

/// How far a fan has come in a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InARow {
    /// Right answers, now and at best.
    pub answers: i32,
    pub best: i32,
    /// Days with a right answer, as of today, and at best.
    pub days: i32,
    pub best_days: i32,
}

const STREAK: &str = "
    select answers, best, days, best_days, kept_day from quizzes.streak
    where fan_id = $1 and books = $2 and series = $3";

pub async fn in_a_row(
    client: &Client<'_>,
    books: Books,
    (series, fan_id): (&str, &str),
    now: Timestamp,
) -> Result<InARow, Error> {
    let row = client.query_opt(STREAK, &[&fan_id, &books.word(), &series]).await?;
    let Some(row) = row else { return Ok(InARow::default()) };
    let is_on = row.get::<_, i32>("kept_day") >= day_of(now) - 1;
    Ok(InARow {
        answers: row.get("answers"),
        best: row.get("best"),
        days: if is_on { row.get("days") } else { 0 },
        best_days: row.get("best_days"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PICK, DROP, CALLED, STREAK];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_a_word_that_people_can_read() {
        for text in ["Asha", " Asha 7 ", "आशा", "ரவி_99", "محمد", "O\u{2019}Brien", "d.j-x"] {
            assert_eq!(Handle::parse(text).unwrap().as_str(), text.trim());
        }
        for text in
            ["a", "", "   ", "x\u{202E}gpj", "a\nb", "a\u{200B}b", "<b>", "a@b.example", &"x".repeat(25)]
        {
            assert!(Handle::parse(text).is_err(), "{text:?}");
        }
    }
}
