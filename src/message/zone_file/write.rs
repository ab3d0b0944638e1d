//! RRsets as a zone file has them.

use crate::message::name::Name;
use crate::message::rdata::{Dnskey, Ds, Rrsig};
use crate::message::rrset::Rrset;
use crate::message::rtype::Rtype;
use crate::time::{SerialTime, Timestamp};
use data_encoding::{BASE64, HEXUPPER};
use std::fmt::Write;

/// The records of an RRset and the signatures that came with it, one record a line, in a form
/// that name servers and [`super::parse`] read (RFC 1035 §5, RFC 3597 §5).
///
/// The TTL is that of the zone where a signature tells it, else the one that passed.
pub fn write(rrset: &Rrset) -> String {
    let Rrset { owner, rtype, .. } = rrset;
    let signed = rrset.signatures.first();
    let ttl = signed
        .map_or(rrset.ttl, |rrsig| rrsig.original_ttl)
        .seconds();
    let mut text = String::new();
    for rdata in records(rrset) {
        // Writing to a string never fails.
        let _ = writeln!(text, "{owner} {ttl} IN {rtype} {rdata}");
    }
    for rrsig in &rrset.signatures {
        let _ = writeln!(text, "{owner} {ttl} IN RRSIG {}", signature(rrsig));
    }
    text
}

/// The RDATA of each record in zone-file form, in canonical order.
pub fn records(rrset: &Rrset) -> impl Iterator<Item = String> {
    rrset.records().map(|rdata| record(rrset.rtype, rdata))
}

fn record(rtype: Rtype, rdata: &[u8]) -> String {
    let has_octets = |ds: &Ds| !ds.digest.is_empty();
    let has_key = |key: &Dnskey| !key.public_key().is_empty();
    // An empty digest or key has no form of its own.
    let known = match rtype {
        Rtype::DS | Rtype::CDS => Ds::parse(rdata).filter(has_octets).map(|ds| ds.to_string()),
        Rtype::DNSKEY | Rtype::CDNSKEY => Dnskey::parse(rdata)
            .filter(has_key)
            .map(|key| public_key(&key)),
        Rtype::NS => Name::from_wire(rdata).ok().map(|name| name.to_string()),
        _ => None,
    };
    known.unwrap_or_else(|| format!("\\# {} {}", rdata.len(), HEXUPPER.encode(rdata)))
}

fn public_key(key: &Dnskey) -> String {
    let (flags, protocol, algorithm) = (key.flags(), key.protocol(), key.algorithm());
    let octets = BASE64.encode(key.public_key());
    format!("{flags} {protocol} {algorithm} {octets}")
}

fn signature(rrsig: &Rrsig) -> String {
    format!(
        "{} {} {} {} {} {} {} {} {}",
        rrsig.type_covered,
        rrsig.algorithm,
        rrsig.labels,
        rrsig.original_ttl.seconds(),
        date(rrsig.expiration),
        date(rrsig.inception),
        rrsig.key_tag,
        rrsig.signer,
        BASE64.encode(&rrsig.signature)
    )
}

/// `YYYYMMDDHHmmSS` (RFC 4034 §3.2).
fn date(time: SerialTime) -> String {
    let moment = Timestamp::new(i64::from(time.value()), 0).to_string();
    let digits = moment.chars().filter(char::is_ascii_digit);
    digits.take(14).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::time::Ttl;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            kind in prop::sample::select(vec![Rtype::DS, Rtype::DNSKEY, Rtype::CDS, Rtype::CDNSKEY]),
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 4..80), 1..4),
            times in any::<(u32, u32)>(),
            signature in prop::collection::vec(any::<u8>(), 1..80),
        ) {
            let owner = Name::from_wire(b"\x03a.b\x04\0\xff; \0").unwrap();
            let records: Vec<Box<[u8]>> = records.into_iter().map(Into::into).collect();
            let ttl = Ttl::new(3600);
            let mut rrset = Rrset::new(owner, kind, ttl, records).unwrap();
            let head = [&kind.number().to_be_bytes()[..], &[13, 2], &3600_u32.to_be_bytes()].concat();
            let times = [times.0.to_be_bytes(), times.1.to_be_bytes()].concat();
            let rdata = [&head[..], &times, &[0, 7], b"\x01b\0", &signature].concat();
            rrset.signatures.push(Rrsig::parse(&rdata).unwrap());
            let read = parse(&write(&rrset)).unwrap();
            let [read] = read.as_slice() else { panic!("{read:?}") };
            prop_assert_eq!((&read.owner, read.rtype, read.ttl), (&rrset.owner, kind, ttl));
            prop_assert!(read.records().eq(rrset.records()));
            let [rrsig] = read.signatures.as_slice() else { panic!("{read:?}") };
            prop_assert_eq!(&rrsig.prefix, &rrset.signatures[0].prefix);
            prop_assert_eq!(&rrsig.signature, &rrset.signatures[0].signature);
        }
    }
}
