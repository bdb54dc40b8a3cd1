//! The server as its users meet it: real HTTP against a real PostgreSQL (and Redis), in this process or as the real binary.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

mod archive;
mod backup;
mod bus;
mod content;
mod corrections;
mod door;
mod embed;
mod fans;
mod feed;
mod http2;
mod keys;
mod late;
mod limits;
mod manage;
mod markets;
mod metering;
mod moments;
mod names;
mod nginx;
mod nodes;
mod outage;
mod places;
mod quizzes;
mod reports;
mod rest;
mod restart;
mod rewards;
mod rounds;
mod short_way;
mod slow;
mod stream;
mod support;
mod telemetry;
mod tones;
mod vouchers;
mod wallets;
mod webhooks;
mod work;
