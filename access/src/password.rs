//! Passwords: which are good enough, and their hashes.

use crate::Error;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zxcvbn::{Score, zxcvbn};

/// NIST SP 800-63B-4 §3.1.1.2: at least 15 characters where a password is all, 8 where there is a second factor. What is between is judged by
/// [`zxcvbn`], which knows the passwords that people choose.
const LENGTH_MIN: usize = 10;
/// A longer one is no better, and takes longer to judge.
const LENGTH_MAX: usize = 128;
/// Of four: guessed after 10⁸ tries, when it should withstand them slowed down by Argon2.
const SCORE_MIN: Score = Score::Three;

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane; some 20 ms.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes made at the same time: the memory that they take, and the processors that serve everyone else, are bounded.
const AT_ONCE_MAX: usize = 4;
/// People who wait for their turn, at most: beyond them the answer is [`Error::Busy`], before somebody's patience ends.
const WAITING_MAX: usize = 200;

/// Why a password is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("Use at least {LENGTH_MIN} characters.")]
    TooShort,
    #[error("Use at most {LENGTH_MAX} characters.")]
    TooLong,
    /// With what the judge says about it.
    #[error("This one is easily guessed. {0}")]
    Guessable(String),
}

/// Whether a password is good enough for someone with these names and addresses, which are guessed first.
pub fn judge(password: &str, about: &[&str]) -> Result<(), Weakness> {
    match password.chars().count() {
        ..LENGTH_MIN => return Err(Weakness::TooShort),
        LENGTH_MIN..=LENGTH_MAX => {}
        _ => return Err(Weakness::TooLong),
    }
    let parts = about.iter().flat_map(|it| it.split(['@', '.', ' ', '-'])).filter(|it| it.len() > 2);
    let joined: Vec<String> = about.iter().map(|it| it.replace(' ', "")).collect();
    let inputs = about.iter().copied().chain(joined.iter().map(String::as_str)).chain(parts);
    let inputs: Vec<&str> = inputs.chain(["crease", "cricket"]).collect();
    let entropy = zxcvbn(password, &inputs);
    if entropy.score() >= SCORE_MIN {
        return Ok(());
    }
    let feedback = entropy.feedback();
    let warning = feedback.and_then(|it| it.warning()).map(|it| it.to_string());
    let advice = feedback.and_then(|it| it.suggestions().first()).map(|it| it.to_string());
    let said = warning.or(advice).unwrap_or_else(|| "Add another word or two.".to_owned());
    Err(Weakness::Guessable(said))
}

/// Makes and checks hashes, off the threads that serve requests and a few at a time. Clones share the places.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// A hash of a password that nobody has: who does not exist takes as long as who does.
    nobody: Arc<str>,
    memory_kib: u32,
}

impl Passwords {
    /// As they are kept in earnest.
    pub fn new() -> Self {
        Self::of_memory(MEMORY_KIB)
    }

    /// With hashes that cost next to nothing, for tests of everything else.
    #[doc(hidden)]
    pub fn cheap() -> Self {
        Self::of_memory(Params::MIN_M_COST)
    }

    fn of_memory(memory_kib: u32) -> Self {
        let nobody = hash(store::ids::random_base62(30).as_bytes(), memory_kib);
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            nobody: nobody.into(),
            memory_kib,
        }
    }

    /// The hash of a password that was [judged](judge) good enough, as PHC text.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let (password, memory_kib) = (password.to_owned(), self.memory_kib);
        self.apart(move || hash(password.as_bytes(), memory_kib)).await
    }

    /// Whether the password is the one that the hash is of. None stands for somebody who does not exist or has no password: it takes as long,
    /// and is wrong.
    pub async fn check(&self, password: &str, phc: Option<&str>) -> Result<bool, Error> {
        let exists = phc.is_some();
        let phc = phc.map_or_else(|| self.nobody.clone(), Arc::from);
        // Nobody has a longer one, and a megabyte would take its time.
        let password: String = password.chars().take(LENGTH_MAX + 1).collect();
        let is_right = self.apart(move || is_of(password.as_bytes(), &phc)).await?;
        Ok(is_right && exists)
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let waits = self.waiting.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let place = self.places.clone().acquire_owned().await.map_err(|_| Error::Busy)?;
        drop(waits);
        // The place is given back when the work is done, whether or not somebody still waits for it.
        let done = move || {
            let _place: OwnedSemaphorePermit = place;
            work()
        };
        tokio::task::spawn_blocking(done).await.map_err(|_| Error::Busy)
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

fn hash(password: &[u8], memory_kib: u32) -> String {
    let params = Params::new(memory_kib, PASSES, 1, None).expect("parameters that Argon2 takes");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password(password).expect("a password is shorter than 4 GB");
    hash.to_string()
}

fn is_of(password: &[u8], phc: &str) -> bool {
    // The hash names its own parameters.
    let Ok(hash) = PasswordHash::new(phc) else { return false };
    Argon2::default().verify_password(password, &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_people_guess_are_refused_with_a_reason() {
        let about = ["asha@dailycover.example", "Asha Rao"];
        for (password, expected) in [
            ("short", Err("at least")),
            (&"a9-".repeat(50), Err("at most")),
            ("1234567890", Err("guessed")),
            ("password123", Err("guessed")),
            ("asharao2026", Err("guessed")),
            ("dailycover1", Err("guessed")),
            ("qwertyuiop", Err("guessed")),
            ("cricket2026", Err("guessed")),
            ("vexed lime umpire ladder", Ok(())),
            ("t7#Kq!mW2z@P", Ok(())),
            ("बल्ला गेंद छक्का मैदान", Ok(())),
        ] {
            match (judge(password, &about), expected) {
                (Ok(()), Ok(())) => {}
                (Err(weakness), Err(word)) => {
                    assert!(weakness.to_string().contains(word), "{password}: {weakness}");
                }
                (found, _) => panic!("{password}: {found:?}"),
            }
        }
    }

    #[tokio::test]
    async fn only_the_password_itself_is_right_and_a_stranger_never_is() {
        let passwords = Passwords::cheap();
        let phc = passwords.hash("vexed lime umpire ladder").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$"), "{phc}");
        for (password, phc, right) in [
            ("vexed lime umpire ladder", Some(phc.as_str()), true),
            ("vexed lime umpire laddeR", Some(&phc), false),
            ("", Some(&phc), false),
            ("vexed lime umpire ladder", None, false),
            ("vexed lime umpire ladder", Some("no hash"), false),
        ] {
            assert_eq!(passwords.check(password, phc).await.unwrap(), right, "{password} {phc:?}");
        }
    }

    #[tokio::test]
    async fn a_crowd_beyond_the_waiting_room_is_told_so() {
        let passwords = Passwords::cheap();
        let _all = passwords.places.clone().acquire_many_owned(AT_ONCE_MAX as u32).await.unwrap();
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.check("x", None).await })
            })
            .collect();
        while passwords.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.check("x", None).await, Err(Error::Busy)));
        drop(_all);
        for waits in waiting {
            assert!(!waits.await.unwrap().unwrap());
        }
    }

    #[tokio::test]
    async fn hashes_in_earnest_cost_what_owasp_asks_for() {
        let passwords = Passwords::new();
        let phc = passwords.hash("vexed lime umpire ladder").await.unwrap();
        // Who does not exist is compared once as well, with a hash of the same cost.
        for phc in [phc.as_str(), &passwords.nobody] {
            assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        }
    }
}
