//! Whatever the order of counts and flushes, what was counted is what is written.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

/// Each process has its own counters; each line is a key and a match.
const PROCESSES: usize = 2;
const LINES: usize = 4;

#[derive(Clone, Debug)]
enum Deed {
    Impression {
        process: usize,
        line: usize,
    },
    Updates {
        process: usize,
        line: usize,
        count: u64,
    },
    Open {
        process: usize,
        line: usize,
    },
    /// One of those that are open.
    Close {
        at: usize,
    },
    Use {
        process: usize,
        line: usize,
    },
    Pass {
        seconds: u64,
    },
    Flush {
        process: usize,
    },
    /// The database says no.
    Fail {
        process: usize,
    },
    /// The batch is written, and nobody hears of it.
    Unheard {
        process: usize,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let (process, line) = (0..PROCESSES, 0..LINES);
    let both = (process.clone(), line.clone());
    prop_oneof![
        3 => both.clone().prop_map(|(process, line)| Deed::Impression { process, line }),
        2 => (both.clone(), 1..50_u64).prop_map(|((process, line), count)| Deed::Updates { process, line, count }),
        4 => both.clone().prop_map(|(process, line)| Deed::Open { process, line }),
        3 => any::<usize>().prop_map(|at| Deed::Close { at }),
        2 => both.prop_map(|(process, line)| Deed::Use { process, line }),
        // Sixty of them are less than the four hours that a line remembers.
        4 => (1..170_u64).prop_map(|seconds| Deed::Pass { seconds }),
        2 => process.clone().prop_map(|process| Deed::Flush { process }),
        1 => process.clone().prop_map(|process| Deed::Fail { process }),
        1 => process.prop_map(|process| Deed::Unheard { process }),
    ]
}

/// What is known to have been counted.
#[derive(Default)]
struct Model {
    impressions: [i64; LINES],
    updates: [i64; LINES],
    uses: [i64; LINES],
    /// Opens and milliseconds of streams, by line and hour: those have moments of their own.
    hours: BTreeMap<(usize, i64), (i64, i64)>,
    open: Vec<Followed>,
}

/// A stream, and what it follows.
struct Followed {
    process: usize,
    line: usize,
    _stream: OpenStream,
}

impl Model {
    /// An update of a match is sent to all that follow it in a process, whichever their keys are.
    fn send(&mut self, process: usize, match_at: usize, count: u64) {
        for it in self.open.iter().filter(|it| it.process == process && it.line % 2 == match_at) {
            self.updates[it.line] += count.cast_signed();
        }
    }

    /// Second by second, which is slow and plainly right.
    fn pass(&mut self, mut second: i64, seconds: u64) {
        for _ in 0..seconds {
            for Followed { line, .. } in &self.open {
                self.hours.entry((*line, second / 3_600)).or_default().1 += 1_000;
            }
            second += 1;
        }
    }
}

async fn check(here: &Here, broken: &Store, deeds: Vec<Deed>) {
    let organisation = ids::new("org");
    let keys = [key(&organisation), key(&organisation)];
    let of = |line: usize| (&keys[line / 2], ["mat_1", "mat_2"][line % 2]);
    let counters: Vec<Counters> = (0..PROCESSES).map(|_| here.counters()).collect();
    let sent: Vec<[Sent; 2]> = (0..PROCESSES).map(|_| Default::default()).collect();
    let mut model = Model::default();
    for deed in deeds {
        match deed {
            Deed::Impression { process, line } => {
                counters[process].impression(of(line).0, of(line).1);
                model.impressions[line] += 1;
            }
            Deed::Updates { process, line, count } => {
                (0..count).for_each(|_| sent[process][line % 2].add());
                model.send(process, line % 2, count);
            }
            Deed::Open { process, line } => {
                let (key, match_id) = of(line);
                let stream = counters[process].open(key, match_id, Some(*b"IN"), &sent[process][line % 2]);
                model.open.push(Followed { process, line, _stream: stream });
                let hour = here.clock.now().as_second() / 3_600;
                model.hours.entry((line, hour)).or_default().0 += 1;
            }
            Deed::Close { at } if !model.open.is_empty() => {
                drop(model.open.swap_remove(at % model.open.len()));
            }
            Deed::Close { .. } => {}
            Deed::Use { process, line } => {
                counters[process].origin(of(line).0, &format!("https://{}.example", line % 2));
                model.uses[line] += 1;
            }
            Deed::Pass { seconds } => {
                model.pass(here.clock.now().as_second(), seconds);
                here.pass(seconds);
            }
            Deed::Flush { process } => {
                here.flush(&counters[process]).await;
            }
            // What is not there to be written cannot fail.
            Deed::Fail { process } => drop(counters[process].flush(broken).await),
            Deed::Unheard { process } => here.write_unheard(&counters[process]).await,
        }
    }
    model.open.clear();
    for counters in &counters {
        here.flush(counters).await;
    }
    compare(here, &organisation, &keys, &model).await;
}

async fn compare(here: &Here, organisation: &str, keys: &[PartnerKey], model: &Model) {
    const LINES_OF: &str = "
        select match_id, sum(impressions)::bigint as impressions, sum(updates)::bigint as updates
        from partners.usage_hour where organisation_id = $1 and key_id = $2 group by 1";
    const HOURS_OF: &str = "
        select match_id, (extract(epoch from hour) / 3600)::bigint as hour, opens, stream_ms
        from partners.usage_hour where organisation_id = $1 and key_id = $2 and (opens > 0 or stream_ms > 0)";
    let line = |at: usize, match_id: &str| at * 2 + usize::from(match_id == "mat_2");
    let mut found = Model::default();
    for (at, key) in keys.iter().enumerate() {
        let read = here.store().read("test", async |db| {
            let lines = db.query(LINES_OF, &[&organisation, &key.key_id()]).await?;
            let hours = db.query(HOURS_OF, &[&organisation, &key.key_id()]).await?;
            Ok::<_, Error>((
                lines,
                hours,
                origins_of_key(db, organisation, key.key_id(), Rows::first(9)).await?,
            ))
        });
        let (lines, hours, origins) = read.await.expect("rows");
        for row in lines {
            found.impressions[line(at, row.get("match_id"))] = row.get("impressions");
            found.updates[line(at, row.get("match_id"))] = row.get("updates");
        }
        for row in hours {
            let counts = (row.get("opens"), row.get("stream_ms"));
            found.hours.insert((line(at, row.get("match_id")), row.get("hour")), counts);
        }
        for it in origins {
            found.uses[at * 2 + usize::from(it.origin == "https://1.example")] = it.uses;
        }
    }
    assert_eq!(
        (found.impressions, found.updates, found.uses),
        (model.impressions, model.updates, model.uses)
    );
    assert_eq!(found.hours, model.hours);
    let read = here.store().read("test", async |db| {
        let whole = summary(db, organisation, Part::All, all()).await?;
        Ok::<_, Error>((
            whole,
            by(db, organisation, Dimension::Country, Which::all(all()), Rows::first(9)).await?,
        ))
    });
    let (whole, countries) = read.await.expect("figures");
    let opens: i64 = model.hours.values().map(|it| it.0).sum();
    assert_eq!((whole.opens, countries.iter().map(|it| it.figures.opens).sum::<i64>()), (opens, opens));
}

#[test]
fn what_was_counted_is_what_is_written() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (here, broken) = runtime.block_on(async { (Here::new().await, TestStore::new(&[]).await) });
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&prop::collection::vec(deed(), 1..60), |deeds| {
        runtime.block_on(check(&here, broken.store(), deeds));
        Ok(())
    });
    checked.unwrap();
    // A store is dropped by a runtime.
    runtime.block_on(async { drop((here, broken)) });
}
