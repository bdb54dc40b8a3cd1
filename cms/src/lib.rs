//! What editors write and publish: texts with structure, and the pictures in them.
//!
//! Read [`text::Doc`] first. This crate knows no HTTP: whoever serves it says where things are.

pub mod text;
