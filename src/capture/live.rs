//! Network interfaces.

use super::batch::FRAMES;
use super::holdback::Holdback;
use super::{Batch, Error, Filled, Frame, FrameNumber, LinkType, filter};
use crate::time::Timestamp;
use pcap::{Active, Capture, Device, Precision};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long the kernel may hold frames back, in milliseconds.
const HOLD_MILLISECONDS: i32 = 10;
/// How long to sleep when no frame is there.
const NAP: Duration = Duration::from_millis(5);
/// The pseudo-device that sees all interfaces.
const ANY: &str = "any";

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
/// Frames of several interfaces come in the order of their times.
pub struct Live {
    taps: Vec<Tap>,
    holdback: Holdback,
    frames: u64,
    stop: Arc<AtomicBool>,
}

/// One interface.
struct Tap {
    link: LinkType,
    capture: Capture<Active>,
    statistics: Statistics,
    last: pcap::Stat,
}

/// What became of the frames of an interface since it was opened.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Its name.
    pub interface: String,
    /// Frames that matched the filter.
    pub received: u64,
    /// Frames lost because they were not taken from the kernel in time.
    pub dropped: u64,
    /// Frames lost by the interface or its driver.
    pub interface_dropped: u64,
}

impl Live {
    /// Opens all interfaces. Once `stop` is true, [`Self::fill`] says that the input has ended.
    pub fn open(options: &LiveOptions, stop: Arc<AtomicBool>) -> Result<Self, Error> {
        let taps = options
            .interfaces
            .iter()
            .map(|name| Tap::open(name, options));
        Ok(Self {
            taps: taps.collect::<Result<_, _>>()?,
            holdback: Holdback::default(),
            frames: 0,
            stop,
        })
    }

    /// Adds the frames that are there to `batch`; waits a moment if there are none.
    ///
    /// Also after an error the batch holds what came before it.
    pub fn fill(&mut self, batch: &mut Batch) -> Result<Filled, Error> {
        let before = batch.len();
        let is_over = self.taps.is_empty() || self.stop.load(Ordering::Relaxed);
        let has_frames = match self.taps.as_mut_slice() {
            [tap] => tap.drain(batch),
            _ => self.drain_by_time(batch),
        };
        if is_over || has_frames.is_err() {
            self.holdback.end(batch);
        }
        self.frames = batch.number(before, self.frames);
        if !has_frames? && !is_over {
            thread::sleep(NAP);
        }
        Ok(if is_over { Filled::End } else { Filled::More })
    }

    /// What became of the frames, interface by interface.
    pub fn statistics(&mut self) -> Result<Vec<Statistics>, Error> {
        self.taps.iter_mut().map(Tap::statistics).collect()
    }

    fn drain_by_time(&mut self, batch: &mut Batch) -> Result<bool, Error> {
        let mut has_frames = false;
        for tap in &mut self.taps {
            has_frames |= tap.drain(self.holdback.inlet())?;
        }
        self.holdback.end_round(has_frames, batch);
        Ok(has_frames)
    }
}

impl Tap {
    fn open(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let capture = activate(name, options).map_err(|source| explain(name, source))?;
        let link = u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX);
        let link = LinkType::from_dlt(link);
        let expression = options
            .filter
            .clone()
            .unwrap_or_else(|| filter::everything_dns(&options.ports, link));
        let mut tap = Self {
            link,
            capture,
            statistics: Statistics {
                interface: name.to_owned(),
                ..Statistics::default()
            },
            last: pcap::Stat {
                received: 0,
                dropped: 0,
                if_dropped: 0,
            },
        };
        match tap.capture.filter(&expression, true) {
            Ok(()) => Ok(tap),
            Err(source) => Err(Error::Filter {
                expression,
                link,
                source,
            }),
        }
    }

    /// Takes frames until there are no more, or as many as a batch holds; false if there were none.
    fn drain(&mut self, batch: &mut Batch) -> Result<bool, Error> {
        for count in 0..FRAMES {
            match self.capture.next_packet() {
                Ok(packet) => batch.push(&Frame {
                    number: FrameNumber::default(),
                    time: time(packet.header),
                    link: self.link,
                    original_octets: packet.header.len,
                    octets: packet.data,
                }),
                Err(pcap::Error::TimeoutExpired) => return Ok(count > 0),
                Err(source) => return Err(self.lost(source)),
            }
        }
        Ok(true)
    }

    fn statistics(&mut self) -> Result<Statistics, Error> {
        let now = self.capture.stats().map_err(|source| self.lost(source))?;
        // The counts of libpcap have 32 bits and wrap.
        let more = |now: u32, last: u32| u64::from(now.wrapping_sub(last));
        self.statistics.received += more(now.received, self.last.received);
        self.statistics.dropped += more(now.dropped, self.last.dropped);
        self.statistics.interface_dropped += more(now.if_dropped, self.last.if_dropped);
        self.last = now;
        Ok(self.statistics.clone())
    }

    fn lost(&self, source: pcap::Error) -> Error {
        Error::Lost {
            interface: self.statistics.interface.clone(),
            source,
        }
    }
}

fn activate(name: &str, options: &LiveOptions) -> Result<Capture<Active>, pcap::Error> {
    let bounded = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    Capture::from_device(name)?
        // libpcap warns where the mode cannot be had, and the crate takes that for a failure.
        .promisc(options.is_promiscuous && name != ANY)
        .snaplen(bounded(options.snap_octets))
        .buffer_size(bounded(options.buffer_mib.saturating_mul(1024 * 1024)))
        .timeout(HOLD_MILLISECONDS)
        .precision(Precision::Nano)
        .open()?
        // On Linux a read that may wait does so until there is a frame, whatever the timeout.
        .setnonblock()
}

/// Why an interface could not be opened.
fn explain(name: &str, source: pcap::Error) -> Error {
    let interface = name.to_owned();
    let text = source.to_string().to_lowercase();
    if text.contains("permission") || text.contains("not permitted") {
        return Error::Permission { interface, source };
    }
    let known: Vec<_> = Device::list()
        .into_iter()
        .flatten()
        .map(|device| device.name)
        .collect();
    if known.iter().any(|known| known == name) {
        Error::Interface { interface, source }
    } else {
        Error::NoInterface {
            interface,
            known: known.join(", "),
        }
    }
}

/// With nanosecond precision the field for microseconds holds nanoseconds.
#[expect(
    clippy::useless_conversion,
    reason = "the fields have 32 bits on some systems"
)]
fn time(header: &pcap::PacketHeader) -> Timestamp {
    let nanos = u32::try_from(header.ts.tv_usec).unwrap_or_default();
    Timestamp::new(i64::from(header.ts.tv_sec), nanos)
}
