//! Redeeming: once, by who may, and nothing is told to who guesses.

use crate::here::{Here, ORG, OWNER, by, fan, redeemer, start, terms};
use access::{Actor, ActorKind, By, Visitor};
use futures_util::future::join_all;
use rewards::product::{Codes, Terms};
use rewards::voucher::{Found, Owner, Redeemer, Said, State};
use rewards::{Code, Error};
use wallet::Books;

/// A voucher of `fan_1` that is shown: its id and its code.
async fn shown(here: &Here, product: &str) -> (String, Code) {
    here.buy(&fan("fan_1"), product, 1).await;
    let id = store::ids::new("vch");
    let opened = here.vouchers.claim(&fan("fan_1"), product, &id).await.unwrap();
    (id, opened.code.unwrap())
}

fn person(id: &str) -> By {
    let actor = Actor { kind: ActorKind::User, id: id.to_owned(), name: "Asha".to_owned() };
    By { actor, visitor: Some(Visitor::new([192, 0, 2, 1].into(), "")), at: start() }
}

#[tokio::test]
async fn a_voucher_is_redeemed_once_whoever_asks_at_the_same_moment() {
    let here = Here::new().await;
    let product = here.product(terms(Codes::Made), 5).await;
    here.fan(&fan("fan_1"), 100).await;
    let (id, code) = shown(&here, &product).await;
    let (link, _) = here.vouchers.link(&fan("fan_1"), &id).await.unwrap();
    let by = by();
    let pass = here.vouchers.pass(&redeemer(&by), &id);
    let text = code.shown();
    let ways = [Said::Code(&text), Said::Link(&link), Said::Pass(&pass)];
    let redeemer_of = redeemer(&by);
    let all = join_all((0..12).map(|at| here.vouchers.redeem(&redeemer_of, ways[at % 3]).map_ok_as()));
    let all = all.await;
    assert_eq!(all.iter().filter(|it| **it == "good").count(), 1, "{all:?}");
    assert!(all.iter().all(|it| matches!(*it, "good" | "redeemed")), "{all:?}");
    // What is shown again, within its minute, does nothing.
    assert_eq!(here.vouchers.redeem(&redeemer(&by), Said::Link(&link)).map_ok_as().await, "redeemed");
    let audited = "select count(*) from access.audit where action = 'voucher.redeem'";
    assert_eq!(here.count(audited).await, 1);
    let own = here.vouchers.voucher(&fan("fan_1"), &id).await.unwrap();
    assert_eq!((own.voucher.state, own.code), (State::Redeemed, None));
    assert_eq!(own.voucher.place.as_deref(), Some("The shop"));
    // A till that has not heard the answer asks again under its own name for it.
    let (_, code) = shown(&here, &product).await;
    let under = |request| Redeemer { request: Some(request), ..redeemer(&by) };
    let text = code.shown();
    for (request, expected) in [("a", "good"), ("a", "good"), ("b", "redeemed")] {
        let found = here.vouchers.redeem(&under(request), Said::Code(&text)).map_ok_as().await;
        assert_eq!(found, expected, "{request}");
    }
    here.verify(&product).await;
}

trait AsWord {
    async fn map_ok_as(self) -> &'static str;
}

impl<F: Future<Output = Result<Found, Error>>> AsWord for F {
    async fn map_ok_as(self) -> &'static str {
        match self.await.unwrap() {
            Found::Good(_) => "good",
            Found::Redeemed(_) => "redeemed",
            Found::Nothing => "nothing",
        }
    }
}

#[tokio::test]
async fn what_is_not_to_be_redeemed_is_told_from_nothing_else() {
    let here = Here::new().await;
    let product = here.product(Terms { claim_seconds: Some(600), ..terms(Codes::Made) }, 5).await;
    here.fan(&fan("fan_1"), 100).await;
    let (id, code) = shown(&here, &product).await;
    let (link, until) = here.vouchers.link(&fan("fan_1"), &id).await.unwrap();
    assert_eq!(until.duration_since(here.clock.now()).as_secs(), 60);
    let text = code.shown();
    let by = person("usr_1");
    let of = |organisation_id, books| {
        let owner = Owner { books, organisation_id };
        Redeemer { owner, by: &by, place: None, request: None }
    };
    let mistyped = text.replacen(&text[..1], if text.starts_with('A') { "B" } else { "A" }, 1);
    let unknown = Code::made_of([9; 15]).shown();
    let own = of(Some(ORG), Books::Live);
    for (redeemer, said) in [
        (own, Said::Code(&mistyped)),
        (own, Said::Code(&unknown)),
        (own, Said::Code("")),
        (own, Said::Code("\u{0}'; --")),
        (own, Said::Link("a.b")),
        (own, Said::Link(&text)),
        (own, Said::Pass(&link)),
        (of(Some("org_2"), Books::Live), Said::Code(&text)),
        (of(Some("org_2"), Books::Live), Said::Link(&link)),
        (of(None, Books::Live), Said::Code(&text)),
        (of(Some(ORG), Books::Test), Said::Code(&text)),
        (of(Some(ORG), Books::Test), Said::Link(&link)),
    ] {
        assert_eq!(here.vouchers.look_up(&redeemer, said).await.unwrap(), Found::Nothing);
        assert_eq!(here.vouchers.redeem(&redeemer, said).await.unwrap(), Found::Nothing);
    }
    // A pass is for who was shown it.
    let pass = here.vouchers.pass(&own, &id);
    let other = person("usr_2");
    let others = Redeemer { owner: own.owner, by: &other, place: None, request: None };
    assert_eq!(here.vouchers.redeem(&others, Said::Pass(&pass)).map_ok_as().await, "nothing");
    assert_eq!(here.vouchers.look_up(&others, Said::Code(&text)).map_ok_as().await, "good");
    // After its minute a link is nothing; after its own time so is the voucher, swept or not.
    here.pass(1);
    assert_eq!(here.vouchers.look_up(&others, Said::Link(&link)).map_ok_as().await, "nothing");
    here.pass(9);
    assert_eq!(here.vouchers.look_up(&others, Said::Code(&text)).map_ok_as().await, "nothing");
    assert_eq!(here.vouchers.voucher(&fan("fan_1"), &id).await.unwrap().code, None);
    assert_eq!(here.vouchers.sweep().await.unwrap().expired, 1);
    assert_eq!(here.vouchers.redeem(&others, Said::Code(&text)).map_ok_as().await, "nothing");
    assert!(here.vouchers.link(&fan("fan_1"), &id).await.is_err());
    here.verify(&product).await;
}

#[tokio::test]
async fn guesses_are_counted_and_what_is_right_is_not() {
    let here = Here::new().await;
    let product = here.product(terms(Codes::Made), 60).await;
    here.fan(&fan("fan_1"), 1_000).await;
    let by = person("usr_1");
    let own = redeemer(&by);
    for _ in 0..35 {
        let (_, code) = shown(&here, &product).await;
        assert_eq!(here.vouchers.look_up(&own, Said::Code(&code.shown())).map_ok_as().await, "good");
        assert_eq!(here.vouchers.redeem(&own, Said::Code(&code.shown())).map_ok_as().await, "good");
    }
    let (_, code) = shown(&here, &product).await;
    // Many at once: no more are let through than the rule says.
    let wrong = Code::made_of([9; 15]).shown();
    let all = join_all((0..40).map(|_| here.vouchers.look_up(&own, Said::Code(&wrong)))).await;
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 30);
    assert!(all.iter().all(|it| matches!(it, Ok(Found::Nothing) | Err(Error::TooOften { .. }))));
    let now_right = here.vouchers.redeem(&own, Said::Code(&code.shown())).await;
    assert!(matches!(now_right, Err(Error::TooOften { .. })), "{now_right:?}");
    // Another of the same organisation goes on, and in a quarter of an hour so does this one.
    let other = person("usr_2");
    assert_eq!(here.vouchers.look_up(&redeemer(&other), Said::Code(&code.shown())).map_ok_as().await, "good");
    here.pass(15);
    assert_eq!(here.vouchers.redeem(&own, Said::Code(&code.shown())).map_ok_as().await, "good");
}

#[tokio::test]
async fn the_house_redeems_its_own() {
    let here = Here::new().await;
    let product = here.draft(&terms(Codes::Imported), Books::Live, None).await;
    let house = Owner { books: Books::Live, organisation_id: None };
    here.vouchers.import_codes(&house, &product, b"SUMMER-1", "bat_1", &by()).await.unwrap();
    // The same code of an organisation is another.
    let theirs = here.draft(&terms(Codes::Imported), Books::Live, Some(ORG)).await;
    here.vouchers.import_codes(&OWNER, &theirs, b"SUMMER-1", "bat_2", &by()).await.unwrap();
    here.fan(&fan("fan_1"), 100).await;
    let (_, code) = shown(&here, &product).await;
    assert_eq!(code.shown(), "SUMMER-1");
    let by = by();
    let operator = Redeemer { owner: house, by: &by, place: None, request: None };
    assert_eq!(here.vouchers.redeem(&redeemer(&by), Said::Code("SUMMER-1")).map_ok_as().await, "nothing");
    assert_eq!(here.vouchers.redeem(&operator, Said::Code("SUMMER-1")).map_ok_as().await, "good");
    let (_, code) = shown(&here, &theirs).await;
    assert_eq!(here.vouchers.redeem(&operator, Said::Code(&code.shown())).map_ok_as().await, "redeemed");
    assert_eq!(here.vouchers.redeem(&redeemer(&by), Said::Code(&code.shown())).map_ok_as().await, "good");
}
