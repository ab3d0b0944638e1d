//! The form that JSON lines have.

use std::borrow::Cow;

/// Whose field names lines use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// Ours, in the envelope of Suricata's EVE.
    #[default]
    Eve,
}

impl Format {
    /// All.
    pub const ALL: [Self; 1] = [Self::Eve];

    /// As `--format` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eve => "eve",
        }
    }
}

/// A native line in another form.
pub fn rendered(line: &str, format: Format) -> Cow<'_, str> {
    match format {
        Format::Eve => Cow::Borrowed(line),
    }
}
