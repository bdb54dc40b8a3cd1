//! Other libraries, each a run of `jobs/benches/peers`, against the same server in a database of its own.

use serde_json::Value;
use std::path::PathBuf;
use tokio::process::Command;

/// The program, where it has been built.
pub(crate) fn program() -> Option<PathBuf> {
    std::env::var_os("JOB_PEERS").map(PathBuf::from)
}

/// The object that a run prints.
pub(crate) async fn run(words: &[&str]) -> anyhow::Result<Value> {
    let program = program().ok_or_else(|| anyhow::anyhow!("JOB_PEERS names no program"))?;
    let output = Command::new(program).args(words).stderr(std::process::Stdio::inherit()).output().await?;
    anyhow::ensure!(output.status.success(), "{words:?} ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}
