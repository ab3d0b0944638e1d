//! Syslog (RFC 5424) over UDP (RFC 5426), TCP (RFC 6587) and unix sockets.

use super::courier::{Courier, Fate, Trouble};
use super::plan::{Framing, SyslogPlan, Transport};
use super::record::Record;
use crate::alert::Severity;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::thread;
use std::time::Duration;

/// How long a daemon may keep the sensor waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing acknowledges a line. One that a daemon had not read when it was killed is lost, and
/// that shows within this time.
const SETTLES: Duration = Duration::from_secs(5);

/// Datagrams over UDP that are sent at once, and the pause after them: a daemon that gets all
/// that waited in one go drops most of it.
const BURST: usize = 8;
const BREATH: Duration = Duration::from_millis(1);

/// The name of our structured data. 32473 is the number for those who have none (RFC 5612).
const DATA: &str = "sigtap@32473";

/// Brings lines to a syslog daemon.
pub(super) struct Syslog {
    plan: SyslogPlan,
    /// The `HOSTNAME` of each message.
    host: String,
    line: Option<Line>,
}

enum Line {
    Udp(UdpSocket),
    Datagram(UnixDatagram),
    Tcp(TcpStream),
    Stream(UnixStream),
}

impl Syslog {
    pub(super) fn new(plan: &SyslogPlan, host: &str) -> Self {
        Self {
            plan: plan.clone(),
            host: field(host, 255),
            line: None,
        }
    }

    fn connect(&mut self) -> io::Result<&mut Line> {
        let line = match self.line.take() {
            Some(line) => line,
            None => Line::open(&self.plan.transport)?,
        };
        Ok(self.line.insert(line))
    }

    fn send(&mut self, records: &[Record]) -> io::Result<()> {
        let (facility, framing) = (self.plan.facility, self.plan.framing);
        let host = self.host.clone();
        let line = self.connect()?;
        line.check()?;
        let mut block = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let message = message(record, facility, &host);
            match line {
                Line::Udp(socket) => {
                    socket.send(message.as_bytes())?;
                    if index % BURST == BURST - 1 {
                        thread::sleep(BREATH);
                    }
                }
                Line::Datagram(socket) => {
                    socket.send(message.as_bytes())?;
                }
                Line::Tcp(_) | Line::Stream(_) => frame(&mut block, &message, framing),
            }
        }
        match line {
            Line::Tcp(stream) => stream.write_all(&block),
            Line::Stream(stream) => stream.write_all(&block),
            Line::Udp(_) | Line::Datagram(_) => Ok(()),
        }
    }

    fn told<T>(&mut self, result: io::Result<T>) -> Result<T, Trouble> {
        result.map_err(|error| {
            self.line = None;
            Trouble::new(error.to_string())
        })
    }
}

impl Courier for Syslog {
    fn deliver(&mut self, records: &[Record]) -> Result<Vec<Fate>, Trouble> {
        let sent = self.send(records);
        self.told(sent)?;
        Ok(vec![Fate::Taken; records.len()])
    }

    fn settles_after(&self) -> Option<Duration> {
        Some(SETTLES)
    }

    fn check(&mut self) -> Result<(), Trouble> {
        let checked = self.connect().and_then(Line::check);
        self.told(checked)
    }

    fn finish(&mut self) -> Result<(), Trouble> {
        let finished = self.line.as_mut().map_or(Ok(()), Line::finish);
        self.told(finished)
    }
}

impl Line {
    fn open(transport: &Transport) -> io::Result<Self> {
        Ok(match transport {
            Transport::Udp(address) => {
                let address = resolve(address)?;
                let any = if address.is_ipv4() {
                    "0.0.0.0:0"
                } else {
                    "[::]:0"
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(address)?;
                Self::Udp(socket)
            }
            Transport::Tcp(address) => {
                let stream = TcpStream::connect_timeout(&resolve(address)?, PATIENCE)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.set_nodelay(true)?;
                Self::Tcp(stream)
            }
            Transport::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                if socket.connect(path).is_ok() {
                    socket.set_write_timeout(Some(PATIENCE))?;
                    Self::Datagram(socket)
                } else {
                    // It is a socket for streams, or none at all.
                    let stream = UnixStream::connect(path)?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    Self::Stream(stream)
                }
            }
        })
    }

    /// Whether the daemon has hung up. It never sends; what it sends all the same is not read.
    fn check(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                let read = stream.read(&mut [0; 64]);
                stream.set_nonblocking(false)?;
                still_there(read)
            }
            Self::Stream(stream) => {
                stream.set_nonblocking(true)?;
                let read = stream.read(&mut [0; 64]);
                stream.set_nonblocking(false)?;
                still_there(read)
            }
            // An ICMP error to an earlier datagram waits here.
            Self::Udp(socket) => socket.take_error()?.map_or(Ok(()), Err),
            Self::Datagram(socket) => socket.take_error()?.map_or(Ok(()), Err),
        }
    }

    /// Ends a stream, and waits until the daemon has read all of it.
    fn finish(&mut self) -> io::Result<()> {
        let mut rest = Vec::new();
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.shutdown(Shutdown::Write)?;
                stream.take(4096).read_to_end(&mut rest)?;
            }
            Self::Stream(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.shutdown(Shutdown::Write)?;
                stream.take(4096).read_to_end(&mut rest)?;
            }
            Self::Udp(_) | Self::Datagram(_) => {}
        }
        Ok(())
    }
}

fn still_there(read: io::Result<usize>) -> io::Result<()> {
    match read {
        Ok(0) => Err(io::Error::new(
            io::ErrorKind::ConnectionReset,
            "it closed the connection",
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}

fn resolve(address: &str) -> io::Result<std::net::SocketAddr> {
    let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("{address} has no address"));
    address.to_socket_addrs()?.next().ok_or_else(unknown)
}

/// One message (RFC 5424 §6): the identifier of the line as structured data, the line as message.
fn message(record: &Record, facility: u8, host: &str) -> String {
    let envelope = &record.envelope;
    let priority = u16::from(facility) * 8 + u16::from(severity(envelope.severity));
    // RFC 5424 §6.2.3 wants a colon in the offset, or Z.
    let time = envelope.time.to_string().replace("+0000", "Z");
    let (kind, id) = (envelope.line_type.name(), field(&envelope.id, 64));
    let (process, line) = (std::process::id(), &record.line);
    format!("<{priority}>1 {time} {host} sigtap {process} {kind} [{DATA} event_id=\"{id}\"] {line}")
}

/// The severity (RFC 5424 §6.2.1).
const fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 2,
        Severity::High => 3,
        Severity::Medium => 4,
        Severity::Low => 5,
        Severity::Informational => 6,
    }
}

/// A field of the header: printable, without spaces, `-` for none.
fn field(text: &str, most: usize) -> String {
    let text: String = text
        .chars()
        .filter(char::is_ascii_graphic)
        .filter(|c| !"\"]\\".contains(*c))
        .take(most)
        .collect();
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// Adds a message to a stream (RFC 6587 §3.4.1, §3.4.2).
fn frame(block: &mut Vec<u8>, message: &str, framing: Framing) {
    match framing {
        Framing::Octets => {
            block.extend_from_slice(format!("{} {message}", message.len()).as_bytes());
        }
        // JSON has no line feed within.
        Framing::Lines => {
            block.extend_from_slice(message.as_bytes());
            block.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Envelope, LineType};
    use crate::time::Timestamp;

    fn record() -> Record {
        Record {
            envelope: Envelope {
                line_type: LineType::Alert,
                severity: Severity::Critical,
                time: Timestamp::new(1_764_000_000, 5_000),
                id: "0197f3c2a9d1c4b5e6f70812".to_owned(),
            },
            line: r#"{"a":"ä"}"#.to_owned(),
        }
    }

    #[test]
    fn a_message_is_as_rfc_5424_has_it() {
        let text = message(&record(), 3, "tap-1");
        let process = std::process::id();
        assert_eq!(
            text,
            format!(
                "<26>1 2025-11-24T16:00:00.000005Z tap-1 sigtap {process} alert \
                 [sigtap@32473 event_id=\"0197f3c2a9d1c4b5e6f70812\"] {{\"a\":\"ä\"}}"
            )
        );
    }

    #[test]
    fn octets_are_counted_not_characters() {
        let mut block = Vec::new();
        frame(&mut block, "ä", Framing::Octets);
        frame(&mut block, "ä", Framing::Lines);
        assert_eq!(block, "2 ää\n".as_bytes());
    }

    #[test]
    fn a_header_field_holds_no_space_and_is_never_empty() {
        for (text, expected) in [("tap 1\n", "tap1"), ("", "-"), ("ä", "-"), ("a\"b]", "ab")] {
            assert_eq!(field(text, 255), expected);
        }
    }
}
