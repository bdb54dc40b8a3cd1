//! Whether a person sent a form, or a program: one check, over whichever provider the configuration names.
//!
//! A page shows the provider's [`Widget`], which puts a token into the form. [`BotVerifier::verify`] asks the provider about the token and judges
//! the answer by the [`Policy`] of the endpoint: made on our pages, for this action, lately, with a good score, and shown for the first time.
//! What comes out is a [`Human`], which handlers ask for as the proof, or a [`Refusal`] with a text for people.
//!
//! Somebody else's service is down at times. [`OnOutage`] says for each endpoint what is worse: to let programs in, or to keep people out. What a
//! visitor can bring about never counts as an outage (`human/answer.rs` draws the line).

mod answer;
mod ask;
mod provider;
mod seen;
mod settings;

pub use provider::{Provider, Shows, Sources, Widget};
pub(crate) use seen::forget_over;
pub(crate) use settings::is_loopback;
pub use settings::{Mode, Settings, SettingsError};

use crate::{Error, Visitor};
use answer::{Answer, Doubt, Fault};
use ask::{Asker, Question};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;

/// Whoever takes longer between check and form does it again.
const AGE_MAX: SignedDuration = SignedDuration::from_mins(2);
/// Clocks differ, but not by more.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(1);
/// A fault that lasts is logged no more often.
const LOGGED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What programs would like to do in thousands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    SignUp,
    /// After failures: see [`crate::sign_in::needs_human`].
    SignIn,
    Reset,
    Invite,
    Quiz,
    Redeem,
}

impl Endpoint {
    pub const ALL: [Endpoint; 6] = [
        Endpoint::SignUp,
        Endpoint::SignIn,
        Endpoint::Reset,
        Endpoint::Invite,
        Endpoint::Quiz,
        Endpoint::Redeem,
    ];

    /// As the widget and the provider call it: letters and `_`, which all of them take.
    pub const fn action(self) -> &'static str {
        match self {
            Endpoint::SignUp => "sign_up",
            Endpoint::SignIn => "sign_in",
            Endpoint::Reset => "reset",
            Endpoint::Invite => "invite",
            Endpoint::Quiz => "quiz",
            Endpoint::Redeem => "redeem",
        }
    }
}

/// What an endpoint asks of whom.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// From 0, a program, to 1, a person; where the provider gives a score.
    pub score_min: f64,
    pub on_outage: OnOutage,
}

/// What happens while nobody can say whether it is a person.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OnOutage {
    /// Whoever comes is let pass, marked as unchecked, and counted.
    Open,
    /// Nobody is: they are asked to try again.
    Closed,
}

impl Policy {
    /// What is meant for an endpoint, unless the configuration says otherwise.
    pub const fn of(endpoint: Endpoint) -> Self {
        match endpoint {
            // They send letters to whatever address a stranger types, and can wait for a minute.
            Endpoint::SignUp | Endpoint::Invite => Self { score_min: 0.5, on_outage: OnOutage::Closed },
            // Attempts are counted beside it, and letters go to users only: nobody is kept out of their own account.
            Endpoint::SignIn | Endpoint::Reset => Self { score_min: 0.5, on_outage: OnOutage::Open },
            // A question is open for seconds; what is won passes the last one.
            Endpoint::Quiz => Self { score_min: 0.3, on_outage: OnOutage::Open },
            // What was paid out does not come back.
            Endpoint::Redeem => Self { score_min: 0.7, on_outage: OnOutage::Closed },
        }
    }
}

/// The proof that the check was passed, which only [`BotVerifier::verify`] makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Human {
    endpoint: Endpoint,
    how: How,
}

impl Human {
    /// What it was passed for.
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    pub const fn how(&self) -> How {
        self.how
    }

    /// Whether a provider said so, and of this visitor.
    pub const fn is_checked(&self) -> bool {
        matches!(self.how, How::Passed { .. })
    }
}

/// How somebody passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    Passed {
        score: Option<f64>,
    },
    /// With a published test secret, which says the same of everybody.
    TestSecret,
    /// Unchecked: no provider is configured.
    Off,
    /// Unchecked: the provider is down, and the endpoint open.
    Outage,
}

/// Why a form is not taken. The texts are for whoever sent it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("Please do the check that you are no robot, and send the form again.")]
    Missing,
    /// The provider says so, the score is too low, or no provider makes such a token.
    #[error("The check took you for a robot. Please try again; it helps to let the page's scripts run.")]
    NotHuman { score: Option<f64>, reasons: Vec<String> },
    #[error("The check is too long ago. Please do it again, and send the form.")]
    Expired,
    /// Seen before, here or by the provider; some providers do not tell this from what is too old.
    #[error("That check was used before, or is too long ago. Please do it again, and send the form.")]
    Replayed,
    #[error("That check was done on another page. Please do it again here, and send the form.")]
    WrongPlace(Place),
    /// The provider is down, and the endpoint closed.
    #[error("We cannot check that you are no robot at this moment. Please try again in a minute.")]
    Unavailable,
}

/// Where a token was made instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Host { found: String },
    Action { found: Option<String> },
}

impl Refusal {
    const fn not_human() -> Self {
        Refusal::NotHuman { score: None, reasons: Vec::new() }
    }

    /// For problems and metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Refusal::Missing => "missing",
            Refusal::NotHuman { .. } => "not_human",
            Refusal::Expired => "expired",
            Refusal::Replayed => "replayed",
            Refusal::WrongPlace(_) => "wrong_place",
            Refusal::Unavailable => "unavailable",
        }
    }
}

/// Tells people from programs.
#[derive(Clone)]
pub struct BotVerifier(Option<Arc<On>>);

struct On {
    asker: Asker,
    settings: Settings,
    /// When each kind of fault was last logged.
    logged: Mutex<BTreeMap<&'static str, Timestamp>>,
}

impl BotVerifier {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let asker = Asker::new(&settings)?;
        Ok(Self(Some(Arc::new(On { asker, settings, logged: Mutex::default() }))))
    }

    /// For whoever has no provider: everybody passes, unchecked.
    pub const fn off() -> Self {
        Self(None)
    }

    /// What a page shows; none when the check is off.
    pub fn widget(&self) -> Option<Widget> {
        self.0.as_ref().map(|on| Widget::new(on.settings.provider, &on.settings.site_key))
    }

    /// Judges the token that came with a form. A [`Refusal`] comes as [`Error::NotHuman`].
    pub async fn verify(
        &self,
        store: &Store,
        endpoint: Endpoint,
        token: Option<&str>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Human, Error> {
        let judged = match &self.0 {
            Some(on) => on.judge_token(store, endpoint, token, visitor, now).await,
            None => Ok(How::Off),
        };
        let outcome = match &judged {
            Ok(How::Passed { .. }) => "passed",
            Ok(How::TestSecret) => "test_secret",
            Ok(How::Off) => "off",
            Ok(How::Outage) => "unchecked",
            Err(Error::NotHuman(refusal)) => refusal.word(),
            Err(_) => "failed",
        };
        metrics::counter!("human_checks_total", "endpoint" => endpoint.action(), "outcome" => outcome)
            .increment(1);
        judged.map(|how| Human { endpoint, how })
    }
}

impl std::fmt::Debug for BotVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "BotVerifier({})", self.0.as_ref().map_or("off", |on| on.settings.provider.word()))
    }
}

impl On {
    async fn judge_token(
        &self,
        store: &Store,
        endpoint: Endpoint,
        token: Option<&str>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<How, Error> {
        let token = token.map(str::trim).filter(|it| !it.is_empty()).ok_or(Refusal::Missing)?;
        if !self.settings.provider.could_make(token) {
            return Err(Refusal::not_human().into());
        }
        let question = Question { token, action: endpoint.action(), address: visitor.address };
        let answer = match self.asker.ask(question).await {
            Ok(answer) => answer,
            Err(Doubt::Refused(refusal)) => return Err(refusal.into()),
            Err(Doubt::Fault(fault)) => return Ok(self.without_answer(endpoint, &fault, now)?),
        };
        if self.settings.is_published() {
            return Ok(How::TestSecret);
        }
        // Before it is judged: shown is shown, and no other endpoint takes what this one refuses.
        if !seen::note(store, token, AGE_MAX + SKEW_MAX, now).await? {
            return Err(Refusal::Replayed.into());
        }
        if answer.challenged_at > now + SKEW_MAX {
            let fault = Fault::Unreadable { what: "a time to come, so that its clock and ours differ" };
            return Ok(self.without_answer(endpoint, &fault, now)?);
        }
        Ok(self.judge(endpoint, answer, now)?)
    }

    fn judge(&self, endpoint: Endpoint, answer: Answer, now: Timestamp) -> Result<How, Refusal> {
        if !self.settings.hostnames.iter().any(|it| it.eq_ignore_ascii_case(&answer.hostname)) {
            if self.is_due("host", now) {
                tracing::warn!(found = ?answer.hostname, "a human check was done on a host that is not ours");
            }
            return Err(Refusal::WrongPlace(Place::Host { found: answer.hostname }));
        }
        if self.settings.provider.knows_actions() && answer.action.as_deref() != Some(endpoint.action()) {
            return Err(Refusal::WrongPlace(Place::Action { found: answer.action }));
        }
        if now.duration_since(answer.challenged_at) > AGE_MAX {
            return Err(Refusal::Expired);
        }
        // Also where we expect none: who takes a v3 key for one of v2 is not to let everybody in.
        if answer.score.is_some_and(|it| it < self.settings.policy(endpoint).score_min) {
            return Err(Refusal::NotHuman { score: answer.score, reasons: answer.reasons });
        }
        Ok(How::Passed { score: answer.score })
    }

    fn without_answer(&self, endpoint: Endpoint, fault: &Fault, now: Timestamp) -> Result<How, Refusal> {
        let (provider, word) = (self.settings.provider.word(), fault.word());
        metrics::counter!("human_faults_total", "provider" => provider, "fault" => word).increment(1);
        if self.is_due(word, now) {
            match fault {
                Fault::Ours { .. } | Fault::Unclear { .. } => {
                    tracing::error!(provider, %fault, "the human check is not configured as its provider wants it");
                }
                _ => tracing::warn!(provider, %fault, "the human check's provider is down"),
            }
        }
        match (fault, self.settings.policy(endpoint).on_outage) {
            // It may be the visitor's doing.
            (Fault::Unclear { .. }, _) | (_, OnOutage::Closed) => Err(Refusal::Unavailable),
            (_, OnOutage::Open) => Ok(How::Outage),
        }
    }

    /// Whether this kind of fault is to be logged again.
    fn is_due(&self, kind: &'static str, now: Timestamp) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged.get(kind).is_none_or(|&at| now.duration_since(at) >= LOGGED_EVERY);
        if is_due {
            logged.insert(kind, now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use seen::STATEMENTS;
