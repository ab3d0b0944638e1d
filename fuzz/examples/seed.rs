//! Makes inputs for the targets out of captures: `seed FOLDER CAPTURE…`.

use sigtap::capture::{Batch, Filled, Offline};
use sigtap::message::{Message, Rtype, decode};
use sigtap::packet::{Payload, Ports, Reassembly, Transport, take_apart};
use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};
use targets::layers::LINKS;

/// Octets of an input at most.
const OCTETS: usize = 16 * 1024;

/// Octets of a capture file that an input takes.
const HEAD: usize = 3000;

/// Messages of a stream, and of a run.
const STREAM: usize = 3;
const RUN: usize = 24;

/// Inputs that are written, each once.
struct Seeds(PathBuf);

impl Seeds {
    fn add(&self, target: &str, octets: &[u8]) -> Result<(), Box<dyn Error>> {
        if octets.len() > OCTETS {
            return Ok(());
        }
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        let mut hasher = DefaultHasher::new();
        octets.hash(&mut hasher);
        fs::write(folder.join(format!("{:016x}", hasher.finish())), octets)?;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let seeds = Seeds(arguments.next().ok_or("seed FOLDER CAPTURE…")?);
    for capture in arguments {
        seed(&seeds, &capture)?;
    }
    texts(&seeds)
}

fn seed(seeds: &Seeds, capture: &Path) -> Result<(), Box<dyn Error>> {
    head(seeds, capture)?;
    let anchors = capture.with_file_name("anchors.txt");
    if let Ok(text) = fs::read(anchors) {
        seeds.add("anchors", &text)?;
        seeds.add("zone_file", &text)?;
    }
    if let Ok(text) = fs::read(capture.with_file_name("portfolio.toml")) {
        seeds.add("portfolio", &text)?;
    }
    let Ok(mut offline) = Offline::open(&[capture.to_path_buf()]) else {
        return Ok(());
    };
    let (ports, mut batch, mut payloads) = (Ports::default(), Batch::new(), Vec::new());
    let mut reassembly = Reassembly::new(ports.clone());
    let mut filled = Filled::More;
    while filled == Filled::More {
        batch.clear();
        filled = offline.fill(&mut batch)?;
        for frame in batch.frames() {
            if let Some(link) = LINKS.iter().position(|link| *link == frame.link.0) {
                let cut = usize::try_from(frame.original_octets)? - frame.octets.len();
                let head = [u8::try_from(link)?, u8::try_from(cut).unwrap_or(255)];
                seeds.add("layers", &[&head, frame.octets].concat())?;
            }
            if let Ok(piece) = take_apart(&frame, &ports) {
                reassembly.accept(&piece, frame.number, frame.time, &mut payloads);
            }
        }
    }
    reassembly.finish(&mut payloads);
    payloads.retain(|payload| payload.octets.len() < OCTETS);
    for payload in &payloads {
        message(seeds, payload)?;
    }
    for some in payloads.chunks(STREAM) {
        stream(seeds, some)?;
    }
    for start in (0..payloads.len()).step_by(RUN / 2) {
        let some = payloads.iter().skip(start).take(RUN);
        run(seeds, &some.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// The begin of the file, to be read as it is and packed.
fn head(seeds: &Seeds, capture: &Path) -> Result<(), Box<dyn Error>> {
    let octets = fs::read(capture)?;
    for packing in 0..3 {
        let head = octets.get(..HEAD).unwrap_or(&octets);
        seeds.add("captures", &[&[packing], head].concat())?;
    }
    Ok(())
}

fn message(seeds: &Seeds, payload: &Payload) -> Result<(), Box<dyn Error>> {
    let octets = &payload.octets;
    seeds.add("message", octets)?;
    let plan = [[5, 2], [1, 0], [3, 1]].concat();
    let plan = [&[1, 6], plan.as_slice(), octets];
    seeds.add("cuts", &plan.concat())?;
    let Ok(message) = decode(payload) else {
        return Ok(());
    };
    if let Some(question) = &message.question {
        let wire = question.name.wire();
        let text = question.name.to_string();
        let length = u8::try_from(wire.len())?;
        seeds.add("names", &[&[length], wire, text.as_bytes()].concat())?;
    }
    if has_denial(&message) {
        seeds.add("denial", &[&[0, 1, 0, 1], octets.as_slice()].concat())?;
    }
    for record in message.rrsets().flat_map(|set| set.records()) {
        if record.len() < 256 {
            seeds.add("names", record)?;
        }
    }
    Ok(())
}

fn has_denial(message: &Message) -> bool {
    let mut sets = message.rrsets();
    sets.any(|set| matches!(set.rtype, Rtype::NSEC | Rtype::NSEC3))
}

/// Messages behind each other, as a stream, and as segments of it.
fn stream(seeds: &Seeds, payloads: &[Payload]) -> Result<(), Box<dyn Error>> {
    let mut stream = Vec::new();
    for payload in payloads {
        stream.extend(u16::try_from(payload.octets.len())?.to_be_bytes());
        stream.extend(&payload.octets);
    }
    let plan = [0, 8, 5, 40, 5, 90, 2, 1, 4, 0];
    seeds.add("cuts", &[&plan, stream.as_slice()].concat())?;
    // A SYN, then segments at the places that fit in one octet.
    let mut pieces = vec![1, 0x11, 0, 0, 0, 0];
    for (number, part) in stream.chunks(50).take(5).enumerate() {
        let place = u8::try_from(1 + number * 50)?;
        pieces.extend([1, 1, place, u8::try_from(part.len())?]);
        pieces.extend(part);
        pieces.extend([0, 0]);
    }
    seeds.add("pieces", &pieces)?;
    let mut fragments = Vec::new();
    let udp = [&[0, 53, 15, 160, 0, 208, 0, 0], stream.as_slice()].concat();
    for (number, part) in udp.chunks(80).take(3).enumerate() {
        let kind = if number == 2 { 16 } else { 0 };
        let place = u8::try_from(number * 10)?;
        fragments.extend([1, kind, place, u8::try_from(part.len())?]);
        fragments.extend(part);
    }
    seeds.add("pieces", &fragments)
}

/// Messages with the time that passed between them.
fn run(seeds: &Seeds, payloads: &[&Payload]) -> Result<(), Box<dyn Error>> {
    let Some(first) = payloads.first() else {
        return Ok(());
    };
    let mut run = vec![0];
    run.extend(
        u32::try_from(first.time.seconds())
            .unwrap_or(1)
            .to_be_bytes(),
    );
    let mut before = first.time;
    for payload in payloads {
        let passed = payload.time.seconds_since(before).max(0).isqrt();
        before = payload.time;
        let is_query = payload.octets.get(2).is_some_and(|flags| flags & 0x80 == 0);
        let is_stream = payload.flow.transport == Transport::Tcp;
        run.push(u8::from(is_query) << 4 | u8::from(is_stream) << 5);
        run.push(u8::try_from(passed).unwrap_or(u8::MAX));
        run.extend(u16::try_from(payload.octets.len())?.to_be_bytes());
        run.extend(&payload.octets);
    }
    // Without room for all, the input is cut.
    run.truncate(OCTETS);
    seeds.add("chain", &run)
}

/// What no capture holds.
fn texts(seeds: &Seeds) -> Result<(), Box<dyn Error>> {
    let digest = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<TrustAnchor id=\"1\" source=\"x\">\n<Zone>.</Zone>\n\
         <KeyDigest id=\"2\" validFrom=\"2017-02-02T00:00:00+00:00\" validUntil=\"2027-01-11T00:00:00Z\">\n\
         <KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>\n\
         <Digest>{digest}</Digest>\n</KeyDigest>\n</TrustAnchor>\n"
    );
    let bind = format!(
        "/* keys */\ntrust-anchors {{\n\t. initial-key 257 3 8 \"AwEAAaz/\n\ttAm8yTn4\"; # one\n\
         \texample. static-ds 20326 8 2 \"{digest}\";\n}};\nmanaged-keys {{ . initial-key 257 3 13 \"AAAA\"; }};\n"
    );
    let zone = format!(
        "$ORIGIN example.\n$TTL 1d12h\n@ IN SOA a. b. ( 1 2 3 ; x\n 4 5 )\n  DNSKEY 257 3 ECDSAP256SHA256 AAAA\n\
         a\\.b 300 IN DS 1 8 2 {digest}\n\tRRSIG DS 8 2 300 20260101000000 1760000000 7 @ AAAA\n\
         c CDS 0 0 0 00\n\\100 CH TXT \"a b\" c\n. TYPE43 \\# 5 0001 0802 ff\n"
    );
    for text in [&xml, &bind, &zone] {
        seeds.add("anchors", text.as_bytes())?;
    }
    seeds.add("anchors", b"# ours\nexample.\n")?;
    seeds.add("zone_file", zone.as_bytes())?;
    for how in 0..8 {
        let mut plan = vec![1, 1, 0, 0, 1];
        for number in 0..6 {
            plan.extend([
                1,
                number,
                2,
                number,
                1,
                how << 1 | number & 1,
                3,
                0,
                1,
                0x62,
            ]);
        }
        seeds.add("denial", &plan)?;
        let mut findings = vec![9, b't', 0x1b, b'[', b'\n', b'"', 0xe2, 0x80, 0xae, b'\\'];
        findings.extend([2, 5, 1, 7, 1, 3, b'\"', b'x', b'y', 0, 1, 2, 1, b'a']);
        for number in 0..200 {
            findings.push(u8::wrapping_mul(number, how) ^ number / 3);
        }
        seeds.add("lines", &findings)?;
    }
    Ok(())
}
