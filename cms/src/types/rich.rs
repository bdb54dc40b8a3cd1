//! Rich text, as the editor's tree.

use crate::text::Doc;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A tree that begins with `{"type": "doc"}`. What may be in it, [`Doc`] says, of drafts as well: the schema says no more than that it is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RichText(Doc);

impl JsonSchema for RichText {
    fn schema_name() -> Cow<'static, str> {
        "RichText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": { "type": { "const": "doc" } },
            "required": ["type"],
            "x-widget": "rich",
        })
    }
}
