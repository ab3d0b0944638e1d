"""The signing job of a zone stops, and nobody notices for a fortnight.

`shop.test.` is signed for fourteen days and served from that file; its neighbour `bank.test.` is signed anew before
that. The client asks every day or two, until the signatures have run out and a day longer: the ladder of the time that is
left, at 25 %, 10 % and 5 %, and then SERVFAIL. The time of all hosts is moved on between the questions; TTLs are an hour.
"""

from world.expectation import Alert, Verdict, bogus, secure

HOUR, DAY = 3600, 86400
VERDICTS = [
    *secure("www.shop.test. A", "shop.test. DNSKEY", phase=1, why="freshly signed"),
    *secure("www.shop.test. A", phase=2, why="still valid"),
    Verdict("www.shop.test.", "A", "secure", phase=3, why="hours before the end"),
    *bogus("signature_expired", "www.shop.test. A", phase=4, why="out of time"),
    *secure("www.bank.test. A", why="signed in time"),
]
ALERTS = [
    Alert("signature_expired", "shop.test.", "expired_signatures", "high", "whole zone, expired for a day"),
    Alert("signature_expiring", "shop.test.", "expired_signatures", "high",
          "less than a tenth, then less than a twentieth of the lifetime is left, and nothing is signed anew"),
]
TOLERATED = [Alert("dnskey_missing", "shop.test.", "expired_signatures", "high", "its DNSKEY RRset has run out too")]


def play(lab):
    """Fifteen days."""
    lab.clock.fake(lab.folder)
    tree = lab.grow(root={"expiration": 60 * DAY}, test={"ttl": DAY, "expiration": 60 * DAY})
    shop = tree.zone("shop.test.", {"ns1.shop.test.": ["203.0.113.11"]}, "nsd", ttl=HOUR)
    shop.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    bank = tree.zone("bank.test.", {"ns1.bank.test.": ["203.0.113.12"]}, "nsd", ttl=HOUR)
    bank.records += ["www IN A 203.0.113.81"]
    tree.start()
    lab.record(tree.resolver(), "both are freshly signed.")

    lab.ask("www.shop.test")
    lab.ask("www.bank.test")
    lab.phase("every two days or so, for twelve days.")
    for hours in (60, 60, 60, 60, 48):
        lab.later(hours * HOUR)
        lab.ask("www.shop.test")
    lab.phase("the last days, ever closer to the end.")
    for hours in (24, 12, 8):
        lab.later(hours * HOUR)
        lab.ask("www.shop.test")
    lab.phase("a day later.")
    tree.publish(bank)
    lab.later(29 * HOUR)
    lab.ask("www.shop.test")
    lab.ask("www.bank.test")
    lab.ask("shop.test", "MX")
