//! What can be wrong in a portfolio, in plain words.

use crate::message::zone_file::Problem as BadDs;

/// What is wrong in a portfolio, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct PortfolioError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong in a portfolio.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is no TOML, or a value is of the wrong type.
    #[error("{message}")]
    Toml {
        /// What the reader of TOML said.
        message: String,
    },
    /// A key that means nothing here.
    #[error("unknown key `{key}` in {table}{}", did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// As written.
        key: String,
        /// The table that it stands in.
        table: &'static str,
        /// The known key that it is most alike, if one is.
        nearest: Option<&'static str>,
    },
    /// A value that is none of those that there are.
    #[error("`{found}` is no {key}: it is {known}")]
    UnknownValue {
        /// The key.
        key: &'static str,
        /// As written, shortened.
        found: String,
        /// Those that there are.
        known: &'static str,
    },
    /// Nothing but space.
    #[error("`{key}` is empty; leave it out if there is none")]
    Empty {
        /// The key.
        key: &'static str,
    },
    /// No domain name.
    #[error("`{found}` is no domain name")]
    BadName {
        /// As written, shortened.
        found: String,
    },
    /// A domain name that is not in ASCII.
    #[error("`{found}` has letters outside of ASCII: write {a_label}")]
    NotAscii {
        /// As written, shortened.
        found: String,
        /// What it is on the wire, or what it should be.
        a_label: String,
    },
    /// No DS record.
    #[error("`{found}` in {key} is no DS record: {source}")]
    BadDs {
        /// The key.
        key: &'static str,
        /// As written, shortened.
        found: String,
        /// Why.
        source: BadDs,
    },
    /// A digest that is not as long as its type.
    #[error(
        "a digest of type {digest_type} in {key} has {expected} octets, this one has {octets}: \
         was it cut off?"
    )]
    DigestLength {
        /// The key.
        key: &'static str,
        /// Which digest.
        digest_type: u8,
        /// Octets that it should have.
        expected: usize,
        /// Octets that it has.
        octets: usize,
    },
    /// The same record twice in one set.
    #[error("{key} names DS {key_tag} twice")]
    SameDs {
        /// The key.
        key: &'static str,
        /// The key tag of the record.
        key_tag: u16,
    },
    /// No address.
    #[error("`{found}` is no IP address")]
    BadAddress {
        /// As written, shortened.
        found: String,
    },
    /// A time that is no moment.
    #[error("`{key}` needs date, time and offset, as in 2026-12-01T08:00:00Z")]
    BadTime {
        /// The key.
        key: &'static str,
    },
    /// The same zone again.
    #[error("zone {name} is declared twice, first on line {first}")]
    SameZone {
        /// The zone.
        name: String,
        /// Where it was declared first.
        first: usize,
    },
    /// The same resolver again.
    #[error("resolver {address} is declared twice, first on line {first}")]
    SameResolver {
        /// Its address.
        address: String,
        /// Where it was declared first.
        first: usize,
    },
    /// A window without a moment in it.
    #[error("the window of {ticket} ends before it begins")]
    EmptyWindow {
        /// The change.
        ticket: String,
    },
    /// A change that changes nothing.
    #[error("{ticket} changes nothing: ds_before and ds_after are the same")]
    NoChange {
        /// The change.
        ticket: String,
    },
    /// Two changes that cannot both be meant.
    #[error(
        "{ticket} contradicts {other} (line {first}): both start from the same DS set, in windows \
         that overlap, and lead to different ones"
    )]
    Contradiction {
        /// The change.
        ticket: String,
        /// The other one.
        other: String,
        /// Where the other one stands.
        first: usize,
    },
    /// The same change again.
    #[error(
        "{ticket} declares again what {other} (line {first}) declares, in a window that overlaps"
    )]
    SameChange {
        /// The change.
        ticket: String,
        /// The other one.
        other: String,
        /// Where the other one stands.
        first: usize,
    },
    /// Insecure, and with a DS set.
    #[error("a zone with expect = \"insecure\" cannot have pinned_ds: DS records make it secure")]
    PinnedInsecure,
    /// Secure, and without a DS set.
    #[error(
        "a zone with expect = \"secure\" cannot have an empty pinned_ds: without DS it is insecure"
    )]
    UnpinnedSecure,
}

impl Problem {
    /// Whether the portfolio can be read, and speaks against itself.
    pub const fn is_contradiction(&self) -> bool {
        match self {
            Self::SameZone { .. }
            | Self::SameResolver { .. }
            | Self::EmptyWindow { .. }
            | Self::NoChange { .. }
            | Self::Contradiction { .. }
            | Self::SameChange { .. }
            | Self::SameDs { .. }
            | Self::PinnedInsecure
            | Self::UnpinnedSecure => true,
            Self::Toml { .. }
            | Self::UnknownKey { .. }
            | Self::UnknownValue { .. }
            | Self::Empty { .. }
            | Self::BadName { .. }
            | Self::NotAscii { .. }
            | Self::BadDs { .. }
            | Self::DigestLength { .. }
            | Self::BadAddress { .. }
            | Self::BadTime { .. } => false,
        }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!("; did you mean `{nearest}`?")
    })
}
