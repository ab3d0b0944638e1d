//! Messages, octet by octet (RFC 1035 §4.1).

use super::records::{Set, length};
use crate::message::{Name, Rtype};
use std::collections::BTreeMap;

/// Octets that both sides take over UDP: what the DNS flag day of 2020 recommends.
pub(super) const UDP_OCTETS: u16 = 1232;

/// The first octets of a pointer (RFC 1035 §4.1.4) that leads no further than this.
const MAX_POINTER: usize = 0x3fff;

pub(super) const QR: u16 = 0x8000;
pub(super) const AA: u16 = 0x0400;
pub(super) const TC: u16 = 0x0200;
pub(super) const RD: u16 = 0x0100;
pub(super) const RA: u16 = 0x0080;
pub(super) const AD: u16 = 0x0020;

/// A message to be written.
#[derive(Clone)]
pub(super) struct Note {
    pub(super) id: u16,
    /// Flags and RCODE.
    pub(super) flags: u16,
    pub(super) question: (Name, Rtype),
    pub(super) answer: Vec<Set>,
    pub(super) authority: Vec<Set>,
    pub(super) additional: Vec<Set>,
    pub(super) opt: Option<Opt>,
}

/// The OPT record (RFC 6891 §6.1).
#[derive(Clone, Default)]
pub(super) struct Opt {
    pub(super) dnssec_ok: bool,
    /// Code and octets of each option.
    pub(super) options: Vec<(u16, Vec<u8>)>,
}

impl Note {
    pub(super) fn query(id: u16, flags: u16, question: (Name, Rtype), opt: Option<Opt>) -> Self {
        Self {
            id,
            flags,
            question,
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            opt,
        }
    }

    /// The same without records and with TC (RFC 2181 §9).
    pub(super) fn truncated(&self) -> Self {
        Self {
            flags: self.flags | TC,
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            ..self.clone()
        }
    }

    /// The octets; signatures only where DO is set.
    pub(super) fn octets(&self) -> Vec<u8> {
        let with_signatures = self.opt.as_ref().is_some_and(|opt| opt.dnssec_ok);
        let mut page = Page {
            octets: Vec::new(),
            names: BTreeMap::new(),
            with_signatures,
        };
        page.short(self.id);
        page.short(self.flags);
        page.short(1);
        for sets in [&self.answer, &self.authority] {
            page.short(page.count(sets));
        }
        page.short(page.count(&self.additional) + u16::from(self.opt.is_some()));
        page.name(&self.question.0);
        page.short(self.question.1.number());
        page.short(1);
        let sets = self.answer.iter().chain(&self.authority);
        for set in sets.chain(&self.additional) {
            page.set(set);
        }
        if let Some(opt) = &self.opt {
            page.opt(opt);
        }
        page.octets
    }
}

struct Page {
    octets: Vec<u8>,
    /// Where names begin that a pointer may lead to.
    names: BTreeMap<Name, u16>,
    with_signatures: bool,
}

impl Page {
    fn short(&mut self, number: u16) {
        self.octets.extend(number.to_be_bytes());
    }

    fn count(&self, sets: &[Set]) -> u16 {
        let records = sets.iter().map(|set| {
            let signatures = if self.with_signatures {
                set.signatures.len()
            } else {
                0
            };
            set.rdata.len() + signatures
        });
        u16::try_from(records.sum::<usize>()).unwrap_or(u16::MAX)
    }

    fn name(&mut self, name: &Name) {
        for (depth, label) in name.labels().enumerate() {
            let rest = name.suffix(name.label_count() - depth);
            if let Some(at) = self.names.get(&rest) {
                self.short(0xc000 | *at);
                return;
            }
            if self.octets.len() <= MAX_POINTER {
                let at = u16::try_from(self.octets.len()).unwrap_or_default();
                self.names.insert(rest, at);
            }
            self.octets
                .push(u8::try_from(label.len()).unwrap_or_default());
            self.octets.extend(label);
        }
        self.octets.push(0);
    }

    fn set(&mut self, set: &Set) {
        for rdata in &set.rdata {
            self.record(set, set.rtype, rdata);
        }
        let shown = if self.with_signatures {
            &set.signatures[..]
        } else {
            &[]
        };
        for signature in shown {
            self.record(set, Rtype::RRSIG, &signature.rdata);
        }
    }

    fn record(&mut self, set: &Set, rtype: Rtype, rdata: &[u8]) {
        self.name(&set.owner);
        self.short(rtype.number());
        self.short(1);
        self.octets.extend(set.ttl.to_be_bytes());
        self.octets.extend(length(rdata));
        self.octets.extend(rdata);
    }

    fn opt(&mut self, opt: &Opt) {
        let options: Vec<_> = opt
            .options
            .iter()
            .flat_map(|(code, octets)| [&code.to_be_bytes()[..], &length(octets), octets].concat())
            .collect();
        self.octets.push(0);
        self.short(Rtype::OPT.number());
        self.short(UDP_OCTETS);
        self.octets.extend([0, 0, u8::from(opt.dnssec_ok) << 7, 0]);
        self.octets.extend(length(&options));
        self.octets.extend(options);
    }
}
