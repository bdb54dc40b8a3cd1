//! Where somebody is, as far as a request says: the proof that a route may ask for.
//!
//! A browser says it in a header of its own, `Crease-Place`, and our own side adds where the address is. None of it is kept, logged or traced
//! but as coarse as [`access::place::decision`] keeps it; a fence says which word is enough.

use super::caller::country;
use super::dashboard::address;
use crate::app::App;
use crate::problem::{self, Problem, types};
use access::place::{
    Admitted, ClaimError, Claims, Code, Current, Decision, Declared, Error, Located, Position, Verdict, Zone,
    decide, decision,
};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, request::Parts};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// In which a browser says where it is: `lat=12.97&lon=77.59&accuracy_m=30&age_s=4&declared=IN-KA&zone=Asia%2FKolkata`, as in a form. All of
/// it, or a part: a position is its first four.
pub(super) const CREASE_PLACE: HeaderName = HeaderName::from_static("crease-place");

/// Of the header.
const CLAIMS_BYTES_MAX: usize = 512;
/// What Cloudflare calls the country of Tor.
const TOR: [u8; 2] = *b"T1";

/// Where a request comes from: what it says itself, and what its address says.
#[derive(Debug)]
pub(super) struct Place {
    claims: Claims,
}

/// For whom something is decided: an organisation's fan, where it is known who that is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whom<'a> {
    pub(super) organisation_id: &'a str,
    pub(super) fan_id: Option<&'a str>,
}

/// What a fence has said of somebody.
#[derive(Debug)]
pub(super) struct Judged {
    fence: Current,
    pub(super) decision: Decision,
}

/// Why a header says no place.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Unclear {
    #[error("`Crease-Place` has {found} bytes, and {max} at most are read")]
    TooLong { found: usize, max: usize },
    #[error("`Crease-Place` is there twice")]
    Twice,
    #[error(
        "`Crease-Place` is lat, lon, accuracy_m, age_s, declared and zone, each once at most, encoded as in a form"
    )]
    Form,
    #[error("a position is lat, lon, accuracy_m and age_s together, as numbers")]
    Position,
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

impl FromRequestParts<App> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let now = app.clock.now();
        let claims = header(&parts.headers).and_then(|text| claimed(text.unwrap_or_default(), now));
        let claims = claims.map_err(|error| Problem::new(&types::PLACE_UNCLEAR, error.to_string()))?;
        Ok(Self { claims: Claims { address: located(parts, app), ..claims } })
    }
}

impl Place {
    /// What a fence of the organisation, or of the house, says of somebody, and keeps of a fan.
    pub(super) async fn decide(&self, app: &App, whom: Whom<'_>, fence_id: &str) -> Result<Judged, Error> {
        let now = app.clock.now();
        let read = app.store.read("access.fence", async |db| {
            let fence = app.fences.current(db, fence_id, app.world.regions()).await?;
            let before = match whom.fan_id {
                Some(fan_id) => decision::before(db, fan_id, now).await?,
                None => None,
            };
            Ok::<_, Error>((fence, before))
        });
        let (fence, before) = read.await?;
        if fence.organisation_id.as_deref().is_some_and(|it| it != whom.organisation_id) {
            return Err(Error::Unknown { id: fence_id.to_owned() });
        }
        let claims = Claims { before, ..self.claims.clone() };
        let decision = decide(&fence.fence, &claims, app.world.regions(), now);
        metrics::counter!("place_decisions_total", "verdict" => decision.verdict.word()).increment(1);
        if let Some(fan_id) = whom.fan_id {
            let version = (fence.id.as_str(), fence.version);
            let keep =
                async |tx: &store::Transaction<'_>| decision::keep(tx, version, fan_id, &decision).await;
            app.store.run_tx("access.decision", keep).await?;
        }
        Ok(Judged { fence, decision })
    }

    /// The proof that a fence lets somebody in; else the problem that says why not, and what would help.
    pub(super) async fn within(
        &self,
        app: &App,
        whom: Whom<'_>,
        fence_id: &str,
    ) -> Result<Admitted, Problem> {
        self.decide(app, whom, fence_id).await?.admitted()
    }

    /// In which country the address is, and in which part of it. A position says the part, where it is in that country: by itself it is anybody's
    /// word.
    pub(super) fn region(&self, app: &App) -> (Option<Code>, Option<Code>) {
        let Located { country, part, .. } = self.claims.address;
        let near = self.claims.near(app.world.regions());
        let by_position = match near.as_deref() {
            Some([one]) if !one.is_country() && Some(one.country()) == country => Some(*one),
            _ => None,
        };
        (country, by_position.or(part))
    }
}

impl Judged {
    pub(super) fn said(&self) -> problem::place::Said {
        problem::place::Said::of(&self.fence.id, self.fence.version, &self.decision)
    }

    pub(super) fn admitted(self) -> Result<Admitted, Problem> {
        let said = self.said();
        self.decision.admitted().map_err(|decision| Problem::out_of_place(said, &decision))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Rules(_) | Error::Name { .. } => Self::new(&types::INVALID_VALUE, detail),
            Error::Unknown { .. } => Self::new(&types::UNKNOWN_THING, detail),
            // Nobody is let in by it, and nothing of theirs would help.
            Error::Retired { .. } => Self::new(&types::PLACE_DENIED, "This is not open any more."),
            Error::Clash { .. } | Error::TooMany { .. } => Self::new(&types::CONFLICT, detail),
            Error::Unreadable { .. } => Self::internal(&error),
            Error::Access(access::Error::Store(error)) | Error::Store(error) => error.into(),
            Error::Access(error) => Self::internal(&error),
        }
    }
}

impl Problem {
    /// Somebody is not let in: for the fan in words, for programs in codes.
    fn out_of_place(said: problem::place::Said, decision: &Decision) -> Self {
        let kind = match decision.verdict {
            Verdict::Denied => &types::PLACE_DENIED,
            Verdict::Unsure | Verdict::Allowed => &types::PLACE_UNSURE,
        };
        Self::new(kind, decision.words()).of_place(said)
    }
}

/// The part of a country, or the country, that a request's address is in: what content is for. A proxy's own word on the country goes first.
#[derive(Clone, Debug)]
pub(super) struct Region(pub(super) Option<String>);

impl FromRequestParts<App> for Region {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let found = app.world.locate(address(parts));
        let said = country(&parts.headers, app).filter(|it| it.iter().all(u8::is_ascii_uppercase));
        let said: Option<String> = said.map(|it| it.map(char::from).iter().collect());
        let part = found.part.filter(|it| said.as_ref().is_none_or(|said| it.country().as_str() == said));
        let known = part.or(found.country).map(|it| it.to_string());
        Ok(Self(if part.is_some() { known } else { said.or(known) }))
    }
}

/// Where an address is: by the table; else by what our own proxies say. What others may have written counts for nothing.
fn located(parts: &Parts, app: &App) -> Located {
    let mut found = app.world.locate(address(parts));
    // Where no proxies are named, anybody may have said it.
    let said = country(&parts.headers, app).filter(|_| !app.config.http.trusted_proxies.is_empty());
    match said {
        Some(TOR) => found.is_proxy = true,
        Some(letters) if found.country.is_none() => {
            found.country = std::str::from_utf8(&letters).ok().and_then(|it| Code::parse(it).ok());
        }
        Some(_) | None => {}
    }
    found
}

fn header(headers: &HeaderMap) -> Result<Option<&str>, Unclear> {
    let mut values = headers.get_all(CREASE_PLACE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Unclear::Twice);
    }
    if value.len() > CLAIMS_BYTES_MAX {
        return Err(Unclear::TooLong { found: value.len(), max: CLAIMS_BYTES_MAX });
    }
    value.to_str().map(Some).map_err(|_| Unclear::Form)
}

/// What a browser says. A position has an age, and no time: whatever the device's clock says is no matter.
fn claimed(text: &str, now: Timestamp) -> Result<Claims, Unclear> {
    const POSITION: [&str; 4] = ["lat", "lon", "accuracy_m", "age_s"];
    const NAMES: [&str; 6] = ["lat", "lon", "accuracy_m", "age_s", "declared", "zone"];
    let mut said: [Option<Cow<'_, str>>; 6] = Default::default();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let at = NAMES.iter().position(|it| *it == name).ok_or(Unclear::Form)?;
        if said[at].replace(value).is_some() {
            return Err(Unclear::Form);
        }
    }
    let [.., declared, zone] = &said;
    let numbers: Vec<f64> =
        said[..POSITION.len()].iter().flatten().filter_map(|it| it.parse().ok()).collect();
    let position = match numbers.as_slice() {
        [] if said[..POSITION.len()].iter().all(Option::is_none) => None,
        &[lat, lon, accuracy_m, age_s] => {
            // What is no age, or longer than anybody's life, is too long ago.
            let age = SignedDuration::try_from_secs_f64(age_s).ok();
            let at = age.and_then(|age| now.checked_sub(age).ok()).unwrap_or(Timestamp::MIN);
            Some(Position::new((lat, lon), accuracy_m, at, now)?)
        }
        _ => return Err(Unclear::Position),
    };
    Ok(Claims {
        position,
        declared: declared.as_deref().map(Declared::new).transpose()?,
        zone: zone.as_deref().map(Zone::new).transpose()?,
        ..Claims::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn now() -> Timestamp {
        "2026-12-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_browser_says_all_or_a_part_and_nothing_twice_or_by_half() {
        const WHOLE: &str = "lat=12.9716&lon=77.5946&accuracy_m=30&age_s=4.5";
        for (text, has_position, has_declared, has_zone) in [
            ("", false, false, false),
            (WHOLE, true, false, false),
            ("declared=IN-KA&zone=Asia%2FKolkata", false, true, true),
            (&format!("zone=Asia/Kolkata&{WHOLE}"), true, false, true),
        ] {
            let claims = claimed(text, now()).unwrap();
            let found = (claims.position.is_some(), claims.declared.is_some(), claims.zone.is_some());
            assert_eq!(found, (has_position, has_declared, has_zone), "{text}");
        }
        let long_ago = "lat=1&lon=2&accuracy_m=3&age_s=";
        for (text, expected) in [
            ("lat=12.9", "a position is"),
            ("lat=12.9&lon=77&accuracy_m=30&age_s=soon", "a position is"),
            ("lat=&lon=77&accuracy_m=30&age_s=1", "a position is"),
            (&format!("{WHOLE}&lat=13"), "each once"),
            ("altitude=3", "each once"),
            ("&&lat", "a position is"),
            ("lat=91&lon=77&accuracy_m=30&age_s=1", "latitude"),
            ("lat=NaN&lon=77&accuracy_m=30&age_s=1", "latitude"),
            ("lat=1&lon=inf&accuracy_m=30&age_s=1", "longitude"),
            ("lat=1&lon=2&accuracy_m=0&age_s=1", "accuracy"),
            (&format!("{long_ago}601"), "minutes ago"),
            (&format!("{long_ago}-121"), "time to come"),
            (&format!("{long_ago}NaN"), "minutes ago"),
            (&format!("{long_ago}1e300"), "minutes ago"),
            (&format!("{long_ago}-1e300"), "minutes ago"),
            ("declared=India", "ISO 3166"),
            ("zone=Asia/Nowhere", "time zone"),
            ("zone=../../etc/passwd", "time zone"),
        ] {
            let refused = claimed(text, now()).unwrap_err().to_string();
            assert!(refused.contains(expected), "{text}: {refused}");
            assert!(!refused.contains("12.9"), "no position in an error: {refused}");
        }
    }

    #[test]
    fn the_header_is_one_short_ascii_text() {
        let check = |values: &[&[u8]], expected: Result<Option<&str>, Unclear>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CREASE_PLACE, HeaderValue::from_bytes(value).unwrap());
            }
            assert_eq!(header(&headers), expected);
        };
        check(&[], Ok(None));
        check(&[b"zone=UTC"], Ok(Some("zone=UTC")));
        check(&[b"zone=UTC", b"lat=1"], Err(Unclear::Twice));
        check(&["zone=é".as_bytes()], Err(Unclear::Form));
        check(&[&[b'a'; 513]], Err(Unclear::TooLong { found: 513, max: 512 }));
    }
}
