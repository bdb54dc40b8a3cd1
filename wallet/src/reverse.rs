//! Undoing a transfer: by a further one, never by changing it.

use crate::error::Error;
use crate::id::TransferId;
use crate::ledger::{Act, Hold, HoldState, Move, Reason, Transfer};
use crate::metadata::Metadata;
use crate::statement::{self, Recorded};
use crate::writer::batch;
use store::Client;

/// The transfer that takes back what another moved: the same units the other way, once, since its id follows from the other's.
///
/// Refused where nothing was moved (a hold, and what drops one) and where it is a reversal itself.
pub(crate) async fn of(client: &Client<'_>, id: TransferId, metadata: Metadata) -> Result<Transfer, Error> {
    let Some(Recorded { transfer, .. }) = statement::transfer(client, id).await? else {
        return Err(Error::UnknownTransfer { id });
    };
    let moved = match transfer.act {
        Act::Post(of) => of,
        Act::Finish { hold, .. } => match batch::find_hold(client, hold).await? {
            Some(Hold { of, state: HoldState::Finished { units }, .. }) => Move { units, ..of },
            _ => return Err(Error::NothingMoved { id }),
        },
        Act::Hold { .. } | Act::Void { .. } | Act::Lapse { .. } => return Err(Error::NothingMoved { id }),
    };
    if moved.reason == Reason::Reversal {
        return Err(Error::NothingMoved { id });
    }
    let back = Move { debit: moved.credit, credit: moved.debit, reason: Reason::Reversal, ..moved };
    Ok(Transfer { id: id_of(id), act: Act::Post(back), metadata })
}

/// The id of the transfer that takes another back.
pub(crate) fn id_of(id: TransferId) -> TransferId {
    TransferId::following_from("reversal", &[&id.to_string()])
}
