//! Markets in this process: the exchange, and how many follow it.

use crate::config::Config;
use crate::wallets::TooMany;
use rewards::exchange::Exchange;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Clones share everything.
#[derive(Clone)]
pub struct Markets {
    pub exchange: Exchange,
    seats: Seats,
}

impl Markets {
    pub fn new(exchange: Exchange) -> Self {
        Self { exchange, seats: Seats::default() }
    }

    /// Takes a place for one who follows; `max` and `of_fan_max` are how many there may be in this process, and of this fan.
    pub(crate) fn seat(&self, fan_id: &str, (max, of_fan_max): (usize, usize)) -> Result<Seat, TooMany> {
        let mut taken = self.seats.lock();
        if taken.values().sum::<usize>() >= max {
            return Err(TooMany::InProcess { max });
        }
        let of_fan = taken.entry(fan_id.into()).or_default();
        if *of_fan >= of_fan_max {
            return Err(TooMany::OfFan { max: of_fan_max });
        }
        *of_fan += 1;
        drop(taken);
        metrics::gauge!("markets_followed").increment(1);
        Ok(Seat { seats: self.seats.clone(), fan_id: fan_id.into() })
    }
}

/// Who follows, by fan.
#[derive(Clone, Default)]
struct Seats(Arc<Mutex<HashMap<Box<str>, usize>>>);

impl Seats {
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, until it is dropped.
pub(crate) struct Seat {
    seats: Seats,
    fan_id: Box<str>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(of_fan) = taken.get_mut(&self.fan_id) {
            *of_fan -= 1;
            if *of_fan == 0 {
                taken.remove(&self.fan_id);
            }
        }
        metrics::gauge!("markets_followed").decrement(1);
    }
}

/// Where a process that writes markets is called, and at which address others reach it.
pub(crate) fn addresses(config: &Config) -> anyhow::Result<(SocketAddr, Option<SocketAddr>)> {
    let advertise = match config.markets.advertise.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            anyhow::anyhow!("markets.advertise: {text:?} is no address with a port, such as 10.0.0.7:4100")
        })?),
    };
    Ok((config.markets.listen, advertise))
}
