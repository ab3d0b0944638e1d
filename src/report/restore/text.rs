//! Known-good sets as a zone file: all that is for people stands in comments.

use super::Restore;
use super::good::Difference;
use super::ways::Way;
use crate::report::words::{from_now, list, moment, span};
use crate::state::StoredSet;
use std::fmt;

impl fmt::Display for Restore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_drill {
            writeln!(out, "; EXERCISE")?;
        }
        let zone = &self.facts.zone;
        writeln!(
            out,
            "; {zone} is {}: {}",
            self.chain.state.name(),
            self.chain.why
        )?;
        writeln!(out, "; {}", self.advice())?;
        writeln!(out, "; as of {}", moment(self.now))?;
        self.tell_difference(out)?;
        self.tell_ways(out)?;
        writeln!(out, ";\n; What caches hold, if it is replaced now:")?;
        for held in &self.held {
            let (ttl, until) = (span(i64::from(held.ttl.seconds())), moment(held.until));
            writeln!(out, ";   {}: {ttl}, until {until}", held.what)?;
        }
        writeln!(out, ";\n; Before another signer takes over:")?;
        for check in &self.checks {
            writeln!(out, ";   {:<8}{}", check.result, check.detail)?;
        }
        writeln!(
            out,
            ";\n; Known good at {} ({}).",
            moment(self.good.at),
            self.good.why
        )?;
        if !self.good.is_linked {
            writeln!(
                out,
                "; This DS set names none of these keys, or one of them was not seen: check before use."
            )?;
        }
        let parent = zone
            .parent()
            .map_or_else(|| zone.to_string(), |parent| parent.to_string());
        if !self.good.servers.is_empty() {
            let servers = list(&self.good.servers);
            writeln!(
                out,
                "; Servers that the parent named then (unsigned): {servers}"
            )?;
        }
        set(
            out,
            &format!("at the parent, in {parent} or above"),
            "DS",
            self.good.ds.as_ref(),
        )?;
        set(
            out,
            &format!("in {zone}"),
            "DNSKEY",
            self.good.keys.as_ref(),
        )
    }
}

impl Restore {
    /// The answer in one line.
    pub(super) fn advice(&self) -> String {
        let Some(best) = self.ways.first() else {
            let is_open = self.facts.open_incidents().next().is_some();
            return if self.differences.is_empty() && is_open {
                "Nothing to restore: DS and keys are the known-good ones, and what is open is not their fault; see its alert.".to_owned()
            } else if self.differences.is_empty() {
                "Nothing to restore: DS and keys are the known-good ones.".to_owned()
            } else {
                "The sets differ from the known-good ones, and nothing fails: see the difference."
                    .to_owned()
            };
        };
        let timed = self.ways.iter().filter(|way| way.seconds.is_some());
        let quickest = timed.min_by_key(|way| way.seconds);
        let is_quicker = |way: &&Way| best.seconds.is_none_or(|best| way.seconds < Some(best));
        let other = quickest.filter(is_quicker);
        let other = other.map_or_else(String::new, |way| {
            format!(" Quicker, at more risk: {} ({}).", way.kind, takes(way))
        });
        format!(
            "Way back of least risk: {} ({}).{other}",
            best.action,
            takes(best)
        )
    }

    fn tell_difference(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, ";")?;
        if self.differences.is_empty() {
            return writeln!(out, "; DS and DNSKEY are now as they were when known good.");
        }
        writeln!(out, "; Now, against known good (+ is new, - is gone):")?;
        for Difference {
            set,
            surplus,
            missing,
            is_unverified,
        } in &self.differences
        {
            let note = if *is_unverified {
                " (tag, algorithm, flags; shown by servers, unverified)"
            } else {
                ""
            };
            for record in surplus {
                writeln!(out, ";   + {set} {record}{note}")?;
            }
            for record in missing {
                writeln!(out, ";   - {set} {record}")?;
            }
        }
        Ok(())
    }

    fn tell_ways(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ways.is_empty() {
            return Ok(());
        }
        writeln!(out, ";\n; Ways back, the one of least risk first:")?;
        for (at, way) in self.ways.iter().enumerate() {
            let ready = way.ready(self.now).map_or_else(String::new, |ready| {
                let (at, how_far) = (moment(ready), from_now(ready, self.now));
                format!(", so good for all by {at} ({how_far}) if done now")
            });
            writeln!(out, "; {}. {}", at + 1, way.action)?;
            writeln!(out, ";    who:       {}", way.who)?;
            writeln!(out, ";    takes:     {}{ready}", takes(way))?;
            writeln!(out, ";               = {} [{}]", way.formula, way.reference)?;
            writeln!(out, ";    condition: {}", way.condition)?;
            writeln!(out, ";    danger:    {}", way.danger)?;
            writeln!(out, ";    undo:      {}", way.undo)?;
            for (resolver, command) in &way.commands {
                writeln!(out, ";    at {resolver}: {command}")?;
            }
        }
        Ok(())
    }
}

fn takes(way: &Way) -> String {
    match way.seconds {
        None => "not known".to_owned(),
        Some(0) => "at once".to_owned(),
        Some(seconds) => span(seconds),
    }
}

/// A set in zone-file form, with the signatures that it had.
fn set(
    out: &mut fmt::Formatter<'_>,
    place: &str,
    kind: &str,
    set: Option<&StoredSet>,
) -> fmt::Result {
    let Some(set) = set else {
        return writeln!(out, ";\n; No {kind} set was seen by then.");
    };
    if set.records.is_empty() {
        return writeln!(
            out,
            ";\n; No {kind} set: it was proven to have none, last seen {}.",
            moment(set.last_seen)
        );
    }
    writeln!(
        out,
        ";\n; {kind}, {place}; first seen {}, last seen {}, signed by key {} until {}:",
        moment(set.first_seen),
        moment(set.last_seen),
        set.key_tag,
        moment(set.expiration)
    )?;
    let rrset = set.rrset.as_ref();
    out.write_str(&rrset.map(records_only).unwrap_or_default())
}

/// The records without their signatures, which a signer makes anew.
fn records_only(rrset: &crate::message::Rrset) -> String {
    let mut plain = rrset.clone();
    plain.signatures.clear();
    crate::message::zone_file::write(&plain)
}
