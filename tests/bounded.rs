//! Memory stays bounded, whatever comes in.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::fs;
use std::io::{self, Write};
use std::process::Stdio;
use support::{command, scenario};

/// Frames of the flood: each asks for a name, or answers for one, that was never seen before.
const FRAMES: u32 = 150_000;

/// What the process may hold at most. If all the responses waited for their keys, they would take
/// some 150 MiB.
const RESIDENT_KIB: u64 = 96 * 1024;

/// A UDP datagram in IPv4, without link header (LINKTYPE 101).
fn packet(number: u32, source: [u8; 4], port: u16, dns: &[u8]) -> Vec<u8> {
    let length = u16::try_from(28 + dns.len()).unwrap();
    let client = [192, 0, 2, 1];
    let (destination, to_port) = if port == 53 {
        (client, 4242)
    } else {
        ([198, 51, 100, 1], 53)
    };
    let identification = u16::try_from(number & 0xffff).unwrap();
    let mut octets = vec![0x45, 0];
    octets.extend(length.to_be_bytes());
    octets.extend(identification.to_be_bytes());
    octets.extend([0, 0, 64, 17, 0, 0]);
    octets.extend(source);
    octets.extend(destination);
    octets.extend(port.to_be_bytes());
    octets.extend(u16::to_be_bytes(to_port));
    octets.extend((length - 20).to_be_bytes());
    octets.extend([0, 0]);
    octets.extend(dns);
    octets
}

/// A signed answer, or a query, for a name that only this number has.
fn message(number: u32, is_response: bool) -> Vec<u8> {
    let id = u16::try_from(number & 0xffff).unwrap();
    let mut octets = id.to_be_bytes().to_vec();
    let counts = if is_response {
        [1, 2, 0, 1]
    } else {
        [1, 0, 0, 1]
    };
    octets.extend(if is_response { [0x84, 0] } else { [0, 0] });
    for count in counts {
        octets.extend(u16::to_be_bytes(count));
    }
    let zone = format!("z{number:07}");
    octets.push(1);
    octets.push(b'w');
    octets.push(u8::try_from(zone.len()).unwrap());
    octets.extend(zone.as_bytes());
    octets.extend(b"\x04test\0\0\x01\0\x01");
    if is_response {
        octets.extend(b"\xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04\xc0\0\x02\x07");
        let mut rrsig = b"\0\x01\x0d\x03\0\0\x0e\x10\x7f\xff\xff\xff\x60\0\0\0\x12\x34".to_vec();
        rrsig.push(u8::try_from(zone.len()).unwrap());
        rrsig.extend(zone.as_bytes());
        rrsig.extend(b"\x04test\0");
        rrsig.extend([7; 64]);
        octets.extend(b"\xc0\x0c\0\x2e\0\x01\0\0\x0e\x10");
        octets.extend(u16::try_from(rrsig.len()).unwrap().to_be_bytes());
        octets.extend(rrsig);
    }
    octets.extend(b"\0\0\x29\x04\xd0\0\0\x80\0\0\0");
    octets
}

fn write_flood(out: &mut impl Write) -> io::Result<()> {
    let mut header = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    header.extend(65_535_u32.to_le_bytes());
    header.extend(101_u32.to_le_bytes());
    out.write_all(&header)?;
    for number in 0..FRAMES {
        // Servers of all sorts of addresses, five thousand exchanges a second.
        let (name, is_response) = (number / 2, number % 2 == 1);
        let dns = message(name, is_response);
        let [_, b, c, d] = (name % 65_536).to_be_bytes();
        let frame = if is_response {
            packet(number, [198, 18 + b, c, d], 53, &dns)
        } else {
            packet(number, [192, 0, 2, 1], 4242, &dns)
        };
        let length = u32::try_from(frame.len()).unwrap();
        let time = [1_700_000_000 + number / 10_000, number % 10_000 * 100];
        for field in [time[0], time[1], length, length] {
            out.write_all(&field.to_le_bytes())?;
        }
        out.write_all(&frame)?;
    }
    Ok(())
}

/// The most that a process has held so far, as the kernel counts it.
fn peak_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn a_flood_of_random_names_takes_no_more_memory_than_the_bounds_say() {
    let anchors = scenario("healthy").join("anchors.txt");
    let options = [
        "read",
        "-q",
        "--output",
        "none",
        "--verdicts",
        "/dev/null",
        "--trust-anchor",
    ];
    let arguments = options.into_iter().chain([anchors.to_str().unwrap(), "-"]);
    let mut child = command(&arguments.collect::<Vec<_>>())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = io::BufWriter::with_capacity(1 << 20, child.stdin.take().unwrap());
    write_flood(&mut input).unwrap();
    input.flush().unwrap();
    // The process waits for more input: what it holds now is what it held for the flood.
    let peak = peak_kib(child.id());
    drop(input);
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
    match peak {
        Some(peak) => assert!(peak < RESIDENT_KIB, "{peak} KiB for {FRAMES} frames"),
        None => println!("SKIPPED: this system does not tell what a process holds"),
    }
}
