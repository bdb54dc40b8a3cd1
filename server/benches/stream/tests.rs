//! Tests of the bench's own parts: what it reads, counts and concludes. Taking servers through scenarios is the bench itself.

#![expect(dead_code, reason = "the bench's main program uses what these tests do not")]

mod decode;
mod figures;
mod goals;
mod mark;
mod peer;
mod scenario;
mod tally;

mod marks {
    use crate::mark::{Mark, now_ns};

    #[test]
    fn a_mark_is_read_back_from_an_event_of_the_size_asked_for() {
        let mark = Mark { seq: 42, at_ns: now_ns() };
        for (size, rest) in [(300, "}"), (1024, "\"t\":1,\"c\":{}}")] {
            let object = mark.object(size, rest);
            assert_eq!(object.len(), size);
            let event = format!("id: 1732489200000.42\nevent: state\ndata: {object}");
            assert_eq!(Mark::read(event.as_bytes()), Some(mark));
        }
    }

    #[test]
    fn events_without_a_mark_have_none() {
        for event in [": heartbeat", "event: snapshot\ndata: {\"mark\":\"~12", ""] {
            assert_eq!(Mark::read(event.as_bytes()), None, "{event}");
        }
    }
}

mod decoding {
    use crate::decode::{Decoder, Refused};

    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        7\r\ndata: 1\r\n2\r\n\n\n\r\n12\r\ndata: 2\n\ndata: 3\n\n\r\n9\r\ndata: 4\n\n\r\n";
    const PLAIN: &str = "HTTP/1.1 200 OK\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n";

    /// What comes out when the response arrives in pieces of `size` bytes.
    fn decoded(response: &str, size: usize) -> Vec<String> {
        let (mut decoder, mut scratch, mut events) = (Decoder::default(), Vec::new(), Vec::new());
        for piece in response.as_bytes().chunks(size) {
            let mut each = |event: &[u8]| events.push(String::from_utf8_lossy(event).into_owned());
            decoder.feed(piece, &mut scratch, &mut each).expect("a stream");
        }
        assert!(decoder.is_open());
        events
    }

    #[test]
    fn events_come_out_whole_however_the_bytes_arrive() {
        for response in [CHUNKED, PLAIN] {
            for size in 1..=response.len() {
                assert_eq!(decoded(response, size), ["data: 1", "data: 2", "data: 3", "data: 4"], "{size}");
            }
        }
    }

    #[test]
    fn a_response_that_is_no_stream_is_refused_with_its_words() {
        let refused = "HTTP/1.1 429 Too Many Requests\r\n\r\nlater";
        let answer = Decoder::default().feed(refused.as_bytes(), &mut Vec::new(), &mut |_| {});
        assert_eq!(answer, Err(Refused(refused.to_owned())));
    }
}

mod tallies {
    use crate::mark::Mark;
    use crate::tally::Tally;

    #[test]
    fn what_is_lost_and_what_comes_again_is_counted() {
        let mut tally = Tally::new(1);
        let mut last = 0;
        for seq in [5, 6, 9, 9, 7, 10] {
            tally.take(&mut last, Mark { seq, at_ns: 1 }, 2);
        }
        assert_eq!((tally.lost, tally.repeated, last), (2, 2, 10));
    }

    #[test]
    fn what_never_comes_is_lost_when_it_is_given_up() {
        let mut tally = Tally::new(2);
        let (mut one, mut other) = (0, 0);
        for last in [&mut one, &mut other] {
            tally.take(last, Mark { seq: 1, at_ns: 1 }, 2);
        }
        tally.take(&mut one, Mark { seq: 2, at_ns: 1 }, 2);
        tally.give_up(3);
        assert_eq!((tally.lost, tally.complete()), (3, 1));
    }

    #[test]
    fn the_last_subscriber_of_an_update_is_the_slowest_of_all() {
        let mut tally = Tally::new(2);
        let (mut one, mut other) = (0, 0);
        tally.begin(1);
        tally.take(&mut one, Mark { seq: 1, at_ns: 100 }, 150);
        assert_eq!((tally.complete(), tally.last_subscribers(0).len()), (0, 0));
        tally.take(&mut other, Mark { seq: 1, at_ns: 100 }, 400);
        tally.take(&mut one, Mark { seq: 2, at_ns: 500 }, 600);
        assert_eq!((tally.complete(), tally.last_subscribers(0).len()), (1, 1));
        assert_eq!((tally.last_subscribers(0).max(), tally.latencies().min()), (300, 50));
        assert_eq!(tally.last_subscribers(1).len(), 0);
    }
}

mod figures_over_runs {
    use crate::figures::{Figures, LOST, OPENED_S, medians};

    #[test]
    fn each_figure_has_its_own_median() {
        let runs =
            [[(OPENED_S, 3.0), (LOST, 0.0)], [(OPENED_S, 1.0), (LOST, 1.0)], [(OPENED_S, 2.0), (LOST, 0.0)]];
        let medians = medians(&runs.map(Figures::from));
        assert_eq!(medians, Figures::from([(OPENED_S, 2.0), (LOST, 0.0)]));
    }

    #[test]
    fn an_even_number_of_runs_takes_the_mean_of_the_two_in_the_middle() {
        let runs = [4.0, 1.0, 3.0, 100.0].map(|it| Figures::from([(OPENED_S, it)]));
        assert_eq!(medians(&runs)[OPENED_S], 3.5);
    }
}

mod judging {
    use crate::figures::{BURST, Figures, MEMORY_B, PACED_LAST_P50_MS};
    use crate::goals::{Results, beyond_this_machine, judge, ratios};
    use crate::peer::Peer;
    use crate::scenario::Scenario;
    use std::collections::BTreeMap;

    fn load(streams: usize) -> Scenario {
        Scenario::Load { streams, size: 300 }
    }

    /// What the goal of this name says of last subscribers at (streams, nchan's, ours).
    fn judged(name: &str, cases: &[(usize, f64, f64)]) -> Option<(f64, String, bool)> {
        let mut results = Results::new();
        for (streams, theirs, ours) in cases {
            results.insert((load(*streams), Peer::Nchan), Figures::from([(PACED_LAST_P50_MS, *theirs)]));
            results.insert((load(*streams), Peer::Ours), Figures::from([(PACED_LAST_P50_MS, *ours)]));
        }
        let goals = judge(&results);
        let goal = goals.into_iter().find(|it| it.name == name)?;
        Some((goal.value, goal.at.clone(), goal.met()))
    }

    #[test]
    fn a_goal_is_judged_by_its_worst_case() {
        let cases = [(1_000, 1.0, 1.0), (5_000, 40.0, 10.0), (10_000, 80.0, 50.0)];
        assert_eq!(judged("paced_last_vs_nchan", &cases), Some((1.6, "10000x300".to_owned(), false)));
        assert_eq!(judged("paced_last_vs_nchan", &cases[..2]), Some((4.0, "5000x300".to_owned(), true)));
    }

    #[test]
    fn a_goal_that_was_not_measured_is_left_out() {
        assert_eq!(judged("paced_last_vs_nchan", &[(1_000, 1.0, 1.0)]), None);
        assert_eq!(
            judged("last_of_4000_ms", &[(4_000, 1.0, 18.5)]),
            Some((18.5, "4000x300".to_owned(), true))
        );
    }

    #[test]
    fn a_goal_says_what_bare_sends_alone_would_reach() {
        let case = |peer, ms| ((load(5_000), peer), Figures::from([(PACED_LAST_P50_MS, ms)]));
        let cases = [case(Peer::Nchan, 60.0), case(Peer::Bare, 48.0), case(Peer::Ours, 50.0)];
        let goals = judge(&Results::from(cases));
        assert_eq!(goals.iter().map(|it| (it.value, it.floor)).collect::<Vec<_>>(), [(1.2, Some(1.25))]);
    }

    #[test]
    fn a_machine_whose_sends_alone_take_too_long_is_named() {
        assert_eq!(beyond_this_machine(4.9), None);
        assert!(beyond_this_machine(6.4).unwrap_or_default().starts_with("4000 bare sends take 25.6 ms"));
    }

    #[test]
    fn ratios_say_how_many_times_better_ours_is() {
        let results = Results::from([
            ((load(1), Peer::Naive), Figures::from([(BURST.per_cpu_s, 100.0), (MEMORY_B, 20_000.0)])),
            ((load(1), Peer::Ours), Figures::from([(BURST.per_cpu_s, 250.0), (MEMORY_B, 1_000.0)])),
        ]);
        let expected = BTreeMap::from([
            ("burst_per_cpu_vs_naive".to_owned(), 2.5),
            ("memory_vs_naive".to_owned(), 20.0),
        ]);
        assert_eq!(ratios(&results), [(load(1), expected)]);
    }
}
