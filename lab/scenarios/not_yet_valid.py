"""A zone whose signatures are not valid yet: the signer's clock is three days ahead.

All of `shop.test.` was signed with a window that begins in three days. Keys and DS are right. Its neighbour
`bank.test.`, on the same server, is healthy, so the sensor's own clock is not the trouble. The resolver is BIND,
which sends no EDE.
"""

from world.expectation import Alert, bogus, secure
from world.resolver import BindResolver

VERDICTS = [
    *bogus("signature_not_yet_valid", "www.shop.test. A", "shop.test. TXT", "shop.test. DNSKEY",
           why="verifies but for its inception, three days ahead"),
    *secure("www.bank.test. A", "bank.test. DNSKEY"),
]
ALERTS = [Alert("signature_not_yet_valid", "shop.test.", "expired_signatures", "high",
                "whole zone, every server; the neighbours verify, so it is the signer's clock: an operator's mistake",
                or_causes=("unknown", "signing_outage"))]


def play(lab):
    """A healthy question, then two to the zone from the future."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "named",
                     inception=3 * 86400, expiration=17 * 86400)
    shop.records += ["www IN A 203.0.113.80", '@ IN TXT "v=spf1 -all"']
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "named")
    bank.records += ["www IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(BindResolver), "the resolver starts with an empty cache; a healthy zone is asked for.")
    lab.ask("www.bank.test")
    lab.phase("the zone whose signatures begin in three days is asked for.")
    lab.ask("www.shop.test")
    lab.ask("shop.test", "TXT")
