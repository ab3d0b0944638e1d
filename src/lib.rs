//! sigtap: a passive DNSSEC sensor.
//!
//! The rooms stand in the order of flow; each uses only those before it.

pub mod time;

pub mod capture;
pub mod message;
pub mod packet;

pub mod chain;
