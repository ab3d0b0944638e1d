"""A zone goes unsigned in a hurry: DS withdrawn and signatures dropped at one time, as at Slack in September 2021.

The DS TTL of `test.` is a day, and nothing announced the step. After a failed start with DNSSEC the operator of
`shop.test.` has the registrar remove the DS, sees it gone from the parent's servers, and serves the zone unsigned an
hour later. Resolvers that fetched the DS before go on asking for signatures, and SERVFAIL until it runs out, up to a
day; those that ask the parent anew are content. The time of all hosts is moved on between the questions.
"""

from world.expectation import Alert, insecure, secure

HOUR, DAY = 3600, 86400
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *insecure("www.shop.test. A", phase=2, why="the parent proves that there is no DS any more, and that is shown to the "
              "resolver too; it goes by the DS that it holds"),
    *insecure("www.shop.test. A", phase=3, why="the DS has left the cache"),
]
ALERTS = [
    Alert("premature_step", "shop.test.", "rollover_error", "high", "unsigned while caches hold the DS set of before"),
    Alert("ds_withdrawn", "shop.test.", "unknown", "medium", "rule DS-6: no CDS delete, no plan, NS unchanged"),
]


def play(lab):
    """Before, with the DS in the cache, and the day after."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(root={"expiration": 60 * DAY}, test={"ttl": DAY, "expiration": 60 * DAY})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"], "ns2.shop.test.": ["203.0.113.12"]}, "nsd",
                     ttl=HOUR, ns_ttl=DAY)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    tree.test.delegate(shop, ds=[])
    tree.publish(tree.test)
    shop.published, shop.signing = [], []
    tree.publish(shop)
    lab.phase("four hours later the DS is gone from the parent, the zone is unsigned; the resolver holds the DS.")
    lab.later(4 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
    lab.wait(2)
    lab.phase("a day later the DS has run out.")
    lab.later(DAY)
    lab.ask("www.shop.test")
