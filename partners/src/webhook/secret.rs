//! What messages are signed with: secrets that we and an endpoint's owner share (Standard Webhooks 1.0.0, symmetric).

use super::error::Error;
use super::hold;
use crate::audit::{self, Change};
use access::By;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde_json::json;
use std::fmt;
use store::{At, Row, Seal, Transaction};

/// The standard asks for 24 to 64.
const SECRET_BYTES: usize = 32;
/// How long the secret before signs as well, so that its owner can take the new one in without a gap.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// A secret of an endpoint. Debug does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    pub(crate) fn new() -> Self {
        Secret(store::seal::random())
    }

    /// `whsec_` and base64, as libraries that check signatures take it: for the endpoint's owner alone.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    pub(crate) fn sealed(&self, seal: &Seal, endpoint_id: &str) -> Vec<u8> {
        seal.seal(&place(endpoint_id), &self.0)
    }

    pub(crate) fn open(seal: &Seal, endpoint_id: &str, sealed: &[u8]) -> Result<Self, Error> {
        let bytes = seal.open(&place(endpoint_id), sealed)?;
        let bytes = bytes
            .try_into()
            .map_err(|_| Error::Unreadable { what: format!("webhook {endpoint_id}"), column: "sealed" })?;
        Ok(Secret(bytes))
    }

    /// `v1,` and the base64 of an HMAC-SHA256 over id, time and body.
    pub(crate) fn signature(&self, message_id: &str, at: Timestamp, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signed = format!("{message_id}.{}.{body}", at.as_second());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// The secrets that sign a message now, the newest first.
pub(crate) fn signing(seal: &Seal, row: &Row, now: Timestamp) -> Result<Vec<Secret>, Error> {
    let id: &str = row.get("webhook_id");
    let mut secrets = vec![Secret::open(seal, id, row.get("sealed"))?];
    let until: Option<At> = row.get("earlier_until");
    if let Some(earlier) = row.get::<_, Option<&[u8]>>("earlier_sealed").filter(|_| until > Some(At(now))) {
        secrets.push(Secret::open(seal, id, earlier)?);
    }
    Ok(secrets)
}

const REVEAL: &str = "select sealed from partners.webhook where organisation_id = $1 and id = $2";

/// An endpoint's present secret, for its owner; the log says who looked.
pub async fn reveal(
    tx: &Transaction<'_>,
    seal: &Seal,
    organisation_id: &str,
    endpoint_id: &str,
    by: &By,
) -> Result<Secret, Error> {
    let row = tx.query_opt(REVEAL, &[&organisation_id, &endpoint_id]).await?;
    let row = row.ok_or_else(|| Error::unknown_endpoint(endpoint_id))?;
    audit::record(tx, by, organisation_id, "webhook.reveal", endpoint_id, Change::none()).await?;
    Secret::open(seal, endpoint_id, row.get("sealed"))
}

const OVERLAPS: &str = "select earlier_until from partners.webhook where organisation_id = $1 and id = $2";

const ROTATE: &str = "
    update partners.webhook set earlier_sealed = sealed, earlier_until = $4, sealed = $3
    where organisation_id = $1 and id = $2";

/// Gives an endpoint a new secret. For a day messages are signed with the one before as well; doing it twice ends one that has leaked at once.
pub async fn rotate(
    tx: &Transaction<'_>,
    seal: &Seal,
    organisation_id: &str,
    endpoint_id: &str,
    by: &By,
) -> Result<Secret, Error> {
    hold(tx, organisation_id, endpoint_id).await?;
    let before: Option<At> =
        tx.query_one(OVERLAPS, &[&organisation_id, &endpoint_id]).await?.get("earlier_until");
    let secret = Secret::new();
    let (sealed, until) = (secret.sealed(seal, endpoint_id), At::after(by.at, OVERLAP));
    tx.execute(ROTATE, &[&organisation_id, &endpoint_id, &sealed, &until]).await?;
    let told = |until: Option<At>| json!({ "both_sign_until": until.map(|it| it.0) });
    let change = Change::of(told(before), told(Some(until)));
    audit::record(tx, by, organisation_id, "webhook.rotate", endpoint_id, change).await?;
    Ok(secret)
}

const FORGET: &str = "
    update partners.webhook set earlier_sealed = null, earlier_until = null where earlier_until <= $1";

/// Forgets the secrets that sign no more.
pub(crate) async fn forget_over(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute(FORGET, &[&At(now)]).await?)
}

/// What the secret is sealed for.
fn place(endpoint_id: &str) -> String {
    format!("webhook/{endpoint_id}")
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[REVEAL, OVERLAPS, ROTATE, FORGET];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_others_compute() {
        let secret = Secret::new();
        let at = Timestamp::from_second(1_649_367_553).unwrap();
        let other = standardwebhooks::Webhook::new(&secret.reveal()).unwrap();
        for body in ["", r#"{"type":"match.wicket","data":{"striker":"विराट"}}"#] {
            let expected = other.sign("msg_1", at.as_second(), body.as_bytes()).unwrap();
            assert_eq!(secret.signature("msg_1", at, body), expected);
        }
    }

    #[test]
    fn a_secret_is_never_shown_by_accident() {
        let secret = Secret::new();
        assert!(secret.reveal().starts_with("whsec_") && secret.reveal().len() == "whsec_".len() + 44);
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(…) Some(Secret(…))");
    }
}
