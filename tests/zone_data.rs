//! Keys that the user knows beforehand stand in for those that passed before the capture began.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use sigtap::capture::{Batch, Filled, Offline};
use sigtap::message::{Message, Rrset, Rrsig, Rtype, decode};
use sigtap::packet::{Piece, Ports, take_apart};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use support::{capture, folder, scenario, sigtap};

/// The frames of a scenario, each with the message that it carries.
fn frames(name: &str) -> Vec<(Vec<u8>, Option<Message>)> {
    let mut offline = Offline::open(&[capture(&scenario(name)).unwrap()]).unwrap();
    let (mut batch, mut all) = (Batch::new(), Vec::new());
    loop {
        batch.clear();
        let filled = offline.fill(&mut batch).unwrap();
        for frame in batch.frames() {
            let message = match take_apart(&frame, &Ports::default()) {
                Ok(Piece::Datagram(datagram)) => {
                    decode(&datagram.payload(frame.number, frame.time)).ok()
                }
                _ => None,
            };
            let [time, nanos] = [1_000_000_000, 1].map(|unit| frame.time.as_nanos() / unit);
            let micros = nanos % 1_000_000_000 / 1000;
            let octets = u32::try_from(frame.octets.len()).unwrap();
            let mut record = Vec::new();
            for field in [time, micros].map(|field| u32::try_from(field).unwrap()) {
                record.extend(field.to_le_bytes());
            }
            record.extend([octets.to_le_bytes(), frame.original_octets.to_le_bytes()].concat());
            record.extend(frame.octets);
            all.push((record, message));
        }
        if filled == Filled::End {
            return all;
        }
    }
}

/// A record in the form that needs no knowledge of its type (RFC 3597 §5).
fn line(set: &Rrset, rtype: Rtype, rdata: &[u8]) -> String {
    let hex = rdata.iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    });
    let (owner, ttl) = (&set.owner, set.ttl.seconds());
    let (number, octets) = (rtype.number(), rdata.len());
    format!("{owner} {ttl} IN TYPE{number} \\# {octets} {hex}\n")
}

fn rdata(rrsig: &Rrsig) -> Vec<u8> {
    let mut octets = rrsig.type_covered.number().to_be_bytes().to_vec();
    octets.extend([rrsig.algorithm, rrsig.labels]);
    let times = [rrsig.expiration.value(), rrsig.inception.value()];
    for field in [rrsig.original_ttl.seconds()].into_iter().chain(times) {
        octets.extend(field.to_be_bytes());
    }
    octets.extend(rrsig.key_tag.to_be_bytes());
    octets.extend(rrsig.signer.wire());
    octets.extend(&rrsig.signature);
    octets
}

/// A line with another last octet, which is one of the signature if it is an RRSIG.
fn forged(line: &str) -> String {
    let (kept, last) = line.split_at(line.len() - 2);
    let last = u8::from_str_radix(last, 16).unwrap() ^ 1;
    format!("{kept}{last:02x}\n")
}

/// Verdicts by state.
fn states(options: &[&str], capture: &str) -> BTreeMap<String, usize> {
    let anchors = scenario("late-keys").join("anchors.txt");
    let fixed = [
        "read",
        "-q",
        "--output=none",
        "--verdicts=-",
        "--trust-anchor",
    ];
    let run = sigtap(
        &[
            &fixed[..],
            &[anchors.to_str().unwrap()],
            options,
            &[capture],
        ]
        .concat(),
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    let mut states = BTreeMap::new();
    for line in run.stdout.lines() {
        let verdict: Value = serde_json::from_str(line).unwrap();
        let state = verdict["state"].as_str().unwrap().to_owned();
        *states.entry(state).or_default() += 1;
    }
    states
}

#[test]
fn zone_data_stands_in_for_keys_that_were_not_captured() {
    let folder = folder("zone-data");
    let mut pcap = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0".to_vec();
    let mut known = BTreeMap::new();
    for (record, message) in frames("late-keys") {
        let sets: Vec<_> = message.iter().flat_map(Message::rrsets).collect();
        for set in &sets {
            if matches!(set.rtype, Rtype::DS | Rtype::DNSKEY) && !set.signatures.is_empty() {
                let mut text: String = set
                    .records()
                    .map(|rdata| line(set, set.rtype, rdata))
                    .collect();
                text.extend(
                    set.signatures
                        .iter()
                        .map(|rrsig| line(set, Rtype::RRSIG, &rdata(rrsig))),
                );
                known.entry((set.owner.clone(), set.rtype)).or_insert(text);
            }
        }
        if sets.iter().all(|set| set.rtype != Rtype::DNSKEY) {
            pcap.extend(record);
        }
    }
    let (data, capture) = (folder.join("zone.data"), folder.join("capture.pcap"));
    let text: String = known.into_values().collect();
    fs::write(&data, &text).unwrap();
    fs::write(&capture, pcap).unwrap();

    let capture = capture.to_str().unwrap();
    let without = states(&[], capture);
    let with = states(&["--zone-data", data.to_str().unwrap()], capture);
    assert!(!without.contains_key("secure"), "{without:?}");
    assert!(
        with.get("secure").is_some_and(|count| *count > 3),
        "{with:?}\n{text}"
    );
    assert!(!with.contains_key("bogus"), "{with:?}");

    // It is verified, never just believed.
    let forged: Vec<_> = text.lines().map(forged).collect();
    fs::write(&data, forged.concat()).unwrap();
    let forged = states(&["--zone-data", data.to_str().unwrap()], capture);
    assert_eq!(forged, without);
}
