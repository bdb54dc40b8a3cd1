//! A fan's wallet, live: Server-Sent Events of its balances, at once and after each change.

use super::fan::Owner;
use super::shown::Shown;
use crate::app::App;
use crate::http::stream::X_ACCEL_BUFFERING;
use crate::problem::{Problem, types};
use crate::wallets::{Looking, TooMany};
use axum::extract::State;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use rand::Rng;
use rewards::exchange::order;
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// Open streams of one fan: windows and devices.
const OF_FAN_MAX: usize = 16;
/// How long one lasts: who is believed is asked anew then.
const LASTS: Duration = Duration::from_secs(15 * 60);
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After a change that could not be read.
const AGAIN: Duration = Duration::from_secs(2);

/// The balances of a fan's wallet from now on: an event `fan` at once, and after each change. It ends with `bye` after a quarter of an hour, and
/// is opened anew with an identity that is good then.
#[utoipa::path(get, path = "/v1/wallet/stream", tag = "wallets", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
), responses(
    (status = 200, description = "events fan and bye", content_type = "text/event-stream", body = String),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn open(owner: Owner, State(app): State<App>) -> Result<Response, Problem> {
    let wallet = owner.open(&app).await?;
    let accounts = wallet.accounts.iter().map(|it| it.id).collect();
    let most = (app.config.wallet.streams_max, OF_FAN_MAX);
    let looking = app.wallets.open(&wallet.fan_id, accounts, most).map_err(|full| match full {
        TooMany::InProcess { max } => {
            let detail = format!("this server holds {max} open wallets at most");
            Problem::new(&types::STREAMS_FULL, detail).again_after(5)
        }
        TooMany::OfFan { max } => {
            let detail = format!("one fan may have {max} open wallets at most");
            Problem::new(&types::STREAMS_FULL_ADDRESS, detail).again_after(5)
        }
    })?;
    let following =
        Following { app, owner, looking, said: None, ends: Instant::now() + LASTS, step: Step::Look };
    let events = unfold(following, Following::next);
    let answer = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(([(header::CACHE_CONTROL, "no-store, no-transform")], [(X_ACCEL_BUFFERING, "no")], answer)
        .into_response())
}

struct Following {
    app: App,
    owner: Owner,
    looking: Looking,
    /// What was said last.
    said: Option<Shown>,
    ends: Instant,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Look,
    Wait,
    Over,
}

impl Following {
    /// The next event, when there is something to say.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            match self.step {
                Step::Over => return None,
                Step::Look => {
                    self.step = Step::Wait;
                    match self.look().await {
                        Ok(Some(shown)) => {
                            if let Some(event) = self.changed(shown) {
                                return Some((Ok(event), self));
                            }
                        }
                        Ok(None) => return Some(self.bye("erased")),
                        Err(_) => self.look_again().await,
                    }
                }
                Step::Wait => {
                    let shutdown = self.app.shutdown.clone();
                    tokio::select! {
                        () = self.looking.changed() => self.step = Step::Look,
                        () = shutdown.cancelled() => return Some(self.bye("shutting-down")),
                        () = tokio::time::sleep_until(self.ends) => return Some(self.bye("again")),
                    }
                }
            }
        }
    }

    /// What could not be read was logged where it was made; the next look may have it.
    async fn look_again(&mut self) {
        tokio::time::sleep(AGAIN).await;
        self.step = Step::Look;
    }

    /// The wallet, with how many orders rest; from now on each of its accounts is heard of.
    async fn look(&mut self) -> Result<Option<Shown>, Problem> {
        let Some(wallet) = self.owner.find(&self.app).await? else { return Ok(None) };
        self.looking.know(wallet.accounts.iter().map(|it| it.id));
        let fan_id = &wallet.fan_id;
        let orders = self.app.store.read("orders.count", async |db| order::resting(db, fan_id).await).await?;
        Ok(Some(Shown::of(&self.app, &wallet).await?.with_orders(orders)))
    }

    /// None where it is as it was.
    fn changed(&mut self, shown: Shown) -> Option<Event> {
        if self.said.as_ref().is_some_and(|said| said.is_as(&shown)) {
            return None;
        }
        let event = Event::default().id(shown.t().to_string()).event("fan");
        let event = event.json_data(&shown).expect("numbers and words are JSON");
        self.said = Some(shown);
        Some(event)
    }

    fn bye(mut self, reason: &'static str) -> (Result<Event, Infallible>, Self) {
        self.step = Step::Over;
        let stream = &self.app.config.stream;
        let retry = rand::rng().random_range(stream.retry_ms_min..=stream.retry_ms_max);
        let said = json!({ "reason": reason, "retry": retry });
        (Ok(Event::default().event("bye").data(said.to_string())), self)
    }
}
