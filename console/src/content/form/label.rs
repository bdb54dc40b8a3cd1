//! Words of forms: of options, languages and places in a document.

use cms::schema::{Field, Kind, Shape};

/// Languages by name; any other is told by its tag.
const LANGUAGES: [(&str, &str); 17] = [
    ("en", "English"),
    ("hi", "Hindi"),
    ("bn", "Bengali"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("mr", "Marathi"),
    ("gu", "Gujarati"),
    ("kn", "Kannada"),
    ("ml", "Malayalam"),
    ("pa", "Punjabi"),
    ("or", "Odia"),
    ("as", "Assamese"),
    ("ur", "Urdu"),
    ("si", "Sinhala"),
    ("ne", "Nepali"),
    ("ar", "Arabic"),
    ("es", "Spanish"),
];

/// "Hindi (hi)", or the tag alone.
pub fn language_name(tag: &str) -> String {
    let main = tag.split('-').next().unwrap_or(tag);
    match LANGUAGES.iter().find(|it| it.0 == main) {
        Some((_, name)) => format!("{name} ({tag})"),
        None => tag.to_owned(),
    }
}

/// A word of a schema as people read it: "match-top" is "Match top".
pub fn worded(word: &str) -> String {
    let text = word.replace(['-', '_'], " ");
    let mut letters = text.chars();
    letters.next().map(|it| it.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Where in a document a pointer leads, by the labels of fields: "Questions 2, Text".
pub fn field_name(kind: &Kind, path: &str) -> String {
    let mut fields: Vec<&Field> = kind.fields.iter().collect();
    let mut words: Vec<String> = Vec::new();
    for part in path.split('/').skip(1) {
        // Of a difference: an item by its id, or the order of all.
        if let Some(id) = part.strip_prefix('#') {
            if let Some(last) = words.last_mut().filter(|_| id.is_empty()) {
                *last = format!("{last}: order");
            }
            continue;
        }
        if let (Ok(number), Some(last)) = (part.parse::<usize>(), words.last_mut()) {
            *last = format!("{last} {}", number + 1);
            continue;
        }
        let Some(field) = fields.iter().find(|it| it.name == part) else { break };
        words.push(field.label.clone());
        fields = within(&field.shape);
    }
    if words.is_empty() { kind.facts.noun.to_owned() } else { words.join(", ") }
}

fn within(shape: &Shape) -> Vec<&Field> {
    match shape {
        Shape::Group { fields } => fields.iter().collect(),
        Shape::Blocks { blocks } => blocks.iter().flat_map(|it| &it.fields).collect(),
        Shape::List { item, .. } => within(item),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_told_by_labels() {
        let quiz = cms::schema::kind("quiz").unwrap();
        for (path, expected) in [
            ("/title", "Title"),
            ("/questions/1/text", "Questions 2, Question"),
            ("/questions/0/choices/2/text", "Questions 1, Choices 3, Text"),
            ("/rules/content/4", "Rules"),
            ("/questions/#q1/text", "Questions, Question"),
            ("/questions/#", "Questions: order"),
            ("", "Quiz"),
            ("/nothing", "Quiz"),
        ] {
            assert_eq!(field_name(quiz, path), expected, "{path}");
        }
    }
}
