//! What can be wrong in a zone file, in plain words.

use std::fmt;

/// What is wrong in a zone file, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ZoneFileError {
    /// The line, from 1; of an entry over several lines, the one where it starts.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong in a zone file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A quoted text without an end on its line.
    #[error("a quotation mark is never closed")]
    OpenQuote,
    /// An opening parenthesis without its closing one.
    #[error("a parenthesis is never closed")]
    OpenParenthesis,
    /// A closing parenthesis without its opening one.
    #[error("a parenthesis is closed that was never opened")]
    StrayParenthesis,
    /// `$INCLUDE`.
    #[error("$INCLUDE is not followed; give the included file by itself")]
    Include,
    /// Any other directive than `$ORIGIN` and `$TTL`.
    #[error("unknown directive {0}")]
    UnknownDirective(String),
    /// A directive without its value.
    #[error("{0} without a value")]
    NoValue(String),
    /// No name to take over.
    #[error("the first record has no owner name")]
    NoOwner,
    /// An owner, and nothing that could be a type.
    #[error("no record type after the name")]
    NoType,
    /// A word where the type should be that cannot be one.
    #[error("`{0}` is no record type")]
    UnknownType(String),
    /// A field that ends the entry too early.
    #[error("the {0} is missing")]
    Missing(Field),
    /// A field that cannot be read.
    #[error("`{found}` is no valid {field}")]
    Invalid {
        /// Which one.
        field: Field,
        /// As it stands there, shortened.
        found: String,
    },
    /// RDATA in the generic form that is not what it says.
    #[error("the data is not {0} octets long, as `\\#` says")]
    WrongLength(u16),
    /// RDATA in the generic form that is too short for its type.
    #[error("the data is too short for its type")]
    TooShort,
}

/// A part of a zone file entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "Display says it all")]
pub enum Field {
    Owner,
    Origin,
    Ttl,
    KeyTag,
    Algorithm,
    DigestType,
    Digest,
    Flags,
    Protocol,
    PublicKey,
    TypeCovered,
    Labels,
    OriginalTtl,
    Expiration,
    Inception,
    Signer,
    Signature,
    Length,
    Data,
}

impl fmt::Display for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Owner => "owner name",
            Self::Origin => "origin",
            Self::Ttl => "TTL",
            Self::KeyTag => "key tag",
            Self::Algorithm => "algorithm",
            Self::DigestType => "digest type",
            Self::Digest => "digest (hexadecimal)",
            Self::Flags => "flags field",
            Self::Protocol => "protocol field",
            Self::PublicKey => "public key (base64)",
            Self::TypeCovered => "type covered",
            Self::Labels => "label count",
            Self::OriginalTtl => "original TTL",
            Self::Expiration => "expiration time",
            Self::Inception => "inception time",
            Self::Signer => "signer's name",
            Self::Signature => "signature (base64)",
            Self::Length => "data length",
            Self::Data => "data (hexadecimal)",
        })
    }
}

/// Says that a field cannot be read.
pub(super) fn invalid(field: Field, found: &str) -> Problem {
    Problem::Invalid {
        field,
        found: shortened(found),
    }
}

/// Enough of a text to find it by, fit for one line of an error.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
