//! Where a name lies, against a walk over its labels.

use super::super::testing::*;
use super::super::verdict::Reason;
use super::super::zone::Sight;
use super::super::zones::{Place, Zones};
use crate::chain::anchor::TrustAnchors;
use crate::chain::{NegativeAnchor, SignedBy};
use crate::message::{Ds, Name, Rtype};
use crate::time::{Timestamp, Ttl};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::new(EPOCH, 0);

/// Names of few labels from few letters, so that many are relatives.
fn some_name() -> impl Strategy<Value = Name> {
    prop::collection::vec(0_u8..2, 0..7).prop_map(|labels| {
        let child = |name: Name, label: u8| name.child(&[b'a' + label]).unwrap();
        labels.into_iter().fold(Name::root(), child)
    })
}

fn zones_knowing(known: &[(Name, u8)], anchors: &[Name], negative: Vec<Name>) -> Zones {
    let key = Key::new(KSK, "anchor");
    let mut trust_anchors = TrustAnchors::default();
    for zone in anchors {
        trust_anchors.add(zone.clone(), Ds::parse(&key.ds(zone, 2)).unwrap());
    }
    let negative = negative
        .into_iter()
        .map(|zone| NegativeAnchor { zone, until: None });
    let mut zones = Zones::new(trust_anchors, negative.collect());
    for (owner, kind) in known {
        let signed_by = SignedBy {
            signer: Name::root(),
            key_tag: 0,
            algorithm: 15,
            labels: 1,
            original_ttl: Ttl::new(3600),
            inception: NOW,
            expiration: NOW.plus_seconds(DAY),
            key: None,
        };
        let sight = Sight {
            time: NOW,
            now: NOW,
            ttl: Ttl::new(3600),
            is_first_hand: true,
        };
        let digest_type = if *kind == 3 { 99 } else { 2 };
        let ds = Records::new(&owner.to_string(), Rtype::DS, vec![key.ds(owner, 2)]);
        let mut rdata = key.ds(owner, 2);
        rdata[3] = digest_type;
        let ds = ask("x.", Rtype::A).authority(ds.but_with(vec![rdata]));
        let exchange = ds.exchange(1);
        let trust = zones.entry(owner);
        match kind {
            0 => {
                trust.add_no_ds(&signed_by, sight);
            }
            1 => {
                trust.add_no_cut(&signed_by, sight);
            }
            2 | 3 => {
                trust.add_ds(&exchange.message.authority[0], &signed_by, sight);
            }
            _ => {}
        }
    }
    zones
}

/// The place of a name, step by step from its anchor.
fn walked(zones: &Zones, negative: &[Name], name: &Name) -> Place {
    let insecure = |zone: &Name, reason| Place::Insecure {
        zone: zone.clone(),
        reason,
    };
    let Some(anchor) = zones.anchors().closest(name) else {
        let excepted = name.ancestry().find(|step| negative.contains(step));
        return excepted.map_or(Place::Unanchored, |zone| {
            insecure(&zone, Reason::NegativeAnchor)
        });
    };
    if negative.contains(&anchor) {
        return insecure(&anchor, Reason::NegativeAnchor);
    }
    let mut path: Vec<Name> = name.ancestry().take_while(|step| *step != anchor).collect();
    path.reverse();
    let (mut zone, mut gap) = (anchor, None);
    for step in path {
        if negative.contains(&step) {
            return insecure(&step, Reason::NegativeAnchor);
        }
        let Some(trust) = zones.find(&step) else {
            gap = gap.or(Some(step));
            continue;
        };
        if trust.is_unsigned(NOW) {
            return insecure(&step, Reason::NoDs);
        }
        if let Some(reason) = trust.unusable_ds(NOW) {
            return insecure(&step, reason);
        }
        if trust.has_ds(NOW) || trust.has_keys(NOW) {
            (zone, gap) = (step, None);
        } else if !trust.is_no_cut(NOW) {
            gap = gap.or(Some(step));
        }
    }
    Place::Signed { zone, gap }
}

proptest! {
    #[test]
    fn a_name_lies_where_a_walk_over_its_labels_ends(
        known in prop::collection::vec((some_name(), 0_u8..5), 0..12),
        anchors in prop::collection::vec(some_name(), 0..3),
        negative in prop::collection::vec(some_name(), 0..2),
        names in prop::collection::vec(some_name(), 1..20),
    ) {
        let zones = zones_knowing(&known, &anchors, negative.clone());
        for name in names {
            let found = zones.place(&name, Rtype::A, NOW);
            let walked = walked(&zones, &negative, &name);
            prop_assert_eq!(format!("{found:?}"), format!("{walked:?}"), "{}", name);
        }
    }
}
