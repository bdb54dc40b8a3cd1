//! How many streams were open at the same time, over all processes.

use super::*;

#[tokio::test]
async fn streams_of_two_processes_are_one_peak() {
    let here = Here::new().await;
    let (one, two) = (here.counters(), here.counters());
    let mut open = Vec::new();
    (0..2).for_each(|_| open.push(one.open(&here.key, MATCH, None, &Sent::default())));
    (0..3).for_each(|_| open.push(two.open(&here.key, MATCH, None, &Sent::default())));
    for _ in 0..12 {
        here.pass(10);
        here.flush(&one).await;
        here.flush(&two).await;
    }
    assert_eq!(here.figures(Part::All).await.peak, 5);
    open.clear();
    here.pass(3_600);
    here.flush(&one).await;
    here.flush(&two).await;
    assert_eq!(here.figures(Part::All).await.peak, 5, "it stays the peak of that hour");
}

#[tokio::test]
async fn streams_that_move_to_another_process_count_once() {
    let here = Here::new().await;
    let (one, two) = (here.counters(), here.counters());
    let before: Vec<_> = (0..10).map(|_| one.open(&here.key, MATCH, None, &Sent::default())).collect();
    here.pass(90);
    drop(before);
    let _after: Vec<_> = (0..10).map(|_| two.open(&here.key, MATCH, None, &Sent::default())).collect();
    here.pass(90);
    here.flush(&one).await;
    here.flush(&two).await;
    let figures = here.figures(Part::All).await;
    assert_eq!((figures.opens, figures.peak), (20, 10));
}

#[tokio::test]
async fn a_part_has_a_peak_of_its_own_and_the_whole_is_not_their_sum() {
    let here = Here::new().await;
    let counters = here.counters();
    let [shop, paper] = keys_of_sites(["sit_shop", "sit_paper"]);
    let open = |key: &PartnerKey, match_id: &str, count: usize| -> Vec<OpenStream> {
        (0..count).map(|_| counters.open(key, match_id, None, &Sent::default())).collect()
    };
    let first = open(&shop, "mat_1", 4);
    here.pass(120);
    drop(first);
    here.pass(60);
    let second = (open(&paper, "mat_1", 2), open(&paper, "mat_2", 3));
    here.pass(120);
    drop(second);
    here.flush(&counters).await;
    let parts = [
        (Part::All, 5),
        (Part::Mode(Mode::Live), 5),
        (Part::Mode(Mode::Test), 0),
        (Part::Site("sit_shop"), 4),
        (Part::Site("sit_paper"), 5),
        (Part::Site(""), 0),
        (Part::Key(shop.key_id()), 4),
        (Part::Match("mat_1"), 4),
        (Part::Match("mat_2"), 3),
    ];
    for (part, expected) in parts {
        assert_eq!(here.figures(part).await.peak, expected, "{part:?}");
    }
}

#[tokio::test]
async fn a_short_spike_counts_by_its_share_of_a_minute() {
    let here = Here::new().await;
    let counters = here.counters();
    let spike: Vec<_> = (0..100).map(|_| counters.open(&here.key, MATCH, None, &Sent::default())).collect();
    here.pass(6);
    drop(spike);
    here.flush(&counters).await;
    assert_eq!(here.figures(Part::All).await.peak, 10);
}

#[tokio::test]
async fn what_a_process_adds_late_to_a_minute_is_in_that_minutes_peak() {
    let here = Here::new().await;
    let broken = TestStore::new(&[]).await;
    let (one, two) = (here.counters(), here.counters());
    let open = [
        one.open(&here.key, MATCH, None, &Sent::default()),
        two.open(&here.key, MATCH, None, &Sent::default()),
    ];
    here.pass(60);
    drop(open);
    here.flush(&one).await;
    assert!(two.flush(broken.store()).await.is_err());
    here.pass(7_200);
    here.flush(&two).await;
    let peaks: Vec<i64> = here.hours().await.iter().map(|it| it.peak).collect();
    assert_eq!(peaks, [2, 0, 0]);
}
