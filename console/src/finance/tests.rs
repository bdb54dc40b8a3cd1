use super::approvals::{Approvals, Later, OfPayment};
use super::reconciliation::{Differences, Gateway};
use super::*;
use crate::controls::Filled;
use crate::{Fields, Mistakes};
use access::audit::Entry;
use access::{Actor, ActorKind};
use wallet::account::Account;
use wallet::finance::period::{Period, StatementLine};
use wallet::finance::story::{Place, Story};
use wallet::finance::{Listed, TrialLine};
use wallet::gateway::Capture;
use wallet::payment::state::{Charge, Known, Outgoing, Refunded, Stage};
use wallet::payment::{Decision, Difference, DifferenceKind, Going, Open, Payment, Refund, Webhook};
use wallet::statement::{Line, Recorded};
use wallet::{
    AccountId, Act, Asset, Bounds, Coins, HoldState, Inr, Kind, Metadata, Money, Move, PaymentId, Reason,
    RefundId, Standing, Transfer, TransferId,
};

const HOSTILE: &str = "\"><script>alert('x')</script>";

fn at_second(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn here<'a>(id: &'a str, proof: Proof) -> Here<'a> {
    let who = Who { id, name: HOSTILE, proof, form_token: "token" };
    Here { who, books: Books::Test, done: "", now: at_second(0) }
}

fn listed(number: u128, owner: &str, kind: Kind, posted: i64) -> Listed {
    let standing = Standing { posted, ..Standing::new(Inr::CODE, kind, Bounds::NONE) };
    Listed {
        account: Account { id: AccountId::of_number(number), owner: owner.to_owned(), standing },
        books: Books::Test,
        opened_at: at_second(-5),
        frozen_at: None,
        organisation_id: Some(HOSTILE.to_owned()),
    }
}

fn payment() -> Payment {
    let mut known = Known::at(Stage::Captured);
    known.charges.insert("ch_1".to_owned(), Charge { authorised: 9_900, captured: 9_900 });
    Payment {
        id: PaymentId::of_number(1),
        number: 1,
        owner: HOSTILE.to_owned(),
        account: AccountId::of_number(1),
        money: Money::of(Inr::CODE, 9_900).unwrap(),
        coins: Some(100),
        capture: Capture::AtOnce,
        gateway: "sandbox".to_owned(),
        is_asked: true,
        reference: Some(HOSTILE.to_owned()),
        known,
        refused: None,
        credited: Some(9_900),
        credited_coins: Some(100),
        booked_at: Some(at_second(1)),
        made_at: at_second(0),
        expires_at: at_second(60),
    }
}

fn refund(units: i64, decision: Decision, outgoing: Option<Outgoing>) -> Refund {
    let going = Going {
        decision,
        asked_by: "usr_asha".to_owned(),
        asked_at: at_second(2),
        decided_by: None,
        decided_at: None,
        is_asked: false,
        reference: Some("re_1".to_owned()),
        outgoing,
        reason: Some(HOSTILE.to_owned()),
        settled_at: None,
    };
    let (id, payment) = (RefundId::of_number(7), PaymentId::of_number(1));
    Refund { id, number: 1, payment, units, coins: Some(1), why: HOSTILE.to_owned(), going }
}

fn safe(page: &Markup) -> &str {
    let html = &page.0;
    assert!(!html.contains("<script") && !html.contains(" style=") && !html.contains(" onclick="), "{html}");
    assert!(html.contains("&gt;&lt;script&gt;"), "what is hostile is on it: {html}");
    assert!(html.contains("Test books: no money moves"), "{html}");
    html
}

fn line(books: Books, kind: Kind, debit: i64, credit: i64) -> TrialLine {
    TrialLine {
        books,
        asset: Inr::CODE,
        kind,
        accounts: 1,
        frozen: 0,
        debit,
        credit,
        held_out: 0,
        held_in: 0,
    }
}

fn deed() -> Entry {
    Entry {
        id: 1,
        at: at_second(0),
        actor: Actor { kind: ActorKind::User, id: "usr_asha".to_owned(), name: HOSTILE.to_owned() },
        organisation_id: None,
        action: "refund.ask".to_owned(),
        object: format!("rfd_{HOSTILE}"),
        address: "192.0.2.1".to_owned(),
        agent: String::new(),
        before: None,
        after: Some(serde_json::json!({ "why": HOSTILE, "units": 5, "none": null })),
    }
}

#[test]
fn a_trial_balance_says_whether_it_adds_up_and_if_not_where_to_look() {
    let page = |trial: &[TrialLine]| {
        let overview = overview::Overview { trial, open: Open::default(), deeds: &[deed()] };
        let page = overview::page(&here("usr_ben", Proof::Account), &overview);
        safe(&page).to_owned()
    };
    let gateway = line(Books::Test, Kind::Gateway, 9_900, 0);
    let good =
        page(&[line(Books::Live, Kind::Sales, 0, 0), gateway, line(Books::Test, Kind::Sales, 0, 9_900)]);
    assert!(good.contains("✓ in balance") && !good.contains("role=\"alert\""), "{good}");
    assert!(good.contains("<td class=\"number negative\">−99.00</td>"), "{good}");
    let between = page(&[line(Books::Live, Kind::Sales, 0, 9_900), gateway]);
    assert!(
        between.contains("✗ out of balance") && between.contains("an account of the other books"),
        "{between}"
    );
    let wrong = page(&[gateway, line(Books::Test, Kind::Sales, 0, 9_901)]);
    assert!(wrong.contains("✗ out of balance") && wrong.contains("crease ledger verify"), "{wrong}");
    let empty = page(&[]);
    assert!(empty.contains("There is no account in these books yet"), "{empty}");
}

#[test]
fn nothing_that_anybody_wrote_becomes_markup() {
    let here = here("usr_ben", Proof::Account);
    let (names, nothing) = (Names::from([("usr_asha".to_owned(), HOSTILE.to_owned())]), Fields::default());
    let account = listed(1, HOSTILE, Kind::Fan, -5);
    let asked = Fields::of([("owner", HOSTILE)]);
    let list = accounts::List {
        asked: &asked,
        found: std::slice::from_ref(&account),
        next: Some(account.account.id),
    };
    safe(&accounts::list(&here, &list));
    let metadata = Metadata::new([("what", HOSTILE)]).unwrap();
    let line = StatementLine {
        line: Line {
            version: 2,
            transfer: TransferId::of_number(3),
            change: -500,
            balance_after: -5,
            reason: Reason::Refund,
            other: AccountId::of_number(2),
            metadata: metadata.clone(),
            made_at: at_second(0),
        },
        other_owner: HOSTILE.to_owned(),
        other_kind: Kind::Gateway,
    };
    let period = Period { account: account.account.id, first: 1, end: 3, opening: 0, closing: -5 };
    let lines = std::slice::from_ref(&line);
    let shown = accounts::Shown {
        account: &account,
        period,
        lines,
        from: HOSTILE,
        to: "",
        before: None,
        payout: None,
    };
    let page = accounts::show(&here, &shown);
    assert!(safe(&page).contains("before=2"), "there are older ones: {}", page.0);
    let moved =
        Move::of(Inr::CODE, 500, AccountId::of_number(1), AccountId::of_number(2), Reason::Refund).unwrap();
    let transfer =
        Transfer::new(TransferId::of_number(3), Act::Hold { of: moved, until: None }).about(metadata);
    let story = Story {
        recorded: Recorded { transfer, made_at: at_second(0) },
        place: Place { chain: 1, seq: 2, number: 3, digest: "ab".to_owned(), hash: "cd".to_owned() },
        of: moved,
        debit: account.clone(),
        credit: listed(2, HOSTILE, Kind::Gateway, 5),
        entries: Vec::new(),
        hold: None,
        state: Some(HoldState::Open),
        ends: Vec::new(),
        reversal: None,
    };
    let page = transfer::page(&here, &story);
    assert!(
        safe(&page).contains("What is held waits") && page.0.contains("nothing has moved by it"),
        "{}",
        page.0
    );
    let payment = payment();
    let (refunds, mistakes) = ([refund(1, Decision::Asked, None)], Mistakes::one("why", HOSTILE));
    let typed = Fields::of([("amount", HOSTILE), ("why", HOSTILE), ("id", HOSTILE)]);
    let form = Filled { fields: &typed, mistakes: &mistakes };
    let shown = payments::Shown {
        payment: &payment,
        refunds: &refunds,
        life: &[],
        transfers: &[],
        names: &names,
        form,
    };
    safe(&payments::show(&here, &shown));
    let found = std::slice::from_ref(&payment);
    safe(&payments::list(
        &here,
        &payments::List { asked: &nothing, gateways: &[HOSTILE], found, next: Some(1) },
    ));
    let difference = Difference {
        number: 4,
        gateway: "sandbox".to_owned(),
        day: "2026-11-30".to_owned(),
        kind: DifferenceKind::Amount,
        subject: HOSTILE.to_owned(),
        ours: Some(100),
        theirs: Some(99),
        found_at: at_second(0),
    };
    let gateways = [Gateway {
        code: "sandbox".to_owned(),
        last_at: None,
        next_at: None,
        asked: Some((at_second(0), HOSTILE.to_owned())),
    }];
    let differences = Differences::Open(std::slice::from_ref(&difference));
    let shown = reconciliation::Shown {
        gateways: &gateways,
        differences,
        names: &names,
        before: None,
        next: Some(4),
    };
    let page = reconciliation::page(&here, &shown);
    assert!(
        safe(&page).contains("What to do: ") && page.0.contains("/differences/4/settle?mode=test"),
        "{}",
        page.0
    );
    let webhook = Webhook {
        id: 1,
        gateway: "sandbox".to_owned(),
        event_id: HOSTILE.to_owned(),
        received_at: at_second(0),
        processed_at: None,
        outcome: None,
    };
    let found = std::slice::from_ref(&webhook);
    safe(&webhooks::page(&here, &webhooks::List { asked: &nothing, gateways: &[], found, next: None }));
    let page = audit::page(&here, &[deed()], None, Some(1));
    assert!(safe(&page).contains("units: 5") && !page.0.contains("none"), "{}", page.0);
}

#[test]
fn who_asked_does_not_approve_nor_does_who_has_no_name() {
    let of_payment = |refund: Refund| OfPayment { refund, asset: Inr::CODE, owner: "fan_1".to_owned() };
    let mut by_secret = refund(1, Decision::Asked, None);
    by_secret.going.asked_by = BY_SECRET.to_owned();
    for (who, proof, refund, may, text) in [
        ("usr_ben", Proof::Account, refund(1, Decision::Asked, None), true, "Asked by"),
        ("usr_asha", Proof::Account, refund(1, Decision::Asked, None), false, "You asked for it"),
        (BY_SECRET, Proof::Secret, refund(1, Decision::Asked, None), false, "which proves no name"),
        ("usr_ben", Proof::Account, by_secret, false, "nobody can be the second"),
    ] {
        let refunds = [of_payment(refund)];
        let names = Names::default();
        let shown = Approvals {
            refunds: &refunds,
            payouts: &[],
            refunds_decided: &[],
            payouts_decided: &[],
            names: &names,
            refunds_next: None,
            payouts_next: None,
            is_later: Later::First,
        };
        let page = approvals::page(&here(who, proof), &shown);
        let html = safe(&page);
        assert_eq!(html.contains("/approve?mode=test"), may, "{who}: {html}");
        assert!(html.contains("/refuse?mode=test") && html.contains(text), "{who}: {html}");
    }
}

#[test]
fn what_can_go_back_is_what_was_booked_without_what_went_or_is_to() {
    let mut payment = payment();
    let dropped = refund(9_000, Decision::Dropped, None);
    let failed = refund(9_000, Decision::Approved, Some(Outgoing::Failed));
    let waits = refund(1_000, Decision::Asked, None);
    for (refunds, left) in [
        (vec![], 9_900),
        (vec![dropped, failed], 9_900),
        (vec![waits.clone()], 8_900),
        (vec![waits.clone(), refund(8_900, Decision::Approved, Some(Outgoing::Sent))], 0),
    ] {
        assert_eq!(payments::left(&payment, &refunds), left, "{refunds:?}");
    }
    // One that the gateway tells of is ours, or somebody else's: each counts once.
    let seen = |units| Refunded { units, outgoing: Outgoing::Succeeded };
    payment.known.refunds.insert("re_1".to_owned(), seen(1_000));
    payment.known.refunds.insert("re_other".to_owned(), seen(400));
    assert_eq!(payments::left(&payment, &[waits]), 8_500);
    payment.booked_at = None;
    assert_eq!(payments::left(&payment, &[]), 0);
}

#[test]
fn files_have_amounts_as_people_and_as_programs_write_them() {
    let here = here("usr_ben", Proof::Account);
    let trial = [line(Books::Test, Kind::Gateway, 9_905, 0), line(Books::Live, Kind::Sales, 0, 9_905)];
    let text = overview::csv(&here, &trial);
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 3, "of these books alone: {text}");
    assert!(rows[1].ends_with("inr,gateway,1,99.05,9905,0.00,0,0.00,0,0.00,0,-99.05,-9905"), "{text}");
    let mut csv = payments::csv_head();
    payments::csv_lines(&mut csv, &[payment()]);
    let text = csv.into_text();
    assert!(text.contains(",99.00,9900,99.00,9900,100,captured,"), "{text}");
    assert_eq!(money::decimal(-1, Coins::CODE), "-1");
}
