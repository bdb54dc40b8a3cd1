//! PostgreSQL binaries that come with `cargo build`.
