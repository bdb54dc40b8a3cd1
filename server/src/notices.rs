//! What organisations are told of themselves, once each: that a quota is reached, that a key ends. Their servers hear it by webhook, the members
//! whom it concerns by letter.

use crate::app::App;
use crate::mail;
use access::{Email, Letter, user};
use jiff::{SignedDuration, Timestamp};
use partners::limit::{Month, QuotaKind, Threshold, cross};
use partners::webhook::{self, Kind, NewMessage};
use partners::{Mode, Permission, Record, key, member, organisation};
use serde::Serialize;
use store::{Client, Seal, Store, Transaction};
use utoipa::ToSchema;

/// A quota of which something, or all, is used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    pub(crate) kind: QuotaKind,
    pub(crate) threshold: Threshold,
    pub(crate) used: u64,
    pub(crate) soft: Option<u64>,
    pub(crate) hard: Option<u64>,
}

/// A quota that an organisation has reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookQuota)]
pub(crate) struct QuotaTold {
    /// "org_…"
    organisation: String,
    /// streams, stream_minutes, impressions
    quota: &'static str,
    /// soft: what you wanted to be told of; hard: all that your plan has.
    threshold: &'static str,
    used: u64,
    soft: Option<u64>,
    hard: Option<u64>,
    /// "2026-05"
    month: String,
}

/// A key that stops working soon.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookKey)]
pub(crate) struct KeyTold {
    /// "org_…"
    organisation: String,
    /// "key_…"
    key: String,
    name: String,
    /// How its text begins.
    prefix: String,
    /// RFC 3339
    expires_at: String,
}

/// Tells an organisation of a quota, unless it was told this month.
pub(crate) async fn quota_reached(app: &App, organisation_id: &str, reached: &Reached) -> anyhow::Result<()> {
    let now = app.clock.now();
    let month = Month::of(now);
    let told = app.store.run_tx("notices.quota", async |tx| {
        if !cross(tx, organisation_id, reached.kind, reached.threshold, month, now).await? {
            return Ok(());
        }
        let data = serde_json::to_value(QuotaTold {
            organisation: organisation_id.to_owned(),
            quota: reached.kind.word(),
            threshold: reached.threshold.word(),
            used: reached.used,
            soft: reached.soft,
            hard: reached.hard,
            month: month.to_string(),
        })?;
        let once = format!("{month}/{}/{}", reached.kind.word(), reached.threshold.word());
        let message = NewMessage { kind: Kind::QuotaReached, mode: Mode::Live, data: &data, once: &once };
        webhook::send(tx, organisation_id, &message, now).await?;
        let (subject, text) = of_quota(reached);
        let url = page(&app.config.http.public_url, organisation_id, "usage");
        let notice = Notice { subject, text, action: url.map(|url| ("See what is used".to_owned(), url)) };
        post(tx, &app.seal, organisation_id, Permission::Pay, &notice).await
    });
    told.await
}

fn of_quota(reached: &Reached) -> (String, String) {
    let (what, unit) = match reached.kind {
        QuotaKind::Streams => ("streams at once", "streams"),
        QuotaKind::StreamMinutes => ("this month's minutes of streams", "minutes"),
        QuotaKind::Impressions => ("this month's impressions", "impressions"),
    };
    let Reached { used, hard, .. } = reached;
    match (reached.threshold, hard) {
        (Threshold::Hard, Some(hard)) => (
            format!("Crease: {what} are used up"),
            format!(
                "Your plan has {hard} {unit}, and they are used up: further ones are refused. What is open stays open."
            ),
        ),
        (_, Some(hard)) => (
            format!("Crease: {what} are running out"),
            format!(
                "Your fans use {used} of the {hard} {unit} of your plan. Beyond that, further ones are refused."
            ),
        ),
        (_, None) => (
            format!("Crease: {what} reach what you wanted to be told of"),
            format!("Your fans use {used} {unit}. Nothing is refused."),
        ),
    }
}

/// Before a key ends its organisation is told twice: so long before.
const EXPIRING: [(SignedDuration, &str); 2] =
    [(SignedDuration::from_hours(24), "a day"), (SignedDuration::from_hours(7 * 24), "a week")];
/// Keys that are looked at at once: the soonest first, and the rest an hour later.
const KEYS_MAX: i64 = 1_000;

/// Tells organisations of keys that end soon.
pub async fn keys_expiring(
    store: &Store,
    seal: &Seal,
    public_url: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    let until = now.saturating_add(EXPIRING[1].0).unwrap_or(now);
    let read = store.read("notices.keys", async |db| key::expiring(db, now, until, KEYS_MAX).await);
    for record in read.await? {
        key_expiring(store, seal, public_url, &record, now).await?;
    }
    Ok(())
}

async fn key_expiring(
    store: &Store,
    seal: &Seal,
    public_url: &str,
    record: &Record,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(ends) = record.expires_at else { return Ok(()) };
    let left = ends.duration_since(now);
    let Some((_, within)) = EXPIRING.into_iter().find(|it| left <= it.0) else { return Ok(()) };
    let told = store.run_tx("notices.key", async |tx| {
        let data = serde_json::to_value(KeyTold {
            organisation: record.organisation_id.clone(),
            key: record.id.clone(),
            name: record.name.clone(),
            prefix: record.prefix.clone(),
            expires_at: ends.to_string(),
        })?;
        let once = format!("{}/{ends}/{within}", record.id);
        let message = NewMessage { kind: Kind::KeyExpiring, mode: record.mode, data: &data, once: &once };
        if webhook::send(tx, &record.organisation_id, &message, now).await?.is_none() {
            return Ok(());
        }
        let url = page(public_url, &record.organisation_id, &format!("keys/{}", record.id));
        let notice = Notice {
            subject: format!("Crease: your key “{}” ends within {within}", record.name),
            text: format!(
                "The key {}… stops working at {ends}. Pages and programs that still use it then are refused.",
                record.prefix
            ),
            action: url.map(|url| ("See where it is used".to_owned(), url)),
        };
        post(tx, seal, &record.organisation_id, Permission::Build, &notice).await
    });
    told.await
}

/// What a letter says.
struct Notice {
    subject: String,
    text: String,
    action: Option<(String, String)>,
}

/// A page of the console, where its address is known.
fn page(public_url: &str, organisation_id: &str, path: &str) -> Option<String> {
    let base = public_url.trim_end_matches('/');
    (!base.is_empty()).then(|| format!("{base}/console/o/{organisation_id}/{path}"))
}

/// A letter to each member who may do something about it.
async fn post(
    tx: &Transaction<'_>,
    seal: &Seal,
    organisation_id: &str,
    permission: Permission,
    notice: &Notice,
) -> anyhow::Result<()> {
    let name = organisation::find(tx, organisation_id).await?.map(|it| it.name).unwrap_or_default();
    for to in addresses(tx, organisation_id, permission).await? {
        let letter = Letter {
            to: to.as_str().to_owned(),
            subject: notice.subject.clone(),
            text: vec![notice.text.clone()],
            action: notice.action.clone(),
            foot: format!("This letter came because you are a member of {name} at Crease."),
        };
        mail::post(tx, seal, &letter).await?;
    }
    Ok(())
}

async fn addresses(
    client: &Client<'_>,
    organisation_id: &str,
    permission: Permission,
) -> anyhow::Result<Vec<Email>> {
    let members = member::list(client, organisation_id).await?;
    let ids: Vec<&str> =
        members.iter().filter(|it| it.role.may(permission)).map(|it| it.user_id.as_str()).collect();
    Ok(user::find_all(client, &ids).await?.into_iter().map(|it| it.email).collect())
}
