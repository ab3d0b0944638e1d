//! One network interface.

use super::batch::FRAMES;
use super::{Batch, Error, Frame, FrameNumber, LinkType, LiveOptions, Watched, filter};
use crate::confine::with_capture_right;
use crate::time::Timestamp;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_nametoindex};
use pcap::{Active, Capture, Device, Precision};
use std::mem;

/// How long the kernel may hold frames back, in milliseconds.
const HOLD_MILLISECONDS: i32 = 10;
/// Looks in a row that find an interface up and its capture failing, after which it is opened anew.
const FAILED_LOOKS: u32 = 3;

/// What became of the frames of an interface since the start.
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
    /// Frames taken from the kernel.
    pub taken: u64,
}

/// An interface that is listened to for as long as it is there, however often it goes and comes.
pub(super) struct Tap {
    name: String,
    is_down: bool,
    open: Option<Opened>,
    /// What happened when it was to be opened first, until it is told.
    untold: Option<Change>,
    /// Why it could not be opened when that was last told.
    refused: Option<String>,
    statistics: Statistics,
}

/// An open capture.
struct Opened {
    link: LinkType,
    /// The kernel's number of the interface: one made anew under the same name has another.
    index: Option<u32>,
    capture: Capture<Active>,
    last: pcap::Stat,
    /// The moment from which on the filter was in force.
    since: Timestamp,
    /// Why reading failed, until the next look.
    fault: Option<String>,
    failed_looks: u32,
}

impl Tap {
    /// Opens an interface. One that is down is waited for.
    pub(super) fn open(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let mut tap = Self {
            name: name.to_owned(),
            is_down: false,
            open: None,
            untold: None,
            refused: None,
            statistics: Statistics {
                interface: name.to_owned(),
                ..Statistics::default()
            },
        };
        match Opened::new(name, options) {
            Ok(open) => tap.open = Some(open),
            Err(Error::Interface { .. }) if seen(name).is_some_and(|(_, is_up)| !is_up) => {
                tap.is_down = true;
                tap.untold = Some(Change::Down);
            }
            Err(error) => return Err(error),
        }
        Ok(tap)
    }

    /// Whether nothing is seen there at present.
    pub(super) const fn is_out(&self) -> bool {
        self.is_down || self.open.is_none()
    }

    /// Takes frames until there are no more, or as many as a batch holds; false if there were none.
    pub(super) fn drain(&mut self, batch: &mut Batch) -> bool {
        let Some(open) = &mut self.open else {
            return false;
        };
        open.drain(batch, FRAMES, &mut self.statistics.taken)
    }

    /// Takes the frames that the kernel held when it was last asked for its counts, and no later
    /// ones. False as long as some have not come.
    pub(super) fn settle(&mut self, batch: &mut Batch) -> bool {
        let Some(open) = &mut self.open else {
            return true;
        };
        let held = self
            .statistics
            .received
            .saturating_sub(self.statistics.dropped);
        let wanted = held.saturating_sub(self.statistics.taken);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(FRAMES);
        open.drain(batch, wanted, &mut self.statistics.taken);
        self.statistics.taken >= held
    }

    /// The counts up to now.
    pub(super) fn count(&mut self) {
        if let Some(open) = &mut self.open {
            open.count(&mut self.statistics);
        }
    }

    /// The counts, as last asked for.
    pub(super) const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Looks whether the interface is still there, and opens it when it is there again. `batch`
    /// takes what was left of one that is gone.
    pub(super) fn look(&mut self, options: &LiveOptions, batch: &mut Batch) -> Vec<Watched> {
        if self.name == LiveOptions::ANY {
            return self.look_at_open(true).into_iter().collect();
        }
        let seen = seen(&self.name);
        let untold = self.untold.take().map(|change| self.told(change));
        let mut told = Vec::from_iter(untold);
        if let Some(open) = &self.open {
            match seen {
                Some((index, is_up)) if open.index == Some(index) => {
                    told.extend(self.look_at_open(is_up));
                }
                _ => {
                    self.close(batch);
                    told.push(self.told(Change::Gone));
                }
            }
        }
        if self.open.is_none() && seen.is_some_and(|(_, is_up)| is_up) {
            told.extend(self.reopen(options));
        }
        told
    }

    /// An interface that is the same as before: the capture goes on by itself when it is up again.
    fn look_at_open(&mut self, is_up: bool) -> Option<Watched> {
        let open = self.open.as_mut()?;
        let fault = open.fault.take();
        open.failed_looks = match &fault {
            Some(_) if is_up => open.failed_looks + 1,
            _ => 0,
        };
        let has_failed = open.failed_looks >= FAILED_LOOKS;
        let was_down = mem::replace(&mut self.is_down, !is_up);
        match (was_down, is_up, fault) {
            (false, false, _) => Some(self.told(Change::Down)),
            (true, true, _) => Some(self.told(Change::Up)),
            (false, true, Some(why)) if has_failed => {
                self.open = None;
                Some(self.told(Change::Failed(why)))
            }
            (false, true, Some(why)) => Some(self.told(Change::Interrupted(why))),
            (true, false, _) | (false, true, None) => None,
        }
    }

    fn close(&mut self, batch: &mut Batch) {
        if let Some(mut open) = self.open.take() {
            open.count(&mut self.statistics);
            while open.drain(batch, FRAMES, &mut self.statistics.taken) {}
        }
    }

    fn reopen(&mut self, options: &LiveOptions) -> Option<Watched> {
        match Opened::new(&self.name, options) {
            Ok(open) => {
                self.open = Some(open);
                self.is_down = false;
                self.refused = None;
                Some(self.told(Change::Back))
            }
            Err(error) => {
                let why = told(&error);
                let is_news = self.refused.as_ref() != Some(&why);
                self.refused = Some(why.clone());
                is_news.then(|| self.told(Change::Refused(why)))
            }
        }
    }

    fn told(&self, change: Change) -> Watched {
        Watched {
            interface: self.name.clone(),
            change,
        }
    }
}

/// What happened to an interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// It was taken down.
    Down,
    /// It is up again.
    Up,
    /// It is no longer there.
    Gone,
    /// It is there again, and open.
    Back,
    /// It is there again, and cannot be opened.
    Refused(String),
    /// Reading failed once; it goes on.
    Interrupted(String),
    /// Reading keeps failing: it is opened anew.
    Failed(String),
}

impl Opened {
    fn new(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let index = seen(name).map(|(index, _)| index);
        let capture = with_capture_right(|| activate(name, options))
            .map_err(|source| explain(name, source))?;
        let link = u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX);
        let link = LinkType::from_dlt(link);
        let expression = options
            .filter
            .clone()
            .unwrap_or_else(|| filter::everything_dns(&options.ports, link));
        let mut open = Self {
            link,
            index,
            capture,
            last: pcap::Stat {
                received: 0,
                dropped: 0,
                if_dropped: 0,
            },
            since: Timestamp::default(),
            fault: None,
            failed_looks: 0,
        };
        let filtered = open.capture.filter(&expression, true);
        filtered.map_err(|source| Error::Filter {
            expression,
            link,
            source,
        })?;
        // What came before the filter was in force is counted otherwise than what comes after it.
        if let Ok(first) = open.capture.stats() {
            open.last = first;
        }
        open.since = now();
        Ok(open)
    }

    fn drain(&mut self, batch: &mut Batch, most: usize, taken: &mut u64) -> bool {
        if self.fault.is_some() {
            return false;
        }
        let mut count = 0;
        while count < most {
            match self.capture.next_packet() {
                Ok(packet) => {
                    let time = time(packet.header);
                    if time < self.since {
                        continue;
                    }
                    batch.push(&Frame {
                        number: FrameNumber::default(),
                        time,
                        link: self.link,
                        original_octets: packet.header.len,
                        octets: packet.data,
                    });
                    count += 1;
                    *taken += 1;
                }
                Err(pcap::Error::TimeoutExpired) => break,
                Err(error) => {
                    self.fault = Some(error.to_string());
                    break;
                }
            }
        }
        count > 0
    }

    fn count(&mut self, sum: &mut Statistics) {
        let Ok(now) = self.capture.stats() else {
            return;
        };
        // The counts of libpcap have 32 bits and wrap.
        let more = |now: u32, last: u32| u64::from(now.wrapping_sub(last));
        sum.received += more(now.received, self.last.received);
        sum.dropped += more(now.dropped, self.last.dropped);
        sum.interface_dropped += more(now.if_dropped, self.last.if_dropped);
        self.last = now;
    }
}

fn activate(name: &str, options: &LiveOptions) -> Result<Capture<Active>, pcap::Error> {
    let bounded = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    Capture::from_device(name)?
        // libpcap warns where the mode cannot be had, and the crate takes that for a failure.
        .promisc(options.is_promiscuous && name != LiveOptions::ANY)
        .snaplen(bounded(options.snap_octets))
        .buffer_size(bounded(options.buffer_mib.saturating_mul(1024 * 1024)))
        .timeout(HOLD_MILLISECONDS)
        .precision(Precision::Nano)
        .open()?
        // On Linux a read that may wait does so until there is a frame, whatever the timeout.
        .setnonblock()
}

/// The kernel's number of an interface, and whether it is up; nothing if there is none.
fn seen(name: &str) -> Option<(u32, bool)> {
    let index = if_nametoindex(name).ok()?;
    let mut known = getifaddrs().ok()?;
    let known = known.find(|known| known.interface_name == name)?;
    Some((index, known.flags.contains(InterfaceFlags::IFF_UP)))
}

/// An error with its causes, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(told);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
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

#[expect(
    clippy::disallowed_methods,
    reason = "it tells which frames came before the filter was in force, and nothing of DNS"
)]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(Timestamp::default(), |since| {
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Timestamp::new(seconds, since.subsec_nanos())
    })
}
