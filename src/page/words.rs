//! Times and levels in words.

use crate::alert::Severity;
use crate::time::Timestamp;

/// A span of time for a sentence.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A moment as people read it, to the second.
pub(super) fn moment_of(time: Timestamp) -> String {
    let text = time.to_string();
    let text = text.get(..19).unwrap_or(&text);
    format!("{} UTC", text.replace('T', " "))
}

/// How long ago something was, and when.
pub(super) fn ago(time: Option<Timestamp>, now: Timestamp) -> String {
    let Some(time) = time else {
        return "never".to_owned();
    };
    let seconds = u64::try_from(now.seconds_since(time)).unwrap_or_default();
    format!("{} ago ({})", span(seconds), moment_of(time))
}

/// How loudly a severity is shown.
pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "alarm",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "note",
    }
}
