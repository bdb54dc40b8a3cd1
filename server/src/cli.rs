//! The command line.

use crate::plans::LimitsArgs;
use access::grant::PlatformRole;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Live cricket for any website.
#[derive(Debug, Parser)]
#[command(name = "crease", version, about)]
pub struct Cli {
    /// A TOML file over the defaults; `crease config print` shows every key.
    #[arg(long, global = true, env = "CREASE_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every role in one process: to try it, to develop, for a small site.
    All(AllArgs),
    /// Streams and reading only.
    Edge,
    /// HTTP and console, without streams.
    Api,
    /// Background work.
    Worker,
    /// Feeds: commands become the log.
    Ingest,
    /// Brings the database's tables up to this release, and exits.
    Migrate,
    /// Looks at the configuration.
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Says what this machine has and lacks.
    Doctor {
        /// Only whether a PostgreSQL can be had; exit status 1 if not.
        #[arg(long)]
        postgres: bool,
    },
    /// Gives a user a role on the platform: operator, editor, reviewer, translator, scorer.
    Grant(RoleArgs),
    /// Takes such a role away.
    Ungrant(RoleArgs),
    /// Looks at the books of the wallets.
    Ledger {
        #[command(subcommand)]
        action: LedgerAction,
    },
    /// Copies all that has to outlive this machine into a new folder, while everything goes on.
    Backup {
        /// It must not be there, or be empty.
        folder: PathBuf,
    },
    /// Puts a backup into a database without tables and a data folder without markets, and reads it through.
    Restore { folder: PathBuf },
    /// Says what an organisation may use, and sets what is given.
    Limits(LimitsArgs),
    /// Scores match files (Cricsheet JSON, gzip or not): a line of JSON each.
    Score {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Plays a match file as a live match through the feed API.
    Replay {
        file: PathBuf,
        /// 1 is a ball each 30 s.
        #[arg(long, default_value_t = 10.0)]
        speed: f64,
        #[arg(long, default_value = "http://127.0.0.1:8700")]
        url: String,
        /// A feed's secret key.
        #[arg(long, env = "CREASE_KEY", hide_env_values = true)]
        key: String,
        /// A match that exists; a new one is announced when left out.
        #[arg(long = "match")]
        match_id: Option<String>,
    },
}

#[derive(Args, Debug)]
pub struct AllArgs {
    /// Issues keys for a demo partner into <data>/demo.json and serves the example pages.
    #[arg(long)]
    pub demo: bool,
    /// The data folder, over the configuration's.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// The port, over the configuration's.
    #[arg(long)]
    pub port: Option<u16>,
}

#[derive(Args, Debug)]
pub struct RoleArgs {
    /// The address of an account.
    pub email: String,
    #[arg(value_parser = platform_role)]
    pub role: PlatformRole,
}

fn platform_role(word: &str) -> Result<PlatformRole, String> {
    let known = || PlatformRole::ALL.map(PlatformRole::word).join(", ");
    PlatformRole::of_word(word).ok_or_else(|| format!("a role is one of {}", known()))
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum LedgerAction {
    /// Whether they are right: every hash, line and sum; exit status 1 if not.
    Verify,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigAction {
    /// Whether it can be used.
    Check,
    /// Every key with its meaning and default, as a file to start from.
    Print,
}
