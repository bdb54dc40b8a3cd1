//! The bytes between server and widget: the JSON reader by RFC 8259, every type there and back, and the exact shapes.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod generated;
mod reader;
mod readme;
mod shapes;
mod values;
