//! Relative links in Markdown must lead somewhere.

use super::Finding;
use std::path::Path;

/// Checks each `](target)` outside code blocks. `exists` answers for a path from the root.
pub(super) fn check(file: &str, text: &str, exists: &dyn Fn(&Path) -> bool) -> Vec<Finding> {
    if !file.ends_with(".md") {
        return Vec::new();
    }
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    let mut in_code = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line) {
            if !exists(&folder.join(target)) {
                let what = format!("the link to {target} leads nowhere; correct it or write the file");
                findings.push(Finding { file: file.to_owned(), line: Some(at + 1), rule: "links", what });
            }
        }
    }
    findings
}

/// The relative link targets of a line, without their anchors.
fn targets(line: &str) -> Vec<&str> {
    let after = line.split("](").skip(1);
    let targets = after.filter_map(|it| it.split([')', ' ']).next());
    let paths =
        targets.filter(|it| !it.contains(':') && !it.starts_with('/')).filter_map(|it| it.split('#').next());
    paths.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Vec<Option<usize>> {
        let exists =
            |path: &Path| path == Path::new("wire/README.md") || path == Path::new("wire/../STYLE.md");
        check("wire/ABOUT.md", text, &exists).into_iter().map(|it| it.line).collect()
    }

    #[test]
    fn a_dead_link_is_found_at_its_line() {
        assert_eq!(check_text("[a](README.md)\n[b](GONE.md) [c](../STYLE.md#names)"), [Some(2)]);
    }

    #[test]
    fn anchors_addresses_and_code_are_left_alone() {
        assert_eq!(check_text("[a](#here) [b](https://example.org/x)\n```\n[c](gone.md)\n```\n"), []);
    }
}
