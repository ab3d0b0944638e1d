//! Listens, and answers.
//!
//! A few threads take one connection each, and each connection gets one answer within a few
//! seconds: whoever asks slowly, or for much, keeps nobody waiting but others who ask.

use super::answer::Answer;
use super::board::{Board, now};
use super::error::Error;
use super::request::{HEAD_OCTETS, Refused, parse};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Where it listens unless it is told otherwise.
pub const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8553));

/// Connections that are served at a time; others wait in the kernel's queue.
const THREADS: usize = 8;

/// Octets of a thread's stack.
const STACK_OCTETS: usize = 512 * 1024;

/// For how long a client may take to ask.
const ASK_WITHIN: Duration = Duration::from_secs(2);

/// For how long it may take to read the answer.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Octets that are written at a time, so that the time is looked at between.
const PIECE_OCTETS: usize = 16 * 1024;

/// After an error of `accept`, such as too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// An address that is listened at; nobody is answered before [`Server::start`].
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Server {
    /// Takes the address.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer by what is on the board.
    pub fn start(self, board: &Arc<Board>) -> Result<Serving, Error> {
        let is_over = Arc::new(AtomicBool::new(false));
        let (listener, address) = (Arc::new(self.listener), self.address);
        for _ in 0..THREADS {
            let (listener, board) = (Arc::clone(&listener), Arc::clone(board));
            let is_over = Arc::clone(&is_over);
            let serve = move || {
                while !is_over.load(Ordering::Relaxed) {
                    match listener.accept() {
                        Ok((stream, _)) => serve(&stream, &board, address.ip().is_loopback()),
                        Err(_) => thread::sleep(PAUSE),
                    }
                }
            };
            thread::Builder::new()
                .name("http".to_owned())
                .stack_size(STACK_OCTETS)
                .spawn(serve)
                .map_err(|source| Error::Thread { source })?;
        }
        Ok(Serving { address, is_over })
    }
}

impl Drop for Serving {
    /// Wakes the threads, which see that it is over.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        for _ in 0..THREADS {
            let _ = TcpStream::connect_timeout(&address, PAUSE);
        }
    }
}

/// Serves one connection. Whatever goes wrong with it is the client's matter.
fn serve(stream: &TcpStream, board: &Board, is_loopback: bool) {
    let asked = ask(stream);
    let (answer, is_head) = match &asked {
        Ok(asked) => (Answer::to(asked, board, is_loopback), asked.is_head),
        Err(Some(refused)) => (Answer::to_refused(*refused), false),
        Err(None) => return,
    };
    if write(stream, &answer.into_octets(is_head)).is_ok() {
        linger(stream);
    }
}

/// Reads the head of a request; nothing if the client left, or never came.
fn ask(mut stream: &TcpStream) -> Result<super::request::Asked, Option<Refused>> {
    let deadline = now() + ASK_WITHIN;
    let mut head = [0; HEAD_OCTETS];
    let mut filled = 0;
    loop {
        let left = deadline.saturating_duration_since(now());
        let rest = head.get_mut(filled..).unwrap_or_default();
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return Err((filled > 0).then_some(Refused::Unfinished));
        }
        match stream.read(rest) {
            Ok(0) => return Err(None),
            Ok(count) => filled += count,
            Err(error) if is_timeout(&error) => continue,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(None),
        }
        match parse(head.get(..filled).unwrap_or_default()) {
            Err(Refused::Unfinished) => {}
            Ok(asked) => return Ok(asked),
            Err(refused) => return Err(Some(refused)),
        }
    }
}

/// Writes all, if the client reads it in time.
fn write(mut stream: &TcpStream, octets: &[u8]) -> io::Result<()> {
    let deadline = now() + READ_WITHIN;
    for piece in octets.chunks(PIECE_OCTETS) {
        let mut rest = piece;
        while !rest.is_empty() {
            stream.set_write_timeout(Some(time_left(deadline)?))?;
            match stream.write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Lets the client read to the end: to close a socket with octets unread, such as a body that
/// nobody asked for, throws away what was written.
fn linger(mut stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let deadline = now() + PAUSE;
    let mut rest = [0; 4096];
    while let Ok(left) = time_left(deadline) {
        if stream.set_read_timeout(Some(left)).is_err()
            || !matches!(stream.read(&mut rest), Ok(1..))
        {
            return;
        }
    }
}

fn time_left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
