//! What an organisation may use: seen and set on the command line, by whoever can reach the database.

use crate::config::Config;
use crate::role;
use access::By;
use anyhow::{Context, bail};
use clap::Args;
use partners::limit::{Limits, Quota, Rate, table};
use partners::organisation;

/// What is to be as said here; the rest stays as it is.
#[derive(Args, Clone, Debug, Default)]
pub struct LimitsArgs {
    /// "org_…"
    pub organisation: String,
    /// Requests of each secret key: PER_MINUTE/BURST, such as 3000/300.
    #[arg(long, value_parser = rate)]
    pub secret: Option<Rate>,
    /// The same of each publishable key, in each process.
    #[arg(long, value_parser = rate)]
    pub publishable: Option<Rate>,
    /// Streams open at once: SOFT/HARD, such as 8000/10000; `-` for none of them.
    #[arg(long, value_parser = quota)]
    pub streams: Option<Quota>,
    /// Minutes of streams in a calendar month (UTC), SOFT/HARD.
    #[arg(long, value_parser = quota)]
    pub stream_minutes: Option<Quota>,
    /// Impressions in a calendar month (UTC), SOFT/HARD.
    #[arg(long, value_parser = quota)]
    pub impressions: Option<Quota>,
}

fn rate(text: &str) -> Result<Rate, String> {
    let numbers = text.split_once('/').and_then(|(one, two)| Some((one.parse().ok()?, two.parse().ok()?)));
    let (per_minute, burst) = numbers.ok_or("it looks like 3000/300: requests a minute, and at once")?;
    Rate::new(per_minute, burst).map_err(|error| error.to_string())
}

fn quota(text: &str) -> Result<Quota, String> {
    let amount = |text: &str| match text {
        "-" => Ok(None),
        text => text.parse().map(Some).map_err(|_| "it looks like 8000/10000, -/10000 or -".to_owned()),
    };
    let (soft, hard) = text.split_once('/').unwrap_or((text, text));
    if !text.contains('/') && text != "-" {
        return Err(
            "it looks like 8000/10000: where somebody is told, and where it ends; - for none".to_owned()
        );
    }
    Quota::new(amount(soft)?, amount(hard)?).map_err(|error| error.to_string())
}

impl LimitsArgs {
    /// These limits, with what is to be otherwise.
    fn over(&self, limits: Limits) -> Limits {
        Limits {
            secret: self.secret.unwrap_or(limits.secret),
            publishable: self.publishable.unwrap_or(limits.publishable),
            streams: self.streams.unwrap_or(limits.streams),
            stream_minutes: self.stream_minutes.unwrap_or(limits.stream_minutes),
            impressions: self.impressions.unwrap_or(limits.impressions),
        }
    }
}

/// Sets what is to be otherwise; answers how it is then, a line for each. Every process knows within a second.
pub async fn set(config: &Config, args: &LimitsArgs) -> anyhow::Result<String> {
    let (database, store) = role::open_store(config).await?;
    let by = By::system("command line", jiff::Timestamp::now());
    let set = store.run_tx("plans.set", async |tx| {
        let id = args.organisation.as_str();
        let Some(found) = organisation::find(tx, id).await? else { return Ok(None) };
        let before = table::find(tx, id).await?;
        let after = args.over(before);
        if after != before {
            table::set(tx, id, &after, &by).await?;
        }
        Ok::<_, partners::Error>(Some((found.name, after)))
    });
    let set = set.await;
    store.close();
    database.stop().await;
    match set.context("the limits")? {
        Some((name, limits)) => Ok(told(&name, &limits)),
        None => bail!("there is no organisation {}", args.organisation),
    }
}

fn told(name: &str, limits: &Limits) -> String {
    let rate = |it: Rate| format!("{}/{}", it.per_minute(), it.burst());
    let amount = |it: Option<u64>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let quota = |it: Quota| format!("{}/{}", amount(it.soft()), amount(it.hard()));
    format!(
        "{name}\nsecret {}\npublishable {}\nstreams {}\nstream-minutes {}\nimpressions {}\n",
        rate(limits.secret),
        rate(limits.publishable),
        quota(limits.streams),
        quota(limits.stream_minutes),
        quota(limits.impressions)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood_or_refused_with_how_it_looks() {
        assert_eq!(rate("3000/300").map(|it| (it.per_minute(), it.burst())), Ok((3_000, 300)));
        assert_eq!(quota("80/100").map(|it| (it.soft(), it.hard())), Ok((Some(80), Some(100))));
        assert_eq!(quota("-/100").map(|it| (it.soft(), it.hard())), Ok((None, Some(100))));
        assert_eq!(quota("-"), Ok(Quota::NONE));
        for wrong in ["", "3000", "0/1", "a/b", "700000/1"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "100", "100/80", "a/b", "-1/2"] {
            assert!(quota(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_said_stays() {
        let args = LimitsArgs { impressions: Some(Quota::up_to(1_000)), ..LimitsArgs::default() };
        let after = args.over(Limits::DEFAULT);
        assert_eq!(after, Limits { impressions: Quota::up_to(1_000), ..Limits::DEFAULT });
        assert!(told("The Paper", &after).ends_with("stream-minutes -/-\nimpressions 800/1000\n"));
    }
}
