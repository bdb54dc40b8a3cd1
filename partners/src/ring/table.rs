//! The keys that a process knows, by hash and by id.

use crate::key::Record;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A key, and whether it was used since that was last written down.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) record: Arc<Record>,
    pub(super) used: Arc<AtomicBool>,
}

impl Held {
    /// Once it is set it is only read: writing the same again would pass the line between processors at each check.
    pub(super) fn note_use(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

/// Invariant: an id leads to a hash, and a hash to the key of that id. Neither ever changes, so that both have the same keys for good.
#[derive(Clone, Default)]
pub(super) struct Table {
    by_sha256: HashMap<[u8; 32], Held>,
    sha256_by_id: HashMap<Arc<str>, [u8; 32]>,
}

impl Table {
    pub(super) fn by_sha256(&self, sha256: &[u8; 32]) -> Option<&Held> {
        self.by_sha256.get(sha256)
    }

    pub(super) fn by_id(&self, key_id: &str) -> Option<&Held> {
        self.by_sha256.get(self.sha256_by_id.get(key_id)?)
    }

    pub(super) fn len(&self) -> usize {
        self.by_sha256.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Held> {
        self.by_sha256.values()
    }

    /// Puts a record in place of an older one of the same key, but for a revocation, which stays.
    pub(super) fn put(&mut self, record: &Record) {
        let mut record = record.clone();
        let before = self.by_sha256.get(&record.sha256);
        if before.is_none() {
            self.sha256_by_id.insert(record.id.as_str().into(), record.sha256);
        }
        record.revoked_at = before.and_then(|before| before.record.revoked_at).or(record.revoked_at);
        let used = before.map(|before| before.used.clone()).unwrap_or_default();
        self.by_sha256.insert(record.sha256, Held { record: Arc::new(record), used });
    }
}
