//! `cargo xtask bench ledger`: lets the bench of `wallet` measure the batch writer beside one transaction a transfer and pgledger's approach.

use crate::{args::Args, workspace};
use serde_json::Value;

/// Everything that the bench program reports, with the machine.
pub(super) fn run(args: &mut Args) -> anyhow::Result<Value> {
    let mut command = workspace::cargo();
    command.args(["bench", "--quiet", "--package", "wallet", "--bench", "ledger", "--"]);
    if args.flag("--quick") {
        command.arg("--quick");
    }
    if let Some(only) = args.value::<String>("--only")? {
        command.arg("--only").arg(only);
    }
    args.done()?;
    super::reported("bench-ledger.json", &mut command)
}
