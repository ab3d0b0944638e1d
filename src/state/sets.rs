//! The sets that zones had: each once, with its first and last sight and its latest proof.

use super::history::{Entry, EntryKind, Head, moment};
use crate::chain::{Fact, Shown, SignedBy};
use crate::message::{Name, Rrset, Rtype, zone_file};
use crate::signature::sha256;
use crate::time::Timestamp;
use crate::watch::Delegation;
use data_encoding::HEXLOWER;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Octets of sights that wait to be written at most.
const PENDING_OCTETS: usize = 64 << 20;

/// Octets of a sight besides its records, roughly.
const SIGHT_OVERHEAD: usize = 512;

/// A verified set as facts showed it since the last commit.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// Nothing where it is proven that the set is empty.
    rrset: Option<Rrset>,
    signed_by: SignedBy,
    first: Timestamp,
    last: Timestamp,
    /// The last sight in a server's own answer to a query that passed.
    first_hand: Option<(Timestamp, String)>,
    server: String,
    resolver: String,
}

/// Sights that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Sights {
    /// By zone and type.
    verified: BTreeMap<(Name, Rtype), Vec<Sight>>,
    /// Where the parent leads, by zone and set.
    delegations: BTreeMap<(String, String), Row>,
    /// The zones and types of which sets were written that were not there before.
    grown: BTreeSet<(String, String)>,
    octets: usize,
}

impl Sights {
    /// Whether so many octets still fit, which are taken then.
    fn has_room(&mut self, octets: usize) -> bool {
        let taken = self.octets + octets + SIGHT_OVERHEAD;
        let has_room = taken <= PENDING_OCTETS;
        if has_room {
            self.octets = taken;
        }
        has_room
    }

    /// Takes in what was verified; gives whether there was room. Unproven keys and unsigned proofs
    /// are no part of a history.
    pub(super) fn see(&mut self, fact: &Fact) -> bool {
        let Some(signed_by) = &fact.signed_by else {
            return true;
        };
        let (rtype, rrset) = match &fact.shown {
            Shown::Ds(rrset) | Shown::Announcement(rrset) => (rrset.rtype, Some(&**rrset)),
            Shown::NoDs { .. } => (Rtype::DS, None),
            Shown::Keys(keys) => (Rtype::DNSKEY, Some(&keys.rrset)),
            Shown::UnprovenKeys(_) | Shown::Anchors(_) | Shown::Signal(_) => return true,
        };
        let time = fact.exchange.message.time;
        let server = fact.exchange.server().to_string();
        let first_hand = fact
            .exchange
            .is_first_hand()
            .then(|| (time, server.clone()));
        let place = (fact.zone.clone(), rtype);
        let known = self.verified.get_mut(&place).and_then(|sights| {
            let mut sights = sights.iter_mut();
            sights.find(|known| is_same(known.rrset.as_ref(), rrset))
        });
        let Some(known) = known else {
            let records = rrset.into_iter().flat_map(Rrset::records);
            if !self.has_room(records.map(<[u8]>::len).sum()) {
                return false;
            }
            self.verified.entry(place).or_default().push(Sight {
                rrset: rrset.cloned(),
                signed_by: signed_by.clone(),
                first: time,
                last: time,
                first_hand,
                server,
                resolver: fact.exchange.resolver().to_string(),
            });
            return true;
        };
        known.first = known.first.min(time);
        known.last = known.last.max(time);
        known.first_hand = known.first_hand.take().max(first_hand);
        if signed_by.inception > known.signed_by.inception {
            known.rrset = rrset.cloned();
            known.signed_by = signed_by.clone();
            known.server = server;
            known.resolver = fact.exchange.resolver().to_string();
        }
        true
    }

    /// Takes in where the parent leads. It signs no NS set (RFC 4035 §2.2), so the row has no
    /// signer, and for the times of its signature stand its first sight and until when caches
    /// could hold it then. Gives whether there was room.
    pub(super) fn delegate(&mut self, zone: &Name, delegation: &Delegation<'_>) -> bool {
        let Delegation {
            names,
            last_seen,
            held_until,
        } = delegation;
        let records: Vec<_> = names.iter().map(ToString::to_string).collect();
        let records = records.join("\n");
        let ttl = held_until
            .seconds_since(*last_seen)
            .clamp(0, i64::from(i32::MAX));
        let line = |name: &Name| format!("{zone} {ttl} IN NS {name}\n");
        let seen = moment(*last_seen);
        let key = (zone.to_string(), digest(&records));
        if !self.delegations.contains_key(&key) && !self.has_room(records.len()) {
            return false;
        }
        let row = Row {
            zone: zone.to_string(),
            rtype: Rtype::NS.to_string(),
            digest: digest(&records),
            records,
            zone_file: names.iter().map(line).collect(),
            first_seen: seen.clone(),
            last_seen: seen.clone(),
            first_hand: Some(seen.clone()),
            first_hand_server: None,
            ttl: u32::try_from(ttl).unwrap_or_default(),
            inception: seen,
            expiration: moment(*held_until),
            signer: String::new(),
            key_tag: 0,
            algorithm: 0,
            server: String::new(),
            resolver: String::new(),
            first: *last_seen,
        };
        self.delegations.insert(key, row);
        true
    }

    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.verified.is_empty() && self.delegations.is_empty()
    }

    /// Writes all that wait; sets that are new get their entry in the history.
    pub(super) fn write(
        &mut self,
        transaction: &Transaction<'_>,
        head: &mut Head,
    ) -> rusqlite::Result<()> {
        let verified = self.verified.iter().flat_map(|((zone, rtype), sights)| {
            let row = |sight| Cow::Owned(Row::of(zone, *rtype, sight));
            sights.iter().map(row)
        });
        let delegations = self.delegations.values().map(Cow::Borrowed);
        for row in verified.chain(delegations) {
            if row.write(transaction, head)? {
                self.grown.insert((row.zone.clone(), row.rtype.clone()));
            }
        }
        Ok(())
    }

    /// The zones and types that have sets now that were not there before.
    pub(super) fn grown(&self) -> impl Iterator<Item = &(String, String)> {
        self.grown.iter()
    }

    /// Forgets what was written.
    pub(super) fn clear(&mut self) {
        self.verified.clear();
        self.delegations.clear();
        self.grown.clear();
        self.octets = 0;
    }
}

fn is_same(one: Option<&Rrset>, other: Option<&Rrset>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.records().eq(other.records()),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// A sight as the table has it.
#[derive(Clone, Debug)]
struct Row {
    zone: String,
    rtype: String,
    digest: String,
    /// The RDATA in zone-file form, one record a line, in canonical order.
    records: String,
    zone_file: String,
    first_seen: String,
    last_seen: String,
    first_hand: Option<String>,
    first_hand_server: Option<String>,
    ttl: u32,
    inception: String,
    expiration: String,
    signer: String,
    key_tag: u16,
    algorithm: u8,
    server: String,
    resolver: String,
    first: Timestamp,
}

impl Row {
    fn of(zone: &Name, rtype: Rtype, sight: &Sight) -> Self {
        let rrset = sight.rrset.as_ref();
        let records = rrset.into_iter().flat_map(zone_file::records);
        let records = records.collect::<Vec<_>>().join("\n");
        let by = &sight.signed_by;
        Self {
            zone: zone.to_string(),
            rtype: rtype.to_string(),
            digest: digest(&records),
            records,
            zone_file: rrset.map(zone_file::write).unwrap_or_default(),
            first_seen: moment(sight.first),
            last_seen: moment(sight.last),
            first_hand: sight.first_hand.as_ref().map(|(time, _)| moment(*time)),
            first_hand_server: sight.first_hand.as_ref().map(|(_, server)| server.clone()),
            ttl: by.original_ttl.seconds(),
            inception: moment(by.inception),
            expiration: moment(by.expiration),
            signer: by.signer.to_string(),
            key_tag: by.key_tag,
            algorithm: by.algorithm,
            server: sight.server.clone(),
            resolver: sight.resolver.clone(),
            first: sight.first,
        }
    }

    /// Every change gets an entry, but for when the set was last seen, and for newer proofs that
    /// it is empty: online signers make one for each question, and the proof itself is not kept.
    /// Gives whether the set was not there before.
    fn write(&self, transaction: &Transaction<'_>, head: &mut Head) -> rusqlite::Result<bool> {
        let Some((inception, first_seen)) = self.known(transaction)? else {
            let entry = head.append(transaction, &self.entry(&self.first_seen))?;
            self.insert(transaction, entry)?;
            return Ok(true);
        };
        self.see(transaction)?;
        // An NS set has no signature that could be a newer one.
        let is_renewed = self.inception > inception && !self.signer.is_empty();
        let was_earlier = self.first_seen < first_seen;
        if !is_renewed && !was_earlier {
            return Ok(false);
        }
        let first_seen = first_seen.min(self.first_seen.clone());
        let is_told = was_earlier || !self.records.is_empty();
        let entry = is_told
            .then(|| head.append(transaction, &self.entry(&first_seen)))
            .transpose()?;
        self.renew(transaction, &first_seen, entry)?;
        Ok(false)
    }

    /// The inception and the first sight that are written down of the set.
    fn known(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Option<(String, String)>> {
        let known = "SELECT inception, first_seen FROM sets \
                     WHERE zone = ?1 AND type = ?2 AND digest = ?3";
        transaction
            .prepare_cached(known)?
            .query_row([&self.zone, &self.rtype, &self.digest], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
    }

    fn insert(&self, transaction: &Transaction<'_>, entry: i64) -> rusqlite::Result<()> {
        let insert = "INSERT INTO sets (zone, type, digest, records, first_seen, last_seen, \
                      first_hand, ttl, inception, expiration, signer, key_tag, algorithm, \
                      server, resolver, zone_file, entry, first_hand_server) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
                      ?15, ?16, ?17, ?18)";
        transaction.prepare_cached(insert)?.execute(params![
            self.zone,
            self.rtype,
            self.digest,
            self.records,
            self.first_seen,
            self.last_seen,
            self.first_hand,
            self.ttl,
            self.inception,
            self.expiration,
            self.signer,
            self.key_tag,
            self.algorithm,
            self.server,
            self.resolver,
            self.zone_file,
            entry,
            self.first_hand_server,
        ])?;
        Ok(())
    }

    /// The set was seen again.
    fn see(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let seen = "UPDATE sets SET last_seen = max(last_seen, ?4) \
                    WHERE zone = ?1 AND type = ?2 AND digest = ?3";
        let key = params![self.zone, self.rtype, self.digest, self.last_seen];
        transaction.prepare_cached(seen)?.execute(key)?;
        if let Some(first_hand) = &self.first_hand {
            let told = "UPDATE sets SET first_hand = ?4, first_hand_server = ?5 \
                        WHERE zone = ?1 AND type = ?2 AND digest = ?3 \
                          AND coalesce(first_hand, '') < ?4";
            transaction.prepare_cached(told)?.execute(params![
                self.zone,
                self.rtype,
                self.digest,
                first_hand,
                self.first_hand_server,
            ])?;
        }
        Ok(())
    }

    /// The set was signed anew, or turned out to have been there before.
    fn renew(
        &self,
        transaction: &Transaction<'_>,
        first_seen: &str,
        entry: Option<i64>,
    ) -> rusqlite::Result<()> {
        let renewed = "UPDATE sets SET ttl = ?4, inception = ?5, expiration = ?6, signer = ?7, \
                       key_tag = ?8, algorithm = ?9, server = ?10, resolver = ?11, \
                       zone_file = ?12, first_seen = ?13, entry = coalesce(?14, entry) \
                       WHERE zone = ?1 AND type = ?2 AND digest = ?3";
        transaction.prepare_cached(renewed)?.execute(params![
            self.zone,
            self.rtype,
            self.digest,
            self.ttl,
            self.inception,
            self.expiration,
            self.signer,
            self.key_tag,
            self.algorithm,
            self.server,
            self.resolver,
            self.zone_file,
            first_seen,
            entry,
        ])?;
        Ok(())
    }

    fn entry(&self, first_seen: &str) -> Entry {
        let body = json!({
            "type": self.rtype,
            "records": self.records,
            "first_seen": first_seen,
            "ttl": self.ttl,
            "inception": self.inception,
            "expiration": self.expiration,
            "signer": self.signer,
            "key_tag": self.key_tag,
            "algorithm": self.algorithm,
            "server": self.server,
            "resolver": self.resolver,
            "zone_file": self.zone_file,
        });
        Entry {
            time: self.first,
            kind: EntryKind::Set,
            zone: Some(self.zone.clone()),
            body: body.to_string(),
        }
    }
}

/// What tells a zone's sets of one type apart.
pub(super) fn digest(records: &str) -> String {
    let digest = sha256(records.as_bytes());
    HEXLOWER.encode(digest.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// Gives the sets whose entries stand at or before `cut` new ones.
pub(super) fn carry(
    transaction: &Transaction<'_>,
    head: &mut Head,
    cut: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let carried = "SELECT zone, type, digest, json_object( \
                       'type', type, 'records', records, 'first_seen', first_seen, \
                       'ttl', ttl, 'inception', inception, 'expiration', expiration, \
                       'signer', signer, 'key_tag', key_tag, 'algorithm', algorithm, \
                       'server', server, 'resolver', resolver, 'zone_file', zone_file) \
                   FROM sets WHERE entry <= ?1 ORDER BY entry";
    let carried: Vec<[String; 4]> = transaction
        .prepare_cached(carried)?
        .query_map([cut], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?
        .collect::<rusqlite::Result<_>>()?;
    for [zone, rtype, digest, body] in carried {
        let entry = Entry {
            time: now,
            kind: EntryKind::Set,
            zone: Some(zone.clone()),
            body,
        };
        let entry = head.append(transaction, &entry)?;
        let moved = "UPDATE sets SET entry = ?4 WHERE zone = ?1 AND type = ?2 AND digest = ?3";
        transaction
            .prepare_cached(moved)?
            .execute(params![zone, rtype, digest, entry])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::schema;

    fn row(records: &str, inception: &str) -> Row {
        Row {
            zone: "a.".to_owned(),
            rtype: "DS".to_owned(),
            digest: digest(records),
            records: records.to_owned(),
            zone_file: String::new(),
            first_seen: "1".to_owned(),
            last_seen: inception.to_owned(),
            first_hand: None,
            first_hand_server: None,
            ttl: 60,
            inception: inception.to_owned(),
            expiration: "9".to_owned(),
            signer: ".".to_owned(),
            key_tag: 1,
            algorithm: 13,
            server: String::new(),
            resolver: String::new(),
            first: Timestamp::default(),
        }
    }

    #[test]
    fn a_set_signed_anew_is_told_and_one_proven_empty_anew_only_dated() {
        let path = std::env::temp_dir().join(format!("sigtap-sets-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut connection = schema::open(&path).unwrap();
        let transaction = connection.transaction().unwrap();
        let mut head = Head::default();
        let rows = [
            ("1 13 2 01", "2"),
            ("", "3"),
            ("1 13 2 01", "4"),
            ("", "5"),
            ("", "6"),
        ];
        let told: Vec<i64> = rows
            .iter()
            .map(|(records, inception)| {
                row(records, inception)
                    .write(&transaction, &mut head)
                    .unwrap();
                head.seq
            })
            .collect();
        assert_eq!(told, [1, 2, 3, 3, 3]);
        let current: (String, String) = transaction
            .query_row("SELECT records, inception FROM current_sets", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(current, (String::new(), "6".to_owned()));
        let _ = std::fs::remove_file(&path);
    }
}
