//! Wallets that somebody looks at: who has one open hears when its accounts change, in whichever process that was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use wallet::{AccountId, told};

/// After which pause a lost connection to the database is had again.
const AGAIN: Duration = Duration::from_secs(1);

/// Every wallet that is open in this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct OpenWallets {
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    /// By account; each with its number.
    by_account: HashMap<AccountId, Vec<(u64, watch::Sender<u64>)>>,
    by_fan: HashMap<Box<str>, usize>,
    count: usize,
}

/// Why a further one is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    InProcess { max: usize },
    OfFan { max: usize },
}

/// One that is open, until it is dropped.
#[derive(Debug)]
pub struct Looking {
    wallets: OpenWallets,
    number: u64,
    fan_id: Box<str>,
    accounts: Vec<AccountId>,
    changes: watch::Receiver<u64>,
}

impl OpenWallets {
    /// Opens one; `max` and `of_fan_max` are how many may be open in this process, and of this fan.
    pub fn open(
        &self,
        fan_id: &str,
        accounts: Vec<AccountId>,
        (max, of_fan_max): (usize, usize),
    ) -> Result<Looking, TooMany> {
        let mut open = self.lock();
        if open.count >= max {
            return Err(TooMany::InProcess { max });
        }
        let of_fan = open.by_fan.entry(fan_id.into()).or_default();
        if *of_fan >= of_fan_max {
            return Err(TooMany::OfFan { max: of_fan_max });
        }
        *of_fan += 1;
        open.count += 1;
        open.next += 1;
        let number = open.next;
        let (sender, changes) = watch::channel(0);
        for account in &accounts {
            open.by_account.entry(*account).or_default().push((number, sender.clone()));
        }
        drop(open);
        metrics::gauge!("wallets_open").increment(1);
        Ok(Looking { wallets: self.clone(), number, fan_id: fan_id.into(), accounts, changes })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// Hears of changes for ever. What was said while nobody could hear it may have been about any.
    pub async fn follow(&self, store: &Store) {
        let mut is_away = false;
        loop {
            match store.listen(told::CHANNEL).await {
                Ok(mut listener) => {
                    is_away = false;
                    self.changed_all();
                    while let Some(payload) = listener.next().await {
                        self.changed(told::changed(&payload));
                    }
                }
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "open wallets are not told of changes");
                }
                Err(_) => {}
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn changed(&self, accounts: impl Iterator<Item = AccountId>) {
        let open = self.lock();
        for account in accounts {
            for (_, sender) in open.by_account.get(&account).into_iter().flatten() {
                sender.send_modify(|it| *it += 1);
            }
        }
    }

    fn changed_all(&self) {
        for (_, sender) in self.lock().by_account.values().flatten() {
            sender.send_modify(|it| *it += 1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Looking {
    /// Hears of these accounts as well from now on: such as were opened since. What changed on one before it is known is seen by who looks after.
    pub fn know(&mut self, accounts: impl Iterator<Item = AccountId>) {
        let new: Vec<AccountId> = accounts.filter(|it| !self.accounts.contains(it)).collect();
        if new.is_empty() {
            return;
        }
        {
            let mut open = self.wallets.lock();
            let own = self.accounts.iter().filter_map(|it| open.by_account.get(it)).flatten();
            let Some(sender) = own.clone().find(|it| it.0 == self.number).map(|it| it.1.clone()) else {
                return;
            };
            for account in &new {
                open.by_account.entry(*account).or_default().push((self.number, sender.clone()));
            }
            // Something may have come to them since they were read.
            sender.send_modify(|it| *it += 1);
        }
        self.accounts.extend(new);
    }

    /// Resolves when something has changed since the last time that it did.
    pub async fn changed(&mut self) {
        // Its sender is there as long as it is.
        let _gone = self.changes.changed().await;
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let mut open = self.wallets.lock();
        for account in &self.accounts {
            if let Some(looking) = open.by_account.get_mut(account) {
                looking.retain(|(number, _)| *number != self.number);
                if looking.is_empty() {
                    open.by_account.remove(account);
                }
            }
        }
        if let Some(of_fan) = open.by_fan.get_mut(&self.fan_id) {
            *of_fan -= 1;
            if *of_fan == 0 {
                open.by_fan.remove(&self.fan_id);
            }
        }
        open.count -= 1;
        metrics::gauge!("wallets_open").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_open_until_it_is_dropped_and_hears_of_its_own_accounts() {
        let wallets = OpenWallets::default();
        let of = |number| AccountId::of_number(number);
        let one = wallets.open("fan_1", vec![of(1), of(2)], (3, 2)).unwrap();
        let two = wallets.open("fan_1", vec![of(1), of(2)], (3, 2)).unwrap();
        assert_eq!(wallets.open("fan_1", vec![of(1)], (3, 2)).unwrap_err(), TooMany::OfFan { max: 2 });
        let three = wallets.open("fan_2", vec![of(3)], (3, 2)).unwrap();
        assert_eq!(wallets.open("fan_3", vec![of(4)], (3, 2)).unwrap_err(), TooMany::InProcess { max: 3 });
        wallets.changed([of(2), of(9)].into_iter());
        let heard = |it: &Looking| it.changes.has_changed().unwrap();
        assert_eq!([heard(&one), heard(&two), heard(&three)], [true, true, false]);
        wallets.changed_all();
        assert!(heard(&three));
        let mut four = wallets.open("fan_4", vec![of(4)], (4, 2)).unwrap();
        four.know([of(4), of(5)].into_iter());
        let known = four.accounts.clone();
        four.know([of(4), of(5)].into_iter());
        assert_eq!((known, four.accounts.clone()), (vec![of(4), of(5)], vec![of(4), of(5)]));
        four.changes.mark_unchanged();
        wallets.changed([of(5)].into_iter());
        assert!(heard(&four));
        drop((one, two, three, four));
        let open = wallets.lock();
        assert!(open.count == 0 && open.by_account.is_empty() && open.by_fan.is_empty(), "{open:?}");
    }
}
