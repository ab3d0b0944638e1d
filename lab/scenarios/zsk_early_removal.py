"""The old ZSK leaves the DNSKEY RRset while caches still hold what it signed.

`shop.test.` rolls its ZSK by pre-publication, and the first half is right: the new key is published for longer than the
DNSKEY TTL of an hour before it signs. But data of the zone lives in caches for a day, and the old ZSK is taken out two
hours after its last signature. A resolver that verified the data before is content with it; a validator that asks
through that cache gets an old signature and a DNSKEY RRset without its key. The time of all hosts is moved on between
the questions.
"""

from world.expectation import Alert, Change, secure

HOUR, DAY = 3600, 86400
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="the old ZSK signs"),
    *secure("mail.shop.test. A", phase=2, why="the new ZSK is published, the old one signs"),
    *secure("shop.test. MX", phase=3, why="the new ZSK signs"),
    *secure("shop.test. DNSKEY", "shop.test. TXT", phase=4, why="what is fetched now is in order"),
]
ALERTS = [
    Alert("premature_step", "shop.test.", "rollover_error", "high",
          "the old ZSK had to stay until its signatures had left the caches, a day after the last of them"),
]
CHANGES = [Change("dnskey_changed", "shop.test.", "ZSK added, ZSK removed, each under a DS in force")]


def play(lab):
    """Published, used, and removed too early."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(root={"expiration": 60 * DAY}, test={"ttl": DAY, "expiration": 60 * DAY})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", ttl=HOUR)
    shop.records += [f"www {DAY} IN A 203.0.113.80", f"@ {DAY} IN MX 10 mail", f"mail {DAY} IN A 203.0.113.25",
                     f'@ {DAY} IN TXT "v=spf1 -all"']
    ksk, old = shop.published
    new = shop.new_key(ksk=False)
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    shop.published = [ksk, old, new]
    tree.publish(shop)
    lab.phase("two hours later: the new ZSK is published.")
    lab.later(2 * HOUR)
    lab.ask("mail.shop.test")
    shop.signing = [ksk, new]
    tree.publish(shop)
    lab.phase("three hours later: the new ZSK signs.")
    lab.later(3 * HOUR)
    lab.ask("shop.test", "MX")
    shop.published = [ksk, new]
    tree.publish(shop)
    lab.phase("two hours later: the old ZSK is gone; the cache still holds an address that it signed.")
    lab.later(2 * HOUR)
    lab.ask("shop.test", "TXT")
    lab.ask("www.shop.test")
    lab.phase("a day later.")
    lab.later(DAY)
    lab.ask("www.shop.test")
