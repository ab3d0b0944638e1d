//! Network interfaces.

use super::holdback::Holdback;
use super::tap::{Change, Tap};
use super::{Batch, Error, Filled, Statistics};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long to sleep when no frame is there.
const NAP: Duration = Duration::from_millis(5);
/// Naps at the end, while the kernel still holds frames back that it has counted.
const LAST_NAPS: u32 = 20;

/// What to listen to.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// Names of interfaces; `any` is all of them.
    pub interfaces: Vec<String>,
    /// Octets to keep of each frame.
    pub snap_octets: u32,
    /// Mebioctets of the kernel's buffer, for each interface.
    pub buffer_mib: u32,
    /// Whether to take frames that are not for this host.
    pub is_promiscuous: bool,
    /// A BPF expression; without one, whatever can hold DNS at `ports`.
    pub filter: Option<String>,
    /// The ports of DNS; only the default filter looks at them.
    pub ports: Vec<u16>,
}

impl LiveOptions {
    /// The pseudo-interface that sees all others, and never goes away.
    pub const ANY: &str = "any";
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            // What the kernel has joined to one segment may exceed 64 KiB.
            snap_octets: 262_144,
            buffer_mib: 16,
            is_promiscuous: true,
            filter: None,
            ports: vec![53],
        }
    }
}

/// Interfaces, listened to as one capture.
///
/// Frames of several interfaces come in the order of their times. An interface that goes down, or
/// away, is waited for.
pub struct Live {
    options: LiveOptions,
    taps: Vec<Tap>,
    holdback: Holdback,
    frames: u64,
    stop: Arc<AtomicBool>,
    /// Naps since it was asked to stop, and the counts of that moment taken.
    ending: Option<u32>,
}

/// What happened to an interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watched {
    /// Its name.
    pub interface: String,
    /// What happened.
    pub change: Change,
}

impl fmt::Display for Watched {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.interface;
        match &self.change {
            Change::Down => write!(
                out,
                "interface {name} is down: nothing is seen there until it is up again"
            ),
            Change::Up => write!(out, "interface {name} is up again"),
            Change::Gone => write!(
                out,
                "interface {name} is gone: nothing is seen there until there is one of this name again"
            ),
            Change::Back => write!(out, "interface {name} is there again, and listened to"),
            Change::Refused(why) => write!(
                out,
                "interface {name} is there again, but {why}; it is tried again every second"
            ),
            Change::Interrupted(why) => write!(
                out,
                "reading from interface {name} failed, frames may be lost: {why}"
            ),
            Change::Failed(why) => write!(
                out,
                "reading from interface {name} keeps failing, it is opened anew: {why}"
            ),
        }
    }
}

impl Live {
    /// Opens all interfaces. Once `stop` is true, [`Self::fill`] gives what the kernel holds, and
    /// then says that the input has ended.
    pub fn open(options: &LiveOptions, stop: Arc<AtomicBool>) -> Result<Self, Error> {
        let taps = options
            .interfaces
            .iter()
            .map(|name| Tap::open(name, options));
        Ok(Self {
            taps: taps.collect::<Result<_, _>>()?,
            options: options.clone(),
            holdback: Holdback::default(),
            frames: 0,
            stop,
            ending: None,
        })
    }

    /// Adds the frames that are there to `batch`; waits a moment if there are none.
    pub fn fill(&mut self, batch: &mut Batch) -> Filled {
        let before = batch.len();
        let is_asked_to_stop = self.taps.is_empty() || self.stop.load(Ordering::Relaxed);
        let (filled, has_frames) = if is_asked_to_stop {
            self.settle(batch)
        } else {
            let has_frames = self.drain(batch);
            (Filled::More, has_frames)
        };
        self.frames = batch.number(before, self.frames);
        if !has_frames && filled == Filled::More {
            thread::sleep(NAP);
        }
        filled
    }

    /// Looks after the interfaces, and takes the kernel's counts; `batch` gets what was left of an
    /// interface that is gone.
    pub fn look(&mut self, batch: &mut Batch) -> Vec<Watched> {
        let before = batch.len();
        let mut told = Vec::new();
        if self.ending.is_none() {
            let is_alone = self.taps.len() == 1;
            for tap in &mut self.taps {
                let inlet = if is_alone {
                    &mut *batch
                } else {
                    self.holdback.inlet()
                };
                told.extend(tap.look(&self.options, inlet));
                tap.count();
            }
        }
        self.frames = batch.number(before, self.frames);
        told
    }

    /// What became of the frames, interface by interface, when the kernel was last asked.
    pub fn statistics(&self) -> impl Iterator<Item = &Statistics> {
        self.taps.iter().map(Tap::statistics)
    }

    /// The interfaces where nothing is seen at present.
    pub fn out(&self) -> impl Iterator<Item = &str> {
        let out = self.taps.iter().filter(|tap| tap.is_out());
        out.map(|tap| tap.statistics().interface.as_str())
    }

    fn drain(&mut self, batch: &mut Batch) -> bool {
        if let [tap] = self.taps.as_mut_slice() {
            return tap.drain(batch);
        }
        let mut has_frames = false;
        for tap in &mut self.taps {
            has_frames |= tap.drain(self.holdback.inlet());
        }
        self.holdback.end_round(has_frames, batch);
        has_frames
    }

    /// Takes what the kernel had counted when it was asked to stop, so that the figures add up.
    fn settle(&mut self, batch: &mut Batch) -> (Filled, bool) {
        let naps = *self.ending.get_or_insert_with(|| {
            self.taps.iter_mut().for_each(Tap::count);
            0
        });
        let before = self.holdback.inlet().len();
        let mut is_over = true;
        for tap in &mut self.taps {
            is_over &= tap.settle(self.holdback.inlet());
        }
        let has_frames = self.holdback.inlet().len() > before;
        if is_over || naps >= LAST_NAPS {
            self.holdback.end(batch);
            return (Filled::End, has_frames);
        }
        self.holdback.end_round(has_frames, batch);
        self.ending = Some(if has_frames { 0 } else { naps + 1 });
        (Filled::More, has_frames)
    }
}
