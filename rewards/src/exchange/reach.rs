//! Reaching a market wherever it is written: in this process, or by a call to the one that holds its lease.

use super::desk::{Amended, Asked, Desk};
use super::error::Error;
use super::feed::{Event, Place};
use super::house::House;
use super::order::View;
use super::traders::Fan;
use jobs::rpc::{Call, CallError, Caller, Server, Service, Terms};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long a call may take: longer than what it waits for.
const WITHIN: Duration = Duration::from_secs(8);
/// How long a call waits for something new to tell.
pub(crate) const WAITS: Duration = Duration::from_secs(5);

/// What is asked of a market.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    Place(Asked),
    Cancel {
        fan_id: String,
        order: String,
    },
    Amend {
        fan_id: String,
        order: String,
        to: Amended,
    },
    CancelAll(Fan),
    /// Whatever is committed is in the tables when it is answered.
    CatchUp,
    Halt,
    Reopen {
        reference: Option<u32>,
    },
    Close,
    TryStuck,
    /// What has come since a place; waits a while where nothing has.
    Feed(Option<Place>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Told {
    Order(Box<View>),
    Count(u64),
    Done,
    Events(Vec<Event>, Place),
}

/// Asking a market, of whoever writes it.
pub(crate) struct Markets;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    market: String,
    ask: Ask,
}

impl Service for Markets {
    const NAME: &'static str = "markets";
    type Request = Request;
    type Reply = Result<Told, Error>;
}

/// Has a server answer for the markets that this process writes.
pub(crate) fn serve(server: Server, house: &Arc<House>) -> Server {
    let (has, house) = (Arc::clone(house), Arc::clone(house));
    server.serve_what::<Markets, _, _, _>(
        move |request| has.desk(&request.market).is_some(),
        move |request: Request, _: Call| {
            let desk = house.desk(&request.market);
            async move {
                let Some(desk) = desk else { return Ok(Err(Error::Away { id: request.market })) };
                Ok(Box::pin(answer(&desk, request.ask)).await.map_err(Error::sent))
            }
        },
    )
}

/// Asks a market.
pub(crate) async fn ask(
    house: &House,
    caller: Option<&Caller>,
    market: &str,
    ask: Ask,
) -> Result<Told, Error> {
    if let Some(desk) = house.desk(market) {
        // In a box: callers' futures have no room in their types for all that an order goes through.
        return Box::pin(answer(&desk, ask)).await;
    }
    let away = || Error::Away { id: market.to_owned() };
    let Some(caller) = caller else { return Err(away()) };
    let request = Request { market: market.to_owned(), ask };
    match caller.call::<Markets>(&request, &Terms { within: WITHIN, is_idempotent: false }).await {
        Ok(told) => told,
        Err(CallError::Nobody { .. }) => Err(away()),
        Err(CallError::Overloaded { .. }) => Err(Error::Busy),
        Err(CallError::Late { .. } | CallError::Lost { .. }) => Err(Error::Unsure),
        Err(other) => Err(Error::Failed { reason: other.to_string() }),
    }
}

async fn answer(desk: &Arc<Desk>, ask: Ask) -> Result<Told, Error> {
    let order = |view: View| Told::Order(Box::new(view));
    match ask {
        Ask::Place(asked) => desk.place(asked).await.map(order),
        Ask::Cancel { fan_id, order: id } => desk.cancel(fan_id, id).await.map(order),
        Ask::Amend { fan_id, order: id, to } => desk.amend(fan_id, id, to).await.map(order),
        Ask::CancelAll(fan) => desk.cancel_all(&fan).await.map(|it| Told::Count(it.into())),
        Ask::CatchUp => desk.catch_up().await.map(|()| Told::Done),
        Ask::Halt => desk.halt().await.map(|()| Told::Done),
        Ask::Reopen { reference } => desk.reopen(reference).await.map(|()| Told::Done),
        Ask::Close => desk.close().await.map(|it| Told::Count(it.into())),
        Ask::TryStuck => desk.try_stuck().await.map(|it| Told::Count(it as u64)),
        Ask::Feed(place) => {
            let mut news = desk.feed.news();
            let (events, at) = desk.feed.after(place);
            if !events.is_empty() || desk.feed.is_over() {
                return Ok(Told::Events(events, at));
            }
            // Nothing within the time is an answer, too.
            let _quiet = tokio::time::timeout(WAITS, news.changed()).await;
            let (events, at) = desk.feed.after(place);
            Ok(Told::Events(events, at))
        }
    }
}
