"""A signed zone as a table of sets, to be looked up and altered before it is served."""

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
import dns.zone
from dns.rdatatype import NSEC, NSEC3, NSEC3PARAM, RRSIG


class Signed:
    """The sets of a zone file: (owner, type, type covered) gives TTL and records."""

    def __init__(self, origin, lines):
        zone = dns.zone.from_text("\n".join(lines), origin=origin, relativize=False, check_origin=False)
        self.origin = dns.name.from_text(origin)
        self.sets = {}
        for name, rdataset in zone.iterate_rdatasets():
            self.sets[name, rdataset.rdtype, rdataset.covers] = [rdataset.ttl, list(rdataset)]

    def lines(self):
        """The zone file."""
        for (name, rdtype, _), (ttl, rdatas) in self.sets.items():
            for rdata in rdatas:
                yield f"{name.to_text()} {ttl} IN {dns.rdatatype.to_text(rdtype)} {rdata.to_text()}"

    def has(self, owner, rdtype):
        """Whether there is such a set."""
        return (owner, rdtype, 0) in self.sets

    def set(self, owner, rdtype):
        """TTL and records; altering the list alters the zone."""
        return self.sets[owner, rdtype, 0]

    def signatures(self, owner, rdtype):
        """The RRSIG records of a set; altering the list alters the zone."""
        return self.sets.setdefault((owner, RRSIG, rdtype), [self.set(owner, rdtype)[0], []])[1]

    def remove(self, owner, rdtype, with_set=True):
        """Takes the signatures of a set out, and the set."""
        self.sets.pop((owner, RRSIG, rdtype), None)
        if with_set:
            self.sets.pop((owner, rdtype, 0), None)

    def denial(self, name):
        """Owner and type of the NSEC or NSEC3 that matches or covers the name."""
        parameters = self.sets.get((self.origin, NSEC3PARAM, 0))
        if parameters is None:
            owners = sorted(owner for owner, rdtype, _ in self.sets if rdtype == NSEC)
            before = [owner for owner in owners if owner <= name]
            return ((before or owners)[-1], NSEC) if owners else None
        parameter = parameters[1][0]
        hashed = dns.dnssec.nsec3_hash(name, parameter.salt, parameter.iterations, parameter.algorithm).upper()
        owners = sorted((owner.labels[0].decode().upper(), owner) for owner, rdtype, _ in self.sets if rdtype == NSEC3)
        before = [owner for label, owner in owners if label <= hashed]
        return ((before or [owner for _, owner in owners])[-1], NSEC3) if owners else None
