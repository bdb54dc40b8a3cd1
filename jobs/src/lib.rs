//! Durable background work on PostgreSQL: a job exists if and when the transaction that enqueued it commits, and leaves when its handler has
//! succeeded, or has failed for good.
//!
//! [`enqueue`] puts a [`Job`] into the caller's transaction. A [`Worker`] claims jobs in batches, runs each in a task of its own and writes
//! the outcomes down in batches: done, tried again after a pause, or dead with all its failures. A process that runs jobs is a node with a
//! number of its own for each start; it says by the database's clock that it lives, and its jobs go to others when it falls silent.
//!
//! Architecture Invariant: whoever writes down an outcome says which node's which attempt it is of, and is refused if the job has gone to
//! another in the meantime. Delivery is at least once; what a handler does to the same database is done once if it is done in one
//! transaction with a key of its own.

mod attempt;
mod bell;
mod cron;
mod duties;
mod error;
mod flow;
mod handler;
mod hands;
mod heart;
mod job;
mod node;
mod operate;
pub mod overview;
mod queue;
mod retry;
pub mod rpc;
mod shift;
mod supervise;
mod tally;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trace;
mod worker;

pub use attempt::Attempt;
pub use cron::{Cron, Missed, drop_cron, pause_cron, resume_cron, run_cron};
pub use error::Error;
pub use flow::{Flow, Step};
pub use handler::NotDone;
pub use heart::Health;
pub use job::{Job, Unique, Until, Wish, enqueue, enqueue_all, enqueue_alone};
pub use operate::{Limits, Rate, cancel, forget, limit, pause, resume, revive};
pub use retry::Backoff;
pub use supervise::{Child, Escalated, Restart, Strategy, Supervisor};
pub use worker::Worker;

use store::Migrations;

/// The tables of this crate, in the schema `jobs`.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "jobs",
    steps: &[store::Step { name: "1_jobs", sql: include_str!("../migrations/1_jobs.sql") }],
};

/// The README's example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
