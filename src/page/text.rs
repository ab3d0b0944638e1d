//! The text format of Prometheus, version 0.0.4.

use crate::time::Timestamp;
use std::fmt::{self, Display, Write};

/// Metrics as text, family by family.
#[derive(Debug, Default)]
pub(super) struct Text(String);

/// What a metric is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Text {
    /// Begins a family; its samples follow.
    pub(super) fn family(&mut self, name: &'static str, kind: Type, help: &str) -> Family<'_> {
        let kind = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string never fails.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { text: self, name }
    }

    /// A family of one sample without labels.
    pub(super) fn single(
        &mut self,
        name: &'static str,
        kind: Type,
        help: &str,
        value: impl Display,
    ) {
        self.family(name, kind, help).sample(&[], value);
    }

    /// The whole.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A family that samples are added to.
#[derive(Debug)]
pub(super) struct Family<'a> {
    text: &'a mut Text,
    name: &'static str,
}

impl Family<'_> {
    /// Adds a sample. Whatever a label's value holds, it stays in its place.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let out = &mut self.text.0;
        out.push_str(self.name);
        for (place, (label, text)) in labels.iter().enumerate() {
            out.push(if place == 0 { '{' } else { ',' });
            // Writing to a string never fails.
            let _ = write!(out, "{label}=\"");
            for character in text.chars() {
                match character {
                    '\\' => out.push_str("\\\\"),
                    '"' => out.push_str("\\\""),
                    '\n' => out.push_str("\\n"),
                    _ => out.push(character),
                }
            }
            out.push('"');
        }
        if !labels.is_empty() {
            out.push('}');
        }
        let _ = writeln!(out, " {value}");
    }
}

/// A time as Prometheus counts: seconds since the epoch, in decimal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(pub(super) Timestamp);

impl Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let (seconds, rest) = (
            nanos.div_euclid(1_000_000_000),
            nanos.rem_euclid(1_000_000_000),
        );
        write!(out, "{seconds}.{:03}", rest / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_breaks_out_of_its_place() {
        let mut text = Text::default();
        let mut family = text.family("sigtap_x", Type::Gauge, "One\nline.");
        family.sample(&[("zone", "a\"} 1\nb\\"), ("other", "")], 2);
        family.sample(&[], 3);
        assert_eq!(
            text.finish(),
            "# HELP sigtap_x One\\nline.\n# TYPE sigtap_x gauge\n\
             sigtap_x{zone=\"a\\\"} 1\\nb\\\\\",other=\"\"} 2\nsigtap_x 3\n"
        );
    }
}
