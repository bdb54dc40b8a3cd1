//! Guests: fans whom nobody vouches for. A guest is a token in a page's memory, no cookie and no row.

use super::{Fan, FanKind, FanRefusal};
use crate::key::{Kind, Mode};
use crate::ring::PartnerKey;
use crate::signed::{Payload, Reader, SignedText, Signer, Unsigned};
use jiff::{SignedDuration, Timestamp};
use store::{Seal, ids};

/// Makes and checks guests' tokens. Nothing is kept of them. Clones share the keys.
#[derive(Clone)]
pub struct Guests {
    signer: Signer,
}

impl Guests {
    /// What a token begins with.
    pub const PREFIX: &str = "crg_";

    /// How long a token is good; [`Guests::renew`] gives a later one.
    pub const LASTS: SignedDuration = SignedDuration::from_hours(24);

    pub fn new(seal: &Seal) -> Guests {
        Guests { signer: Signer::new(seal, "guests", Guests::PREFIX) }
    }

    /// A new guest, for a page with a publishable key.
    pub fn issue(&self, partner: &PartnerKey, now: Timestamp) -> Result<SignedText, FanRefusal> {
        match partner.kind() {
            Kind::Publishable => Ok(self.sign(partner, &ids::new("guest"), now)),
            Kind::Secret => Err(FanRefusal::NotPublishable),
        }
    }

    /// The same guest for another 24 hours from now, as long as the token is good.
    pub fn renew(&self, partner: &PartnerKey, token: &str, now: Timestamp) -> Result<SignedText, FanRefusal> {
        let guest = self.check(partner, token, now)?;
        match partner.kind() {
            Kind::Publishable => Ok(self.sign(partner, guest.fan_id(), now)),
            Kind::Secret => Err(FanRefusal::NotPublishable),
        }
    }

    /// Checks a guest's token, without I/O: about 0.4 µs.
    pub fn check(&self, partner: &PartnerKey, token: &str, now: Timestamp) -> Result<Fan, FanRefusal> {
        let malformed = FanRefusal::Malformed { what: "this is not a guest's token" };
        let payload = self.signer.open(token).map_err(|unsigned| match unsigned {
            Unsigned::TooLong { found, max } => FanRefusal::TooLong { found, max },
            Unsigned::Malformed => malformed,
            Unsigned::WrongSignature => FanRefusal::WrongSignature,
        })?;
        let (expires, mode, organisation_id, guest_id) = read(&payload).ok_or(malformed)?;
        if organisation_id != partner.organisation_id() {
            return Err(FanRefusal::OtherOrganisation);
        }
        if mode != partner.mode() {
            return Err(FanRefusal::WrongMode { of: mode });
        }
        if now.as_second() >= expires {
            return Err(FanRefusal::Expired);
        }
        Ok(Fan {
            organisation_id: organisation_id.to_owned(),
            mode,
            fan_id: guest_id.to_owned(),
            name: None,
            kind: FanKind::Guest,
        })
    }

    fn sign(&self, partner: &PartnerKey, guest_id: &str, now: Timestamp) -> SignedText {
        let payload = Payload::new()
            .number(now.as_second().saturating_add(Guests::LASTS.as_secs()))
            .text(Some(partner.mode().word()))
            .text(Some(partner.organisation_id()))
            .text(Some(guest_id));
        self.signer.sign(&payload)
    }
}

/// When a token expires, and its mode, organisation and guest.
fn read(payload: &[u8]) -> Option<(i64, Mode, &str, &str)> {
    let mut reader = Reader(payload);
    let said = (reader.number()?, Mode::of_word(reader.text()?)?, reader.text()?, reader.text()?);
    reader.end()?;
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tickets;
    use crate::testing::partner;
    use crate::ticket::Wanted;

    const NOW: i64 = 1_800_000_000;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).expect("a moment")
    }

    fn website() -> PartnerKey {
        partner("org_1", Kind::Publishable, Mode::Live)
    }

    #[test]
    fn a_guest_is_the_same_one_for_as_long_as_its_token_is_renewed() {
        let guests = Guests::new(&Seal::random());
        let token = guests.issue(&website(), second(NOW)).unwrap();
        let guest = guests.check(&website(), token.reveal(), second(NOW + 86_399)).unwrap();
        assert!(store::ids::is_valid("guest", guest.fan_id()), "{guest:?}");
        assert_eq!((guest.kind(), guest.name()), (FanKind::Guest, None));
        assert_eq!((guest.organisation_id(), guest.mode()), ("org_1", Mode::Live));
        assert_eq!(guests.check(&website(), token.reveal(), second(NOW + 86_400)), Err(FanRefusal::Expired));

        let renewed = guests.renew(&website(), token.reveal(), second(NOW + 80_000)).unwrap();
        let late = second(NOW + 80_000 + 86_399);
        assert_eq!(guests.check(&website(), renewed.reveal(), late).unwrap(), guest);
        assert_eq!(guests.renew(&website(), token.reveal(), late), Err(FanRefusal::Expired));
        let other = guests.issue(&website(), second(NOW)).unwrap();
        assert_ne!(guests.check(&website(), other.reveal(), second(NOW)).unwrap(), guest);
    }

    #[test]
    fn a_guest_stays_with_its_organisation_and_mode() {
        let guests = Guests::new(&Seal::random());
        let token = guests.issue(&website(), second(NOW)).unwrap();
        let check = |organisation_id, kind, mode| {
            let partner = partner(organisation_id, kind, mode);
            guests.check(&partner, token.reveal(), second(NOW)).map(|guest| guest.kind())
        };
        assert_eq!(check("org_1", Kind::Publishable, Mode::Live), Ok(FanKind::Guest));
        assert_eq!(check("org_1", Kind::Secret, Mode::Live), Ok(FanKind::Guest));
        assert_eq!(check("org_2", Kind::Publishable, Mode::Live), Err(FanRefusal::OtherOrganisation));
        let refused = check("org_1", Kind::Publishable, Mode::Test);
        assert_eq!(refused, Err(FanRefusal::WrongMode { of: Mode::Live }));
    }

    #[test]
    fn guests_are_made_for_pages_alone() {
        let guests = Guests::new(&Seal::random());
        let server = partner("org_1", Kind::Secret, Mode::Live);
        assert_eq!(guests.issue(&server, second(NOW)), Err(FanRefusal::NotPublishable));
        let token = guests.issue(&website(), second(NOW)).unwrap();
        assert_eq!(guests.renew(&server, token.reveal(), second(NOW)), Err(FanRefusal::NotPublishable));
    }

    #[test]
    fn nothing_else_is_a_guests_token() {
        let seal = Seal::random();
        let (guests, tickets) = (Guests::new(&seal), Tickets::new(&seal));
        let check = |text: &str| guests.check(&website(), text, second(NOW)).unwrap_err().code();
        let ticket = tickets.issue(&website(), Wanted::default(), second(NOW)).unwrap();
        assert_eq!(check(ticket.reveal()), "fan_malformed");
        assert_eq!(check(&ticket.reveal().replacen("crt_", "crg_", 1)), "fan_wrong_signature");
        let elsewhere = Guests::new(&Seal::random()).issue(&website(), second(NOW)).unwrap();
        assert_eq!(check(elsewhere.reveal()), "fan_wrong_signature");
        assert_eq!(check(&"x".repeat(500)), "fan_too_long");
        // Signed with the right key, but not with what a guest's token says.
        let signer = Signer::new(&seal, "guests", "crg_");
        for payload in [
            Payload::new(),
            Payload::new().number(NOW + 60).text(Some("dead")).text(Some("org_1")).text(Some("guest_1")),
            Payload::new().number(NOW + 60).text(Some("live")).text(Some("org_1")),
            Payload::new().number(NOW + 60).text(Some("live")).text(Some("org_1")).text(None).number(1),
        ] {
            assert_eq!(check(signer.sign(&payload).reveal()), "fan_malformed");
        }
    }
}
