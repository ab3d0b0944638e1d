//! Chance that can be repeated.

use crate::signature::sha256;

/// A row of numbers that looks like chance and is always the same for the same seed.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    seed: [u8; 32],
    thrown: u64,
}

impl Dice {
    pub(super) fn new(seed: &str) -> Self {
        let seed = sha256(seed.as_bytes());
        Self { seed, thrown: 0 }
    }

    /// 32 octets of chance.
    pub(super) fn octets(&mut self) -> [u8; 32] {
        self.thrown += 1;
        sha256(&[&self.seed[..], &self.thrown.to_be_bytes()].concat())
    }

    fn number(&mut self) -> u64 {
        let octets = self.octets();
        octets.first_chunk().copied().map_or(0, u64::from_be_bytes)
    }

    /// A number below `end`; 0 if there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// A number of 16 bits.
    pub(super) fn short(&mut self) -> u16 {
        u16::try_from(self.below(1 << 16)).unwrap_or_default()
    }

    /// A port that a resolver or a client sends from.
    pub(super) fn port(&mut self) -> u16 {
        1024 + u16::try_from(self.below(64_000)).unwrap_or_default()
    }

    /// Whether one of so many chances is hit.
    pub(super) fn is_one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// One of these.
    pub(super) fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let end = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.below(end)).unwrap_or_default();
        items.get(at)
    }
}
