//! Money in and out, by way of payment gateways.

pub mod state;
