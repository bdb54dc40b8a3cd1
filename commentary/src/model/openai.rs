//! Servers that speak as OpenAI's does: chat completions with structured output. vLLM, llama.cpp, Ollama and most providers do.

use super::endpoint::{Endpoint, Heard, Streaming};
use super::{Model, ModelError, Telling, Told, Usage, lines};
use crate::prompt::Ask;
use serde_json::{Value, json};

/// A model behind chat completions.
#[derive(Clone, Debug)]
pub struct OpenAi(Endpoint);

impl OpenAi {
    pub fn new(endpoint: Endpoint) -> OpenAi {
        OpenAi(endpoint)
    }

    fn body(&self, ask: &Ask) -> Value {
        let mut body = json!({
            "model": self.0.model,
            "messages": [
                {"role": "system", "content": ask.task()},
                {"role": "user", "content": ask.text()},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "lines", "strict": true, "schema": ask.schema()},
            },
        });
        // OpenAI's own server refuses the older name for its newer models; others know no other.
        let is_own = self.0.host() == "api.openai.com";
        let most = if is_own { "max_completion_tokens" } else { "max_tokens" };
        body[most] = ask.tokens_out_max().into();
        if self.0.streaming == Streaming::InPieces {
            body["stream"] = true.into();
            body["stream_options"] = json!({"include_usage": true});
        }
        body
    }

    async fn ask(&self, ask: &Ask) -> Result<Told, ModelError> {
        let sign = |request: reqwest::RequestBuilder| match self.0.key() {
            Some(key) => request.bearer_auth(key.reveal()),
            None => request,
        };
        let mut answer = Answer::default();
        let streaming = self.0.streaming;
        let hear = |event: &Value| answer.hear(event, streaming);
        let done = self.0.post("/chat/completions", &self.body(ask), sign, hear).await;
        match done {
            // What servers send after the last word, usage among it, may be missing.
            Err(ModelError::Cut) if !answer.end.is_empty() => {}
            other => other?,
        }
        answer.told(ask)
    }
}

impl Model for OpenAi {
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
    is_refused: bool,
    /// Why it ended; empty before it has.
    end: String,
    usage: Option<Usage>,
}

impl Answer {
    fn hear(&mut self, event: &Value, streaming: Streaming) -> Result<Heard, ModelError> {
        if event.get("error").is_some_and(|it| !it.is_null()) {
            return Err(ModelError::Failed { status: 200, retry_after_s: None });
        }
        let choice = &event["choices"][0];
        let said = match streaming {
            Streaming::InPieces => &choice["delta"],
            Streaming::AtOnce => &choice["message"],
        };
        self.text.push_str(said["content"].as_str().unwrap_or_default());
        self.is_refused |= said["refusal"].as_str().is_some_and(|it| !it.is_empty());
        if let Some(end) = choice["finish_reason"].as_str() {
            end.clone_into(&mut self.end);
        }
        let usage = &event["usage"];
        if let (Some(tokens_in), Some(tokens_out)) =
            (usage["prompt_tokens"].as_u64(), usage["completion_tokens"].as_u64())
        {
            self.usage = Some(Usage { tokens_in, tokens_out });
        }
        Ok(Heard::More)
    }

    fn told(self, ask: &Ask) -> Result<Told, ModelError> {
        let usage = self.usage;
        match self.end.as_str() {
            _ if self.is_refused => Err(ModelError::Refused { usage }),
            "content_filter" => Err(ModelError::Refused { usage }),
            "length" => Err(ModelError::Unfinished { usage }),
            "" => Err(ModelError::Cut),
            _ => Ok(Told { lines: lines(&self.text, ask, usage)?, usage }),
        }
    }
}
