//! Looking for what has some words in it.

/// Words that are looked for at once; those after them are left out.
const WORDS_MAX: usize = 6;

/// Patterns for `lower(column) like all($1)` of a text's words, in whichever letters and order; none, which all have, of no words. What
/// has a meaning in a pattern stands for itself.
pub fn like(text: &str) -> Vec<String> {
    let pattern = |word: &str| {
        let mut pattern = String::from("%");
        for letter in word.to_lowercase().chars() {
            if matches!(letter, '\\' | '%' | '_') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern + "%"
    };
    text.split_whitespace().filter(|it| !it.contains('\0')).take(WORDS_MAX).map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_patterns_and_mean_what_they_say() {
        assert_eq!(like("  Mumbai  INDIANS "), ["%mumbai%", "%indians%"]);
        assert_eq!(like("100%_a\\"), ["%100\\%\\_a\\\\%"]);
        assert_eq!(like(" \t"), Vec::<String>::new());
        assert_eq!(like("a b c d e f g").len(), WORDS_MAX);
        assert_eq!(like("a\0b c"), ["%c%"]);
    }
}
