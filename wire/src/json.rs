//! A small JSON codec: a reader that borrows its input, two traits, and macros that write both directions from one list.
//!
//! Reading ships to every fan, so it is written for few bytes: an object is read by one function for all types, through a list of
//! field names and a list of [`Fill`]s, and a mistake is kept in the reader, so that a result takes one register.

use std::fmt::Write as _;

/// A type that can be written as JSON and read back.
pub trait Json: Fill + Sized {
    /// Appends the JSON text of `self`.
    fn write(&self, out: &mut String);
    /// A value to be filled: what is meant where nothing is written.
    fn blank() -> Self;
}

/// A place that one value is read into. Apart from [`Json`], so that its `dyn` brings no writing with it.
pub trait Fill {
    /// Reads one value; leaves the reader behind it. After a mistake it holds anything.
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong>;
}

/// A mistake was found: the reader knows where and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

/// The JSON text of a value.
pub fn encode<T: Json>(value: &T) -> String {
    let mut out = String::with_capacity(128);
    value.write(&mut out);
    out
}

/// Reads a whole text as one value; anything after it but white space is an error.
pub fn decode<T: Json>(text: &str) -> Result<T, Malformed> {
    let mut value = T::blank();
    let mut reader = Reader::new(text);
    reader.whole(&mut value).map(|()| value)
}

/// The text is not what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Byte offset of the surprise.
    pub at: usize,
    /// What should have stood there.
    pub wanted: &'static str,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "byte {}: expected {}", self.at, self.wanted)
    }
}

impl std::error::Error for Malformed {}

/// A cursor over JSON text (RFC 8259).
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
    /// The first one.
    mistake: Option<Malformed>,
}

impl<'a> Reader<'a> {
    /// Arrays and objects within each other, at most: a hostile text cannot exhaust the stack.
    pub const DEPTH_MAX: u8 = 32;

    /// A reader at the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, mistake: None }
    }

    /// What is left. Empty within a character, where no reader stands: slicing would bring the words of its panic into every fan's browser.
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn whole(&mut self, value: &mut dyn Fill) -> Result<(), Malformed> {
        if value.fill(self).is_ok() && self.peek().is_some() {
            self.wrong("the end");
        }
        self.mistake.map_or(Ok(()), Err)
    }

    /// Keeps a mistake at this place, unless one was found before.
    pub fn wrong(&mut self, wanted: &'static str) -> Wrong {
        let at = self.at;
        self.mistake.get_or_insert(Malformed { at, wanted });
        Wrong
    }

    /// The next byte that is not white space, without taking it.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8, wanted: &'static str) -> Result<(), Wrong> {
        if self.peek() != Some(byte) {
            return Err(self.wrong(wanted));
        }
        self.at += 1;
        Ok(())
    }

    /// Takes `null` if it is next.
    pub fn null(&mut self) -> bool {
        self.peek();
        let is_null = self.rest().starts_with("null");
        if is_null {
            self.at += 4;
        }
        is_null
    }

    /// Reads an object; `field` is called with each name and must read (or [`Reader::skip`]) its value. It is a `dyn` so that this
    /// is compiled once.
    pub fn object(
        &mut self,
        field: &mut dyn FnMut(&mut Self, &str) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.items(b'{', b'}', &mut |reader| {
            let name = reader.string()?;
            reader.take(b':', "a colon")?;
            field(reader, &name)
        })
    }

    /// Reads an object whose fields have `names` into `values`, which stand in the same order; passes over others.
    pub fn fields(&mut self, names: &[&str], values: &mut [&mut dyn Fill]) -> Result<(), Wrong> {
        self.object(
            &mut |reader, name| match names.iter().zip(values.iter_mut()).find(|(it, _)| **it == name) {
                Some((_, value)) => value.fill(reader),
                None => reader.skip(),
            },
        )
    }

    /// Reads a string that is one of `words`, and tells which.
    pub fn word(&mut self, words: &[&str]) -> Result<usize, Wrong> {
        let word = self.string()?;
        words.iter().position(|it| *it == word).ok_or_else(|| self.wrong("a known word"))
    }

    /// Reads an array; `item` is called for each element and must read it.
    pub fn array(&mut self, item: &mut dyn FnMut(&mut Self) -> Result<(), Wrong>) -> Result<(), Wrong> {
        self.items(b'[', b']', item)
    }

    fn items(
        &mut self,
        open: u8,
        close: u8,
        item: &mut dyn FnMut(&mut Self) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.take(open, if open == b'{' { "an object" } else { "an array" })?;
        self.depth += 1;
        if self.depth > Self::DEPTH_MAX {
            return Err(self.wrong("fewer levels"));
        }
        if self.peek() == Some(close) {
            self.at += 1;
        } else {
            loop {
                item(self)?;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.wrong("a comma or the end of the list")),
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string and resolves its escapes.
    pub fn string(&mut self) -> Result<String, Wrong> {
        self.take(b'"', "a string")?;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(stop) = rest.bytes().position(|it| matches!(it, b'"' | b'\\') || it < b' ') else {
                return Err(self.wrong("a closing quote"));
            };
            out.push_str(rest.get(..stop).unwrap_or_default());
            self.at += stop + 1;
            match rest.as_bytes()[stop] {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                _ => return Err(self.wrong("no control character")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        let Some(&byte) = self.text.as_bytes().get(self.at) else {
            return Err(self.wrong("an escape"));
        };
        let plain = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.wrong("an escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// After `\u`: four hexadecimal digits, twice for a character outside the basic plane.
    fn unicode(&mut self) -> Result<char, Wrong> {
        let first = self.hex4()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            if !self.rest().starts_with("\\u") {
                return Err(self.wrong("the second half of a surrogate pair"));
            }
            self.at += 2;
            let second = self.hex4()?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(self.wrong("the second half of a surrogate pair"));
            }
            0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.wrong("a character"))
    }

    fn hex4(&mut self) -> Result<u32, Wrong> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.text.as_bytes().get(self.at).and_then(|it| char::from(*it).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.wrong("a hexadecimal digit"))?;
            self.at += 1;
        }
        Ok(code)
    }

    /// Reads a whole number ≥ 0; fractions, exponents and signs are refused.
    pub fn number(&mut self) -> Result<u64, Wrong> {
        self.peek();
        let start = self.at;
        let mut value: u64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.text.as_bytes().get(self.at) {
            value = value
                .checked_mul(10)
                .and_then(|it| it.checked_add(u64::from(digit - b'0')))
                .ok_or_else(|| self.wrong("a smaller number"))?;
            self.at += 1;
        }
        let leading_zero = self.at - start > 1 && self.text.as_bytes()[start] == b'0';
        let goes_on = matches!(self.text.as_bytes().get(self.at), Some(b'.' | b'e' | b'E'));
        if self.at == start || leading_zero || goes_on {
            return Err(self.wrong("a whole number"));
        }
        Ok(value)
    }

    /// Passes over one value of any kind.
    pub fn skip(&mut self) -> Result<(), Wrong> {
        match self.peek() {
            Some(b'{') => self.object(&mut |reader, _| reader.skip()),
            Some(b'[') => self.array(&mut Reader::skip),
            Some(b'"') => self.string().map(drop),
            _ => self.skip_word(),
        }
    }

    /// Passes over a number or a literal. How a number is written is not looked at: its value is not used.
    fn skip_word(&mut self) -> Result<(), Wrong> {
        let rest = self.rest();
        let end = rest
            .bytes()
            .position(|it| !(it.is_ascii_alphanumeric() || matches!(it, b'-' | b'+' | b'.')))
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let starts_as_number = word.starts_with(|it: char| it == '-' || it.is_ascii_digit());
        if !(starts_as_number || matches!(word, "true" | "false" | "null")) {
            return Err(self.wrong("a value"));
        }
        self.at += end;
        Ok(())
    }
}

macro_rules! json_number {
    ($($type:ty)*) => { $(
        impl Fill for $type {
            fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
                let value = reader.number()?;
                *self = Self::try_from(value).map_err(|_| reader.wrong("a smaller number"))?;
                Ok(())
            }
        }
        impl Json for $type {
            fn write(&self, out: &mut String) {
                let _ = write!(out, "{self}");
            }
            fn blank() -> Self {
                0
            }
        }
    )* };
}
json_number!(u8 u16 u32 u64);

impl Fill for bool {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        reader.peek();
        let rest = reader.rest();
        let length = match (rest.starts_with("true"), rest.starts_with("false")) {
            (true, _) => 4,
            (_, true) => 5,
            _ => return Err(reader.wrong("true or false")),
        };
        *self = length == 4;
        reader.at += length;
        Ok(())
    }
}

impl Json for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
    fn blank() -> Self {
        false
    }
}

impl Fill for String {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        *self = reader.string()?;
        Ok(())
    }
}

impl Json for String {
    fn write(&self, out: &mut String) {
        write_text(self, out);
    }
    fn blank() -> Self {
        String::new()
    }
}

/// Writes `text` as a JSON string. Every control character is escaped, so the result holds no line end and fits an SSE `data:` line.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
}

impl<T: Json> Fill for Option<T> {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        *self = None;
        if reader.null() { Ok(()) } else { self.insert(T::blank()).fill(reader) }
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
    fn blank() -> Self {
        None
    }
}

impl<T: Json> Fill for Vec<T> {
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Wrong> {
        self.clear();
        reader.array(&mut |reader| {
            let mut item = T::blank();
            item.fill(reader)?;
            self.push(item);
            Ok(())
        })
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (at, item) in self.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            item.write(out);
        }
        out.push(']');
    }
    fn blank() -> Self {
        Vec::new()
    }
}

/// Writes one field of an object unless it holds its default.
pub(crate) fn write_field<T: Json + Default + PartialEq>(name: &str, value: &T, out: &mut String) {
    if *value == T::default() {
        return;
    }
    write_name(name, out);
    value.write(out);
}

/// Writes a field's name, with the comma before it where one is due.
pub(crate) fn write_name(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}

/// `json_object!(Type { field: "name", … })` writes both directions for a struct whose fields have defaults.
macro_rules! json_object {
    ($type:ty { $($field:ident : $name:literal),* $(,)? }) => {
        impl $crate::json::Fill for $type {
            fn fill(&mut self, reader: &mut $crate::json::Reader<'_>) -> Result<(), $crate::json::Wrong> {
                let Self { $($field),* } = self;
                reader.fields(&[$($name),*], &mut [$($field),*])
            }
        }
        impl $crate::json::Json for $type {
            fn write(&self, out: &mut String) {
                // Names every field, so that one added to the type cannot be forgotten here.
                let Self { $($field),* } = self;
                out.push('{');
                $( $crate::json::write_field($name, $field, out); )*
                out.push('}');
            }
            fn blank() -> Self {
                Self::default()
            }
        }
    };
}

/// `json_words!(Type { Variant: "word", … })` for an enum without values.
macro_rules! json_words {
    ($type:ty { $($variant:ident : $word:literal),* $(,)? }) => {
        impl $crate::json::Fill for $type {
            fn fill(&mut self, reader: &mut $crate::json::Reader<'_>) -> Result<(), $crate::json::Wrong> {
                *self = [$( <$type>::$variant ),*][reader.word(&[$($word),*])?];
                Ok(())
            }
        }
        impl $crate::json::Json for $type {
            fn write(&self, out: &mut String) {
                out.push_str(match self { $( <$type>::$variant => concat!('"', $word, '"'), )* });
            }
            fn blank() -> Self {
                Self::default()
            }
        }
    };
}

pub(crate) use {json_object, json_words};
