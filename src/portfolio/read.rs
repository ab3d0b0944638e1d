//! From TOML to a portfolio that speaks no word against itself.

use super::book::Portfolio;
use super::plan::Plan;
use super::problem::{PortfolioError, Problem};
use super::raw::{self, RawChange, RawResolver, RawZone, Text, at};
use super::resolver::{Resolver, Software};
use super::zone::{Criticality, Expected, Zone};
use crate::message::{Ds, Name, zone_file};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use toml::Spanned;
use toml::value::{Datetime, Offset};

/// Octets of a digest by its type (RFC 4034 appendix A.2, RFC 4509 §2.1, RFC 6605 §2).
const DIGESTS: [(u8, usize); 3] = [(1, 20), (2, 32), (4, 48)];

/// From TOML; the first thing that is wrong ends it.
pub(super) fn read(text: &str) -> Result<Portfolio, PortfolioError> {
    let file = raw::parse(text)?;
    let reader = Reader { text };
    let (mut zones, mut seen) = (Vec::new(), BTreeMap::new());
    for zone in &file.zone {
        let read = reader.zone(zone)?;
        if let Some(first) = seen.insert(read.name.clone(), zone.name.span().start) {
            let (name, first) = (read.name.to_string(), raw::line(text, first));
            return Err(reader.bad(&zone.name, Problem::SameZone { name, first }));
        }
        zones.push(read);
    }
    let (mut resolvers, mut seen) = (Vec::new(), BTreeMap::new());
    for resolver in &file.resolver {
        let read = reader.resolver(resolver)?;
        if let Some(first) = seen.insert(read.address, resolver.address.span().start) {
            let (address, first) = (read.address.to_string(), raw::line(text, first));
            return Err(reader.bad(&resolver.address, Problem::SameResolver { address, first }));
        }
        resolvers.push(read);
    }
    Ok(Portfolio::new(zones, resolvers))
}

/// Knows where each value stands.
#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn zone(self, zone: &RawZone) -> Result<Zone, PortfolioError> {
        let criticality = self.one_of(
            "criticality",
            zone.criticality.as_ref(),
            &[Criticality::Critical, Criticality::Normal].map(|known| (known.name(), known)),
            "critical or normal",
        )?;
        let expect = self.one_of(
            "expect",
            zone.expect.as_ref(),
            &[Expected::Secure, Expected::Insecure].map(|known| (known.name(), known)),
            "secure or insecure",
        )?;
        let pinned_ds = zone.pinned_ds.as_ref();
        let pinned = pinned_ds
            .map(|set| self.ds_set("pinned_ds", set.get_ref()))
            .transpose()?;
        if let Some((set, spanned)) = pinned.as_ref().zip(pinned_ds) {
            match expect {
                Some(Expected::Insecure) if !set.is_empty() => {
                    return Err(self.bad(spanned, Problem::PinnedInsecure));
                }
                Some(Expected::Secure) if set.is_empty() => {
                    return Err(self.bad(spanned, Problem::UnpinnedSecure));
                }
                Some(_) | None => {}
            }
        }
        Ok(Zone {
            name: self.name(&zone.name)?,
            criticality: criticality.unwrap_or_default(),
            owner: self.filled("owner", zone.owner.as_ref())?,
            signer: self.filled("signer", zone.signer.as_ref())?,
            ds_publisher: self.filled("ds_publisher", zone.ds_publisher.as_ref())?,
            runbook: self.filled("runbook", zone.runbook.as_ref())?,
            key_plan: self.filled("key_plan", zone.key_plan.as_ref())?,
            expect,
            pinned_ds: pinned,
            plans: self.plans(&zone.change)?,
        })
    }

    /// The declared changes of a zone, none against another.
    fn plans(self, changes: &[RawChange]) -> Result<Vec<Plan>, PortfolioError> {
        let mut plans: Vec<Plan> = Vec::new();
        for change in changes {
            let plan = self.plan(change)?;
            let is_met = |known: &&(&Plan, &RawChange)| {
                known.0.from <= plan.until
                    && plan.from <= known.0.until
                    && known.0.ds_before == plan.ds_before
            };
            let mut known = plans.iter().zip(changes);
            let (ticket, line) = (plan.ticket.clone(), |raw: &RawChange| {
                raw::line(self.text, raw.ticket.span().start)
            });
            let clash = known.find(|known| {
                is_met(&known) && (known.0.ds_after == plan.ds_after || plan.ds_before.is_some())
            });
            if let Some((known, raw)) = clash {
                let (other, first) = (known.ticket.clone(), line(raw));
                let problem = if known.ds_after == plan.ds_after {
                    Problem::SameChange {
                        ticket,
                        other,
                        first,
                    }
                } else {
                    Problem::Contradiction {
                        ticket,
                        other,
                        first,
                    }
                };
                return Err(self.bad(&change.ticket, problem));
            }
            plans.push(plan);
        }
        Ok(plans)
    }

    fn plan(self, change: &RawChange) -> Result<Plan, PortfolioError> {
        let plan = Plan {
            ticket: self.full("ticket", &change.ticket)?,
            approver: self.filled("approver", change.approver.as_ref())?,
            from: self.moment("from", &change.from)?,
            until: self.moment("until", &change.until)?,
            ds_before: change
                .ds_before
                .as_ref()
                .map(|set| self.ds_set("ds_before", set))
                .transpose()?,
            ds_after: self.ds_set("ds_after", &change.ds_after)?,
        };
        let ticket = plan.ticket.clone();
        if plan.until <= plan.from {
            return Err(self.bad(&change.until, Problem::EmptyWindow { ticket }));
        }
        if plan.ds_before.as_ref() == Some(&plan.ds_after) {
            return Err(self.bad(&change.ticket, Problem::NoChange { ticket }));
        }
        Ok(plan)
    }

    fn resolver(self, resolver: &RawResolver) -> Result<Resolver, PortfolioError> {
        let address = resolver.address.get_ref();
        let read: IpAddr = address.trim().parse().map_err(|_| {
            let found = shortened(address);
            self.bad(&resolver.address, Problem::BadAddress { found })
        })?;
        Ok(Resolver {
            address: read,
            name: self.filled("name", resolver.name.as_ref())?,
            software: self.one_of(
                "software",
                resolver.software.as_ref(),
                &Software::ALL.map(|known| (known.name(), known)),
                "unbound, bind, knot or powerdns; leave it out for any other",
            )?,
            validates: resolver.validates,
        })
    }

    fn name(self, text: &Text) -> Result<Name, PortfolioError> {
        let written = text.get_ref().trim();
        if !written.is_ascii() {
            let a_label = idna::domain_to_ascii(written);
            let problem = Problem::NotAscii {
                found: shortened(written),
                a_label: a_label.unwrap_or_else(|_| "its A-label, xn--…".to_owned()),
            };
            return Err(self.bad(text, problem));
        }
        let name = Name::parse(written).ok().filter(|_| !written.is_empty());
        name.ok_or_else(|| {
            let found = shortened(written);
            self.bad(text, Problem::BadName { found })
        })
    }

    /// A DS set, sorted.
    fn ds_set(self, key: &'static str, records: &[Text]) -> Result<Vec<Ds>, PortfolioError> {
        let mut set: Vec<Ds> = Vec::new();
        for text in records {
            let ds = zone_file::ds(text.get_ref()).map_err(|source| {
                let found = shortened(text.get_ref());
                self.bad(text, Problem::BadDs { key, found, source })
            })?;
            let expected = DIGESTS.iter().find(|known| known.0 == ds.digest_type);
            let octets = ds.digest.len();
            if let Some((digest_type, expected)) = expected.copied()
                && octets != expected
            {
                let problem = Problem::DigestLength {
                    key,
                    digest_type,
                    expected,
                    octets,
                };
                return Err(self.bad(text, problem));
            }
            if set.contains(&ds) {
                let key_tag = ds.key_tag;
                return Err(self.bad(text, Problem::SameDs { key, key_tag }));
            }
            set.push(ds);
        }
        set.sort();
        Ok(set)
    }

    fn moment(
        self,
        key: &'static str,
        time: &Spanned<Datetime>,
    ) -> Result<Timestamp, PortfolioError> {
        timestamp(time.get_ref()).ok_or_else(|| self.bad(time, Problem::BadTime { key }))
    }

    /// A text that is there and not empty.
    fn full(self, key: &'static str, text: &Text) -> Result<String, PortfolioError> {
        let trimmed = text.get_ref().trim();
        if trimmed.is_empty() {
            return Err(self.bad(text, Problem::Empty { key }));
        }
        Ok(trimmed.to_owned())
    }

    fn filled(
        self,
        key: &'static str,
        text: Option<&Text>,
    ) -> Result<Option<String>, PortfolioError> {
        text.map(|text| self.full(key, text)).transpose()
    }

    /// The value with this name.
    fn one_of<T: Copy>(
        self,
        key: &'static str,
        text: Option<&Text>,
        values: &[(&'static str, T)],
        known: &'static str,
    ) -> Result<Option<T>, PortfolioError> {
        let Some(text) = text else { return Ok(None) };
        let is_it = |value: &&(&str, T)| value.0 == text.get_ref().trim();
        let value = values.iter().find(is_it);
        value.map(|value| Some(value.1)).ok_or_else(|| {
            let found = shortened(text.get_ref());
            self.bad(text, Problem::UnknownValue { key, found, known })
        })
    }

    fn bad<T>(self, value: &Spanned<T>, problem: Problem) -> PortfolioError {
        at(self.text, Some(value.span()), problem)
    }
}

/// A moment; nothing without an offset, since a time of day alone is none.
fn timestamp(time: &Datetime) -> Option<Timestamp> {
    let (date, clock, offset) = (time.date?, time.time?, time.offset?);
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let moment = Timestamp::from_utc(
        [date.year.into(), date.month.into(), date.day.into()],
        [
            clock.hour.into(),
            clock.minute.into(),
            clock.second.unwrap_or_default().into(),
        ],
    )?;
    Some(moment.plus_seconds(-60 * minutes))
}

/// Enough of a text to find it by, fit for one line of an error.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const DS: &str = "31589 13 2 49AA0CCBF0F9C5A3A2A4A6A3EDC4F43A5A1C5F22CC8F9CB49AA4A1A5A3A7A1B2";

    /// The example of the design, with digests of full length.
    fn example() -> String {
        format!(
            r#"
[[zone]]
name = "example.org"
criticality = "critical"
owner = "dns-team <dns@example.org>"
signer = "Provider A <noc@a.example>"
ds_publisher = "Registrar B <desk@b.example>"
runbook = "https://runbooks.example.org/RB-02"
key_plan = "https://runbooks.example.org/KSK"
expect = "secure"
pinned_ds = ["{DS}"]
[[zone.change]]
ticket = "CHG-1042"
approver = "change-board"
from = 2026-12-01T08:00:00Z
until = 2026-12-03T08:00:00Z
ds_before = ["{DS}"]
ds_after = ["4711 ECDSAP256SHA256 2 49AA0CCBF0F9C5A3A2A4A6A3EDC4F43A5A1C5F22CC8F9CB4 9AA4A1A5A3A7A1B2"]
[[resolver]]
address = "192.0.2.53"
name = "res1"
software = "unbound"
validates = true
"#
        )
    }

    #[test]
    fn the_example_of_the_design_is_read() {
        let portfolio = Portfolio::parse(&example()).unwrap();
        let zone = portfolio
            .zone(&Name::parse("example.org").unwrap())
            .unwrap();
        assert_eq!(zone.criticality, Criticality::Critical);
        assert_eq!(zone.expect, Some(Expected::Secure));
        assert_eq!(zone.pinned_ds.as_ref().unwrap()[0].to_string(), DS);
        assert_eq!(
            zone.plans[0].from,
            Timestamp::parse("2026-12-01T08:00:00Z").unwrap()
        );
        assert_eq!(zone.plans[0].ds_after[0].key_tag, 4711);
        assert_eq!(zone.plans[0].ds_after[0].algorithm, 13);
        let resolver = portfolio.resolver(&"192.0.2.53".parse().unwrap()).unwrap();
        assert_eq!(resolver.software, Some(Software::Unbound));
        assert_eq!(resolver.title(), "res1 (192.0.2.53)");
    }

    #[test]
    fn zones_are_own_above_and_below_and_foreign_beside() {
        let portfolio = Portfolio::parse(&example()).unwrap();
        let table = [
            ("example.org", false),
            ("www.example.org", false),
            ("org", false),
            (".", false),
            ("example.com", true),
            ("example2.org", true),
        ];
        for (name, expected) in table {
            let name = Name::parse(name).unwrap();
            assert_eq!(portfolio.is_foreign(&name), expected, "{name}");
            assert!(!Portfolio::default().is_foreign(&name), "{name}");
        }
    }

    /// The error of a text, in one line.
    fn error(text: &str) -> String {
        let error = Portfolio::parse(text).unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
        error
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_mistake_is_named_with_its_line() {
        let zone = "[[zone]]\nname = 'a.org'\n";
        let change = |rest: &str| {
            format!(
                "{zone}[[zone.change]]\nticket = 'T'\nfrom = 2026-01-01T00:00:00Z\n\
                 until = 2026-01-02T00:00:00Z\n{rest}"
            )
        };
        let table: [(String, &str); 26] = [
            ("[[zone]]\nname = ".to_owned(), "line 2: "),
            ("[[zone]]\n".to_owned(), "line 1: missing field `name`"),
            (
                format!("{zone}ownr = 'x'"),
                "line 3: unknown key `ownr` in [[zone]]; did you mean `owner`?",
            ),
            (format!("{zone}pinned-ds = []"), "did you mean `pinned_ds`?"),
            (
                format!("{zone}xyzzy = 1"),
                "line 3: unknown key `xyzzy` in [[zone]]",
            ),
            (
                "[[zones]]\nname = 'a'".to_owned(),
                "line 1: unknown key `zones` in the file; did you mean `zone`?",
            ),
            (
                change("ds = []"),
                "line 7: unknown key `ds` in [[zone.change]]",
            ),
            (format!("{zone}owner = 3"), "line 3: invalid type"),
            (format!("{zone}owner = ' '"), "line 3: `owner` is empty"),
            (
                format!("{zone}criticality = 'hih'"),
                "line 3: `hih` is no criticality: it is critical or normal",
            ),
            (
                format!("{zone}expect = 'bogus'"),
                "it is secure or insecure",
            ),
            (
                "[[zone]]\nname = 'a..b'".to_owned(),
                "line 2: `a..b` is no domain name",
            ),
            (
                "[[zone]]\nname = ''".to_owned(),
                "line 2: `` is no domain name",
            ),
            (
                "[[zone]]\nname = 'bücher.example'".to_owned(),
                "write xn--bcher-kva.example",
            ),
            (
                format!("{zone}pinned_ds = [\n'1 13 2 zz']"),
                "line 4: `1 13 2 zz` in pinned_ds is no DS record: `zz` is no valid digest",
            ),
            (
                format!("{zone}pinned_ds = ['1 13 2 AABB']"),
                "a digest of type 2 in pinned_ds has 32 octets, this one has 2",
            ),
            (
                format!("{zone}pinned_ds = ['{DS}',\n'{DS}']"),
                "line 4: pinned_ds names DS 31589 twice",
            ),
            (
                format!("{zone}expect = 'insecure'\npinned_ds = ['{DS}']"),
                "line 4: a zone with expect = \"insecure\"",
            ),
            (
                format!("{zone}expect = 'secure'\npinned_ds = []"),
                "line 4: a zone with expect = \"secure\"",
            ),
            (
                format!("{zone}{zone}"),
                "line 4: zone a.org. is declared twice, first on line 2",
            ),
            (format!("{zone}[[zone]]\nname = 'A.ORG.'"), "declared twice"),
            (
                "[[resolver]]\naddress = '::1'\n[[resolver]]\naddress = '0:0::1'".to_owned(),
                "line 4: resolver ::1 is declared twice, first on line 2",
            ),
            (
                "[[resolver]]\naddress = 'res1'".to_owned(),
                "line 2: `res1` is no IP address",
            ),
            (
                "[[resolver]]\naddress = '::1'\nsoftware = 'bind9'".to_owned(),
                "`bind9` is no software: it is unbound, bind, knot or powerdns",
            ),
            (
                change("ds_after = []\nds_before = []"),
                "line 4: T changes nothing",
            ),
            (
                change("ds_after = []").replace("2026-01-02T00:00:00Z", "2026-01-02"),
                "line 6: `until` needs date, time and offset",
            ),
        ];
        for (text, expected) in table {
            let error = error(&text);
            assert!(error.contains(expected), "{text}\n{error}");
        }
    }

    #[test]
    fn declared_changes_do_not_contradict_each_other() {
        let change = |ticket: &str, days: (u8, u8), sets: &str| {
            format!(
                "[[zone.change]]\nticket = '{ticket}'\nfrom = 2026-01-{:02}T00:00:00Z\n\
                 until = 2026-01-{:02}T00:00:00Z\n{sets}\n",
                days.0, days.1
            )
        };
        let (to_none, to_ds) = ("ds_after = []", format!("ds_after = ['{DS}']"));
        let table = [
            // (what, the second change, what is wrong)
            (
                "the same again",
                ("B", (2, 4)),
                to_none.to_owned(),
                Some("B declares again what A (line 4) declares"),
            ),
            ("later", ("B", (4, 5)), to_none.to_owned(), None),
            ("a way back", ("B", (2, 4)), to_ds.clone(), None),
            (
                "an empty window",
                ("B", (5, 4)),
                to_ds.clone(),
                Some("line 11: the window of B ends before it begins"),
            ),
        ];
        for (what, (ticket, days), sets, expected) in table {
            let first = change("A", (1, 3), to_none);
            let second = change(ticket, days, &sets);
            let text = format!("[[zone]]\nname = 'a'\n{first}{second}");
            match expected {
                Some(expected) => {
                    assert!(error(&text).contains(expected), "{what}: {}", error(&text));
                }
                None => assert!(Portfolio::parse(&text).is_ok(), "{what}"),
            }
        }
        let start = "ds_before = ['1 13 3 AA']\n";
        let first = change("A", (1, 3), &format!("{start}{to_none}"));
        let second = change("B", (3, 4), &format!("{start}{to_ds}"));
        let text = format!("[[zone]]\nname = 'a'\n{first}{second}");
        assert!(
            error(&text).contains("B contradicts A (line 4)"),
            "{}",
            error(&text)
        );
    }

    proptest::proptest! {
        /// Whatever is cut out of a portfolio and put in, the reader says what is wrong in one line.
        #[test]
        fn no_text_breaks_the_reader(at in 0_usize..900, length in 0_usize..40, more in ".{0,12}") {
            let text = example();
            let start = at.min(text.len());
            let end = (start + length).min(text.len());
            let (head, _) = text.split_at(start);
            let (_, tail) = text.split_at(end);
            if let Err(found) = Portfolio::parse(&format!("{head}{more}{tail}")) {
                proptest::prop_assert!(!found.to_string().contains('\n'));
                proptest::prop_assert!(found.line >= 1);
            }
        }
    }
}
