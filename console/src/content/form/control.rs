//! The controls of single fields: what somebody fills in.

use super::sent::{DATE, NO, TIME, WAS, YES, ZONE};
use super::{Deep, Form, Rows, worded};
use crate::content::pick::{LOOK_OUTSIDE, Pick};
use crate::rich::Rich;
use cms::schema::{Field, Shape};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Where entries and pictures are looked for.
pub(super) const LOOK: &str = "/console/content/look";
pub(super) const LOOK_MEDIA: &str = "/console/content/media/look";
/// Who and what texts may name, and show in themselves.
const LOOK_NAMES: &str = "/console/content/names/look";
const LOOK_EMBEDS: &str = "/console/content/embeds/look";

impl Form<'_> {
    /// A field with its label, its help, and what is wrong.
    pub(super) fn control(&self, field: &Field, path: &str) -> Markup {
        match &field.shape {
            Shape::Text { length_max, widget, .. } => self.text(field, path, *length_max, widget.as_deref()),
            Shape::Rich => self.rich(field, path),
            Shape::Number { min, max } => self.number(field, path, (*min, *max)),
            Shape::Switch => self.switch(field, path),
            Shape::DateTime => self.moment(field, path),
            Shape::Select { options, labels } => self.select(field, path, (options, labels)),
            Shape::Relation { .. } | Shape::Media | Shape::Outside { .. } => {
                self.pick(field, path, &field.shape, 1)
            }
            Shape::Group { fields } => self.group(field, path, fields),
            Shape::Blocks { blocks } => self.block(path, blocks),
            Shape::List { item, items_max, .. } => match (Rows::of(item), item.as_ref()) {
                (Rows::Lines, _) => self.lines(field, path),
                (Rows::Ids, item) => self.pick(field, path, item, *items_max),
                (Rows::Items, _) => self.list(field, path, item, *items_max),
            },
        }
    }

    fn text(&self, field: &Field, path: &str, length_max: u64, widget: Option<&str>) -> Markup {
        let value = self.sent.text(path);
        if widget == Some("hidden") {
            return self.id(field, path, value);
        }
        let has_room = length_max < 1_000 && widget.is_none_or(|it| it == "lines");
        let room = has_room.then_some(length_max);
        let lang = field.is_localised.then_some(self.language);
        let control = match widget {
            Some("lines") => html! {
                textarea #(path) name=(path) lang=[lang] rows=(if length_max > 300 { 6 } else { 3 }) data-room=[room]
                    aria-describedby=[self.described(field, path, room)] aria-invalid=[self.invalid(path)] { "\n" (value) }
            },
            Some("colour") => html! {
                span.colour-field data-colour {
                    input #(path) name=(path) type="text" value=(value) spellcheck="false" autocomplete="off" maxlength="7" placeholder="#0b5fff"
                        aria-describedby=[self.described(field, path, None)] aria-invalid=[self.invalid(path)];
                }
            },
            widget => html! {
                input #(path) name=(path) type="text" value=(value) lang=[lang] data-room=[room] autocomplete="off" inputmode=[(widget == Some("link")).then_some("url")]
                    spellcheck=(if widget.is_none() { "true" } else { "false" })
                    aria-describedby=[self.described(field, path, room)] aria-invalid=[self.invalid(path)];
            },
        };
        self.around(field, path, room, control)
    }

    /// What an item is called for programs: kept as it is; where a field names another item, one of those that there are.
    fn id(&self, field: &Field, path: &str, value: &str) -> Markup {
        let Some(options) = self.items_to_name(field, path) else {
            return html! { input type="hidden" name=(path) value=(value); };
        };
        let is_known = value.is_empty() || options.iter().any(|it| it.0 == value);
        let control = html! {
            select #(path) name=(path) aria-describedby=[self.described(field, path, None)] aria-invalid=[self.invalid(path)] {
                option value="" { "—" }
                @for (id, text) in &options { option value=(id) selected[id == value] { (text) } }
                @if !is_known { option value=(value) selected { (value) } }
            }
        };
        self.around(field, path, None, control)
    }

    fn rich(&self, field: &Field, path: &str) -> Markup {
        let text = self.sent.text(path);
        let filled = super::sent::tree(text).and_then(|it| cms::text::Doc::parse(&it).ok());
        // What an editor has sent stands in the field as it came, words of somebody without one as words.
        let (doc, plain) = match &filled {
            None if text.starts_with("{\"type\":\"doc\"") => (Some(text.to_owned()), text.to_owned()),
            Some(doc) => (Some(text.to_owned()), doc.plain()),
            None => (
                cms::text::Doc::of_plain(text).ok().and_then(|it| serde_json::to_string(&it).ok()),
                text.to_owned(),
            ),
        };
        let is_locked = !cms::rights::may_write(self.of.rights.role, field);
        let rich = Rich {
            name: path,
            label: &field.label,
            doc: doc.as_deref().unwrap_or_default(),
            plain: &plain,
            language: self.language,
            words_max: 0,
            mentions: Some(LOOK_NAMES),
            media: Some(LOOK_MEDIA),
            embeds: Some(LOOK_EMBEDS),
            thumbnail: self.thumbnail,
        };
        html! {
            div.field {
                @if is_locked { span.label { (field.label) } p.locked-text lang=(self.language) { (plain) } }
                @else { (rich.render()) }
                (self.aside(field, path))
            }
        }
    }

    fn number(&self, field: &Field, path: &str, (min, max): (Option<i64>, Option<i64>)) -> Markup {
        let control = html! {
            input.short #(path) name=(path) type="number" step="1" min=[min] max=[max] value=(self.sent.text(path))
                aria-describedby=[self.described(field, path, None)] aria-invalid=[self.invalid(path)];
        };
        self.around(field, path, None, control)
    }

    fn switch(&self, field: &Field, path: &str) -> Markup {
        html! {
            div.field.tick {
                input type="hidden" name=(path) value=(NO);
                input #(path) name=(path) type="checkbox" value=(YES) checked[self.sent.text(path) == YES] aria-describedby=[self.described(field, path, None)];
                label for=(path) { (field.label) }
                (self.aside(field, path))
            }
        }
    }

    fn moment(&self, field: &Field, path: &str) -> Markup {
        let name = |part: &str| format!("{path}{part}");
        let value = |part: &str| self.sent.text(&name(part)).to_owned();
        let zone = Some(value(ZONE))
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| super::moment::ZONES[0].to_owned());
        let step = if value(TIME).len() > 5 { "1" } else { "60" };
        html! {
            fieldset.field.plain.moment #(path) aria-describedby=[self.described(field, path, None)] {
                legend.is-needed[is_needed(field)] { (field.label) }
                (self.aside(field, path))
                div.moment-parts {
                    label { span { "Day" } input type="date" name=(name(DATE)) value=(value(DATE)) aria-invalid=[self.invalid(path)]; }
                    label { span { "Time" } input type="time" step=(step) name=(name(TIME)) value=(value(TIME)) aria-invalid=[self.invalid(path)]; }
                    label { span { "Time zone" } input type="text" list="zones" name=(name(ZONE)) value=(zone) autocomplete="off" spellcheck="false"; }
                    input type="hidden" name=(name(WAS)) value=(value(WAS));
                }
            }
        }
    }

    fn select(
        &self,
        field: &Field,
        path: &str,
        (options, labels): (&[String], &BTreeMap<String, String>),
    ) -> Markup {
        let chosen = self.sent.text(path);
        let label = |it: &str| labels.get(it).cloned().unwrap_or_else(|| worded(it));
        let control = html! {
            select #(path) name=(path) aria-describedby=[self.described(field, path, None)] aria-invalid=[self.invalid(path)] {
                option value="" { "—" }
                @for it in options { option value=(it) selected[it == chosen] { (label(it)) } }
            }
        };
        self.around(field, path, None, control)
    }

    /// Texts, one a line.
    fn lines(&self, field: &Field, path: &str) -> Markup {
        let control = html! {
            textarea #(path) name=(path) rows="3" spellcheck="false" aria-describedby=[self.described(field, path, None)] aria-invalid=[self.invalid_within(path)] {
                "\n" (self.sent.text(path))
            }
        };
        html! {
            (self.around_with(field, path, None, control, "One a line."))
        }
    }

    /// Entries of some types, pictures, or what lies outside: ticked are those that are chosen. Without a script others are named by id.
    fn pick(&self, field: &Field, path: &str, item: &Shape, count_max: u64) -> Markup {
        let ids = self.sent.ids(path);
        // Of one that was chosen and one that was written, the last.
        let ids = if count_max == 1 { &ids[ids.len().saturating_sub(1)..] } else { &ids[..] };
        let (look, prefix, is_picture) = match item {
            Shape::Relation { kinds } => {
                let kinds: Vec<String> = kinds.iter().map(|it| format!("kind={it}")).collect();
                (format!("{LOOK}?{}", kinds.join("&")), "ent", false)
            }
            Shape::Outside { what } => (format!("{LOOK_OUTSIDE}/{}", what.word()), what.prefix(), false),
            _ => (LOOK_MEDIA.to_owned(), "med", true),
        };
        let pick = Pick {
            name: path,
            label: &field.label,
            is_needed: is_needed(field),
            aside: self.aside(field, path),
            described: self.described(field, path, None),
            look: &look,
            prefix,
            count_max,
            thumbnail: is_picture.then_some(self.thumbnail),
            chosen: ids.iter().map(|id| (*id, self.named.get(*id))).collect(),
        };
        pick.render()
    }

    fn around(&self, field: &Field, path: &str, room: Option<u64>, control: Markup) -> Markup {
        self.around_with(field, path, room, control, "")
    }

    fn around_with(
        &self,
        field: &Field,
        path: &str,
        room: Option<u64>,
        control: Markup,
        how: &str,
    ) -> Markup {
        let length = self.sent.text(path).chars().count();
        html! {
            div.field {
                label.is-needed[is_needed(field)] for=(path) { (field.label) }
                (self.aside_with(field, path, how))
                (control)
                @if let Some(room) = room {
                    p.room id={ (path) "-room" } .over[length as u64 > room] { (length) " of " (room) }
                }
            }
        }
    }

    pub(super) fn aside(&self, field: &Field, path: &str) -> Markup {
        self.aside_with(field, path, "")
    }

    fn aside_with(&self, field: &Field, path: &str, how: &str) -> Markup {
        let help =
            [field.help.as_str(), how].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
        html! {
            @if !help.is_empty() { p.hint id={ (path) "-hint" } { (help) } }
            @if is_needed(field) { span.unseen id={ (path) "-needed" } { "Needed to publish." } }
            p.mistake id={ (path) "-mistake" } { @if let Some(text) = self.wrong(path, deep(field)) { (field.label) " " (text) "." } }
        }
    }

    pub(super) fn described(&self, field: &Field, path: &str, room: Option<u64>) -> Option<String> {
        let has_hint = !field.help.is_empty()
            || matches!(&field.shape, Shape::List { item, .. } if Rows::of(item) == Rows::Lines);
        let hint = has_hint.then(|| format!("{path}-hint"));
        let room = room.map(|_| format!("{path}-room"));
        let needed = is_needed(field).then(|| format!("{path}-needed"));
        let all: Vec<String> =
            [hint, needed, room, Some(format!("{path}-mistake"))].into_iter().flatten().collect();
        Some(all.join(" "))
    }

    fn invalid(&self, path: &str) -> Option<&'static str> {
        self.wrong(path, Deep::Itself).map(|_| "true")
    }

    fn invalid_within(&self, path: &str) -> Option<&'static str> {
        self.wrong(path, Deep::Within).map(|_| "true")
    }
}

/// Groups and lists of them tell what is within at the fields themselves.
fn deep(field: &Field) -> Deep {
    match &field.shape {
        Shape::Group { .. } | Shape::Blocks { .. } => Deep::Itself,
        Shape::List { item, .. } if Rows::of(item) == Rows::Items => Deep::Itself,
        _ => Deep::Within,
    }
}

/// Whether it is marked: fans would miss it.
pub(super) fn is_needed(field: &Field) -> bool {
    field.is_needed && field.shape != Shape::Switch
}
