"""A zone whose signatures ran out: the signing job stopped and nobody noticed.

`shop.test.` was last signed thirty days ago for fourteen days. Keys and DS are right, every server and every
name of the zone fails alike. Its neighbour `bank.test.`, on the same server, is healthy.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *bogus("signature_expired", "www.shop.test. A", "shop.test. MX", "nowhere.shop.test. A",
           why="every signature of the set is out of time; each verifies but for that"),
    *bogus("signature_expired", "shop.test. DNSKEY", why="signed by the key of the DS, out of time as well"),
    *secure("www.bank.test. A"),
]
ALERTS = [Alert("signature_expired", "shop.test.", "expired_signatures", "high",
                "whole zone, both servers; expired 16 days ago, far beyond what resolvers tolerate")]


def play(lab, **tap):
    """A healthy question, then three to the expired zone."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"], "ns2.shop.test.": ["203.0.113.12"]}, "nsd",
                     inception=-30 * 86400, expiration=-16 * 86400)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.11"]}, "nsd")
    bank.records += ["www IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache; a healthy zone is asked for.",
               **tap)
    lab.ask("www.bank.test")
    lab.phase("the zone with the expired signatures is asked for, an address, the mail servers, a name that "
              "is not there.")
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
    lab.ask("nowhere.shop.test")
