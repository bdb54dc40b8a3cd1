//! Lines with places that the guard has let stand, for balls to come.
//!
//! A line for exactly these facts is taken at once. One for another ball of the same shape is taken once there are enough of
//! them to choose from, so that a match of dot balls does not say the same over and over; until then each ball asks for one
//! more. So what a tone costs falls as it is used.

use crate::error::Error;
use crate::preset::Preset;
use crate::prompt;
use crate::subject::Subject;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{At, Store};

/// Lines of a shape and tone from which one is chosen.
const CHOICE_MAX: i64 = 64;

/// A line from the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cached {
    pub(crate) template: String,
}

// Of each tone the newest few, those for these very facts first.
const FIND: &str = "
    select it.at, found.template, found.is_own
    from unnest($2::text[], $3::text[], $4::int[]) with ordinality as it (tone, language, preset, at)
    cross join lateral (
        select template, facts = $5 as is_own from commentary.template
        where shape = $1 and tone = it.tone and language = it.language and preset = it.preset
            and prompt = $6 and model = $7
        order by facts = $5 desc, made_at desc, facts limit $8
    ) as found
    order by it.at, found.is_own desc, found.template";

/// What there is for each of these tones, by its place in the list. `choice_min` is how many lines of other balls there must be to
/// choose from, and `seed` chooses.
pub(crate) async fn find(
    store: &Store,
    subject: &Subject,
    presets: &[&Preset],
    model: &str,
    (choice_min, seeds): (usize, &[u64]),
) -> Result<BTreeMap<usize, Cached>, Error> {
    let (tones, languages, versions) = columns(presets);
    let (shape, hash) = (subject.shape_hash(), subject.hash());
    let rows = store.read("commentary.cached", async |client| {
        let params: store::Params<'_> =
            &[&shape, &tones, &languages, &versions, &hash, &prompt::VERSION, &model, &CHOICE_MAX];
        client.query(FIND, params).await
    });
    let mut own = BTreeMap::new();
    let mut others: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for row in rows.await? {
        let at = usize::try_from(row.get::<_, i64>("at") - 1).unwrap_or_default();
        let template: String = row.get("template");
        if row.get("is_own") {
            own.insert(at, Cached { template });
        } else {
            others.entry(at).or_default().push(template);
        }
    }
    for (at, mut choice) in others {
        choice.dedup();
        if choice.len() >= choice_min.max(1) {
            let seed = seeds.get(at).copied().unwrap_or_default();
            let chosen = (seed % choice.len() as u64) as usize;
            own.entry(at).or_insert_with(|| Cached { template: choice.swap_remove(chosen) });
        }
    }
    Ok(own)
}

const PUT: &str = "
    insert into commentary.template (shape, tone, language, preset, prompt, model, facts, template, made_at)
    select $1, tone, language, preset, $5, $6, $7, template, $9
    from unnest($2::text[], $3::text[], $4::int[], $8::text[]) as it (tone, language, preset, template)
    on conflict do nothing";

/// Keeps what a model said and the guard let stand.
pub(crate) async fn put(
    store: &Store,
    subject: &Subject,
    told: &[(&Preset, &str)],
    model: &str,
    now: Timestamp,
) -> Result<(), Error> {
    if told.is_empty() {
        return Ok(());
    }
    let presets: Vec<&Preset> = told.iter().map(|it| it.0).collect();
    let templates: Vec<&str> = told.iter().map(|it| it.1).collect();
    let (tones, languages, versions) = columns(&presets);
    let params: store::Params<'_> = &[
        &subject.shape_hash(),
        &tones,
        &languages,
        &versions,
        &prompt::VERSION,
        &model,
        &subject.hash(),
        &templates,
        &At(now),
    ];
    store.run_one("commentary.cache", PUT, params).await?;
    Ok(())
}

fn columns<'p>(presets: &[&'p Preset]) -> (Vec<&'p str>, Vec<&'static str>, Vec<i32>) {
    let versions = presets.iter().map(|it| i32::try_from(it.version).unwrap_or(i32::MAX));
    (
        presets.iter().map(|it| it.key.as_str()).collect(),
        presets.iter().map(|it| it.language.tag()).collect(),
        versions.collect(),
    )
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIND, PUT];
