//! What a process leaves half done when it ends is done once by the next.

use crate::fake::{BOTH, Pays, Which};
use crate::here::Here;
use jobs::testing::{End, perform};
use wallet::PaymentId;
use wallet::payment::{SendPayout, SendRefund};

/// As if the process had ended between the ledger's write and its note of it.
const UNNOTED: &str = "
    update wallet.payment set booked_at = null;
    update wallet.refund set settled = null, settled_at = null;
    update wallet.payout set settled = null, settled_at = null";

#[tokio::test]
async fn what_was_booked_and_not_noted_is_noted_and_not_booked_again() {
    for which in BOTH {
        let here = Here::new(&[which]).await;
        here.fund_partner(500).await;
        let (payment, _) = here.paid().await;
        let refund = here.ask_refund(payment, 30_000).await.unwrap();
        here.payments.approve_refund(refund.id, &here.by("bob")).await.unwrap();
        let payout = here.ask_payout(which, 500).await.unwrap();
        here.payments.approve_payout(payout.id, &here.by("bob")).await.unwrap();
        here.work().await;
        let stand =
            async || (here.stands(here.fan).await, here.stands(here.partner).await, here.till(which).await);
        let before = stand().await;
        assert_eq!(before, ((7, 0), (0, 0), -70_000 + 500));
        here.store().run_tx("test", async |tx| tx.batch(UNNOTED).await).await.unwrap();
        here.payments.look(payment).await.unwrap();
        let worker = here.worker();
        let (one, two) = (SendRefund { id: refund.id.to_string() }, SendPayout { id: payout.id.to_string() });
        assert_eq!(perform(&worker, &one).await.unwrap(), End::Done);
        assert_eq!(perform(&worker, &two).await.unwrap(), End::Done);
        assert_eq!(stand().await, before);
        let noted = "select count(*) from wallet.payment p, wallet.refund r, wallet.payout o
            where p.booked_at is not null and r.settled = 'taken' and o.settled = 'taken'";
        assert_eq!(here.number(noted).await, 1);
        assert_eq!(here.fake.all("refund").len(), 1);
        here.verify().await;
    }
}

#[tokio::test]
async fn what_was_taken_and_not_booked_is_booked_by_the_poll() {
    let here = Here::new(&[Which::Stripe]).await;
    let id = PaymentId::fresh();
    let reference = here.opened(id).await;
    // The webhook was lost, or our process with it.
    here.fake.pay(&reference, Pays::Well);
    here.later(1).await;
    assert_eq!(here.stands(here.fan).await, (10, 0));
}

#[tokio::test]
async fn what_was_dropped_and_is_held_still_is_freed_by_its_job() {
    let here = Here::new(&[Which::Stripe]).await;
    let (payment, _) = here.paid().await;
    let refund = here.ask_refund(payment, 30_000).await.unwrap();
    let dropped = "update wallet.refund set decision = 'dropped', decided_by = 'bob'";
    here.store().run_tx("test", async |tx| tx.batch(dropped).await).await.unwrap();
    assert_eq!(here.stands(here.fan).await, (10, 3));
    let job = SendRefund { id: refund.id.to_string() };
    perform(&here.worker(), &job).await.unwrap();
    assert_eq!(here.stands(here.fan).await, (10, 0));
    assert_eq!(here.fake.all("refund").len(), 0);
    here.verify().await;
}
