//! What is weak about a zone, though it verifies.

use crate::report::facts::{Facts, ds_of, keys_of};
use crate::report::words::{list, span};
use crate::signature::{is_supported_algorithm, is_supported_digest, rsa_bits};
use crate::watch::Denial;

/// A DS set, or data, that caches may hold for longer makes every repair slow.
const LONG_TTL: u32 = 86_400;

/// The same of keys, which change with more care.
const LONG_KEY_TTL: u32 = 2 * 86_400;

/// RSA keys of fewer bits are weak (NIST SP 800-57 part 1).
const RSA_BITS: usize = 2048;

/// Something weak.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Weakness {
    /// As machines read it.
    pub(super) kind: &'static str,
    /// What it is, in words.
    pub(super) words: String,
}

fn weakness(kind: &'static str, words: String) -> Weakness {
    Weakness { kind, words }
}

/// What is weak about the sets in force and the data last seen.
pub(super) fn weaknesses(facts: &Facts) -> Vec<Weakness> {
    let mut found = Vec::new();
    of_ds(facts, &mut found);
    of_keys(facts, &mut found);
    of_denial(facts, &mut found);
    of_ttls(facts, &mut found);
    found
}

fn of_ds(facts: &Facts, found: &mut Vec<Weakness>) {
    let records = facts.current_ds().map(ds_of).unwrap_or_default();
    if records.is_empty() {
        return;
    }
    let digests = |weak: &[u8]| {
        let records = records.iter().filter(|ds| weak.contains(&ds.digest_type));
        records.map(|ds| ds.key_tag).collect::<Vec<_>>()
    };
    let sha1 = digests(&[1]);
    if !sha1.is_empty() {
        found.push(weakness(
            "ds_sha1",
            format!(
                "the DS of key {} is a SHA-1 digest: publish SHA-256 instead (RFC 9905 section 2)",
                list(&sha1)
            ),
        ));
    }
    let unsupported = records
        .iter()
        .filter(|ds| !is_supported_algorithm(ds.algorithm) || !is_supported_digest(ds.digest_type));
    let unsupported: Vec<u16> = unsupported.map(|ds| ds.key_tag).collect();
    if !unsupported.is_empty() {
        found.push(weakness(
            "ds_unsupported",
            format!("the DS of key {} has an algorithm or digest that is not supported: it protects nobody", list(&unsupported)),
        ));
    }
}

fn of_keys(facts: &Facts, found: &mut Vec<Weakness>) {
    let keys = facts.current_keys().map(keys_of).unwrap_or_default();
    let of = |is_weak: &dyn Fn(&crate::message::Dnskey) -> bool| -> Vec<u16> {
        let keys = keys.iter().filter(|key| is_weak(key));
        keys.map(|key| key.key_tag).collect()
    };
    let table = [
        (
            "key_sha1",
            of(&|key| matches!(key.algorithm(), 5 | 7)),
            "signs with SHA-1, which some systems refuse to verify (RFC 9905 section 2)",
        ),
        (
            "key_unsupported",
            of(&|key| !is_supported_algorithm(key.algorithm())),
            "has an algorithm that is not supported",
        ),
        (
            "key_short",
            of(&|key| rsa_bits(key).is_some_and(|bits| bits < RSA_BITS)),
            "is an RSA key of fewer than 2048 bits",
        ),
    ];
    for (kind, tags, words) in table {
        if !tags.is_empty() {
            found.push(weakness(kind, format!("key {} {words}", list(&tags))));
        }
    }
    let mut names: Vec<_> = keys
        .iter()
        .map(|key| (key.key_tag, key.algorithm()))
        .collect();
    names.sort_unstable();
    let shared = names.windows(2).find(|pair| pair.first() == pair.last());
    if let Some((tag, _)) = shared.and_then(|pair| pair.first()) {
        found.push(weakness(
            "key_tag_collision",
            format!(
                "two keys share the tag {tag}: some validators fail by that (RFC 4034 appendix B)"
            ),
        ));
    }
}

fn of_denial(facts: &Facts, found: &mut Vec<Weakness>) {
    let Some(Denial::Nsec3 {
        iterations,
        salt_octets,
        ..
    }) = facts.standing.denial
    else {
        return;
    };
    if iterations > 0 {
        found.push(weakness(
            "nsec3_iterations",
            format!("NSEC3 with {iterations} additional iterations: it must be 0, and validators may take the zone for insecure (RFC 9276 sections 3.1 and 3.2)"),
        ));
    }
    if salt_octets > 0 {
        found.push(weakness(
            "nsec3_salt",
            format!("NSEC3 with a salt of {salt_octets} octets, which gains nothing (RFC 9276 section 3.1)"),
        ));
    }
}

fn of_ttls(facts: &Facts, found: &mut Vec<Weakness>) {
    let ds = facts.current_ds().filter(|set| !set.records.is_empty());
    let keys = facts.current_keys();
    let data = facts.standing.signed.iter().max_by_key(|set| set.ttl);
    let table = [
        ("long_ds_ttl", ds.map(|set| set.ttl), LONG_TTL, "the DS set"),
        (
            "long_dnskey_ttl",
            keys.map(|set| set.ttl),
            LONG_KEY_TTL,
            "the DNSKEY RRset",
        ),
        (
            "long_data_ttl",
            data.map(|set| set.ttl),
            LONG_TTL,
            "its data",
        ),
    ];
    for (kind, ttl, limit, what) in table {
        if let Some(ttl) = ttl.filter(|ttl| ttl.seconds() > limit) {
            let ttl = span(i64::from(ttl.seconds()));
            found.push(weakness(
                kind,
                format!("caches hold {what} for {ttl}: a mistake lasts as long"),
            ));
        }
    }
}
