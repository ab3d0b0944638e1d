//! sigtap: a passive DNSSEC sensor.
//!
//! The rooms stand in the order of flow; each uses only those before it.

pub mod time;

pub mod confine;

pub mod capture;
pub mod packet;

pub mod message;
pub mod signature;

pub mod portfolio;

pub mod exchange;

pub mod chain;
pub mod watch;

pub mod alert;

pub mod state;

pub mod sink;

pub mod page;

pub mod pipeline;

pub mod ask;

pub mod report;

pub mod drill;

pub mod cli;
