//! What was missed, innings and milestones: told in each language, and judged.

use crate::balls::{matches, own, say};
use commentary::{About, Language, Preset, Report, guard};
use cricket::{Command, Log, Op, Setup};

/// Every how manieth match of the archive is reported on.
const EVERY: usize = 8;

fn log((setup, commands): &(Setup, Vec<Command>)) -> Log {
    let mut log = Log::new(setup.clone()).unwrap();
    for (seq, command) in commands.iter().enumerate() {
        log.apply(u64::try_from(seq).unwrap() + 1, Op::Append(command.clone())).unwrap();
    }
    log
}

/// Reports of all kinds on a match: on what was missed from three places on, on each innings, on each fifty.
fn reports(whole: &Log) -> Vec<Report> {
    let length = whole.last_seq().unwrap();
    let game = whole.game();
    let mut reports: Vec<Report> = [0, length / 3, length - 20]
        .into_iter()
        .flat_map(|it| Report::missed(whole, it))
        .map(|it| it.1)
        .collect();
    for half in [length / 4, length * 3 / 4] {
        let mut log = Log::new(game.setup.clone()).unwrap();
        for (seq, command) in whole.entries().iter().take(usize::try_from(half).unwrap()) {
            log.apply(*seq, Op::Append(command.clone())).unwrap();
        }
        reports.extend(Report::so_far(log.game()).map(|it| it.1));
        reports.extend(Report::so_far(&Report::at_over_end(&log)).map(|it| it.1));
    }
    for (at, innings) in game.innings.iter().enumerate() {
        reports.extend(Report::innings(game, at));
        let great = innings.batters.iter().filter(|it| it.runs >= 50);
        reports.extend(great.filter_map(|it| Report::milestone(game, at, it.player)));
    }
    reports
}

fn all() -> Vec<Report> {
    let mut all = reports(&log(&own()));
    for it in matches().iter().step_by(EVERY) {
        all.extend(reports(&log(it)));
    }
    all
}

fn preset(language: Language) -> Preset {
    Preset::built_in().into_iter().find(|it| it.language == language).unwrap()
}

#[test]
fn what_was_missed_is_told_in_plain_sentences() {
    let log = log(&own());
    let missed = Report::missed(&log, 40);
    let said: Vec<String> = missed.iter().map(|it| it.1.tell(Language::English)).collect();
    assert_eq!(said.len(), 1);
    assert_eq!(
        said[0],
        "Lakeside Lions have made 79 runs and lost 2 wickets since, and are 89/2 after 4.0 overs. 3 fours and 10 sixes. \
         Out: Smith 15, Jones 35. Brown made 35 from 9 balls. Rao took 1 wicket for 36."
    );
    assert_eq!(Report::missed(&log, 0).len(), 2, "one for each innings");
    assert!(Report::missed(&log, log.last_seq().unwrap()).is_empty());
}

#[test]
fn who_comes_late_is_told_of_the_innings_in_play() {
    let mut log = log(&own());
    let whole = log.entries().to_vec();
    assert_eq!(Report::so_far(log.game()), None, "it is over");
    log = Log::new(log.game().setup.clone()).unwrap();
    for (seq, command) in &whole[..whole.len() - 5] {
        log.apply(*seq, Op::Append(command.clone())).unwrap();
    }
    let say = |game: &cricket::Match| {
        let (innings, report) = Report::so_far(game).unwrap();
        (innings, report.tell(Language::English))
    };
    let now = say(log.game());
    let at_over_end = say(&Report::at_over_end(&log));
    assert_eq!((now.0, at_over_end.0), (1, 1));
    assert_eq!(
        now.1,
        "Lakeside Lions are 73/2 after 3.1 overs. 4 fours and 8 sixes. Jones made 35 from 7 balls. Rao took 1 wicket for 20. \
         Lakeside Lions need 11 runs from 11 balls."
    );
    assert!(at_over_end.1.contains(" after 3.0 overs. "), "{}", at_over_end.1);
}

#[test]
fn a_fifty_has_its_reason() {
    let milestones: Vec<_> = Report::milestones(&log(&own()));
    for (seq, innings, report) in &milestones {
        assert_eq!(report.about, About::Milestone);
        assert!(*seq > 0 && *innings < 2);
        assert!(report.batter.as_ref().unwrap().runs >= 50);
    }
    for it in matches().iter().step_by(EVERY) {
        let log = log(it);
        let milestones = Report::milestones(&log);
        let great: usize = log
            .game()
            .innings
            .iter()
            .map(|it| it.batters.iter().map(|it| usize::from(it.runs / 50)).sum::<usize>())
            .sum();
        assert_eq!(milestones.len(), great, "one for each fifty runs of a batter");
    }
}

#[test]
fn every_report_passes_the_guard_in_every_language() {
    let (mut told, mut refused) = (0, 0);
    for report in all() {
        for language in Language::ALL {
            let text = report.tell(language);
            told += 1;
            if let Err(why) = guard::check_report(&report, &preset(language), &text) {
                refused += 1;
                say(&format!("{language}: {text}\n    {why:?}"));
            }
        }
    }
    say(&format!("{told} reports told"));
    assert!(told > 8 * 6);
    assert_eq!(refused, 0);
}

#[test]
fn a_report_made_false_is_caught() {
    let (mut lies, mut missed) = (0, 0);
    for report in all() {
        for language in Language::ALL {
            let text = report.tell(language);
            let digits = |it: u32| language.words().digits(&it.to_string());
            let score = format!("{}/{}", report.score.runs, report.score.wickets);
            let mut false_texts = vec![
                text.replace(&language.words().digits(&score), &language.words().digits("907/3")),
                text.replace(&report.batting_team, "Nowhere Nomads"),
                format!("{text} Tendulkar!"),
                format!("{text} https://example.com/"),
                text.repeat(1 + 3_000 / text.chars().count()),
            ];
            if let (Some(batter), Some(bowler)) = (&report.batter, &report.bowler)
                && batter.runs > 11
                && batter.name != bowler.name
                && report.out.iter().all(|it| it.name != bowler.name)
            {
                let swapped = text.replace(&batter.name, "\0").replace(&bowler.name, &batter.name);
                if bowler.wickets < 10 && u16::from(bowler.wickets) != report.runs {
                    false_texts.push(swapped.replace('\0', &bowler.name));
                }
                let runs = digits(u32::from(batter.runs));
                // All that the team made, by one of them.
                if ![batter.runs, batter.balls].contains(&report.score.runs) {
                    let all = digits(u32::from(report.score.runs));
                    false_texts.push(text.replace(&format!(" {runs} "), &format!(" {all} ")));
                }
                false_texts.push(text.replace(&format!(" {runs} "), &format!(" {} ", digits(4_321))));
            }
            let preset = preset(language);
            for lie in false_texts.iter().filter(|it| **it != text) {
                lies += 1;
                if let Ok(text) = guard::check_report(&report, &preset, lie) {
                    missed += 1;
                    say(&format!(
                        "{language}, not caught: {text}\n    {}",
                        serde_json::to_string(&report).unwrap()
                    ));
                }
            }
        }
    }
    say(&format!("{} of {lies} false reports caught", lies - missed));
    assert_eq!(missed, 0);
}

#[test]
fn a_report_is_data_for_a_model() {
    let game = log(&own());
    let report = Report::innings(game.game(), 0).unwrap();
    assert_eq!(report.about, About::Innings);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["batting_team"], "Rivertown Royals");
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
    assert_eq!(report.hash(), Report::innings(game.game(), 0).unwrap().hash());
    assert_eq!(Report::innings(game.game(), 7), None);
}
