//! Kills a process that writes a market on a real disk, in the middle of its work, and looks whether every order that was answered is in the journal.
//! `CREASE_KILLS=100` kills so many; without it a few.
//!
//! It is its own program, since what is killed has to be a process: it calls itself with `write`. What a kill cannot show, since the kernel keeps what was
//! written, is in `crash`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]
#![expect(clippy::print_stdout, reason = "it speaks to who started it")]

#[path = "../../book/tests/agree/traffic.rs"]
mod traffic;

use book::{Book, Command, Effects, Rules, Time};
use market::{Disk, Epoch, Market, Opening};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use traffic::{Draw, Traffic, markets};

/// Kills, where nothing else is said.
const KILLS: u64 = 12;
/// Within which something is answered.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", folder, epoch] => write(folder.as_ref(), epoch.parse().unwrap()),
        // A filter that is for other tests, or a list that is asked for.
        words if words.iter().any(|it| !it.starts_with("--") || *it == "--list") => {}
        _ => {
            kill_and_look();
            println!("test result: ok. 1 passed; 0 failed");
        }
    }
}

fn rules() -> Rules {
    markets()[0]
}

fn opening(epoch: u64) -> Opening {
    Opening { rules: rules(), epoch: Epoch(epoch), settled: 0, segment_bytes: 1 << 20 }
}

/// The commands of a writer with this epoch.
fn story(epoch: u64) -> impl Iterator<Item = (Time, Command)> {
    let mut traffic = Traffic::to(rules(), epoch);
    std::iter::from_fn(move || Some(traffic.next()))
}

/// Commits one group after the other and says which commands are answered, until it is killed.
fn write(folder: &Path, epoch: u64) {
    let disk = Arc::new(Disk::open(folder).unwrap());
    let mut market = Market::open(disk, &opening(epoch), &mut |_| {}).unwrap();
    let (mut story, mut draw) = (story(epoch), Draw::of(epoch));
    let mut out = std::io::stdout().lock();
    loop {
        let group: Vec<_> = story.by_ref().take(1 + draw.below(300) as usize).collect();
        for answer in market.commit(&group).unwrap().each {
            writeln!(out, "{} {epoch} .", answer.seq).unwrap();
        }
        out.flush().unwrap();
    }
}

/// A process that writes, and what it says.
struct Writer {
    process: Child,
    said: Receiver<String>,
    reading: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    fn start(folder: &Path, epoch: u64) -> Self {
        let mut process = Process::new(std::env::current_exe().unwrap())
            .args(["write", folder.to_str().unwrap(), &epoch.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (say, said) = mpsc::channel();
        let reading = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _gone = say.send(line);
            }
        });
        Self { process, said, reading: Some(reading) }
    }

    /// Kills it after so many answers, and takes in all that it has said.
    fn kill_after(mut self, count: u64, answered: &mut Vec<(u64, u64)>) {
        for _ in 0..count {
            answered.extend(parse(&self.said.recv_timeout(PATIENCE).expect("the writer goes on")));
        }
        assert!(self.process.try_wait().unwrap().is_none(), "it was cut short");
        // SIGKILL.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        answered.extend(self.said.try_iter().filter_map(|it| parse(&it)));
    }
}

impl Drop for Writer {
    /// Also where the test has failed: it would go on for ever.
    fn drop(&mut self) {
        let _dead = self.process.kill();
    }
}

/// The number and the epoch of an answer. A line that was cut off by the end of its writer was told to nobody.
fn parse(line: &str) -> Option<(u64, u64)> {
    let (seq, epoch) = line.strip_suffix(" .")?.split_once(' ')?;
    Some((seq.parse().unwrap(), epoch.parse().unwrap()))
}

fn kill_and_look() {
    let kills = std::env::var("CREASE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut draw = Draw::of(kills);
    let mut answered = Vec::new();
    for kill in 0..kills {
        let writer = Writer::start(folder.path(), kill * 2 + 1);
        writer.kill_after(1 + draw.below(20_000), &mut answered);
        look(folder.path(), kill * 2 + 2, &answered);
    }
    println!("{kills} kills, {} commands answered, none missing", answered.len());
}

/// Each command that was answered is there under its number, as its writer sent it; and the book is what all of them make.
fn look(folder: &Path, epoch: u64, answered: &[(u64, u64)]) {
    let mut journal = Vec::new();
    let disk = Arc::new(Disk::open(folder).unwrap());
    let market = Market::open(disk, &opening(epoch), &mut |it| journal.push((it.seq, *it.command))).unwrap();
    assert!(journal.iter().map(|it| it.0).eq(1..=journal.len() as u64));
    let (mut book, mut effects, mut at) = (Book::new(rules()).unwrap(), Effects::default(), 0);
    // One writer after the other, each from its first answer on.
    let mut firsts: Vec<(u64, u64)> = Vec::new();
    for (seq, epoch) in answered {
        if firsts.last().is_none_or(|it| it.1 != *epoch) {
            firsts.push((*seq, *epoch));
        }
    }
    for (place, (first, epoch)) in firsts.iter().enumerate() {
        let end = firsts.get(place + 1).map_or(journal.len() as u64, |it| it.0 - 1);
        for ((time, command), seq) in story(*epoch).zip(*first..=end) {
            assert_eq!(journal[at], (seq, command), "as writer {epoch} sent it");
            at += 1;
            effects.clear();
            let _refused = book.apply(time, &command, &mut effects);
        }
    }
    assert_eq!(at, journal.len());
    let last = answered.iter().map(|it| it.0).max().unwrap();
    assert!(last <= journal.len() as u64, "{last} was answered, {} are there", journal.len());
    assert_eq!(market.book().unwrap().state_hash(), book.state_hash());
}
