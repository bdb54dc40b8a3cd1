//! Letters leave by a job: written in the transaction that is their reason, tried again while the mail server is away.

use crate::config::Config;
use access::attempts::{self, Allowed, Rule};
use access::mail::MailError;
use access::{Email, Letter, Mailer, Visitor};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use jobs::{Attempt, Job, NotDone, Wish};
use serde::{Deserialize, Serialize};
use store::{Seal, Transaction};

/// A letter that waits, sealed: the links in it open accounts, and its address is nobody's business.
#[derive(Deserialize, Serialize)]
pub(crate) struct SendLetter {
    sealed: String,
}

impl Job for SendLetter {
    const KIND: &'static str = "mail.send";
}

/// What a letter is sealed for.
const PLACE: &str = "letter";

/// Sends a letter once the transaction is committed.
pub(crate) async fn post(tx: &Transaction<'_>, seal: &Seal, letter: &Letter) -> Result<(), jobs::Error> {
    let text = serde_json::to_vec(letter).expect("a letter is text");
    let job = SendLetter { sealed: STANDARD.encode(seal.seal(PLACE, &text)) };
    jobs::enqueue(tx, &job, &Wish::default()).await.map(drop)
}

/// Why a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Somebody typed an address: to sign up, to invite, to have another one.
    ByAnybody,
    /// With a link to a new password. Counted by itself, so that nobody keeps an owner out by having other letters sent.
    ToChooseAPassword,
}

/// Whether one more letter may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum May {
    Yes,
    /// The address has had enough.
    NotTo {
        until: Timestamp,
    },
    /// The network, or who else asks, has had enough sent.
    NotFrom {
        until: Timestamp,
    },
}

/// Letters to one address.
const TO: Rule = Rule { name: "letters/to", max: 3, within: SignedDuration::from_mins(15) };
const TO_WITH_PASSWORD: Rule = Rule { name: "letters/reset", max: 3, within: SignedDuration::from_mins(15) };
/// Letters that one network causes, and one organisation's programs.
const FROM: Rule = Rule { name: "letters/from", max: 30, within: SignedDuration::from_hours(1) };
const FROM_PROGRAMS: Rule = Rule { name: "letters/programs", max: 60, within: SignedDuration::from_hours(1) };

/// Counts a letter that a visitor has sent.
pub(crate) async fn may_send(
    tx: &Transaction<'_>,
    visitor: &Visitor,
    to: &Email,
    why: Why,
    now: Timestamp,
) -> Result<May, access::Error> {
    if let Allowed::No { until } = attempts::count(tx, FROM, &visitor.network().to_string(), now).await? {
        return Ok(May::NotFrom { until });
    }
    may_reach(tx, to, why, now).await
}

/// Counts a letter that an organisation's program has sent: its keys together.
pub(crate) async fn program_may_send(
    tx: &Transaction<'_>,
    organisation_id: &str,
    to: &Email,
    now: Timestamp,
) -> Result<May, access::Error> {
    if let Allowed::No { until } = attempts::count(tx, FROM_PROGRAMS, organisation_id, now).await? {
        return Ok(May::NotFrom { until });
    }
    may_reach(tx, to, Why::ByAnybody, now).await
}

async fn may_reach(tx: &Transaction<'_>, to: &Email, why: Why, now: Timestamp) -> Result<May, access::Error> {
    let rule = match why {
        Why::ByAnybody => TO,
        Why::ToChooseAPassword => TO_WITH_PASSWORD,
    };
    Ok(match attempts::count(tx, rule, &to.folded(), now).await? {
        Allowed::Yes { .. } => May::Yes,
        Allowed::No { until } => May::NotTo { until },
    })
}

/// The way in which letters leave, as the configuration says.
pub(crate) fn mailer(config: &Config) -> Result<Mailer, MailError> {
    match config.mail.url.reveal() {
        Some(url) => Mailer::smtp(url, &config.mail.from),
        None => Mailer::files(&config.data.dir.join("mail"), &config.mail.from),
    }
}

/// Sends the letter of a job. It may arrive twice, if the process dies after it was sent.
pub(crate) async fn send(job: SendLetter, _: &Attempt, seal: &Seal, mailer: &Mailer) -> Result<(), NotDone> {
    let opened = STANDARD.decode(&job.sealed).ok().and_then(|it| seal.open(PLACE, &it).ok());
    let letter = opened.and_then(|it| serde_json::from_slice::<Letter>(&it).ok());
    let Some(letter) = letter else {
        return Err(NotDone::Dead(
            "the letter does not open: it was sealed with another secrets.key".to_owned(),
        ));
    };
    match mailer.send(&letter).await {
        Ok(()) => Ok(()),
        Err(error @ MailError::Unsent(_)) => Err(NotDone::Retry(error.to_string())),
        Err(error) => Err(NotDone::Dead(error.to_string())),
    }
}
