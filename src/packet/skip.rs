//! Why a frame gave nothing.

/// Why a frame gave no piece of DNS traffic.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Skip {
    /// A link type that sigtap does not read: its `LINKTYPE_` value.
    UnsupportedLink(u16),
    /// Neither IPv4 nor IPv6: ARP, LLDP and the like.
    NotIp,
    /// Neither UDP nor TCP, nor a tunnel that sigtap follows.
    OtherProtocol,
    /// Neither port is one of DNS.
    OtherPort,
    /// Port 853: DNS over TLS or QUIC, which a tap cannot read.
    EncryptedDns,
    /// A link header that contradicts itself.
    MalformedLink,
    /// An IP header that contradicts itself.
    MalformedIp,
    /// A UDP header that contradicts itself.
    MalformedUdp,
    /// A TCP header that contradicts itself.
    MalformedTcp,
    /// The snap length cut it inside a header.
    Truncated,
    /// More VLAN tags, labels, extension headers or tunnels than sigtap follows.
    TooDeep,
}

impl Skip {
    /// The name under which it is counted; stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnsupportedLink(_) => "unsupported_link",
            Self::NotIp => "not_ip",
            Self::OtherProtocol => "other_protocol",
            Self::OtherPort => "other_port",
            Self::EncryptedDns => "encrypted_dns",
            Self::MalformedLink => "malformed_link",
            Self::MalformedIp => "malformed_ip",
            Self::MalformedUdp => "malformed_udp",
            Self::MalformedTcp => "malformed_tcp",
            Self::Truncated => "truncated",
            Self::TooDeep => "too_deep",
        }
    }
}
