//! The chain of trust of a zone, link by link.

use super::error::Error;
use super::facts::{Facts, ds_of, keys_of, named};
use super::words::{list, moment};
use crate::message::{Ds, Name};
use crate::portfolio::Portfolio;
use crate::signature::{is_supported_algorithm, is_supported_digest};
use crate::state::{Incident, Reader, StoredSet};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// How one link stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LinkState {
    /// A trust anchor vouches for its keys.
    Anchored,
    /// Its DS set names a key that signs its DNSKEY RRset.
    Intact,
    /// Its own keys were not recorded, but what it signed verified.
    Implied,
    /// It is proven to have no DS: nothing from here on can be secure.
    Insecure,
    /// Its DS set has only algorithms or digests that are not supported here (RFC 4035 §5.2).
    Unsupported,
    /// Its DS set names none of its keys, or what its keys sign fails for all.
    Broken,
    /// Its DS set is known, its keys have not passed since.
    KeysUnseen,
    /// What was seen of it has run out since.
    Lapsed,
    /// Nothing of it was seen that could be verified.
    Unseen,
}

impl LinkState {
    /// As machines read it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Anchored => "anchored",
            Self::Intact => "intact",
            Self::Implied => "implied",
            Self::Insecure => "insecure",
            Self::Unsupported => "unsupported",
            Self::Broken => "broken",
            Self::KeysUnseen => "keys_unseen",
            Self::Lapsed => "lapsed",
            Self::Unseen => "unseen",
        }
    }

    /// Whether trust goes on below it.
    pub(super) const fn holds(self) -> bool {
        matches!(self, Self::Anchored | Self::Intact | Self::Implied)
    }
}

/// One zone on the way from the root.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The zone.
    pub(super) zone: Name,
    /// How it stands.
    pub(super) state: LinkState,
    /// The keys by which it holds: those that its DS set names, or that sign its keys.
    pub(super) key_tags: Vec<u16>,
    /// How it stands in words.
    pub(super) words: String,
    /// What fails though the link holds, in words: in the zone itself anything, above it what
    /// fails in a whole zone, or for this one.
    pub(super) fails: Option<String>,
}

/// How a zone stands in all.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum State {
    /// A link is broken: validating resolvers fail.
    Broken,
    /// The chain holds, and yet what the zone gives out fails in part.
    Failing,
    /// What was seen does not tell.
    Unknown,
    /// It is proven that no chain leads to it.
    Insecure,
    /// A chain leads to it from a trust anchor.
    Secure,
}

impl State {
    /// As machines read it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        }
    }
}

/// The chain of a zone.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// From the root down to the zone.
    pub(super) links: Vec<Link>,
    /// How the zone stands by them and by its open incidents.
    pub(super) state: State,
    /// Why, in words.
    pub(super) why: String,
}

/// Reads chains, each zone once.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    reader: &'a Reader,
    portfolio: &'a Portfolio,
    now: Timestamp,
    /// What was known at `now` is asked for, not what is known of it since.
    is_past: bool,
    facts: BTreeMap<Name, Facts>,
}

impl<'a> Chains<'a> {
    /// Of what a state file tells at `now`.
    pub(super) fn new(reader: &'a Reader, portfolio: &'a Portfolio, now: Timestamp) -> Self {
        Self {
            reader,
            portfolio,
            now,
            is_past: false,
            facts: BTreeMap::new(),
        }
    }

    /// Of what it told at a moment that is past.
    pub(super) fn as_of(reader: &'a Reader, portfolio: &'a Portfolio, time: Timestamp) -> Self {
        Self {
            is_past: true,
            ..Self::new(reader, portfolio, time)
        }
    }

    /// What is known of a zone.
    pub(super) fn facts(&mut self, zone: &Name) -> Result<Facts, Error> {
        if let Some(known) = self.facts.get(zone) {
            return Ok(known.clone());
        }
        let mut facts = Facts::read(self.reader, zone, self.portfolio)?;
        if self.is_past {
            facts = facts.at(self.now);
        }
        // Whatever is above many zones is read once; the zones themselves need not stay.
        if zone.label_count() <= 1 {
            self.facts.insert(zone.clone(), facts.clone());
        }
        Ok(facts)
    }

    /// The chain of the zone that `facts` are of.
    pub(super) fn chain(&mut self, facts: &Facts) -> Result<Chain, Error> {
        let mut links = vec![link(facts, &facts.zone, self.now)];
        let mut below = facts.clone();
        while let Some(above) = self.above(&below)? {
            let mut found = link(&above, &facts.zone, self.now);
            let signs = |set: &StoredSet| set.signer.as_ref() == Some(&above.zone);
            let is_proven = below.current_ds().is_some_and(signs);
            if is_proven && matches!(found.state, LinkState::Unseen | LinkState::KeysUnseen) {
                found.state = LinkState::Implied;
                let words = "its own keys were not recorded; what it signed verified";
                words.clone_into(&mut found.words);
            }
            links.push(found);
            below = above;
        }
        links.reverse();
        let (state, why) = conclude(&links, facts);
        Ok(Chain { links, state, why })
    }

    /// The zone above: who signed the DS set, else the nearest of which something is known, else
    /// the root.
    fn above(&mut self, below: &Facts) -> Result<Option<Facts>, Error> {
        if below.zone.is_root() {
            return Ok(None);
        }
        let signer = below.current_ds().and_then(|set| set.signer.clone());
        if let Some(signer) = signer.filter(|signer| below.zone.is_below(signer)) {
            return self.facts(&signer).map(Some);
        }
        for zone in below.zone.ancestry().skip(1) {
            let facts = self.facts(&zone)?;
            if zone.is_root() || !facts.ds.is_empty() || !facts.keys.is_empty() {
                return Ok(Some(facts));
            }
        }
        Ok(None)
    }
}

/// Kinds of incidents by which a whole link fails.
const BREAKS_LINK: [&str; 3] = ["ds_mismatch", "no_zone_key", "dnskey_revoked"];

/// How a zone stands as a link of the chain to `about`.
fn link(facts: &Facts, about: &Name, now: Timestamp) -> Link {
    let records = facts.current_ds().map(ds_of).unwrap_or_default();
    let published = facts.current_keys().map(keys_of).unwrap_or_default();
    let signers = named(&facts.zone, &records, &published);
    let key_tags = distinct(signers.iter().map(|key| key.key_tag));
    let (state, words) = stand(facts, &records, &key_tags, now);
    let fails = facts.open_incidents().filter(|open| is_failure(&open.kind));
    Link {
        zone: facts.zone.clone(),
        words: if state == LinkState::Lapsed {
            format!("{words}, but the signatures last seen have run out")
        } else {
            words
        },
        key_tags: match facts.current_keys() {
            Some(keys) if facts.current_ds().is_none() => vec![keys.key_tag],
            _ => key_tags,
        },
        state,
        fails: fails
            .filter(|open| {
                facts.zone == *about || open.scope == "zone" || open.names.contains(about)
            })
            .map(|open| format!("{} since {}", open.kind, moment(open.began)))
            .next(),
    }
}

/// How a zone stands by its sets, and by the incidents that break a link; in words, too.
/// `key_tags` are those of the published keys that its DS records name.
fn stand(facts: &Facts, records: &[Ds], key_tags: &[u16], now: Timestamp) -> (LinkState, String) {
    let tags = list(distinct(records.iter().map(|ds| ds.key_tag)));
    let is_supported =
        |ds: &Ds| is_supported_algorithm(ds.algorithm) && is_supported_digest(ds.digest_type);
    // What fails at one server of several breaks no chain.
    let breaks = |open: &&Incident| {
        let is_wide = open.scope == "zone" || open.kind == "ds_mismatch";
        BREAKS_LINK.contains(&open.kind.as_str()) && is_wide
    };
    let broken = facts.open_incidents().find(breaks);
    let (ds, keys) = match (facts.current_ds(), facts.current_keys()) {
        (Some(ds), _) if ds.records.is_empty() => {
            let words = format!("proven to have no DS, last seen {}", moment(ds.last_seen));
            return (lapsed_or(LinkState::Insecure, ds.expiration, now), words);
        }
        (None, None) => {
            let words = "neither a DS set nor keys of it were seen";
            return (LinkState::Unseen, words.to_owned());
        }
        sets => sets,
    };
    if let Some(open) = broken {
        let words = format!("{}, since {}", explain(&open.kind), moment(open.began));
        return (LinkState::Broken, words);
    }
    match (ds, keys) {
        (Some(_), _) if !records.iter().any(is_supported) => (
            LinkState::Unsupported,
            "its DS set has only algorithms or digests that are not supported".to_owned(),
        ),
        // Keys that it names may not have passed yet: only an incident accuses.
        (Some(_), Some(_)) if key_tags.is_empty() => (
            LinkState::KeysUnseen,
            format!("its DS set (key {tags}) names none of the keys that were seen and verified"),
        ),
        (Some(ds), Some(keys)) => (
            lapsed_or(LinkState::Intact, ds.expiration.min(keys.expiration), now),
            format!("its DS set names key {}", list(key_tags)),
        ),
        (None, Some(keys)) => (
            lapsed_or(LinkState::Anchored, keys.expiration, now),
            format!("a trust anchor vouches for key {}", keys.key_tag),
        ),
        (_, None) => (
            LinkState::KeysUnseen,
            format!("its DS set (key {tags}) is known, its keys did not pass"),
        ),
    }
}

fn lapsed_or(state: LinkState, end: Timestamp, now: Timestamp) -> LinkState {
    if end < now { LinkState::Lapsed } else { state }
}

fn distinct(tags: impl IntoIterator<Item = u16>) -> Vec<u16> {
    let mut tags: Vec<u16> = tags.into_iter().collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

fn explain(kind: &str) -> &'static str {
    match kind {
        "ds_mismatch" => "its DS set names none of the keys that it publishes",
        "no_zone_key" => "the key that its DS set names is no zone key",
        _ => "the key that its DS set names is revoked",
    }
}

/// How the zone stands: the first link that does not hold decides, then what fails in spite of
/// them all.
fn conclude(links: &[Link], facts: &Facts) -> (State, String) {
    let told = |link: &Link, words: &str| {
        if link.zone == facts.zone {
            words.to_owned()
        } else {
            format!("at {}: {words}", link.zone)
        }
    };
    let stop = links.iter().find(|link| !link.state.holds());
    let certain = stop.and_then(|link| match link.state {
        LinkState::Broken => Some((State::Broken, link)),
        LinkState::Insecure | LinkState::Unsupported => Some((State::Insecure, link)),
        LinkState::Anchored
        | LinkState::Intact
        | LinkState::Implied
        | LinkState::KeysUnseen
        | LinkState::Lapsed
        | LinkState::Unseen => None,
    });
    if let Some((state, link)) = certain {
        return (state, told(link, &link.words));
    }
    let mut fails = links.iter().rev();
    if let Some((link, why)) = fails.find_map(|link| Some((link, link.fails.as_ref()?))) {
        return (State::Failing, told(link, why));
    }
    if let Some(link) = stop {
        return (State::Unknown, told(link, &link.words));
    }
    let words = links.last().map(|link| link.words.clone());
    (State::Secure, words.unwrap_or_default())
}

/// Whether an incident of this kind says that answers of the zone fail to verify.
pub(super) fn is_failure(kind: &str) -> bool {
    const FAILURES: [&str; 11] = [
        "signature_invalid",
        "signature_expired",
        "signature_not_yet_valid",
        "dnskey_missing",
        "signature_missing",
        "no_zone_key",
        "denial_missing",
        "denial_invalid",
        "dnskey_revoked",
        "signer_mismatch",
        "ds_mismatch",
    ];
    FAILURES.contains(&kind)
}
