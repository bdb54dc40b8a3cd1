//! What a campaign would have earned, had it been live: its rules on the triggers that were heard, before it goes live.

use crate::campaign::Campaign;
use crate::decide::{Earned, Past, PastOfRule, Why, day_of, decide};
use crate::error::Error;
use crate::inbox;
use crate::rewards::{Rewards, scene};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use store::At;
use wallet::Books;

/// Judgements that are read at a time, and at most.
const PAGE: i64 = 1_000;
const MOST: u64 = 500_000;

/// What it comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// Triggers, each as often as it was judged for a fan.
    pub judged: u64,
    /// Fans who would have earned something.
    pub fans: u64,
    /// What the campaign would have cost.
    pub units: i64,
    /// By the rule's id.
    pub rules: BTreeMap<String, RuleCost>,
    /// When the first and the last of these happened.
    pub heard: Option<(Timestamp, Timestamp)>,
    /// There were more triggers than it looks at, and it has left out the last ones.
    pub is_cut: bool,
}

/// What one rule comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCost {
    pub grants: u64,
    pub units: i64,
    /// How often it has earned nothing, and why.
    pub withheld: BTreeMap<Why, u64>,
}

/// In the order in which it happened. Whom a trigger was judged for stays on record, whatever it earned.
const HEARD: &str = "
    select t.number, t.books, t.source, t.scope, t.id, t.kind, t.match_id, t.device, t.at, t.facts::text as facts,
        j.fan_id, h.organisation_id, h.opened_at,
        (select ti.name from rewards.tier ti
         where ti.books = h.books and ti.from_units <=
            (select coalesce(sum(p.units), 0) from rewards.past p where p.fan_id = h.fan_id and p.rule = '')
         order by ti.from_units desc limit 1) as tier
    from rewards.trigger t
    join rewards.judged j on j.trigger = t.number
    join wallet.holder h on h.fan_id = j.fan_id and h.books = t.books
    where t.books = $1 and t.at >= $2 and t.at < $3 and t.taken_back_at is null
        and ($4::text is null or h.organisation_id = $4)
        and (t.source <> 'partner' or t.scope = h.organisation_id)
        and (t.at, t.number, j.fan_id) > ($5, $6, $7)
    order by t.at, t.number, j.fan_id limit $8";

/// What was earned so far, by one fan, one device or all.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    units: i64,
    day: i32,
    of_day: i64,
}

impl Tally {
    fn on(&self, day: i32) -> i64 {
        if self.day == day { self.of_day } else { 0 }
    }

    fn add(&mut self, day: i32, units: i64) {
        self.units += units;
        self.of_day = self.on(day) + units;
        self.day = day;
    }
}

/// By whom and by which rule; all rules together have the name "".
#[derive(Default)]
struct Tallies {
    fans: HashMap<(String, String), Tally>,
    devices: HashMap<(String, String), Tally>,
    all: HashMap<String, i64>,
    met: HashMap<(String, String), PastOfRule>,
}

impl Tallies {
    fn earned(&self, fan: &str, device: Option<&str>, rule: &str, day: i32) -> Earned {
        let of = |map: &HashMap<(String, String), Tally>, who: &str| {
            map.get(&(who.to_owned(), rule.to_owned())).copied().unwrap_or_default()
        };
        let fan = of(&self.fans, fan);
        Earned {
            fan_day: fan.on(day),
            fan: fan.units,
            device_day: device.map(|it| of(&self.devices, it).on(day)),
            all: self.all.get(rule).copied().unwrap_or_default(),
        }
    }

    fn past(&self, campaign: &Campaign, fan: &str, device: Option<&str>, day: i32) -> Past {
        let mut past = Past::default();
        past.campaigns.insert(campaign.id.clone(), self.earned(fan, device, "", day));
        for rule in &campaign.rules {
            let met = self.met.get(&(fan.to_owned(), rule.id.clone())).copied().unwrap_or_default();
            let of_rule = PastOfRule { earned: self.earned(fan, device, &rule.id, day), ..met };
            past.rules.insert((campaign.id.clone(), rule.id.clone()), of_rule);
        }
        past
    }

    fn add(&mut self, fan: &str, device: Option<&str>, rule: &str, (day, units): (i32, i64)) {
        for rule in [rule, ""] {
            self.fans.entry((fan.to_owned(), rule.to_owned())).or_default().add(day, units);
            if let Some(device) = device {
                self.devices.entry((device.to_owned(), rule.to_owned())).or_default().add(day, units);
            }
            *self.all.entry(rule.to_owned()).or_default() += units;
        }
    }
}

impl Rewards {
    /// Judges what was heard from `from` on and before `until` by this campaign alone, for fans of one organisation or of all. Nothing is earned.
    /// Caps count from nothing; the start and the end of the campaign are left out of it, since it is meant for days to come.
    pub async fn dry_run(
        &self,
        campaign: &Campaign,
        books: Books,
        organisation_id: Option<&str>,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<DryRun, Error> {
        campaign.check()?;
        let campaign = Campaign { starts_at: Timestamp::MIN, ends_at: Timestamp::MAX, ..campaign.clone() };
        let (mut run, mut tallies) = (DryRun::default(), Tallies::default());
        let rules = campaign.rules.iter().map(|it| (it.id.clone(), RuleCost::default()));
        run.rules = rules.collect();
        let mut after = (from, 0_i64, String::new());
        loop {
            let (at, number, fan) = &after;
            let params: store::Params<'_> =
                &[&books.word(), &At(from), &At(until), &organisation_id, &At(*at), number, fan, &PAGE];
            let rows = self.store.read("rewards.dry_run", async |db| db.query(HEARD, params).await).await?;
            let Some(last) = rows.last() else { break };
            after = (last.get::<_, At>("at").0, last.get("number"), last.get("fan_id"));
            for row in &rows {
                if run.judged == MOST {
                    run.is_cut = true;
                    break;
                }
                run.judged += 1;
                let kept = inbox::kept(row, row.get("number"))?;
                let (fan, device): (&str, Option<&str>) = (row.get("fan_id"), kept.device.as_deref());
                let at = kept.trigger.at;
                run.heard = Some((run.heard.map_or(at, |it| it.0), at));
                let day = day_of(at);
                let past = tallies.past(&campaign, fan, device, day);
                for it in decide(std::slice::from_ref(&campaign), &kept.trigger, &scene(&kept, row), &past) {
                    if let Some(met) = it.past {
                        tallies.met.insert((fan.to_owned(), it.rule.clone()), met);
                    }
                    let cost = run.rules.entry(it.rule.clone()).or_default();
                    match it.outcome {
                        Ok(units) => {
                            tallies.add(fan, device, &it.rule, (day, units));
                            cost.grants += 1;
                            cost.units += units;
                            run.units += units;
                        }
                        Err(why) => *cost.withheld.entry(why).or_default() += 1,
                    }
                }
            }
            if run.is_cut || (rows.len() as i64) < PAGE {
                break;
            }
        }
        run.fans = tallies.fans.iter().filter(|(key, it)| key.1.is_empty() && it.units > 0).count() as u64;
        Ok(run)
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[HEARD];
