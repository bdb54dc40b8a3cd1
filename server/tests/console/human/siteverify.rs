//! A provider of our own on this machine, and a server whose forms it checks.

use crate::support::Ground;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

pub(super) const SECRET: &str = "secret-that-nobody-prints";

/// What the provider says of tokens. Each of ours begins with what it was made for: `sign_up.1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Says {
    Right,
    Score(f64),
    Action(&'static str),
    Host(&'static str),
    /// So many seconds ago.
    Old(i64),
    No(&'static str),
    Status(u16),
    Garbage,
    /// It takes the question, and never answers.
    Nothing,
}

#[derive(Clone)]
pub(super) struct Provider {
    says: Arc<Mutex<Says>>,
    pub(super) asked: Arc<Mutex<Vec<console::Fields>>>,
    now: Timestamp,
}

impl Provider {
    pub(super) fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn siteverify(State(provider): State<Provider>, body: String) -> axum::response::Response {
    let sent = console::Fields::parse(&body);
    let token = sent.text("response").to_owned();
    provider.asked.lock().unwrap().push(sent);
    let says = *provider.says.lock().unwrap();
    let mut said = serde_json::json!({
        "success": true, "hostname": "127.0.0.1", "score": 0.9, "action": token.split('.').next(),
        "challenge_ts": (provider.now - SignedDuration::from_secs(5)).to_string(),
    });
    match says {
        Says::Right => {}
        Says::Score(score) => said["score"] = score.into(),
        Says::Action(action) => said["action"] = action.into(),
        Says::Host(host) => said["hostname"] = host.into(),
        Says::Old(seconds) => {
            said["challenge_ts"] = (provider.now - SignedDuration::from_secs(seconds)).to_string().into();
        }
        Says::No(code) => said = serde_json::json!({"success": false, "error-codes": [code]}),
        Says::Status(status) => {
            return axum::http::StatusCode::from_u16(status).unwrap().into_response();
        }
        Says::Garbage => return "<html>We will be back soon".into_response(),
        Says::Nothing => std::future::pending().await,
    }
    ([(CONTENT_TYPE, "application/json")], said.to_string()).into_response()
}

impl Ground {
    /// With a check on its forms, by a provider that says "right" until it is told otherwise.
    pub(super) async fn checked(more: &[(&str, &str)]) -> (Self, Provider) {
        let provider = Provider {
            says: Arc::new(Mutex::new(Says::Right)),
            asked: Arc::default(),
            now: "2026-05-24T10:00:00Z".parse().unwrap(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/siteverify", listener.local_addr().unwrap());
        let routes = Router::new().route("/siteverify", post(siteverify)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let own = [
            ("CREASE__HUMAN__PROVIDER", "recaptcha_v3"),
            ("CREASE__HUMAN__SITE_KEY", "site-key_1"),
            ("CREASE__HUMAN__SECRET", SECRET),
            ("CREASE__HUMAN__MODE", "test"),
            ("CREASE__HUMAN__API_URL", &url),
            // Nobody waits for so long, unless a test says otherwise.
            ("CREASE__HUMAN__ANSWER_MS_MAX", "30000"),
        ];
        (Self::open_with(&[&own, more].concat()).await, provider)
    }
}
