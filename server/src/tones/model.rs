//! Who tells balls, as the configuration says.

use crate::config::{Commentary, Teller};
use anyhow::Context;
use commentary::model::{Anthropic, Endpoint, Key, OpenAi, Streaming};
use commentary::{Caps, Model, Patience, Price, Terms};
use std::sync::Arc;
use std::time::Duration;

/// Lines of other balls of the same shape that there must be before one of them is taken instead of a new one.
const CHOICE_MIN: usize = 12;

/// A model and its terms.
pub(crate) struct Settings {
    /// None: the phrases that we ship.
    pub(crate) model: Option<Arc<dyn Model>>,
    pub(crate) terms: Terms,
}

impl Settings {
    /// Or what is wrong with the section `commentary`.
    pub(crate) fn of(it: &Commentary) -> anyhow::Result<Self> {
        let terms = Terms {
            calls_max: it.calls_max,
            price: Price {
                micros_per_million_in: it.micros_per_million_tokens_in,
                micros_per_million_out: it.micros_per_million_tokens_out,
            },
            caps: Caps { per_game: it.micros_per_match_max, per_day: it.micros_per_day_max },
            patience: Patience::default(),
            choice_min: CHOICE_MIN,
        };
        if it.model == Teller::None {
            return Ok(Self { model: None, terms });
        }
        let key = it.model_key.reveal().map(Key::new);
        let endpoint = Endpoint::new(&it.model_url, key, &it.model_name).context("commentary.model_url")?;
        let streaming = if it.model_streams { Streaming::InPieces } else { Streaming::AtOnce };
        let patience = Duration::from_secs(it.call_seconds_max.max(1));
        let endpoint = endpoint.streaming(streaming).patience(patience);
        let model: Arc<dyn Model> = match it.model {
            Teller::Anthropic => Arc::new(Anthropic::new(endpoint)),
            Teller::OpenAi | Teller::None => Arc::new(OpenAi::new(endpoint)),
        };
        Ok(Self { model: Some(model), terms })
    }
}
