//! The ball-by-ball list.

use crate::board::Kind;
use cricket::{Innings, Match, Words, text};
use wire::{BallLine, Balls};

/// Balls in words, oldest first, and how to ask for those before them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub lines: Vec<Line>,
    pub earlier: Earlier,
    /// Earlier balls were asked for and have not come.
    pub waiting: bool,
}

/// The balls before the oldest line. A ball that came late has a greater `seq` than those that stand after it, so they are asked for
/// by place, not by `seq`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Earlier {
    /// There are none.
    #[default]
    None,
    /// They stand before the ball with this `seq`.
    Before(u64),
    /// The oldest lines were read off the snapshot at this `seq`, which does not tell the balls' own.
    Unnumbered(u64),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The position of its command; 0 for those read off a snapshot.
    pub seq: u64,
    /// Tells the lines apart on the screen.
    pub key: u64,
    pub innings: u8,
    /// "12.3"
    pub over: String,
    pub label: String,
    pub text: String,
    pub kind: Kind,
    /// "187/4"
    pub score: String,
}

impl Lines {
    /// Balls asked for at once.
    pub const PAGE: u64 = 60;
    /// Lines kept: two days of a Test. Older ones are dropped, and can be asked for again.
    pub const MAX: usize = 1200;

    /// What the snapshot at `seq` remembers: the last balls of the latest innings.
    pub fn of(game: &Match, words: Words, seq: u64) -> Self {
        let mut lines = Vec::new();
        let mut earlier = if game.innings.is_empty() { Earlier::None } else { Earlier::Unnumbered(seq) };
        if let Some((index, innings)) = game.innings.iter().enumerate().next_back() {
            lines.extend((0..innings.recent.len()).filter_map(|at| line(game, words, index, innings, at)));
            // `recent` forgets whole overs, and within two of them whatever is over its limit.
            let whole = innings.recent.first().is_none_or(|it| it.over == 0);
            if index == 0 && whole && innings.recent.len() < Innings::RECENT_MAX {
                earlier = Earlier::None;
            }
        }
        Lines { lines, earlier, waiting: false }
    }

    /// Adds the ball that was just folded.
    pub fn push(&mut self, game: &Match, words: Words, index: usize, seq: u64) {
        let Some(innings) = game.innings.get(index) else { return };
        let Some(at) = innings.recent.len().checked_sub(1) else { return };
        self.lines.extend(line(game, words, index, innings, at).map(|it| Line { seq, key: seq, ..it }));
        if self.lines.len() > Self::MAX {
            self.lines.remove(0);
            if let Some(oldest) = self.lines.first().filter(|it| it.seq > 0) {
                self.earlier = Earlier::Before(oldest.seq);
            }
        }
    }

    /// How many lines have no `seq`: a page asked for on [`Earlier::Unnumbered`] must hold at least as many balls.
    pub fn unnumbered(&self) -> usize {
        self.lines.iter().filter(|it| it.seq == 0).count()
    }

    /// Puts what was asked for at `asked` in front, in the place of the lines that have no `seq`; nothing when another snapshot has
    /// come since. The balls of `page` stand in the match's order without a hole; its `next` says where those before them begin.
    pub fn put_earlier(&mut self, asked: Earlier, page: &Balls) {
        self.waiting = false;
        if self.earlier != asked {
            return;
        }
        let mut balls: Vec<&BallLine> = page.balls.iter().collect();
        if let Earlier::Unnumbered(until) = asked {
            self.lines.retain(|it| it.seq > 0);
            // Of one history, those accepted after the snapshot are in the list.
            balls.retain(|it| it.seq <= until);
        }
        self.lines.splice(0..0, balls.into_iter().map(Line::from));
        self.earlier = page.next.map_or(Earlier::None, Earlier::Before);
    }
}

impl Lines {
    /// Puts the texts of these balls in the places of theirs, where their lines have a `seq`.
    pub fn retell(&mut self, balls: &[BallLine]) {
        for ball in balls {
            let line = self.lines.iter_mut().find(|it| it.seq == ball.seq);
            line.into_iter().for_each(|it| it.text.clone_from(&ball.text));
        }
    }

    /// The same of a page that ends with the last ball there is: those without a `seq` are the last before those that have one, and are told
    /// where it holds as many.
    pub fn retell_all(&mut self, page: &Balls) {
        self.retell(&page.balls);
        let is_known = |ball: &&BallLine| self.lines.iter().any(|it| it.seq == ball.seq);
        let others: Vec<&BallLine> = page.balls.iter().filter(|it| !is_known(it)).collect();
        if let Some(from) = others.len().checked_sub(self.unnumbered()) {
            let lines = self.lines.iter_mut().filter(|it| it.seq == 0);
            lines.zip(&others[from..]).for_each(|(it, ball)| it.text.clone_from(&ball.text));
        }
    }
}

/// One page of all that were read after another; none when there are none. The last text is none of JSON: "more" where there are balls before
/// the first.
pub fn joined(pages: &[String]) -> Option<Balls> {
    let (more, pages) = pages.split_last()?;
    let mut all = Balls::default();
    for page in pages {
        let page: Balls = wire::decode(page).ok()?;
        all.balls.extend(page.balls);
        all.next = page.next;
    }
    if more == "more" {
        all.next = all.balls.first().map(|it| it.seq);
    }
    Some(all)
}

fn line(game: &Match, words: Words, index: usize, innings: &Innings, at: usize) -> Option<Line> {
    let bowled = innings.recent.get(at)?;
    Some(Line {
        seq: 0,
        // Above every `seq`, for they are not known here.
        key: u64::MAX - at as u64,
        innings: u8::try_from(index).unwrap_or(u8::MAX),
        over: text!(bowled.over.to_string(), ".", bowled.number.to_string()),
        label: game.ball_label(bowled),
        text: game.ball_line(words, index, bowled),
        kind: Kind::of(&bowled.ball),
        score: text!(bowled.runs.to_string(), "/", bowled.wickets.to_string()),
    })
}

impl From<&BallLine> for Line {
    fn from(it: &BallLine) -> Self {
        Line {
            seq: it.seq,
            key: it.seq,
            innings: it.innings,
            over: it.over.clone(),
            label: it.label.clone(),
            text: it.text.clone(),
            kind: Kind::named(&it.kind, &it.label),
            score: it.score.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ball, begun, bowl};
    use cricket::{Ball, Command, InningsEnd, InningsStart, PlayerId, Side};

    fn page(seqs: std::ops::RangeInclusive<u64>) -> Balls {
        let line = |seq| BallLine { seq, text: "before".to_owned(), ..BallLine::default() };
        Balls { balls: seqs.map(line).collect(), ..Balls::default() }
    }

    fn seqs(lines: &Lines) -> Vec<u64> {
        lines.lines.iter().map(|it| it.seq).collect()
    }

    #[test]
    fn the_first_balls_of_a_match_have_nothing_before_them() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1), ball(0)]);
        let lines = Lines::of(&game, Words::ENGLISH, 4);
        assert_eq!((lines.lines.len(), lines.earlier), (2, Earlier::None));
        assert_eq!((lines.lines[0].over.as_str(), lines.lines[0].score.as_str()), ("0.1", "1/0"));
    }

    #[test]
    fn overs_that_the_snapshot_does_not_remember_can_be_asked_for() {
        let mut game = begun();
        for bowler in [11, 12, 11] {
            bowl(&mut game, (0..6).map(|_| Ball { bowler: PlayerId(bowler), ..ball(0) }));
        }
        let mut lines = Lines::of(&game, Words::ENGLISH, 20);
        let asked = Earlier::Unnumbered(20);
        assert_eq!((lines.unnumbered(), lines.lines[0].over.as_str(), lines.earlier), (12, "1.1", asked));
        lines.put_earlier(asked, &page(3..=20));
        assert_eq!((seqs(&lines), lines.earlier), ((3..=20).collect(), Earlier::None));
    }

    #[test]
    fn the_innings_before_can_be_asked_for_as_soon_as_another_starts() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1)]);
        game.apply(&Command::InningsEnd(InningsEnd::Declared)).unwrap();
        game.apply(&Command::InningsStart(InningsStart { batting: Side::Away, ..InningsStart::default() }))
            .unwrap();
        let lines = Lines::of(&game, Words::ENGLISH, 5);
        assert_eq!((lines.lines.len(), lines.earlier), (0, Earlier::Unnumbered(5)));
    }

    #[test]
    fn earlier_balls_take_the_place_of_those_off_the_snapshot_and_keep_those_since() {
        let mut game = begun();
        let asked = Earlier::Unnumbered(100);
        let mut lines = Lines { earlier: asked, lines: vec![Line::default(); 24], waiting: true };
        bowl(&mut game, vec![ball(1)]);
        lines.push(&game, Words::ENGLISH, 0, 101);
        lines.put_earlier(asked, &Balls { next: Some(41), ..page(41..=101) });
        assert_eq!(seqs(&lines), (41..=101).collect::<Vec<_>>());
        assert_ne!(lines.lines[60].text, "before", "a ball that was folded here is not taken from the page");
        assert_eq!((lines.earlier, lines.waiting), (Earlier::Before(41), false));
        lines.put_earlier(Earlier::Before(41), &page(1..=40));
        assert_eq!((seqs(&lines), lines.earlier), ((1..=101).collect(), Earlier::None));
    }

    #[test]
    fn pages_are_joined_and_say_whether_there_are_balls_before_them() {
        let text = |seqs, next| wire::encode(&Balls { next, ..page(seqs) });
        let pages = |last: &str| joined(&[text(3..=4, Some(4)), text(5..=6, None), last.to_owned()]).unwrap();
        assert_eq!(pages("more").balls.iter().map(|it| it.seq).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert_eq!((pages("more").next, pages("").next), (Some(3), None));
        assert_eq!(
            joined(&[text(3..=4, Some(3)), String::new()]).unwrap().next,
            Some(3),
            "a page's own word"
        );
        assert_eq!(joined(&[]), None);
        assert_eq!(joined(&["{".to_owned(), String::new()]), None);
    }

    #[test]
    fn a_late_ball_stands_where_it_was_bowled() {
        let mut lines = Lines { earlier: Earlier::Before(6), ..Lines::default() };
        let balls = [3, 9, 4].map(|seq| BallLine { seq, ..BallLine::default() }).to_vec();
        lines.put_earlier(Earlier::Before(6), &Balls { balls, next: Some(3), ..Balls::default() });
        assert_eq!((seqs(&lines), lines.earlier), (vec![3, 9, 4], Earlier::Before(3)));
    }

    #[test]
    fn a_page_that_comes_after_another_snapshot_is_left_alone() {
        let earlier = Earlier::Unnumbered(30);
        let mut lines = Lines { earlier, waiting: true, ..Lines::default() };
        lines.put_earlier(Earlier::Before(6), &page(1..=5));
        assert_eq!(lines, Lines { earlier, ..Lines::default() });
    }

    #[test]
    fn a_tone_has_other_texts_for_the_same_balls() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1), ball(0)]);
        let mut lines = Lines::of(&game, Words::ENGLISH, 4);
        bowl(&mut game, vec![ball(2)]);
        lines.push(&game, Words::ENGLISH, 0, 5);
        let plain = lines.clone();
        let told = |seqs: &[u64]| {
            let line = |seq: &u64| BallLine {
                seq: *seq,
                text: text!("told ", seq.to_string()),
                ..BallLine::default()
            };
            Balls { balls: seqs.iter().map(line).collect(), ..Balls::default() }
        };
        let texts = |lines: &Lines| lines.lines.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
        // The last ball alone, then one of which nobody knows the place.
        lines.retell(&told(&[5]).balls);
        lines.retell(&told(&[4]).balls);
        assert_eq!(texts(&lines), [&texts(&plain)[0][..], &texts(&plain)[1], "told 5"]);
        lines.retell_all(&told(&[5]));
        assert_eq!(texts(&lines)[..2], texts(&plain)[..2], "a page that is too short says nothing of them");
        lines.retell_all(&told(&[2, 3, 4, 5]));
        assert_eq!(texts(&lines), ["told 3", "told 4", "told 5"]);
        let numbers = |lines: &Lines| lines.lines.iter().map(|it| (it.seq, it.key)).collect::<Vec<_>>();
        assert_eq!(numbers(&lines), numbers(&plain), "they are the same balls");
    }

    #[test]
    fn the_list_is_bounded() {
        let mut game = begun();
        bowl(&mut game, vec![ball(1)]);
        let mut lines = Lines::default();
        for seq in 1..=Lines::MAX as u64 + 5 {
            lines.push(&game, Words::ENGLISH, 0, seq);
        }
        assert_eq!((lines.lines.len(), lines.earlier), (Lines::MAX, Earlier::Before(6)));
    }
}
