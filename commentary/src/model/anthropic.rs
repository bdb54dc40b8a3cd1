//! Anthropic's Messages API with structured output.

use super::endpoint::{Endpoint, Heard, Streaming};
use super::{Model, ModelError, Telling, Told, Usage, lines};
use crate::prompt::Ask;
use serde_json::{Value, json};

/// The version of the API that this speaks.
const VERSION: &str = "2023-06-01";

/// A model behind the Messages API; its base is "https://api.anthropic.com/v1".
#[derive(Clone, Debug)]
pub struct Anthropic(Endpoint);

impl Anthropic {
    pub fn new(endpoint: Endpoint) -> Anthropic {
        Anthropic(endpoint)
    }

    fn body(&self, ask: &Ask) -> Value {
        json!({
            "model": self.0.model,
            "max_tokens": ask.tokens_out_max(),
            "system": ask.task(),
            "messages": [{"role": "user", "content": ask.text()}],
            "output_config": {"format": {"type": "json_schema", "schema": ask.schema()}},
            "stream": self.0.streaming == Streaming::InPieces,
        })
    }

    async fn ask(&self, ask: &Ask) -> Result<Told, ModelError> {
        let sign = |request: reqwest::RequestBuilder| {
            let request = request.header("anthropic-version", VERSION);
            match self.0.key() {
                Some(key) => request.header("x-api-key", key.reveal()),
                None => request,
            }
        };
        let mut answer = Answer::default();
        let streaming = self.0.streaming;
        let hear = |event: &Value| match streaming {
            Streaming::InPieces => answer.hear(event),
            Streaming::AtOnce => answer.hear_all(event),
        };
        self.0.post("/messages", &self.body(ask), sign, hear).await?;
        answer.told(ask)
    }
}

impl Model for Anthropic {
    fn name(&self) -> &str {
        &self.0.model
    }

    fn usage_max(&self, ask: &Ask) -> Usage {
        ask.usage_max()
    }

    fn tell<'a>(&'a self, ask: &'a Ask) -> Telling<'a> {
        Box::pin(self.ask(ask))
    }
}

#[derive(Debug, Default)]
struct Answer {
    text: String,
    end: String,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
}

impl Answer {
    /// One event of a stream. Kinds that we do not know may come at any time and say nothing to us.
    fn hear(&mut self, event: &Value) -> Result<Heard, ModelError> {
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.count(&event["message"]["usage"]),
            "content_block_delta" if event["delta"]["type"] == "text_delta" => {
                self.text.push_str(event["delta"]["text"].as_str().unwrap_or_default());
            }
            "message_delta" => {
                self.count(&event["usage"]);
                if let Some(end) = event["delta"]["stop_reason"].as_str() {
                    end.clone_into(&mut self.end);
                }
            }
            "message_stop" => return Ok(Heard::Enough),
            "error" => return Err(failure(event)),
            _ => {}
        }
        Ok(Heard::More)
    }

    fn hear_all(&mut self, answer: &Value) -> Result<Heard, ModelError> {
        if answer["type"] == "error" {
            return Err(failure(answer));
        }
        let blocks = answer["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts = blocks.iter().filter(|it| it["type"] == "text").filter_map(|it| it["text"].as_str());
        self.text.extend(texts);
        self.count(&answer["usage"]);
        answer["stop_reason"].as_str().unwrap_or_default().clone_into(&mut self.end);
        Ok(Heard::Enough)
    }

    /// Later counts take the place of earlier ones; what came from a cache or went into one was sent, too.
    fn count(&mut self, usage: &Value) {
        if let Some(own) = usage["input_tokens"].as_u64() {
            let cached = |name: &str| usage[name].as_u64().unwrap_or(0);
            self.tokens_in =
                Some(own + cached("cache_creation_input_tokens") + cached("cache_read_input_tokens"));
        }
        self.tokens_out = usage["output_tokens"].as_u64().or(self.tokens_out);
    }

    fn told(self, ask: &Ask) -> Result<Told, ModelError> {
        let usage = self
            .tokens_in
            .zip(self.tokens_out)
            .map(|(tokens_in, tokens_out)| Usage { tokens_in, tokens_out });
        match self.end.as_str() {
            "refusal" => Err(ModelError::Refused { usage }),
            "max_tokens" | "model_context_window_exceeded" => Err(ModelError::Unfinished { usage }),
            "" => Err(ModelError::Cut),
            _ => Ok(Told { lines: lines(&self.text, ask, usage)?, usage }),
        }
    }
}

/// An error in place of an answer, or in the middle of one.
fn failure(event: &Value) -> ModelError {
    match event["error"]["type"].as_str().unwrap_or_default() {
        "rate_limit_error" => ModelError::RateLimited { retry_after_s: None },
        "authentication_error" | "permission_error" => ModelError::Unauthorised { status: 200 },
        "invalid_request_error" => ModelError::NotUnderstood { status: 200 },
        // 529 stands for it outside of a stream.
        "overloaded_error" => ModelError::Failed { status: 529, retry_after_s: None },
        _ => ModelError::Failed { status: 200, retry_after_s: None },
    }
}
