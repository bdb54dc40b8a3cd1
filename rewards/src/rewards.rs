//! Judging a trigger for a fan, once; and paying what it earned, through the ledger.

use crate::campaign::{Campaign, Caps};
use crate::campaigns::Versions;
use crate::condition::{Name, Scene};
use crate::decide::{Decision, Earned, Past, PastOfRule, day_of, decide, grant_id};
use crate::error::Error;
use crate::inbox::{self, Kept};
use crate::trigger::{Fact, Source};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{At, Client, Clock, Row, Store, Transaction};
use uuid::Uuid;
use wallet::{Amount, Asset, Books, Budget, Grant, Ledger, Metadata, Points, Refusal, TransferId};

/// Rewards of a process. Clones share everything.
#[derive(Clone)]
pub struct Rewards {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    ledger: Ledger,
    versions: Versions,
}

/// What came of a trigger for a fan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was earned, units, by campaign and rule; with why it was not paid, where the ledger has refused it.
    pub grants: Vec<Granted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub id: TransferId,
    pub campaign: String,
    pub version: u32,
    pub rule: String,
    pub units: i64,
    pub refused: Option<String>,
}

/// Of what a transfer says of itself.
const WHAT_BYTES_MAX: usize = 200;

// The tier is by what was earned before.
const FAN: &str = "
    select h.organisation_id, h.opened_at,
        h.frozen_at is not null or f.blocked_at is not null as is_stopped,
        (select t.name from rewards.tier t
         where t.books = h.books and t.from_units <=
            (select coalesce(sum(p.units), 0) from rewards.past p where p.fan_id = h.fan_id and p.rule = '')
         order by t.from_units desc limit 1) as tier
    from wallet.holder h left join rewards.fan f on f.fan_id = h.fan_id
    where h.fan_id = $1 and h.books = $2";

const HOLD: &str =
    "select taken_back_at is not null as is_over from rewards.trigger where number = $1 for share";

const JUDGED: &str = "
    insert into rewards.judged (trigger, fan_id, decisions, judged_at) values ($1, $2, $3::text::jsonb, $4)";
const BEFORE: &str = "select 1 as there from rewards.judged where trigger = $1 and fan_id = $2";

const OPEN_FAN: &str = "insert into rewards.fan (fan_id) values ($1) on conflict do nothing";
const LOCK_FAN: &str = "select fan_id from rewards.fan where fan_id = $1 for update";

const PAST: &str = "
    select campaign, rule, units, times, last_day, days from rewards.past where fan_id = $1 and campaign = any($2)";

// From what was earned, so that a trigger that comes late counts for its own day.
const DAY: &str = "
    select campaign, rule, sum(units)::bigint as units from rewards.grant
    where fan_id = $1 and day = $2 and campaign = any($3) and state <> 'taken' group by campaign, rule";

const REMEMBER: &str = "
    insert into rewards.past as p (campaign, rule, fan_id, units, times, last_day, days)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (fan_id, campaign, rule) do update set units = p.units + excluded.units, times = excluded.times,
        last_day = excluded.last_day, days = excluded.days";

const OPEN_DEVICE: &str = "
    insert into rewards.past_of_device (campaign, rule, device, day, units) values ($1, $2, $3, $4, 0) on conflict do nothing";
const DEVICE: &str = "
    select units from rewards.past_of_device where campaign = $1 and rule = $2 and device = $3 and day = $4 for update";
const ADD_DEVICE: &str = "
    update rewards.past_of_device set units = units + $5 where campaign = $1 and rule = $2 and device = $3 and day = $4";

// What was earned before there was a cap counts.
const OPEN_TOTAL: &str = "
    insert into rewards.total (campaign, rule, units)
    select $1, $2, coalesce(sum(units), 0)::bigint from rewards.grant
    where campaign = $1 and (rule = $2 or $2 = '') and state <> 'taken'
    on conflict do nothing";
const TOTAL: &str = "select units from rewards.total where campaign = $1 and rule = $2 for update";
const ADD_TOTAL: &str = "update rewards.total set units = units + $3 where campaign = $1 and rule = $2";

const EARN: &str = "
    insert into rewards.grant (id, trigger, fan_id, campaign, version, rule, units, day, earned_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const GRANTS: &str = "
    select id, campaign, version, rule, units, state, reason from rewards.grant
    where trigger = $1 and fan_id = $2 order by campaign, rule";

const OF_TRIGGER: &str = "
    select id, fan_id, campaign, version, rule, units, state, reason from rewards.grant
    where trigger = $1 and state in ('earned', 'paid') order by fan_id, campaign, rule";

const TAKEN: &str = "update rewards.grant set state = 'taken', taken = $2 where id = $1 and state = 'paid'";

// What did not happen leaves room under caps again.
const LESS: &str = "
    update rewards.past set units = greatest(units - $4, 0)
    where campaign = $1 and (rule = $2 or rule = '') and fan_id = $3";
const LESS_TOTAL: &str = "
    update rewards.total set units = greatest(units - $3, 0) where campaign = $1 and (rule = $2 or rule = '')";
const LESS_DEVICE: &str = "
    update rewards.past_of_device set units = greatest(units - $4, 0)
    where campaign = $1 and (rule = $2 or rule = '') and device = $3 and day = $5";

const PAID: &str = "update rewards.grant set state = 'paid' where id = $1 and state = 'earned'";
const REFUSED: &str =
    "update rewards.grant set state = 'refused', reason = $2 where id = $1 and state = 'earned'";

impl Rewards {
    pub fn new(store: &Store, clock: &Clock, ledger: &Ledger) -> Self {
        let versions = Versions::default();
        Self { store: store.clone(), clock: clock.clone(), ledger: ledger.clone(), versions }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The campaigns that fans of an organisation are judged by.
    pub async fn live(
        &self,
        client: &Client<'_>,
        books: Books,
        organisation_id: &str,
    ) -> Result<Vec<Arc<Campaign>>, Error> {
        self.versions.live(client, books, organisation_id).await
    }

    /// Judges a trigger for a fan, if it was not, and pays what it has earned and was not paid: however often it is done, once. A fan without a
    /// wallet in the trigger's books, or whose wallet is frozen, earns nothing.
    pub async fn judge(&self, trigger: i64, fan_id: &str) -> Result<Judged, Error> {
        let kept = self.store.read("rewards.trigger", async |db| inbox::find(db, trigger).await).await?;
        let now = self.clock.now();
        self.store
            .run_tx("rewards.judge", async |tx| {
                judge_once(tx, &self.versions, (trigger, fan_id), &kept, now).await
            })
            .await?;
        let grants = self.store.read("rewards.grants", async |db| grants(db, trigger, fan_id).await).await?;
        for (grant, _) in grants.iter().filter(|it| it.1 == State::Earned) {
            self.pay(grant, fan_id, kept.books).await?;
        }
        let grants =
            self.store.read("rewards.grants", async |db| grants_of(db, trigger, fan_id).await).await?;
        Ok(Judged { grants })
    }

    /// Pays what was earned, out of the campaign's budget.
    async fn pay(&self, grant: &Granted, fan_id: &str, books: Books) -> Result<(), Error> {
        let now = self.clock.now();
        let open = self.store.run_tx("rewards.budget", async |tx| {
            let account = wallet::account::of_owner(tx, fan_id, wallet::Kind::Fan).await?;
            let points = account.into_iter().find(|it| it.standing.asset == Points::CODE);
            let owner = budget_of(&grant.campaign, books);
            let campaign = self.versions.version(tx, &grant.campaign, grant.version).await?;
            let budget = Budget::<Points>::open(tx, &owner, now).await?;
            Ok::<_, Error>((budget, points.map(|it| it.id), campaign))
        });
        let (budget, to, campaign) = open.await?;
        let Some(to) = to else { return self.refused(grant, "no wallet").await };
        let rule = campaign.as_ref().and_then(|it| it.rules.iter().find(|it| it.id == grant.rule));
        let metadata = about(grant, rule.and_then(|it| it.title.as_deref()));
        let amount = Amount::new(grant.units).map_err(wallet::Error::from)?;
        let given = Grant { id: grant.id, to, amount, metadata };
        match budget.grant(&self.ledger, &given).await {
            Ok(_) => {
                self.store
                    .run_tx("rewards.paid", async |tx| {
                        tx.execute(PAID, &[&Uuid::from_u128(grant.id.number())]).await?;
                        Ok::<_, Error>(())
                    })
                    .await
            }
            Err(wallet::Error::Refused(refusal)) => {
                let reason = match refusal {
                    Refusal::BelowBound { .. } => "the budget is used up".to_owned(),
                    other => other.to_string(),
                };
                self.refused(grant, &reason).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes back what was paid for a trigger that did not happen, of each fan as much as is there still.
    pub(crate) async fn take_back(&self, trigger: i64) -> Result<(), Error> {
        let kept = self.store.read("rewards.trigger", async |db| inbox::find(db, trigger).await).await?;
        let read = self.store.read("rewards.grants", async |db| db.query(OF_TRIGGER, &[&trigger]).await);
        for row in read.await? {
            let (grant, state) = granted(&row);
            let fan_id: &str = row.get("fan_id");
            if state == State::Earned {
                // Somebody may be paying it: it is paid for sure, or refused for good, before it is taken.
                self.pay(&grant, fan_id, kept.books).await?;
            }
            let Some(taken) = self.take(&grant, kept.books).await? else { continue };
            let mark = async |tx: &Transaction<'_>| {
                tx.query(LOCK_FAN, &[&fan_id]).await?;
                if tx.execute(TAKEN, &[&Uuid::from_u128(grant.id.number()), &taken]).await? == 1 {
                    less(tx, fan_id, &kept, &grant).await?;
                }
                Ok::<_, Error>(())
            };
            self.store.run_tx("rewards.take_back", mark).await?;
        }
        Ok(())
    }

    /// How much of what was paid; none where it was not.
    async fn take(&self, grant: &Granted, books: Books) -> Result<Option<i64>, Error> {
        let (owner, now) = (budget_of(&grant.campaign, books), self.clock.now());
        let open = async |tx: &Transaction<'_>| Budget::<Points>::open(tx, &owner, now).await;
        let budget = self.store.run_tx("rewards.budget", open).await?;
        let id = TransferId::following_from("grant.back", &[&grant.id.to_string()]);
        match budget.take_back(&self.ledger, grant.id, id, &about(grant, None)).await {
            Ok(taken) => Ok(Some(taken)),
            Err(wallet::Error::UnknownTransfer { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn refused(&self, grant: &Granted, reason: &str) -> Result<(), Error> {
        self.store
            .run_tx("rewards.refused", async |tx| {
                tx.execute(REFUSED, &[&Uuid::from_u128(grant.id.number()), &reason]).await?;
                Ok::<_, Error>(())
            })
            .await
    }
}

/// What a transfer of a grant says of itself: with `what`, which the fan reads, where its rule has a title. Versions do not change, and so neither
/// does this.
fn about(grant: &Granted, title: Option<&str>) -> Metadata {
    let own = [("campaign", grant.campaign.as_str()), ("rule", grant.rule.as_str())];
    let what = title.map(|it| ("what", &it[..it.floor_char_boundary(WHAT_BYTES_MAX)]));
    Metadata::new(own.into_iter().chain(what)).unwrap_or_default()
}

/// What the accounts of a campaign's budget belong to: those for tests are apart.
pub fn budget_of(campaign: &str, books: Books) -> String {
    match books {
        Books::Live => campaign.to_owned(),
        Books::Test => format!("{campaign}/test"),
    }
}

async fn judge_once(
    tx: &Transaction<'_>,
    versions: &Versions,
    (trigger, fan_id): (i64, &str),
    kept: &Kept,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(OPEN_FAN, &[&fan_id]).await?;
    tx.query(LOCK_FAN, &[&fan_id]).await?;
    if tx.query_opt(BEFORE, &[&trigger, &fan_id]).await?.is_some() {
        return Ok(());
    }
    // It stays as it is until this is done: whoever takes it back finds what came of it.
    let is_over: bool = tx.query_one(HOLD, &[&trigger]).await?.get("is_over");
    let fan = tx.query_opt(FAN, &[&fan_id, &kept.books.word()]).await?;
    let decisions = match fan.filter(|it| !it.get::<_, bool>("is_stopped")) {
        _ if is_over => Vec::new(),
        None => Vec::new(),
        Some(fan) => {
            let organisation: &str = fan.get("organisation_id");
            // A partner's word counts for its own fans.
            if kept.trigger.source == Source::Partner && kept.scope != organisation {
                Vec::new()
            } else {
                let campaigns = versions.live(tx, kept.books, organisation).await?;
                let past = past(tx, fan_id, kept, &campaigns).await?;
                decide(&campaigns, &kept.trigger, &scene(kept, &fan), &past)
            }
        }
    };
    let told: Vec<_> = decisions.iter().map(told).collect();
    tx.execute(JUDGED, &[&trigger, &fan_id, &json!(told).to_string(), &At(now)]).await?;
    let (mut campaigns, day) = (BTreeMap::<&str, i64>::new(), day_of(kept.trigger.at));
    for it in &decisions {
        let Some(of_rule) = &it.past else { continue };
        let units = it.outcome.unwrap_or(0);
        remember(tx, fan_id, kept, (&it.campaign, &it.rule), units, of_rule).await?;
        *campaigns.entry(&it.campaign).or_default() += units;
        if units > 0 {
            let id = Uuid::from_u128(grant_id(&kept.trigger, &it.campaign, &it.rule, fan_id).number());
            let version = i32::try_from(it.version).unwrap_or(i32::MAX);
            let params: store::Params<'_> =
                &[&id, &trigger, &fan_id, &it.campaign, &version, &it.rule, &units, &day, &At(now)];
            tx.execute(EARN, params).await?;
        }
    }
    for (campaign, units) in campaigns.into_iter().filter(|it| it.1 > 0) {
        remember(tx, fan_id, kept, (campaign, ""), units, &PastOfRule::default()).await?;
    }
    Ok(())
}

fn told(of: &Decision) -> serde_json::Value {
    let (units, why) = match of.outcome {
        Ok(units) => (Some(units), None),
        Err(why) => (None, Some(why.word())),
    };
    json!({ "campaign": of.campaign, "version": of.version, "rule": of.rule, "units": units, "why": why })
}

/// What conditions may ask for.
pub(crate) fn scene(kept: &Kept, fan: &Row) -> Scene {
    let trigger = &kept.trigger;
    let days = trigger.at.duration_since(fan.get::<_, At>("opened_at").0).as_hours().max(0) / 24;
    let mut facts = vec![
        ("trigger.kind".to_owned(), Fact::Text(trigger.kind.clone())),
        ("trigger.source".to_owned(), Fact::Text(trigger.source.word().to_owned())),
        ("partner.id".to_owned(), Fact::Text(fan.get("organisation_id"))),
        ("fan.days".to_owned(), Fact::Number(days)),
    ];
    facts.extend(kept.match_id.iter().map(|it| ("match.id".to_owned(), Fact::Text(it.clone()))));
    facts.extend(fan.get::<_, Option<String>>("tier").map(|it| ("fan.tier".to_owned(), Fact::Text(it))));
    // A name with a dot is one of another thing: of the match, or the place.
    let whole = |name: &String| if name.contains('.') { name.clone() } else { format!("trigger.{name}") };
    facts.extend(trigger.facts.iter().map(|(name, fact)| (whole(name), fact.clone())));
    let named = facts.into_iter().filter_map(|(name, fact)| Some((Name::parse(&name)?, fact)));
    named.fold(Scene::default(), |scene, (name, fact)| scene.with(name, fact))
}

/// Each campaign with its rules, and the caps of each; all rules together have the name "".
fn capped(campaigns: &[Arc<Campaign>]) -> impl Iterator<Item = (&Campaign, &str, &Caps)> {
    campaigns.iter().map(Arc::as_ref).flat_map(|campaign| {
        let rules = campaign.rules.iter().map(move |rule| (campaign, rule.id.as_str(), &rule.caps));
        std::iter::once((campaign, "", &campaign.caps)).chain(rules)
    })
}

/// What went before. What is counted over several fans is locked, and read only where it has a cap; in one order, of which the campaigns' is
/// the first part.
async fn past(
    tx: &Transaction<'_>,
    fan_id: &str,
    kept: &Kept,
    campaigns: &[Arc<Campaign>],
) -> Result<Past, Error> {
    let ids: Vec<&str> = campaigns.iter().map(|it| it.id.as_str()).collect();
    let (today, mut past) = (day_of(kept.trigger.at), Past::default());
    for row in tx.query(PAST, &[&fan_id, &ids]).await? {
        let earned = Earned { fan: row.get("units"), ..Earned::default() };
        let (campaign, rule): (String, String) = (row.get("campaign"), row.get("rule"));
        if rule.is_empty() {
            past.campaigns.insert(campaign, earned);
            continue;
        }
        let count = |column| u32::try_from(row.get::<_, i64>(column)).unwrap_or(u32::MAX);
        let of_rule =
            PastOfRule { earned, times: count("times"), last_day: row.get("last_day"), days: count("days") };
        past.rules.insert((campaign, rule), of_rule);
    }
    for row in tx.query(DAY, &[&fan_id, &today, &ids]).await? {
        let (campaign, rule, units): (String, String, i64) =
            (row.get("campaign"), row.get("rule"), row.get("units"));
        past.campaigns.entry(campaign.clone()).or_default().fan_day += units;
        past.rules.entry((campaign, rule)).or_default().earned.fan_day = units;
    }
    for (campaign, rule, caps) in capped(campaigns) {
        let earned = match rule {
            "" => past.campaigns.entry(campaign.id.clone()).or_default(),
            rule => &mut past.rules.entry((campaign.id.clone(), rule.to_owned())).or_default().earned,
        };
        if let (Some(_), Some(device)) = (caps.device_day, &kept.device) {
            let params: store::Params<'_> = &[&campaign.id, &rule, device, &today];
            tx.execute(OPEN_DEVICE, params).await?;
            earned.device_day = Some(tx.query_one(DEVICE, params).await?.get("units"));
        }
        if caps.all.is_some() {
            let params: store::Params<'_> = &[&campaign.id, &rule];
            let found = match tx.query_opt(TOTAL, params).await? {
                Some(found) => found,
                None => {
                    tx.execute(OPEN_TOTAL, params).await?;
                    tx.query_one(TOTAL, params).await?
                }
            };
            earned.all = found.get("units");
        }
    }
    Ok(past)
}

async fn less(tx: &Transaction<'_>, fan_id: &str, kept: &Kept, grant: &Granted) -> Result<(), Error> {
    let (campaign, rule, units, day) = (&grant.campaign, &grant.rule, grant.units, day_of(kept.trigger.at));
    tx.execute(LESS, &[campaign, rule, &fan_id, &units]).await?;
    if let Some(device) = &kept.device {
        tx.execute(LESS_DEVICE, &[campaign, rule, device, &units, &day]).await?;
    }
    tx.execute(LESS_TOTAL, &[campaign, rule, &units]).await?;
    Ok(())
}

async fn remember(
    tx: &Transaction<'_>,
    fan_id: &str,
    kept: &Kept,
    (campaign, rule): (&str, &str),
    units: i64,
    after: &PastOfRule,
) -> Result<(), Error> {
    let (times, days) = (i64::from(after.times), i64::from(after.days));
    tx.execute(REMEMBER, &[&campaign, &rule, &fan_id, &units, &times, &after.last_day, &days]).await?;
    let today = day_of(kept.trigger.at);
    if units > 0 {
        if let Some(device) = &kept.device {
            tx.execute(ADD_DEVICE, &[&campaign, &rule, device, &today, &units]).await?;
        }
        tx.execute(ADD_TOTAL, &[&campaign, &rule, &units]).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Earned,
    Over,
}

async fn grants(client: &Client<'_>, trigger: i64, fan_id: &str) -> Result<Vec<(Granted, State)>, Error> {
    let rows = client.query(GRANTS, &[&trigger, &fan_id]).await?;
    Ok(rows.iter().map(granted).collect())
}

fn granted(row: &Row) -> (Granted, State) {
    let state = if row.get::<_, &str>("state") == "earned" { State::Earned } else { State::Over };
    let granted = Granted {
        id: TransferId::of_number(row.get::<_, Uuid>("id").as_u128()),
        campaign: row.get("campaign"),
        version: row.get::<_, i32>("version").unsigned_abs(),
        rule: row.get("rule"),
        units: row.get("units"),
        refused: row.get("reason"),
    };
    (granted, state)
}

async fn grants_of(client: &Client<'_>, trigger: i64, fan_id: &str) -> Result<Vec<Granted>, Error> {
    Ok(grants(client, trigger, fan_id).await?.into_iter().map(|it| it.0).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    FAN,
    HOLD,
    OF_TRIGGER,
    TAKEN,
    LESS,
    LESS_TOTAL,
    LESS_DEVICE,
    JUDGED,
    BEFORE,
    OPEN_FAN,
    LOCK_FAN,
    PAST,
    DAY,
    REMEMBER,
    OPEN_DEVICE,
    DEVICE,
    ADD_DEVICE,
    OPEN_TOTAL,
    TOTAL,
    ADD_TOTAL,
    EARN,
    GRANTS,
    PAID,
    REFUSED,
];
