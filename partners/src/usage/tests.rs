//! What is counted, and what comes of it in a real PostgreSQL.

mod bounds;
mod flush;
mod kept;
mod peaks;
mod properties;
mod streams;

use super::*;
use crate::testing::partner;
use crate::{KeyRing, Kind};
use std::time::Duration;
use store::testing::TestStore;

const MATCH: &str = "mat_1";
const PAGE: &str = "https://partner.example";

/// A database, and a clock that starts at a full hour.
struct Here {
    test: TestStore,
    clock: Clock,
    key: PartnerKey,
}

impl Here {
    async fn new() -> Self {
        Self { test: TestStore::new(&[crate::MIGRATIONS]).await, clock: clock(), key: key("org_1") }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    /// Those of another process.
    fn counters(&self) -> Counters {
        Counters::new(self.clock.clone())
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn flush(&self, counters: &Counters) -> u64 {
        counters.flush(self.store()).await.expect("a flush")
    }

    async fn figures(&self, part: Part<'_>) -> Figures {
        let read = self.store().read("test", async |db| summary(db, "org_1", part, all()).await);
        read.await.expect("figures")
    }

    /// Of each hour from the first one on.
    async fn hours(&self) -> Vec<Figures> {
        let span = Span::new(clock().now(), self.clock.now() + Duration::from_secs(1));
        let read =
            self.store().read("test", async |db| series(db, "org_1", Part::All, span, Step::Hour).await);
        read.await.expect("a series").into_iter().map(|it| it.figures).collect()
    }

    /// Writes what is next as a flush does, but for hearing that it is written.
    async fn write_unheard(&self, counters: &Counters) {
        let mut flushing = counters.shared.flushing.lock().await;
        counters.collect(&mut flushing);
        if let Some(batch) = flushing.next_batch() {
            let written = write::write(self.store(), &counters.shared.process, batch, self.clock.now()).await;
            written.expect("a batch that is written");
        }
    }
}

fn clock() -> Clock {
    Clock::manual("2026-11-29T10:00:00Z".parse().expect("a moment"))
}

fn key(organisation_id: &str) -> PartnerKey {
    partner(organisation_id, Kind::Publishable, Mode::Live)
}

/// A key of each site.
fn keys_of_sites<const N: usize>(site_ids: [&str; N]) -> [PartnerKey; N] {
    site_ids.map(|site_id| {
        let (record, _) = crate::testing::issued("org_1", Kind::Publishable, Mode::Live);
        of_site(record, site_id)
    })
}

fn of_site(record: Record, site_id: &str) -> PartnerKey {
    let record = Record { site_id: Some(site_id.into()), ..record };
    let ring = KeyRing::default();
    ring.insert(&record);
    ring.by_id(&record.id).expect("a good key")
}

fn all() -> Span {
    Span::new(
        "2026-01-01T00:00:00Z".parse().expect("a moment"),
        "2028-01-01T00:00:00Z".parse().expect("a moment"),
    )
}
