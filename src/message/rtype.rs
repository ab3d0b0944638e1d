//! RR types, by number and by mnemonic.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An RR TYPE (RFC 1035 §3.2.2).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Rtype(u16);

impl Rtype {
    /// A host address.
    pub const A: Self = Self(1);
    /// A name server.
    pub const NS: Self = Self(2);
    /// An alias.
    pub const CNAME: Self = Self(5);
    /// The start of authority.
    pub const SOA: Self = Self(6);
    /// Text.
    pub const TXT: Self = Self(16);
    /// An IPv6 host address.
    pub const AAAA: Self = Self(28);
    /// An alias of a whole tree (RFC 6672).
    pub const DNAME: Self = Self(39);
    /// EDNS (RFC 6891).
    pub const OPT: Self = Self(41);
    /// A delegation signer (RFC 4034 §5).
    pub const DS: Self = Self(43);
    /// A signature (RFC 4034 §3).
    pub const RRSIG: Self = Self(46);
    /// Denial by names (RFC 4034 §4).
    pub const NSEC: Self = Self(47);
    /// A public key (RFC 4034 §2).
    pub const DNSKEY: Self = Self(48);
    /// Denial by hashed names (RFC 5155 §3).
    pub const NSEC3: Self = Self(50);
    /// NSEC3 parameters (RFC 5155 §4).
    pub const NSEC3PARAM: Self = Self(51);
    /// What the child wants as DS (RFC 7344 §3.1).
    pub const CDS: Self = Self(59);
    /// The keys that the child wants DS records for (RFC 7344 §3.2).
    pub const CDNSKEY: Self = Self(60);
    /// The meta type that says "no such name" in compact denial (RFC 9824 §3).
    pub const NXNAME: Self = Self(128);
    /// Incremental transfer.
    pub const IXFR: Self = Self(251);
    /// Transfer.
    pub const AXFR: Self = Self(252);
    /// All types.
    pub const ANY: Self = Self(255);

    /// From the number of the registry.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Whether it is one of the types that DNSSEC itself is made of.
    pub const fn is_dnssec(self) -> bool {
        matches!(
            self,
            Self::RRSIG | Self::DNSKEY | Self::DS | Self::NSEC | Self::NSEC3
        )
    }

    /// The number of the registry.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// The mnemonic, or `TYPE12345` where there is none (RFC 3597 §5).
impl fmt::Display for Rtype {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use hickory_proto::rr::RecordType;
        let known = RecordType::from(self.0);
        if *self == Self::NXNAME {
            out.write_str("NXNAME")
        } else if matches!(known, RecordType::Unknown(_)) {
            write!(out, "TYPE{}", self.0)
        } else {
            write!(out, "{known}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_print_as_mnemonic_or_number() {
        let table = [
            (1, "A"),
            (46, "RRSIG"),
            (50, "NSEC3"),
            (65, "HTTPS"),
            (128, "NXNAME"),
            (65_280, "TYPE65280"),
        ];
        for (number, expected) in table {
            assert_eq!(Rtype::new(number).to_string(), expected);
        }
    }
}
