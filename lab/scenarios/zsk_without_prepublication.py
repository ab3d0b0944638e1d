"""A failover to a standby signer that has a ZSK of its own: the APNIC outage of December 2012.

`shop.test.` has a DNSKEY TTL of a day and data that lives for an hour. Its signer fails, and the standby takes over: it
has the same KSK, but another ZSK, which it publishes and uses at once, while the old one is gone. What the servers hand
out is consistent, so a resolver with an empty cache is content; those that hold the old DNSKEY RRset cannot verify
anything new until it runs out, up to a day later. The time of all hosts is moved on between the questions. The cure is
to copy the keys to the standby before it is needed.
"""

from world.expectation import Alert, bogus, secure

HOUR, DAY = 3600, 86400
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="before"),
    *bogus("dnskey_missing", "www.shop.test. A", phase=2,
           why="signed by a key that the DNSKEY RRset of the morning, still within its TTL, does not have"),
    *bogus("dnskey_missing", "www.shop.test. A", phase=3, why="the same, ten hours later"),
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=4, why="the old DNSKEY RRset has run out"),
]
ALERTS = [
    Alert("dnskey_missing", "shop.test.", "rollover_error", "high",
          "an unknown key signs within the TTL of a DNSKEY RRset that lacks it: not pre-published"),
    Alert("premature_step", "shop.test.", "rollover_error", "high",
          "a ZSK that signs before caches can have it, told with the time at which the old DNSKEY RRset runs out"),
]


def play(lab):
    """Before, two fetches while the old keys are held, and the day after."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(root={"expiration": 60 * DAY}, test={"ttl": DAY, "expiration": 60 * DAY})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", signer="ldns-signzone",
                     ttl=DAY)
    shop.records += [f"www {HOUR} IN A 203.0.113.80", f"@ {HOUR} IN MX 10 mail", f"mail {HOUR} IN A 203.0.113.25"]
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "named", ttl=DAY)
    bank.records += [f"www {HOUR} IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(), "normal use, of this zone and another.")
    lab.ask("www.shop.test")
    lab.ask("www.bank.test")
    shop.published = shop.signing = [shop.published[0], shop.new_key(ksk=False)]
    tree.publish(shop)
    lab.phase("two hours later, after the failover.")
    lab.later(2 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
    lab.wait(12)
    lab.ask("www.bank.test")
    lab.phase("ten hours later.")
    lab.later(10 * HOUR)
    lab.ask("www.shop.test")
    lab.wait(12)
    lab.ask("www.bank.test")
    lab.phase("a day after the failover the keys are fetched anew.")
    lab.later(14 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("shop.test", "MX")
