"""A KSK roll at real pace, whose last step comes hours too early: the .nz outage of May 2023.

The DS TTL of `test.` is a day. `shop.test.` rolls its KSK by double signature: the new one joins, the parent's DS is
exchanged two days later, and so far all is well. Then the old KSK is taken away six hours after the DS change, not
after a day: resolvers that fetched the old DS shortly before have none of its keys any more, and SERVFAIL until it runs
out. The time of all hosts is moved on between the questions. A day after the DS change all is well again.
"""

from world.expectation import Alert, Change, Verdict, secure

HOUR, DAY = 3600, 86400
VERDICTS = [
    *secure("www.shop.test. A", phase=1, why="the old KSK only"),
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=2, why="both KSKs sign"),
    *secure("www.shop.test. A", phase=3, why="the new DS is there, both KSKs sign"),
    Verdict("shop.test.", "DNSKEY", "secure", phase=5, or_state="bogus", or_reason="dnskey_missing",
            why="under the newest DS; a resolver with the DS of before finds no key for it"),
    *secure("www.shop.test. A", phase=6, why="the old DS has run out"),
]
ALERTS = [Alert("premature_step", "shop.test.", "rollover_error", "high",
                "the old KSK had to stay until the DS of before had left the caches, a day after its last sight",
                or_kinds=("ds_mismatch", "dnskey_missing"), or_causes=("ds_mismatch",))]
TOLERATED = [
    Alert("ds_mismatch", "shop.test.", "rollover_error", "high", "the same, seen at a resolver with the DS of before"),
    Alert("dnskey_missing", "shop.test.", "rollover_error", "high", "the same, as the reason of a verdict"),
]
CHANGES = [
    Change("dnskey_changed", "shop.test.", "KSK added, under the old DS"),
    Change("ds_replaced", "shop.test.", "rule DS-4: the new KSK stood in the DNSKEY RRset that the old one signed"),
]


def play(lab):
    """The first steps as they should be, then the wrong one."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(root={"expiration": 90 * DAY}, test={"ttl": DAY, "expiration": 90 * DAY})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", ttl=HOUR)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    old, zsk = shop.published
    new = shop.new_key(ksk=True)
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    shop.published = shop.signing = [old, new, zsk]
    tree.publish(shop)
    lab.phase("six hours later both KSKs sign.")
    lab.later(6 * HOUR)
    lab.ask("www.shop.test")
    lab.phase("two days later the parent has the new DS, after the resolver's has run out; another resolver's, fetched "
              "an hour before, has not.")
    lab.later(2 * DAY - HOUR)
    lab.ask("www.shop.test")
    tree.test.delegate(shop, ds=[new.ds("SHA-256")])
    tree.publish(tree.test)
    lab.later(HOUR)
    lab.resolver.flush("shop.test")
    lab.ask("www.shop.test")
    lab.phase("nothing is asked; six hours later the old KSK is gone.")
    shop.published = shop.signing = [new, zsk]
    tree.publish(shop)
    lab.later(6 * HOUR)
    lab.phase("the zone is asked for.")
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
    lab.phase("a day later.")
    lab.later(DAY)
    lab.ask("www.shop.test")
