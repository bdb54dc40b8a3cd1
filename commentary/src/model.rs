//! Who tells a ball in tones: a server with a language model, or the phrases that we ship.
//!
//! Whatever comes back is material for the guard and nothing more: a model has no tools, and its answer is an object of lines.

mod anthropic;
mod endpoint;
mod offline;
mod openai;
mod stream;

pub use anthropic::Anthropic;
pub use endpoint::{Endpoint, Key, Streaming};
pub use offline::Offline;
pub use openai::OpenAi;

use crate::prompt::Ask;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// Tells a ball in all tones that are asked for, with one request.
pub trait Model: Send + Sync + 'static {
    /// For caches, accounts and figures.
    fn name(&self) -> &str;

    /// The most that a call with this ask may use: for what is reserved.
    fn usage_max(&self, ask: &Ask) -> Usage;

    fn tell<'a>(&'a self, ask: &'a Ask) -> Telling<'a>;
}

/// What [`Model::tell`] answers.
pub type Telling<'a> = Pin<Box<dyn Future<Output = Result<Told, ModelError>> + Send + 'a>>;

/// What a model said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By a tone's [label](crate::prompt::label): a line with places. A tone that was asked for may be missing.
    pub lines: BTreeMap<String, String>,
    /// None where it did not say.
    pub usage: Option<Usage>,
}

/// Tokens of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub tokens_in: u64,
    pub tokens_out: u64,
}

/// Why there is no answer. No variant holds a key, or what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("no answer within {ms} ms")]
    TimedOut { ms: u64 },
    #[error("the server cannot be reached: {reason}")]
    Unreachable { reason: String },
    #[error("the server does not take the key ({status})")]
    Unauthorised { status: u16 },
    #[error("asked too often")]
    RateLimited { retry_after_s: Option<u64> },
    /// The server has more to do than it can.
    #[error("the server is overloaded or has failed ({status})")]
    Failed { status: u16, retry_after_s: Option<u64> },
    #[error("the server does not understand what is asked ({status})")]
    NotUnderstood { status: u16 },
    /// By the model itself, or a filter over it.
    #[error("the model does not want to say it")]
    Refused { usage: Option<Usage> },
    /// It ended in the middle.
    #[error("the answer broke off")]
    Cut,
    /// The model used up all tokens that it had.
    #[error("the answer is longer than it may be")]
    Unfinished { usage: Option<Usage> },
    #[error("the answer has more than {max} bytes")]
    TooLong { max: usize },
    #[error("the answer is not what was asked for: {reason}")]
    NotJson { reason: String, usage: Option<Usage> },
}

impl ModelError {
    /// A short word for counts that never changes.
    pub const fn word(&self) -> &'static str {
        match self {
            ModelError::TimedOut { .. } => "timed_out",
            ModelError::Unreachable { .. } => "unreachable",
            ModelError::Unauthorised { .. } => "unauthorised",
            ModelError::RateLimited { .. } => "rate_limited",
            ModelError::Failed { .. } => "failed",
            ModelError::NotUnderstood { .. } => "not_understood",
            ModelError::Refused { .. } => "refused",
            ModelError::Cut => "cut",
            ModelError::Unfinished { .. } => "unfinished",
            ModelError::TooLong { .. } => "too_long",
            ModelError::NotJson { .. } => "not_json",
        }
    }

    /// What the call used: none where that is not known, and then all that was reserved is charged.
    pub(crate) const fn usage(&self) -> Option<Usage> {
        const NOTHING: Usage = Usage { tokens_in: 0, tokens_out: 0 };
        match self {
            ModelError::Unreachable { .. }
            | ModelError::Unauthorised { .. }
            | ModelError::RateLimited { .. }
            | ModelError::Failed { .. }
            | ModelError::NotUnderstood { .. } => Some(NOTHING),
            ModelError::Refused { usage }
            | ModelError::Unfinished { usage }
            | ModelError::NotJson { usage, .. } => *usage,
            ModelError::TimedOut { .. } | ModelError::Cut | ModelError::TooLong { .. } => None,
        }
    }

    /// For how long the server wants to be left alone, in milliseconds.
    pub(crate) fn leave_alone_ms(&self) -> Option<i64> {
        match self {
            ModelError::RateLimited { retry_after_s } | ModelError::Failed { retry_after_s, .. } => {
                retry_after_s.map(|it| i64::try_from(it).unwrap_or(i64::MAX).saturating_mul(1000))
            }
            _ => None,
        }
    }

    /// Whether the model answered, though not with lines: its server is well.
    pub(crate) const fn is_answered(&self) -> bool {
        matches!(
            self,
            ModelError::Refused { .. } | ModelError::Unfinished { .. } | ModelError::NotJson { .. }
        )
    }
}

/// The object of lines that a model was asked for. What it did not ask for is left out.
fn lines(text: &str, ask: &Ask, usage: Option<Usage>) -> Result<BTreeMap<String, String>, ModelError> {
    let not_json = |reason: String| ModelError::NotJson { reason, usage };
    // Servers that know no structured output let a model put its JSON into a fence.
    let text = text.trim();
    let text = text.strip_prefix("```json").or_else(|| text.strip_prefix("```")).unwrap_or(text);
    let text = text.strip_suffix("```").unwrap_or(text);
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_str(text)
        // The parser's words quote nothing of the text.
        .map_err(|error| not_json(error.to_string()))?;
    let wanted = all.into_iter().filter(|(label, _)| ask.has(label));
    wanted
        .map(|(label, line)| match line {
            serde_json::Value::String(line) => Ok((label, line)),
            _ => Err(not_json("a line is no text".to_owned())),
        })
        .collect()
}

#[cfg(test)]
mod tests;
