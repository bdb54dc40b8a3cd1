//! Stream tickets: what opens a stream where a key cannot be sent, or should not be seen, as in native apps and frames.

use crate::fan::Fan;
use crate::key::Mode;
use crate::ring::{KeyRefusal, KeyRing, PartnerKey};
use crate::signed::{Payload, Reader, SignedText, Signer, Unsigned};
use jiff::{SignedDuration, Timestamp};
use store::{Seal, ids};

/// Makes and checks tickets. A ticket is a text of 150 to 230 characters that says all by itself: nothing is kept of it, and it opens as many
/// streams as are asked for within [`Tickets::LASTS`]. While it is good it can be exchanged for the next one, for [`Tickets::RENEWABLE`] in all.
/// Clones share the keys.
#[derive(Clone)]
pub struct Tickets {
    signer: Signer,
}

/// What a ticket is for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// `mat_…`; none for whatever the key may see.
    pub match_id: Option<&'a str>,
    /// Who will be looking.
    pub fan: Option<&'a Fan>,
}

/// The proof that somebody brought a good ticket of a good key; only [`Tickets::check`] makes one.
#[derive(Clone, Debug)]
pub struct Ticket {
    partner: PartnerKey,
    match_id: Option<String>,
    fan_id: Option<String>,
    first_at: Timestamp,
    expires_at: Timestamp,
}

impl Ticket {
    /// The key that the ticket was made for. Its origins were looked at then, and are not again: a frame's page is ours.
    pub fn partner(&self) -> &PartnerKey {
        &self.partner
    }

    /// `org_…`
    pub fn organisation_id(&self) -> &str {
        self.partner.organisation_id()
    }

    /// `key_…`
    pub fn key_id(&self) -> &str {
        self.partner.key_id()
    }

    pub fn mode(&self) -> Mode {
        self.partner.mode()
    }

    /// The one match that it is for. None: any, and that it may be seen in this [`mode`](Ticket::mode) is for the caller to check.
    pub fn match_id(&self) -> Option<&str> {
        self.match_id.as_deref()
    }

    /// `fan_…`, or `guest_…`.
    pub fn fan_id(&self) -> Option<&str> {
        self.fan_id.as_deref()
    }

    /// The fan whom it is for, without the name.
    pub fn fan(&self) -> Option<Fan> {
        self.fan_id().map(|id| Fan::of_ticket(&self.partner, id))
    }

    /// Until when a stream can be opened with it; one that is open goes on.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// Why a ticket is not made, or opens nothing. It never repeats the ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefusal {
    #[error("a ticket has at most {max} characters, this text has {found}")]
    TooLong { found: usize, max: usize },
    #[error("this is not a ticket: one begins with {PREFIX}")]
    Malformed,
    #[error("this ticket was not signed here, or was changed since")]
    WrongSignature,
    #[error("this ticket was good until {at}; ask for another one")]
    Expired { at: Timestamp },
    #[error("the key that this ticket was made for is no longer good: {0}")]
    Key(KeyRefusal),
    #[error("a ticket is for a match, mat_…")]
    NoMatch,
    #[error("this fan is of another organisation, or of another mode than the key")]
    OtherFan,
}

impl TicketRefusal {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            TicketRefusal::TooLong { .. } => "ticket_too_long",
            TicketRefusal::Malformed => "ticket_malformed",
            TicketRefusal::WrongSignature => "ticket_wrong_signature",
            TicketRefusal::Expired { .. } => "ticket_expired",
            TicketRefusal::Key(refusal) => refusal.code(),
            TicketRefusal::NoMatch => "ticket_no_match",
            TicketRefusal::OtherFan => "ticket_other_fan",
        }
    }
}

const PREFIX: &str = Tickets::PREFIX;

impl Tickets {
    /// What a ticket's text begins with.
    pub const PREFIX: &str = "crt_";

    /// For how long a ticket opens streams.
    pub const LASTS: SignedDuration = SignedDuration::from_mins(5);

    /// How long after the first ticket the last of those ends that it was exchanged for: longer than a day of play, and who was shown out of an
    /// app or a site is out by then.
    pub const RENEWABLE: SignedDuration = SignedDuration::from_hours(12);

    pub fn new(seal: &Seal) -> Tickets {
        Tickets { signer: Signer::new(seal, "stream tickets", PREFIX) }
    }

    /// A ticket for whoever showed this key, secret or publishable.
    pub fn issue(
        &self,
        partner: &PartnerKey,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<SignedText, TicketRefusal> {
        if wanted.match_id.is_some_and(|id| !ids::is_valid("mat", id)) {
            return Err(TicketRefusal::NoMatch);
        }
        if wanted.fan.is_some_and(|fan| !fan.is_of(partner)) {
            return Err(TicketRefusal::OtherFan);
        }
        let said = Said {
            first_at: now,
            expires_at: Tickets::end(now, now),
            mode: partner.mode().word(),
            organisation_id: partner.organisation_id(),
            key_id: partner.key_id(),
            match_id: wanted.match_id,
            fan_id: wanted.fan.map(Fan::fan_id),
        };
        Ok(self.sign(&said))
    }

    /// Another ticket for what this one is for, good for [`Tickets::LASTS`] from now, and not beyond [`Tickets::RENEWABLE`] since the first.
    pub fn renew(&self, ticket: &Ticket, now: Timestamp) -> (SignedText, Timestamp) {
        let expires_at = Tickets::end(ticket.first_at, now);
        let said = Said {
            first_at: ticket.first_at,
            expires_at,
            mode: ticket.mode().word(),
            organisation_id: ticket.organisation_id(),
            key_id: ticket.key_id(),
            match_id: ticket.match_id(),
            fan_id: ticket.fan_id(),
        };
        (self.sign(&said), expires_at)
    }

    /// Until when a ticket of this moment is good.
    fn end(first_at: Timestamp, now: Timestamp) -> Timestamp {
        let after = |at: Timestamp, time| at.checked_add(time).unwrap_or(Timestamp::MAX);
        let end = after(now, Tickets::LASTS).min(after(first_at, Tickets::RENEWABLE));
        // In whole seconds, as it is written down.
        Timestamp::from_second(end.as_second()).unwrap_or(end)
    }

    fn sign(&self, said: &Said<'_>) -> SignedText {
        let payload = Payload::new()
            .number(said.expires_at.as_second())
            .text(Some(said.mode))
            .text(Some(said.organisation_id))
            .text(Some(said.key_id))
            .text(said.match_id)
            .text(said.fan_id)
            .number(said.first_at.as_second());
        self.signer.sign(&payload)
    }

    /// Checks a ticket, and that its key is good still, without I/O: about 0.4 µs.
    pub fn check(&self, keys: &KeyRing, text: &str, now: Timestamp) -> Result<Ticket, TicketRefusal> {
        let payload = self.signer.open(text).map_err(|unsigned| match unsigned {
            Unsigned::TooLong { found, max } => TicketRefusal::TooLong { found, max },
            Unsigned::Malformed => TicketRefusal::Malformed,
            Unsigned::WrongSignature => TicketRefusal::WrongSignature,
        })?;
        let said = read(&payload).ok_or(TicketRefusal::Malformed)?;
        if now >= said.expires_at {
            return Err(TicketRefusal::Expired { at: said.expires_at });
        }
        let partner = keys.by_id(said.key_id).map_err(TicketRefusal::Key)?;
        // What a key is of never changes: this can only be a ticket of another database.
        if (partner.organisation_id(), partner.mode().word()) != (said.organisation_id, said.mode) {
            return Err(TicketRefusal::Key(KeyRefusal::Unknown));
        }
        Ok(Ticket {
            partner,
            match_id: said.match_id.map(str::to_owned),
            fan_id: said.fan_id.map(str::to_owned),
            first_at: said.first_at,
            expires_at: said.expires_at,
        })
    }
}

/// What a ticket says.
struct Said<'a> {
    /// When the first ticket was made, of those that were exchanged for each other.
    first_at: Timestamp,
    expires_at: Timestamp,
    mode: &'a str,
    organisation_id: &'a str,
    key_id: &'a str,
    match_id: Option<&'a str>,
    fan_id: Option<&'a str>,
}

fn read(payload: &[u8]) -> Option<Said<'_>> {
    let mut reader = Reader(payload);
    let second = |reader: &mut Reader<'_>| Timestamp::from_second(reader.number()?).ok();
    let expires_at = second(&mut reader)?;
    let (mode, organisation_id, key_id) = (reader.text()?, reader.text()?, reader.text()?);
    let match_id = Some(reader.text()?).filter(|id| !id.is_empty());
    let fan_id = Some(reader.text()?).filter(|id| !id.is_empty());
    let first_at = second(&mut reader)?;
    let said = Said { first_at, expires_at, mode, organisation_id, key_id, match_id, fan_id };
    reader.end()?;
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{changed, issued};
    use crate::{Guests, Key, Kind, Record};
    use proptest::prelude::*;

    const NOW: i64 = 1_800_000_000;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).expect("a moment")
    }

    /// A ring with one key, and who can make tickets for it.
    struct Here {
        seal: Seal,
        tickets: Tickets,
        keys: KeyRing,
        record: Record,
        key: Key,
    }

    impl Here {
        fn new(kind: Kind) -> Here {
            let (seal, keys, (record, key)) =
                (Seal::random(), KeyRing::default(), issued("org_1", kind, Mode::Live));
            keys.insert(&record);
            Here { tickets: Tickets::new(&seal), seal, keys, record, key }
        }

        fn partner(&self) -> PartnerKey {
            self.keys.by_id(self.record.id.as_str()).expect("a good key")
        }

        fn issue(&self, wanted: Wanted<'_>) -> SignedText {
            self.tickets.issue(&self.partner(), wanted, second(NOW)).expect("a ticket")
        }

        fn check(&self, text: &str) -> Result<Ticket, TicketRefusal> {
            self.tickets.check(&self.keys, text, second(NOW))
        }
    }

    #[test]
    fn a_ticket_says_what_it_was_made_for() {
        for kind in [Kind::Publishable, Kind::Secret] {
            let here = Here::new(kind);
            let match_id = ids::new("mat");
            let website = crate::testing::partner("org_1", Kind::Publishable, Mode::Live);
            let guests = Guests::new(&here.seal);
            let token = guests.issue(&website, second(NOW)).unwrap();
            let fan = guests.check(&website, token.reveal(), second(NOW)).unwrap();
            let text = here.issue(Wanted { match_id: Some(&match_id), fan: Some(&fan) });
            assert!(
                text.reveal().starts_with("crt_") && text.reveal().len() < 400,
                "{}",
                text.reveal().len()
            );
            let ticket = here.check(text.reveal()).unwrap();
            assert_eq!((ticket.organisation_id(), ticket.mode()), ("org_1", Mode::Live));
            assert_eq!((ticket.key_id(), ticket.partner().kind()), (here.record.id.as_str(), kind));
            assert_eq!((ticket.match_id(), ticket.fan_id()), (Some(match_id.as_str()), Some(fan.fan_id())));
            assert_eq!(ticket.fan(), Some(fan), "a guest has no name that could be lost");
            assert_eq!(ticket.expires_at(), second(NOW + 300));
            let plain = here.check(here.issue(Wanted::default()).reveal()).unwrap();
            assert_eq!((plain.match_id(), plain.fan_id(), plain.fan()), (None, None, None));
        }
    }

    #[test]
    fn a_ticket_opens_streams_for_five_minutes() {
        let here = Here::new(Kind::Publishable);
        let text = here.issue(Wanted::default());
        assert!(here.tickets.check(&here.keys, text.reveal(), second(NOW + 299)).is_ok());
        for at in [second(NOW + 300), Timestamp::MAX] {
            let refused = here.tickets.check(&here.keys, text.reveal(), at).unwrap_err();
            assert_eq!(refused, TicketRefusal::Expired { at: second(NOW + 300) });
        }
    }

    #[test]
    fn a_ticket_is_exchanged_for_the_next_for_twelve_hours_and_stays_what_it_is_for() {
        let here = Here::new(Kind::Publishable);
        let match_id = ids::new("mat");
        let guests = Guests::new(&here.seal);
        let token = guests.issue(&here.partner(), second(NOW)).unwrap();
        let fan = guests.check(&here.partner(), token.reveal(), second(NOW)).unwrap();
        let mut text = here.issue(Wanted { match_id: Some(&match_id), fan: Some(&fan) }).reveal().to_owned();
        let end = NOW + 12 * 3600;
        let mut now = NOW;
        while now < end - 299 {
            now += 299;
            let ticket = here.tickets.check(&here.keys, &text, second(now)).unwrap();
            let (next, expires_at) = here.tickets.renew(&ticket, second(now));
            assert_eq!(expires_at, second((now + 300).min(end)));
            text = next.reveal().to_owned();
            let next = here.tickets.check(&here.keys, &text, second(now)).unwrap();
            assert_eq!((next.expires_at(), next.match_id()), (expires_at, Some(match_id.as_str())));
            assert_eq!((next.fan(), next.key_id()), (Some(fan.clone()), here.record.id.as_str()));
        }
        // However late it is exchanged, the last second stays.
        let last = here.tickets.check(&here.keys, &text, second(end - 1)).unwrap();
        assert_eq!(here.tickets.renew(&last, second(end - 1)).1, second(end));
        let refused = here.tickets.check(&here.keys, &text, second(end)).unwrap_err();
        assert_eq!(refused, TicketRefusal::Expired { at: second(end) });
    }

    #[test]
    fn a_revoked_or_unknown_key_opens_nothing() {
        let here = Here::new(Kind::Secret);
        let text = here.issue(Wanted::default());
        let strange = here.tickets.check(&KeyRing::default(), text.reveal(), second(NOW)).unwrap_err();
        assert_eq!((&strange, strange.code()), (&TicketRefusal::Key(KeyRefusal::Unknown), "key_unknown"));
        here.keys.revoke(&here.record.id, Timestamp::UNIX_EPOCH);
        let revoked = here.check(text.reveal()).unwrap_err();
        assert_eq!((&revoked, revoked.code()), (&TicketRefusal::Key(KeyRefusal::Revoked), "key_revoked"));
    }

    #[test]
    fn a_key_that_is_another_organisations_or_modes_here_opens_nothing() {
        let here = Here::new(Kind::Secret);
        let text = here.issue(Wanted::default());
        for (organisation_id, mode) in [("org_2", Mode::Live), ("org_1", Mode::Test)] {
            let keys = KeyRing::default();
            let record = Record { organisation_id: organisation_id.into(), mode, ..here.record.clone() };
            keys.insert(&record);
            let refused = here.tickets.check(&keys, text.reveal(), second(NOW)).unwrap_err();
            assert_eq!(refused, TicketRefusal::Key(KeyRefusal::Unknown));
        }
    }

    #[test]
    fn a_ticket_is_made_for_a_match_and_a_fan_of_the_same_organisation_and_mode() {
        let here = Here::new(Kind::Publishable);
        let issue =
            |wanted: Wanted<'_>| here.tickets.issue(&here.partner(), wanted, second(NOW)).unwrap_err().code();
        let long = "m".repeat(300);
        for match_id in ["", "mat_", "key_0000000000000000000000", &long] {
            assert_eq!(issue(Wanted { match_id: Some(match_id), fan: None }), "ticket_no_match");
        }
        let guests = Guests::new(&here.seal);
        for (organisation_id, mode) in [("org_2", Mode::Live), ("org_1", Mode::Test)] {
            let partner = crate::testing::partner(organisation_id, Kind::Publishable, mode);
            let token = guests.issue(&partner, second(NOW)).unwrap();
            let fan = guests.check(&partner, token.reveal(), second(NOW)).unwrap();
            assert_eq!(issue(Wanted { match_id: None, fan: Some(&fan) }), "ticket_other_fan");
        }
    }

    #[test]
    fn what_was_signed_for_another_purpose_or_elsewhere_is_no_ticket() {
        let here = Here::new(Kind::Publishable);
        let check = |text: &str, expected: &str| assert_eq!(here.check(text).unwrap_err().code(), expected);
        let guest = Guests::new(&here.seal).issue(&here.partner(), second(NOW)).unwrap();
        check(guest.reveal(), "ticket_malformed");
        check(&guest.reveal().replacen("crg_", "crt_", 1), "ticket_wrong_signature");
        let elsewhere = Tickets::new(&Seal::random());
        let forged = elsewhere.issue(&here.partner(), Wanted::default(), second(NOW)).unwrap();
        check(forged.reveal(), "ticket_wrong_signature");
        check(here.key.reveal(), "ticket_malformed");
        check("", "ticket_malformed");
        check(&"x".repeat(1_000_000), "ticket_too_long");
        // Signed with the right key, but not with what a ticket says.
        let signer = Signer::new(&here.seal, "stream tickets", PREFIX);
        for payload in
            [Payload::new(), Payload::new().number(i64::MAX), Payload::new().number(NOW + 60).text(None)]
        {
            check(signer.sign(&payload).reveal(), "ticket_malformed");
        }
    }

    #[test]
    fn tickets_of_an_earlier_secret_are_good_while_it_is_kept() {
        let (old, new) = ([1; 32], [2; 32]);
        let here = Here::new(Kind::Publishable);
        let issue =
            |tickets: &Tickets| tickets.issue(&here.partner(), Wanted::default(), second(NOW)).unwrap();
        let before = Tickets::new(&Seal::new(old, &[]));
        let between = Tickets::new(&Seal::new(new, &[old]));
        let after = Tickets::new(&Seal::new(new, &[]));
        let check = |tickets: &Tickets, text: &SignedText| {
            tickets.check(&here.keys, text.reveal(), second(NOW)).is_ok()
        };
        assert!(check(&between, &issue(&before)) && check(&after, &issue(&between)));
        assert!(!check(&after, &issue(&before)) && !check(&before, &issue(&between)));
    }

    proptest! {
        #[test]
        fn no_character_of_a_ticket_can_be_changed_or_left_out(
            at in 0..400_usize,
            other in prop::char::range('!', '~'),
        ) {
            let here = Here::new(Kind::Publishable);
            let text = here.issue(Wanted::default()).reveal().to_owned();
            for changed in changed(&text, at, other) {
                prop_assert!(here.check(&changed).is_err());
            }
        }
    }
}
