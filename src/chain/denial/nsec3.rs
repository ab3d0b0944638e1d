//! Chains of NSEC3 records (RFC 5155).

use super::{Chain, Conclusion, Hashes, Hashing, Status, occludes, status_at};
use crate::message::{Name, Nsec3, TypeBitmap};
use crate::signature::nsec3_hash;

/// The only hash algorithm there is: SHA-1 (RFC 5155 §11).
const SHA1: u8 = 1;

/// With more additional iterations than this a proof shows nothing (RFC 9276 §3.2).
const MAX_ITERATIONS: u16 = 150;

type Hash = [u8; 20];

/// The NSEC3 records of a zone, as far as they are known, by their parameters.
#[derive(Debug)]
pub(super) struct Chains {
    sets: Vec<Set>,
    /// Owners of records with too many iterations.
    hashed_too_often: Vec<Name>,
    hashing: Hashing,
}

/// Records with the same salt and iterations: only these may be used together (RFC 5155 §8.2).
#[derive(Debug)]
struct Set {
    salt: Box<[u8]>,
    iterations: u16,
    links: Vec<Link>,
    /// Hashes that were paid for.
    hashes: Hashes,
}

#[derive(Debug)]
struct Link {
    owner: Name,
    hash: Hash,
    next: Hash,
    is_opt_out: bool,
    types: TypeBitmap,
}

impl Chains {
    pub(super) fn new(hashing: Hashing) -> Self {
        Self {
            sets: Vec::new(),
            hashed_too_often: Vec::new(),
            hashing,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.hashed_too_often.is_empty()
    }

    /// Adds a record, unless it is one to ignore (RFC 5155 §8.1, §8.2).
    pub(super) fn add(&mut self, zone: &Name, owner: &Name, nsec3: Nsec3) {
        let is_known = nsec3.hash_algorithm == SHA1 && nsec3.flags <= 1;
        let hashes = (owner_hash(zone, owner), nsec3.next_hash.as_ref().try_into());
        let (true, (Some(hash), Ok(next))) = (is_known, hashes) else {
            return;
        };
        if nsec3.iterations > MAX_ITERATIONS {
            self.hashed_too_often.push(owner.clone());
            return;
        }
        let link = Link {
            owner: owner.clone(),
            hash,
            next,
            is_opt_out: nsec3.is_opt_out(),
            types: nsec3.types,
        };
        let mut sets = self.sets.iter_mut();
        match sets.find(|set| set.iterations == nsec3.iterations && set.salt == nsec3.salt) {
            Some(set) => set.links.push(link),
            None => self.sets.push(Set {
                hashes: self.hashing.hashes(nsec3.iterations, &nsec3.salt),
                salt: nsec3.salt,
                iterations: nsec3.iterations,
                links: vec![link],
            }),
        }
    }

    /// Owners of the records that were left out for their iterations.
    pub(super) fn hashed_too_often(&self) -> &[Name] {
        &self.hashed_too_often
    }

    /// One chain for each set of parameters.
    pub(super) fn chains<'a>(&'a self, zone: &'a Name) -> impl Iterator<Item = impl Chain + 'a> {
        let hashing = &self.hashing;
        self.sets
            .iter()
            .map(move |set| Hashed { zone, set, hashing })
    }
}

/// The hash that an owner `<base32hex>.zone` names (RFC 5155 §3).
fn owner_hash(zone: &Name, owner: &Name) -> Option<Hash> {
    let label = owner.labels().next()?;
    (owner.parent()? == *zone && label.len() == 32).then_some(())?;
    let mut hash = [0; 20];
    for (octets, digits) in hash.chunks_exact_mut(5).zip(label.chunks_exact(8)) {
        let mut bits = 0_u64;
        for digit in digits {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'v' => digit - b'a' + 10,
                _ => return None,
            };
            bits = bits << 5 | u64::from(value);
        }
        let [_, _, _, group @ ..] = bits.to_be_bytes();
        octets.copy_from_slice(&group);
    }
    Some(hash)
}

/// A set at work: its zone, and the budget that all sets of the message share.
struct Hashed<'a> {
    zone: &'a Name,
    set: &'a Set,
    hashing: &'a Hashing,
}

impl Chain for Hashed<'_> {
    /// Looks for the closest encloser that the records can prove (RFC 5155 §8.3).
    fn status(&self, name: &Name) -> Conclusion<Status<'_>> {
        let mut next_closer = None;
        let in_zone = |ancestor: &Name| ancestor.is_at_or_below(self.zone);
        for ancestor in name.ancestry().take_while(in_zone) {
            let Some(hash) = self.hash(&ancestor) else {
                return Conclusion::by_none(Status::Budget);
            };
            match (self.set.matching(hash), next_closer) {
                (Some(link), None) => {
                    return Conclusion::new(status_at(&link.types), vec![link.owner.clone()]);
                }
                (Some(link), Some(_)) if occludes(&link.types) => {
                    return Conclusion::new(Status::Occluded, vec![link.owner.clone()]);
                }
                (Some(link), Some(next_closer)) => {
                    return self.set.absent(ancestor, next_closer, Some(link));
                }
                (None, _) => next_closer = Some(hash),
            }
        }
        Conclusion::by_none(Status::Untold)
    }

    fn status_below_encloser(&self, name: &Name) -> Conclusion<Status<'_>> {
        let Some(hash) = self.hash(name) else {
            return Conclusion::by_none(Status::Budget);
        };
        if let Some(link) = self.set.matching(hash) {
            return Conclusion::new(status_at(&link.types), vec![link.owner.clone()]);
        }
        let encloser = name.parent().unwrap_or_else(Name::root);
        self.set.absent(encloser, hash, None)
    }
}

impl Hashed<'_> {
    /// The hash of `name`; nothing if the budget does not allow it.
    fn hash(&self, name: &Name) -> Option<Hash> {
        if let Some(hash) = self.set.hashes.borrow().get(name) {
            return Some(*hash);
        }
        self.hashing.take(self.set.cost(name))?;
        let hash = nsec3_hash(name, &self.set.salt, self.set.iterations);
        self.set.hashes.borrow_mut().insert(name.clone(), hash);
        Some(hash)
    }
}

impl Set {
    /// SHA-1 blocks that it takes to hash `name`.
    fn cost(&self, name: &Name) -> u32 {
        // A block has 64 octets; padding takes at least 9.
        let blocks = |octets: usize| u32::try_from((octets + 8) / 64 + 1).unwrap_or(u32::MAX);
        let first = blocks(name.wire().len() + self.salt.len());
        let other = blocks(size_of::<Hash>() + self.salt.len());
        first.saturating_add(other.saturating_mul(u32::from(self.iterations)))
    }

    fn matching(&self, hash: Hash) -> Option<&Link> {
        self.links.iter().find(|link| link.hash == hash)
    }

    /// Whether the next closer name below `encloser` is shown not to exist, where `at_encloser`
    /// shows that the encloser does.
    fn absent(
        &self,
        encloser: Name,
        next_closer: Hash,
        at_encloser: Option<&Link>,
    ) -> Conclusion<Status<'_>> {
        let Some(cover) = self.links.iter().find(|link| link.covers(next_closer)) else {
            return Conclusion::by_none(Status::Untold);
        };
        let by = std::iter::once(cover).chain(at_encloser.filter(|link| link.hash != cover.hash));
        let status = Status::Absent {
            encloser,
            is_opt_out: cover.is_opt_out,
        };
        Conclusion::new(status, by.map(|link| link.owner.clone()).collect())
    }
}

impl Link {
    /// Whether `hash` falls between owner and next; the last link wraps, and the only link of a
    /// chain covers all but itself.
    fn covers(&self, hash: Hash) -> bool {
        let is_inside = if self.hash < self.next {
            self.hash < hash && hash < self.next
        } else {
            self.hash < hash || hash < self.next
        };
        is_inside && hash != self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Nsec3Fields, Truth, Zone, base32hex, denials, name, set};
    use super::super::{Denials, NoDs, Proof};
    use super::*;
    use crate::message::Rtype;

    /// RFC 5155 appendix A: owner, next and types of its chain, with opt-out.
    #[rustfmt::skip]
    const EXAMPLE: [(&str, &str, &str); 12] = [
        ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "2t7b4g4vsa5smi47k61mv5bv1a22bojr", "NS SOA RRSIG"),
        ("2t7b4g4vsa5smi47k61mv5bv1a22bojr", "2vptu5timamqttgl4luu9kg21e0aor3s", "A RRSIG"),
        ("2vptu5timamqttgl4luu9kg21e0aor3s", "35mthgpgcu1qg68fab165klnsnk3dpvl", "MX RRSIG"),
        ("35mthgpgcu1qg68fab165klnsnk3dpvl", "b4um86eghhds6nea196smvmlo4ors995", "NS DS RRSIG"),
        ("b4um86eghhds6nea196smvmlo4ors995", "gjeqe526plbf1g8mklp59enfd789njgi", "MX RRSIG"),
        ("gjeqe526plbf1g8mklp59enfd789njgi", "ji6neoaepv8b5o6k4ev33abha8ht9fgc", "A RRSIG"),
        ("ji6neoaepv8b5o6k4ev33abha8ht9fgc", "k8udemvp1j2f7eg6jebps17vp3n8i58h", ""),
        ("k8udemvp1j2f7eg6jebps17vp3n8i58h", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi", ""),
        ("kohar7mbb8dc2ce8a9qvl8hon4k53uhi", "q04jkcevqvmu85r014c7dkba38o0ji5r", "A RRSIG"),
        ("q04jkcevqvmu85r014c7dkba38o0ji5r", "r53bq7cc2uvmubfu5ocmm6pers9tk9en", "A RRSIG"),
        ("r53bq7cc2uvmubfu5ocmm6pers9tk9en", "t644ebqk9bibcna874givr6joj62mlhv", "MX RRSIG"),
        ("t644ebqk9bibcna874givr6joj62mlhv", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "A RRSIG"),
    ];

    /// Those of the records of appendix A whose owners begin so.
    fn example(owners: &str) -> Denials {
        let fields = Nsec3Fields {
            iterations: 12,
            salt: vec![0xaa, 0xbb, 0xcc, 0xdd],
            ..Nsec3Fields::new(true)
        };
        let apex = name("example.");
        let is_wanted = |owner: &str| owners.split(' ').any(|wanted| owner.starts_with(wanted));
        let records = EXAMPLE.iter().filter(|(owner, ..)| is_wanted(owner));
        let sets = records.map(|(owner, next, types)| {
            let [owner, next] = [owner, next].map(|label| apex.child(label.as_bytes()).unwrap());
            let next = owner_hash(&apex, &next).unwrap();
            set(&owner, Rtype::NSEC3, vec![fields.rdata(&next, types)])
        });
        denials(&apex, sets)
    }

    #[test]
    fn the_zones_of_a_message_share_what_it_may_hash() {
        let hashing = Hashing::of_a_message();
        let apex = name("example.");
        let fields = Nsec3Fields {
            iterations: 150,
            ..Nsec3Fields::new(false)
        };
        let record = |zone: &Name| {
            let owner = zone.child(&[b'0'; 32]).unwrap();
            set(&owner, Rtype::NSEC3, vec![fields.rdata(&[0; 20], "A")])
        };
        let ask = |zone: &Name, labels: usize| {
            let mut denials = Denials::within(zone.clone(), hashing.clone());
            denials.add(&record(zone));
            let qname = format!("{}{zone}", "a.".repeat(labels));
            denials.name_error(&name(&qname)).what
        };
        assert_ne!(ask(&apex, 20), Proof::Budget);
        let before = hashing.taken();
        assert!(before >= 20 * 150, "{before}");
        assert_ne!(ask(&name("example.example."), 20), Proof::Budget);
        assert!(hashing.taken() >= 2 * before);
        assert_eq!(
            ask(&name("other."), 20),
            Proof::Budget,
            "the third is too much"
        );
    }

    #[test]
    #[rustfmt::skip]
    fn the_examples_of_rfc_5155_hold() {
        let [mx, aaaa] = [15, 28].map(Rtype::new);
        // B.1: c.x.w is the next closer name; the whole zone is opt-out.
        let denials = example("0p9m b4um 35mt");
        let shown = denials.name_error(&name("a.c.x.w.example."));
        assert_eq!(shown.what, Proof::OptOut);
        let owners = [
            "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
            "b4um86eghhds6nea196smvmlo4ors995",
            "35mthgpgcu1qg68fab165klnsnk3dpvl",
        ];
        assert_eq!(
            shown.by,
            owners.map(|label| name("example.").child(label.as_bytes()).unwrap())
        );
        // B.2 and B.2.1.
        assert_eq!(
            example("2t7b").no_data(&name("ns1.example."), mx).what,
            Proof::Proven
        );
        assert_eq!(
            example("ji6n")
                .no_data(&name("y.w.example."), Rtype::A)
                .what,
            Proof::Proven
        );
        // B.3.
        let shown = example("35mt 0p9m").no_ds(&name("c.example."));
        assert_eq!(shown.what, NoDs::InsecureOptOut);
        // B.4.
        let shown = example("q04j").wildcard_expansion(&name("a.z.w.example."), 2);
        assert_eq!(shown.what, Proof::OptOut);
        // B.5.
        let shown = example("k8ud q04j r53b").no_data(&name("a.z.w.example."), aaaa);
        assert_eq!(shown.what, Proof::OptOut);
        // B.6: the child's answer.
        let shown = example("0p9m").no_data(&name("example."), Rtype::DS);
        assert_eq!(shown.what, Proof::Missing);
        assert_eq!(
            example("35mt").no_ds(&name("a.example.")).what,
            NoDs::Contradicted
        );
    }

    fn zone() -> Zone {
        Zone::new(&[
            (name("example."), "SOA NS"),
            (name("a.example."), "A"),
            (name("cut.example."), "NS"),
            (name("alias.example."), "DNAME"),
            (name("x.ent.example."), "TXT"),
            (name("*.wild.example."), "TXT"),
        ])
    }

    /// The whole chain of [`zone`].
    fn whole(fields: &Nsec3Fields) -> Denials {
        denials(&name("example."), zone().nsec3_chain(fields).all())
    }

    #[test]
    fn a_whole_chain_tells_each_case() {
        use Proof::{Contradicted, Proven};
        let denials = whole(&Nsec3Fields::new(false));
        let table = [
            // (name, name error, no A, no DS)
            ("b.example.", Proven, Contradicted, NoDs::NotACut),
            ("a.example.", Contradicted, Contradicted, NoDs::NotACut),
            ("ent.example.", Contradicted, Proven, NoDs::NotACut),
            ("y.wild.example.", Contradicted, Proven, NoDs::NotACut),
            ("cut.example.", Contradicted, Contradicted, NoDs::Insecure),
            (
                "x.cut.example.",
                Contradicted,
                Contradicted,
                NoDs::Contradicted,
            ),
            ("alias.example.", Contradicted, Proven, NoDs::NotACut),
            (
                "x.alias.example.",
                Contradicted,
                Contradicted,
                NoDs::Contradicted,
            ),
        ];
        for (qname, name_error, no_data, no_ds) in table {
            let asked = name(qname);
            assert_eq!(denials.name_error(&asked).what, name_error, "{qname}");
            assert_eq!(denials.no_data(&asked, Rtype::A).what, no_data, "{qname}");
            assert_eq!(denials.no_ds(&asked).what, no_ds, "{qname}");
        }
    }

    #[test]
    fn records_of_other_parameters_do_not_complete_a_proof() {
        let (qname, truth) = (name("b.example."), Truth::NameError(name("example.")));
        let [one, two] = [vec![1], vec![2]].map(|salt| {
            let fields = Nsec3Fields {
                salt,
                ..Nsec3Fields::new(false)
            };
            zone().nsec3_chain(&fields)
        });
        let encloser = one.at(&name("example."));
        let covers = two.serve(&qname, &truth);
        let covers = covers
            .into_iter()
            .filter(|set| set.owner != two.at(&name("example.")).owner);
        let mixed = denials(&name("example."), covers.chain([encloser]));
        assert_eq!(mixed.name_error(&qname).what, Proof::Missing);
        let both = one
            .serve(&qname, &truth)
            .into_iter()
            .chain([two.at(&name("a.example."))]);
        assert_eq!(
            denials(&name("example."), both).name_error(&qname).what,
            Proof::Proven
        );
    }

    #[test]
    fn records_to_ignore_are_ignored() {
        let hash = base32hex(&[7; 20]);
        let is_ignored = |owner: &str, algorithm, flags, octets| {
            let fields = Nsec3Fields {
                algorithm,
                flags,
                ..Nsec3Fields::new(false)
            };
            let rdata = fields.rdata(&vec![9; octets], "A");
            let record = set(&name(owner), Rtype::NSEC3, vec![rdata]);
            denials(&name("example."), [record]).is_empty()
        };
        let good = format!("{hash}.example.");
        let table = [
            // (what, owner, algorithm, flags, octets of the next hash, ignored)
            ("good", good.clone(), 1, 0, 20, false),
            ("opt-out", good.clone(), 1, 1, 20, false),
            ("unknown algorithm", good.clone(), 2, 0, 20, true),
            ("unknown flag", good.clone(), 1, 2, 20, true),
            ("next of another length", good, 1, 0, 19, true),
            (
                "owner below a hash",
                format!("*.{hash}.example."),
                1,
                0,
                20,
                true,
            ),
            ("long owner", format!("0{hash}.example."), 1, 0, 20, true),
            (
                "not base32hex",
                hash.replace('g', "z") + ".example.",
                1,
                0,
                20,
                true,
            ),
            ("another zone", format!("{hash}.test."), 1, 0, 20, true),
            ("the apex", "example.".into(), 1, 0, 20, true),
        ];
        for (what, owner, algorithm, flags, octets, expected) in table {
            let found = is_ignored(&owner, algorithm, flags, octets);
            assert_eq!(found, expected, "{what}");
        }
        assert!(hash.contains('g'));
    }

    #[test]
    fn what_an_opt_out_span_hides_is_never_held_against_a_denial() {
        // `hidden.example.` exists only above an unsigned delegation, so that the chain tells
        // nothing of it. BIND 9.18 then gives the apex and the wildcard, for all of these.
        let zone = Zone::new(&[
            (name("example."), "SOA NS"),
            (name("*.example."), "TXT"),
            (name("u.hidden.example."), "NS"),
        ]);
        let chain = zone.nsec3_chain(&Nsec3Fields::new(true));
        let given = ["example.", "*.example."].map(|owner| chain.at(&name(owner)));
        let denials = denials(&zone.apex, given);
        for qname in ["y.hidden.example.", "hidden.example.", "u.hidden.example."].map(name) {
            assert_eq!(denials.name_error(&qname).what, Proof::OptOut);
            assert_eq!(denials.no_data(&qname, Rtype::TXT).what, Proof::OptOut);
            assert_eq!(denials.no_data(&qname, Rtype::DS).what, Proof::OptOut);
            assert_eq!(denials.no_ds(&qname).what, NoDs::InsecureOptOut);
            assert!(!denials.shows_no_cut(&qname));
        }
    }

    #[test]
    fn above_150_iterations_nothing_is_shown() {
        let with = |iterations| {
            whole(&Nsec3Fields {
                iterations,
                ..Nsec3Fields::new(false)
            })
        };
        let qname = name("b.example.");
        assert_eq!(with(150).name_error(&qname).what, Proof::Proven);
        let too_many = with(151);
        assert!(!too_many.is_empty());
        assert_eq!(too_many.name_error(&qname).what, Proof::Iterations);
        assert_eq!(too_many.no_data(&qname, Rtype::A).what, Proof::Iterations);
        assert_eq!(too_many.no_ds(&qname).what, NoDs::Iterations);
        assert_eq!(
            too_many.wildcard_expansion(&qname, 1).what,
            Proof::Iterations
        );
        assert!(!too_many.shows_no_cut(&qname));
        assert!(!too_many.no_ds(&qname).by.is_empty());
        assert_eq!(too_many.name_error(&name("test.")).what, Proof::Missing);
    }

    #[test]
    fn hashing_ends_with_the_budget() {
        let fields = Nsec3Fields {
            iterations: 150,
            ..Nsec3Fields::new(false)
        };
        let deep = name(&format!("{}example.", "x.".repeat(60)));
        let denials = whole(&fields);
        assert_eq!(denials.name_error(&deep).what, Proof::Budget);
        assert_eq!(denials.no_ds(&deep.parent().unwrap()).what, NoDs::Budget);
        // 30 labels, asked over and over: each is hashed once.
        let denials = whole(&fields);
        for ancestor in deep.suffix(31).ancestry().take(30) {
            assert_eq!(denials.name_error(&ancestor).what, Proof::Proven);
        }
    }

    #[test]
    fn a_block_has_64_octets_of_which_padding_takes_9() {
        let table = [
            // (iterations, octets of name, octets of salt, blocks)
            (0, 17, 38, 1),
            (0, 17, 39, 2),
            (150, 17, 35, 151),
            (150, 17, 36, 301),
            (1, 17, 255, 10),
        ];
        let asked = name("aaaaaaa.example.");
        for (iterations, octets, salt, expected) in table {
            assert_eq!(asked.wire().len(), octets);
            let set = Set {
                salt: vec![0; salt].into(),
                iterations,
                links: Vec::new(),
                hashes: Hashes::default(),
            };
            assert_eq!(set.cost(&asked), expected, "{iterations} {salt}");
        }
    }

    #[test]
    fn the_last_link_wraps_and_the_only_one_covers_all_else() {
        let table = [
            // (owner, next, hash, covered)
            (2, 5, 3, true),
            (2, 5, 2, false),
            (2, 5, 5, false),
            (5, 2, 6, true),
            (5, 2, 1, true),
            (5, 2, 3, false),
            (5, 2, 5, false),
            (4, 4, 3, true),
            (4, 4, 4, false),
        ];
        for (owner, next, hash, expected) in table {
            let link = Link {
                owner: Name::root(),
                hash: [owner; 20],
                next: [next; 20],
                is_opt_out: false,
                types: TypeBitmap::default(),
            };
            assert_eq!(link.covers([hash; 20]), expected, "{owner} {next} {hash}");
        }
    }
}
