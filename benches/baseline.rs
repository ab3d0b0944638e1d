//! What sigtap's cost is measured against (`make bench`, `lab/speed`): a program that only reads a
//! capture, and one that only checks its signatures.
//!
//! Usage: `baseline read FILE`, the loop over libpcap's `next_packet` that no reader goes below;
//! `baseline ring FILE`, each distinct signature of the capture that verifies, checked by ring
//! alone. The latter prints how many there are and the CPU seconds of nothing but the checks.
#![expect(clippy::unwrap_used, reason = "a bench may panic")]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench measures and prints"
)]

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use sigtap::capture::{Batch, Filled, Offline};
use sigtap::message::{Dnskey, Message, Name, Rrset, Rrsig, Rtype, decode};
use sigtap::packet::{Piece, Ports, take_apart};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [what, file] if what == "read" => read(file),
        [what, file] if what == "ring" => ring(file),
        // As test runners and `cargo bench` call it: it has no tests, and nothing to do without a
        // capture. What goes to standard output they would take for names of tests.
        _ => eprintln!("usage: baseline read FILE | baseline ring FILE"),
    }
}

fn read(file: &str) {
    let mut capture = pcap::Capture::from_file(file).unwrap();
    let (mut frames, mut octets) = (0_u64, 0_u64);
    while let Ok(packet) = capture.next_packet() {
        frames += 1;
        octets += u64::from(packet.header.caplen);
    }
    println!("{frames} frames, {octets} octets");
}

/// A signature with all that its check needs.
struct Task {
    algorithm: u8,
    key: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Task {
    fn check(&self) -> bool {
        match self.algorithm {
            8 => {
                let (n, e) = rsa(&self.key);
                let algorithm = &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
                let key = RsaPublicKeyComponents { n, e };
                key.verify(algorithm, &self.signed, &self.signature).is_ok()
            }
            13 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.key)
                .verify(&self.signed, &self.signature)
                .is_ok(),
            15 => UnparsedPublicKey::new(&ED25519, &self.key)
                .verify(&self.signed, &self.signature)
                .is_ok(),
            _ => false,
        }
    }
}

/// Modulus and exponent of a key (RFC 3110 §2).
fn rsa(key: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = key.split_first().unwrap();
    let (e, n) = rest.split_at(usize::from(*length));
    (n, e)
}

fn ring(file: &str) {
    let messages = messages(file);
    let mut keys: HashMap<(Name, u16), Dnskey> = HashMap::new();
    for set in messages.iter().flat_map(Message::rrsets) {
        if set.rtype == Rtype::DNSKEY {
            let of = |key: Dnskey| ((set.owner.clone(), key.key_tag), key);
            keys.extend(set.dnskeys().map(of));
        }
    }
    let mut known = HashSet::new();
    let mut tasks = Vec::new();
    for set in messages.iter().flat_map(Message::rrsets) {
        for rrsig in &set.signatures {
            let key = keys.get(&(rrsig.signer.clone(), rrsig.key_tag));
            if let Some(key) = key.filter(|_| known.insert(rrsig.signature.clone())) {
                tasks.push(task(set, rrsig, key));
            }
        }
    }
    tasks.retain(Task::check);
    let start = Instant::now();
    let valid = tasks.iter().filter(|task| task.check()).count();
    println!("{valid} signatures, {:.3} s", start.elapsed().as_secs_f64());
}

fn messages(file: &str) -> Vec<Message> {
    let ports = Ports::default();
    let mut offline = Offline::open(&[PathBuf::from(file)]).unwrap();
    let mut messages = Vec::new();
    let mut batch = Batch::new();
    loop {
        let filled = offline.fill(&mut batch).unwrap();
        for frame in batch.frames() {
            if let Ok(Piece::Datagram(datagram)) = take_apart(&frame, &ports) {
                messages.extend(decode(&datagram.payload(frame.number, frame.time)));
            }
        }
        batch.clear();
        if filled == Filled::End {
            return messages;
        }
    }
}

/// The octets that a signature is over (RFC 4034 §3.1.8.1).
fn task(set: &Rrset, rrsig: &Rrsig, key: &Dnskey) -> Task {
    let labels = usize::from(rrsig.labels);
    let owner = if labels < set.owner.label_count() && !set.owner.is_wildcard() {
        set.owner.suffix(labels).wildcard().unwrap()
    } else {
        set.owner.clone()
    };
    let mut signed = Vec::new();
    signed.extend(rrsig.type_covered.number().to_be_bytes());
    signed.extend([rrsig.algorithm, rrsig.labels]);
    signed.extend(rrsig.original_ttl.seconds().to_be_bytes());
    signed.extend(rrsig.expiration.value().to_be_bytes());
    signed.extend(rrsig.inception.value().to_be_bytes());
    signed.extend(rrsig.key_tag.to_be_bytes());
    signed.extend(rrsig.signer.wire());
    for record in set.records() {
        signed.extend(owner.wire());
        signed.extend(set.rtype.number().to_be_bytes());
        signed.extend([0, 1]);
        signed.extend(rrsig.original_ttl.seconds().to_be_bytes());
        signed.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
        signed.extend(record);
    }
    let public_key = key.rdata().get(4..).unwrap();
    let mut point = vec![4; usize::from(rrsig.algorithm == 13)];
    point.extend(public_key);
    Task {
        algorithm: rrsig.algorithm,
        key: point,
        signed,
        signature: rrsig.signature.to_vec(),
    }
}
