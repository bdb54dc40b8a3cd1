//! What this crate writes into the audit log, with the change itself.

use access::{By, Deed};
use serde_json::Value;
use store::Transaction;

/// What something was, and what it is now.
pub(crate) struct Change {
    before: Option<Value>,
    after: Option<Value>,
}

impl Change {
    pub(crate) fn made(after: Value) -> Self {
        Self { before: None, after: Some(after) }
    }

    pub(crate) fn ended(before: Value) -> Self {
        Self { before: Some(before), after: None }
    }

    /// Something was looked at.
    pub(crate) fn none() -> Self {
        Self { before: None, after: None }
    }

    pub(crate) fn of(before: Value, after: Value) -> Self {
        Self { before: Some(before), after: Some(after) }
    }
}

pub(crate) async fn record(
    tx: &Transaction<'_>,
    by: &By,
    organisation_id: &str,
    action: &str,
    object: &str,
    change: Change,
) -> Result<(), access::Error> {
    let deed = Deed {
        organisation_id: Some(organisation_id),
        action,
        object,
        before: change.before,
        after: change.after,
    };
    access::audit::record(tx, by, &deed).await
}
