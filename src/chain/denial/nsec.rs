//! Chains of NSEC records (RFC 4034 §4).

use super::{Chain, Conclusion, Status, occludes, status_at};
use crate::message::{Name, Nsec, TypeBitmap};

/// The NSEC records of a zone, as far as they are known.
#[derive(Debug)]
pub(super) struct Links {
    zone: Name,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    owner: Name,
    /// Behind the owner in canonical order, or the apex.
    next: Name,
    types: TypeBitmap,
}

impl Links {
    pub(super) fn new(zone: Name) -> Self {
        Self {
            zone,
            links: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Adds a record, unless it cannot be a link of the zone's chain (RFC 4034 §4.1.1). One that
    /// leads back to its owner speaks of what is below it, as validators read it.
    pub(super) fn add(&mut self, owner: &Name, nsec: Nsec) {
        let Nsec { next, types } = nsec;
        let is_in_zone = owner.is_at_or_below(&self.zone) && next.is_at_or_below(&self.zone);
        if is_in_zone && (*owner <= next || next == self.zone) {
            let owner = owner.clone();
            self.links.push(Link { owner, next, types });
        }
    }

    /// Whether `name` falls between owner and next name.
    fn is_covered(&self, name: &Name, link: &Link) -> bool {
        let is_circle = link.next == link.owner && name.is_below(&link.owner);
        is_circle || link.owner < *name && (*name < link.next || link.next == self.zone)
    }
}

impl Chain for Links {
    fn status(&self, name: &Name) -> Conclusion<Status<'_>> {
        if let Some(link) = self.links.iter().find(|link| link.owner == *name) {
            return Conclusion::new(status_at(&link.types), vec![link.owner.clone()]);
        }
        let mut links = self.links.iter();
        let Some(link) = links.find(|link| self.is_covered(name, link)) else {
            return Conclusion::by_none(Status::Untold);
        };
        let status = if name.is_below(&link.owner) && occludes(&link.types) {
            Status::Occluded
        } else if link.next.is_below(name) {
            Status::EmptyNonTerminal
        } else {
            Status::Absent {
                encloser: link.encloser(name),
                is_opt_out: false,
            }
        };
        Conclusion::new(status, vec![link.owner.clone()])
    }

    fn status_below_encloser(&self, name: &Name) -> Conclusion<Status<'_>> {
        self.status(name)
    }
}

impl Link {
    /// The longest existing name above one that this record covers: whatever else exists above
    /// it would lie in the span too.
    fn encloser(&self, name: &Name) -> Name {
        let before = name.common_ancestor(&self.owner);
        let behind = name.common_ancestor(&self.next);
        if behind.is_below(&before) {
            behind
        } else {
            before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{denials, name, nsec, set};
    use super::super::{Denials, NoDs, Proof};
    use crate::message::Rtype;

    /// The denials of a zone from `owner next types…; owner next types…`.
    fn of(zone: &str, lines: &str) -> Denials {
        let lines = lines.split("; ").filter(|line| !line.is_empty());
        denials(&name(zone), lines.map(nsec))
    }

    /// What a row shows, the records of `example.`, the name asked about, the outcome.
    type Row<T> = (&'static str, &'static str, &'static str, T);

    fn check_name_errors(table: &[Row<Proof>]) {
        for (what, lines, qname, expected) in table {
            let shown = of("example.", lines).name_error(&name(qname));
            assert_eq!(shown.what, *expected, "{what}");
        }
    }

    fn check_no_data(rtype: Rtype, table: &[Row<Proof>]) {
        for (what, lines, qname, expected) in table {
            let shown = of("example.", lines).no_data(&name(qname), rtype);
            assert_eq!(shown.what, *expected, "{what}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_name_error_needs_the_name_and_the_wildcard_covered() {
        use Proof::{Contradicted, Missing, Proven};
        check_name_errors(&[
            ("nothing", "", "b.example.", Missing),
            ("both", "example. a.example. SOA; a.example. c.example. A", "b.example.", Proven),
            ("one for both", "example. c.example. SOA NS", "b.example.", Proven),
            ("no wildcard", "a.example. c.example. A", "b.example.", Missing),
            ("no cover", "example. a.example. SOA NS", "b.example.", Missing),
            ("another span", "example. a.example. SOA; c.example. d.example. A", "b.example.", Missing),
            ("it exists", "b.example. c.example. A", "b.example.", Contradicted),
            ("wildcard exists", "*.example. c.example. A", "b.example.", Contradicted),
            ("wildcard ENT", "example. x.*.example. SOA; x.*.example. c.example. A", "b.example.", Contradicted),
            ("encloser by next", "example. z.b.example. SOA NS", "x.b.example.", Proven),
            ("encloser by owner", "b.example. z.example. A", "x.b.example.", Proven),
            ("below a link to itself", "a.example. a.example. A", "x.a.example.", Proven),
            ("beside a link to itself", "a.example. a.example. A", "b.example.", Missing),
            ("wildcard of a wrong encloser", "x.b.example. z.b.example. A; example. b.example. SOA", "y.b.example.", Missing),
            ("the wildcard itself", "example. a.example. SOA NS", "*.example.", Proven),
        ]);
    }

    #[test]
    fn an_empty_non_terminal_is_no_name_error() {
        let next_below = "a.example. x.b.example. A; example. a.example. SOA NS";
        check_name_errors(&[("", next_below, "b.example.", Proof::Contradicted)]);
        check_no_data(Rtype::A, &[("", next_below, "b.example.", Proof::Proven)]);
    }

    #[test]
    fn a_record_from_above_a_cut_denies_nothing_below_it() {
        use Proof::{Contradicted, Proven};
        for lines in [
            "a.example. c.example. NS; example. a.example. SOA NS",
            "a.example. c.example. NS DS; example. a.example. SOA NS",
            "a.example. c.example. A DNAME; example. a.example. SOA NS",
        ] {
            check_name_errors(&[
                (lines, lines, "x.a.example.", Contradicted),
                (lines, lines, "b.example.", Proven),
            ]);
            check_no_data(Rtype::A, &[(lines, lines, "x.a.example.", Contradicted)]);
            let (denials, below) = (of("example.", lines), name("x.a.example."));
            assert_eq!(denials.no_ds(&below).what, NoDs::Contradicted, "{lines}");
            assert!(!denials.shows_no_cut(&below), "{lines}");
        }
    }

    #[test]
    fn a_delegation_denies_only_its_own_ds() {
        let cut = "a.example. c.example. NS RRSIG NSEC";
        check_no_data(Rtype::A, &[("", cut, "a.example.", Proof::Contradicted)]);
        check_no_data(Rtype::DS, &[("", cut, "a.example.", Proof::Proven)]);
    }

    #[test]
    fn only_the_parent_denies_a_ds() {
        let (child, apex) = ("example. a.example. SOA NS", name("example."));
        check_no_data(Rtype::DS, &[("", child, "example.", Proof::Missing)]);
        assert_eq!(of("example.", child).no_ds(&apex).what, NoDs::Missing);
        let without_soa = "example. a.example. NS";
        assert_eq!(of("example.", without_soa).no_ds(&apex).what, NoDs::Missing);
        let root = of(".", ". aaa. SOA NS").no_data(&name("."), Rtype::DS);
        assert_eq!(root.what, Proof::Proven, "the root has no parent");
        let odd = of("example.", "a.example. c.example. SOA NS");
        assert_eq!(odd.no_ds(&name("a.example.")).what, NoDs::Missing);
    }

    #[test]
    fn the_last_record_leads_back_to_the_apex() {
        use Proof::{Contradicted, Missing, Proven};
        let last = "y.example. example. A; example. a.example. SOA NS";
        let only = "example. example. SOA NS";
        check_name_errors(&[
            ("behind the last", last, "z.example.", Proven),
            ("before the last", last, "x.example.", Missing),
            ("the only name of its zone", only, "a.example.", Proven),
            ("the apex", only, "example.", Contradicted),
            ("outside the zone", only, "test.", Missing),
        ]);
    }

    #[test]
    fn what_is_no_link_of_the_chain_is_left_out() {
        for (what, line) in [
            ("next outside the zone", "a.example. test. A"),
            ("owner outside the zone", "test. example. A"),
            ("next before the owner", "c.example. a.example. A"),
        ] {
            assert!(of("example.", line).is_empty(), "{what}");
        }
        let [one, two] = ["example. b.example. SOA NS", "example. c.example. SOA NS"].map(nsec);
        let records = one.records().chain(two.records()).map(<[u8]>::to_vec);
        let both = set(&name("example."), Rtype::NSEC, records.collect());
        assert!(
            denials(&name("example."), [both]).is_empty(),
            "two at a name"
        );
    }

    #[test]
    #[rustfmt::skip]
    fn no_data_needs_the_type_and_cname_absent() {
        use Proof::{Contradicted, Missing, Proven};
        check_no_data(Rtype::A, &[
            ("nothing", "", "a.example.", Missing),
            ("other types", "a.example. c.example. TXT", "a.example.", Proven),
            ("the type", "a.example. c.example. A", "a.example.", Contradicted),
            ("an alias", "a.example. c.example. CNAME", "a.example.", Contradicted),
            ("the apex", "example. c.example. SOA NS", "example.", Proven),
            ("at a DNAME", "a.example. c.example. DNAME", "a.example.", Proven),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn no_data_of_a_wildcard_needs_the_name_covered() {
        use Proof::{Contradicted, Missing, Proven};
        check_no_data(Rtype::A, &[
            ("lacks it", "*.example. a.example. TXT; a.example. c.example. A", "b.example.", Proven),
            ("has it", "*.example. a.example. A; a.example. c.example. A", "b.example.", Contradicted),
            ("alias", "*.example. a.example. CNAME; a.example. c.example. A", "b.example.", Contradicted),
            ("one for both", "*.example. c.example. TXT", "b.example.", Proven),
            ("not covered", "*.example. a.example. TXT", "b.example.", Missing),
            ("wildcard untold", "a.example. c.example. A", "b.example.", Missing),
            ("wildcard ENT", "example. x.*.example. SOA; a.example. c.example. A", "b.example.", Proven),
            ("a name error", "example. c.example. SOA", "b.example.", Contradicted),
        ]);
    }

    #[test]
    fn a_missing_ds_set_is_told_from_a_missing_cut() {
        use NoDs::{Contradicted, Insecure, Missing, NotACut};
        let table: [Row<NoDs>; 9] = [
            (
                "unsigned",
                "a.example. c.example. NS",
                "a.example.",
                Insecure,
            ),
            (
                "signed",
                "a.example. c.example. NS DS",
                "a.example.",
                Contradicted,
            ),
            ("host", "a.example. c.example. A", "a.example.", NotACut),
            (
                "alias",
                "a.example. c.example. CNAME",
                "a.example.",
                NotACut,
            ),
            ("no name", "a.example. c.example. A", "b.example.", NotACut),
            ("ENT", "a.example. x.b.example. A", "b.example.", NotACut),
            ("untold", "a.example. c.example. A", "d.example.", Missing),
            ("nothing", "", "a.example.", Missing),
            ("outside", "example. example. SOA NS", "test.", Missing),
        ];
        for (what, lines, child, expected) in table {
            let (denials, child) = (of("example.", lines), name(child));
            assert_eq!(denials.no_ds(&child).what, expected, "{what}");
            assert_eq!(denials.shows_no_cut(&child), expected == NotACut, "{what}");
        }
        assert!(of("example.", "").shows_no_cut(&name("example.")), "apex");
    }

    #[test]
    #[rustfmt::skip]
    fn an_expansion_needs_the_next_closer_name_absent() {
        use Proof::{Contradicted, Missing, Proven};
        let table = [
            ("covered", "a.example. c.example. A", "b.example.", 1, Proven),
            ("deep", "a.example. c.example. A", "x.b.example.", 1, Proven),
            ("untold", "a.example. c.example. A", "d.example.", 1, Missing),
            ("nothing", "", "d.example.", 1, Missing),
            ("it exists", "b.example. c.example. A", "b.example.", 1, Contradicted),
            ("next closer is an ENT", "a.example. z.b.example. A", "y.b.example.", 1, Contradicted),
            ("next closer is a cut", "b.example. c.example. NS", "y.b.example.", 1, Contradicted),
            ("no base", "a.example. c.example. A", "x.b.example.", 2, Contradicted),
            ("base above the zone", "example. c.example. SOA", "b.example.", 0, Missing),
            ("not expanded", "", "b.example.", 2, Proven),
            ("the wildcard's own data", "", "*.example.", 1, Proven),
        ];
        for (what, lines, qname, labels, expected) in table {
            let shown = of("example.", lines).wildcard_expansion(&name(qname), labels);
            assert_eq!(shown.what, expected, "{what}");
        }
    }

    #[test]
    fn compact_denial_tells_absence_by_nxname() {
        use Proof::{Contradicted, Missing, Proven};
        let absent = r"a.example. \000.a.example. RRSIG NSEC NXNAME";
        let present = r"a.example. \000.a.example. TXT RRSIG NSEC";
        check_name_errors(&[
            ("no such name", absent, "a.example.", Proven),
            ("no such type", present, "a.example.", Contradicted),
            ("another name", absent, "b.a.example.", Missing),
        ]);
        check_no_data(
            Rtype::TXT,
            &[
                ("no such name", absent, "a.example.", Proven),
                ("the type", present, "a.example.", Contradicted),
            ],
        );
        let wildcard = "a.example. b.example. A; *.example. a.example. TXT NXNAME";
        check_no_data(
            Rtype::A,
            &[("at the wildcard", wildcard, "aa.example.", Proven)],
        );
        let no_ds = |lines, child| of("example.", lines).no_ds(&name(child)).what;
        let cut = r"a.example. \000.a.example. NS RRSIG NSEC";
        assert_eq!(no_ds(cut, "a.example."), NoDs::Insecure);
        assert_eq!(no_ds(absent, "a.example."), NoDs::NotACut);
        // No signer makes such a span, but what a key of the zone signed denies what it covers.
        let spanning = "a.example. c.example. NXNAME";
        assert_eq!(no_ds(spanning, "b.example."), NoDs::NotACut);
    }

    #[test]
    fn a_conclusion_names_its_records_the_deciding_one_first() {
        let denials = of(
            "example.",
            "example. a.example. SOA; a.example. c.example. A",
        );
        let shown = denials.name_error(&name("b.example."));
        assert_eq!(shown.by, ["a.example.", "example."].map(name));
        assert_eq!(denials.no_ds(&name("b.example.")).by, [name("a.example.")]);
    }
}
