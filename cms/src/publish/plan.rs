//! What is to be published and unpublished together: what it needs, whether it can be, and doing it.

use super::{Cascade, Dependency, Step, What};
use crate::draft::{self, Draft};
use crate::entry::{self, Entry};
use crate::error::Error;
use crate::language::Language;
use crate::media::uses::{self, Why};
use crate::news::{self, Item};
use crate::problem::Problem;
use crate::relation::{self, Of};
use crate::revision;
use crate::rights::{Act, Editor};
use crate::schema::Reference;
use crate::types::DateTime;
use crate::window;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::{At, Transaction};

/// Users of an entry that are told, or unpublished, at once.
const USERS_MAX: i64 = 200;

/// All that is done at once.
#[derive(Default)]
pub(super) struct Plan {
    entries: BTreeMap<String, Loaded>,
    acts: BTreeMap<(String, Language), Planned>,
}

/// An entry with what is there of it, locked.
struct Loaded {
    entry: Entry,
    drafts: BTreeMap<Language, Draft>,
    /// What fans read now.
    published: BTreeMap<Language, Value>,
}

enum Planned {
    Publish { body: Value, version: i64, of_revision: Option<i32> },
    Unpublish,
}

/// What has to be done beside what is planned.
#[derive(Default)]
pub(super) struct Missing {
    pub(super) steps: Vec<Step>,
    /// Of the steps that publish: who needs that.
    pub(super) dependencies: Vec<Dependency>,
}

impl Plan {
    pub(super) fn len(&self) -> usize {
        self.acts.len()
    }

    /// Takes in steps that they may do; of two for one document the later one counts.
    pub(super) async fn add(
        &mut self,
        tx: &Transaction<'_>,
        who: &Editor,
        steps: Vec<Step>,
    ) -> Result<(), Error> {
        let new = steps.iter().filter(|it| !self.entries.contains_key(&it.entry)).map(|it| it.entry.clone());
        self.load(tx, &new.collect::<Vec<_>>()).await?;
        for step in steps {
            let Some(loaded) = self.entries.get(&step.entry) else { return Err(entry::unknown(&step.entry)) };
            loaded.entry.check(who, Act::Publish, &step.language)?;
            let planned = loaded.planned(tx, who, &step).await?;
            self.acts.insert((step.entry, step.language), planned);
        }
        Ok(())
    }

    async fn load(&mut self, tx: &Transaction<'_>, ids: &[String]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        for entry in entry::lock(tx, ids).await? {
            let loaded = Loaded { entry, drafts: BTreeMap::new(), published: BTreeMap::new() };
            self.entries.insert(loaded.entry.id.clone(), loaded);
        }
        tx.query(LOCK_DRAFTS, &[&ids]).await?;
        for draft in draft::of_entries(tx, ids).await? {
            if let Some(it) = self.entries.get_mut(&draft.entry) {
                it.drafts.insert(draft.language.clone(), draft);
            }
        }
        for row in tx.query(PUBLISHED, &[&ids]).await? {
            if let Some(it) = self.entries.get_mut(row.get::<_, &str>("entry")) {
                it.published.insert(Language::kept(row.get("language")), row.get("body"));
            }
        }
        Ok(())
    }

    /// What is published of a document once this is done.
    fn after(&self, id: &str, language: &Language) -> Option<&Value> {
        match self.acts.get(&(id.to_owned(), language.clone())) {
            Some(Planned::Publish { body, .. }) => Some(body),
            Some(Planned::Unpublish) => None,
            None => self.entries.get(id)?.published.get(language),
        }
    }

    /// What has to be done beside all this, if that is wanted.
    pub(super) async fn missing(&self, tx: &Transaction<'_>, cascade: Cascade) -> Result<Missing, Error> {
        let Missing { mut steps, dependencies } = self.unpublished(tx).await?;
        let gone: Vec<&Loaded> = self.entries.values().filter(|it| self.is_unpublished(it)).collect();
        for it in &gone {
            let left = it.published.keys().filter(|language| self.after(&it.entry.id, language).is_some());
            let left: Vec<&Language> = left.collect();
            if cascade == Cascade::Refuse && !left.is_empty() {
                let languages = left.iter().map(ToString::to_string).collect();
                return Err(Error::LanguagesPublished { id: it.entry.id.clone(), languages });
            }
            steps.extend(left.into_iter().map(|language| Step::unpublish(&it.entry.id, language)));
        }
        let gone: Vec<String> = gone.iter().map(|it| it.entry.id.clone()).collect();
        if gone.is_empty() {
            return Ok(Missing { steps, dependencies });
        }
        let mut users = relation::users(tx, &gone, Of::Published, USERS_MAX).await?;
        users.retain(|it| self.still_names(&it.entry, &Language::kept(&it.language), &it.target));
        if cascade == Cascade::Refuse && !users.is_empty() {
            return Err(Error::InUse { users });
        }
        steps.extend(users.iter().map(|it| Step::unpublish(&it.entry, &Language::kept(&it.language))));
        Ok(Missing { steps, dependencies })
    }

    fn is_unpublished(&self, it: &Loaded) -> bool {
        let main = &it.entry.main_language;
        it.published.contains_key(main) && self.after(&it.entry.id, main).is_none()
    }

    /// Whether a document that names something will name it still.
    fn still_names(&self, id: &str, language: &Language, target: &str) -> bool {
        let Some(loaded) = self.entries.get(id) else { return true };
        let names = |body: &Value| loaded.entry.kind.relations(body).iter().any(|it| it.target == target);
        match self.acts.get(&(id.to_owned(), language.clone())) {
            None => true,
            Some(Planned::Unpublish) => false,
            Some(Planned::Publish { body, .. }) => names(body),
        }
    }

    /// What is named by what is to be published, and is not itself: as steps that publish it.
    async fn unpublished(&self, tx: &Transaction<'_>) -> Result<Missing, Error> {
        let mut wanted = Vec::new();
        for ((id, language), act) in &self.acts {
            if let (Planned::Publish { body, .. }, Some(loaded)) = (act, self.entries.get(id)) {
                let of = loaded.entry.kind.relations(body).into_iter();
                wanted.extend(of.map(|reference| (loaded, language, reference)));
            }
        }
        if wanted.is_empty() {
            return Ok(Missing::default());
        }
        let targets: Vec<&str> = wanted.iter().map(|it| it.2.target.as_str()).collect();
        // Locked by a statement of its own: the next one sees what those have done who had the locks.
        tx.query(HOLD_TARGETS, &[&targets]).await?;
        let rows = tx.query(TARGETS, &[&targets]).await?;
        let rows: BTreeMap<&str, _> = rows.iter().map(|it| (it.get("id"), it)).collect();
        let (mut steps, mut dependencies) = (BTreeMap::new(), Vec::new());
        for (loaded, language, reference) in wanted {
            let (id, path) = (&loaded.entry.id, &reference.path);
            let unfit = |what: &str| loaded.unfit(language, vec![Problem::new(path, what)]);
            let Some(row) = rows.get(reference.target.as_str()) else { return Err(unfit("is no entry")) };
            let (kind, main): (&str, Language) = (row.get("kind"), Language::kept(row.get("main_language")));
            if !reference.kinds.is_empty() && !reference.kinds.iter().any(|it| it == kind) {
                return Err(unfit(&format!("is to be one of {}", reference.kinds.join(", "))));
            }
            if row.get("is_trashed") {
                return Err(unfit("is in the trash"));
            }
            let is_published = match self.entries.contains_key(&reference.target) {
                true => self.after(&reference.target, &main).is_some(),
                false => row.get("is_published"),
            };
            if !is_published {
                // What is being unpublished at this moment is not published again for it.
                if self.acts.contains_key(&(reference.target.clone(), main.clone())) {
                    return Err(unfit("is unpublished with it"));
                }
                steps.insert(
                    reference.target.clone(),
                    Step::draft(&reference.target, &main, row.get("version")),
                );
                dependencies.push(Dependency {
                    entry: reference.target.clone(),
                    kind: kind.to_owned(),
                    title: row.get("title"),
                    of: id.clone(),
                    path: path.clone(),
                });
            }
        }
        Ok(Missing { steps: steps.into_values().collect(), dependencies })
    }

    /// That what fans will read is whole, in each language, and that its pictures are there and described.
    pub(super) async fn judge(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        self.judge_pictures(tx).await?;
        for (id, loaded) in &self.entries {
            let main_language = &loaded.entry.main_language;
            let is_published = |language: &Language| {
                matches!(self.acts.get(&(id.clone(), language.clone())), Some(Planned::Publish { .. }))
            };
            let is_main_new = is_published(main_language);
            for language in loaded.drafts.keys() {
                let Some(body) = self.after(id, language) else { continue };
                let Some(main) = self.after(id, main_language) else {
                    return Err(Error::MainUnpublished { id: id.clone(), language: language.to_string() });
                };
                if is_main_new || is_published(language) {
                    let problems = loaded.entry.kind.check_whole(&loaded.entry.kind.merged(main, body));
                    if !problems.is_empty() {
                        return Err(loaded.unfit(language, problems));
                    }
                }
            }
        }
        Ok(())
    }

    async fn judge_pictures(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        let mut shown = Vec::new();
        for ((id, language), act) in &self.acts {
            if let (Planned::Publish { body, .. }, Some(loaded)) = (act, self.entries.get(id)) {
                shown.extend(loaded.entry.kind.media(body).into_iter().map(|it| (loaded, language, it)));
            }
        }
        if shown.is_empty() {
            return Ok(());
        }
        let ids: BTreeSet<String> = shown.iter().map(|it| it.2.target.clone()).collect();
        let unfit = uses::unfit(tx, &ids).await?;
        let why: BTreeMap<&str, Why> = unfit.iter().map(|it| (it.id.as_str(), it.why)).collect();
        let said = |it: &Reference| {
            let what = match why.get(it.target.as_str())? {
                Why::Gone => "is no picture of the library, or is in its trash",
                Why::Undescribed => "is a picture that nobody has described: its alternative text is needed",
            };
            Some(Problem::new(&it.path, what))
        };
        let first = shown.iter().find(|it| why.contains_key(it.2.target.as_str()));
        let Some((loaded, language, _)) = first else { return Ok(()) };
        // All that is wrong with the first document of which something is.
        let own = shown.iter().filter(|it| it.0.entry.id == loaded.entry.id && it.1 == *language);
        Err(loaded.unfit(language, own.filter_map(|it| said(&it.2)).collect()))
    }

    /// Does it. Invariant: nothing fails from here on but the database.
    pub(super) async fn write(&mut self, tx: &Transaction<'_>, who: &Editor) -> Result<(), Error> {
        let mut told = Vec::new();
        let mut keys = BTreeSet::new();
        for ((id, language), act) in &self.acts {
            let Some(loaded) = self.entries.get_mut(id) else { continue };
            let was = loaded.published.get(language).cloned();
            let Some(draft) = loaded.drafts.get_mut(language) else { continue };
            let entry = &loaded.entry;
            let now = match act {
                Planned::Publish { body, version, of_revision } => {
                    publish(tx, who, entry, draft, (body, *version, *of_revision)).await?;
                    Some(body)
                }
                Planned::Unpublish if was.is_none() => continue,
                Planned::Unpublish => {
                    unpublish(tx, who, draft).await?;
                    None
                }
            };
            keys.extend(news::keys(entry, was.as_ref()));
            keys.extend(news::keys(entry, now));
            told.push(Item::of(entry, language, if now.is_some() { "publish" } else { "unpublish" }));
        }
        news::tell(tx, &keys, &told, who.by.at).await
    }
}

impl Loaded {
    async fn planned(&self, tx: &Transaction<'_>, who: &Editor, step: &Step) -> Result<Planned, Error> {
        let (id, language) = (&step.entry, &step.language);
        let draft = self.drafts.get(language);
        let unwritten = || Error::NotWritten { id: id.clone(), language: language.to_string() };
        let draft = draft.ok_or_else(unwritten)?;
        let planned = match step.what {
            What::Unpublish => return Ok(Planned::Unpublish),
            What::Draft { version } if version != draft.version => {
                let language = language.to_string();
                return Err(Error::Stale { id: id.clone(), language, given: version, last: draft.version });
            }
            What::Draft { version } => {
                (Planned::Publish { body: draft.body.clone(), version, of_revision: None }, false, version)
            }
            What::Revision { number } => {
                let it = revision::find(tx, id, language, number).await?;
                let planned =
                    Planned::Publish { body: it.body, version: it.version, of_revision: Some(number) };
                // What fans have seen before somebody has approved before.
                (planned, it.act == "publish", it.version)
            }
        };
        if self.entry.trashed_at.is_some() {
            return Err(Error::Trashed { id: id.clone() });
        }
        let (planned, was_published, version) = planned;
        let is_approved = was_published || draft.approved_version == Some(version);
        if who.rights.needs_review(self.entry.kind) && !is_approved {
            return Err(Error::NotApproved { id: id.clone(), language: language.to_string() });
        }
        Ok(planned)
    }

    fn unfit(&self, language: &Language, problems: Vec<Problem>) -> Error {
        let title = self.drafts.get(language).map(|it| it.title.clone()).unwrap_or_default();
        Error::Unfit { id: self.entry.id.clone(), language: language.to_string(), title, problems }
    }
}

async fn publish(
    tx: &Transaction<'_>,
    who: &Editor,
    entry: &Entry,
    draft: &mut Draft,
    (body, version, of_revision): (&Value, i64, Option<i32>),
) -> Result<(), Error> {
    let language = draft.language.clone();
    let before = draft.published_revision;
    let mut as_published = draft.clone();
    (as_published.body, as_published.version) = (body.clone(), version);
    let number = revision::add(tx, &as_published, revision::Made::publish(who, of_revision)).await?;
    let params: store::Params<'_> = &[
        &entry.id,
        &language.as_str(),
        &number,
        &version,
        &At(who.by.at),
        &version.max(draft.saved_version),
    ];
    tx.execute(MARK_PUBLISHED, params).await?;
    (draft.revision, draft.published_revision, draft.published_version) =
        (number, Some(number), Some(version));
    let is_main = language == entry.main_language;
    let reach = if is_main { Reach::of(body) } else { Reach::default() };
    let params: store::Params<'_> = &[
        &entry.id,
        &language.as_str(),
        &entry.kind.facts.name,
        &entry.key,
        &is_main,
        &number,
        body,
        &entry.kind.title(body),
        &At(who.by.at),
        &reach.slot,
        &reach.partners,
        &reach.places,
        &reach.languages,
        &reach.from.map(At),
        &reach.until.map(At),
        &reach.priority,
    ];
    tx.execute(PUBLISH, params).await?;
    relation::replace(
        tx,
        Of::Published,
        (&entry.id, &language),
        &entry.kind.relations(body),
        &entry.kind.media(body),
    )
    .await?;
    window::watch(tx, &entry.id, number, [reach.from, reach.until], who.by.at).await?;
    let after = json!({ "language": language, "revision": number, "of": of_revision });
    entry::record(
        tx,
        who,
        "entry.publish",
        &entry.id,
        before.map(|it| json!({ "revision": it })),
        Some(after),
    )
    .await
}

async fn unpublish(tx: &Transaction<'_>, who: &Editor, draft: &mut Draft) -> Result<(), Error> {
    let (id, language) = (&draft.entry, &draft.language);
    let params: store::Params<'_> = &[id, &language.as_str()];
    tx.execute(UNPUBLISH, params).await?;
    tx.execute(MARK_UNPUBLISHED, params).await?;
    relation::clear(tx, Of::Published, (id, language)).await?;
    let before = json!({ "language": language, "revision": draft.published_revision });
    (draft.published_revision, draft.published_version) = (None, None);
    entry::record(tx, who, "entry.unpublish", id, Some(before), None).await
}

/// Where, to whom and when something is shown, as it says itself.
#[derive(Default)]
struct Reach {
    slot: Option<String>,
    partners: Vec<String>,
    places: Vec<String>,
    languages: Vec<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    priority: i16,
}

impl Reach {
    fn of(body: &Value) -> Self {
        let targets = &body["targets"];
        let texts = |name: &str| -> Vec<String> {
            let all = targets[name].as_array().into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let at = |name: &str| targets[name].as_str().and_then(DateTime::read);
        Self {
            slot: body["slot"].as_str().map(str::to_owned),
            partners: texts("partners"),
            places: texts("places"),
            languages: texts("languages"),
            from: at("from"),
            until: at("until"),
            priority: targets["priority"].as_i64().and_then(|it| i16::try_from(it).ok()).unwrap_or(0),
        }
    }
}

const LOCK_DRAFTS: &str = "select 1 from cms.draft where entry = any($1) order by entry, language for update";

const PUBLISHED: &str = "select entry, language, body from cms.published where entry = any($1)";

const HOLD_TARGETS: &str = "select 1 from cms.entry where id = any($1) order by id for share";

const TARGETS: &str = "
    select e.id, e.kind, e.main_language, e.trashed_at is not null as is_trashed, d.title, d.version,
        d.published_revision is not null as is_published
    from cms.entry e join cms.draft d on d.entry = e.id and d.is_main
    where e.id = any($1)";

const MARK_PUBLISHED: &str = "
    update cms.draft set revision = $3, published_revision = $3, published_version = $4, published_at = $5, saved_version = $6
    where entry = $1 and language = $2";
const MARK_UNPUBLISHED: &str = "
    update cms.draft set published_revision = null, published_version = null, published_at = null
    where entry = $1 and language = $2";

const PUBLISH: &str = "
    insert into cms.published as p (entry, language, kind, key, is_main, revision, body, title, published_at, slot, partners, places,
        languages, from_at, until_at, priority)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    on conflict (entry, language) do update set revision = excluded.revision, body = excluded.body, title = excluded.title,
        published_at = excluded.published_at, slot = excluded.slot, partners = excluded.partners, places = excluded.places,
        languages = excluded.languages, from_at = excluded.from_at, until_at = excluded.until_at, priority = excluded.priority";
const UNPUBLISH: &str = "delete from cms.published where entry = $1 and language = $2";

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[LOCK_DRAFTS, PUBLISHED, HOLD_TARGETS, TARGETS, MARK_PUBLISHED, MARK_UNPUBLISHED, PUBLISH, UNPUBLISH];
