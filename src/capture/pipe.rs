//! Reads from where octets come when they come, and stops waiting when asked.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How long it may take until somebody looks whether to stop: a signal may come to another thread.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// A pipe or terminal that ends once it is asked to.
pub(super) struct Pipe<R> {
    reader: R,
    stop: Arc<AtomicBool>,
}

impl<R> Pipe<R> {
    /// Ends when `stop` is true, although others may still write.
    pub(super) const fn new(reader: R, stop: Arc<AtomicBool>) -> Self {
        Self { reader, stop }
    }
}

impl<R: Read + AsFd> Read for Pipe<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::Relaxed) {
            let mut waiting = [PollFd::new(&self.reader, PollFlags::IN)];
            match poll(&mut waiting, Some(&PATIENCE)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return self.reader.read(space),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn it_gives_what_comes_and_ends_when_asked() {
        let (reader, mut writer) = io::pipe().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let mut pipe = Pipe::new(reader, Arc::clone(&stop));
        writer.write_all(b"one").unwrap();
        let mut space = [0; 8];
        assert_eq!(pipe.read(&mut space).unwrap(), 3);
        let asking = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(
            pipe.read(&mut space).unwrap(),
            0,
            "the writer is still there"
        );
        asking.join().unwrap();
        drop(writer);
    }

    #[test]
    fn its_end_is_the_writers() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"all").unwrap();
        drop(writer);
        let mut all = Vec::new();
        Pipe::new(reader, Arc::default())
            .read_to_end(&mut all)
            .unwrap();
        assert_eq!(all, b"all");
    }
}
