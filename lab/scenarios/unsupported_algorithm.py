"""Zones that a validator must treat as insecure, because it knows their algorithm or digest not.

`sm2.test.` has only keys and a DS of algorithm 17 (SM2SM3), `digest.test.` a good key but only a DS of digest type 6
(SM3). No signer here makes SM2 signatures: the zone was signed with algorithm 13, and the number in DNSKEY, RRSIG
and DS changed to 17, so the signatures are not real, which no validator without SM2 can know. `both.test.` has a
DS of algorithm 17 without a key beside its ordinary one, and must verify by that.
"""

import re

import dns.dnssec
import dns.rdata

from world.expectation import insecure, secure

VERDICTS = [
    *insecure("www.sm2.test. A", "sm2.test. MX", reason="unsupported_algorithm", why="only algorithm 17 in the DS set"),
    *insecure("www.digest.test. A", reason="unsupported_digest", why="only digest type 6 in the DS set"),
    *secure("www.both.test. A", why="one supported DS is enough"),
]
ALERTS = []
SILENCE = "Unsupported is insecure, never bogus; it is a finding of the inventory."
SM2SM3 = 17


def renumbered(rdata):
    """A DNSKEY record's RDATA with the algorithm number 17."""
    key = dns.rdata.from_text("IN", "DNSKEY", rdata)
    return key.replace(algorithm=SM2SM3)


def renumber(zone):
    """Changes the algorithm in the signed zone's DNSKEY and RRSIG records, and the key tags with it."""
    tags = {}
    for key in zone.published:
        tags[str(key.tag)] = str(dns.dnssec.key_id(renumbered(key.record.split(" DNSKEY ")[1])))

    def edit(lines):
        out = []
        for line in lines:
            line = re.sub(r"(\sDNSKEY\s+\d+\s+3\s+)13\s", rf"\g<1>{SM2SM3} ", line)
            signature = re.match(r"(.*\sRRSIG\s+\S+\s+)13(\s+\d+\s+\d+\s+\d+\s+\d+\s+)(\d+)(\s.*)", line)
            if signature:
                before, middle, tag, after = signature.groups()
                line = f"{before}{SM2SM3}{middle}{tags[tag]}{after}"
            out.append(line)
        return out

    return edit


def play(lab):
    """One zone after the other."""
    tree = lab.grow()
    zones = {}
    for number, name in enumerate(["sm2.test.", "digest.test.", "both.test."], 11):
        zones[name] = zone = tree.zone(name, {f"ns1.{name}": [f"203.0.113.{number}"]}, "nsd")
        zone.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    sm2 = zones["sm2.test."]
    sm2.edit_signed = renumber(sm2)
    ksk = renumbered(sm2.published[0].record.split(" DNSKEY ")[1])
    sm2.online_ds = lambda: [str(dns.dnssec.make_ds("sm2.test.", ksk, "SHA256"))]
    digest, both = zones["digest.test."], zones["both.test."]
    ordinary = digest.ds()[0].split(maxsplit=3)
    digest.online_ds = lambda: [f"{ordinary[0]} {ordinary[1]} 6 {ordinary[3]}"]
    real = both.ds()
    both.online_ds = lambda: [*real, f"4711 {SM2SM3} 2 {'AB' * 32}"]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; each zone is asked for.")
    lab.ask("www.sm2.test")
    lab.ask("sm2.test", "MX")
    lab.ask("www.digest.test")
    lab.ask("www.both.test")
