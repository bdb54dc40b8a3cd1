//! Groups of fields, lists of them, and blocks. Buttons that change a list post the form: the page comes back with all that is typed.

use super::sent::ITEM;
use super::{Deep, Form, control::is_needed};
use cms::schema::{Block, Field, Shape};
use maud::{Markup, html};

/// Characters of an item's words in a choice.
const WORDS_MAX: usize = 60;

impl Form<'_> {
    /// Fields that belong together; where they may all be left out, folded while nothing is in them.
    pub(super) fn group(&self, field: &Field, path: &str, fields: &[Field]) -> Markup {
        let within = html! {
            (self.aside(field, path))
            div.group-fields { (self.fields(fields, path)) }
        };
        let is_filled = fields.iter().any(|it| self.is_filled(&it.shape, &format!("{path}/{}", it.name)));
        let is_open = is_filled || self.wrong(path, Deep::Within).is_some();
        html! {
            @if field.is_needed {
                fieldset #(path) .group { legend.is-needed[is_needed(field)] { (field.label) } (within) }
            } @else {
                details #(path) .group.folded open[is_open] { summary { (field.label) } (within) }
            }
        }
    }

    fn fields(&self, fields: &[Field], path: &str) -> Markup {
        html! {
            @for field in fields {
                @let path = format!("{path}/{}", field.name);
                @if let Some(when) = self.condition(field, &path) {
                    div.entry-field data-shown-when=(when) { (self.control(field, &path)) }
                } @else { (self.control(field, &path)) }
            }
        }
    }

    fn is_filled(&self, shape: &Shape, path: &str) -> bool {
        match shape {
            Shape::DateTime => !self.sent.text(&format!("{path}{}", super::sent::DATE)).is_empty(),
            Shape::Switch => self.sent.text(path) == super::sent::YES,
            Shape::Number { .. } => !["", "0"].contains(&self.sent.text(path)),
            Shape::Group { fields } => {
                fields.iter().any(|it| self.is_filled(&it.shape, &format!("{path}/{}", it.name)))
            }
            Shape::List { .. } => !self.sent.ids(path).is_empty() || !self.sent.items(path).is_empty(),
            _ => !self.sent.text(path).is_empty(),
        }
    }

    pub(super) fn list(&self, field: &Field, path: &str, item: &Shape, count_max: u64) -> Markup {
        let items = self.sent.items(path);
        let count = items.len();
        html! {
            fieldset #(path) .list-field data-list=(path) {
                legend.is-needed[is_needed(field)] { (field.label) }
                (self.aside(field, path))
                @if count > 0 {
                    ol.items {
                        @for (number, at) in items.into_iter().enumerate() {
                            (self.item(field, &format!("{path}/{at}"), item, (number, count)))
                        }
                    }
                }
                @if (count as u64) < count_max { (add(field, path, item)) }
            }
        }
    }

    fn item(&self, field: &Field, path: &str, item: &Shape, (number, count): (usize, usize)) -> Markup {
        let name = match item {
            Shape::Blocks { blocks } => {
                let word = self.sent.text(&format!("{path}/type"));
                blocks
                    .iter()
                    .find(|it| it.name == word)
                    .map_or_else(|| word.to_owned(), |it| it.label.clone())
            }
            _ => field.label.clone(),
        };
        let button = |act: &str, text: &str, sign: &str| {
            let value = format!("{act} {path}");
            html! { button.mini type="submit" name="do" value=(value) formnovalidate aria-label={ (text) ": " (name) " " (number + 1) } title=(text) { (sign) } }
        };
        html! {
            li.item #(path) {
                input type="hidden" name={ (path) (ITEM) } value="";
                fieldset.plain {
                    legend { (name) " " (number + 1) }
                    div.item-acts {
                        @if number > 0 { (button("up", "Move up", "↑")) }
                        @if number + 1 < count { (button("down", "Move down", "↓")) }
                        (button("take", "Take away", "×"))
                    }
                    @if let Some(text) = self.wrong(path, Deep::Itself) { p.mistake { (name) " " (text) "." } }
                    div.item-fields {
                        @match item {
                            Shape::Group { fields } => (self.fields(fields, path)),
                            Shape::Blocks { blocks } => (self.block(path, blocks)),
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    pub(super) fn block(&self, path: &str, blocks: &[Block]) -> Markup {
        let word = self.sent.text(&format!("{path}/type"));
        html! {
            input type="hidden" name={ (path) "/type" } value=(word);
            @if let Some(block) = blocks.iter().find(|it| it.name == word) { (self.fields(&block.fields, path)) }
        }
    }

    /// The items that a field of this document may name: none where it is an item's own name. An item with two of them is about
    /// another one.
    pub(super) fn items_to_name(&self, field: &Field, path: &str) -> Option<Vec<(String, String)>> {
        if field.name == "id" && !self.is_of_names(path) {
            return None;
        }
        let list = path.strip_prefix('/')?.split('/').next()?;
        let mut found = Vec::new();
        for field in self.of.fields() {
            let own = format!("/{}", field.name);
            if !self.is_of_names(&format!("{own}/0/id")) || field.name != list {
                self.collect(&field.shape, &own, &mut found);
            }
        }
        Some(found)
    }

    /// Whether an item names others: one by its own id.
    fn is_of_names(&self, path: &str) -> bool {
        let Some(name) = path.strip_prefix('/').and_then(|it| it.split('/').next()) else { return false };
        match self.of.kind.field(name).map(|it| &it.shape) {
            Some(Shape::List { item, .. }) => match item.as_ref() {
                Shape::Group { fields } => names_others(fields),
                _ => false,
            },
            _ => false,
        }
    }

    fn collect(&self, shape: &Shape, path: &str, out: &mut Vec<(String, String)>) {
        let Shape::List { item, .. } = shape else { return };
        let Shape::Group { fields } = item.as_ref() else { return };
        if names_others(fields) {
            return;
        }
        for at in self.sent.items(path) {
            let path = format!("{path}/{at}");
            let id = self.sent.text(&format!("{path}/id"));
            let words =
                fields.iter().filter(|it| matches!(it.shape, Shape::Text { .. }) && !is_name(&it.shape));
            let words =
                words.map(|it| self.sent.text(&format!("{path}/{}", it.name))).find(|it| !it.is_empty());
            if !id.is_empty() {
                let text = words
                    .map_or_else(|| format!("Number {}", at + 1), |it| it.chars().take(WORDS_MAX).collect());
                out.push((id.to_owned(), text));
            }
            for it in fields {
                self.collect(&it.shape, &format!("{path}/{}", it.name), out);
            }
        }
    }
}

/// Whether there is a name beside the item's own.
fn names_others(fields: &[Field]) -> bool {
    fields.iter().filter(|it| is_name(&it.shape)).count() > 1
}

fn is_name(shape: &Shape) -> bool {
    matches!(shape, Shape::Text { widget: Some(widget), .. } if widget == "hidden")
}

/// Buttons that add an item: one for each block.
fn add(field: &Field, path: &str, item: &Shape) -> Markup {
    let button = |value: String, text: String| {
        html! { button.add type="submit" name="do" value=(value) formnovalidate { (text) } }
    };
    html! {
        div.row.adds role="group" aria-label={ "Add to " (field.label) } {
            @match item {
                Shape::Blocks { blocks } => { @for it in blocks { (button(format!("add {path} {}", it.name), format!("+ {}", it.label))) } }
                _ => (button(format!("add {path}"), format!("+ Add to {}", field.label.to_lowercase()))),
            }
        }
    }
}
