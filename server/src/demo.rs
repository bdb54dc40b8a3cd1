//! What `--demo` adds: an organisation with keys, written to a file for the tools around it, and the examples' pages.

pub(crate) mod rewards;

use crate::feed::Feed;
use crate::feed::sandbox;
use access::By;
use partners::limit::{Limits, Rate, table};
use partners::{Mode, NewKey, Origins, Scope, Scopes, key, organisation};
use serde::Serialize;
use std::path::Path;
use store::Store;

/// The organisation: the same over every start, so that its matches stay its own. The texts of an earlier run's keys are not kept,
/// so each run issues new ones; those that open pages hold go on working.
const ORGANISATION: (&str, &str) = ("org_demo", "Demo Gazette");
/// Where a demo's pages are served from.
const ORIGINS: Origins<'_> = Origins::OwnMachine;

/// As much as there can be.
const LIMITS: Limits = Limits { secret: Rate::MAX, publishable: Rate::MAX, ..Limits::DEFAULT };

/// The demo partner of this run. It has no `Debug`: its keys must not come into a log.
#[derive(Serialize)]
pub struct Demo {
    pub publishable_key: String,
    pub secret_key: String,
    pub test_key: String,
    pub sandbox_match: String,
    /// For `/console/operations`.
    pub operations_secret: String,
}

impl Demo {
    /// Issues the keys and writes `<data>/demo.json`, which only its owner may read.
    pub async fn seed(
        store: &Store,
        keys: &partners::KeyRing,
        feed: &Feed,
        operations_secret: &str,
        data: &Path,
    ) -> anyhow::Result<Self> {
        let by = By::system("demo", jiff::Timestamp::now());
        let issued = store
            .run_tx("demo.seed", async |tx| {
                let organisation = organisation::ensure(tx, ORGANISATION.0, ORGANISATION.1).await?;
                // Whoever tries the API on this machine tries it hard.
                table::set(tx, &organisation.id, &LIMITS, &by).await?;
                let mut issued = Vec::new();
                for new in [
                    NewKey::publishable(Mode::Live, "Demo pages", ORIGINS),
                    NewKey::secret(Mode::Live, "Demo feed", Scopes::of(&Scope::ALL)),
                    NewKey::publishable(Mode::Test, "Demo test pages", ORIGINS),
                ] {
                    issued.push(key::issue(tx, &organisation.id, &new, &by).await?);
                }
                Ok::<_, partners::Error>(issued)
            })
            .await?;
        for one in &issued {
            keys.insert(&one.record);
        }
        let text = |at: usize| issued[at].key.reveal().to_owned();
        let demo = Self {
            publishable_key: text(0),
            secret_key: text(1),
            test_key: text(2),
            sandbox_match: sandbox::ensure(feed).await?,
            operations_secret: operations_secret.to_owned(),
        };
        let file = data.join("demo.json");
        write_private(&file, &serde_json::to_vec_pretty(&demo)?).await?;
        tracing::info!(file = %file.display(), "the demo partner's keys are in this file");
        Ok(demo)
    }
}

/// Writes a file that others cannot read, whole or not at all.
async fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("partial");
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&partial).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, content).await?;
    file.sync_all().await?;
    tokio::fs::rename(&partial, path).await
}
