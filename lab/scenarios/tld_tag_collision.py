"""A TLD's new ZSK has the tag of another key that it made, and the wrong one signs: as at .ru in January 2024.

`test.` rolls its ZSK. The new key is published beside the old one for longer than its TTL, as it should be. When the
signer changes over, it takes another private key of the same tag and algorithm: every signature of the TLD names a key
that is published, and fails under it. All names below are SERVFAIL at both servers; the delegated zones are innocent.
The DNSKEY RRset is in order, signed by the KSK. Half an hour later the old ZSK signs again.
"""

from regular.rolls import twins
from world.expectation import Alert, bogus, secure

SECOND = "198.51.100.13"
VERDICTS = [
    *secure("www.shop.test. A", "test. DNSKEY", phase=1, why="before"),
    *secure("www.shop.test. A", phase=2, why="two ZSKs published, the old one signs"),
    *bogus("signature_invalid", "shop.test. A", phase=3, referral=True,
           why="the DS RRset's signature names the new ZSK and fails under it"),
    *secure("www.bank.test. A", phase=4, why="the old ZSK signs again"),
]
ALERTS = [Alert("signature_invalid", "test.", "rollover_error", "high",
                "everything that the TLD signs fails, at both servers, just after a new ZSK with that tag was published: "
                "a roll gone wrong", or_causes=("signing_outage", "unknown"))]


def play(lab):
    """Before, published, used, taken back."""
    tree = lab.grow(test={"ttl": 5, "signer": "dnssec-signzone"})
    test = tree.test
    test.ns["ns2.nic.test."] = [SECOND]
    tree.server("nsd", [SECOND]).add(test)
    for number, name in ((11, "shop"), (12, "bank")):
        zone = tree.zone(f"{name}.test.", {f"ns1.{name}.test.": [f"203.0.113.{number}"]}, "knotd", signer="knotd", ttl=5)
        zone.records += ["www IN A 203.0.113.80", "@ IN MX 10 mail", "mail IN A 203.0.113.25"]
    ksk, old = test.published
    shown, used = next(twins(test))
    tree.start()
    lab.record(tree.resolver(), "normal use.")
    lab.ask("www.shop.test")
    test.published = [ksk, old, shown]
    tree.publish(test)
    lab.wait(7)
    lab.phase("a new ZSK is published.")
    lab.ask("www.shop.test")
    test.signing = [ksk, used]
    tree.publish(test)
    lab.wait(7)
    lab.phase("another key with its tag signs.")
    for name in ("shop", "bank", "shop"):
        lab.ask(f"www.{name}.test")
        lab.resolver.flush(f"{name}.test")
    test.signing = [ksk, old]
    tree.publish(test)
    lab.wait(7)
    lab.phase("the old ZSK signs again.")
    lab.resolver.flush("test")
    lab.ask("www.bank.test")
    lab.ask("shop.test", "MX")
