//! What reassembly met.

/// Counts of what [`Reassembly`](super::Reassembly) took, gave and gave up.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counters {
    /// IP fragments taken.
    pub fragments: u64,
    /// Datagrams put together from fragments.
    pub datagrams_reassembled: u64,
    /// Fragments that came once more, or behind the datagram that they belong to.
    pub fragments_repeated: u64,
    /// Datagrams with fragments that overlap, or contradict each other: suspicious.
    pub fragment_overlaps: u64,
    /// Fragments of datagrams that turned out not to be DNS.
    pub fragments_other: u64,
    /// Datagrams that lacked a fragment until their time was over.
    pub datagrams_timed_out: u64,
    /// Datagrams given up to stay within bounds.
    pub datagrams_evicted: u64,
    /// Reassembled datagrams whose UDP checksum is wrong: fragments of several were mixed.
    pub checksum_failures: u64,
    /// TCP segments taken.
    pub segments: u64,
    /// Segments whose octets had all come before.
    pub segments_repeated: u64,
    /// Segments that hold other octets than came before for the same place: suspicious.
    pub segments_conflicting: u64,
    /// Places where octets of a stream were missing for good.
    pub stream_gaps: u64,
    /// Messages of streams that lack octets.
    pub messages_lost: u64,
    /// Messages of zone transfers, left out.
    pub transfer_messages: u64,
    /// Messages of streams that are shorter than a DNS header, left out.
    pub messages_too_short: u64,
    /// Streams given up to stay within bounds.
    pub streams_evicted: u64,
}
