//! Times, spans and lists as people read them.

use crate::time::Timestamp;

/// A moment without what nobody reads in a hurry: `2026-10-12 08:15:30 UTC`.
pub(super) fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    let clock = text.split('.').next().unwrap_or(&text);
    format!("{} UTC", clock.replace('T', " "))
}

/// The same, or a word for none.
pub(super) fn moment_or(time: Option<Timestamp>, none: &str) -> String {
    time.map_or_else(|| none.to_owned(), moment)
}

/// Seconds in the one or two units that read best: `45 s`, `1 h 30 min`, `3 days 4 h`.
pub(super) fn span(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "day"), (3600, "h"), (60, "min"), (1, "s")];
    let seconds = seconds.max(0);
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        let count = left / unit;
        left %= unit;
        if count == 0 {
            // Two units that lie next to each other, or one.
            if parts.is_empty() {
                continue;
            }
            break;
        }
        let plural = if name == "day" && count > 1 { "s" } else { "" };
        parts.push(format!("{count} {name}{plural}"));
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

/// How far a moment lies from now: `in 2 h`, `3 min ago`, `now`.
pub(super) fn from_now(time: Timestamp, now: Timestamp) -> String {
    match time.seconds_since(now) {
        0 => "now".to_owned(),
        ahead @ 1.. => format!("in {}", span(ahead)),
        behind => format!("{} ago", span(-behind)),
    }
}

/// Some things in a row: `a, b and c`.
pub(super) fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// A count with its noun: `1 zone`, `2 zones`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A text of somebody else's, without what a terminal obeys.
pub(super) fn plain(text: &str) -> String {
    let is_order = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|letter| if is_order(letter) { '?' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units_that_lie_next_to_each_other() {
        let table = [
            (-5, "0 s"),
            (0, "0 s"),
            (45, "45 s"),
            (90, "1 min 30 s"),
            (3605, "1 h"),
            (5400, "1 h 30 min"),
            (86_400, "1 day"),
            (273_600, "3 days 4 h"),
        ];
        for (seconds, expected) in table {
            assert_eq!(span(seconds), expected);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_taken_out() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\n"), "a?[31mb?c?");
    }
}
