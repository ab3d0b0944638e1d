//! The ways back, by risk, with the time that each takes.

use super::good::{Difference, Good, shown_keys, trouble};
use crate::alert::negative_anchor_commands;
use crate::portfolio::{Portfolio, Zone};
use crate::report::chain::is_failure;
use crate::report::facts::{Facts, ds_of, keys_of};
use crate::report::words::{list, plain, span};
use crate::state::Incident;
use crate::time::{Timestamp, Ttl};

/// What caches may hold of the zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Held {
    /// What.
    pub(super) what: &'static str,
    pub(super) ttl: Ttl,
    /// Until when, if it is replaced now.
    pub(super) until: Timestamp,
}

/// One way back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Way {
    /// As machines read it.
    pub(super) kind: &'static str,
    /// From 1 on; the higher, the more can go wrong.
    pub(super) risk: u8,
    /// What to do.
    pub(super) action: String,
    /// Who can.
    pub(super) who: String,
    /// What must hold, or else not this way.
    pub(super) condition: &'static str,
    /// What can go wrong.
    pub(super) danger: &'static str,
    /// Seconds until it helps everybody, if it is done now; nothing if no TTL was seen.
    pub(super) seconds: Option<i64>,
    /// How that comes about.
    pub(super) formula: String,
    /// How it is taken back.
    pub(super) undo: &'static str,
    /// Where that is told.
    pub(super) reference: &'static str,
    /// Commands for resolvers: which one, and what to type there.
    pub(super) commands: Vec<(String, String)>,
}

/// The longest TTL of the zone's data, as far as it was seen.
fn data_ttl(facts: &Facts) -> Option<Ttl> {
    facts.standing.signed.iter().map(|set| set.ttl).max()
}

/// What caches may hold.
pub(super) fn held(facts: &Facts, now: Timestamp) -> Vec<Held> {
    let ds = facts.current_ds();
    let what = |ds: &crate::state::StoredSet| {
        if ds.records.is_empty() {
            "the proof that there is no DS"
        } else {
            "the DS set"
        }
    };
    let keys = facts
        .current_keys()
        .map(|set| ("the DNSKEY RRset", set.ttl));
    let data = data_ttl(facts).map(|ttl| ("its data, at most", ttl));
    let all = ds
        .map(|ds| (what(ds), ds.ttl))
        .into_iter()
        .chain(keys)
        .chain(data);
    all.map(|(what, ttl)| Held {
        what,
        ttl,
        until: now.plus_ttl(ttl),
    })
    .collect()
}

/// What the ways depend on.
struct Case<'a> {
    facts: &'a Facts,
    good: &'a Good,
    portfolio: &'a Portfolio,
    zone: Option<&'a Zone>,
}

/// Tells one way of a case.
type Make<'a> = fn(&Case<'a>) -> Way;

/// The ways back from how the zone stands now, the one of least risk first.
pub(super) fn ways<'a>(
    facts: &'a Facts,
    good: &'a Good,
    differences: &[Difference],
    portfolio: &'a Portfolio,
) -> Vec<Way> {
    // What changed in good order needs no way back.
    if trouble(facts).is_none() {
        return Vec::new();
    }
    let differs = |set: &str| differences.iter().any(|one| one.set == set);
    let case = Case {
        facts,
        good,
        portfolio,
        zone: portfolio.zone(&facts.zone).map(AsRef::as_ref),
    };
    // What is altered on the way is no fault of the zone's keys.
    let fails = facts.open_incidents();
    let fails: Vec<&Incident> = fails
        .filter(|open| is_failure(&open.kind) && open.cause_class != "attack")
        .collect();
    let is_wide = |open: &&Incident| open.scope == "zone" || open.kind == "ds_mismatch";
    let does_fail = !fails.is_empty();
    let fails_everywhere = fails.iter().any(is_wide) && !facts.zone.is_root();
    let has_good_ds = good.ds.as_ref().is_some_and(|set| !set.records.is_empty());
    let has_ds = facts
        .current_ds()
        .is_some_and(|set| !set.records.is_empty());
    let is_attack = case.is_hijack()
        || facts
            .open_incidents()
            .any(|open| open.cause_class == "attack");
    let has_good_keys = good.keys.is_some();
    let is_lost = shown_keys(facts).is_some();
    let table: [(bool, Make<'a>); 6] = [
        (differs("DS") && has_good_ds, Case::republish_ds),
        (
            differs("DNSKEY") && has_good_keys && !case.is_hijack(),
            Case::old_keys,
        ),
        (does_fail && differences.is_empty(), Case::sign_again),
        (fails_everywhere && !is_attack, Case::negative_anchor),
        (is_lost && !differs("DS") && !is_attack, Case::new_ds),
        (fails_everywhere && has_ds, Case::withdraw_ds),
    ];
    let applying = table.into_iter().filter(|(applies, _)| *applies);
    let mut ways: Vec<Way> = applying.map(|(_, way)| way(&case)).collect();
    ways.sort_by_key(|way| way.risk);
    ways
}

fn seconds(ttl: Ttl) -> i64 {
    i64::from(ttl.seconds())
}

impl Case<'_> {
    fn contact(&self, of: impl Fn(&Zone) -> Option<&String>, none: &str) -> String {
        let told = self.zone.and_then(|zone| of(zone).or(zone.owner.as_ref()));
        told.map_or_else(|| none.to_owned(), |text| plain(text))
    }

    fn publisher(&self) -> String {
        self.contact(
            |zone| zone.ds_publisher.as_ref(),
            "who has the DS set published: the registrar's account",
        )
    }

    fn signer(&self) -> String {
        self.contact(
            |zone| zone.signer.as_ref(),
            "who holds the keys of the zone",
        )
    }

    fn ds_ttl(&self) -> Ttl {
        let now = self.facts.current_ds().map(|set| set.ttl);
        let good = self.good.ds.as_ref().map(|set| set.ttl);
        now.or(good).unwrap_or_default()
    }

    /// Whether servers show a key that the known-good DS set names.
    fn shows_good_key(&self) -> bool {
        let records = self.good.ds.as_ref().map(ds_of).unwrap_or_default();
        let keys = self.facts.current_keys().map(keys_of).unwrap_or_default();
        let shown: Vec<u16> = shown_keys(self.facts).map_or_else(
            || keys.iter().map(|key| key.key_tag).collect(),
            |shown| {
                let tags = shown.iter().filter_map(|key| key.split(' ').next());
                tags.filter_map(|tag| tag.parse().ok()).collect()
            },
        );
        records.iter().any(|ds| shown.contains(&ds.key_tag))
    }

    fn republish_ds(&self) -> Way {
        let ttl = self.ds_ttl();
        let records = self.good.ds.as_ref().map(ds_of).unwrap_or_default();
        let tags = list(records.iter().map(|ds| ds.key_tag));
        let is_none = self
            .facts
            .current_ds()
            .is_some_and(|set| set.records.is_empty());
        let what = if is_none {
            "the proof that there is no DS"
        } else {
            "the DS set of now"
        };
        let ds = format!("the known-good DS set again (key {tags}; records below)");
        let (risk, action) = if self.is_hijack() {
            let servers = list(&self.good.servers);
            let action = format!(
                "Have registrar and registry lock the zone, and the parent publish {ds} and the known-good servers ({servers})"
            );
            (1, action)
        } else if self.shows_good_key() {
            (1, format!("Have the parent publish {ds}"))
        } else {
            let action = format!(
                "After the known-good keys are back, and not before, have the parent publish {ds}"
            );
            (4, action)
        };
        Way {
            kind: "republish_ds",
            risk,
            action,
            who: self.publisher(),
            condition: "only if the zone's servers sign with the keys that this set names",
            danger: "if those keys are gone, the zone fails for everybody who gets this set",
            seconds: Some(seconds(ttl)),
            formula: format!(
                "publication at the parent + TTL of {what} ({}), which caches hold until then",
                span(seconds(ttl))
            ),
            undo: "have the set of now published again",
            reference: "RFC 6781 section 4.1.2, RFC 7583 section 3.3",
            commands: Vec::new(),
        }
    }

    /// Whether what is open looks like somebody else at the registrar's account.
    fn is_hijack(&self) -> bool {
        let mut open = self.facts.open_incidents();
        open.any(|open| open.cause == "registrar_hijack")
            || self.facts.pending.iter().any(|change| change.is_hijack)
    }

    fn old_keys(&self) -> Way {
        let keys = self
            .facts
            .current_keys()
            .map(|set| set.ttl)
            .unwrap_or_default();
        let data = data_ttl(self.facts).unwrap_or_default();
        let ttl = keys.max(data);
        let tags = self.good.keys.as_ref().map(keys_of).unwrap_or_default();
        Way {
            kind: "old_keys",
            risk: 2,
            action: format!(
                "Put the known-good keys back ({}; DNSKEY records below) and sign the zone with them; leave the newer keys in the RRset",
                list(tags.iter().map(|key| key.key_tag))
            ),
            who: self.signer(),
            condition: "only if their private keys are at hand and nobody else's",
            danger: "with a key that was stolen, it lets the thief sign again",
            seconds: Some(seconds(ttl)),
            formula: format!(
                "time to sign + the longer of the TTLs of the DNSKEY RRset ({}) and of data ({}), which caches hold until then",
                span(seconds(keys)),
                span(seconds(data))
            ),
            undo: "go on with the new keys once caches have let the old DS set go",
            reference: "RFC 7583 section 3.2.1",
            commands: Vec::new(),
        }
    }

    fn sign_again(&self) -> Way {
        let ttl = data_ttl(self.facts);
        let told = ttl.map_or_else(|| "not seen".to_owned(), |ttl| span(seconds(ttl)));
        Way {
            kind: "sign_again",
            risk: 1,
            action: "DS and keys are as they were: sign the whole zone again with the same keys, and see why the signer stopped or erred".to_owned(),
            who: self.signer(),
            condition: "only if the signer still has these keys",
            danger: "none beyond the load of signing",
            seconds: ttl.map(seconds),
            formula: format!("time to sign + TTL of data ({told}), which caches hold until then"),
            undo: "none is needed",
            reference: "RFC 6781 section 4.4.2",
            commands: Vec::new(),
        }
    }

    fn negative_anchor(&self) -> Way {
        let resolvers = self.portfolio.resolvers();
        let commands = resolvers.filter_map(|resolver| {
            let (set, _) = negative_anchor_commands(resolver.software?, &self.facts.zone)?;
            Some((plain(&resolver.title()), set))
        });
        Way {
            kind: "negative_anchor",
            risk: 3,
            action: "Have your own resolvers take the zone for insecure, for a day at most (negative trust anchor)".to_owned(),
            who: "whoever runs the resolvers".to_owned(),
            condition: "only once the operator of the zone confirms that it is a mistake and no attack",
            danger: "your users believe whatever is served in the zone's name; others' users are not helped",
            seconds: Some(0),
            formula: "at once, when the resolver has forgotten what failed".to_owned(),
            undo: "take the negative anchor away as soon as the zone verifies",
            reference: "RFC 7646 section 2",
            commands: commands.collect(),
        }
    }

    fn new_ds(&self) -> Way {
        let ttl = self.ds_ttl();
        Way {
            kind: "new_ds",
            risk: 4,
            action: "Have the parent publish a DS set for the keys that the servers show now"
                .to_owned(),
            who: self.publisher(),
            condition: "only if the known-good keys are lost, and who holds the keys says that the new ones are theirs",
            danger: "if the new keys are somebody else's, this hands the zone over",
            seconds: Some(seconds(ttl)),
            formula: format!(
                "publication at the parent + TTL of the DS set ({}), which caches hold until then",
                span(seconds(ttl))
            ),
            undo: "have the DS set of now published again",
            reference: "RFC 6781 section 4.2.1",
            commands: Vec::new(),
        }
    }

    fn withdraw_ds(&self) -> Way {
        let ttl = self.ds_ttl();
        Way {
            kind: "withdraw_ds",
            risk: 5,
            action: "Have the parent withdraw the DS set: the zone goes insecure".to_owned(),
            who: self.publisher(),
            condition: "only if no key that the DS set names can be brought back",
            danger: "nobody is protected any more; until caches let the DS set go it fails all the same; keep signing until then",
            seconds: Some(seconds(ttl)),
            formula: format!(
                "publication at the parent + TTL of the DS set ({}), which caches hold until then",
                span(seconds(ttl))
            ),
            undo: "sign, wait for the TTL of the zone's data, have the DS set published again",
            reference: "RFC 6781 section 4.2.1.2",
            commands: Vec::new(),
        }
    }
}

impl Way {
    /// When it helps everybody, if it is done now.
    pub(super) fn ready(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now.plus_seconds(self.seconds?))
    }
}
