//! `crease backup` and `crease restore`: all that has to outlive a machine, as of one moment.
//!
//! ```text
//! <folder>/
//!     database.dump       what pg_dump makes of the database, in its custom format, as of one snapshot of it
//!     markets/mkt_…/      a book each, as of what that snapshot says is settled
//!     media/              pictures, where they are kept in a folder
//!     manifest.json       what there must be: written last, so that what was not finished is no backup
//! ```
//!
//! Redis has nothing that is missed. Not in it, to be kept elsewhere: the configuration, and with it `secrets.key`, without which what is sealed stays
//! so; pictures in a bucket.

mod manifest;

use crate::books;
use crate::config::Config;
use crate::role;
use anyhow::{Context, bail, ensure};
use manifest::Manifest;
use rewards::exchange::backup::{Copied, back_up as back_up_markets};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use store::Transaction;
use store::postgres::Postgres;

const DUMP: &str = "database.dump";
const MARKETS: &str = "markets";
const MEDIA: &str = "media";
const MANIFEST: &str = "manifest.json";
/// Moments of the database that are tried: at each, a market may have gone on and been compacted before it was copied.
const TRIES: usize = 5;

/// Makes a backup in a new folder, which nobody else may enter. Everything goes on meanwhile.
///
/// # Errors
/// Where the folder has something in it, or anything cannot be read or written: there is no manifest then.
pub async fn back_up(config: &Config, folder: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    make_empty(folder)?;
    let (database, store) = role::open_store(config).await?;
    let markets = config.data.dir.join(MARKETS);
    let mut made = None;
    for _ in 0..TRIES {
        let into = folder.join(MARKETS);
        if into.is_dir() {
            std::fs::remove_dir_all(&into)?;
        }
        let copy = async |tx: &Transaction<'_>| copied(tx, &database, (&markets, folder)).await;
        made = store.run_tx("backup", copy).await?;
        if made.is_some() {
            break;
        }
    }
    let (tables, markets) = made.context("a market goes on faster than it is copied: try again")?;
    // Files have the names of what is in them: those of the moment before are all there.
    let media = config.data.dir.join(MEDIA);
    if matches!(config.content.place(&config.data.dir)?, cms::media::Place::Folder(_)) && media.is_dir() {
        copy_all(&media, &folder.join(MEDIA))?;
    }
    store.close();
    database.stop().await;
    let manifest = Manifest::of(folder, tables, markets)?;
    manifest.write(&folder.join(MANIFEST))?;
    let rows: i64 = manifest.tables.values().sum();
    writeln!(
        out,
        "{}: {rows} rows of {} tables, {} markets, {} bytes in {} files\nNext: keep it elsewhere, with the configuration; `crease restore` reads it",
        folder.display(),
        manifest.tables.len(),
        manifest.markets.len(),
        manifest.bytes(),
        manifest.files.len(),
    )?;
    Ok(())
}

/// What was copied at one moment: rows by table, and markets.
type Moment = (BTreeMap<String, i64>, Vec<Copied>);

/// Copies markets and database as of one moment; `None` where a market had gone on too far.
async fn copied(
    tx: &Transaction<'_>,
    database: &Postgres,
    (markets, folder): (&Path, &Path),
) -> anyhow::Result<Option<Moment>> {
    tx.batch("set transaction isolation level repeatable read, read only").await?;
    tx.batch("set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0").await?;
    let snapshot: String = tx.query_one("select pg_export_snapshot()", &[]).await?.get(0);
    // At once, while their files hold that moment.
    let Some(copied) = back_up_markets(tx, markets, &folder.join(MARKETS)).await? else { return Ok(None) };
    let mut program = database.program("pg_dump")?;
    program.args(["--format=custom", "--no-owner", "--no-privileges", "--snapshot"]).arg(snapshot);
    program.arg("--file").arg(std::path::absolute(folder)?.join(DUMP));
    ran(program).await?;
    Ok(Some((tx.row_counts().await?.into_iter().collect(), copied)))
}

/// Puts a backup into a database that has no tables, and a data folder that has no markets; then reads the books. Answers whether all is as it was.
///
/// # Errors
/// Where it is no whole backup, or not what the manifest says; where something is there already: nothing is changed then.
pub async fn restore(config: &Config, folder: &Path, out: &mut impl Write) -> anyhow::Result<bool> {
    let manifest = Manifest::read(&folder.join(MANIFEST))?;
    manifest.check(folder)?;
    let (markets, media) = (config.data.dir.join(MARKETS), config.data.dir.join(MEDIA));
    let (database, store) = role::open_store(config).await?;
    let present = store.read("restore.tables", async |db| db.row_counts().await).await?;
    if let Some((table, _)) = present.first() {
        bail!("the database has tables already, such as {table}: a backup is put into an empty one");
    }
    for (from, to) in [(folder.join(MARKETS), &markets), (folder.join(MEDIA), &media)] {
        if from.is_dir() {
            let is_empty = std::fs::read_dir(to).map_or(true, |mut it| it.next().is_none());
            ensure!(is_empty, "{} has something in it already", to.display());
        }
    }
    let mut program = database.program("pg_restore")?;
    program.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--dbname"]);
    // It wants a name, and takes the rest from its environment.
    let name = program.get_envs().find(|it| it.0 == "PGDATABASE").and_then(|it| it.1).map(PathBuf::from);
    program.arg(name.context("the address of the database has no name of one")?);
    program.arg(std::path::absolute(folder)?.join(DUMP));
    ran(program).await?;
    for (from, to) in [(folder.join(MARKETS), &markets), (folder.join(MEDIA), &media)] {
        if from.is_dir() {
            copy_all(&from, to)?;
        }
    }
    let restored: BTreeMap<String, i64> =
        store.read("restore.tables", async |db| db.row_counts().await).await?.into_iter().collect();
    store.run_tx("restore.analyse", async |tx| tx.batch("analyze").await).await?;
    store.close();
    database.stop().await;
    let differing = manifest.differing(&restored);
    for (table, was, is) in &differing {
        writeln!(out, "{table}: {was} rows in the backup, {is} here")?;
    }
    let are_right = books::verify(config, out).await?;
    let rows: i64 = restored.values().sum();
    writeln!(out, "{rows} rows of {} tables and {} markets", restored.len(), manifest.markets.len())?;
    writeln!(
        out,
        "Next: `crease migrate`, where this release is newer than the backup's ({})",
        manifest.crease
    )?;
    Ok(differing.is_empty() && are_right)
}

fn make_empty(folder: &Path) -> anyhow::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut entries = std::fs::read_dir(folder)?;
            ensure!(entries.next().is_none(), "{} has something in it already", folder.display());
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("making {}", folder.display())),
    }
}

/// Copies a folder's files and folders, and has them on the disk.
fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let (path, into) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_all(&path, &into)?;
            continue;
        }
        std::fs::copy(&path, &into).with_context(|| format!("copying {}", path.display()))?;
        std::fs::File::open(&into)?.sync_all()?;
    }
    Ok(std::fs::File::open(to)?.sync_all()?)
}

/// Runs a program to its end; what it says is said where it fails.
async fn ran(mut program: Command) -> anyhow::Result<()> {
    let name = program.get_program().to_string_lossy().into_owned();
    let ending = tokio::task::spawn_blocking(move || program.output());
    let ended = ending.await?.with_context(|| format!("running {name}"))?;
    ensure!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr).trim());
    Ok(())
}
