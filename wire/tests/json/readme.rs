//! The README is what partners read: it names every field there is.

/// The names in a `json_object!` or `json_words!` list of a source file.
fn names(source: &str) -> impl Iterator<Item = &str> {
    let lists = source
        .split("json_")
        .skip(1)
        .filter(|it| it.starts_with("object!(") || it.starts_with("words!(") || it.starts_with("commands!("));
    lists.flat_map(|list| {
        let end = list.find(");").unwrap_or(list.len());
        list[..end].split('"').skip(1).step_by(2)
    })
}

#[test]
fn every_field_and_word_is_in_the_readme() {
    let readme = include_str!("../../README.md");
    let mut count = 0;
    for source in [include_str!("../../src/game.rs"), include_str!("../../src/update.rs")] {
        for name in names(source) {
            count += 1;
            assert!(readme.contains(&format!("`{name}`")), "README.md does not tell what `{name}` is");
        }
    }
    assert!(count > 150, "{count} names found");
}
