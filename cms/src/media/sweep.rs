//! Deleting what nobody needs any more.

use super::error::Error;
use super::upload::Media;
use jiff::{SignedDuration, Timestamp};
use jobs::{Cron, Job, NotDone, Worker};
use serde::{Deserialize, Serialize};
use store::At;

/// How long what was thrown away can be taken back, and what was replaced can be had still.
pub const GRACE_DAYS: i64 = 30;
/// An upload that is not done by then has broken off.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(1);
/// Pictures, or files of them, that one step takes; and steps of one run.
const STEP: i64 = 50;
const STEPS_MAX: usize = 40;

/// Deletes what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "cms.media-sweep";
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    pub pictures: usize,
    /// Those of pictures that stay.
    pub files: usize,
}

// In two statements: the second sees who uses what the first has locked.
const DUE: &str = "
    select id from cms.media
    where (state = 'making' and made_at < $1) or state = 'going' or (state = 'ready' and trashed_at < $2)
    order by made_at limit $3 for update skip locked";
const GO: &str = "
    update cms.media m set state = 'going'
    where id = any($1) and not exists (select from cms.media_use u where u.media_id = m.id)
    returning id";
const FILES: &str = "select name from cms.media_file where media_id = any($1)";
const DELETE_FILES: &str = "delete from cms.media_file where name = any($1)";
const DELETE: &str = "delete from cms.media where id = any($1)";
const REPLACED: &str = "
    select name from cms.media_file where replaced_at < $1 order by replaced_at limit $2";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[DUE, GO, FILES, DELETE_FILES, DELETE, REPLACED];

impl Media {
    /// Has this worker sweep once an hour.
    pub fn on(&self, worker: Worker) -> Worker {
        let media = self.clone();
        let hourly = Cron::new("cms-media-sweep", "17 * * * *", "UTC").expect("a schedule that is one");
        let worker = worker.handle(move |_: Sweep, _| {
            let media = media.clone();
            async move { media.sweep().await.map_err(|error| NotDone::Retry(error.to_string())) }
        });
        worker.repeat(hourly, &Sweep {})
    }

    /// Deletes uploads that broke off, pictures that were in the trash for [`GRACE_DAYS`], and crops that were replaced for as long. Files go
    /// first and rows last: what breaks off is done again.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let now = self.clock.now();
        let mut swept = Swept::default();
        for _ in 0..STEPS_MAX {
            let gone = self.sweep_pictures(now).await?;
            let files = self.sweep_files(now).await?;
            swept.pictures += gone;
            swept.files += files;
            if gone == 0 && files == 0 {
                break;
            }
        }
        Ok(swept)
    }

    async fn sweep_pictures(&self, now: Timestamp) -> Result<usize, Error> {
        let (unfinished, trashed) =
            (At(now - UNFINISHED), At(now - SignedDuration::from_hours(24 * GRACE_DAYS)));
        // From here on nobody can take them back, use them or upload them again.
        let (ids, names) = self
            .store
            .run_tx("cms.media_go", async |tx| {
                let due = tx.query(DUE, &[&unfinished, &trashed, &STEP]).await?;
                let due: Vec<String> = due.iter().map(|row| row.get("id")).collect();
                let going = tx.query(GO, &[&due]).await?;
                let ids: Vec<String> = going.iter().map(|row| row.get("id")).collect();
                let files = tx.query(FILES, &[&ids]).await?;
                let names: Vec<String> = files.iter().map(|row| row.get("name")).collect();
                Ok::<_, Error>((ids, names))
            })
            .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        self.delete_all(&names).await?;
        self.store
            .run_tx("cms.media_gone", async |tx| {
                tx.execute(DELETE_FILES, &[&names]).await?;
                tx.execute(DELETE, &[&ids]).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(ids.len())
    }

    async fn sweep_files(&self, now: Timestamp) -> Result<usize, Error> {
        let replaced = At(now - SignedDuration::from_hours(24 * GRACE_DAYS));
        let rows = self
            .store
            .read("cms.media_replaced", async |client| client.query(REPLACED, &[&replaced, &STEP]).await)
            .await?;
        let names: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
        self.delete_all(&names).await?;
        if !names.is_empty() {
            self.store.run_one("cms.media_files_gone", DELETE_FILES, &[&names]).await?;
        }
        Ok(names.len())
    }

    async fn delete_all(&self, names: &[String]) -> Result<(), Error> {
        for name in names {
            self.shelf.delete(name).await?;
        }
        Ok(())
    }
}
