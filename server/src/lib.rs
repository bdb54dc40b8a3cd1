//! The server behind `crease`: configuration, roles, feeds, streams and HTTP.
//!
//! A feed's commands become a match's append-only log ([`feed`]); each accepted one is an update to every open stream ([`stream`]);
//! [`http`] is the surface. It never computes a score itself: `cricket` does, here and in the fan's browser.
//!
//! Read [`role::run`] first.

pub mod app;
pub mod backup;
pub mod books;
pub mod cli;
pub mod config;
pub mod content;
mod demo;
pub mod doctor;
pub mod door;
pub mod feed;
pub mod grants;
pub mod http;
mod mail;
pub mod markets;
pub mod metering;
pub mod moments;
pub mod notices;
pub mod plans;
pub mod problem;
pub mod questions;
pub mod role;
pub mod secrets;
pub mod stream;
pub mod telemetry;
pub mod tills;
pub mod tones;
pub mod wallets;
mod work;
