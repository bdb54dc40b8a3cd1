//! Organisations: who has keys.

use crate::Error;
use crate::error::name;
use store::{Transaction, ids};

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// `org_…`
    pub id: String,
    pub name: String,
}

const CREATE: &str = "insert into partners.organisation (id, name) values ($1, $2)";

/// Makes an organisation. Names need not be unique.
pub async fn create(tx: &Transaction<'_>, organisation_name: &str) -> Result<Organisation, Error> {
    let organisation = Organisation { id: ids::new("org"), name: name(organisation_name)?.to_owned() };
    tx.execute(CREATE, &[&organisation.id, &organisation.name]).await?;
    Ok(organisation)
}

const ENSURE: &str =
    "insert into partners.organisation (id, name) values ($1, $2) on conflict (id) do nothing";

/// The organisation with this id, which is made when there is none. For those that every start of a process finds again: the
/// demo's.
pub async fn ensure(tx: &Transaction<'_>, id: &str, organisation_name: &str) -> Result<Organisation, Error> {
    let organisation = Organisation { id: id.to_owned(), name: name(organisation_name)?.to_owned() };
    tx.execute(ENSURE, &[&organisation.id, &organisation.name]).await?;
    Ok(organisation)
}
