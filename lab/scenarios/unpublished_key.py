"""The zone is signed with a ZSK that is not in its DNSKEY RRset.

A botched rollover at `shop.test.`: the signer already uses the new ZSK, but the DNSKEY RRset that it publishes still
has the old one only. The DNSKEY RRset itself verifies under the DS. Every answer of the zone fails, at both servers.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *secure("shop.test. DNSKEY", phase=3, why="signed by the KSK, as before"),
    *bogus("dnskey_missing", "www.shop.test. A", "shop.test. MX", phase=3,
           why="the key tag of the RRSIG is not in the DNSKEY RRset, which was fetched just now"),
]
ALERTS = [Alert("dnskey_missing", "shop.test.", "rollover_error", "high",
                "whole zone, both servers: signed by a key that the fresh, verified DNSKEY RRset does not have")]


def play(lab):
    """Before and after the wrong signing."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"], "ns2.shop.test.": ["203.0.113.12"]}, "nsd",
                     ttl=5, signer="ldns-signzone")
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    lab.phase("nothing is asked; the zone is signed with a key that it does not publish, the caches expire.")
    shop.signing = [shop.signing[0], shop.new_key(ksk=False)]
    tree.publish(shop)
    lab.wait(7)
    lab.phase("the zone is asked for again.")
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
