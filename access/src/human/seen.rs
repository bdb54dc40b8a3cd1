//! Tokens that were shown, so that none counts twice, whichever of our processes it is shown to.

use crate::Error;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use store::{At, Store, Transaction};

const NOTE: &str = "
    insert into access.human_seen (token_sha256, ends_at) values ($1, $2)
    on conflict (token_sha256) do nothing
    returning true as is_new";

/// Notes that a token was shown; false when it was before. Kept for as long as it can count at all.
pub(super) async fn note(
    store: &Store,
    token: &str,
    counts_for: SignedDuration,
    now: Timestamp,
) -> Result<bool, Error> {
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let ends_at = At::after(now, counts_for);
    Ok(!store.run_one("access.human_seen", NOTE, &[&hash.as_slice(), &ends_at]).await?.is_empty())
}

const FORGET: &str = "delete from access.human_seen where ends_at < $1";

/// Forgets those that no longer count.
pub(crate) async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[NOTE, FORGET];
