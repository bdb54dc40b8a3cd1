//! `crease score FILE…`: one line of JSON a match file.

use super::archive::{self, ArchiveError};
use cricket::cricsheet::Archive;
use cricket::{Extras, InningsTotals, Words};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Line<'a> {
    file: String,
    match_type: &'a str,
    teams: Vec<&'a str>,
    innings: Vec<InningsLine>,
    result_text: Option<String>,
}

#[derive(Serialize)]
struct InningsLine {
    team: String,
    super_over: bool,
    runs: u16,
    wickets: u8,
    overs: String,
    legal_balls: u16,
    extras: ExtrasLine,
    declared: bool,
}

#[derive(Serialize)]
struct ExtrasLine {
    #[serde(skip_serializing_if = "is_zero")]
    wides: u16,
    #[serde(skip_serializing_if = "is_zero")]
    noballs: u16,
    #[serde(skip_serializing_if = "is_zero")]
    byes: u16,
    #[serde(skip_serializing_if = "is_zero")]
    legbyes: u16,
    #[serde(skip_serializing_if = "is_zero")]
    penalty: u16,
}

fn is_zero(value: &u16) -> bool {
    *value == 0
}

impl From<Extras> for ExtrasLine {
    fn from(extras: Extras) -> Self {
        Self {
            wides: extras.wides,
            noballs: extras.no_balls,
            byes: extras.byes,
            legbyes: extras.leg_byes,
            penalty: extras.penalty,
        }
    }
}

impl From<InningsTotals> for InningsLine {
    fn from(totals: InningsTotals) -> Self {
        Self {
            team: totals.team,
            super_over: totals.super_over,
            runs: totals.runs,
            wickets: totals.wickets,
            overs: totals.overs,
            legal_balls: totals.legal_balls,
            extras: totals.extras.into(),
            declared: totals.declared,
        }
    }
}

/// Writes a line for each file that can be read to `out`, and for each that cannot `path:line: reason` to `errors`
/// (without a line where the content could not be had at all). Says whether all could be read.
pub fn score(files: &[PathBuf], out: &mut impl Write, errors: &mut impl Write) -> std::io::Result<bool> {
    let mut all_read = true;
    for path in files {
        match archive::read(path) {
            Ok(archive) => {
                serde_json::to_writer(&mut *out, &line(path, &archive))?;
                out.write_all(b"\n")?;
            }
            Err(error) => {
                all_read = false;
                match error {
                    ArchiveError::Cricsheet(error) => {
                        writeln!(errors, "{}:{}: {}", path.display(), error.line, error.reason)?;
                    }
                    other => writeln!(errors, "{}: {other}", path.display())?,
                }
            }
        }
    }
    out.flush()?;
    Ok(all_read)
}

fn line<'a>(path: &Path, archive: &'a Archive) -> Line<'a> {
    Line {
        file: path.display().to_string(),
        match_type: &archive.match_type,
        teams: archive.setup.teams.iter().map(|it| it.name.as_str()).collect(),
        innings: archive.game.totals().into_iter().map(InningsLine::from).collect(),
        result_text: archive.game.result_text(Words::ENGLISH),
    }
}
