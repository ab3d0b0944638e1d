"""Signed zones without a DS: islands of security, below an NSEC parent and below an opt-out parent.

`isle.test.` and `isle.example.` are signed, publish CDS and CDNSKEY, and wait for their parents to take them up. Until
then they are insecure, whatever their signatures say; those of `isle.example.` even expired, which hurts nobody.
"""

from world.expectation import insecure, secure

VERDICTS = [
    *insecure("www.isle.test. A", "isle.test. CDS", "www.isle.example. A", why="the parent proves that there is no DS"),
    *secure("www.bank.example. A", why="signed and delegated"),
]
ALERTS = []
SILENCE = "Without a DS no signature can fail."


def play(lab):
    """Both islands, and a zone that is no island."""
    tree = lab.grow()
    good = tree.zone("isle.test.", {"ns1.isle.test.": ["203.0.113.11"]}, "nsd")
    stale = tree.zone("isle.example.", {"ns1.isle.example.": ["203.0.113.12"]}, "nsd", denial="nsec3",
                      inception=-30 * 86400, expiration=-16 * 86400)
    bank = tree.zone("bank.example.", {"ns1.bank.example.": ["203.0.113.13"]}, "knotd", signer="knotd")
    for zone in (good, stale, bank):
        zone.records += ["www IN A 203.0.113.80"]
    good.records += [f"@ IN CDS {good.published[0].ds('SHA-256')}"]
    good.online_ds = stale.online_ds = list
    tree.start()
    lab.record(tree.resolver(), "the resolver starts with an empty cache, and the zones are asked for.")
    lab.ask("www.isle.test")
    lab.ask("isle.test", "CDS")
    lab.ask("isle.test", "DNSKEY")
    lab.ask("www.isle.example")
    lab.ask("isle.example", "DNSKEY")
    lab.ask("www.bank.example")
