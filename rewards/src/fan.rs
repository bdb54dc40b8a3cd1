//! What a fan sees of rewards: what was earned, and what can be.

use crate::campaign::{Campaign, Rule, Streak};
use crate::decide::day_of;
use crate::error::Error;
use crate::rewards::Rewards;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use store::{At, Row};
use uuid::Uuid;
use wallet::{Books, TransferId};

/// Grants that are shown.
const EARNED_MAX: i64 = 20;

/// What became of what was earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantState {
    /// It is about to be paid.
    Earned,
    Paid,
    /// It was not paid: the budget was used up, or the wallet frozen.
    Refused,
    /// It was taken back, for it did not happen.
    Taken,
}

impl GrantState {
    pub const fn word(self) -> &'static str {
        match self {
            GrantState::Earned => "earned",
            GrantState::Paid => "paid",
            GrantState::Refused => "refused",
            GrantState::Taken => "taken",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [GrantState::Earned, GrantState::Paid, GrantState::Refused, GrantState::Taken]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

/// Something that was earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarnedOnce {
    pub id: TransferId,
    pub campaign: String,
    pub rule: String,
    /// The rule as people call it.
    pub title: String,
    pub units: i64,
    pub state: GrantState,
    pub earned_at: Timestamp,
}

/// What a rule gives, and how far the fan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mission {
    pub campaign: String,
    pub rule: String,
    pub title: String,
    pub units: i64,
    /// Of a streak: how many days or times it goes on for now, of how many, and what it gives then.
    pub streak: Option<Progress>,
    pub earned_today: i64,
    /// Until a cap of the day or of the fan is reached; none where there is none.
    pub left_today: Option<i64>,
    pub ends_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u32,
    pub of: u32,
    pub units: i64,
}

/// What a fan sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfFan {
    /// The newest first.
    pub earned: Vec<EarnedOnce>,
    /// In the order in which they are judged.
    pub missions: Vec<Mission>,
    pub tier: Option<String>,
}

const EARNED: &str = "
    select g.id, g.campaign, g.rule, g.units, g.state, g.earned_at, v.body::text as body
    from rewards.grant g
    join rewards.version v on v.campaign = g.campaign and v.version = g.version
    join rewards.campaign c on c.id = g.campaign and c.books = $2
    where g.fan_id = $1 order by g.earned_at desc, g.id limit $3";

const PAST: &str = "
    select campaign, rule, units, times, last_day, days from rewards.past where fan_id = $1 and campaign = any($2)";

const DAY: &str = "
    select campaign, rule, sum(units)::bigint as units from rewards.grant
    where fan_id = $1 and day = $2 and campaign = any($3) and state <> 'taken' group by campaign, rule";

/// What a fan has earned so far, and its tier.
pub(crate) const TIER: &str = "
    select t.name from rewards.tier t
    where t.books = $2 and t.from_units <=
        (select coalesce(sum(p.units), 0) from rewards.past p where p.fan_id = $1 and p.rule = '')
    order by t.from_units desc limit 1";

/// What went before by one rule.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    units: i64,
    times: u32,
    last_day: Option<i32>,
    days: u32,
}

impl Rewards {
    /// What a fan of an organisation sees of rewards.
    pub async fn of_fan(
        &self,
        fan_id: &str,
        organisation_id: &str,
        books: Books,
        now: Timestamp,
    ) -> Result<OfFan, Error> {
        let today = day_of(now);
        let read = self.store.read("rewards.of_fan", async |db| {
            let campaigns = self.live(db, books, organisation_id).await?;
            let ids: Vec<&str> = campaigns.iter().map(|it| it.id.as_str()).collect();
            let earned = db.query(EARNED, &[&fan_id, &books.word(), &EARNED_MAX]).await?;
            let past = db.query(PAST, &[&fan_id, &ids]).await?;
            let day = db.query(DAY, &[&fan_id, &today, &ids]).await?;
            let tier = db.query_opt(TIER, &[&fan_id, &books.word()]).await?;
            Ok::<_, Error>((campaigns, earned, past, day, tier))
        });
        let (campaigns, earned, past, day, tier) = read.await?;
        let key = |row: &Row| (row.get::<_, String>("campaign"), row.get::<_, String>("rule"));
        let past: HashMap<_, _> = past.iter().map(|row| (key(row), before(row))).collect();
        let mut of_day: HashMap<(String, String), i64> = HashMap::new();
        for row in &day {
            let ((campaign, rule), units) = (key(row), row.get::<_, i64>("units"));
            *of_day.entry((campaign.clone(), String::new())).or_default() += units;
            of_day.insert((campaign, rule), units);
        }
        let is_now = |it: &&Arc<Campaign>| (it.starts_at..it.ends_at).contains(&now);
        let mut running: Vec<&Arc<Campaign>> = campaigns.iter().filter(is_now).collect();
        running.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
        let missions = running.into_iter().flat_map(|it| it.rules.iter().map(move |rule| (it, rule)));
        let missions = missions.map(|(campaign, rule)| mission(campaign, rule, &past, &of_day, today));
        Ok(OfFan {
            earned: earned.iter().map(earned_once).collect::<Result<_, _>>()?,
            missions: missions.collect(),
            tier: tier.map(|row| row.get("name")),
        })
    }
}

fn before(row: &Row) -> Before {
    let count = |column| u32::try_from(row.get::<_, i64>(column)).unwrap_or(u32::MAX);
    Before {
        units: row.get("units"),
        times: count("times"),
        last_day: row.get("last_day"),
        days: count("days"),
    }
}

fn earned_once(row: &Row) -> Result<EarnedOnce, Error> {
    let (campaign, rule): (String, String) = (row.get("campaign"), row.get("rule"));
    let unreadable = |column| Error::Unreadable { what: campaign.clone(), column };
    let body: Campaign = serde_json::from_str(row.get("body")).map_err(|_| unreadable("body"))?;
    let title = body.rules.iter().find(|it| it.id == rule).map_or(rule.as_str(), Rule::said).to_owned();
    Ok(EarnedOnce {
        id: TransferId::of_number(row.get::<_, Uuid>("id").as_u128()),
        state: GrantState::of(row.get("state")).ok_or_else(|| unreadable("state"))?,
        units: row.get("units"),
        earned_at: row.get::<_, At>("earned_at").0,
        campaign,
        rule,
        title,
    })
}

fn mission(
    campaign: &Campaign,
    rule: &Rule,
    past: &HashMap<(String, String), Before>,
    of_day: &HashMap<(String, String), i64>,
    today: i32,
) -> Mission {
    let key = |rule: &str| (campaign.id.clone(), rule.to_owned());
    let at = |rule: &str| past.get(&key(rule)).copied().unwrap_or_default();
    let on_day = |rule: &str| of_day.get(&key(rule)).copied().unwrap_or_default();
    let (met, of_rule) = (at(&rule.id), on_day(&rule.id));
    let left = |cap: Option<i64>, so_far: i64| cap.map(|cap| (cap - so_far).max(0));
    let left_today = [
        left(rule.caps.fan_day, of_rule),
        left(campaign.caps.fan_day, on_day("")),
        left(rule.caps.fan, met.units),
        left(campaign.caps.fan, at("").units),
    ];
    let streak = rule.streak.map(|streak| {
        let done = match streak {
            // One that has a day between is over.
            Streak::Days { .. } if met.last_day.is_none_or(|it| it < today - 1) => 0,
            Streak::Days { length, .. } => met.days % length,
            Streak::Times { length, .. } => met.times % length,
        };
        Progress { done, of: streak.length(), units: streak.units() }
    });
    Mission {
        campaign: campaign.id.clone(),
        rule: rule.id.clone(),
        title: rule.said().to_owned(),
        units: rule.amount.units,
        streak,
        earned_today: of_rule,
        left_today: left_today.into_iter().flatten().min(),
        ends_at: campaign.ends_at,
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[EARNED, PAST, DAY, TIER];
