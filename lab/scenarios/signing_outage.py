"""The zone comes out unsigned: the signer was bypassed, at every server alike.

After a change at the operator's, `shop.test.` is served as it was before signing: no RRSIG, no NSEC, no DNSKEY. The DS
at the parent is still there, so the zone is SERVFAIL everywhere. All servers and all names fail alike, unlike when a
box on one path strips signatures.
"""

from world.expectation import Alert, bogus, secure
from world.resolver import BindResolver

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *bogus("signature_missing", "www.shop.test. A", phase=3,
           why="DO in the question, DS in force, AA, and the same owner was seen signed"),
    *bogus("signature_missing", "shop.test. MX", phase=3, why="the apex of a zone with DS in force"),
]
ALERTS = [Alert("signature_missing", "shop.test.", "signing_outage", "high", "whole zone, both servers, no DNSKEY left",
                or_causes=("downgrade",))]
TOLERATED = [
    Alert("ds_mismatch", "shop.test.", "signing_outage", "high", "NODATA for DNSKEY is an empty DNSKEY RRset"),
    Alert("dnskey_missing", "shop.test.", "signing_outage", "high", "no DNSKEY for the DS"),
    Alert("denial_missing", "shop.test.", "signing_outage", "high", "the NODATA for DNSKEY is not proven"),
    Alert("dnskey_changed", "shop.test.", "signing_outage", "medium", "all keys are gone"),
]


def play(lab):
    """Signed, then not."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"], "ns2.shop.test.": ["203.0.113.12"]}, "named",
                     ttl=5)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(BindResolver), "normal use.")
    lab.ask("www.shop.test")
    lab.phase("nothing is asked; the zone is served unsigned, the caches expire.")
    shop.published, shop.signing = [], []
    tree.publish(shop)
    lab.wait(7)
    lab.phase("the zone is asked for again.")
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
