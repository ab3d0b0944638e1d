//! Records as octets and text, to see whether what was read reads back.

use sigtap::capture::FrameNumber;
use sigtap::message::{Dnskey, Ds, Message, Name, Nsec, Nsec3, Rrset, Rrsig, Rtype, TypeBitmap};
use sigtap::packet::{Flow, Payload, Transport};
use sigtap::time::Timestamp;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};

/// A moment at which most of the seeds' signatures hold.
pub(crate) const MOMENT: Timestamp = Timestamp::new(1_790_000_000, 0);

/// A response in a datagram, from a server to a resolver.
pub(crate) fn payload(octets: &[u8]) -> Payload {
    Payload {
        frame: FrameNumber::new(1),
        time: MOMENT,
        flow: Flow {
            source: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 53), 53)),
            destination: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 4000)),
            transport: Transport::Udp,
        },
        vlan: Vec::new(),
        octets: octets.to_vec(),
        is_incomplete: false,
    }
}

/// The RDATA of a signature.
pub(crate) fn rrsig(rrsig: &Rrsig) -> Vec<u8> {
    let mut rdata = rrsig.type_covered.number().to_be_bytes().to_vec();
    rdata.extend([rrsig.algorithm, rrsig.labels]);
    for field in [
        rrsig.original_ttl.seconds(),
        rrsig.expiration.value(),
        rrsig.inception.value(),
    ] {
        rdata.extend(field.to_be_bytes());
    }
    rdata.extend(rrsig.key_tag.to_be_bytes());
    rdata.extend(rrsig.signer.wire());
    rdata.extend_from_slice(&rrsig.signature);
    rdata
}

/// Octets of a set's records and of its signatures, to compare by.
pub(crate) fn contents(set: &Rrset) -> (String, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let what = format!("{} {} {}", set.owner, set.rtype, set.ttl.seconds());
    let records = set.records().map(<[u8]>::to_vec).collect();
    (what, records, set.signatures.iter().map(rrsig).collect())
}

/// A set is in canonical form (RFC 4034 §6.3), and nothing in it breaks a reader.
pub(crate) fn check(set: &Rrset) {
    name(&set.owner);
    let records: Vec<_> = set.records().collect();
    assert!(!records.is_empty());
    assert!(records.is_sorted_by(|a, b| a < b), "order of {}", set.owner);
    for signature in &set.signatures {
        assert_eq!(signature.type_covered, set.rtype);
        name(&signature.signer);
    }
    for record in records {
        rdata(record);
    }
    let _ = (set.target(), set.targets().count());
    assert!(set.nsec().count() + set.nsec3().count() <= set.records().len());
    assert!(
        set.dnskeys()
            .all(|key| set.records().any(|record| record == key.rdata()))
    );
    assert!(set.ds().count() <= set.records().len());
}

/// A name reads back from the wire and from text.
pub(crate) fn name(name: &Name) {
    assert!((1..=255).contains(&name.wire().len()));
    assert_eq!(Name::from_wire(name.wire()).as_ref(), Ok(name));
    let text = name.to_string();
    assert!(text.bytes().all(|octet| (0x21..=0x7e).contains(&octet)));
    assert_eq!(Name::parse(&text).as_ref(), Ok(name));
}

/// No octets break a parser of RDATA.
pub(crate) fn rdata(octets: &[u8]) {
    if let Some(key) = Dnskey::parse(octets) {
        assert_eq!(key.rdata(), octets);
        let _ = (key.is_zone_key(), key.is_revoked(), key.is_sep());
        assert!(key.public_key().len() + 4 == octets.len());
    }
    if let Some(ds) = Ds::parse(octets) {
        assert_eq!(ds.digest.len() + 4, octets.len());
        let _ = ds.to_string();
    }
    if let Some(signature) = Rrsig::parse(octets) {
        assert!(signature.signature.len() + 19 <= octets.len());
    }
    if let Some(nsec) = Nsec::parse(octets) {
        name(&nsec.next);
        bitmap(&nsec.types);
    }
    if let Some(nsec3) = Nsec3::parse(octets) {
        assert!(nsec3.salt.len() + nsec3.next_hash.len() + 6 <= octets.len());
        bitmap(&nsec3.types);
    }
}

fn bitmap(types: &TypeBitmap) {
    let some = [0, 1, 2, 6, 39, 46, 255, 256, 65535];
    let has = some.map(Rtype::new).map(|rtype| types.has(rtype));
    assert!(!types.is_empty() || has == [false; 9]);
}

/// The message written once more, without compression; nothing if a record is too long for that.
pub(crate) fn written(message: &Message) -> Option<Vec<u8>> {
    let sections = [message.answer.as_slice(), message.authority.as_slice()];
    let mut body = Vec::new();
    let mut counts = [0_u16; 2];
    for (sets, count) in sections.into_iter().zip(&mut counts) {
        for set in sets {
            for record in set.records() {
                *count = count.checked_add(1)?;
                push(&mut body, &set.owner, set.rtype, set.ttl.seconds(), record)?;
            }
            for signature in &set.signatures {
                *count = count.checked_add(1)?;
                push(&mut body, &set.owner, Rtype::RRSIG, 0, &rrsig(signature))?;
            }
        }
    }
    let mut octets = message.header.id.to_be_bytes().to_vec();
    octets.extend([0x80, 0, 0, 0]);
    for count in counts.into_iter().chain([0]) {
        octets.extend(count.to_be_bytes());
    }
    octets.extend(body);
    Some(octets)
}

fn push(body: &mut Vec<u8>, owner: &Name, rtype: Rtype, ttl: u32, rdata: &[u8]) -> Option<()> {
    let length = u16::try_from(rdata.len()).ok()?;
    body.extend(owner.wire());
    body.extend(rtype.number().to_be_bytes());
    body.extend([0, 1]);
    body.extend(ttl.to_be_bytes());
    body.extend(length.to_be_bytes());
    body.extend(rdata);
    Some(())
}

/// Sets as a zone file, their data in the generic form (RFC 3597 §5).
pub(crate) fn zone_file(sets: &[Rrset]) -> String {
    let mut text = String::new();
    for set in sets {
        for record in set.records() {
            line(&mut text, set, set.rtype, record);
        }
        for signature in &set.signatures {
            line(&mut text, set, Rtype::RRSIG, &rrsig(signature));
        }
    }
    text
}

fn line(text: &mut String, set: &Rrset, rtype: Rtype, rdata: &[u8]) {
    let (owner, ttl, number) = (&set.owner, set.ttl.seconds(), rtype.number());
    let digits: String = rdata.iter().fold(String::new(), |mut digits, octet| {
        let _ = write!(digits, "{octet:02x}");
        digits
    });
    let length = rdata.len();
    let _ = writeln!(text, "{owner} {ttl} IN TYPE{number} \\# {length} {digits}");
}
