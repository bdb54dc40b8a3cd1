//! The order of a struct's fields: JSON Schema's properties have none, and a form has one.

use schemars::Schema;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::{de, forward_to_deserialize_any};
use serde_json::json;

/// Notes in a struct's schema the order in which its fields are declared: `#[schemars(transform = in_order::<Self>)]`.
pub(super) fn in_order<T: DeserializeOwned>(schema: &mut Schema) {
    let mut names: &[&str] = &[];
    // It fails always, once it has said what it would read.
    T::deserialize(Names(&mut names)).err();
    schema.insert("x-order".to_owned(), json!(names));
}

/// Reads nothing, and learns which fields would be read.
struct Names<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("nothing to read"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
