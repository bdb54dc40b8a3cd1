//! The second factor: codes of an app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, a step to either side, which is what every app knows) or a
//! [passkey](crate::passkey), and codes on paper for whoever has lost it. The codes are there as long as there is a factor of either kind.

use crate::attempts::{self, Allowed, Rule};
use crate::{Error, user};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use store::{At, Client, Seal, Store, Transaction};
use totp_rs::{Builder, Secret};

/// RFC 4226 §4: at least 128 bits, 160 recommended.
const SECRET_BYTES: usize = 20;
/// Six digits are a million: ten guesses in a quarter of an hour find one in 3,000 years.
const TRIES: Rule = Rule { name: "factor", max: 10, within: SignedDuration::from_mins(15) };

/// How many codes for paper there are.
pub const RECOVERY_CODES: usize = 10;
/// 10 characters of 32: 50 bits, tried no more than ten times in a quarter of an hour.
const RECOVERY_LENGTH: usize = 10;

/// An app's secret that no code has confirmed yet.
#[derive(Clone)]
pub struct Enrolment {
    /// `otpauth://totp/…`, for a QR code.
    pub url: String,
    /// The secret in base32, for who types it.
    pub secret: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Enrolment(…)")
    }
}

/// What came of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    Right,
    /// A code from paper: so many are left.
    RightOnPaper {
        left: usize,
    },
    Wrong,
    TooOften {
        until: Timestamp,
    },
}

/// The second factors that a user has, beside codes on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// An app, confirmed by a code.
    pub totp: bool,
    /// How many passkeys.
    pub passkeys: usize,
}

impl Factors {
    /// Whether a password alone does not sign in.
    pub fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }
}

const FACTORS: &str = "
    select exists (select 1 from access.totp where user_id = $1 and confirmed_at is not null) as totp,
           (select count(*) from access.passkey where user_id = $1) as passkeys";

/// What this user can give after the password.
pub async fn second_factors(client: &Client<'_>, user_id: &str) -> Result<Factors, Error> {
    let row = client.query_one(FACTORS, &[&user_id]).await?;
    let passkeys = usize::try_from(row.get::<_, i64>("passkeys")).unwrap_or_default();
    Ok(Factors { totp: row.get("totp"), passkeys })
}

/// Whether this user is asked for a second factor, of whichever kind.
pub async fn is_on(client: &Client<'_>, user_id: &str) -> Result<bool, Error> {
    Ok(second_factors(client, user_id).await?.any())
}

const ENROL: &str = "
    insert into access.totp as it (user_id, sealed, made_at) values ($1, $2, $3)
    on conflict (user_id) do update set sealed = excluded.sealed, made_at = excluded.made_at, last_step = 0
    where it.confirmed_at is null
    returning 1";

/// A new secret for a user who has no app yet; none when there is one, which has to be taken away first.
pub async fn enrol(
    tx: &Transaction<'_>,
    seal: &Seal,
    user_id: &str,
    label: &str,
    now: Timestamp,
) -> Result<Option<Enrolment>, Error> {
    let secret: [u8; SECRET_BYTES] = store::seal::random();
    let sealed = seal.seal(&place(user_id), &secret);
    if tx.query_opt(ENROL, &[&user_id, &sealed, &At(now)]).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(enrolment(&secret, label)))
}

const ENROLLED: &str = "select sealed from access.totp where user_id = $1 and confirmed_at is null";

/// The secret that waits to be confirmed, for another look at the page.
pub async fn enrolled(
    client: &Client<'_>,
    seal: &Seal,
    user_id: &str,
    label: &str,
) -> Result<Option<Enrolment>, Error> {
    let Some(row) = client.query_opt(ENROLLED, &[&user_id]).await? else { return Ok(None) };
    let secret = seal.open(&place(user_id), row.get("sealed"))?;
    Ok(Some(enrolment(&secret, label)))
}

const SECRET: &str = "
    select sealed, confirmed_at is not null as is_on, last_step from access.totp where user_id = $1 for update";

const TAKE: &str = "
    update access.totp set last_step = $2, confirmed_at = coalesce(confirmed_at, $3) where user_id = $1";

/// Turns the app on with its first code; answers with codes for paper in place of all earlier ones, which are shown this once. None when the code
/// is not the app's.
pub async fn confirm(
    tx: &Transaction<'_>,
    seal: &Seal,
    user_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<Option<Vec<String>>, Error> {
    let Some(row) = tx.query_opt(SECRET, &[&user_id]).await? else { return Ok(None) };
    if row.get::<_, bool>("is_on") {
        return Ok(None);
    }
    let secret = seal.open(&place(user_id), row.get("sealed"))?;
    let Some(step) = step_of(&secret, code, 0, now) else { return Ok(None) };
    tx.execute(TAKE, &[&user_id, &step, &At(now)]).await?;
    Ok(Some(renew_recovery(tx, user_id).await?))
}

const DROP_CODES: &str = "delete from access.recovery_code where user_id = $1";
const ADD_CODES: &str =
    "insert into access.recovery_code (user_id, code_sha256) select $1, unnest($2::bytea[])";

/// New codes for paper in place of all earlier ones.
pub async fn renew_recovery(tx: &Transaction<'_>, user_id: &str) -> Result<Vec<String>, Error> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|it| hash(user_id, &folded(it)).to_vec()).collect();
    user::lock(tx, user_id).await?;
    tx.execute(DROP_CODES, &[&user_id]).await?;
    tx.execute(ADD_CODES, &[&user_id, &hashes]).await?;
    Ok(codes)
}

const COUNT_CODES: &str =
    "select count(*) as left from access.recovery_code where user_id = $1 and used_at is null";

/// How many codes for paper are left.
pub async fn recovery_left(client: &Client<'_>, user_id: &str) -> Result<usize, Error> {
    let left: i64 = client.query_one(COUNT_CODES, &[&user_id]).await?.get("left");
    Ok(usize::try_from(left).unwrap_or_default())
}

const USE_CODE: &str = "
    update access.recovery_code set used_at = $3 where user_id = $1 and code_sha256 = $2 and used_at is null";

/// Checks a code of the app or of the paper, which works once. Tries are counted by account: who gets here knows the password.
pub async fn check(
    store: &Store,
    seal: &Seal,
    user_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<Checked, Error> {
    store
        .run_tx("access.factor", async |tx| {
            if let Allowed::No { until } = attempts::count(tx, TRIES, user_id, now).await? {
                return Ok(Checked::TooOften { until });
            }
            let checked = check_in(tx, seal, user_id, code, now).await?;
            if checked != Checked::Wrong {
                attempts::clear(tx, TRIES, user_id).await?;
            }
            Ok(checked)
        })
        .await
}

async fn check_in(
    tx: &Transaction<'_>,
    seal: &Seal,
    user_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<Checked, Error> {
    if let Some(row) = tx.query_opt(SECRET, &[&user_id]).await?.filter(|it| it.get("is_on")) {
        let secret = seal.open(&place(user_id), row.get("sealed"))?;
        if let Some(step) = step_of(&secret, code, row.get("last_step"), now) {
            tx.execute(TAKE, &[&user_id, &step, &At(now)]).await?;
            return Ok(Checked::Right);
        }
    }
    let hash = hash(user_id, &folded(code));
    if tx.execute(USE_CODE, &[&user_id, &hash.as_slice(), &At(now)]).await? == 0 {
        return Ok(Checked::Wrong);
    }
    Ok(Checked::RightOnPaper { left: recovery_left(tx, user_id).await? })
}

const TURN_OFF: &str = "delete from access.totp where user_id = $1";

/// Takes the app away; false when there was none. The codes for paper stay as long as there is a passkey.
pub async fn turn_off(tx: &Transaction<'_>, user_id: &str) -> Result<bool, Error> {
    user::lock(tx, user_id).await?;
    let was_there = tx.execute(TURN_OFF, &[&user_id]).await? == 1;
    drop_codes_of_nothing(tx, user_id).await?;
    Ok(was_there)
}

const DROP_CODES_OF_NOTHING: &str = "
    delete from access.recovery_code
    where user_id = $1
      and not exists (select 1 from access.totp where user_id = $1 and confirmed_at is not null)
      and not exists (select 1 from access.passkey where user_id = $1)";

/// Takes the codes for paper away when no factor is left that they could stand for.
pub(crate) async fn drop_codes_of_nothing(tx: &Transaction<'_>, user_id: &str) -> Result<(), Error> {
    tx.execute(DROP_CODES_OF_NOTHING, &[&user_id]).await?;
    Ok(())
}

/// Where the secret is sealed for.
fn place(user_id: &str) -> String {
    format!("totp/{user_id}")
}

fn enrolment(secret: &[u8], label: &str) -> Enrolment {
    // A colon parts issuer and account in the address of the QR code.
    let label = label.replace(':', " ");
    let totp = Builder::new()
        .with_secret(secret)
        .with_account_name(label)
        .with_issuer(Some("Crease"))
        .build_noncompliant();
    let url = totp.to_url().expect("issuer and account have no colon");
    Enrolment { url, secret: Secret::from(secret).to_base32() }
}

/// The time step that a code is of, if it is a later one than the last.
fn step_of(secret: &[u8], code: &str, last: i64, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|it| !it.is_whitespace()).collect();
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    let present = u64::try_from(now.as_second()).unwrap_or_default();
    // As the steps are tried from the earliest on, a code that is good for two of them is taken as the earlier.
    let step = i64::try_from(totp.check(&code, present)?).ok()?;
    (step > last).then_some(step)
}

/// Letters and digits without those that look alike, in two groups.
fn recovery_code() -> String {
    const LETTERS: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz_";
    let bytes: [u8; 64] = store::seal::random();
    let fair = bytes.iter().map(|it| LETTERS[usize::from(it % 32)]).filter(|it| *it != b'_');
    let text: Vec<char> = fair.take(RECOVERY_LENGTH).map(char::from).collect();
    let (one, two) = text.split_at(text.len() / 2);
    format!("{}-{}", one.iter().collect::<String>(), two.iter().collect::<String>())
}

/// As it is compared: however it was typed.
fn folded(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

fn hash(user_id: &str, code: &str) -> [u8; 32] {
    Sha256::new().chain_update(user_id).chain_update(b"\0").chain_update(code).finalize().into()
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    FACTORS,
    ENROL,
    ENROLLED,
    SECRET,
    TAKE,
    DROP_CODES,
    ADD_CODES,
    COUNT_CODES,
    USE_CODE,
    TURN_OFF,
    DROP_CODES_OF_NOTHING,
];
