//! What zones ask their parents to publish (RFC 7344, RFC 8078).

use super::ds::DsSet;
use super::timeline::Sight;
use crate::message::{Dnskey, Ds, Name, Rrset, Rtype};
use crate::signature::ds_matches;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Announcements of a zone that are remembered.
const ANNOUNCEMENTS: usize = 8;

/// What a CDS or CDNSKEY RRset asks for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Wish {
    /// These DS records.
    Ds(Vec<Ds>),
    /// DS records of these keys, with digests of the parent's choice.
    Keys(Vec<Dnskey>),
    /// No DS at all: `0 0 0 00` or `0 3 0 AA==` (RFC 8078 §4).
    Delete,
}

impl Wish {
    /// Of a CDS or CDNSKEY RRset.
    pub(super) fn of(rrset: &Rrset) -> Option<Self> {
        if rrset.rtype == Rtype::CDS {
            let records: Vec<Ds> = rrset.ds().collect();
            let is_delete = records.iter().any(|ds| ds.algorithm == 0);
            return Some(if is_delete {
                Self::Delete
            } else {
                Self::Ds(records)
            });
        }
        if rrset.rtype != Rtype::CDNSKEY {
            return None;
        }
        let keys: Vec<Dnskey> = rrset.records().filter_map(Dnskey::parse).collect();
        let is_delete = keys.iter().any(|key| key.algorithm() == 0);
        Some(if is_delete {
            Self::Delete
        } else {
            Self::Keys(keys)
        })
    }

    /// Whether the DS set fulfils it. Parents may leave out digests that they do not publish
    /// (RFC 7344 §4.1), but no key.
    pub(super) fn is_met_by(&self, zone: &Name, set: &DsSet) -> bool {
        let records = set.records();
        match self {
            Self::Delete => records.is_empty(),
            Self::Ds(wanted) => {
                !records.is_empty()
                    && records.iter().all(|ds| wanted.contains(ds))
                    && wanted.iter().all(|want| {
                        let is_its_key =
                            |ds: &Ds| (ds.key_tag, ds.algorithm) == (want.key_tag, want.algorithm);
                        records.iter().any(is_its_key)
                    })
            }
            Self::Keys(wanted) => {
                !records.is_empty()
                    && records
                        .iter()
                        .all(|ds| wanted.iter().any(|key| ds_matches(zone, ds, key)))
                    && wanted
                        .iter()
                        .all(|key| records.iter().any(|ds| ds_matches(zone, ds, key)))
            }
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Announcement {
    rtype: Rtype,
    wish: Wish,
    /// The earliest inception of a signature over it.
    since: Timestamp,
    key_tag: u16,
}

/// What a zone has announced, signed by keys of its old chain.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Announcements(Vec<Announcement>);

impl Announcements {
    /// Takes in a verified CDS or CDNSKEY RRset that the key with this tag signed.
    pub(super) fn note(&mut self, rrset: &Rrset, sight: &Sight, key_tag: u16) {
        let Some(wish) = Wish::of(rrset) else { return };
        let is_alike = |known: &Announcement| known.rtype == rrset.rtype && known.wish == wish;
        if let Some(since) = self
            .0
            .iter()
            .find(|known| is_alike(known))
            .map(|known| known.since)
        {
            // Seen later it is news only after another wish, and seen earlier only without one
            // in between: else it is the same announcement, or an old one out of a cache.
            let is_earlier = sight.inception < since;
            let span = since.min(sight.inception)..since.max(sight.inception);
            let mut others = self.0.iter().filter(|known| known.rtype == rrset.rtype);
            let has_other = others.any(|other| !is_alike(other) && span.contains(&other.since));
            if has_other == is_earlier {
                return;
            }
            self.0.retain(|known| !is_alike(known));
        }
        self.0.push(Announcement {
            rtype: rrset.rtype,
            wish,
            since: sight.inception,
            key_tag,
        });
        // The latest last; sorting is stable, so that ties keep the order of arrival.
        self.0.sort_by_key(|announcement| announcement.since);
        let surplus = self.0.len().saturating_sub(ANNOUNCEMENTS);
        self.0.drain(..surplus);
    }

    /// Which announcement a DS set with this inception fulfils, in words. Of each type only the
    /// latest counts that is not younger than the set.
    pub(super) fn of(&self, zone: &Name, set: &DsSet, inception: Timestamp) -> Option<String> {
        [Rtype::CDS, Rtype::CDNSKEY].into_iter().find_map(|rtype| {
            let latest = self
                .0
                .iter()
                .rfind(|known| known.rtype == rtype && known.since <= inception)?;
            latest.wish.is_met_by(zone, set).then(|| {
                let what = if latest.wish == Wish::Delete {
                    "the request to delete the DS set"
                } else {
                    "the same keys"
                };
                format!(
                    "the zone announced it: a {rtype} set with {what}, signed by key {} of the \
                     old chain since {}",
                    latest.key_tag, latest.since
                )
            })
        })
    }
}
