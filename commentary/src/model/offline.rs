//! The phrases that we ship, as a model: what a page is tried with, and figures are compared to.

use super::{Model, ModelError, Telling, Told, Usage};
use crate::hash::hash_of_text;
use crate::phrases;
use crate::preset::Preset;
use crate::prompt::{Ask, label};
use crate::subject::Subject;

/// No server, no cost, no wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Model for Offline {
    fn name(&self) -> &'static str {
        "phrases"
    }

    fn usage_max(&self, _: &Ask) -> Usage {
        Usage::default()
    }

    fn tell<'a>(&'a self, ask: &'a Ask) -> Telling<'a> {
        let seed = hash_of_text(&ask.subject.hash());
        let words = |it: &Preset| match &ask.subject {
            Subject::Ball(facts) => phrases::told(facts, it, seed),
            Subject::Report(report) => Some(report.tell(it.language)),
        };
        let told = ask.presets.iter().filter_map(|it| Some((label(it), words(it)?)));
        let told = Told { lines: told.collect(), usage: Some(Usage::default()) };
        Box::pin(std::future::ready(Ok::<Told, ModelError>(told)))
    }
}
