//! A run in plain words, for a person.

use super::Finished;
use super::tally::{STATES, Tally};
use crate::chain::Reason;
use crate::exchange::Unchecked;
use crate::packet::Skip;
use std::fmt;

/// From this share of the judged responses on, what could not be judged needs a word: one in two.
const TELLING_SHARE: u64 = 2;

/// What `read` ends with: responses by state, what was not judged and why, and what would help.
#[derive(Debug)]
pub struct Summary<'a>(pub &'a Finished);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.0.tally;
        writeln!(out, "{}", read(tally))?;
        writeln!(out, "{}", judged(tally))?;
        let reasons = list(
            tally
                .verdicts
                .iter()
                .filter_map(|((state, reason), count)| {
                    reason.map(|reason| (format!("{state} ({})", reason.name()), *count))
                }),
        );
        if !reasons.is_empty() {
            writeln!(out, "why:        {reasons}")?;
        }
        let unchecked = list(
            tally
                .unchecked
                .iter()
                .map(|(why, count)| (told(*why).to_owned(), *count))
                .chain([(
                    "copies of responses that passed before".to_owned(),
                    tally.copies,
                )]),
        );
        if !unchecked.is_empty() {
            writeln!(out, "not judged: {unchecked}")?;
        }
        let incidents = list(
            self.0
                .counts
                .incidents
                .iter()
                .map(|(kind, count)| (kind.name().to_owned(), *count)),
        );
        let incidents = if incidents.is_empty() {
            "none"
        } else {
            &incidents
        };
        writeln!(out, "incidents:  {incidents}")?;
        let others = list(
            tally
                .skipped
                .iter()
                .map(|(skip, count)| (skip.name().replace('_', " "), *count)),
        );
        if !others.is_empty() {
            writeln!(out, "no DNS:     {others}")?;
        }
        let lost = lost(tally);
        writeln!(
            out,
            "lost:       {}",
            if lost.is_empty() { "nothing" } else { &lost }
        )?;
        hints(tally)
            .iter()
            .try_for_each(|hint| writeln!(out, "note:       {hint}"))
    }
}

fn read(tally: &Tally) -> String {
    let span = tally.span.map_or(String::new(), |(first, last)| {
        format!(", from {first} to {last}")
    });
    let (frames, queries) = (tally.frames, tally.queries);
    format!("read:       {frames} frames, {queries} queries{span}")
}

fn judged(tally: &Tally) -> String {
    let states = STATES.map(|state| format!("{} {}", tally.of_state(state), state.name()));
    format!(
        "judged:     {} responses: {}",
        tally.responses,
        states.join(", ")
    )
}

/// `3 one, 2 other`, of what there is any of.
fn list(counts: impl Iterator<Item = (String, u64)>) -> String {
    let told: Vec<_> = counts
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    told.join(", ")
}

const fn told(unchecked: Unchecked) -> &'static str {
    match unchecked {
        Unchecked::Opcode => "no QUERY",
        Unchecked::Question => "without one question",
        Unchecked::Class => "class not IN",
        Unchecked::Transfer => "zone transfer",
        Unchecked::Rcode => "rcode neither NOERROR nor NXDOMAIN",
        Unchecked::NoDnssec => "without DO and DNSSEC records",
    }
}

fn lost(tally: &Tally) -> String {
    let (parts, loss) = (&tally.reassembly, tally.loss());
    let counts = [
        ("frames by the kernel", loss.kernel_drops),
        ("frames by the interface", loss.interface_drops),
        ("malformed messages", tally.malformed.values().sum()),
        ("decoder faults", tally.panicked),
        ("datagrams lacking a fragment", parts.datagrams_timed_out),
        ("messages lacking a TCP segment", parts.messages_lost),
        (
            "datagrams and streams over the bounds",
            parts.datagrams_evicted + parts.streams_evicted,
        ),
        (
            "datagrams with overlapping fragments",
            parts.fragment_overlaps,
        ),
    ];
    list(
        counts
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count)),
    )
}

/// Why little could be judged, and what would help.
pub(super) fn hints(tally: &Tally) -> Vec<String> {
    let mut hints = Vec::new();
    let unchecked: u64 = tally.unchecked.values().sum();
    let encrypted = tally
        .skipped
        .get(&Skip::EncryptedDns)
        .copied()
        .unwrap_or_default();
    if encrypted > 0 {
        hints.push(format!(
            "{encrypted} frames are DNS over TLS or QUIC (port 853), which a tap cannot read"
        ));
    }
    if tally.responses == 0 {
        hints.push(nothing_judged(tally, unchecked).to_owned());
        return hints;
    }
    let share = |count: u64| count.saturating_mul(TELLING_SHARE) >= tally.responses && count > 0;
    let unseen = tally.of_reason(Reason::KeysUnseen) + tally.of_reason(Reason::ZoneCutUnseen);
    if share(tally.of_reason(Reason::DnskeyMissing)) && !tally.has_anchor_keys {
        hints.push(
            "the root's keys in this capture are none that a trust anchor names: a network with a \
             root of its own needs --trust-anchor"
                .to_owned(),
        );
    } else if share(tally.of_reason(Reason::Unanchored)) {
        hints.push(
            "no trust anchor is above most of these names: give theirs with --trust-anchor"
                .to_owned(),
        );
    } else if share(unseen) && !tally.has_anchor_keys {
        hints.push(
            "no root DNSKEY that a trust anchor vouches for is in this capture: give --zone-data \
             with the root's DNSKEY and DS records and their RRSIGs, or begin the capture before \
             the resolver starts; a private root needs --trust-anchor"
                .to_owned(),
        );
    } else if share(unseen) {
        hints.push(
            "most keys were fetched before this capture begins: give --zone-data, or capture for \
             longer than the TTLs of the keys (a day)"
                .to_owned(),
        );
    }
    hints
}

fn nothing_judged(tally: &Tally, unchecked: u64) -> &'static str {
    if unchecked > 0 && tally.unchecked.get(&Unchecked::NoDnssec) == Some(&unchecked) {
        "no response has DO: this tap sees only clients that do not ask for DNSSEC; tap the \
         resolver's upstream side"
    } else if unchecked > 0 {
        "no response could be judged: see the reasons above"
    } else if tally.queries > 0 {
        "queries but no responses: this tap sees one direction only"
    } else if tally.frames == 0 {
        "no frames: the capture holds none, or the filter lets none through"
    } else {
        "no DNS message: wrong interface, or DNS at another port (--port)?"
    }
}
