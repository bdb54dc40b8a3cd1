//! What a writer knows of the books without asking: the accounts of chains whose last batch was its own, as its batches leave them. A batch
//! that is judged by it says what its chains were, and is not written where they have moved on.

use super::Asked;
use super::batch::{self, Chain, Judgement, Named, uuids};
use crate::account;
use crate::error::Error;
use crate::id::{AccountId, CHAINS, TransferId};
use crate::ledger::{Book, Hold, Standing};
use std::collections::HashMap;
use store::Store;
use uuid::Uuid;

/// Accounts and holds that are kept in mind, at most: some tens of megabytes.
const KNOWN_MAX: usize = 250_000;

/// With the chain as it was in the same moment. One after the other by their ids: the planner would read all accounts while there are few.
const ACCOUNTS: &str = "
    select a.id, a.asset, a.kind, a.bound_min, a.bound_max, a.day_in_max, a.day_out_max, a.frozen_at is not null as is_frozen,
        a.posted, a.held_out, a.held_in, a.version, a.day, a.day_in, a.day_out, c.changes
    from unnest($1::uuid[]) it (id)
    cross join lateral (select * from wallet.standing where id = it.id limit 1) a
    cross join lateral (select changes from wallet.chain where number = a.chain limit 1) c";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[ACCOUNTS];

/// A chain with what is known of its accounts.
struct Own {
    chain: Chain,
    accounts: HashMap<AccountId, Standing>,
}

#[derive(Default)]
pub(super) struct Known {
    chains: [Option<Own>; CHAINS as usize],
    holds: HashMap<TransferId, Hold>,
    /// What was made by batches that are under way: others do not see it yet.
    made: HashMap<TransferId, [u8; 32]>,
}

impl Known {
    /// The chains, and what the transfers name, as they will be when the batches under way are written. None where that is not known.
    pub(super) async fn book(
        &self,
        store: &Store,
        asked: &[Asked],
    ) -> Result<Option<(Vec<Chain>, Book)>, Error> {
        let mut named = Named::by(asked);
        let mut book = Book::default();
        let (known, unknown): (Vec<_>, Vec<_>) =
            named.holds.iter().copied().partition(|it| self.holds.contains_key(it));
        let mut holds: Vec<(TransferId, Hold)> =
            known.into_iter().filter_map(|id| Some((id, *self.holds.get(&id)?))).collect();
        if !unknown.is_empty() {
            // What is not in mind no batch under way has changed.
            let ids = uuids(&unknown);
            holds.extend(store.read("wallet.known", async |db| batch::holds(db, &ids).await).await?);
        }
        for (id, hold) in holds {
            named.between(&hold.of);
            book.remember_hold(id, hold);
        }
        let own = |number: &u8| self.chains[usize::from(*number)].as_ref();
        let Some(chains) = named.chains.iter().map(|it| Some(own(it)?.chain)).collect::<Option<Vec<_>>>()
        else {
            return Ok(None);
        };
        let mut unknown = Vec::new();
        for id in &named.accounts {
            match own(&id.chain()).and_then(|it| it.accounts.get(id)) {
                Some(standing) => book.open(*id, *standing),
                None => unknown.push(id.uuid()),
            }
        }
        let ids = uuids(&named.ids);
        let read = async |db: &store::Client<'_>| {
            let (made, rows) = tokio::join!(batch::made(db, &ids), async {
                if unknown.is_empty() { Ok(Vec::new()) } else { db.query(ACCOUNTS, &[&unknown]).await }
            });
            Ok::<_, Error>((made?, rows?))
        };
        let (made, rows) = store.read("wallet.known", read).await?;
        for row in &rows {
            let id = AccountId::of_uuid(row.get::<_, Uuid>("id"));
            // As it was before the batches under way, or between two of them: they have not changed it.
            if own(&id.chain()).is_none_or(|it| row.get::<_, i64>("changes") > it.chain.changes) {
                return Ok(None);
            }
            book.open(id, account::standing(row)?);
        }
        for id in &named.ids {
            if let Some(digest) = self.made.get(id) {
                book.remember(*id, *digest);
            }
        }
        for (id, digest) in made {
            book.remember(id, digest);
        }
        Ok(Some((chains, book)))
    }

    /// Takes what a batch leaves, which is under way.
    pub(super) fn take(&mut self, judgement: &Judgement, asked: &[Asked]) {
        let made = judgement.made(asked).map(|it| it.id);
        self.made.extend(made.filter_map(|id| Some((id, *judgement.after.digest(id)?))));
        self.remember(judgement);
    }

    /// These are no longer under way: they are there for all to see, or not made.
    pub(super) fn ended(&mut self, ids: &[TransferId]) {
        for id in ids {
            self.made.remove(id);
        }
    }

    /// Takes what a batch has left. Of chains that others have changed, what was known before is forgotten.
    pub(super) fn learn(&mut self, judgement: &Judgement) {
        for link in &judgement.links {
            let own = &mut self.chains[usize::from(link.chain.number)];
            if own.as_ref().is_none_or(|it| it.chain != link.chain) {
                self.holds.clear();
                *own = Some(Own { chain: link.chain, accounts: HashMap::new() });
            }
        }
        self.remember(judgement);
    }

    fn remember(&mut self, judgement: &Judgement) {
        for link in &judgement.links {
            if let Some(own) = &mut self.chains[usize::from(link.chain.number)] {
                own.chain = link.after();
            }
        }
        for (id, standing) in judgement.after.accounts() {
            if let Some(own) = &mut self.chains[usize::from(id.chain())] {
                own.accounts.insert(id, *standing);
            }
        }
        self.holds.extend(judgement.after.holds().map(|(id, it)| (id, *it)));
    }

    /// Forgets chains, and all holds: a batch on them was not written.
    pub(super) fn forget(&mut self, chains: &[u8]) {
        for chain in chains {
            self.chains[usize::from(*chain)] = None;
        }
        self.holds.clear();
    }

    /// Whether that is as much as is kept in mind. It may be forgotten when nothing is under way.
    pub(super) fn is_full(&self) -> bool {
        let accounts: usize = self.chains.iter().flatten().map(|it| it.accounts.len()).sum();
        accounts + self.holds.len() > KNOWN_MAX
    }
}
