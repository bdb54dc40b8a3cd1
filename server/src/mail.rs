//! Letters leave by a job: written in the transaction that is their reason, tried again while the mail server is away.

use crate::config::Config;
use access::mail::MailError;
use access::{Letter, Mailer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
