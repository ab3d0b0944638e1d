//! An input read as choices, for targets whose input is no format of the world.

/// Takes choices from the front of an input. Where it is used up, all of them are zero.
#[derive(Clone, Debug)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn u8(&mut self) -> u8 {
        let [octet] = self.array();
        octet
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        for (place, octet) in array.iter_mut().zip(taken) {
            *place = *octet;
        }
        array
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let choice = if end > 256 {
            usize::from(self.u16())
        } else {
            usize::from(self.u8())
        };
        choice % end
    }

    /// One of these.
    pub(crate) fn one_of<'t, T>(&mut self, choices: &'t [T; 4]) -> &'t T {
        let [a, b, c, d] = choices;
        match self.u8() & 3 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        }
    }

    /// The next octets, as many as there are of these.
    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Octets with their number before them, in one octet.
    pub(crate) fn short(&mut self) -> &'a [u8] {
        let count = usize::from(self.u8());
        self.take(count)
    }

    /// Octets with their number before them, in two octets.
    pub(crate) fn long(&mut self) -> &'a [u8] {
        let count = usize::from(self.u16());
        self.take(count)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }
}
