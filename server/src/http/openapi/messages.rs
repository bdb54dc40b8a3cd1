//! What partners' servers are sent, as OpenAPI's `webhooks`: each kind of message with its body.

use partners::webhook::{Kind, TRIES_MAX};
use serde_json::{Value, json};
use utoipa::openapi::Paths;

/// Each kind by the `type` of its body.
pub(super) fn described() -> Paths {
    let kinds = Kind::WANTED.into_iter().chain([Kind::Test]);
    let all: serde_json::Map<String, Value> =
        kinds.map(|it| (it.word().to_owned(), json!({ "post": message(it) }))).collect();
    serde_json::from_value(Value::Object(all)).expect("these are operations of OpenAPI")
}

/// What it tells of, and the schema of its `data`.
fn meaning(kind: Kind) -> (&'static str, Value) {
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    match kind {
        Kind::MatchStarted => ("The first innings of a match has begun.", schema("WebhookMatch")),
        Kind::InningsBreak => (
            "An innings is over, and the match goes on; of the last one tells match.result.",
            schema("WebhookMatch"),
        ),
        Kind::Wicket => ("A wicket has fallen.", schema("WebhookMatch")),
        Kind::MatchResult => ("A match has a result.", schema("WebhookMatch")),
        Kind::QuotaReached => (
            "Your fans have used as much as you wanted to be told of, or all that your plan has: once a month each.",
            schema("WebhookQuota"),
        ),
        Kind::KeyExpiring => {
            ("A key stops working within a week, and again: within a day.", schema("WebhookKey"))
        }
        Kind::Test => {
            let id = json!({ "type": "string", "description": "\"whk_…\"" });
            let data =
                json!({ "type": "object", "required": ["webhook_id"], "properties": { "webhook_id": id } });
            ("You asked for a test message; each webhook can be sent one.", data)
        }
    }
}

fn message(kind: Kind) -> Value {
    let (summary, data) = meaning(kind);
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": true, "description": description, "schema": { "type": "string" } });
    json!({
        "tags": ["webhooks"],
        "operationId": kind.word(),
        "summary": summary,
        "parameters": [
            header("webhook-id", "msg_…: the same however often the message arrives."),
            header("webhook-timestamp", "When it was sent, in seconds since 1970."),
            header("webhook-signature", "By each secret that is good now, parted by spaces: `v1,` and the base64 of an HMAC-SHA256."),
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": {
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": { "type": "string", "enum": [kind.word()] },
                "timestamp": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339: when the message was made.",
                },
                "data": data,
            },
        } } } },
        "responses": {
            "2XX": { "description": format!("It is taken. After any other answer it is tried again, {TRIES_MAX} times in all.") },
            "410": { "description": "You want nothing more: the webhook is switched off." },
        },
    })
}
