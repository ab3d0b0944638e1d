//! Signatures and hashes that others made.

use super::*;
use crate::message::zone_file::{self, base64, hex};
use crate::message::{Ds, Name, Rtype};
use crate::time::Ttl;

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// The only set in a piece of zone file.
fn only_set(text: &str) -> Rrset {
    zone_file::parse(text).unwrap().pop().unwrap()
}

fn dnskey(fields: &str) -> Dnskey {
    only_set(&format!(". DNSKEY ({fields})"))
        .dnskeys()
        .next()
        .unwrap()
}

/// RDATA of an RRSIG over any type, from its fields with numbers only.
fn rrsig(fields: &str) -> Rrsig {
    let mut fields = fields.split_whitespace();
    let mut number = || fields.next().unwrap().parse::<u32>().unwrap().to_be_bytes();
    let [covered, algorithm, labels, ttl, expiration, inception, tag] =
        std::array::from_fn(|_| number());
    let signer = name(fields.next().unwrap());
    let mut rdata = [&covered[2..], &algorithm[3..], &labels[3..]].concat();
    rdata.extend([ttl, expiration, inception].concat());
    rdata.extend(&tag[2..]);
    rdata.extend(signer.wire());
    rdata.extend(base64(&fields.collect::<String>()).unwrap());
    Rrsig::parse(&rdata).unwrap()
}

/// A set of one record.
fn single(owner: &str, rtype: u16, rdata: &[u8]) -> Rrset {
    let (rtype, ttl) = (Rtype::new(rtype), Ttl::new(3600));
    Rrset::new(name(owner), rtype, ttl, vec![rdata.into()]).unwrap()
}

/// A signature from an RFC, with all it takes to check it.
struct Vector {
    what: &'static str,
    key: &'static str,
    set: (&'static str, u16, &'static [u8]),
    rrsig: &'static str,
}

const MX: &[u8] = b"\x00\x0a\x04mail\x07example\x03com\0";

const VECTORS: [Vector; 8] = [
    Vector {
        what: "RFC 4035 appendix B.6, RSA/SHA-1, a wildcard",
        key: "256 3 5 AQOy1bZVvpPqhg4j7EJoM9rI3ZmyEx2OzDBVrZy/lvI5CQePxXHZS4i8dANH4DX3tbHol61ek8EF
             McsGXxKciJFHyhl94C+NwILQdzsUlSFovBZsyl/NX6yEbtw/xN9ZNcrbYvgjjZ/UVPZIySFNsgEYvh0z2542
             lzMKR4Dh8uZffQ==",
        set: ("a.z.w.example.", 15, b"\x00\x01\x02ai\x07example\0"),
        rrsig:
            "15 5 2 3600 1084127779 1081535779 38519 example. OMK8rAZlepfzLWW75Dxd63jy2wswESzxDKG2
             f9AMN1CytCd10cYISAxfAdvXSZ7xujKAtPbctvOQ2ofO7AZJ+d01EeeQTVBPq4/6KCWhqe2XTjnkVLNvvhnc
             0u28aoSsG0+4InvkkOHknKxw4kX18MMR34i8lC36SR5xBni8vHI=",
    },
    Vector {
        what: "RFC 5702 §6.2, RSA/SHA-512",
        key: "256 3 10 AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFD
             xj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY1
             2ZTSncorffcGmhOL",
        set: ("www.example.net.", 1, &[192, 0, 2, 91]),
        rrsig:
            "1 10 3 3600 1893456000 946684800 3740 example.net. tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkW
             qjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMwe
             OLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=",
    },
    Vector {
        what: "RFC 6605 §6.1, P-256",
        key: "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9x
             MWyQLc8NAA==",
        set: ("www.example.net.", 1, &[192, 0, 2, 1]),
        rrsig:
            "1 13 3 3600 1284026679 1281607479 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8o
             Mz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
    },
    Vector {
        what: "RFC 6605 §6.2, P-384",
        key: "257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRS
             EkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
        set: ("www.example.net.", 1, &[192, 0, 2, 1]),
        rrsig:
            "1 14 3 3600 1284027625 1281608425 10771 example.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73Q
             D1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSM
             ROxxwGipWcJm",
    },
    Vector {
        what: "RFC 8080 §6.1, Ed25519",
        key: "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
        set: ("example.com.", 15, MX),
        rrsig:
            "15 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw
             15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
    },
    Vector {
        what: "RFC 8080 §6.1, Ed25519 again",
        key: "257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=",
        set: ("example.com.", 15, MX),
        rrsig:
            "15 15 2 3600 1440021600 1438207200 35217 example.com. zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4w
             yUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg==",
    },
    Vector {
        what: "RFC 8080 §6.2, Ed448",
        key: "257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
        set: ("example.com.", 15, MX),
        rrsig:
            "15 16 2 3600 1440021600 1438207200 9713 example.com. 3cPAHkmlnxcDHMyg7vFC34l0blBhuG1q
             pwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3A
             j/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA",
    },
    Vector {
        what: "RFC 8080 §6.2, Ed448 again",
        key: "257 3 16 kkreGWoccSDmUBGAe7+zsbG6ZAFQp+syPmYUurBRQc3tDjeMCJcVMRDmgcNLp5HlHAMy12VoISsA",
        set: ("example.com.", 15, MX),
        rrsig:
            "15 16 2 3600 1440021600 1438207200 38353 example.com. E1/oLjSGIbmLny/4fcgM1z4oL6aqo+i
             zT3urCyHyvEp4Sp8Syg1eI+lJ57CSnZqjJP41O/9l4m0AsQ4f7qI1gVnML8vWWiyW2KXhT9kuAICUSxv5OWb
             f81Rq7Yu60npabODB0QFPb/rkW3kUZmQ0YQUA",
    },
];

#[test]
fn signatures_of_the_rfcs_verify() {
    for Vector {
        what,
        key,
        set,
        rrsig: signature,
    } in VECTORS
    {
        let (owner, rtype, rdata) = set;
        let (key, rrsig) = (dnskey(key), rrsig(signature));
        assert_eq!(rrsig.key_tag, key.key_tag, "{what}: key tag");
        let outcome = Verifier::new(10).check(&single(owner, rtype, rdata), &rrsig, &key);
        assert_eq!(outcome, Outcome::Valid, "{what}");
    }
}

#[test]
fn zones_that_bind_signed_verify() {
    let sets = zone_file::parse(include_str!("bind.zone")).unwrap();
    let verifier = Verifier::new(100);
    let mut checked = Vec::new();
    for keys in sets.iter().filter(|set| set.rtype == Rtype::DNSKEY) {
        let key = keys.dnskeys().next().unwrap();
        for set in sets
            .iter()
            .filter(|set| set.owner.is_at_or_below(&keys.owner))
        {
            for rrsig in &set.signatures {
                let outcome = verifier.check(set, rrsig, &key);
                assert_eq!(outcome, Outcome::Valid, "{} {}", set.owner, set.rtype);
                checked.push((key.algorithm(), set.rtype.number()));
            }
            for ds in set.ds().filter(|_| set.owner == keys.owner) {
                assert!(ds_matches(&set.owner, &ds, &key), "{} {ds}", set.owner);
                checked.push((key.algorithm(), u16::from(ds.digest_type)));
            }
        }
    }
    checked.sort_unstable();
    // Per algorithm: DS of three digest types; signed sets of DS and DNSKEY.
    let expected = [5, 7, 8, 10, 13, 14, 15, 16].map(|algorithm| {
        [1, 2, 4, Rtype::DS.number(), Rtype::DNSKEY.number()].map(|what| (algorithm, what))
    });
    assert_eq!(checked, expected.concat());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_ds_matches_its_key_only() {
    // RFC 4034 §5.4 and RFC 4509 §2.3.
    let key = dnskey(
        "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYw
         YqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/r
         ljwvFw==",
    );
    let sha256 = "D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A";
    let cut = sha256.strip_suffix("0A").unwrap();
    let table = [
        (
            "SHA-1",
            "dskey.example.com.",
            "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
            true,
        ),
        (
            "SHA-256",
            "DSKEY.example.com.",
            &*format!("60485 5 2 {sha256}"),
            true,
        ),
        (
            "another owner",
            "example.com.",
            &*format!("60485 5 2 {sha256}"),
            false,
        ),
        (
            "another tag",
            "dskey.example.com.",
            &*format!("60484 5 2 {sha256}"),
            false,
        ),
        (
            "another algorithm",
            "dskey.example.com.",
            &*format!("60485 7 2 {sha256}"),
            false,
        ),
        (
            "digest cut short",
            "dskey.example.com.",
            &*format!("60485 5 2 {cut}"),
            false,
        ),
        (
            "digest of another type",
            "dskey.example.com.",
            &*format!("60485 5 1 {sha256}"),
            false,
        ),
        (
            "unknown digest",
            "dskey.example.com.",
            &*format!("60485 5 3 {sha256}"),
            false,
        ),
    ];
    for (what, owner, ds, expected) in table {
        let ds: Ds = only_set(&format!(". DS {ds}")).ds().next().unwrap();
        assert_eq!(ds_matches(&name(owner), &ds, &key), expected, "{what}");
    }
}

#[test]
fn nsec3_hashes_are_those_of_the_rfc() {
    // RFC 5155 appendix A; base32hex there.
    let table = [
        ("example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
        ("a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
        ("ai.example", "gjeqe526plbf1g8mklp59enfd789njgi"),
        ("ns1.EXAMPLE", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
        ("*.w.example", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
        ("xx.example", "t644ebqk9bibcna874givr6joj62mlhv"),
    ];
    for (owner, expected) in table {
        let hash = nsec3_hash(&name(owner), &[0xaa, 0xbb, 0xcc, 0xdd], 12);
        assert_eq!(base32hex(&hash), expected, "{owner}");
    }
}

fn base32hex(octets: &[u8]) -> String {
    let bits = octets
        .iter()
        .fold(String::new(), |bits, octet| format!("{bits}{octet:08b}"));
    let digits = bits.as_bytes().chunks(5).map(|five| {
        let value = u32::from_str_radix(std::str::from_utf8(five).unwrap(), 2).unwrap();
        char::from_digit(value, 32).unwrap()
    });
    digits.collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn support_depends_on_the_key_alone() {
    let octets = |count: usize, last: u8| [&vec![0xff; count - 1][..], &[last]].concat();
    let rsa = |head: &str, modulus: Vec<u8>| [hex(head).unwrap(), modulus].concat();
    let table = [
        // (what, algorithm, key, expected)
        ("RSA of 1024 bits", 8, rsa("03010001", octets(128, 1)), true),
        (
            "RSA of 1016 bits",
            8,
            rsa("03010001", octets(127, 1)),
            false,
        ),
        (
            "RSA of 8192 bits",
            8,
            rsa("03010001", octets(1024, 1)),
            true,
        ),
        (
            "RSA of 8200 bits",
            8,
            rsa("03010001", octets(1025, 1)),
            false,
        ),
        (
            "leading zeros",
            5,
            rsa("050000010001000000", octets(128, 1)),
            true,
        ),
        (
            "zeros do not count",
            5,
            rsa("0301000100", octets(127, 1)),
            false,
        ),
        (
            "an even modulus",
            10,
            rsa("03010001", octets(128, 2)),
            false,
        ),
        (
            "length in three octets",
            10,
            rsa("000003010001", octets(128, 1)),
            true,
        ),
        ("exponent 1", 10, rsa("0101", octets(128, 1)), false),
        ("exponent 3", 10, rsa("0103", octets(128, 1)), true),
        (
            "an even exponent",
            10,
            rsa("03010000", octets(128, 1)),
            false,
        ),
        (
            "an exponent of 33 bits",
            8,
            rsa("0501ffffffff", octets(128, 1)),
            true,
        ),
        (
            "an exponent of 34 bits",
            8,
            rsa("050200000001", octets(128, 1)),
            false,
        ),
        (
            "a long exponent",
            8,
            rsa("09010000000000000001", octets(128, 1)),
            false,
        ),
        ("exponent 0", 8, rsa("0100", octets(128, 1)), false),
        ("no exponent", 8, rsa("00", vec![]), false),
        ("an exponent that runs over", 8, vec![200, 1, 0, 1], false),
        ("nothing", 8, vec![], false),
        ("P-256", 13, octets(64, 1), true),
        ("P-256 with its prefix", 13, octets(65, 1), false),
        ("P-384", 14, octets(96, 1), true),
        ("P-384, short", 14, octets(95, 1), false),
        ("Ed25519", 15, octets(32, 1), true),
        ("Ed25519, long", 15, octets(33, 1), false),
        ("Ed448", 16, octets(57, 1), true),
        ("Ed448, short", 16, octets(56, 1), false),
        ("RSA/MD5", 1, rsa("03010001", octets(128, 1)), false),
        ("GOST", 12, octets(64, 1), false),
        ("private", 253, octets(64, 1), false),
    ];
    let verifier = Verifier::new(10);
    let set = single("example.", 1, &[192, 0, 2, 1]);
    for (what, algorithm, key, expected) in table {
        let rdata = [&[1, 0, 3, algorithm], &key[..]].concat();
        let key = Dnskey::parse(&rdata).unwrap();
        assert_eq!(is_supported_key(&key), expected, "{what}");
        // Whatever the signature looks like, and whatever it says of itself.
        for signed in [algorithm, 13, 200] {
            for labels in [1, 9] {
                for signature in ["", "AA==", "AAAAAAAA"] {
                    let text = format!("1 {signed} {labels} 60 2 1 0 example. {signature}");
                    let outcome = verifier.check(&set, &rrsig(&text), &key);
                    let expected = if expected {
                        Outcome::Invalid
                    } else {
                        Outcome::Unsupported
                    };
                    assert_eq!(outcome, expected, "{what}");
                }
            }
        }
    }
    for algorithm in 0..=255 {
        let expected = [5, 7, 8, 10, 13, 14, 15, 16].contains(&algorithm);
        assert_eq!(is_supported_algorithm(algorithm), expected);
        assert_eq!(
            is_supported_digest(algorithm),
            [1, 2, 4].contains(&algorithm)
        );
    }
}

#[test]
fn the_cost_of_rsa_depends_on_the_key() {
    let key = |exponent: &str, octets: usize| {
        let head = hex(&format!("01000308{exponent}")).unwrap();
        Dnskey::parse(&[head, vec![0xff; octets]].concat()).unwrap()
    };
    let table = [
        ("2048 bits", key("03010001", 256), 7),
        ("4096 bits", key("03010001", 512), 27),
        ("8192 bits", key("03010001", 1024), 107),
        ("as costly as it gets", key("0501ffffffff", 1024), 370),
        ("not taken", key("03010001", 1025), 1),
    ];
    for (what, key, expected) in table {
        assert_eq!(check_cost(&key, 0), expected, "{what}");
    }
}
