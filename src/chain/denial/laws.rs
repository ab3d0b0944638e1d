//! What holds for every zone: right records prove what is so, and no records prove what is not.

use super::model::{Nsec3Fields, ServedChain, Truth, Zone, denials, name};
use super::{NoDs, Proof};
use crate::message::{Name, Rtype};
use proptest::prelude::*;

const LABELS: [&str; 5] = ["!", "*", "a", "b", "c"];

/// Sorts of nodes; only the first three may be wildcards (RFC 4592 §4.2 to §4.4).
const NODES: [&str; 7] = ["A", "A TXT", "CNAME", "NS", "NS DS", "NS DS TXT", "DNAME A"];

const QTYPES: [Rtype; 5] = [Rtype::A, Rtype::TXT, Rtype::DS, Rtype::NS, Rtype::CNAME];

/// A name at or below the apex.
fn names(depth: usize) -> impl Strategy<Value = Name> {
    prop::collection::vec(prop::sample::select(&LABELS[..]), 0..=depth).prop_map(|labels| {
        let below = |name: Name, label: &str| name.child(label.as_bytes()).unwrap();
        labels.into_iter().fold(name("example."), below)
    })
}

fn zones() -> impl Strategy<Value = Zone> {
    prop::collection::vec((names(3), 0..NODES.len()), 0..12).prop_map(|drawn| {
        let apex = (name("example."), "SOA NS A");
        let is_apex = |owner: &Name| *owner == apex.0;
        let nodes = drawn
            .into_iter()
            .filter(|(owner, _)| !is_apex(owner))
            .map(|(owner, sort)| {
                let has_asterisk = owner.ancestry().any(|above| above.is_wildcard());
                (owner, NODES[if has_asterisk { sort % 3 } else { sort }])
            });
        let nodes: Vec<_> = std::iter::once(apex.clone()).chain(nodes).collect();
        Zone::new(&nodes)
    })
}

/// Each sort of chain: NSEC, NSEC3, NSEC3 with opt-out.
fn chain(zone: &Zone, sort: u8) -> ServedChain {
    match sort {
        0 => zone.nsec_chain(),
        sort => zone.nsec3_chain(&Nsec3Fields::new(sort == 2)),
    }
}

/// Which records of a chain are there: often all.
fn masks() -> impl Strategy<Value = u64> {
    prop_oneof![Just(u64::MAX), any::<u64>()]
}

/// What an opt-out span makes of a proof.
fn weaken(is_weak: bool) -> Proof {
    if is_weak {
        Proof::OptOut
    } else {
        Proof::Proven
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_right_records_prove_what_is_so(
        zone in zones(), qname in names(4), rtype in prop::sample::select(&QTYPES[..]), sort in 0..3_u8,
    ) {
        let chain = chain(&zone, sort);
        let truth = zone.lookup(&qname, rtype);
        let is_opt_out = sort == 2;
        let denials = denials(&zone.apex, chain.serve(&qname, &truth));
        match &truth {
            Truth::NameError(_) => {
                prop_assert_eq!(denials.name_error(&qname).what, weaken(is_opt_out));
            }
            // The parent's to deny.
            Truth::NoData if rtype == Rtype::DS && qname == zone.apex => {
                prop_assert_eq!(denials.no_data(&qname, rtype).what, Proof::Missing);
            }
            Truth::NoData => {
                let is_weak = is_opt_out && !chain.names.contains(&qname);
                prop_assert_eq!(denials.no_data(&qname, rtype).what, weaken(is_weak));
            }
            Truth::WildcardNoData(_) => {
                prop_assert_eq!(denials.no_data(&qname, rtype).what, weaken(is_opt_out));
            }
            Truth::WildcardData(base) => {
                let labels = u8::try_from(base.label_count()).unwrap();
                let shown = denials.wildcard_expansion(&qname, labels);
                prop_assert_eq!(shown.what, weaken(is_opt_out));
            }
            Truth::Referral(cut) => {
                let expected = match (zone.has(cut, Rtype::DS), is_opt_out) {
                    (true, _) => NoDs::Contradicted,
                    (false, true) => NoDs::InsecureOptOut,
                    (false, false) => NoDs::Insecure,
                };
                prop_assert_eq!(denials.no_ds(cut).what, expected);
            }
            Truth::Data | Truth::Dname => {}
        }
    }

    #[test]
    fn no_records_of_a_zone_prove_or_accuse_wrongly(
        zone in zones(), qname in names(4), rtype in prop::sample::select(&QTYPES[..]), sort in 0..3_u8,
        mask in masks(),
    ) {
        let chain = chain(&zone, sort);
        let denials = denials(&zone.apex, chain.masked(mask));
        let at_parent = zone.lookup(&qname, Rtype::DS);
        let is_beyond_record = at_parent == Truth::Dname
            || matches!(&at_parent, Truth::Referral(cut) if chain.names.contains(cut));
        // Not told by an opt-out chain: the name itself, or a cut above it, may be left out.
        let is_hidden = sort == 2 && !chain.names.contains(&qname) && !is_beyond_record;
        let truth = zone.lookup(&qname, rtype);
        let is_name_error = matches!(truth, Truth::NameError(_));
        let is_decided = mask == u64::MAX && sort < 2;
        match denials.name_error(&qname).what {
            Proof::Proven => prop_assert!(is_name_error),
            Proof::OptOut => prop_assert!(is_hidden),
            Proof::Contradicted => prop_assert!(!is_name_error),
            other @ (Proof::Iterations | Proof::Missing | Proof::Budget) => {
                prop_assert_eq!((other, is_decided), (Proof::Missing, false));
            }
        }
        let is_no_data = matches!(truth, Truth::NoData | Truth::WildcardNoData(_));
        match denials.no_data(&qname, rtype).what {
            Proof::Proven => prop_assert!(is_no_data),
            Proof::OptOut => prop_assert!(is_hidden),
            Proof::Contradicted => prop_assert!(!is_no_data),
            other @ (Proof::Iterations | Proof::Missing | Proof::Budget) => {
                let is_parents = rtype == Rtype::DS && qname == zone.apex;
                prop_assert_eq!((other, is_decided && !is_parents), (Proof::Missing, false));
            }
        }
        let is_unsigned = zone.is_delegation(&qname) && !zone.has(&qname, Rtype::DS);
        let is_beyond = matches!(at_parent, Truth::Referral(_) | Truth::Dname);
        match denials.no_ds(&qname).what {
            NoDs::Insecure => prop_assert!(is_unsigned),
            NoDs::InsecureOptOut => prop_assert!(is_hidden),
            NoDs::NotACut => prop_assert!(!zone.is_delegation(&qname) && !is_beyond),
            NoDs::Contradicted => prop_assert!(zone.has(&qname, Rtype::DS) || is_beyond),
            other @ (NoDs::Iterations | NoDs::Missing | NoDs::Budget) => prop_assert_eq!(
                (other, is_decided && qname != zone.apex),
                (NoDs::Missing, false)
            ),
        }
        prop_assert!(
            !denials.shows_no_cut(&qname) || !zone.is_delegation(&qname) && !is_beyond
        );
    }

    #[test]
    fn no_records_of_a_zone_allow_a_wrong_expansion(
        zone in zones(), qnames in prop::collection::vec(names(4), 8), sort in 0..3_u8,
        mask in masks(),
    ) {
        let chain = chain(&zone, sort);
        let denials = denials(&zone.apex, chain.masked(mask));
        let with_each = |wildcard| qnames.iter().map(move |qname| (wildcard, qname));
        for (wildcard, qname) in zone.wildcards().flat_map(with_each) {
            let base = wildcard.parent().unwrap();
            if !qname.is_below(&base) || qname == wildcard {
                continue;
            }
            let labels = u8::try_from(base.label_count()).unwrap();
            let next_closer = qname.suffix(base.label_count() + 1);
            match denials.wildcard_expansion(qname, labels).what {
                Proof::Proven => prop_assert!(!zone.exists(&next_closer)),
                Proof::OptOut => prop_assert!(sort == 2 && !chain.names.contains(&next_closer)),
                Proof::Contradicted => prop_assert!(zone.exists(&next_closer)),
                other @ (Proof::Iterations | Proof::Missing | Proof::Budget) => {
                    prop_assert_eq!((other, mask == u64::MAX), (Proof::Missing, false));
                }
            }
        }
    }
}
