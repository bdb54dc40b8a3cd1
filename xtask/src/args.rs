//! The words after a subcommand. Small enough by hand; an argument parser would cost the first build more
//! than it saves.

use anyhow::{Context, bail};
use std::{path::PathBuf, str::FromStr};

/// What is left of a command line. Each question takes its words out; [`Args::done`] refuses what nobody
/// asked for.
pub(crate) struct Args {
    words: Vec<String>,
    /// Words after a lone `--`, for another program.
    pub(crate) rest: Vec<String>,
    /// Where the command was typed: relative file names are meant from here, while the work is done from the
    /// project's root.
    from: PathBuf,
}

impl Args {
    /// Takes the words after the subcommand and moves the process to the project's root.
    pub(crate) fn new(mut words: Vec<String>) -> anyhow::Result<Args> {
        let from = std::env::current_dir().context("the current folder is gone")?;
        std::env::set_current_dir(crate::workspace::root())?;
        let rest = match words.iter().position(|it| it == "--") {
            Some(at) => words.split_off(at).into_iter().skip(1).collect(),
            None => Vec::new(),
        };
        Ok(Args { words, rest, from })
    }

    /// True when `--name` was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|it| it != name);
        self.words.len() < before
    }

    /// The value of `--name VALUE` or `--name=VALUE`.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> anyhow::Result<Option<T>>
    where
        T::Err: std::fmt::Display,
    {
        let Some(at) = self.words.iter().position(|it| it == name || it.starts_with(&format!("{name}=")))
        else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        let text = match word.split_once('=') {
            Some((_, value)) => value.to_owned(),
            None if at < self.words.len() => self.words.remove(at),
            None => bail!("{name} needs a value"),
        };
        text.parse().map(Some).map_err(|why| anyhow::anyhow!("{name} {text}: {why}"))
    }

    /// The value of `--name FILE`, made absolute from where the command was typed. The file must exist.
    pub(crate) fn file(&mut self, name: &str) -> anyhow::Result<Option<PathBuf>> {
        let Some(text) = self.value::<String>(name)? else { return Ok(None) };
        let path = self.from.join(text);
        path.canonicalize().map(Some).with_context(|| format!("{name} {}", path.display()))
    }

    /// The next word that is no option.
    pub(crate) fn word(&mut self) -> Option<String> {
        let at = self.words.iter().position(|it| !it.starts_with('-'))?;
        Some(self.words.remove(at))
    }

    /// Refuses what no question took.
    pub(crate) fn done(&self) -> anyhow::Result<()> {
        match self.words.first() {
            Some(word) => {
                bail!("do not know what to do with {word:?}; `cargo xtask help` lists the commands")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        let words = words.iter().map(|&it| it.to_owned()).collect();
        Args { words, rest: Vec::new(), from: std::env::temp_dir() }
    }

    #[test]
    fn a_value_comes_after_a_space_or_an_equals_sign() {
        for words in [["--port", "8701"].as_slice(), &["--port=8701"]] {
            let mut args = args(words);
            assert_eq!(args.value::<u16>("--port").unwrap(), Some(8701));
            args.done().unwrap();
        }
    }

    #[test]
    fn a_value_that_is_missing_or_no_number_is_refused_with_its_name() {
        let missing = args(&["--port"]).value::<u16>("--port").unwrap_err();
        assert_eq!(missing.to_string(), "--port needs a value");
        let wrong = args(&["--port", "high"]).value::<u16>("--port").unwrap_err();
        assert!(wrong.to_string().starts_with("--port high: "), "{wrong}");
    }

    #[test]
    fn an_unknown_word_is_refused() {
        assert!(args(&["--prot", "1"]).done().unwrap_err().to_string().contains("--prot"));
    }

    #[test]
    fn a_named_file_must_exist() {
        assert!(args(&["--match", "no-such-match.json"]).file("--match").is_err());
    }
}
