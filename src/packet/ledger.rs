//! Who holds how much memory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

/// What each sender's unfinished things cost, so that the fullest one's oldest goes first.
///
/// Things are known by a serial number that grows; an IPv6 sender is a /64.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    senders: BTreeMap<IpAddr, Account>,
    /// Each sender once: what it holds, and its oldest thing.
    ranking: BTreeSet<(usize, Reverse<u64>)>,
    octets: usize,
}

#[derive(Debug, Default)]
struct Account {
    octets: usize,
    things: BTreeSet<u64>,
}

impl Ledger {
    /// Notes that a thing that cost `before` octets now costs `after`: 0 if it is new, or gone.
    pub(super) fn change(&mut self, sender: IpAddr, serial: u64, before: usize, after: usize) {
        if before == after {
            return;
        }
        let sender = network(sender);
        let account = self.senders.entry(sender).or_default();
        self.ranking.remove(&account.rank());
        account.octets = (account.octets + after).saturating_sub(before);
        self.octets = (self.octets + after).saturating_sub(before);
        if after == 0 {
            account.things.remove(&serial);
        } else {
            account.things.insert(serial);
        }
        if account.things.is_empty() {
            self.senders.remove(&sender);
        } else {
            self.ranking.insert(account.rank());
        }
    }

    /// Octets that all things cost.
    pub(super) const fn octets(&self) -> usize {
        self.octets
    }

    /// The oldest thing of the sender that holds most; of two such senders, the older thing.
    pub(super) fn fullest(&self) -> Option<u64> {
        self.ranking.last().map(|(_, Reverse(serial))| *serial)
    }
}

impl Account {
    fn rank(&self) -> (usize, Reverse<u64>) {
        (
            self.octets,
            Reverse(self.things.first().copied().unwrap_or(u64::MAX)),
        )
    }
}

/// Any host of a /64 can send from all its addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_thing_of_the_fullest_sender_goes_first() {
        let [a, b] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let mut ledger = Ledger::default();
        ledger.change(a, 1, 0, 10);
        ledger.change(b, 2, 0, 6);
        ledger.change(b, 3, 0, 6);
        assert_eq!((ledger.fullest(), ledger.octets()), (Some(2), 22));
        ledger.change(b, 2, 6, 0);
        assert_eq!(ledger.fullest(), Some(1));
        ledger.change(b, 3, 6, 10);
        assert_eq!(ledger.fullest(), Some(1), "of equals the older");
        ledger.change(a, 1, 10, 0);
        ledger.change(b, 3, 10, 0);
        assert_eq!((ledger.fullest(), ledger.octets()), (None, 0));
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let mut ledger = Ledger::default();
        ledger.change("2001:db8::1".parse().unwrap(), 1, 0, 6);
        ledger.change("2001:db8:0:1::1".parse().unwrap(), 2, 0, 9);
        ledger.change("2001:db8::2".parse().unwrap(), 3, 0, 6);
        assert_eq!(ledger.fullest(), Some(1));
    }
}
