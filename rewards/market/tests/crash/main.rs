//! A market on a folder that loses what was not synced, fails, and is damaged: what was answered is there, and what is there is the right book.
//! `CREASE_CRASHES=2000` crashes so often; without it less.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod faulty;
#[path = "../../../book/tests/agree/traffic.rs"]
mod traffic;

use book::{Book, COMMAND_BYTES, Command, Effects, Rules, Time};
use faulty::{Fault, Faulty, Unsynced};
use market::{Epoch, Error, Folder, Market, Opening, compact, copy};
use std::sync::Arc;
use traffic::{Draw, Traffic, markets};

/// Crashes, where nothing else is said.
const CRASHES: u64 = 300;
/// Small, so that there are many.
const SEGMENT_BYTES: u64 = 4_096;

fn rules() -> Rules {
    markets()[1]
}

fn opening(epoch: u64, settled: u64) -> Opening {
    Opening { rules: rules(), epoch: Epoch(epoch), settled, segment_bytes: SEGMENT_BYTES }
}

fn story(seed: u64, len: usize) -> Vec<(Time, Command)> {
    let mut traffic = Traffic::to(rules(), seed);
    (0..len).map(|_| traffic.next()).collect()
}

/// The book that these commands make, and all that they do.
fn told(commands: &[(Time, Command)]) -> (Book, Effects) {
    let (mut book, mut effects) = (Book::new(rules()).unwrap(), Effects::default());
    for (at, command) in commands {
        let _refused = book.apply(*at, command, &mut effects);
    }
    (book, effects)
}

/// Numbers and commands that were told again.
type Redo = Vec<(u64, Command)>;

/// Opens, and answers what was told again.
fn open(folder: &Faulty, opening: &Opening) -> Result<(Market, Redo, Effects), Error> {
    let (mut redone, mut effects) = (Vec::new(), Effects::default());
    let market = Market::open(Arc::new(folder.clone()), opening, &mut |it| {
        redone.push((it.seq, *it.command));
        effects.fills.extend_from_slice(&it.effects.fills);
        effects.cancelled.extend_from_slice(&it.effects.cancelled);
        effects.depth.extend_from_slice(&it.effects.depth);
    })?;
    Ok((market, redone, effects))
}

/// Commits in groups of any size until all are, or it fails; answers how many were answered.
fn commit(market: &mut Market, commands: &[(Time, Command)], draw: &mut Draw) -> (usize, Result<(), Error>) {
    let mut answered = 0;
    while answered < commands.len() {
        let group = (1 + draw.below(40) as usize).min(commands.len() - answered);
        match market.commit(&commands[answered..answered + group]) {
            Ok(answers) => assert_eq!(answers.each.len(), group),
            Err(error) => return (answered, Err(error)),
        }
        answered += group;
    }
    (answered, Ok(()))
}

#[test]
fn answers_are_what_the_book_says_and_are_there_when_it_is_opened_again() {
    let (folder, story) = (Faulty::new(1), story(1, 2_000));
    let (mut market, redone, _) = open(&folder, &opening(1, 0)).unwrap();
    assert_eq!(redone, []);
    let (book, effects) = told(&story);
    let mut fills = Vec::new();
    for group in story.chunks(100) {
        let answers = market.commit(group).unwrap();
        for answer in answers.each {
            let of_one = &answers.effects.fills[answer.fills.clone()];
            assert!(of_one.iter().all(|it| it.id.seq == answer.seq));
            fills.extend_from_slice(of_one);
        }
    }
    assert_eq!(fills, effects.fills);
    assert_eq!(market.book().unwrap().state_hash(), book.state_hash());
    drop(market);
    // Nothing was unsynced when it was answered.
    let folder = folder.after_power_failure(Unsynced::Lost);
    let (market, redone, again) = open(&folder, &opening(2, 0)).unwrap();
    assert_eq!(
        redone.iter().map(|it| it.1).collect::<Vec<_>>(),
        story.iter().map(|it| it.1).collect::<Vec<_>>()
    );
    assert_eq!(again, effects, "told again, all is as it was");
    assert_eq!(market.book().unwrap().state_hash(), book.state_hash());
}

/// A crash at any step, a power failure that keeps some of what was not synced, and again; now and then what is settled is compacted.
#[test]
fn no_crash_takes_back_an_answer() {
    let crashes = std::env::var("CREASE_CRASHES").map_or(CRASHES, |text| text.parse().unwrap());
    let (mut cut_short, mut unanswered, mut short_writes, mut snapshots) = (0, 0, 0, 0);
    for seed in 0..crashes {
        let (mut draw, story) = (Draw::of(seed), story(seed, 1_500));
        let mut folder = Faulty::new(seed);
        let (mut answered, mut settled, mut epoch) = (0, 0, 0);
        for _ in 0..4 {
            folder.fail_after(1 + draw.below(180), Fault::Death);
            epoch += 1;
            let opened = open(&folder, &opening(epoch, settled));
            if let Ok((mut market, redone, _)) = opened {
                // It holds all that was answered, maybe more, and each as it was sent.
                let last = market.book().unwrap().seq();
                assert!(last >= answered, "seed {seed}: {answered} were answered, {last} are there");
                unanswered += last - answered;
                assert!(redone.iter().map(|it| it.0).eq(settled + 1..=last));
                assert!(
                    redone
                        .iter()
                        .map(|it| it.1)
                        .eq(story[settled as usize..last as usize].iter().map(|it| it.1))
                );
                assert_eq!(market.book().unwrap().state_hash(), told(&story[..last as usize]).0.state_hash());
                settled = if draw.below(2) == 0 { last } else { settled };
                if let Ok(Some(seq)) = compact(&folder, settled) {
                    assert!(seq <= settled);
                    snapshots += 1;
                }
                let (more, outcome) = commit(&mut market, &story[last as usize..], &mut draw);
                answered = last + more as u64;
                cut_short += u64::from(outcome.is_err());
                assert_eq!(
                    outcome.is_err(),
                    market.book().is_err(),
                    "nobody sees what may be ahead of the disk"
                );
                if outcome.is_ok() {
                    assert_eq!(answered, story.len() as u64);
                }
            }
            short_writes += folder.short_writes();
            folder = match draw.below(6) {
                0 | 1 => folder.after_restart(),
                2 => folder.after_power_failure(Unsynced::Lost),
                3 => folder.after_power_failure(Unsynced::Kept),
                _ => folder.after_power_failure(Unsynced::Torn),
            };
        }
        let (market, _, _) = open(&folder, &opening(epoch + 1, settled)).unwrap();
        let last = market.book().unwrap().seq();
        assert!(last >= answered);
        assert_eq!(market.book().unwrap().state_hash(), told(&story[..last as usize]).0.state_hash());
    }
    // The load was really cut short, in ways that matter.
    assert!(cut_short > crashes, "{cut_short} commits were cut short");
    assert!(
        unanswered > 0 && short_writes > 0 && snapshots > crashes / 10,
        "{unanswered} {short_writes} {snapshots}"
    );
}

/// What a step fails with is said, and then nothing is answered any more.
fn check_fault(fault: Fault, word: &str) {
    let mut failed = 0;
    for seed in 0..60 {
        let (mut draw, story) = (Draw::of(seed), story(seed, 1_500));
        let folder = Faulty::new(seed);
        let (mut market, _, _) = open(&folder, &opening(1, 0)).unwrap();
        folder.fail_after(1 + draw.below(100), fault);
        let (answered, outcome) = commit(&mut market, &story, &mut draw);
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert!(folder.has_failed());
        let steps = folder.steps();
        for _ in 0..3 {
            assert!(matches!(market.commit(&story[..1]), Err(Error::Stopped)));
        }
        assert_eq!(folder.steps(), steps, "it does not try again");
        drop(market);
        failed += 1;
        // Whether the process alone ends or the power fails as well.
        let unsynced = [Unsynced::Lost, Unsynced::Kept, Unsynced::Torn][draw.below(3) as usize];
        let folder = folder.after_power_failure(unsynced);
        let (market, _, _) = open(&folder, &opening(2, 0)).unwrap();
        let last = market.book().unwrap().seq() as usize;
        assert!(last >= answered, "seed {seed}: {answered} answered, {last} there");
        assert_eq!(market.book().unwrap().state_hash(), told(&story[..last]).0.state_hash());
    }
    assert_eq!(failed, 60);
}

#[test]
fn a_full_disk_stops_the_market() {
    check_fault(Fault::NoSpace, "journal");
}

#[test]
fn after_a_failed_sync_nothing_is_answered() {
    check_fault(Fault::BadSync, "EIO");
}

/// The journal of a story in groups of 20, in one segment.
fn journal(groups: usize) -> (Faulty, Vec<(Time, Command)>, String) {
    let (folder, story) = (Faulty::new(5), story(5, groups * 20));
    let long = Opening { segment_bytes: 1 << 16, ..opening(1, 0) };
    let (mut market, _, _) = open(&folder, &long).unwrap();
    for group in story.chunks(20) {
        market.commit(group).unwrap();
    }
    let name = folder.names().unwrap().into_iter().find(|it| it.starts_with("journal-")).unwrap();
    (folder.after_power_failure(Unsynced::Lost), story, name)
}

const RECORD: usize = 20 + COMMAND_BYTES;

#[test]
fn a_torn_or_flipped_end_is_cut_at_the_damaged_record() {
    for seed in 0..200 {
        let (folder, story, name) = journal(5);
        let mut draw = Draw::of(seed);
        // Of the last group: what comes behind says nothing of the one before it.
        let damaged = 80 + draw.below(20) as usize;
        folder.tamper(&name, |bytes| {
            let at = (1 + damaged) * RECORD + draw.below(RECORD as u64) as usize;
            match draw.below(3) {
                0 => bytes[at] ^= 1 << draw.below(8),
                1 => bytes.truncate(at),
                _ => bytes[(1 + damaged) * RECORD..].fill(0),
            }
        });
        let (mut market, redone, _) = open(&folder, &opening(2, 0)).unwrap();
        assert_eq!(redone.len(), damaged);
        assert_eq!(market.book().unwrap().state_hash(), told(&story[..damaged]).0.state_hash());
        // And it goes on from there, also for those who come later.
        market.commit(&story[damaged..]).unwrap();
        drop(market);
        let (market, _, _) = open(&folder, &opening(3, 0)).unwrap();
        assert_eq!(market.book().unwrap().state_hash(), told(&story).0.state_hash());
    }
}

#[test]
fn damage_before_what_was_synced_later_is_an_error() {
    for seed in 0..200 {
        let (folder, _, name) = journal(5);
        let mut draw = Draw::of(seed);
        let damaged = draw.below(80);
        folder.tamper(&name, |bytes| {
            let at = (1 + damaged as usize) * RECORD + draw.below(RECORD as u64) as usize;
            bytes[at] ^= 1 << draw.below(8);
        });
        let before = folder.read(&name).unwrap();
        match open(&folder, &opening(2, 0)) {
            Err(Error::Damaged { file, seq }) => assert_eq!((file, seq), (name.clone(), damaged + 1)),
            other => panic!("{:?}", other.map(|it| it.1.len())),
        }
        assert_eq!(folder.read(&name).unwrap(), before, "nothing is cut");
    }
    // A header is damaged, or a record of a segment that is not the last.
    let (folder, _, name) = journal(3);
    folder.tamper(&name, |bytes| bytes[9] ^= 1);
    assert!(matches!(open(&folder, &opening(2, 0)), Err(Error::Damaged { .. })));
    let (folder, story, name) = journal(3);
    drop(open(&folder, &opening(2, 0)).unwrap());
    folder.tamper(&name, |bytes| bytes.truncate(bytes.len() - 1));
    assert!(
        matches!(open(&folder, &opening(3, 0)), Err(Error::Damaged { seq, .. }) if seq == story.len() as u64)
    );
}

#[test]
fn what_was_settled_must_be_there() {
    let (folder, story, name) = journal(3);
    let last = story.len() as u64;
    folder.tamper(&name, |bytes| bytes[story.len() * RECORD + 30] ^= 1);
    assert!(matches!(open(&folder, &opening(2, last)), Err(Error::Lost { last: it, settled })
        if it == last - 1 && settled == last));
    assert!(open(&folder, &opening(3, last - 1)).is_ok());
}

#[test]
fn an_older_epoch_is_refused_and_one_that_was_overtaken_answers_nothing() {
    let (folder, story) = (Faulty::new(3), story(3, 60));
    let (mut old, _, _) = open(&folder, &opening(5, 0)).unwrap();
    old.commit(&story[..20]).unwrap();
    for epoch in [1, 4, 5] {
        assert!(matches!(open(&folder, &opening(epoch, 0)), Err(Error::Fenced { held: 5, .. })), "{epoch}");
    }
    let (mut new, redone, _) = open(&folder, &opening(6, 0)).unwrap();
    assert_eq!(redone.len(), 20);
    // The old one does not know yet. It writes to the end of its own segment, is told, and stops.
    assert!(matches!(old.commit(&story[20..40]), Err(Error::Fenced { epoch: 5, held: 6 })));
    assert!(matches!(old.commit(&story[20..21]), Err(Error::Stopped)));
    let others: Vec<_> = story[40..].to_vec();
    new.commit(&others).unwrap();
    drop((old, new));
    // Had it been at the end of its segment, it might have begun another one, further than where its successor did.
    for first in [30, 41] {
        let mut file = folder.create(&format!("journal-{:020}-{first:020}", 5)).unwrap();
        file.write(&[0; 128]).unwrap();
    }
    let (market, redone, _) = open(&folder, &opening(7, 0)).unwrap();
    let wanted = [&story[..20], &others[..]].concat();
    assert!(
        redone.iter().map(|it| it.1).eq(wanted.iter().map(|it| it.1)),
        "nothing of what was not answered"
    );
    assert_eq!(market.book().unwrap().state_hash(), told(&wanted).0.state_hash());
}

#[test]
fn what_is_settled_is_compacted_and_the_rest_is_told_again() {
    let (folder, story) = (Faulty::new(8), story(8, 1_000));
    let mut draw = Draw::of(8);
    let (mut market, _, _) = open(&folder, &opening(1, 0)).unwrap();
    let (_, outcome) = commit(&mut market, &story[..900], &mut draw);
    outcome.unwrap();
    let count = |prefix: &str| folder.names().unwrap().iter().filter(|it| it.starts_with(prefix)).count();
    let before = count("journal-");
    assert!(before > 5, "{before} segments");
    assert_eq!(compact(&folder, 0).unwrap(), None, "nothing is settled");
    // While it is written.
    let seq = compact(&folder, 500).unwrap().unwrap();
    assert!((300..=500).contains(&seq), "{seq}");
    assert!(count("journal-") < before);
    assert_eq!(count("snapshot-"), 1);
    let (_, outcome) = commit(&mut market, &story[900..], &mut draw);
    outcome.unwrap();
    let hash = market.book().unwrap().state_hash();
    drop(market);
    assert!(matches!(open(&folder, &opening(2, seq - 1)), Err(Error::Compacted { .. })));
    let (market, redone, effects) = open(&folder, &opening(3, 500)).unwrap();
    assert_eq!(market.book().unwrap().state_hash(), hash);
    assert!(redone.iter().map(|it| it.0).eq(501..=1_000));
    let fills: Vec<_> = told(&story).1.fills.into_iter().filter(|it| it.id.seq > 500).collect();
    assert_eq!(effects.fills, fills);
    assert_eq!(compact(&folder, 1_000).unwrap(), Some(1_000));
    assert_eq!(count("journal-"), 1, "the one that is written");
}

#[test]
fn a_copy_is_the_market_after_what_was_settled_and_goes_on_from_there() {
    let (folder, story) = (Faulty::new(9), story(9, 1_000));
    let mut draw = Draw::of(9);
    assert!(!copy(&folder, 0, &Faulty::new(10)).unwrap(), "it was never opened");
    assert!(matches!(copy(&folder, 1, &Faulty::new(10)), Err(Error::Lost { last: 0, settled: 1 })));
    let (mut market, _, _) = open(&folder, &opening(1, 0)).unwrap();
    let (_, outcome) = commit(&mut market, &story[..700], &mut draw);
    outcome.unwrap();
    compact(&folder, 300).unwrap().unwrap();
    assert!(matches!(copy(&folder, 20, &Faulty::new(10)), Err(Error::Compacted { settled: 20, .. })));
    assert!(matches!(copy(&folder, 701, &Faulty::new(10)), Err(Error::Lost { last: 700, settled: 701 })));
    for settled in [310, 699, 700] {
        // While it is written, and while what was committed last is half on the disk.
        let into = Faulty::new(settled);
        assert!(copy(&folder, settled, &into).unwrap());
        let held = settled.try_into().unwrap();
        let (mut copied, redone, _) = open(&into, &opening(1, settled)).unwrap();
        assert_eq!(redone, []);
        assert_eq!(copied.book().unwrap().state_hash(), told(&story[..held]).0.state_hash());
        let (_, outcome) = commit(&mut copied, &story[held..], &mut draw);
        outcome.unwrap();
        assert_eq!(copied.book().unwrap().state_hash(), told(&story).0.state_hash());
    }
    let last = folder.names().unwrap().into_iter().filter(|it| it.starts_with("journal-")).max().unwrap();
    let torn = folder.read(&last).unwrap().len() - 70;
    folder.tamper(&last, |bytes| bytes[torn] ^= 4);
    assert!(copy(&folder, 310, &Faulty::new(11)).unwrap(), "what is torn behind it does not matter");
    let (_, outcome) = commit(&mut market, &story[700..], &mut draw);
    outcome.unwrap();
}

#[test]
fn what_is_no_market_of_these_rules_is_refused() {
    let (folder, _, name) = journal(2);
    let other = Opening { rules: markets()[0], ..opening(2, 0) };
    assert!(matches!(open(&folder, &other), Err(Error::OtherRules)));
    let bad = Opening { rules: Rules { orders_max: 0, ..rules() }, ..opening(1, 0) };
    assert!(matches!(open(&Faulty::new(1), &bad), Err(Error::Rules(_))));
    let snapshot = folder.names().unwrap().into_iter().find(|it| it.starts_with("snapshot-")).unwrap();
    for at in [0, 5, 9, 17, 25, 40] {
        folder.tamper(&snapshot, |bytes| bytes[at] ^= 4);
        assert!(matches!(open(&folder, &opening(10 + at as u64, 0)), Err(Error::Unreadable { .. })), "{at}");
        folder.tamper(&snapshot, |bytes| bytes[at] ^= 4);
    }
    folder.remove(&snapshot).unwrap();
    match open(&folder, &opening(100, 0)) {
        Err(Error::Unreadable { file }) => assert!(file.contains(&name), "{file}"),
        other => panic!("{:?}", other.map(|it| it.1.len())),
    }
    folder.tamper("epoch", |bytes| bytes[0] ^= 1);
    assert!(matches!(open(&folder, &opening(200, 0)), Err(Error::Unreadable { .. })));
}

#[test]
fn too_much_at_once_is_refused_and_nothing_at_all_is_nothing() {
    let (folder, story) = (Faulty::new(2), story(2, 10));
    let (mut market, _, _) = open(&folder, &opening(1, 0)).unwrap();
    let many: Vec<_> = story.iter().cycle().take(market::GROUP_MAX + 1).copied().collect();
    assert!(matches!(market.commit(&many), Err(Error::TooMany { .. })));
    let steps = folder.steps();
    assert_eq!(market.commit(&[]).unwrap().each, []);
    assert_eq!(folder.steps(), steps);
    assert_eq!(market.commit(&story).unwrap().each.len(), 10, "it goes on");
}
