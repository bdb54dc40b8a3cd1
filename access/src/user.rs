//! Users: people who sign in. Fans, who follow matches, are none.

use crate::Error;
use jiff::Timestamp;
use std::fmt;
use store::{At, Client, Row, Transaction, ids};

/// Somebody who can sign in. The address has been proved: there is no user before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `usr_…`
    pub id: String,
    pub email: Email,
    pub name: String,
    pub created_at: Timestamp,
    pub has_password: bool,
}

/// An e-mail address that a letter may be sent to: one `@`, a domain with a dot or `localhost`, no blanks, at most 254 characters
/// (RFC 5321 §4.5.3.1.3). Whether it exists only a letter proves.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

const EMAIL_LENGTH_MAX: usize = 254;
pub(crate) const NAME_CHARS_MAX: usize = 100;

impl Email {
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let wrong = Err(Error::Email("That is not an e-mail address: it looks like name@example.com."));
        if text.len() > EMAIL_LENGTH_MAX {
            return Err(Error::Email("That is too long for an e-mail address."));
        }
        let Some((local, domain)) = text.rsplit_once('@') else { return wrong };
        let is_domain = domain == "localhost" || domain.contains('.');
        let is_plain = |it: char| it.is_alphanumeric() || ".-_+'!#$%&*/=?^`{|}~".contains(it);
        let labels = domain.split('.').all(|it| {
            !it.is_empty() && !it.starts_with('-') && it.chars().all(|it| it.is_alphanumeric() || it == '-')
        });
        if local.is_empty() || !local.chars().all(is_plain) || !is_domain || !labels {
            return wrong;
        }
        // What a mail program would refuse.
        match text.parse::<lettre::Address>() {
            Ok(_) => Ok(Email(text.to_owned())),
            Err(_) => wrong,
        }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes two addresses the same one.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// `a…@example.com`: enough for its owner to know it.
    pub fn hint(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        format!("{}…@{domain}", local.chars().next().unwrap_or_default())
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Email({})", self.hint())
    }
}

/// A person's name without the blanks around it.
pub fn name(text: &str) -> Result<&str, Error> {
    let name = text.trim();
    if name.contains(char::is_control) {
        return Err(Error::ControlCharacter);
    }
    match name.chars().count() {
        1..=NAME_CHARS_MAX => Ok(name),
        found => Err(Error::NameLength { found, max: NAME_CHARS_MAX }),
    }
}

const CREATE: &str = "
    insert into access.user (id, email, email_folded, name, password_phc, created_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (email_folded) do nothing
    returning id, email, name, created_at, password_phc is not null as has_password";

/// Makes a user of whoever proved to read mail to `email` by a [`link`](crate::link), with a password's hash of [`crate::Passwords`].
pub async fn create(
    tx: &Transaction<'_>,
    email: &Email,
    user_name: &str,
    password_phc: &str,
    at: Timestamp,
) -> Result<User, Error> {
    insert(tx, email, user_name, Some(password_phc), at).await
}

/// Makes a user of whoever an identity provider proved to have `email`; a password can be chosen by a link of
/// [`Purpose::Reset`](crate::link::Purpose::Reset).
pub(crate) async fn create_without_password(
    tx: &Transaction<'_>,
    email: &Email,
    user_name: &str,
    at: Timestamp,
) -> Result<User, Error> {
    insert(tx, email, user_name, None, at).await
}

async fn insert(
    tx: &Transaction<'_>,
    email: &Email,
    user_name: &str,
    password_phc: Option<&str>,
    at: Timestamp,
) -> Result<User, Error> {
    let (id, name) = (ids::new("usr"), name(user_name)?);
    let row =
        tx.query_opt(CREATE, &[&id, &email.as_str(), &email.folded(), &name, &password_phc, &At(at)]).await?;
    user(&row.ok_or(Error::EmailTaken)?)
}

const FIND: &str = "
    select id, email, name, created_at, password_phc is not null as has_password
    from access.user where id = $1 and disabled_at is null";

pub async fn find(client: &Client<'_>, id: &str) -> Result<Option<User>, Error> {
    client.query_opt(FIND, &[&id]).await?.as_ref().map(user).transpose()
}

const FIND_ALL: &str = "
    select id, email, name, created_at, password_phc is not null as has_password
    from access.user where id = any($1) order by id";

/// Those of them that there are, disabled ones too.
pub async fn find_all(client: &Client<'_>, ids: &[&str]) -> Result<Vec<User>, Error> {
    client.query(FIND_ALL, &[&ids]).await?.iter().map(user).collect()
}

const BY_EMAIL: &str = "
    select id, email, name, created_at, password_phc is not null as has_password
    from access.user where email_folded = $1 and disabled_at is null";

pub async fn by_email(client: &Client<'_>, email: &Email) -> Result<Option<User>, Error> {
    client.query_opt(BY_EMAIL, &[&email.folded()]).await?.as_ref().map(user).transpose()
}

const PASSWORD: &str =
    "select id, password_phc from access.user where email_folded = $1 and disabled_at is null";

/// The id of the user with that address, and the hash of the password.
pub(crate) async fn password_of(
    client: &Client<'_>,
    email: &Email,
) -> Result<Option<(String, Option<String>)>, Error> {
    let row = client.query_opt(PASSWORD, &[&email.folded()]).await?;
    Ok(row.map(|it| (it.get("id"), it.get("password_phc"))))
}

const PHC: &str = "select password_phc from access.user where id = $1 and disabled_at is null";

/// The hash of a user's password, for [`crate::Passwords::check`].
pub async fn password_phc(client: &Client<'_>, id: &str) -> Result<Option<String>, Error> {
    Ok(client.query_opt(PHC, &[&id]).await?.and_then(|it| it.get("password_phc")))
}

const SET_PASSWORD: &str = "update access.user set password_phc = $2 where id = $1 and disabled_at is null";

/// Gives a user another password. Whoever is signed in stays so: see [`crate::session::end_others`].
pub async fn set_password(tx: &Transaction<'_>, id: &str, password_phc: &str) -> Result<(), Error> {
    found(tx.execute(SET_PASSWORD, &[&id, &password_phc]).await?, id)
}

const SET_NAME: &str = "update access.user set name = $2 where id = $1 and disabled_at is null";

pub async fn set_name(tx: &Transaction<'_>, id: &str, user_name: &str) -> Result<(), Error> {
    found(tx.execute(SET_NAME, &[&id, &name(user_name)?]).await?, id)
}

const SET_EMAIL: &str = "
    update access.user set email = $2, email_folded = $3
    where id = $1 and disabled_at is null
      and not exists (select 1 from access.user where email_folded = $3 and id <> $1)";

/// Gives a user another address, which was proved.
pub async fn set_email(tx: &Transaction<'_>, id: &str, email: &Email) -> Result<(), Error> {
    let set = tx.execute(SET_EMAIL, &[&id, &email.as_str(), &email.folded()]).await;
    // Somebody has taken it at the same moment, and has committed first.
    if set.as_ref().is_err_and(store::Error::is_unique_violation) {
        return Err(Error::EmailTaken);
    }
    match set? {
        0 if find(tx, id).await?.is_some() => Err(Error::EmailTaken),
        count => found(count, id),
    }
}

const LOCK: &str = "select 1 from access.user where id = $1 and disabled_at is null for no key update";

/// Lets nobody else change what the user proves themself by until the transaction ends; false when there is no such user.
pub(crate) async fn lock(tx: &Transaction<'_>, id: &str) -> Result<bool, Error> {
    Ok(tx.query_opt(LOCK, &[&id]).await?.is_some())
}

fn found(count: u64, id: &str) -> Result<(), Error> {
    if count == 0 { Err(Error::UnknownUser { id: id.to_owned() }) } else { Ok(()) }
}

fn user(row: &Row) -> Result<User, Error> {
    let id: String = row.get("id");
    let unreadable = |_| Error::Unreadable { what: id.clone(), column: "email" };
    Ok(User {
        email: Email::parse(row.get("email")).map_err(unreadable)?,
        name: row.get("name"),
        created_at: row.get::<_, At>("created_at").0,
        has_password: row.get("has_password"),
        id,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[CREATE, FIND, FIND_ALL, BY_EMAIL, PASSWORD, PHC, SET_PASSWORD, SET_NAME, SET_EMAIL, LOCK];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_mail_goes_to() {
        for text in [
            "a@example.com",
            " a@example.com ",
            "first.last+tag@sub.example.co.in",
            "o'neil@example.org",
            "me@localhost",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@@example.com",
            "a b@example.com",
            "a@exa mple.com",
            "a@example",
            "a@.com",
            "a@-x.com",
            "a@example..com",
            "a\r\nBcc: x@example.com",
            "<a@example.com>",
            "a@example.com,b@example.com",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_not_written_into_logs() {
        let email = Email::parse("Asha.Rao@Example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(A…@Example.com)");
        assert_eq!(email.folded(), "asha.rao@example.com");
    }
}
