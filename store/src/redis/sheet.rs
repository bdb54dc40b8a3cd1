//! Counts that a process keeps where others see them, and that vanish with it.
//!
//! Each process has a sheet, a hash with an expiry that it writes anew every few seconds; a sorted set lists the sheets. A process that
//! crashed writes no more, so its sheet is gone when the expiry is over, and its name a little later.

use super::{Session, failed};
use crate::error::Error;
use redis::Value;
use std::time::Duration;

/// A process's sheet among those of a group.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    pub group: &'a str,
    /// Another one at each start of the process.
    pub process: &'a str,
}

/// Names are kept for so many times the life of a sheet: clocks differ, and a name without a sheet costs one question.
const NAME_LIVES: u64 = 20;

impl Session {
    /// Writes a sheet anew; it stands for `live`. `now_ms` is the wall clock.
    pub async fn write_sheet(
        &self,
        sheet: Sheet<'_>,
        counts: &[(String, u64)],
        now_ms: u64,
        live: Duration,
    ) -> Result<(), Error> {
        let (list, key) = (list_key(sheet.group), sheet_key(sheet.group, sheet.process));
        let live_ms = u64::try_from(live.as_millis()).unwrap_or(u64::MAX);
        let mut pipe = redis::pipe();
        pipe.atomic().cmd("DEL").arg(&key);
        if !counts.is_empty() {
            let set = pipe.cmd("HSET").arg(&key);
            for (name, count) in counts {
                set.arg(name).arg(*count);
            }
            pipe.cmd("PEXPIRE").arg(&key).arg(live_ms);
        }
        pipe.cmd("ZADD").arg(&list).arg(now_ms).arg(sheet.process);
        let oldest_ms = now_ms.saturating_sub(live_ms.saturating_mul(NAME_LIVES));
        pipe.cmd("ZREMRANGEBYSCORE").arg(&list).arg("-inf").arg(oldest_ms);
        let written: Result<Value, _> = self.commands.ask_all(&pipe).await;
        written.map(drop).map_err(|error| failed("did not take counts", &error))
    }

    /// The sum of one count over the sheets of a group.
    pub async fn sum_sheets(&self, group: &str, name: &str) -> Result<u64, Error> {
        let asking = async {
            let mut list = redis::cmd("ZRANGE");
            list.arg(list_key(group)).arg(0).arg(-1);
            let processes: Vec<String> = self.commands.ask(&list).await?;
            if processes.is_empty() {
                return Ok(0);
            }
            let mut pipe = redis::pipe();
            for process in processes {
                pipe.cmd("HGET").arg(sheet_key(group, &process)).arg(name);
            }
            let counts: Vec<Option<u64>> = self.commands.ask_all(&pipe).await?;
            Ok(counts.into_iter().flatten().sum())
        };
        asking.await.map_err(|error| failed("did not tell counts", &error))
    }
}

fn list_key(group: &str) -> String {
    format!("crease:{{{group}}}")
}

/// In the slot of the list, so that both are written in one transaction.
fn sheet_key(group: &str, process: &str) -> String {
    format!("crease:{{{group}}}:{process}")
}
