//! The languages beside English, as the widget downloads them: the lines of `cricket/languages` without the names of the messages, which are
//! told by their order (`cricket::words`, whose tests compare the two).

use super::File;
use anyhow::Context;
use std::fs;

const FOLDER: &str = "cricket/languages";

/// A file each, "hi.txt".
pub(super) fn tables() -> anyhow::Result<Vec<File>> {
    let mut tables = Vec::new();
    for entry in fs::read_dir(FOLDER).with_context(|| format!("reading {FOLDER}"))? {
        let path = entry?.path();
        let source = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.file_name().and_then(|it| it.to_str()).context("a language's file has a name")?;
        tables.push((name.to_owned(), table(&source).into_bytes()));
    }
    tables.sort();
    Ok(tables)
}

fn table(source: &str) -> String {
    let texts: Vec<&str> = source.lines().map(|it| it.split_once(" = ").map_or(it, |it| it.1)).collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn a_table_has_no_names() {
        assert_eq!(
            table("hi ltr one 0 X\nOUT = आउट! {0}\nWON = {0} = जीता\nRain\tबारिश\n"),
            "hi ltr one 0 X\nआउट! {0}\n{0} = जीता\nRain\tबारिश"
        );
    }
}
