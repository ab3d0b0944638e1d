"""A new ZSK signs at once, without having been published before: caches hold a DNSKEY RRset without it.

The DNSKEY TTL of `shop.test.` is one hour, that of its data 5 s. The operator exchanges the ZSK in one step. What the
servers hand out now is consistent, and a resolver with an empty cache is content; one that holds the old DNSKEY
RRset has an hour of SERVFAIL, and does not ask for the keys again. So the new key is never on the wire.
"""

from world.expectation import Alert, bogus, secure

VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *bogus("dnskey_missing", "www.shop.test. A", phase=3,
           why="AA, signed by a key that the verified DNSKEY RRset, still within its TTL, does not have; no other "
               "came within 10 s"),
]
ALERTS = [Alert("dnskey_missing", "shop.test.", "rollover_error", "high",
                "an unknown key signs within the TTL of a DNSKEY RRset that lacks it: not pre-published")]


def play(lab):
    """Before, after, and some time for the sensor's patience to end."""
    tree = lab.grow()
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone")
    shop.records += ["www 5 IN A 203.0.113.80"]
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.12"]}, "nsd", denial="nsec3")
    bank.records += ["www 5 IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(), "normal use, of this zone and another.")
    lab.ask("www.shop.test")
    lab.ask("www.bank.example")
    lab.phase("nothing is asked; the ZSK is exchanged, the addresses leave the cache, the keys stay in it.")
    shop.published = shop.signing = [shop.published[0], shop.new_key(ksk=False)]
    tree.publish(shop)
    lab.wait(7)
    lab.phase("the zone is asked for again, and 12 s later the other one.")
    lab.ask("www.shop.test")
    lab.wait(12)
    lab.ask("www.bank.example")
