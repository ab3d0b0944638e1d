//! Messages made to be dear, each as bad as it can be within so many octets.

use crate::world::{Key, MOMENT, QNAME, Section, Sent, Set, Wire, World, Zone, colliding, name};
use sigtap::message::{Name, Rtype};
use sigtap::signature::nsec3_hash;

/// A message to be judged, and those that pass before.
pub(crate) struct Case {
    pub(crate) what: &'static str,
    pub(crate) world: World,
    pub(crate) lessons: Vec<Sent>,
    pub(crate) sent: Sent,
}

/// How an attack makes its message; it may give the attacker's zone other keys first.
pub(crate) type Attack = (&'static str, fn(&mut World, usize) -> Vec<u8>);

pub(crate) const ATTACKS: &[Attack] = &[
    (
        "KeyTrap: 4 real keys of one tag and 400 others, signatures over one set",
        keytrap,
    ),
    ("KeyTrap over many sets", keytrap_sets),
    (
        "SigJam: one key, signatures over one set",
        |world, limit| sigjam(world, &Key::ecdsa(13), 1, limit),
    ),
    ("SigJam over many sets", |world, limit| {
        sigjam(world, &Key::ecdsa(13), 64, limit)
    }),
    ("SigJam, P-384", |world, limit| {
        sigjam(world, &Key::ecdsa(14), 64, limit)
    }),
    ("SigJam, Ed448", |world, limit| {
        sigjam(world, &Key::ed448(), 64, limit)
    }),
    ("SigJam, RSA 4096 with exponent 65537", |world, limit| {
        sigjam(world, &Key::rsa(512, 65_537), 64, limit)
    }),
    ("SigJam, RSA 4096 with exponent 2^33-1", |world, limit| {
        sigjam(world, &Key::rsa(512, (1 << 33) - 1), 64, limit)
    }),
    ("SigJam, RSA 8192 with exponent 65537", |world, limit| {
        sigjam(world, &Key::rsa(1024, 65_537), 64, limit)
    }),
    (
        "LockCram: 4 real keys of one tag and 400 others, one signature",
        lockcram,
    ),
    (
        "HashTrap: DNSKEY set below 780 DS records of one tag",
        hashtrap,
    ),
    (
        "HashTrap: one key of the largest size below DS records of SHA-384",
        hashtrap_huge,
    ),
    (
        "NSEC3, 150 iterations, long salt, 127 labels",
        |world, limit| nsec3(world, limit, &[150]),
    ),
    (
        "NSEC3, 16 salts, 150 iterations, 127 labels",
        |world, limit| nsec3(world, limit, &[150; 16]),
    ),
    ("NSEC3, 151 iterations", |world, limit| {
        nsec3(world, limit, &[151; 16])
    }),
    ("NSEC3, 2500 iterations", |world, limit| {
        nsec3(world, limit, &[2500; 16])
    }),
    ("NSEC3, wildcard answers to ANY", nsec3_wildcards),
    ("NSEC3, records of one chain without end", nsec3_many),
    ("ANY: unsigned sets", any_unsigned),
    (
        "ANY: sets with a signature each by an unknown key",
        any_unknown,
    ),
    ("loose signatures", loose),
    ("signatures by as many signers", signers),
    ("referral: NS and glue", referral_glue),
    ("referral: unsigned DS sets of many names", referral_ds),
    ("aliases: CNAMEs in the worst order", cnames),
    ("aliases: DNAMEs that lead on", dnames),
    ("deep names, compressed", deep_names),
    ("pointers to pointers", pointers),
    ("one set of 4000 addresses in falling order", addresses),
    (
        "one set of many records at a long name, 8 signatures",
        long_owner,
    ),
    (
        "one set of many records at a long name, P-384",
        |world, limit| long_owner_by(world, &Key::ecdsa(14), limit),
    ),
    (
        "one set of many records at a long name, Ed448",
        |world, limit| long_owner_by(world, &Key::ed448(), limit),
    ),
    ("one set of 500 records at a long name", |world, limit| {
        long_owner(world, limit / 8)
    }),
    (
        "one set of NS records, deep names over pointers",
        pointed_names,
    ),
    ("64 sets that verify", verifying),
    ("32 DS sets and 32 others that verify", verifying_twice),
    ("wildcard answers, NSEC3 and 3000 addresses", everything),
    (
        "32 sets that verify and 4000 addresses",
        verifying_among_addresses,
    ),
    ("DNSKEY set of 400 keys with 250 signatures", many_keys),
    (
        "8 DNSKEY sets of 700 keys, signatures by 400 of them",
        many_key_sets,
    ),
    ("TXT of the largest size, 8 signatures", texts),
    ("NSEC with the longest bitmaps, unsigned", bitmaps),
    ("DNSKEY set with CDS and CDNSKEY, failing", announcements),
];

fn www() -> Name {
    name("www.evil.com.")
}

/// Pushes failing signatures over a set, at the question's name, until there is no room.
fn jam(wire: &mut Wire, zone: &Zone, key: &Key, set: &Set<'_>, count: u32) {
    for salt in 1..=count {
        let rrsig = key.rrsig(&zone.apex, set, salt);
        if !wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig) {
            return;
        }
    }
}

fn address() -> Vec<Vec<u8>> {
    vec![vec![192, 0, 2, 1]]
}

/// Gives the zone four real keys of one tag and others of that tag.
fn trap(world: &mut World) -> Vec<Key> {
    let keys = colliding(4);
    let twins = keys[0].twins(400);
    let all = keys.iter().chain(&twins);
    world.evil.more = all.map(|key| key.rdata.clone()).collect();
    keys
}

fn keytrap(world: &mut World, limit: usize) -> Vec<u8> {
    let keys = trap(world);
    let mut wire = Wire::new(&www(), Rtype::A, limit);
    wire.push(Section::Answer, QNAME, Rtype::A, &address()[0]);
    let set = Set {
        owner: &www(),
        rtype: Rtype::A,
        records: &address(),
    };
    jam(&mut wire, &world.evil, &keys[0], &set, 1000);
    wire.done()
}

fn keytrap_sets(world: &mut World, limit: usize) -> Vec<u8> {
    let keys = trap(world);
    jammed_sets(world, &keys[0], 64, limit)
}

/// An answer to ANY with sets of the same records and, of each, eight failing signatures.
fn jammed_sets(world: &World, key: &Key, sets: u16, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    for number in 0..sets {
        let rtype = Rtype::new(if sets == 1 { 1 } else { 60_000 + number });
        wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        let set = Set {
            owner: &www(),
            rtype,
            records: &address(),
        };
        jam(
            &mut wire,
            &world.evil,
            key,
            &set,
            if sets == 1 { 1000 } else { 8 },
        );
    }
    wire.done()
}

/// Sets with sixteen failing signatures, others for each salt.
pub(crate) fn jammed(world: &World, salt: u32, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    for number in 0..2 {
        let rtype = Rtype::new(60_000 + number);
        wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        let set = Set {
            owner: &www(),
            rtype,
            records: &address(),
        };
        for place in 0..8 {
            let rrsig = world.evil.key.rrsig(&world.evil.apex, &set, salt + place);
            wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
        }
    }
    wire.done()
}

/// An answer that waits: signed by a key that the zone does not have. A large one has more sets
/// and as many signatures as fit.
pub(crate) fn unknown_key(world: &World, number: u32, limit: usize) -> Vec<u8> {
    let owner = name(&format!("w{number}.evil.com."));
    let stranger = Key::decoy(13, &[7; 64]);
    let sets = if limit > 4096 { 60 } else { 1 };
    let mut wire = Wire::new(&owner, Rtype::ANY, limit);
    for number in 0..sets {
        let rtype = Rtype::new(60_000 + number);
        let set = Set {
            owner: &owner,
            rtype,
            records: &address(),
        };
        wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        let rrsig = stranger.rrsig(&world.evil.apex, &set, 0);
        for _ in 0..if sets > 1 { 7 } else { 1 } {
            wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
        }
    }
    wire.done()
}

fn sigjam(world: &mut World, key: &Key, sets: u16, limit: usize) -> Vec<u8> {
    world.evil.more = vec![key.rdata.clone()];
    jammed_sets(world, key, sets, limit)
}

fn lockcram(world: &mut World, limit: usize) -> Vec<u8> {
    let keys = trap(world);
    let mut wire = Wire::new(&www(), Rtype::A, limit);
    wire.push(Section::Answer, QNAME, Rtype::A, &address()[0]);
    let set = Set {
        owner: &www(),
        rtype: Rtype::A,
        records: &address(),
    };
    jam(&mut wire, &world.evil, &keys[0], &set, 1);
    wire.done()
}

/// The attacker's DNSKEY set, its keys all of one tag, signed by no key that a DS record names.
fn hashtrap(world: &mut World, limit: usize) -> Vec<u8> {
    let key = Key::ecdsa(13);
    let twins = key.twins((limit / 82).min(780));
    let set = Set {
        owner: &world.evil.apex,
        rtype: Rtype::DNSKEY,
        records: &[],
    };
    let rrsig = key.rrsig(&world.evil.apex, &set, 1);
    let mut wire = Wire::new(&world.evil.apex, Rtype::DNSKEY, limit);
    wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    for twin in twins {
        wire.push(Section::Answer, QNAME, Rtype::DNSKEY, &twin.rdata);
    }
    world.evil.key = key;
    wire.done()
}

fn hashtrap_huge(world: &mut World, limit: usize) -> Vec<u8> {
    let key = Key::decoy(8, &vec![0xff; limit - 500]);
    let mut wire = Wire::new(&world.evil.apex, Rtype::DNSKEY, limit);
    wire.push(Section::Answer, QNAME, Rtype::DNSKEY, &key.rdata);
    world.evil.key = key;
    wire.done()
}

/// DS records that name the attacker's key by tag and algorithm, and no key by digest.
pub(crate) fn many_ds(zone: &Zone) -> Vec<Vec<u8>> {
    let record = |number: u32| {
        let tag = zone.key.tag().to_be_bytes();
        let digest = [&number.to_be_bytes()[..], &[7; 44]].concat();
        [&tag[..], &[zone.key.algorithm(), 4], &digest].concat()
    };
    (0..780).map(record).collect()
}

/// As many labels as a name can have below a zone.
fn deepest(zone: &Name) -> Name {
    let labels = (255 - zone.wire().len()) / 2;
    (0..labels).fold(zone.clone(), |name, _| name.child(b"a").unwrap())
}

/// The owner of an NSEC3 record of this hash.
pub(crate) fn hashed(zone: &Name, hash: [u8; 20]) -> Name {
    let bit = |i: usize| hash[i / 8] >> (7 - i % 8) & 1;
    let digit = |i: usize| (0..5).fold(0, |value, k| value << 1 | bit(5 * i + k));
    let label: Vec<u8> = (0..32)
        .map(|i| b"0123456789abcdefghijklmnopqrstuv"[usize::from(digit(i))])
        .collect();
    zone.child(&label).unwrap()
}

/// A signed NSEC3 record that covers nothing that is asked for.
fn with_nsec3(wire: &mut Wire, zone: &Zone, iterations: u16, salt: u8, number: u32) -> bool {
    let mut hash = nsec3_hash(&zone.apex, &number.to_be_bytes(), 0);
    let owner = hashed(&zone.apex, hash);
    hash[19] = hash[19].wrapping_add(1);
    let head = [&[1, 0][..], &iterations.to_be_bytes(), &[255]].concat();
    let rdata = [&head[..], &[salt; 255], &[20], &hash, &[0, 1, 0x40]].concat();
    let set = Set {
        owner: &owner,
        rtype: Rtype::NSEC3,
        records: std::slice::from_ref(&rdata),
    };
    let rrsig = zone.key.rrsig(&zone.apex, &set, 0);
    wire.push(Section::Authority, owner.wire(), Rtype::NSEC3, &rdata)
        && wire.push(Section::Authority, owner.wire(), Rtype::RRSIG, &rrsig)
}

fn soa(world: &World, wire: Wire) -> Wire {
    let set = Set {
        owner: &world.evil.apex,
        rtype: Rtype::SOA,
        records: &[[&[0, 0][..], &[0; 20]].concat()],
    };
    wire.signed(Section::Authority, &world.evil, &set)
}

fn nsec3(world: &mut World, limit: usize, iterations: &[u16]) -> Vec<u8> {
    let qname = deepest(&world.evil.apex);
    let mut wire = soa(world, Wire::new(&qname, Rtype::A, limit).nxdomain());
    for (salt, iterations) in (0..).zip(iterations) {
        with_nsec3(&mut wire, &world.evil, *iterations, salt, salt.into());
    }
    wire.done()
}

fn nsec3_many(world: &mut World, limit: usize) -> Vec<u8> {
    let qname = deepest(&world.evil.apex);
    let mut wire = soa(world, Wire::new(&qname, Rtype::A, limit).nxdomain());
    for number in 0..150 {
        with_nsec3(&mut wire, &world.evil, 0, 0, number);
    }
    wire.done()
}

/// Each set of the answer comes from a wildcard and asks for the proof that it may.
fn nsec3_wildcards(world: &mut World, limit: usize) -> Vec<u8> {
    let deep = deepest(&world.evil.apex);
    let base = world.evil.apex.wildcard().unwrap();
    let mut wire = Wire::new(&deep, Rtype::ANY, limit);
    for number in 0..12 {
        let rtype = Rtype::new(60_000 + number);
        let set = Set {
            owner: &base,
            rtype,
            records: &address(),
        };
        let rrsig = world.evil.key.rrsig(&world.evil.apex, &set, 0);
        wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    }
    for salt in 0..4 {
        with_nsec3(&mut wire, &world.evil, 150, salt, salt.into());
    }
    wire.done()
}

fn any_unsigned(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    let mut rtype = 1000;
    while wire.push(Section::Answer, QNAME, Rtype::new(rtype), &[1]) {
        rtype += 1;
    }
    wire.done()
}

fn any_unknown(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    let stranger = Key::decoy(15, &[9; 32]);
    for number in 0.. {
        let rtype = Rtype::new(1000 + number);
        let set = Set {
            owner: &www(),
            rtype,
            records: &address(),
        };
        let rrsig = stranger.rrsig(&world.evil.apex, &set, 0);
        if !(wire.push(Section::Answer, QNAME, rtype, &[1])
            && wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig))
        {
            break;
        }
    }
    wire.done()
}

fn loose(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    let stranger = Key::decoy(15, &[]);
    for number in 0.. {
        wire.push(Section::Answer, QNAME, Rtype::new(2000 + number), &[1]);
        let set = Set {
            owner: &www(),
            rtype: Rtype::new(10_000 + number),
            records: &[],
        };
        let rrsig = stranger.rrsig(&world.evil.apex, &set, 0);
        if !wire.push(
            Section::Answer,
            QNAME,
            Rtype::RRSIG,
            &rrsig[..rrsig.len() - 60],
        ) {
            break;
        }
    }
    wire.done()
}

/// Each signature by another zone, all of them above the owner or beside it.
fn signers(_: &mut World, limit: usize) -> Vec<u8> {
    let owner = deepest(&name("evil.com."));
    let mut wire = Wire::new(&owner, Rtype::ANY, limit);
    let stranger = Key::decoy(15, &[]);
    for number in 0_u16.. {
        let rtype = Rtype::new(1000 + number / 8);
        let signer = owner.suffix(2 + usize::from(number) % 120);
        if number % 8 == 0 {
            wire.push(Section::Answer, QNAME, rtype, &[1]);
        }
        let set = Set {
            owner: &owner,
            rtype,
            records: &[],
        };
        let rrsig = stranger.rrsig(&signer, &set, 0);
        if !wire.push(
            Section::Answer,
            QNAME,
            Rtype::RRSIG,
            &rrsig[..rrsig.len() - 60],
        ) {
            break;
        }
    }
    wire.done()
}

/// A referral whose set holds as many servers as fit, each with its address.
fn referral_glue(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::A, limit).referral();
    let apex = [QNAME[0], QNAME[1] + 4];
    let servers = limit / 50;
    let label = |number: usize| format!("{number:06}");
    for number in 0..servers {
        let server = [&[6][..], label(number).as_bytes(), &apex].concat();
        wire.push(Section::Authority, &apex, Rtype::NS, &server);
    }
    let set = Set {
        owner: &world.evil.apex,
        rtype: Rtype::DS,
        records: &[world.evil.ds()],
    };
    let rrsig = world.com.key.rrsig(&world.com.apex, &set, 0);
    wire.push(Section::Authority, &apex, Rtype::DS, &set.records[0]);
    wire.push(Section::Authority, &apex, Rtype::RRSIG, &rrsig);
    for number in 0_u16.. {
        let server = [
            &[6][..],
            label(usize::from(number) % servers).as_bytes(),
            &apex,
        ]
        .concat();
        let [high, low] = number.to_be_bytes();
        if !wire.push(Section::Additional, &server, Rtype::A, &[10, 0, high, low]) {
            break;
        }
    }
    wire.done()
}

fn referral_ds(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::A, limit).referral();
    let apex = [QNAME[0], QNAME[1] + 4];
    wire.push(Section::Authority, &apex, Rtype::NS, &apex);
    for number in 0.. {
        let owner = [&[6][..], format!("{number:06}").as_bytes(), &apex].concat();
        if !wire.push(Section::Authority, &owner, Rtype::DS, &world.evil.ds()) {
            break;
        }
    }
    wire.done()
}

fn cnames(world: &mut World, limit: usize) -> Vec<u8> {
    let last = limit / 42;
    let owner = |number: usize| name(&format!("{number}.evil.com."));
    let mut wire = Wire::new(&owner(0), Rtype::A, limit);
    for number in (0..last).rev() {
        let target = owner(number + 1);
        let set = Set {
            owner: &owner(number),
            rtype: Rtype::CNAME,
            records: &[target.wire().to_vec()],
        };
        if number < 30 && limit > 5000 {
            wire = wire.signed(Section::Answer, &world.evil, &set);
        } else {
            wire.push(
                Section::Answer,
                set.owner.wire(),
                Rtype::CNAME,
                target.wire(),
            );
        }
    }
    wire.done()
}

fn dnames(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&deepest(&name("a.evil.com.")), Rtype::A, limit);
    let apex = name("evil.com.");
    for number in 0.. {
        let owner = name(&format!("{number:05}.evil.com."));
        if !wire.push(Section::Answer, owner.wire(), Rtype::DNAME, apex.wire()) {
            break;
        }
    }
    wire.done()
}

fn deep_names(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&deepest(&name("b.evil.com.")), Rtype::ANY, limit);
    let mut number = 1000;
    while wire.push(Section::Answer, QNAME, Rtype::new(number), &[]) {
        number += 1;
    }
    wire.done()
}

/// Names that reach their labels over as many pointers as a name may have.
fn pointers(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&name("evil.com."), Rtype::ANY, limit);
    let mut chain: Vec<u8> = Vec::new();
    let start = wire.octets.len() + 11;
    for link in 0..120 {
        let place = if link == 0 {
            12
        } else {
            start + 4 * (link - 1)
        };
        let [high, low] = u16::try_from(place).unwrap().to_be_bytes();
        chain.extend([1, b'a', 0xc0 | high, low]);
    }
    let [high, low] = u16::try_from(start + 4 * 119).unwrap().to_be_bytes();
    wire.push(Section::Answer, &[0], Rtype::new(999), &chain);
    let mut number = 1000;
    while wire.push(
        Section::Answer,
        &[0xc0 | high, low],
        Rtype::new(number),
        &[],
    ) {
        number += 1;
    }
    wire.done()
}

fn addresses(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::A, limit);
    for number in (0..u16::MAX).rev() {
        let [high, low] = number.to_be_bytes();
        if !wire.push(Section::Answer, QNAME, Rtype::A, &[10, 0, high, low]) {
            break;
        }
    }
    wire.done()
}

fn long_owner(world: &mut World, limit: usize) -> Vec<u8> {
    let key = Key::ecdsa(13);
    long_owner_by(world, &key, limit)
}

/// The owner is signed again with each record.
fn long_owner_by(world: &mut World, key: &Key, limit: usize) -> Vec<u8> {
    world.evil.more = vec![key.rdata.clone()];
    let owner = deepest(&world.evil.apex);
    let mut wire = Wire::new(&owner, Rtype::TXT, limit);
    let number = u16::try_from(limit.saturating_sub(1300) / 14).unwrap();
    let records: Vec<Vec<u8>> = (0..number)
        .map(|number| number.to_be_bytes().to_vec())
        .collect();
    for record in &records {
        wire.push(Section::Answer, QNAME, Rtype::TXT, record);
    }
    let set = Set {
        owner: &owner,
        rtype: Rtype::TXT,
        records: &records,
    };
    jam(&mut wire, &world.evil, key, &set, 8);
    wire.done()
}

/// Each record points into a name of its own depth.
fn pointed_names(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&deepest(&name("evil.com.")), Rtype::NS, limit);
    for number in 0.. {
        let [high, low] = u16::try_from(12 + 2 * (number % 120))
            .unwrap()
            .to_be_bytes();
        if !wire.push(
            Section::Answer,
            QNAME,
            Rtype::NS,
            &[1, b'b', 0xc0 | high, low],
        ) {
            break;
        }
    }
    wire.done()
}

/// What is learnt from a message is checked as well as what is judged.
fn verifying_twice(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    let (zone, child) = (&world.evil, Zone::new("child.evil.com."));
    for number in 0..32 {
        let rtype = Rtype::new(60_000 + number);
        let set = Set {
            owner: &www(),
            rtype,
            records: &address(),
        };
        let rrsig = zone.key.rrsig(&zone.apex, &set, 0);
        wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
        let owner = name(&format!("d{number}.evil.com."));
        let set = Set {
            owner: &owner,
            rtype: Rtype::DS,
            records: &[child.ds()],
        };
        let rrsig = zone.key.rrsig(&zone.apex, &set, 0);
        wire.push(Section::Authority, owner.wire(), Rtype::DS, &set.records[0]);
        wire.push(Section::Authority, owner.wire(), Rtype::RRSIG, &rrsig);
    }
    wire.done()
}

fn verifying_among_addresses(world: &mut World, limit: usize) -> Vec<u8> {
    let mut octets = verifying(world, limit.min(4700));
    let counts: [u16; 4] = std::array::from_fn(|place| {
        let at = 4 + 2 * place;
        u16::from_be_bytes([octets[at], octets[at + 1]])
    });
    octets.truncate(octets.len() - 11);
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    wire.resume(octets, counts);
    for number in (0..u16::MAX).rev() {
        let [high, low] = number.to_be_bytes();
        if !wire.push(Section::Answer, QNAME, Rtype::A, &[10, 0, high, low]) {
            break;
        }
    }
    wire.done()
}

/// As much of everything as one message is granted.
fn everything(world: &mut World, limit: usize) -> Vec<u8> {
    let mut octets = nsec3_wildcards(world, limit);
    let deep = deepest(&world.evil.apex);
    let mut wire = Wire::new(&deep, Rtype::ANY, limit);
    let counts: [u16; 4] = std::array::from_fn(|place| {
        let at = 4 + 2 * place;
        u16::from_be_bytes([octets[at], octets[at + 1]])
    });
    octets.truncate(octets.len() - 11);
    wire.resume(octets, counts);
    for number in (0..3000_u16).rev() {
        let [high, low] = number.to_be_bytes();
        wire.push(Section::Authority, QNAME, Rtype::A, &[10, 0, high, low]);
    }
    wire.done()
}

/// A set that verifies, whose keys are all said to have signed it.
fn many_keys(world: &mut World, limit: usize) -> Vec<u8> {
    let apex = world.evil.apex.clone();
    let count = u32::try_from((limit - 400) / 160).unwrap();
    let keys: Vec<Key> = (0..count).map(numbered).collect();
    let mut records: Vec<Vec<u8>> = keys.iter().map(|key| key.rdata.clone()).collect();
    records.push(world.evil.key.rdata.clone());
    let set = Set {
        owner: &apex,
        rtype: Rtype::DNSKEY,
        records: &records,
    };
    let mut wire = Wire::new(&apex, Rtype::DNSKEY, limit);
    let rrsig = world.evil.key.rrsig(&apex, &set, 0);
    wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    for record in &records {
        wire.push(Section::Answer, QNAME, Rtype::DNSKEY, record);
    }
    for key in keys.iter().take(250) {
        let rrsig = key.rrsig(&apex, &set, 0);
        wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    }
    wire.done()
}

/// A key that signs nothing, with a tag of its own.
fn numbered(number: u32) -> Key {
    Key::decoy(13, &[&number.to_be_bytes()[..], &[9; 60]].concat())
}

fn many_key_sets(world: &mut World, limit: usize) -> Vec<u8> {
    for number in 0..8 {
        let keys = (0..700).map(|key| numbered(700 * number + key).rdata);
        let keys: Vec<Vec<u8>> = keys.collect();
        let sent = (
            world.evil.server,
            world.evil.gives(&keys, MOMENT - 1000 + number),
        );
        world.more.push(sent);
    }
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    for number in 0..400 {
        let rtype = Rtype::new(60_000 + number / 8);
        let set = Set {
            owner: &www(),
            rtype,
            records: &address(),
        };
        if number % 8 == 0 {
            wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        }
        let rrsig = numbered(14 * u32::from(number)).rrsig(&world.evil.apex, &set, 0);
        wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    }
    wire.done()
}

/// Sets that each verify at the first check.
fn verifying(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::ANY, limit);
    for number in 0..64 {
        let rtype = Rtype::new(60_000 + number);
        let set = Set {
            owner: &www(),
            rtype,
            records: &address(),
        };
        let rrsig = world.evil.key.rrsig(&world.evil.apex, &set, 0);
        wire.push(Section::Answer, QNAME, rtype, &address()[0]);
        wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
    }
    wire.done()
}

fn texts(world: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::TXT, limit);
    let mut text = Vec::new();
    while text.len() + 256 < limit - 8 * 130 {
        text.push(255);
        text.extend([b'x'; 255]);
    }
    wire.push(Section::Answer, QNAME, Rtype::TXT, &text);
    let set = Set {
        owner: &www(),
        rtype: Rtype::TXT,
        records: &[text],
    };
    jam(&mut wire, &world.evil, &world.evil.key, &set, 8);
    wire.done()
}

fn bitmaps(_: &mut World, limit: usize) -> Vec<u8> {
    let mut wire = Wire::new(&www(), Rtype::A, limit).nxdomain();
    let mut rdata = name("evil.com.").wire().to_vec();
    for window in 0..=u8::MAX {
        if rdata.len() + 34 > limit / 4 {
            break;
        }
        rdata.extend([window, 32]);
        rdata.extend([0xff; 32]);
    }
    for number in 0.. {
        let owner = name(&format!("{number}.evil.com."));
        if !wire.push(Section::Authority, owner.wire(), Rtype::NSEC, &rdata) {
            break;
        }
    }
    wire.done()
}

fn announcements(world: &mut World, limit: usize) -> Vec<u8> {
    let apex = world.evil.apex.clone();
    let mut wire = Wire::new(&apex, Rtype::ANY, limit);
    for (number, rtype) in (0..).zip([Rtype::DNSKEY, Rtype::CDS, Rtype::CDNSKEY]) {
        let records = match rtype {
            Rtype::CDS => vec![world.evil.ds()],
            _ => vec![world.evil.key.rdata.clone()],
        };
        let set = Set {
            owner: &apex,
            rtype,
            records: &records,
        };
        wire.push(Section::Answer, QNAME, rtype, &records[0]);
        for salt in 1..=8 {
            let rrsig = world.evil.key.rrsig(&apex, &set, salt + 100 * number);
            wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig);
        }
    }
    wire.done()
}
