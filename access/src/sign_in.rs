//! Signing in with a password, and what keeps others from guessing it.
//!
//! Attempts of strangers are counted by where they come from, and all by the account that they are aimed at. Whoever fails too often at an account is refused
//! there for a while, right password or not; but this counts strangers only: a browser that has signed in to the account before has a count of
//! its own, so that nobody can lock its owner out by failing in the owner's name. An owner on a new device can have a link mailed
//! ([`crate::link::Purpose::Reset`]) at any time.
//!
//! What is answered, and after how long, is the same whether or not there is such an account.

use crate::attempts::{self, Allowed, Rule};
use crate::audit::{self, Deed};
use crate::factor::{self, Factors};
use crate::session::{self, Begins};
use crate::token::Token;
use crate::user::{self, Email};
use crate::visitor::Visitor;
use crate::{Error, Passwords, device};
use jiff::{SignedDuration, Timestamp};
use store::{Client, Store};

/// From one network: a family or an office behind one address signs in less often.
const BY_NETWORK: Rule = Rule { name: "sign_in/network", max: 60, within: SignedDuration::from_mins(15) };
/// At one account, from browsers that never signed in to it.
const BY_STRANGERS: Rule = Rule { name: "sign_in/strangers", max: 10, within: SignedDuration::from_mins(15) };
/// At one account, from one browser that has.
const BY_DEVICE: Rule = Rule { name: "sign_in/device", max: 10, within: SignedDuration::from_mins(15) };
/// After so many failures at an account, or from a network, a human check comes first.
const FREE: i32 = 3;
const FREE_FROM_NETWORK: i32 = 12;

/// What somebody typed, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub email: &'a Email,
    pub password: Password<'a>,
    /// The cookie of a browser that has signed in before.
    pub device: Option<&'a Token>,
    pub visitor: &'a Visitor,
}

/// Never printed.
#[derive(Clone, Copy)]
pub struct Password<'a>(pub &'a str);

impl std::fmt::Debug for Password<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password(…)")
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The cookie's token, and the browser's if it had none.
    SignedIn { user_id: String, token: Token, device: Token },
    /// The password was right; the token is of a session that waits for one of these factors, or a code on paper.
    SecondFactor { user_id: String, token: Token, factors: Factors },
    /// No such account, or another password.
    Wrong,
    /// Tried too often: not before then.
    TooOften { until: Timestamp },
}

/// Whether a human check is due before this attempt: it was failed at this account, or from here, often enough.
pub async fn needs_human(store: &Store, attempt: Attempt<'_>, now: Timestamp) -> Result<bool, Error> {
    let looked = store.read("access.sign_in_look", async |db| {
        let aim = Aim::of(db, attempt).await?;
        let at_account = attempts::look(db, aim.rule, &aim.subject, now).await?;
        let network = attempt.visitor.network().to_string();
        let from_here = attempts::look(db, BY_NETWORK, &network, now).await?;
        Ok(at_account >= FREE || (aim.is_strangers() && from_here >= FREE_FROM_NETWORK))
    });
    looked.await
}

/// Signs in, or says why not.
pub async fn with_password(
    store: &Store,
    passwords: &Passwords,
    attempt: Attempt<'_>,
    now: Timestamp,
) -> Result<Answer, Error> {
    // Counted before it is made, so that a thousand guesses at once are no more than ten.
    let network = attempt.visitor.network().to_string();
    let counted = store.run_tx("access.sign_in_count", async |tx| {
        let aim = Aim::of(tx, attempt).await?;
        // A neighbour behind the same address keeps nobody out of an account on a browser that has signed in to it.
        if aim.is_strangers()
            && let no @ Allowed::No { .. } = attempts::count(tx, BY_NETWORK, &network, now).await?
        {
            return Ok((no, None));
        }
        let allowed = attempts::count(tx, aim.rule, &aim.subject, now).await?;
        let found = user::password_of(tx, attempt.email).await?;
        Ok::<_, Error>((allowed, Some((aim, found))))
    });
    let (aim, found) = match counted.await? {
        (Allowed::No { until }, _) => return Ok(Answer::TooOften { until }),
        (Allowed::Yes { .. }, None) => unreachable!("what is allowed was looked for"),
        (Allowed::Yes { .. }, Some(it)) => it,
    };
    let phc = found.as_ref().and_then(|it| it.1.as_deref());
    let is_right = passwords.check(attempt.password.0, phc).await?;
    let known = found.as_ref().map(|it| it.0.clone()).unwrap_or_default();
    let Some((user_id, _)) = found.filter(|_| is_right) else {
        // For no account too, where it writes nothing.
        let noted = store.run_tx("access.sign_in_wrong", async |tx| {
            audit::record_own(tx, &known, attempt.visitor, &Deed::of("session.refuse"), now).await
        });
        noted.await?;
        return Ok(Answer::Wrong);
    };
    let begun = store.run_tx("access.sign_in", async |tx| {
        if aim.is_strangers() {
            attempts::uncount(tx, BY_NETWORK, &network).await?;
        }
        attempts::clear(tx, aim.rule, &aim.subject).await?;
        let factors = factor::second_factors(tx, &user_id).await?;
        if factors.any() {
            let token =
                session::begin(tx, &user_id, attempt.visitor, Begins::AwaitingSecondFactor, now).await?;
            return Ok(Answer::SecondFactor { user_id: user_id.clone(), token, factors });
        }
        let device = device::remember(tx, &user_id, attempt.device, now).await?;
        let token = session::begin(tx, &user_id, attempt.visitor, Begins::SignedIn, now).await?;
        Ok(Answer::SignedIn { user_id: user_id.clone(), token, device })
    });
    begun.await
}

/// What an attempt counts for, beside where it comes from.
struct Aim {
    rule: Rule,
    subject: String,
}

impl Aim {
    /// Whether the browser has never signed in to the account.
    fn is_strangers(&self) -> bool {
        self.rule.name == BY_STRANGERS.name
    }

    async fn of(client: &Client<'_>, attempt: Attempt<'_>) -> Result<Self, Error> {
        let email = attempt.email.folded();
        if let Some(device) = attempt.device
            && device::is_known(client, attempt.email, device).await?
        {
            return Ok(Self { rule: BY_DEVICE, subject: format!("{email} {}", device.derive("attempts")) });
        }
        Ok(Self { rule: BY_STRANGERS, subject: email })
    }
}
