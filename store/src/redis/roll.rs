//! Who is there: each names itself on a roll, with what others are to know of it, and is struck off when it has not said so for a time.
//!
//! A roll is a set of names; what is known of each is a key with an expiry in the same Cluster slot.

use super::{Session, failed};
use crate::error::Error;
use redis::Value;
use std::time::Duration;

impl Session {
    /// Puts a name on a roll, or says that it is still there: for so long, unless it is said again.
    pub async fn enrol(&self, roll: &str, name: &str, known: &[u8], live: Duration) -> Result<(), Error> {
        let live_ms = u64::try_from(live.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.cmd("SET").arg(entry(roll, name)).arg(known).arg("PX").arg(live_ms);
        pipe.cmd("SADD").arg(list(roll)).arg(name);
        let said: Result<Value, _> = self.commands.ask_all(&pipe).await;
        said.map(drop).map_err(|error| failed("did not take a name", &error))
    }

    /// Takes a name off a roll.
    pub async fn strike(&self, roll: &str, name: &str) -> Result<(), Error> {
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.cmd("DEL").arg(entry(roll, name));
        pipe.cmd("SREM").arg(list(roll)).arg(name);
        let struck: Result<Value, _> = self.commands.ask_all(&pipe).await;
        struck.map(drop).map_err(|error| failed("did not strike a name", &error))
    }

    /// Everybody on a roll, with what is known of them; whoever fell silent is struck off.
    pub async fn call_roll(&self, roll: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let calling = async {
            let mut names = redis::cmd("SMEMBERS");
            names.arg(list(roll));
            let names: Vec<String> = self.commands.ask(&names).await?;
            if names.is_empty() {
                return Ok(Vec::new());
            }
            let mut entries = redis::cmd("MGET");
            for name in &names {
                entries.arg(entry(roll, name));
            }
            let entries: Vec<Option<Vec<u8>>> = self.commands.ask(&entries).await?;
            let (here, silent): (Vec<_>, Vec<_>) =
                names.into_iter().zip(entries).partition(|(_, entry)| entry.is_some());
            if !silent.is_empty() {
                let mut strike = redis::cmd("SREM");
                strike.arg(list(roll));
                for (name, _) in &silent {
                    strike.arg(name);
                }
                self.commands.ask::<Value>(&strike).await?;
            }
            Ok(here.into_iter().filter_map(|(name, entry)| Some((name, entry?))).collect())
        };
        calling.await.map_err(|error| failed("did not call a roll", &error))
    }
}

fn list(roll: &str) -> String {
    format!("crease:{{{roll}}}:roll")
}

fn entry(roll: &str, name: &str) -> String {
    format!("crease:{{{roll}}}:roll:{name}")
}
