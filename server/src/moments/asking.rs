//! What of a match questions wait for: they open, lock and are settled by it, and settled anew after a correction.

use super::{BEGIN, Folded, HOLD, MomentError};
use crate::feed::log::{self, MatchRow};
use cricket::Command;
use jiff::Timestamp;
use quizzes::{Course, Position};
use std::collections::HashMap;
use store::{Client, Transaction};

/// When commands of a log were accepted, by their seq.
#[derive(Clone, Debug, Default)]
pub(super) struct Accepted(HashMap<u64, Timestamp>);

impl Accepted {
    pub(super) fn note(&mut self, seq: u64, at_ms: u64) {
        let at = i64::try_from(at_ms).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
        self.0.insert(seq, at.unwrap_or(Timestamp::MAX));
    }

    fn course(&self, row: &MatchRow, entries: &[(u64, Command)]) -> Result<Course, MomentError> {
        let at = |seq: &u64| self.0.get(seq).copied().unwrap_or(Timestamp::MAX);
        let course = Course::of(&row.setup, entries.iter().map(|(seq, command)| (at(seq), command)));
        course.map_err(|refusal| MomentError::Unfoldable {
            match_id: row.id.clone(),
            reason: refusal.to_string(),
        })
    }
}

/// Tells the questions on a match, if there are any, how it stands.
pub(super) async fn tell(
    tx: &Transaction<'_>,
    row: &MatchRow,
    folded: &Folded,
    now: Timestamp,
) -> Result<(), MomentError> {
    if !quizzes::is_asked_about(tx, &row.id).await? {
        return Ok(());
    }
    let course = folded.accepted.course(row, folded.log.entries())?;
    let position = Position { epoch: folded.epoch, rev: folded.log.rev(), seq: folded.seq };
    quizzes::happened(tx, &row.id, &course, position, now).await?;
    Ok(())
}

/// The course of a match until now, for a quiz that is taken in: whatever happens in it after is told to the quiz, since the match's follower
/// waits for this transaction. None where there is no such match.
pub(crate) async fn so_far(
    tx: &Transaction<'_>,
    match_id: &str,
) -> Result<Option<(MatchRow, Course)>, MomentError> {
    tx.execute(BEGIN, &[&match_id]).await?;
    tx.query_one(HOLD, &[&match_id]).await?;
    read(tx, match_id).await
}

/// The same to look at: the match may go on meanwhile.
pub(crate) async fn course(client: &Client<'_>, match_id: &str) -> Result<Option<Course>, MomentError> {
    Ok(read(client, match_id).await?.map(|it| it.1))
}

async fn read(client: &Client<'_>, match_id: &str) -> Result<Option<(MatchRow, Course)>, MomentError> {
    let Some(stored) = log::load(client, match_id).await? else { return Ok(None) };
    let mut accepted = Accepted::default();
    let (row, log) = stored.fold(|_, entry| accepted.note(entry.seq, entry.accepted_at_ms))?;
    let course = accepted.course(&row, log.entries())?;
    Ok(Some((row, course)))
}
