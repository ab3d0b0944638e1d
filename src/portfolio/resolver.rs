//! One resolver of the portfolio.

use std::net::IpAddr;

/// Software that sigtap knows commands of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Software {
    /// The resolver of that name.
    Unbound,
    /// ISC's BIND.
    Bind,
    /// Knot Resolver.
    Knot,
    /// The Recursor of `PowerDNS`.
    Powerdns,
}

impl Software {
    /// All.
    pub const ALL: [Self; 4] = [Self::Unbound, Self::Bind, Self::Knot, Self::Powerdns];

    /// As the portfolio names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unbound => "unbound",
            Self::Bind => "bind",
            Self::Knot => "knot",
            Self::Powerdns => "powerdns",
        }
    }
}

/// What the operator says of a resolver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resolver {
    /// Its address.
    pub address: IpAddr,
    /// What people call it.
    pub name: Option<String>,
    /// What runs there, for commands.
    pub software: Option<Software>,
    /// Whether it is to validate.
    pub validates: Option<bool>,
}

impl Resolver {
    /// What it is called in a sentence: `res1 (192.0.2.53)`.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.address),
            None => self.address.to_string(),
        }
    }
}
