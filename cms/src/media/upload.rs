//! What is done with pictures: uploading, describing, throwing away and taking back.

use super::asset::{self, Asset, Description, Focus, Shape};
use super::encode::{self, Made};
use super::error::{Error, Refused};
use super::format::Given;
use super::shelf::Shelf;
use super::{colour, decode, uses};
use access::audit::{self, By, Deed};
use bytes::Bytes;
use image::GenericImageView;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use store::{At, Clock, Store, Transaction};
use tokio::sync::Semaphore;

/// So many are decoded at once, by a process; see [`decode::DECODE_BYTES_MAX`].
const AT_ONCE_MAX: usize = 2;
/// How long one waits for its turn.
const WAIT_MS_MAX: u64 = 10_000;
/// Characters of a file's name.
const NAME_MAX: usize = 120;
/// How many are named of those who show a picture that somebody would throw away.
const NAMED_MAX: i64 = 5;

/// The library of pictures. Cloning is cheap.
#[derive(Clone)]
pub struct Media {
    pub(super) store: Store,
    pub(super) shelf: Shelf,
    pub(super) clock: Clock,
    turns: Arc<Semaphore>,
}

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uploaded {
    Now(Asset),
    /// The same bytes were there.
    Before(Asset),
}

impl Uploaded {
    pub fn asset(&self) -> &Asset {
        match self {
            Uploaded::Now(asset) | Uploaded::Before(asset) => asset,
        }
    }
}

// One that broke off is taken up again: its files are the same.
const BEGIN: &str = "
    insert into cms.media as m (id, sha256, state, name, format, width, height, bytes, colour, made_by, made_at)
    values ($1, $2, 'making', $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (sha256) where state <> 'going' do update set made_at = excluded.made_at where m.state = 'making'
    returning id";
const ADD_FILE: &str = "
    insert into cms.media_file (name, media_id, shape, format, width, height, bytes, replaced_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name) do nothing";
const READY: &str = "update cms.media set state = 'ready' where id = $1 and state = 'making'";
const BY_HASH: &str = "select id, state from cms.media where sha256 = $1 and state <> 'going'";
const LOCK: &str = "select version, trashed_at from cms.media where id = $1 and state = 'ready' for update";
const DESCRIBE: &str = "
    update cms.media set alt = $2, caption = $3, credit = $4, focus_x = $5, focus_y = $6, version = version + 1
    where id = $1";
const REPLACE: &str = "
    update cms.media_file set replaced_at = $3
    where media_id = $1 and replaced_at is null and shape in ('square', 'wide') and name <> all($2)";
const PLACE: &str = "update cms.media_file set replaced_at = null where name = any($1)";
const TRASH: &str = "update cms.media set trashed_at = $2, version = version + 1 where id = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[BEGIN, ADD_FILE, READY, BY_HASH, LOCK, DESCRIBE, REPLACE, PLACE, TRASH];

/// What is made of an upload.
struct Taken {
    given: Given,
    width: u32,
    height: u32,
    colour: u32,
    made: Vec<Made>,
}

impl Media {
    pub fn new(store: Store, shelf: Shelf, clock: Clock) -> Self {
        Self { store, shelf, clock, turns: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// Where files are had from.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Takes a picture in; the same bytes again answer the asset that is there, and take it out of the trash. `name` is what somebody calls the file,
    /// and is a text like any other.
    pub async fn upload(&self, bytes: Bytes, name: &str, by: &By) -> Result<Uploaded, Error> {
        if bytes.len() > decode::BYTES_MAX {
            return Err(Refused::Bytes { bytes: bytes.len(), max: decode::BYTES_MAX }.into());
        }
        // Told before anything is counted or decoded.
        Given::sniff(&bytes)?;
        let same = bytes.clone();
        let hash = self.aside(move || Ok(Sha256::digest(&same).to_vec())).await?;
        if let Some(asset) = self.known(&hash, by).await? {
            return Ok(Uploaded::Before(asset));
        }
        let size = bytes.len();
        let taken = self.in_turn(move || take(&bytes)).await?;
        let id = self.begin(&hash, &file_name(name), size, &taken, by).await?;
        let Some(id) = id else {
            // Another process was faster.
            return self.known(&hash, by).await?.map(Uploaded::Before).ok_or(Error::Busy);
        };
        for made in &taken.made {
            self.shelf.put(&made.name(&id, 1), made.bytes.clone()).await?;
        }
        let is_mine = self
            .store
            .run_tx("cms.media_ready", async |tx| {
                let is_mine = tx.execute(READY, &[&id]).await? == 1;
                if is_mine {
                    let after =
                        json!({"name": file_name(name), "width": taken.width, "height": taken.height});
                    let deed = Deed { after: Some(after), object: &id, ..Deed::of("media.upload") };
                    audit::record(tx, by, &deed).await?;
                }
                Ok::<_, Error>(is_mine)
            })
            .await?;
        let asset = self.store.read("cms.media", async |client| asset::find(client, &id).await).await?;
        let asset = asset.ok_or(Error::Busy)?;
        Ok(if is_mine { Uploaded::Now(asset) } else { Uploaded::Before(asset) })
    }

    /// Says what a picture shows, whose it is, and what must not be cut off; crops that follow from that are made anew. `version` is the one that
    /// was looked at.
    pub async fn describe(
        &self,
        id: &str,
        version: i32,
        description: &Description,
        by: &By,
    ) -> Result<Asset, Error> {
        let description = description.cleaned();
        description.check()?;
        let before = self.asset(id).await?;
        if before.version != version {
            return Err(Error::Stale { id: id.to_owned(), version: before.version });
        }
        let crops = if before.description.focus == description.focus {
            None
        } else {
            Some(self.crops(&before, description.focus).await?)
        };
        self.store
            .run_tx("cms.media_describe", async |tx| {
                lock(tx, id, version).await?;
                let Description { alt, caption, credit, focus: Focus { x, y } } = &description;
                let used = if alt.is_empty() { uses::of(tx, id, NAMED_MAX).await? } else { Vec::new() };
                if !used.is_empty() {
                    // What fans see stays described.
                    return Err(Error::Used { id: id.to_owned(), by: used });
                }
                let (x, y) = (*x as i16, *y as i16);
                tx.execute(DESCRIBE, &[&id, alt, caption, credit, &x, &y]).await?;
                if let Some(names) = &crops {
                    tx.execute(REPLACE, &[&id, names, &At(by.at)]).await?;
                    tx.execute(PLACE, &[names]).await?;
                }
                let deed = Deed { object: id, ..Deed::of("media.describe") };
                let deed = deed.changing(told(&before.description), told(&description));
                audit::record(tx, by, &deed).await?;
                Ok::<_, Error>(())
            })
            .await?;
        self.asset(id).await
    }

    /// Throws a picture away that nobody shows. It can be taken back until [`Media::sweep`] comes.
    pub async fn trash(&self, id: &str, version: i32, by: &By) -> Result<(), Error> {
        let trash = self.store.run_tx("cms.media_trash", async |tx| {
            lock(tx, id, version).await?;
            let used = uses::of(tx, id, NAMED_MAX).await?;
            if !used.is_empty() {
                return Err(Error::Used { id: id.to_owned(), by: used });
            }
            tx.execute(TRASH, &[&id, &Some(At(by.at))]).await?;
            audit::record(tx, by, &Deed { object: id, ..Deed::of("media.trash") }).await?;
            Ok(())
        });
        trash.await
    }

    /// Takes a picture out of the trash.
    pub async fn restore(&self, id: &str, version: i32, by: &By) -> Result<(), Error> {
        self.store.run_tx("cms.media_restore", async |tx| restore(tx, id, version, by).await).await
    }

    async fn asset(&self, id: &str) -> Result<Asset, Error> {
        let found = self.store.read("cms.media", async |client| asset::find(client, id).await).await?;
        found.ok_or_else(|| Error::Unknown { id: id.to_owned() })
    }

    /// The asset of bytes that were uploaded before.
    async fn known(&self, hash: &[u8], by: &By) -> Result<Option<Asset>, Error> {
        self.store
            .run_tx("cms.media_known", async |tx| {
                let Some(row) = tx.query_opt(BY_HASH, &[&hash]).await? else { return Ok(None) };
                let id: &str = row.get("id");
                let Some(found) = asset::find(tx, id).await? else { return Ok(None) };
                if found.trashed_at.is_none() {
                    return Ok(Some(found));
                }
                restore(tx, id, found.version, by).await?;
                asset::find(tx, id).await
            })
            .await
    }

    /// Notes which files there will be, before the first is kept: what is left by a process that ends in between is found by that. None where it is
    /// there already.
    async fn begin(
        &self,
        hash: &[u8],
        name: &str,
        size: usize,
        taken: &Taken,
        by: &By,
    ) -> Result<Option<String>, Error> {
        let id = store::ids::new("med");
        let (width, height) = (taken.width as i32, taken.height as i32);
        let format = taken.given.word();
        let (size, colour, actor) = (size as i64, taken.colour as i32, by.actor.id.as_str());
        self.store
            .run_tx("cms.media_begin", async |tx| {
                let params: store::Params<'_> =
                    &[&id, &hash, &name, &format, &width, &height, &size, &colour, &actor, &At(by.at)];
                let Some(row) = tx.query_opt(BEGIN, params).await? else { return Ok(None) };
                let id: String = row.get("id");
                for made in &taken.made {
                    add_file(tx, &id, 1, made, None).await?;
                }
                Ok(Some(id))
            })
            .await
    }

    /// Makes the crops around another place and keeps them; answers their names. Until they are placed they are as good as replaced.
    async fn crops(&self, asset: &Asset, focus: Focus) -> Result<Vec<String>, Error> {
        let unreadable = || Error::Unreadable { id: asset.id.clone(), column: "master" };
        let master = asset.files.iter().find(|it| it.shape == Shape::Master).ok_or_else(unreadable)?;
        let master = self.shelf.take(&master.name).await?.ok_or_else(unreadable)?;
        let made = self
            .in_turn(move || encode::shown(&decode::picture(&master)?.pixels, &Shape::CROPS, focus))
            .await?;
        let version = asset.version + 1;
        let now = At(self.clock.now());
        self.store
            .run_tx("cms.media_crops", async |tx| {
                for made in &made {
                    add_file(tx, &asset.id, version, made, Some(&now)).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        for made in &made {
            self.shelf.put(&made.name(&asset.id, version), made.bytes.clone()).await?;
        }
        Ok(made.iter().map(|it| it.name(&asset.id, version)).collect())
    }

    /// Works on pixels, and not on more at once than memory allows. The turn is taken until it is done, even if nobody waits for it any more.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let wait = Duration::from_millis(WAIT_MS_MAX);
        let turn = tokio::time::timeout(wait, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Busy)?.expect("turns are never closed");
        self.aside(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
    }

    /// Away from what answers others.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // A decoder that panics has found a picture that it cannot read.
        let broken = |_| Error::from(Refused::Broken { reason: "its decoder gave up".to_owned() });
        tokio::task::spawn_blocking(work).await.map_err(broken)?
    }
}

fn take(bytes: &[u8]) -> Result<Taken, Error> {
    let decode::Picture { given, pixels } = decode::picture(bytes)?;
    let (width, height) = pixels.dimensions();
    let mut made = encode::shown(&pixels, &Shape::SHOWN, Focus::MIDDLE)?;
    made.push(encode::master(&pixels)?);
    Ok(Taken { given, width, height, colour: colour::dominant(&pixels), made })
}

async fn add_file(
    tx: &Transaction<'_>,
    id: &str,
    version: i32,
    made: &Made,
    replaced_at: Option<&At>,
) -> Result<(), Error> {
    let (width, height, bytes) = (made.width as i32, made.height as i32, made.bytes.len() as i32);
    let (shape, format) = (made.shape.word(), made.format.word());
    let name = made.name(id, version);
    tx.execute(ADD_FILE, &[&name, &id, &shape, &format, &width, &height, &bytes, &replaced_at]).await?;
    Ok(())
}

/// Holds others off a picture at that version; answers whether it is in the trash.
async fn lock(tx: &Transaction<'_>, id: &str, version: i32) -> Result<bool, Error> {
    let row = tx.query_opt(LOCK, &[&id]).await?.ok_or_else(|| Error::Unknown { id: id.to_owned() })?;
    match row.get::<_, i32>("version") {
        now if now == version => Ok(row.get::<_, Option<At>>("trashed_at").is_some()),
        now => Err(Error::Stale { id: id.to_owned(), version: now }),
    }
}

async fn restore(tx: &Transaction<'_>, id: &str, version: i32, by: &By) -> Result<(), Error> {
    if lock(tx, id, version).await? {
        tx.execute(TRASH, &[&id, &None::<At>]).await?;
        audit::record(tx, by, &Deed { object: id, ..Deed::of("media.restore") }).await?;
    }
    Ok(())
}

fn told(description: &Description) -> Value {
    let Description { alt, caption, credit, focus } = description;
    json!({"alt": alt, "caption": caption, "credit": credit, "focus": [focus.x, focus.y]})
}

/// What somebody calls a file, without where it was.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    crate::text::cleaned(last).trim().chars().take(NAME_MAX).collect()
}
