"""Two ZSKs with the same key tag and algorithm, one in use, one published ahead: an accident of one in 65536.

The DNSKEY RRset of `twin.test.` has a ZSK that signs and another that does not yet, both with the same tag. Signatures
verify by one of them only, and the wrong one may come first. Some validators fail here; the zone is in order.
"""

import base64
import secrets

import dns.dnssec
import dns.rdata

from world.expectation import secure
from world.zone import Key

VERDICTS = secure("www.twin.test. A", "twin.test. MX", "nothere.twin.test. A", "twin.test. DNSKEY")
ALERTS = []
SILENCE = "One key that verifies is enough."


def twin(zone, key, number=0):
    """A DNSKEY with the tag of another; nothing is signed by it, so that it needs no private key."""
    while True:
        public = secrets.token_bytes(62)
        # The tag is a sum of 16-bit words: the last word is chosen so that it comes out right.
        for last in range(0x10000):
            octets = public + last.to_bytes(2, "big")
            rdata = f"256 3 13 {base64.b64encode(octets).decode()}"
            if dns.dnssec.key_id(dns.rdata.from_text("IN", "DNSKEY", rdata)) == key.tag:
                base = zone.folder / f"Ktwin{number}+013+{key.tag:05d}"
                base.with_name(base.name + ".key").write_text(f"{zone.name} IN DNSKEY {rdata}\n")
                return Key(base, ksk=False)


def play(lab):
    """A few questions."""
    tree = lab.grow()
    zone = tree.zone("twin.test.", {"ns1.twin.test.": ["203.0.113.11"]}, "knotd", signer="ldns-signzone")
    zone.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    zone.published = [*zone.published, twin(zone, zone.published[1])]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache, and the zone is asked for.")
    lab.ask("www.twin.test")
    lab.ask("twin.test", "MX")
    lab.ask("nothere.twin.test")
