//! Reads ahead.

use std::io::{self, Read};

/// Octets asked for at a time.
const CHUNK: usize = 256 * 1024;

/// The part of an input between what is done with and what was read ahead.
pub(super) struct Window {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    position: u64,
    is_ended: bool,
}

impl Window {
    /// A window at the start of `reader`.
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            position: 0,
            is_ended: false,
        }
    }

    /// Reads until `count` octets are in the window; false if the input ends before.
    ///
    /// The caller bounds `count`: the window grows as far as asked.
    pub(super) fn need(&mut self, count: usize) -> io::Result<bool> {
        while self.octets().len() < count {
            if self.is_ended {
                return Ok(false);
            }
            self.make_room(count);
            let Some(space) = self.buffer.get_mut(self.end..) else {
                return Ok(false);
            };
            match self.reader.read(space) {
                Ok(0) => self.is_ended = true,
                Ok(read) => self.end = self.end.saturating_add(read).min(self.buffer.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_ended = true;
                    return Err(error);
                }
            }
        }
        Ok(true)
    }

    /// The octets in the window.
    pub(super) fn octets(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Moves the start on; never beyond the end.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += u64::try_from(count).unwrap_or_default();
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Octets of the input before the window.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Moves what is left to the front and sees to space behind it.
    fn make_room(&mut self, count: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let size = count.max(CHUNK);
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one octet a read, then an error.
    struct Drip(u8);

    impl Read for Drip {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                2 => Err(io::ErrorKind::Interrupted.into()),
                6 => Err(io::ErrorKind::InvalidData.into()),
                octet => {
                    space[0] = octet;
                    Ok(1)
                }
            }
        }
    }

    #[test]
    fn octets_before_an_error_are_not_lost() {
        let mut window = Window::new(Box::new(Drip(0)));
        assert!(window.need(3).unwrap());
        assert_eq!(window.octets(), [1, 3, 4]);
        window.consume(2);
        assert_eq!(window.position(), 2);
        assert!(window.need(3).is_err());
        assert_eq!(window.octets(), [4, 5]);
        assert!(!window.need(3).unwrap());
    }
}
