//! The key that seals what is secret at rest: from the configuration, or made once and kept in the data folder.
//!
//! The database remembers which key its secrets were sealed with (eight digits of a hash, which tell nothing of it), so that a process with
//! another one says so at its start, and not when somebody's second factor cannot be opened.

use crate::config::{Config, Secret};
use anyhow::{Context, bail};
use std::path::Path;
use store::seal::{SECRET_BYTES, random};
use store::{Migrations, Seal, Step, Store};

/// The table that remembers, in the schema of this crate's own settings.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "secrets",
    steps: &[Step { name: "1_seal", sql: include_str!("secrets/1_seal.sql") }],
};

/// Where a key that was made here is kept.
const FILE: &str = "secrets.key";

const REMEMBER: &str = "insert into secrets.seal (name) values ($1) on conflict (is_only) do nothing";
const REMEMBERED: &str = "select name from secrets.seal";
const RENEW: &str = "update secrets.seal set name = $1 where name = $2";

/// The seal of this process.
pub async fn seal(config: &Config, store: &Store) -> anyhow::Result<Seal> {
    let key = match config.secrets.key.reveal() {
        Some(text) => parse(text).context("secrets.key")?,
        None => own(&config.data.dir, remembered(store).await?.as_deref()).await?,
    };
    let earlier = config.secrets.earlier_keys.iter().filter_map(Secret::reveal).map(parse);
    let earlier = earlier.collect::<anyhow::Result<Vec<_>>>().context("secrets.earlier_keys")?;
    let seal = Seal::new(key, &earlier);
    check(store, &seal.names()).await?;
    Ok(seal)
}

/// Whether this process has the key that the database's secrets were sealed with; the first process ever says which that is.
async fn check(store: &Store, names: &[String]) -> anyhow::Result<()> {
    let (present, earlier) = names.split_first().context("a seal has a key")?;
    let remembered = store.run_tx("secrets.check", async |tx| {
        tx.execute(REMEMBER, &[present]).await?;
        let name: String = tx.query_one(REMEMBERED, &[]).await?.get("name");
        if earlier.contains(&name) {
            tx.execute(RENEW, &[present, &name]).await?;
        }
        Ok::<_, store::Error>(name)
    });
    let remembered = remembered.await?;
    if remembered != *present && !earlier.contains(&remembered) {
        bail!("{}, not {present}", needed(&remembered));
    }
    Ok(())
}

/// What a process is told that has not got the key.
fn needed(remembered: &str) -> String {
    format!(
        "give all processes the same secrets.key (CREASE__SECRETS__KEY), or name earlier ones in secrets.earlier_keys; a key that Crease \
         made itself is in the file {FILE} of the first process's data folder. The database's secrets were sealed with the key {remembered}"
    )
}

async fn remembered(store: &Store) -> Result<Option<String>, store::Error> {
    let row = store.read("secrets.remembered", async |db| db.query_opt(REMEMBERED, &[]).await).await?;
    Ok(row.map(|it| it.get("name")))
}

/// The key in the data folder, which is made when there is none, unless the database remembers another one.
async fn own(data: &Path, remembered: Option<&str>) -> anyhow::Result<[u8; SECRET_BYTES]> {
    let path = data.join(FILE);
    let shown = path.display().to_string();
    let digits: String = random::<SECRET_BYTES>().iter().map(|byte| format!("{byte:02x}")).collect();
    if !tokio::fs::try_exists(&path).await.with_context(|| shown.clone())? {
        if let Some(remembered) = remembered {
            bail!("{}", needed(remembered));
        }
        // Whole from the first moment on: a second process that starts now finds all of it, or makes way for its own.
        let draft = data.join(format!("{FILE}.{}", store::ids::random_base62(8)));
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&draft).await?;
        tokio::io::AsyncWriteExt::write_all(&mut file, digits.as_bytes()).await?;
        file.sync_all().await?;
        let linked = tokio::fs::hard_link(&draft, &path).await;
        tokio::fs::remove_file(&draft).await?;
        match linked {
            Ok(()) => tracing::info!(
                file = shown,
                "made a key for what is secret at rest: keep it with the database's backups"
            ),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| shown.clone()),
        }
    }
    parse(tokio::fs::read_to_string(&path).await.with_context(|| shown.clone())?.trim()).context(shown)
}

fn parse(text: &str) -> anyhow::Result<[u8; SECRET_BYTES]> {
    let is_one = text.len() == 2 * SECRET_BYTES && text.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_one {
        bail!(
            "a key is {} hexadecimal digits; `openssl rand -hex {SECRET_BYTES}` makes one",
            2 * SECRET_BYTES
        );
    }
    let mut key = [0; SECRET_BYTES];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16)?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    fn config(key: &str, earlier: &[&str], data: &Path) -> Config {
        let mut config = Config::from_parts(None, std::iter::empty()).unwrap();
        config.secrets.key = key.to_owned().into();
        config.secrets.earlier_keys = earlier.iter().map(|it| (*it).to_owned().into()).collect();
        config.data.dir = data.to_owned();
        config
    }

    #[tokio::test]
    async fn a_process_with_another_key_than_the_databases_does_not_start() {
        let test = TestStore::new(&[MIGRATIONS]).await;
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = ("11".repeat(32), "22".repeat(32));
        let seal_of = async |key: &str, earlier: &[&str]| {
            seal(&config(key, earlier, folder.path()), test.store()).await.map_err(|it| format!("{it:#}"))
        };
        let first = seal_of(&one, &[]).await.unwrap();
        assert!(seal_of(&one, &[]).await.is_ok());
        let refused = seal_of(&two, &[]).await.unwrap_err();
        assert!(refused.contains("CREASE__SECRETS__KEY") && !refused.contains(&two), "{refused}");
        let renewed = seal_of(&two, &[&one]).await.unwrap();
        assert_eq!(renewed.open("p", &first.seal("p", b"v")).unwrap(), b"v");
        assert!(seal_of(&two, &[]).await.is_ok(), "the new key is the database's now");
        assert!(seal_of("short", &[]).await.unwrap_err().contains("openssl rand -hex 32"));
    }

    #[tokio::test]
    async fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let test = TestStore::new(&[MIGRATIONS]).await;
        let folder = tempfile::tempdir().unwrap();
        let config = config("", &[], folder.path());
        let (one, two) = tokio::join!(seal(&config, test.store()), seal(&config, test.store()));
        assert_eq!(one.unwrap().names(), two.unwrap().names());
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }
}
