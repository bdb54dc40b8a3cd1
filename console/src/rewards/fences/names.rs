//! Countries and their parts by name, as an editor types them.

use access::place::{Code, CodeError, Regions};
use std::collections::{BTreeMap, BTreeSet};

/// All places that fences are drawn by, under their names in small letters.
pub(super) struct Names(BTreeMap<String, BTreeSet<Code>>);

impl Names {
    pub(super) fn of(regions: &Regions) -> Self {
        let mut names: BTreeMap<String, BTreeSet<Code>> = BTreeMap::new();
        for code in all(regions) {
            names.entry(code.name().to_lowercase()).or_default().insert(code);
            names.entry(long(code).to_lowercase()).or_default().insert(code);
        }
        Self(names)
    }

    /// "IN-KA", "in-ka", "Karnataka", "Karnataka (IN-KA)", "Karnataka, India".
    pub(super) fn find(&self, text: &str) -> Result<Code, String> {
        let text = text.trim();
        let in_brackets = text.strip_suffix(')').and_then(|it| it.rsplit_once('(')).map(|it| it.1);
        let code = Code::parse(&in_brackets.unwrap_or(text).to_uppercase());
        let found = match code {
            Ok(code) => return Ok(code),
            Err(error @ CodeError::Former { .. }) => return Err(error.to_string()),
            Err(CodeError::Unknown { .. }) => self.0.get(&text.to_lowercase()),
        };
        match found.map(|it| it.iter().copied().collect::<Vec<_>>()).as_deref() {
            Some([one]) => Ok(*one),
            Some(several) => {
                let several: Vec<String> = several.iter().map(|it| long(*it)).collect();
                Err(format!("several places are called {text}: write {}", several.join(" or ")))
            }
            None => {
                let text: String = text.chars().take(40).collect();
                Err(format!(
                    "no place is called {text:?}: write a country, a part of one, or its code (IN-KA)"
                ))
            }
        }
    }
}

/// Countries, and those parts that are told apart.
pub(super) fn all(regions: &Regions) -> BTreeSet<Code> {
    regions.codes().flat_map(|it| [it, it.country()]).collect()
}

/// "Karnataka, India"; "India".
pub(super) fn long(code: Code) -> String {
    if code.is_country() { code.name() } else { format!("{}, {}", code.name(), code.country().name()) }
}

/// "Karnataka (IN-KA)": what a form shows, and takes back.
pub(super) fn line(code: Code) -> String {
    format!("{} ({code})", code.name())
}
