//! The constant facts of a run that every line tells.

/// Where the frames come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// A capture file, by its name.
    CaptureFile(String),
    /// An interface, by its name.
    Interface(String),
}

/// The sensor, as lines tell of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sensor {
    /// The `host` of every line.
    pub name: String,
    /// This is an exercise: every line says so.
    pub drill: bool,
    /// Where the frames come from.
    pub source: Source,
}

/// The version that every line tells.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
